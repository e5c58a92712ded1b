#include "kafka/ledger.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/stop.h"
#include "frame/frame.h"
#include "frame/positions.h"
#include "kafka/admin.h"
#include "kafka/consumer.h"

#define ID_MAX 200
#define LOOK_EVERY_MS 50

int
ledger_id(const char *id, struct err *e)
{
	size_t len = strlen(id);

	if (len && len <= ID_MAX &&
	    strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == len)
		return 0;
	return err_set(e, EX_USAGE, "--id: %.300s: wants 1 to %d of A-Z a-z 0-9 . _ -", id, ID_MAX);
}

void
ledger_record(const struct ledger *l, const struct shard *s, struct buf *key, struct buf *value)
{
	json_t *json;
	char *text;

	key->len = value->len = 0;
	buf_printf(key, "%s/%s/%s", l->id, s->stream, s->name);
	if (s->gone)
		return;
	json = json_pack("{s:s, s:I, s:s}", "topic", l->topic, "position", (json_int_t)s->position,
	    "state", s->done ? "done" : "open");
	text = json_dumps(json, JSON_COMPACT);
	buf_adds(value, text);
	free(text);
	json_decref(json);
}

/* Is what was set for the topic (admin_describe) right? */
static int
check_compacted(json_t *described, struct err *e)
{
	const char *policy = json_string_value(
	    json_object_get(json_object_get(described, "config"), "cleanup.policy"));

	if (policy && strcmp(policy, "compact") == 0)
		return 0;
	return err_set(e, EX_CONFIG, "positions: %s: its cleanup.policy is %s, so positions would be "
	    "deleted: set it with kafka-configs.sh --alter --entity-type topics --entity-name %s "
	    "--add-config cleanup.policy=compact", LEDGER_TOPIC, policy ? policy : "not set",
	    LEDGER_TOPIC);
}

/* 0 and compacted, or -1: 1 if there is no such topic. */
static int
look(struct admin *a, struct err *e)
{
	json_t *described = admin_describe(a, LEDGER_TOPIC, e);
	int rc = described ? check_compacted(described, e) : -1;

	json_decref(described);
	return rc;
}

/* Segments are short because only those that are complete are compacted, and the whole
 * topic is read at each start. */
static int
create(struct admin *a, struct err *e)
{
	static const char *const configs[] = { "cleanup.policy=compact", "segment.bytes=4194304",
		"segment.ms=600000", "min.cleanable.dirty.ratio=0.1" };
	const struct admin_new new = { .partitions = 1, .replication = -1, .configs = configs,
		.nconfigs = sizeof configs / sizeof *configs };

	/* Somebody else may have made it meanwhile, which is as good. */
	if (admin_create(a, LEDGER_TOPIC, &new, e) < 0 && e->status != EX_NO)
		return -1;
	return admin_wait_made(a, LEDGER_TOPIC, e) < 0 ? -1 : look(a, e);
}

int
ledger_make(const struct ledger *l, struct err *e)
{
	struct admin a;
	int rc = admin_open(&a, l->kafka, e);

	if (rc == 0) {
		rc = look(&a, e);
		if (rc < 0 && e->status == EX_NO)
			rc = create(&a, e);
	}
	admin_close(&a);
	return rc;
}

struct reading {
	const struct ledger *ledger;
	struct shards *shards;
	struct err err;
};

/* The value of one position. */
static int
read_value(struct reading *r, struct shard *s, const rd_kafka_message_t *m)
{
	json_t *json = json_loadb(m->payload, m->len, 0, NULL);
	const char *topic, *state;
	json_int_t position;
	int rc = 0;

	if (json_unpack(json, "{s:s, s:I, s:s}", "topic", &topic, "position", &position, "state",
	    &state) < 0 || position < 0)
		rc = err_set(&r->err, EX_DATAERR, "positions: %s: the record at %" PRId64
		    " is no position: mend it by hand", LEDGER_TOPIC, m->offset);
	else if (strcmp(topic, r->ledger->topic) != 0)
		rc = err_set(&r->err, EX_CONFIG,
		    "positions: --id %s: it feeds the topic %s: choose another id for %s", r->ledger->id,
		    topic, r->ledger->topic);
	else
		s->position = s->committed = position, s->done = strcmp(state, "done") == 0;
	json_decref(json);
	return rc;
}

/* Take a record if its key is one of the id's. */
static bool
take(void *arg, struct part *p, const rd_kafka_message_t *m, int64_t next)
{
	struct reading *r = arg;
	size_t nid = strlen(r->ledger->id), nkey = m ? m->key_len : 0;
	char stream[2 * FRAME_NAME_MAX + 2], *name;

	(void)p, (void)next;
	if (nkey <= nid + 1 || nkey - nid - 1 >= sizeof stream ||
	    memcmp(m->key, r->ledger->id, nid) != 0 || ((const char *)m->key)[nid] != '/')
		return true;
	memcpy(stream, (const char *)m->key + nid + 1, nkey - nid - 1);
	stream[nkey - nid - 1] = '\0';
	name = strchr(stream, '/');
	if (!name)
		return true;
	*name++ = '\0';
	if (!frame_name_ok(stream) || !frame_name_ok(name))
		return true;
	if (!m->payload) {
		shards_drop(r->shards, stream, name);
		return true;
	}
	return read_value(r, shards_add(r->shards, stream, name), m) == 0;
}

