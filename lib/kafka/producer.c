#include "kafka/producer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/stop.h"
#include "kafka/batch.h"
#include "kafka/topic.h"

#define WAIT_MS 20     /* how often a wait looks for trouble */
#define FLUSH_MS 5
#define BATCH_BYTES 1000000

struct position {
	int64_t first, last;
};

struct producer {
	struct producer_config config;
	struct kafka *kafka;
	rd_kafka_t *rk;
	rd_kafka_topic_t *topic;
	size_t batch_bytes;  /* at most, to librdkafka */
	struct batch *batch; /* being filled, or NULL */
	rd_kafka_message_t *messages; /* of the batch, not sent yet: the last nmessages of its lines */
	int nmessages;
	bool keyed;          /* one of the messages has a key */
	int npartitions;     /* where records without a key may go; 0: librdkafka's choice */
	int turn;            /* the one that is next to be looked at */
	uint64_t *pending;   /* records without a verdict, for each */
	struct holds holds;
	struct producer_count count;
	uint64_t lost;       /* records that failed with the stream */
	struct position *positions;
	int npositions;
	int64_t grace;       /* until when to wait after a stop signal; 0: none came */
	struct err failed;   /* why the stream failed; status 0 while it has not */
};

static void
verdict_done(struct producer *p, struct batch *b)
{
	if (b->partition >= 0)
		p->pending[b->partition]--;
	if (--b->left == 0 && b != p->batch)
		batch_free(b);
}

/* What a later librdkafka says of the others in a batch with a record that is invalid; those
 * up to 2.0.2 give the record's own error to all of the batch. */
#define INVALID_DIFFERENT_RECORD (-138)

/* The broker, or librdkafka, will not have this record; others may pass. */
static bool
is_refusal(rd_kafka_resp_err_t code)
{
	switch ((int)code) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case INVALID_DIFFERENT_RECORD:
		return true;
	default:
		return false;
	}
}

