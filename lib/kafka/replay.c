#include "kafka/replay.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/mem.h"

#define AGAIN_MS 200      /* before the first repetition of a transaction, */
#define AGAIN_MAX_MS 5000 /* and at most */

/* A batch of the open transaction. */
struct replay_batch {
	struct chunk *chunk;
	const struct shard *shard;
	const char *data, *lens;
	size_t nrec, nbytes;
	int64_t base;
};

/* A record that the broker, or the format, will not have: tell where it lies. */
static int
refuse(struct replay *r, const char *record, const char *why, struct err *e)
{
	for (size_t i = 0; i < r->nheld; i++) {
		const struct replay_batch *h = &r->held[i];

		if ((uintptr_t)record >= (uintptr_t)h->data &&
		    (uintptr_t)record < (uintptr_t)h->data + h->nbytes)
			return err_set(e, EX_DATAERR, "write: %s: a record of %s %s, %td bytes behind position %"
			    PRId64 ": %s", r->to.topic, h->shard->stream, h->shard->name,
			    record - h->data, h->base, why);
	}
	return err_set(e, EX_DATAERR, "write: %s: a record: %s", r->to.topic, why);
}

static void
on_refused(void *arg, const struct refusal *told)
{
	struct replay *r = arg;

	if (!r->refused.status && told->raw)
		refuse(r, told->raw, told->why, &r->refused);
	else if (!r->refused.status)
		err_set(&r->refused, EX_CONFIG, "write: %s: a position: %s", LEDGER_TOPIC, told->why);
}

/* The open producer's transactions: -1 as txn_start, and 75. */
static int
start(struct replay *r, struct err *e)
{
	const struct kafka_opts *kafka = r->to.kafka;

	r->txn.rk = kafka_client(producer_kafka(r->producer));
	r->txn.id = r->id;
	r->txn.until = io_now() + kafka->timeout_ms;
	/* Asked now, for librdkafka takes a second over a topic it first hears of in a record;
	 * the answer reaches the handle that is there. */
	r->positions = rd_kafka_topic_new(r->txn.rk, LEDGER_TOPIC, NULL);
	if (kafka_partitions(producer_kafka(r->producer), LEDGER_TOPIC, (int)kafka->timeout_ms, e) < 0)
		return -1;
	if (txn_start(&r->txn, e) != 0)
		return -1;
	r->txn.until = 0;
	r->sound_at = io_now();
	return 0;
}

int
replay_open(struct replay *r, struct err *e)
{
	const struct kafka_opts *kafka = r->to.kafka;

	r->ledger = (struct ledger){ kafka, r->id, r->to.topic };
	if (ledger_make(&r->ledger, e) < 0)
		return -1;
	r->to.transactional_id = r->id;
	r->to.refused = on_refused;
	r->to.arg = r;
	r->producer = producer_open(&r->to, e);
	if (!r->producer || start(r, e) < 0)
		return -1;
	return ledger_read(&r->ledger, &r->shards, e);
}

static int
send_record(struct replay *r, struct chunk *c, const struct line *line, struct err *e)
{
	struct envelope envelope = { 0 };
	struct record record;
	char why[80];
	int rc;

	if (line->len > r->to.max_record) {
		snprintf(why, sizeof why, "longer than %zu bytes (see --max-line)", r->to.max_record);
		return refuse(r, line->p, why, &r->refused);
	}
	rc = record_read(&r->format, line, &envelope, &record, e);
	if (rc < 0)
		refuse(r, line->p, e->text, &r->refused);
	else
		rc = producer_add(r->producer, c, &record, e);
	if (r->format.json)
		envelope_free(&envelope);
	return rc;
}

static int
send_batch(struct replay *r, const struct replay_batch *h, struct err *e)
{
	const struct frame f = { .data = h->data, .nbytes = h->nbytes, .lens = h->lens };
	struct frame_walk w = { 0 };
	struct line line = { .delimited = true };

	while (frame_record(&f, &w, &line.p, &line.len)) {
		line.number = ++r->number;
		if (send_record(r, h->chunk, &line, e) < 0)
			return -1;
	}
	return 0;
}

