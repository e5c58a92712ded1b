/* Which partitions are read, and where they begin. */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/stop.h"
#include "kafka/consumer.h"

#define SLICE_MS 1000 /* the first question about ends; the next ones are longer */
#define SLICE_PAUSE_MS 100

/* The first error of any partition's counts. */
static rd_kafka_resp_err_t
ask_once(struct consumer *c, rd_kafka_topic_partition_list_t *list, int64_t which, int64_t ms)
{
	int timeout = ms > 1 ? (int)ms : 1;
	rd_kafka_resp_err_t code = which == RD_KAFKA_OFFSET_STORED ?
	    rd_kafka_committed(c->rk, list, timeout) : kafka_offsets(c->rk, list, which, timeout);

	for (int i = 0; !code && i < list->cnt; i++)
		code = list->elems[i].err;
	return code;
}

static int64_t
time_left(int64_t until)
{
	int64_t left = until - io_now(), grace = stop_left();

	return left < grace ? left : grace;
}

rd_kafka_resp_err_t
consumer_ask(struct consumer *c, rd_kafka_topic_partition_list_t *list, int64_t which,
    int64_t until)
{
	int64_t ms = SLICE_MS, left = time_left(until);
	rd_kafka_resp_err_t code;

	for (;;) {
		code = ask_once(c, list, which, ms < left ? ms : left);
		if (!code || kafka_status(code) != EX_TEMPFAIL)
			return code;
		left = time_left(until);
		if (left <= 0)
			return code;
		poll(NULL, 0, SLICE_PAUSE_MS); /* one that is refused takes no time */
		ms = 2 * ms < CONSUMER_ASK_MS ? 2 * ms : CONSUMER_ASK_MS;
	}
}

/* io_now() when the servers have been away for too long, if they go now. */
int64_t
consumer_until(const struct consumer *c)
{
	int64_t now = io_now();

	return c->timeout_ms < INT64_MAX - now ? now + c->timeout_ms : INT64_MAX;
}

/* Both for the same partitions, within the time-out. */
int
consumer_ends(struct consumer *c, rd_kafka_topic_partition_list_t *low,
    rd_kafka_topic_partition_list_t *high, struct err *e)
{
	int64_t until = consumer_until(c);
	rd_kafka_resp_err_t code = consumer_ask(c, low, RD_KAFKA_OFFSET_BEGINNING, until);

	if (!code)
		code = consumer_ask(c, high, RD_KAFKA_OFFSET_END, until);
	return code ? kafka_err(e, code, "ask for the ends of", low->elems[0].topic) : 0;
}

/* Put where to begin into the offsets of list. */
int
consumer_resolve(struct consumer *c, rd_kafka_topic_partition_list_t *list, struct err *e)
{
	const struct range_start *start = &c->opts.start;
	rd_kafka_resp_err_t code;
	int64_t offset = start->kind == RANGE_END ? RD_KAFKA_OFFSET_END :
	    start->kind == RANGE_LAST ? RD_KAFKA_OFFSET_TAIL(start->n) :
	    start->kind == RANGE_OFFSET || start->kind == RANGE_TIME ? start->n :
	    RD_KAFKA_OFFSET_BEGINNING;

	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = offset;
	if (start->kind == RANGE_TIME) {
		/* A time that no record has reached gives the end. */
		code = consumer_ask(c, list, offset, consumer_until(c));
		if (code)
			return kafka_err(e, code, "find the time", list->elems[0].topic);
	}
	return c->opts.exact ? consumer_place(c, list, e) : 0;
}

/* All wanted partitions of a topic that has n, but those that are read already; NULL if one
 * does not exist. */