/* Time is over: no answer came, for the reason code, or it was not the one waited for. */
static int
not_stable(struct consumer *c, rd_kafka_resp_err_t code, int64_t stable, struct err *e)
{
	char reason[200], cause[300];

	if (!code)
		return err_set(e, EX_TEMPFAIL, "positions: %s: a transaction is open at %" PRId64
		    ": its producer stands still: end it, or wait for its time-out", LEDGER_TOPIC,
		    stable);
	rd_kafka_poll(c->rk, 0); /* the question itself hides the cause */
	kafka_reason(code, reason, sizeof reason);
	kafka_cause(c->kafka, cause, sizeof cause);
	return err_set(e, EX_TEMPFAIL, "positions: %s: %s%s%s", LEDGER_TOPIC, reason,
	    *cause ? ": " : "", cause);
}

static int
stopped(struct err *e)
{
	return err_set(e, EX_TEMPFAIL, "positions: %s: stopped before they were read", LEDGER_TOPIC);
}

/* Wait until no transaction is open that began before `end`. */
static int
wait_stable(struct consumer *c, int64_t end, int64_t timeout_ms, struct err *e)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	int64_t until = io_now() + timeout_ms, stable = 0;
	rd_kafka_resp_err_t code;
	int rc = 1;

	rd_kafka_topic_partition_list_add(list, LEDGER_TOPIC, 0);
	while (rc > 0) {
		code = consumer_ask(c, list, RD_KAFKA_OFFSET_END, until);
		if (!code)
			stable = list->elems->offset;
		if (!code && stable >= end)
			rc = 0;
		else if (code && kafka_status(code) != EX_TEMPFAIL)
			rc = kafka_err(e, code, "positions", LEDGER_TOPIC);
		else if (io_now() >= until)
			rc = not_stable(c, code, stable, e);
		else if (code || io_wait_sink(-1, LOOK_EVERY_MS) == IO_STOP)
			rc = stopped(e);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

static int
read_to_end(struct consumer *c, struct reading *r, struct err *e)
{
	while (!consumer_over(c)) {
		int n = consumer_serve(c, e) < 0 ? -1 : consumer_poll(c, take, r, e);

		if (n >= 0 && r->err.status) {
			*e = r->err;
			n = -1;
		}
		if (n < 0)
			return -1;
		if (n == 0 && stop_left() <= 0)
			return stopped(e);
		if (n == 0)
			consumer_wait(c, false, LOOK_EVERY_MS);
	}
	return 0;
}

/* What the consumer would say of a beginning that moved is nothing to us. */
__attribute__((format(printf, 1, 2))) static void
say_nothing(const char *fmt, ...)
{
	(void)fmt;
}

static int
read_committed(struct reading *r, int64_t end, struct err *e)
{
	const struct consumer_opts opts = { .start = { .kind = RANGE_BEGINNING }, .ends = true,
		.until = -1, .parts = { .parts = { { 0, 0 } }, .n = 1 }, .say = say_nothing };
	struct kafka_opts kafka = *r->ledger->kafka;
	struct consumer *c;
	int rc;

	if (kafka_opt(&kafka, 'X', "isolation.level=read_committed", e) < 0)
		return -1;
	c = consumer_open(&kafka, &opts, e);
	if (!c)
		return -1;
	rc = wait_stable(c, end, kafka.timeout_ms, e);
	if (rc == 0)
		rc = consumer_add(c, LEDGER_TOPIC, e) < 0 || consumer_start(c, e) < 0 ? -1 :
		    read_to_end(c, r, e);
	if (rc == 0 && c->parts[0]->next < end)
		rc = err_set(e, EX_TEMPFAIL, "positions: %s: read to %" PRId64 " and not to %" PRId64,
		    LEDGER_TOPIC, c->parts[0]->next, end);
	consumer_close(c);
	return rc;
}

/* The end of all records, committed or not; 0 where there is no topic. */
static int
find_end(const struct ledger *l, int64_t *end, struct err *e)
{
	const struct range_start at_end = { .kind = RANGE_END };
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *first =
	    rd_kafka_topic_partition_list_add(list, LEDGER_TOPIC, 0);
	struct kafka_opts kafka = *l->kafka;
	struct admin a = { 0 };
	int rc = -1;

	*end = 0;
	if (kafka_opt(&kafka, 'X', "isolation.level=read_uncommitted", e) > 0 &&
	    admin_open(&a, &kafka, e) == 0) {
		rc = look(&a, e);
		if (rc < 0 && e->status == EX_NO) {
			rc = 0;
		} else if (rc == 0) {
			rc = admin_offsets(&a, list, &at_end, e);
			if (rc == 0 && first->err)
				rc = kafka_err(e, first->err, "positions", LEDGER_TOPIC);
			*end = first->offset;
		}
	}
	admin_close(&a);
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

int
ledger_read(const struct ledger *l, struct shards *s, struct err *e)
{
	struct reading r = { .ledger = l, .shards = s };
	int64_t end;

	if (find_end(l, &end, e) < 0)
		return -1;
	return end == 0 ? 0 : read_committed(&r, end, e);
}

int
ledger_list(const struct ledger *l, struct buf *list, struct err *e)
{
	struct shards shards = { 0 };
	int rc = ledger_read(l, &shards, e);

	for (size_t i = 0; rc == 0 && i < shards.n; i++) {
		const struct shard *s = shards.list[i];

		positions_print(list, s->stream, s->name, s->position, s->done);
	}
	if (rc == 0)
		positions_end(list);
	shards_free(&shards);
	return rc;
}