/* Write down what changed. */
static int
put_positions(struct replay *r, struct err *e)
{
	for (size_t i = 0; i < r->shards.n && r->changed; i++) {
		struct shard *s = r->shards.list[i];
		int rc;

		if (!s->changed)
			continue;
		ledger_record(&r->ledger, s, &r->key, &r->value);
		rc = txn_put(&r->txn, r->positions, 0, &r->key, &r->value, e);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Has the producer ended for what brokers did that were away?  With a --timeout of the
 * user's, that is over. */
static bool
cut_off(const struct replay *r)
{
	struct err unused;

	if (!r->txn.rk)
		return true;
	if (r->to.kafka->timeout_given || txn_dead(&r->txn, &unused) == 0)
		return false;
	rd_kafka_poll(r->txn.rk, 0);
	return kafka_lost_at(producer_kafka(r->producer)) >= r->sound_at;
}

/* All that the transaction has, from its beginning. */
static int
write_again(struct replay *r, struct err *e)
{
	int rc = txn_begin(&r->txn, e);

	for (size_t i = 0; rc == 0 && i < r->nheld; i++)
		rc = send_batch(r, &r->held[i], e) < 0 ? TXN_AGAIN : 0;
	return rc < 0 && cut_off(r) ? TXN_AGAIN : rc;
}

static void
let_go(struct replay *r)
{
	for (size_t i = 0; i < r->nheld; i++)
		chunk_drop(r->held[i].chunk, 1);
	r->nheld = r->held_bytes = 0;
}

static void
committed(struct replay *r)
{
	for (size_t i = 0; i < r->nheld; i++) {
		r->account.records_out += r->held[i].nrec;
		r->account.bytes_out += r->held[i].nbytes;
	}
	let_go(r);
	for (size_t i = r->shards.n; i-- > 0 && r->changed; ) {
		struct shard *s = r->shards.list[i];

		r->changed -= s->changed;
		s->changed = false;
		s->committed = s->position;
		if (s->gone)
			shards_drop(&r->shards, s->stream, s->name);
	}
	r->changed = 0;
	r->began = 0;
	r->pause = 0;
	r->sound_at = io_now();
}

enum { NOT_COMMITTED, COMMITTED, TAKEN_OVER };

/* What became of the transaction, as the ledger has it: -1 as ledger_read; with TAKEN_OVER,
 * too, e is set. */
static int
ask_ledger(const struct replay *r, struct err *e)
{
	struct shards now = { 0 };
	int rc = ledger_read(&r->ledger, &now, e);
	bool before = true, after = true;

	for (size_t i = 0; rc == 0 && i < r->shards.n; i++) {
		const struct shard *ours = r->shards.list[i];
		const struct shard *s = shards_find(&now, ours->stream, ours->name);
		int64_t at = s ? s->position : -1;

		before &= at == ours->committed;
		after &= at == (ours->gone ? -1 : ours->changed ? ours->position : ours->committed);
	}
	shards_free(&now);
	if (rc < 0)
		return -1;
	/* Where no position would move, nothing is lost or doubled by writing it again. */
	if (before)
		return NOT_COMMITTED;
	if (after)
		return COMMITTED;
	err_set(e, EX_TEMPFAIL, "transaction: --id %s: another kprod has taken over: start the pipe "
	    "line again", r->id);
	return TAKEN_OVER;
}

/* Begin with another producer, and end or write again what the last one had open. */
static int
reopen(struct replay *r, struct err *e)
{
	/* Whoever has taken over is not to be shut out in turn. */
	int rc = r->txn.rk ? ask_ledger(r, e) : NOT_COMMITTED;

	if (rc == NOT_COMMITTED || rc == COMMITTED) {
		if (r->positions)
			rd_kafka_topic_destroy(r->positions);
		r->positions = NULL;
		r->txn.rk = NULL;
		r->txn.open = false;
		rc = producer_reopen(r->producer, e) == 0 && start(r, e) == 0 ? ask_ledger(r, e) : -1;
		if (rc < 0)
			r->txn.rk = NULL;
	}
	switch (rc) {
	case COMMITTED: committed(r); return 0;
	case NOT_COMMITTED: return write_again(r, e);
	case TAKEN_OVER: return -1;
	default:
		if (e->status == EX_UNAVAILABLE)
			e->status = EX_TEMPFAIL;
		return TXN_AGAIN;
	}
}

static int
abort_and_write(struct replay *r, struct err *e)
{
	int rc = r->txn.open ? txn_abort(&r->txn, e) : 0;

	producer_forget(r->producer);
	if (rc == 0)
		return write_again(r, e);
	return rc < 0 && cut_off(r) ? TXN_AGAIN : rc;
}

/* The transaction failed.  Abort it and write it again, as often as it takes. */
static int
recover(struct replay *r, struct err *e)
{
	int rc = TXN_AGAIN;

	if (!r->txn.open && !cut_off(r)) {
		txn_dead(&r->txn, e); /* knows better */
		return -1;
	}
	r->broken = true;
	while (rc > 0) {
		bool lost = cut_off(r);

		if (r->refused.status) {
			*e = r->refused;
			return -1;
		}
		if (e->status != EX_TEMPFAIL) /* the topic has gone, or access to it */
			return -1;
		if ((!lost && txn_dead(&r->txn, e) < 0) || txn_late(&r->txn))
			return -1;
		r->pause = !r->pause ? AGAIN_MS : r->pause * 2 < AGAIN_MAX_MS ? r->pause * 2 : AGAIN_MAX_MS;
		if (r->pause == AGAIN_MAX_MS)
			txn_note(&r->txn, e);
		if (txn_pause(&r->txn, r->pause, e) < 0)
			return -1;
		rc = lost ? reopen(r, e) : abort_and_write(r, e);
	}
	r->broken = rc < 0;
	return rc;
}

static void
hold(struct replay *r, struct chunk *c, const struct frame *f, const struct shard *s)
{
	if (r->nheld == r->cap) {
		r->cap = r->cap ? 2 * r->cap : 256;
		r->held = mem_resize(r->held, r->cap * sizeof *r->held);
	}
	if (r->nheld == 0 || r->held[r->nheld - 1].chunk != c)
		r->held_bytes += c->cap;
	r->held_bytes += sizeof *r->held;
	chunk_hold(c, 1);
	r->held[r->nheld++] = (struct replay_batch){ .chunk = c, .shard = s, .data = f->data,
		.lens = f->lens, .nrec = f->nrec, .nbytes = f->nbytes, .base = f->base };
}

void
replay_change(struct replay *r, struct shard *s)
{
	r->changed += !s->changed;
	s->changed = true;
	if (r->began)
		return;
	r->began = io_now();
	/* Waiting for brokers has no end, unless the user said one. */
	if (r->to.kafka->timeout_given)
		r->txn.until = r->began + r->to.kafka->timeout_ms;
}

int
replay_batch(struct replay *r, struct chunk *c, const struct frame *f, struct shard *s,
    struct err *e)
{
	if (!r->txn.open && txn_begin(&r->txn, e) != 0 && (!cut_off(r) || recover(r, e) < 0))
		return -1;
	hold(r, c, f, s);
	s->position = f->next;
	s->done = false;
	replay_change(r, s);
	r->account.records_in += f->nrec;
	r->account.bytes_in += f->nbytes;
	return send_batch(r, &r->held[r->nheld - 1], e) == 0 ? 0 : recover(r, e);
}

bool
replay_full(const struct replay *r)
{
	return r->held_bytes + CHUNK_SIZE > REPLAY_HELD_MAX;
}

int
replay_send(struct replay *r, struct err *e)
{
	return producer_send(r->producer, e) == 0 ? 0 : recover(r, e);
}

static int
try_commit(struct replay *r, struct err *e)
{
	int rc = r->txn.open ? 0 : txn_begin(&r->txn, e);

	if (rc == 0)
		rc = producer_send(r->producer, e) < 0 ? TXN_AGAIN : put_positions(r, e);
	/* librdkafka's own refusal is not known to its transaction. */
	if (rc == 0 && r->refused.status)
		rc = TXN_AGAIN;
	return rc == 0 ? txn_commit(&r->txn, e) : rc;
}

int
replay_commit(struct replay *r, struct err *e)
{
	int rc;

	if (!r->changed)
		return 0;
	if (r->broken)
		return err_set(e, EX_TEMPFAIL, "write: %s: its transaction is broken: start again",
		    r->to.topic);
	while ((rc = try_commit(r, e)) != 0) {
		r->broken = true;
		/* Which record it was that the broker refused, the commit does not tell. */
		if ((rc < 0 && !cut_off(r) && !r->refused.status) || recover(r, e) < 0)
			return -1;
		if (!r->changed)
			return 0; /* it was committed after all */
	}
	committed(r);
	return 0;
}

void
replay_close(struct replay *r)
{
	struct err e;

	r->txn.until = 1; /* one try, if there is somebody to hear it */
	if (r->txn.open && txn_dead(&r->txn, &e) == 0 &&
	    kafka_down_ms(producer_kafka(r->producer)) == 0)
		txn_abort(&r->txn, &e);
	if (r->positions)
		rd_kafka_topic_destroy(r->positions);
	producer_close(r->producer);
	let_go(r);
	shards_free(&r->shards);
	free(r->held);
	buf_free(&r->key);
	buf_free(&r->value);
}