static rd_kafka_topic_partition_list_t *
wanted_parts(struct consumer *c, const char *topic, int n, struct err *e)
{
	rd_kafka_topic_partition_list_t *list;
	int32_t known = 0;

	if (c->opts.parts.n && c->opts.parts.highest >= n) {
		err_set(e, EX_NO, "partition: %s[%" PRId32 "]: there is no such partition, the topic has %d",
		    topic, c->opts.parts.highest, n);
		return NULL;
	}
	for (size_t i = 0; i < c->nparts && !c->opts.parts.n; i++)
		known += c->parts[i]->assigned && strcmp(c->parts[i]->topic, topic) == 0;
	list = rd_kafka_topic_partition_list_new(n);
	for (int32_t i = known; i < n; i++)
		if (range_has(&c->opts.parts, i))
			rd_kafka_topic_partition_list_add(list, topic, i);
	return list;
}

static int
begin_alone(struct consumer *c, const char *topic, const rd_kafka_topic_partition_list_t *list,
    struct err *e)
{
	for (int i = 0; i < list->cnt; i++) {
		struct part *p = consumer_part(c, topic, list->elems[i].partition);

		if (p->assigned)
			continue; /* the topic was given twice */
		p->handle = rd_kafka_topic_new(c->rk, topic, NULL);
		if (!p->handle || rd_kafka_consume_start_queue(p->handle, p->partition,
		    list->elems[i].offset, c->records) < 0)
			return kafka_err(e, rd_kafka_last_error(), "read", topic);
		consumer_begin_part(p);
		p->from = list->elems[i].offset;
		consumer_tell_begun(p);
		if (c->look_at)
			c->opts.say("read: %s[%" PRId32 "]: a new partition: it is read from its beginning",
			    topic, p->partition);
	}
	return 0;
}

int
consumer_add(struct consumer *c, const char *topic, struct err *e)
{
	rd_kafka_topic_partition_list_t *list;
	int rc, n = kafka_partitions(c->kafka, topic, CONSUMER_ASK_MS, e);

	if (n < 0)
		return -1;
	if (c->opts.group) {
		if (!rd_kafka_topic_partition_list_find(c->topics, topic, RD_KAFKA_PARTITION_UA))
			rd_kafka_topic_partition_list_add(c->topics, topic, RD_KAFKA_PARTITION_UA);
		return 0;
	}
	list = wanted_parts(c, topic, n, e);
	if (!list)
		return -1;
	rc = list->cnt ? consumer_resolve(c, list, e) : 0;
	if (rc == 0)
		rc = begin_alone(c, topic, list, e);
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

/* A number of librdkafka's configuration. */
static int64_t
setting(const struct consumer *c, const char *name)
{
	char text[32] = "0";
	size_t size = sizeof text;

	rd_kafka_conf_get(rd_kafka_conf(c->rk), name, text, &size);
	return strcmp(text, "true") == 0 ? 1 : strtol(text, NULL, 10);
}

/* librdkafka sees to a group's itself, and what ends at its end is what was there at first. */
static void
begin_looking(struct consumer *c)
{
	if (c->opts.parts.n || c->opts.ends)
		return;
	c->look_ms = setting(c, "topic.metadata.refresh.interval.ms"); /* below 0: never */
	c->look_at = io_now() + c->look_ms;
	c->opts.start.kind = RANGE_BEGINNING;
}

/* What fails is tried again the next time, but for a sink that is ahead of the partition. */
void
consumer_look(struct consumer *c)
{
	struct err e;

	if (c->look_ms <= 0 || io_now() < c->look_at)
		return;
	c->look_at = io_now() + c->look_ms;
	for (size_t i = 0, n = c->nparts; i < n && kafka_down_ms(c->kafka) == 0; i++)
		if (c->parts[i]->partition == 0 && consumer_add(c, c->parts[i]->topic, &e) < 0 &&
		    e.status == EX_DATAERR)
			c->err = e;
}

int
consumer_start(struct consumer *c, struct err *e)
{
	rd_kafka_resp_err_t code;

	if (c->patient)
		c->timeout_ms = INT64_MAX;
	if (!c->opts.group) {
		begin_looking(c);
		return 0;
	}
	c->commit_ms = setting(c, "enable.auto.commit") * setting(c, "auto.commit.interval.ms");
	c->commit_at = io_now() + c->commit_ms;
	code = rd_kafka_subscribe(c->rk, c->topics);
	return code ? kafka_err(e, code, "join group", c->opts.group) : 0;
}
