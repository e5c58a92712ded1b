#include "kafka/admin.h"

#include <inttypes.h>
#include <string.h>

#include "base/stop.h"

#define REQUEST_MAX_MS (60 * 60 * 1000) /* librdkafka takes no longer ones */
#define NAME_MAX_LEN 249
#define LISTEN_MS 200 /* for an answer, before a look whether a stop signal came */

int
admin_open(struct admin *a, const struct kafka_opts *opts, struct err *e)
{
	static const char *const defaults[] = { "enable.auto.commit", "false", NULL };
	rd_kafka_conf_t *conf = kafka_conf(opts, defaults, e);

	*a = (struct admin){ 0 };
	if (!conf)
		return -1;
	a->kafka = kafka_open(RD_KAFKA_CONSUMER, conf, e);
	if (!a->kafka)
		return -1;
	a->client = kafka_client(a->kafka);
	a->queue = rd_kafka_queue_new(a->client);
	a->options = rd_kafka_AdminOptions_new(a->client, RD_KAFKA_ADMIN_OP_ANY);
	admin_timeout(a, opts->timeout_ms);
	return kafka_wait_up(a->kafka, e);
}

void
admin_close(struct admin *a)
{
	if (a->options)
		rd_kafka_AdminOptions_destroy(a->options);
	if (a->queue)
		rd_kafka_queue_destroy(a->queue);
	kafka_close(a->kafka);
}

void
admin_timeout(struct admin *a, int64_t timeout_ms)
{
	char why[128];

	a->timeout_ms = timeout_ms < REQUEST_MAX_MS ? (int)timeout_ms : REQUEST_MAX_MS;
	rd_kafka_AdminOptions_set_request_timeout(a->options, a->timeout_ms, why, sizeof why);
}

int
admin_known(struct admin *a, const char *what, const char *subject, struct err *e)
{
	const struct rd_kafka_metadata *md;
	rd_kafka_resp_err_t code = kafka_metadata(a->client, false, NULL, &md, a->timeout_ms);
	int32_t id = rd_kafka_controllerid(a->client, 0); /* which it has told */
	bool found = id < 0; /* an election, which ends */

	if (code)
		return kafka_err(e, code, what, subject);
	for (int i = 0; i < md->broker_cnt; i++)
		found |= md->brokers[i].id == id;
	rd_kafka_metadata_destroy(md);
	return found ? 0 : err_set(e, EX_UNAVAILABLE,
	    "%s: %s: the broker does not know this request (a kmock has no administration)", what,
	    subject);
}

