/* A transaction that the broker wants aborted is written again. */
#include "kafka/replay.h"

#include <string.h>

#include "base/io.h"
#include "mock.h"
#include "tap.h"

/* What replay_open does, without a ledger, which the mock's broker cannot have. */
static void
begin(struct replay *r, const struct kafka_opts *opts)
{
	struct err e = { 0 };

	*r = (struct replay){ .id = "id", .ledger = { opts, "id", "t" }, .to = { .kafka = opts,
		.topic = "t", .partition = RD_KAFKA_PARTITION_UA, .max_record = 1000,
		.transactional_id = "id" } };
	r->producer = producer_open(&r->to, &e);
	if (r->producer) {
		r->txn = (struct txn){ .rk = kafka_client(producer_kafka(r->producer)), .id = "id" };
		r->positions = rd_kafka_topic_new(r->txn.rk, LEDGER_TOPIC, NULL);
	}
	if (!r->producer || txn_start(&r->txn, &e) != 0) {
		printf("Bail out! %s\n", e.text);
		exit(2);
	}
}

/* A batch of n lines of one byte. */
static int
put(struct replay *r, struct shard *s, size_t n, struct err *e)
{
	struct chunk *c = malloc(sizeof *c + 2 * n);
	struct frame f = { .kind = FRAME_BATCH, .base = s->position,
		.next = s->position + 2 * (int64_t)n, .nrec = n, .nbytes = 2 * n, .data = c->data };
	int rc;

	atomic_init(&c->refs, 1);
	c->cap = 2 * n;
	for (size_t i = 0; i < n; i++)
		memcpy(c->data + 2 * i, "x\n", 2);
	rc = replay_batch(r, c, &f, s, e);
	chunk_drop(c, 1);
	return rc;
}

static void
check(rd_kafka_t *cluster, const struct kafka_opts *opts, rd_kafka_resp_err_t code, bool again)
{
	struct replay r;
	struct err e = { 0 };
	struct shard *s;

	begin(&r, opts);
	s = shards_add(&r.shards, "file", "f");
	is_int(put(&r, s, 3000, &e), 0, "%s: a batch", rd_kafka_err2name(code));
	is_int(put(&r, s, 2000, &e), 0, "and another");
	rd_kafka_mock_push_request_errors(rd_kafka_handle_mock_cluster(cluster), 0, 1, code);
	is_int(replay_commit(&r, &e), 0, "they are committed");
	ok((producer_count(r.producer)->records > 5000) == again, "written %s", again ? "again" : "once");
	is_int((int64_t)r.account.records_out, 5000, "each counted once");
	is_int(s->position, 10000, "up to the position");
	ok(!s->changed && !r.txn.open && r.held_bytes == 0, "and nothing is left over");
	is_int(replay_commit(&r, &e), 0, "to commit nothing is no error");
	replay_close(&r);
}

static void
check_pauses(rd_kafka_t *cluster, const struct kafka_opts *opts)
{
	struct replay r;
	struct err e = { 0 };
	int64_t began;

	begin(&r, opts);
	replay_change(&r, shards_add(&r.shards, "file", "f"));
	for (int i = 0; i < 3; i++)
		rd_kafka_mock_push_request_errors(rd_kafka_handle_mock_cluster(cluster), 0, 1,
		    RD_KAFKA_RESP_ERR_UNKNOWN);
	began = io_now();
	is_int(replay_commit(&r, &e), 0, "a position, thrice in vain");
	ok(io_now() - began >= 200 + 400 + 800, "the pauses grow");
	replay_close(&r);
}

int
main(void)
{
	rd_kafka_t *cluster = mock_cluster();
	rd_kafka_mock_cluster_t *mock = rd_kafka_handle_mock_cluster(cluster);
	struct kafka_opts opts;

	kafka_opts_begin(&opts);
	opts.brokers = mock_brokers(cluster);
	rd_kafka_mock_topic_create(mock, "t", 2, 1);
	rd_kafka_mock_topic_create(mock, LEDGER_TOPIC, 1, 1);
	check(cluster, &opts, RD_KAFKA_RESP_ERR_NO_ERROR, false);
	check(cluster, &opts, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, false);
	check(cluster, &opts, RD_KAFKA_RESP_ERR_UNKNOWN, true);
	check_pauses(cluster, &opts);
	rd_kafka_destroy(cluster);
	return done();
}
