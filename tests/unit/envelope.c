/* The envelope, through a broker and back: what a record held is held again. */
#include "kafka/envelope.h"

#include "mock.h"
#include "tap.h"

#define TOPIC "t"

static void
produce(rd_kafka_t *rk, const struct envelope *v)
{
	rd_kafka_resp_err_t code = rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(TOPIC),
	    RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
	    RD_KAFKA_V_TIMESTAMP(v->ts), RD_KAFKA_V_KEY(v->key, v->key_len),
	    RD_KAFKA_V_VALUE((void *)v->value, v->value_len),
	    RD_KAFKA_V_HEADERS(v->headers ? rd_kafka_headers_copy(v->headers) : NULL),
	    RD_KAFKA_V_END);

	if (code || rd_kafka_flush(rk, 10000))
		exit(2);
}

/* What stands in the topic at `offset`, as an envelope. */
static void
consume(rd_kafka_t *consumer, int64_t offset, struct buf *b)
{
	rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(1);
	rd_kafka_message_t *m = NULL;

	rd_kafka_topic_partition_list_add(parts, TOPIC, 0)->offset = offset;
	rd_kafka_assign(consumer, parts);
	for (int i = 0; i < 20 && !(m && !m->err); i++) {
		if (m)
			rd_kafka_message_destroy(m);
		m = rd_kafka_consumer_poll(consumer, 1000);
	}
	if (!m)
		exit(2);
	b->len = 0;
	envelope_write(b, m);
	rd_kafka_message_destroy(m);
	rd_kafka_topic_partition_list_destroy(parts);
}

static const struct {
	const char *name, *in, *out; /* out: what follows "ts", NULL for the same as in */
} trips[] = {
	{ "text", "\"headers\":[],\"key\":\"k\",\"value\":\"v\"}", NULL },
	{ "nulls", "\"headers\":[],\"key\":null,\"value\":null}", NULL },
	{ "empty strings", "\"headers\":[],\"key\":\"\",\"value\":\"\"}", NULL },
	{ "controls and NUL",
	    "\"headers\":[],\"key\":\"a\\u0000b\",\"value\":\"\\n\\t\\\"\\\\\\u001b\\u0000\"}", NULL },
	{ "UTF-8", "\"headers\":[],\"key\":\"\xc3\xa9\",\"value\":\"\xf0\x9f\x98\x80\"}", NULL },
	{ "bytes", "\"headers\":[],\"key_base64\":\"/w==\",\"value_base64\":\"AP/+/Q==\"}", NULL },
	{ "headers in order, twice one name",
	    "\"headers\":[{\"name\":\"b\",\"value\":\"1\"},{\"name\":\"a\",\"value\":null},"
	    "{\"name\":\"b\",\"value\":\"\"},{\"name_base64\":\"/w==\",\"value_base64\":\"gA==\"}],"
	    "\"key\":null,\"value\":\"x\"}", NULL },
	{ "escapes that need not be", "\"key\":\"\\u0041\",\"value\":\"\\u00e9\\/\"}",
	    "\"headers\":[],\"key\":\"A\",\"value\":\"\xc3\xa9/\"}" },
	{ "base64 that need not be", "\"value_base64\":\"QUJD\",\"headers\":null}",
	    "\"headers\":[],\"key\":null,\"value\":\"ABC\"}" },
};

static void
check_trips(void)
{
	rd_kafka_t *rk = mock_cluster();
	rd_kafka_t *consumer = mock_client(RD_KAFKA_CONSUMER, (const char *[]){
	    "bootstrap.servers", mock_brokers(rk), "group.id", "g", "log_level", "0", NULL });
	struct buf got = { 0 };
	struct err e;

	for (size_t i = 0; i < sizeof trips / sizeof *trips; i++) {
		struct envelope v;
		char in[500], want[500];
		int n = snprintf(in, sizeof in, "{\"ts\":%zu,%s", 1700000000000 + i, trips[i].in);

		snprintf(want, sizeof want,
		    "{\"topic\":\"" TOPIC "\",\"partition\":0,\"offset\":%zu,\"ts\":%zu,\"tstype\":\"create\",%s",
		    i, 1700000000000 + i, trips[i].out ? trips[i].out : trips[i].in);
		ok(envelope_read(in, (size_t)n, &v, &e) == 0, "read: %s", trips[i].name);
		produce(rk, &v);
		envelope_free(&v);
		consume(consumer, (int64_t)i, &got);
		is_str(buf_str(&got), want, "there and back: %s", trips[i].name);
		ok(envelope_read(got.p, got.len, &v, &e) == 0, "what is written can be read");
		envelope_free(&v);
	}
	buf_free(&got);
	rd_kafka_destroy(consumer);
	rd_kafka_destroy(rk);
}

static const struct {
	const char *in, *why;
} refused[] = {
	{ "", "envelope: not JSON: '[' or '{' expected near end of file" },
	{ "[]", "envelope: wants a JSON object" },
	{ "{}", "envelope: value: is missing" },
	{ "{\"value\":\"a\"} x", "envelope: not JSON: end of file expected near 'x'" },
	{ "{\"value\":1}", "envelope: value: wants a string" },
	{ "{\"value\":{}}", "envelope: value: wants a string" },
	{ "{\"value\":\"a\",\"value\":\"b\"}", "envelope: not JSON: duplicate object key near '\"value\"'" },
	{ "{\"value\":\"a\",\"value_base64\":\"\"}",
	    "envelope: value: stands there twice, as text and as base64" },
	{ "{\"value_base64\":\"A\"}", "envelope: value_base64: wants base64" },
	{ "{\"value_base64\":null}", "envelope: value_base64: wants a string" },
	{ "{\"vlaue\":\"a\"}", "envelope: vlaue: no such member" },
	{ "{\"\\u001b[2J\":\"a\"}", "envelope: ?[2J: no such member" },
	{ "{\"value\":\"\xff\"}", "envelope: not JSON: unable to decode byte 0xff near '\"'" },
	{ "{\"value\":\"a\",\"ts\":\"1\"}", "envelope: ts: wants a whole number or null" },
	{ "{\"value\":\"a\",\"ts\":-1}", "envelope: ts: wants a whole number or null" },
	{ "{\"value\":\"a\",\"ts\":99999999999999999999}", "envelope: not JSON: too big integer near '99999999999999999999'" },
	{ "{\"value\":\"a\",\"key\":[]}", "envelope: key: wants a string" },
	{ "{\"value\":\"a\",\"topic\":5}", "envelope: topic: wants a string or null" },
	{ "{\"value\":\"a\",\"headers\":{}}", "envelope: headers: wants an array" },
	{ "{\"value\":\"a\",\"headers\":[1]}", "envelope: headers: wants objects with name and value" },
	{ "{\"value\":\"a\",\"headers\":[{\"name\":\"n\"}]}",
	    "envelope: headers: a header wants a name and a value" },
	{ "{\"value\":\"a\",\"headers\":[{\"name\":null,\"value\":\"\"}]}",
	    "envelope: headers: a header wants a name and a value" },
};

int
main(void)
{
	struct envelope v;
	struct err e;
	char deep[5000];

	check_trips();
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		ok(envelope_read(refused[i].in, strlen(refused[i].in), &v, &e) < 0 && e.status == EX_DATAERR,
		    "refused: %s", refused[i].why);
		is_str(e.text, refused[i].why, "and why");
		envelope_free(&v);
	}
	memset(deep, '[', sizeof deep);
	ok(envelope_read(deep, sizeof deep, &v, &e) < 0, "refused: nested without end");
	envelope_free(&v);
	return done();
}