static void
fail(struct producer *p, rd_kafka_resp_err_t code)
{
	char cause[300];

	if (p->failed.status)
		return;
	kafka_cause(p->kafka, cause, sizeof cause);
	/* Why a broker in reach does not acknowledge, librdkafka keeps to itself. */
	if (code != RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
		kafka_err(&p->failed, code, "write", p->config.topic);
	else
		err_set(&p->failed, EX_TEMPFAIL, "write: %s: no acknowledgement within %.3g s: %s",
		    p->config.topic, (double)p->config.kafka->timeout_ms / 1000, *cause ? cause :
		    "are as many replicas in sync as its min.insync.replicas asks for?");
}

static void
refuse(struct producer *p, const struct batch *b, unsigned i, rd_kafka_resp_err_t code)
{
	char why[200];
	struct refusal r = { .number = b->first + i, .why = why };

	if (!is_refusal(code)) {
		p->lost++;
		if (code != RD_KAFKA_RESP_ERR__PURGE_QUEUE && code != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
			fail(p, code);
		return;
	}
	p->count.refused++;
	r.raw = batch_line(b, i, &r.raw_len);
	kafka_reason(code, why, sizeof why);
	p->config.refused(p->config.arg, &r);
}

static void
refuse_other(struct producer *p, rd_kafka_resp_err_t code)
{
	char why[200];

	kafka_reason(code, why, sizeof why);
	p->config.refused(p->config.arg, &(struct refusal){ .why = why });
}

static void
acknowledge(struct producer *p, const rd_kafka_message_t *m)
{
	struct position *at;

	p->count.acked++;
	p->count.acked_bytes += m->len + m->key_len;
	if (m->offset < 0) /* acks=0 */
		return;
	while (m->partition >= p->npositions) {
		p->positions = mem_resize(p->positions, (size_t)(p->npositions + 1) * sizeof *at);
		p->positions[p->npositions++] = (struct position){ -1, -1 };
	}
	at = &p->positions[m->partition];
	if (at->first < 0 || m->offset < at->first)
		at->first = m->offset;
	if (m->offset > at->last)
		at->last = m->offset;
}

static void
on_verdict(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct producer *p = kafka_user(opaque);
	unsigned i;
	struct batch *b = batch_of(m->_private, &i);

	(void)rk;
	if (!b) { /* not one of ours: of other errors its transaction tells */
		if (is_refusal(m->err))
			refuse_other(p, m->err);
		return;
	}
	if (m->err)
		refuse(p, b, i, m->err);
	else
		acknowledge(p, m);
	verdict_done(p, b);
}

/* Open the client and find the topic. */
static int
begin(struct producer *p, struct err *e)
{
	const struct producer_config *c = &p->config;
	int n;

	p->kafka = producer_connect(c, p->batch_bytes, on_verdict, e);
	if (!p->kafka)
		return -1;
	kafka_set_user(p->kafka, p);
	p->rk = kafka_client(p->kafka);
	/* The handle is there first, so that the answer on the topic reaches it. */
	p->topic = rd_kafka_topic_new(p->rk, c->topic, NULL);
	if (!p->topic)
		return kafka_err(e, rd_kafka_last_error(), "write", c->topic);
	if (kafka_wait_up(p->kafka, e) < 0)
		return -1;
	n = topic_find(p->kafka, c->topic, c->create, c->kafka->timeout_ms, e);
	if (n >= 0 && c->partition >= n)
		return err_set(e, EX_NO, "write: %s: there is no partition %" PRId32 ", only 0 to %d",
		    c->topic, c->partition, n - 1);
	if (n < 0)
		return -1;
	if (c->partition < 0 && producer_spreads(p->rk)) {
		p->npartitions = n;
		p->pending = mem_resize(p->pending, (size_t)n * sizeof *p->pending);
		memset(p->pending, 0, (size_t)n * sizeof *p->pending);
	}
	return 0;
}

static void
end(struct producer *p)
{
	if (p->topic) {
		/* Every record's verdict gives its chunk back. */
		rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		rd_kafka_flush(p->rk, 1000);
		rd_kafka_topic_destroy(p->topic);
	}
	p->topic = NULL;
	kafka_close(p->kafka);
	p->kafka = NULL;
}

struct producer *
producer_open(const struct producer_config *c, struct err *e)
{
	struct producer *p = mem_alloc(sizeof *p);
	size_t limit;

	p->config = *c;
	p->messages = mem_alloc(BATCH_MAX * sizeof *p->messages);
	p->batch_bytes = BATCH_BYTES;
	if (begin(p, e) == 0) {
		limit = topic_limit(p->kafka, c->topic);
		if (!limit || limit >= BATCH_BYTES)
			return p;
		/* The broker would refuse a batch of small records for its size. */
		end(p);
		p->batch_bytes = limit;
		if (begin(p, e) == 0)
			return p;
	}
	producer_close(p);
	return NULL;
}

/* Is the stream still sound? */
static int
check(struct producer *p, struct err *e)
{
	if (!p->failed.status)
		kafka_broken(p->kafka, &p->failed);
	if (p->failed.status)
		*e = p->failed;
	return p->failed.status ? -1 : 0;
}

/* Wait a little, until verdicts make room: after a stop signal STOP_GRACE_MS in all. */
static int
wait_room(struct producer *p, struct err *e)
{
	/* Without a verdict no batch may be full: send what there is. */
	if (rd_kafka_poll(p->rk, WAIT_MS) == 0)
		rd_kafka_flush(p->rk, FLUSH_MS);
	if (stop_signal() && !p->grace)
		p->grace = io_now() + STOP_GRACE_MS;
	if (p->grace && io_now() >= p->grace && !p->failed.status)
		err_set(&p->failed, EX_TEMPFAIL, "write: %s: stopped before all was acknowledged",
		    p->config.topic);
	return check(p, e);
}

/* Records without a key go to one partition for each batch, the one with the least to
 * do: that saves librdkafka's choice for each record, and one without a leader gets no
 * more than a batch. */
static int32_t
choose(struct producer *p)
{
	int best = p->turn;

	if (p->keyed || p->npartitions == 0)
		return -1;
	for (int i = 1; i < p->npartitions && p->pending[best]; i++) {
		int at = (p->turn + i) % p->npartitions;

		if (p->pending[at] < p->pending[best])
			best = at;
	}
	p->turn = (best + 1) % p->npartitions;
	return best;
}

/* Give the collected messages to librdkafka; how many it has judged or taken. */
static int
give(struct producer *p, rd_kafka_message_t *m, int n)
{
	int32_t to = p->batch->partition >= 0 ? p->batch->partition : p->config.partition;

	rd_kafka_produce_batch(p->topic, to, 0, m, n);
	for (int i = 0; i < n; i++) {
		struct batch *b;
		unsigned k;

		if (!m[i].err)
			continue;
		if (m[i].err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			return i; /* and so are all behind it */
		b = batch_of(m[i]._private, &k);
		refuse(p, b, k, m[i].err);
		verdict_done(p, b);
	}
	return n;
}

/* The batch is full, or the stream has failed: what has not reached the queue is lost. */
static void
end_batch(struct producer *p)
{
	struct batch *b = p->batch;

	b->left -= (unsigned)p->nmessages;
	if (b->partition >= 0)
		p->pending[b->partition] -= (uint64_t)p->nmessages;
	p->lost += (uint64_t)p->nmessages;
	p->keyed = false;
	p->nmessages = 0;
	p->batch = NULL;
	if (b->left == 0)
		batch_free(b);
}

static int
give_all(struct producer *p, struct err *e)
{
	rd_kafka_message_t *m = p->messages;
	int n;

	if (p->nmessages == 0)
		return 0;
	if (p->batch->partition < 0 && (unsigned)p->nmessages == p->batch->count) {
		p->batch->partition = choose(p);
		if (p->batch->partition >= 0)
			p->pending[p->batch->partition] += p->batch->count;
	}
	for (;;) {
		n = give(p, m, p->nmessages);
		m += n;
		p->nmessages -= n;
		if (p->nmessages == 0)
			return 0;
		if (wait_room(p, e) < 0)
			return -1;
	}
}

int
producer_send(struct producer *p, struct err *e)
{
	int rc = 0;

	if (p->batch) {
		rc = give_all(p, e);
		end_batch(p);
	}
	rd_kafka_poll(p->rk, 0);
	return rc < 0 ? -1 : check(p, e);
}

int
producer_push(struct producer *p, struct err *e)
{
	int rc = producer_send(p, e);

	if (rc == 0 && producer_pending(p))
		rd_kafka_flush(p->rk, FLUSH_MS);
	return rc;
}

/* See that the record's line fits into the batch: another chunk, a gap in the numbers
 * and BATCH_MAX begin a new one, once the bound leaves room for its chunk. */
static int
begin_batch(struct producer *p, struct chunk *c, uint64_t number, struct err *e)
{
	if (p->batch && batch_fits(p->batch, c, number))
		return 0;
	if (p->batch && producer_send(p, e) < 0)
		return -1;
	while (!holds_room(&p->holds, c, PRODUCER_HELD_MAX))
		if (wait_room(p, e) < 0)
			return -1;
	p->batch = batch_new(&p->holds, c, number);
	return 0;
}

/* A record with a time or headers: one call for each. */
static int
give_one(struct producer *p, const struct record *r, void *opaque, struct err *e)
{
	rd_kafka_resp_err_t code;

	for (;;) {
		rd_kafka_headers_t *headers = r->headers ? rd_kafka_headers_copy(r->headers) : NULL;

		code = rd_kafka_producev(p->rk, RD_KAFKA_V_RKT(p->topic),
		    RD_KAFKA_V_PARTITION(p->config.partition),
		    RD_KAFKA_V_MSGFLAGS(r->copy ? RD_KAFKA_MSG_F_COPY : 0),
		    RD_KAFKA_V_KEY(r->key, r->key_len), RD_KAFKA_V_VALUE((void *)r->value, r->value_len),
		    RD_KAFKA_V_TIMESTAMP(r->ts), RD_KAFKA_V_HEADERS(headers),
		    RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
		if (code && headers)
			rd_kafka_headers_destroy(headers);
		if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			break;
		if (wait_room(p, e) < 0)
			break;
	}
	if (code) {
		unsigned i;
		struct batch *b = batch_of(opaque, &i);

		refuse(p, b, i, code);
		verdict_done(p, b);
	}
	return check(p, e);
}

int
producer_add(struct producer *p, struct chunk *c, const struct record *r, struct err *e)
{
	bool single = r->copy || r->ts || r->headers;
	void *opaque;

	if (single && p->nmessages && producer_send(p, e) < 0)
		return -1;
	if (begin_batch(p, c, r->number, e) < 0)
		return -1;
	opaque = batch_add(p->batch, r->raw, r->raw_len);
	p->count.records++;
	if (single)
		return give_one(p, r, opaque, e);
	p->keyed |= r->key != NULL;
	p->messages[p->nmessages++] = (rd_kafka_message_t){ .payload = (void *)r->value,
		.len = r->value_len, .key = (void *)r->key, .key_len = r->key_len, ._private = opaque };
	return 0;
}

int
producer_finish(struct producer *p, struct err *e)
{
	if (producer_send(p, e) < 0)
		return -1;
	while (producer_pending(p)) {
		rd_kafka_flush(p->rk, FLUSH_MS);
		if (producer_pending(p) && wait_room(p, e) < 0)
			return -1;
	}
	return check(p, e);
}

struct kafka *
producer_kafka(const struct producer *p)
{
	return p->kafka;
}

void
producer_forget(struct producer *p)
{
	if (p->batch)
		end_batch(p);
	p->failed.status = 0;
}

int
producer_reopen(struct producer *p, struct err *e)
{
	producer_forget(p);
	end(p);
	p->failed.status = 0; /* again: of what was purged */
	return begin(p, e);
}

const struct producer_count *
producer_count(const struct producer *p)
{
	return &p->count;
}

uint64_t
producer_pending(const struct producer *p)
{
	return p->count.records - p->count.acked - p->count.refused - p->lost;
}

json_t *
producer_positions(const struct producer *p)
{
	json_t *list = json_array();

	for (int i = 0; p && i < p->npositions; i++)
		if (p->positions[i].first >= 0)
			json_array_append_new(list, json_pack("{s:s, s:i, s:I, s:I}", "topic", p->config.topic,
			    "partition", i, "first", (json_int_t)p->positions[i].first,
			    "last", (json_int_t)p->positions[i].last));
	return list;
}

void
producer_close(struct producer *p)
{
	if (!p)
		return;
	if (p->batch)
		end_batch(p);
	end(p);
	free(p->pending);
	free(p->messages);
	free(p->positions);
	free(p);
}
