/* The producer, at a broker that answers with errors. */
#include "kafka/producer.h"

#include "mock.h"
#include "tap.h"

#define TOPIC "t"

struct refused {
	unsigned n;
	uint64_t last;
	char raw[20];
};

static void
on_refused(void *arg, const struct refusal *r)
{
	struct refused *refused = arg;

	refused->n++;
	refused->last = r->number;
	snprintf(refused->raw, sizeof refused->raw, "%.*s", (int)r->raw_len, r->raw);
}

static struct producer *
begin(const struct kafka_opts *opts, struct refused *refused)
{
	const struct producer_config config = { .kafka = opts, .topic = TOPIC,
		.partition = RD_KAFKA_PARTITION_UA, .max_record = 1000, .refused = on_refused,
		.arg = refused };
	struct err e = { 0 };
	struct producer *p = producer_open(&config, &e);

	if (!p) {
		printf("Bail out! %s\n", e.text);
		exit(2);
	}
	return p;
}

/* The broker answers the next n produce requests with this error. */
static void
answer(rd_kafka_t *cluster, rd_kafka_resp_err_t code, int n)
{
	while (n--)
		rd_kafka_mock_push_request_errors(rd_kafka_handle_mock_cluster(cluster), 0, 1, code);
}

/* Send `n` lines of one byte that stand in one chunk, the first with the number 11. */
static int
send_lines(struct producer *p, size_t n, struct err *e)
{
	struct chunk *c = malloc(sizeof *c + n);
	int rc = 0;

	atomic_init(&c->refs, 1);
	c->cap = n;
	memset(c->data, 'x', n);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct record r = { .number = 11 + i, .raw = c->data + i, .raw_len = 1,
			.value = c->data + i, .value_len = 1 };

		rc = producer_add(p, c, &r, e);
	}
	chunk_drop(c, 1);
	return rc < 0 ? -1 : producer_finish(p, e);
}

static void
check_waits(rd_kafka_t *cluster, const struct kafka_opts *opts)
{
	struct refused refused = { 0 };
	struct producer *p = begin(opts, &refused);
	struct err e = { 0 };

	answer(cluster, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 3);
	is_int(send_lines(p, 3000, &e), 0, "not enough replicas for a while: it waits");
	is_int(producer_count(p)->acked, 3000, "and all are acknowledged");
	is_int(refused.n, 0, "and none refused");
	producer_close(p);
}

static void
check_gives_up(rd_kafka_t *cluster, const struct kafka_opts *opts)
{
	struct refused refused = { 0 };
	struct producer *p = begin(opts, &refused);
	struct err e = { 0 };

	is_int(send_lines(p, 7, &e), 0, "what goes before is acknowledged");
	answer(cluster, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 1000);
	is_int(send_lines(p, 5, &e), -1, "not enough replicas for good: it gives up after --timeout");
	is_int(e.status, EX_TEMPFAIL, "with 75");
	is_str(e.text, "write: " TOPIC ": no acknowledgement within 1.5 s: are as many replicas in sync "
	    "as its min.insync.replicas asks for?", "and a sentence");
	is_int(producer_count(p)->records, 12, "all were taken");
	is_int(producer_count(p)->acked, 7, "and no more are acknowledged than were");
	is_int(send_lines(p, 5, &e), -1, "from there on everything fails");
	producer_close(p);
	rd_kafka_mock_clear_request_errors(rd_kafka_handle_mock_cluster(cluster), 0);
}

static void
check_denied(rd_kafka_t *cluster, const struct kafka_opts *opts)
{
	struct refused refused = { 0 };
	struct producer *p = begin(opts, &refused);
	struct err e = { 0 };

	answer(cluster, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1);
	is_int(send_lines(p, 5, &e), -1, "no right to write: it fails");
	is_int(e.status, EX_NOPERM, "with 77");
	is_int(refused.n, 0, "which is no fault of the records");
	producer_close(p);
}

static void
check_refused(rd_kafka_t *cluster, const struct kafka_opts *opts)
{
	struct refused refused = { 0 };
	struct producer *p = begin(opts, &refused);
	struct err e = { 0 };

	answer(cluster, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1);
	is_int(send_lines(p, 1, &e), 0, "a record that is refused: the stream goes on");
	is_int(refused.n, 1, "it is told");
	is_int(refused.last, 11, "with its line");
	is_str(refused.raw, "x", "and what stood there");
	is_int(send_lines(p, 2000, &e), 0, "more are sent");
	is_int(producer_count(p)->acked, 2000, "and acknowledged");
	is_int(producer_count(p)->refused, 1, "the count says both");
	is_int(producer_pending(p), 0, "and nothing is open");
	producer_close(p);
}

/* One record is invalid, and librdkafka says of another that it was in the same batch. */
static void
check_beside_invalid(rd_kafka_t *cluster, const struct kafka_opts *opts)
{
	struct refused refused = { 0 };
	struct producer *p = begin(opts, &refused);
	struct err e = { 0 };

	answer(cluster, (rd_kafka_resp_err_t)-138, 1);
	is_int(send_lines(p, 1, &e), 0, "beside an invalid record: the stream goes on");
	is_int(refused.n, 1, "and it is refused too");
	producer_close(p);
}

/* What was collected and not sent is given up without a trace. */
static void
check_dropped(const struct kafka_opts *opts)
{
	struct refused refused = { 0 };
	struct producer *p = begin(opts, &refused);
	struct chunk *c = malloc(sizeof *c + 1);
	const struct record r = { .number = 1, .raw = c->data, .raw_len = 1, .value = c->data,
		.value_len = 1 };
	struct err e = { 0 };

	atomic_init(&c->refs, 1);
	c->cap = 1;
	is_int(producer_add(p, c, &r, &e), 0, "a record is collected");
	is_int(producer_pending(p), 1, "and pending");
	is_int(c->refs, 2, "and its chunk held");
	producer_close(p);
	is_int(c->refs, 1, "until the producer is closed");
	chunk_drop(c, 1);
}

int
main(void)
{
	rd_kafka_t *cluster = mock_cluster();
	struct kafka_opts opts;

	kafka_opts_begin(&opts);
	opts.brokers = mock_brokers(cluster);
	opts.timeout_ms = 20000;
	rd_kafka_mock_topic_create(rd_kafka_handle_mock_cluster(cluster), TOPIC, 2, 1);
	check_waits(cluster, &opts);
	check_denied(cluster, &opts);
	check_refused(cluster, &opts);
	check_beside_invalid(cluster, &opts);
	check_dropped(&opts);
	opts.timeout_ms = 1500;
	check_gives_up(cluster, &opts);
	rd_kafka_destroy(cluster);
	return done();
}