rd_kafka_event_t *
admin_answer(struct admin *a, const char *what, const char *subject, struct err *e)
{
	rd_kafka_event_t *answer;
	rd_kafka_resp_err_t code;

	while (!(answer = rd_kafka_queue_poll(a->queue, LISTEN_MS)))
		if (stop_left() <= 0) {
			kafka_err(e, RD_KAFKA_RESP_ERR__TIMED_OUT, what, subject);
			return NULL;
		}
	code = rd_kafka_event_error(answer);
	if (!code)
		return answer;
	if (code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
		err_set(e, EX_UNAVAILABLE, "%s: %s: the broker does not know this request", what,
		    subject);
	else
		kafka_err(e, code, what, subject);
	rd_kafka_event_destroy(answer);
	return NULL;
}

int
admin_topic_name(const char *name, struct err *e)
{
	size_t len = strlen(name);
	size_t good = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	if (len && len == good && len <= NAME_MAX_LEN && strcmp(name, ".") != 0 &&
	    strcmp(name, "..") != 0)
		return 0;
	return err_set(e, EX_USAGE, "topic: %.300s: a name is 1 to %d of A-Z a-z 0-9 . _ -", name,
	    NAME_MAX_LEN);
}

int
admin_where(const char *text, struct range_start *where, struct err *e)
{
	int64_t until = -1;

	if (range_parse(text, where, &until, e) < 0)
		return -1;
	if (until < 0 && where->kind != RANGE_STORED)
		return 0;
	return err_set(e, EX_USAGE, "--offset: %s: wants beginning, end, an offset, -N or @time", text);
}

static int
ask_offsets(struct admin *a, rd_kafka_topic_partition_list_t *list, int64_t which,
    struct err *e)
{
	rd_kafka_resp_err_t code = kafka_offsets(a->client, list, which, a->timeout_ms);

	return code ? kafka_err(e, code, "ask for offsets", list->elems[0].topic) : 0;
}

/* The end for those partitions that have no record as late as the time asked for. */
static int
fill_ends(struct admin *a, rd_kafka_topic_partition_list_t *list, struct err *e)
{
	rd_kafka_topic_partition_list_t *late = rd_kafka_topic_partition_list_new(list->cnt);
	int failed = 0;

	for (int i = 0; i < list->cnt; i++)
		if (!list->elems[i].err && list->elems[i].offset < 0)
			rd_kafka_topic_partition_list_add(late, list->elems[i].topic,
			    list->elems[i].partition);
	if (late->cnt)
		failed = ask_offsets(a, late, RD_KAFKA_OFFSET_END, e);
	for (int i = 0, next = 0; i < list->cnt && next < late->cnt; i++)
		if (!list->elems[i].err && list->elems[i].offset < 0) {
			list->elems[i].offset = late->elems[next].offset;
			list->elems[i].err = late->elems[next++].err;
		}
	rd_kafka_topic_partition_list_destroy(late);
	return failed;
}

/* An offset, or one counted from the end, which is what list has on entry. */
static int
fit_offsets(struct admin *a, rd_kafka_topic_partition_list_t *list,
    const struct range_start *where, struct err *e)
{
	rd_kafka_topic_partition_list_t *first = rd_kafka_topic_partition_list_copy(list);
	int failed = ask_offsets(a, first, RD_KAFKA_OFFSET_BEGINNING, e);

	for (int i = 0; i < list->cnt && !failed; i++) {
		rd_kafka_topic_partition_t *p = &list->elems[i];
		int64_t low = first->elems[i].offset, high = p->offset;

		if (p->err || (p->err = first->elems[i].err))
			continue;
		if (where->kind == RANGE_LAST)
			p->offset = high - low > where->n ? high - where->n : low;
		else if (where->n >= low && where->n <= high)
			p->offset = where->n;
		else
			failed = err_set(e, EX_NO, "offset: %s[%" PRId32 "]: it has %" PRId64 " to %" PRId64
			    " and not %" PRId64, p->topic, p->partition, low, high, where->n);
	}
	rd_kafka_topic_partition_list_destroy(first);
	return failed;
}

int
admin_offsets(struct admin *a, rd_kafka_topic_partition_list_t *list,
    const struct range_start *where, struct err *e)
{
	if (list->cnt == 0)
		return 0;
	switch (where->kind) {
	case RANGE_BEGINNING:
		return ask_offsets(a, list, RD_KAFKA_OFFSET_BEGINNING, e);
	case RANGE_TIME:
		return ask_offsets(a, list, where->n, e) < 0 ? -1 : fill_ends(a, list, e);
	case RANGE_OFFSET:
	case RANGE_LAST:
		return ask_offsets(a, list, RD_KAFKA_OFFSET_END, e) < 0 ? -1 :
		    fit_offsets(a, list, where, e);
	default:
		return ask_offsets(a, list, RD_KAFKA_OFFSET_END, e);
	}
}

int
admin_add_partitions(struct admin *a, const char *topic, rd_kafka_topic_partition_list_t *list,
    struct err *e)
{
	int n = kafka_partitions(a->kafka, topic, a->timeout_ms, e);

	if (n > 0)
		rd_kafka_topic_partition_list_add_range(list, topic, 0, n - 1);
	return n < 0 ? -1 : 0;
}
