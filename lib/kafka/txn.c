#include "kafka/txn.h"

#include "base/io.h"

#define SLICE_MS 10000 /* of a call; short ones would hit librdkafka between two requests */
#define PAUSE_MS 100

typedef rd_kafka_error_t *txn_call(rd_kafka_t *rk, int timeout_ms);

static bool
is_fenced(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
	    code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

static int
give_up(const struct txn *t, rd_kafka_resp_err_t code, const char *what, struct err *e)
{
	struct kafka *kafka = rd_kafka_opaque(t->rk);
	char cause[300] = "";

	if (is_fenced(code))
		return err_set(e, EX_TEMPFAIL, "%s: --id %s: another kprod has taken over, or this one "
		    "stood still for longer than transaction.timeout.ms: start the pipe line again", what,
		    t->id);
	if (code == RD_KAFKA_RESP_ERR__TIMED_OUT) { /* which hides the cause */
		rd_kafka_poll(t->rk, 0);
		if (kafka_down_ms(kafka) > 0)
			kafka_cause(kafka, cause, sizeof cause);
	}
	if (*cause)
		return err_set(e, EX_TEMPFAIL, "%s: %s: %s", what, t->id, cause);
	return kafka_err(e, code, what, t->id);
}

int
txn_dead(const struct txn *t, struct err *e)
{
	char text[200];
	rd_kafka_resp_err_t code = rd_kafka_fatal_error(t->rk, text, sizeof text);

	if (!code)
		return 0;
	give_up(t, code, "transaction", e);
	/* librdkafka 2.0.2 loses track where a broker was away for long in mid-transaction. */
	if (code == RD_KAFKA_RESP_ERR_INVALID_TXN_STATE)
		err_set(e, EX_TEMPFAIL, "transaction: --id %s: its state is not known any more: start the "
		    "pipe line again", t->id);
	return -1;
}

bool
txn_late(const struct txn *t)
{
	return t->until && io_now() >= t->until;
}

void
txn_note(struct txn *t, const struct err *e)
{
	struct err said;

	err_set(&said, e->status, "%.480s: trying again", e->text);
	if (t->note && !t->noted)
		t->note(&said);
	t->noted = true;
}

int
txn_pause(struct txn *t, int64_t ms, struct err *e)
{
	if (io_wait_sink(-1, ms) != IO_STOP)
		return 0;
	return err_set(e, EX_TEMPFAIL, "transaction: --id %s: stopped before its end", t->id);
}

/* One try: 0, TXN_AGAIN or -1, or with *retry the same again. */
static int
attempt(struct txn *t, txn_call *call, const char *what, bool *retry, struct err *e)
{
	rd_kafka_error_t *error = call(t->rk, SLICE_MS);
	rd_kafka_resp_err_t code;
	int rc = -1;

	*retry = false;
	if (!error)
		return 0;
	code = rd_kafka_error_code(error);
	*retry = rd_kafka_error_is_retriable(error);
	if (rd_kafka_error_txn_requires_abort(error) && kafka_status(code) == EX_TEMPFAIL)
		rc = TXN_AGAIN;
	/* The fatal error's own code tells more than that there is one. */
	if (txn_dead(t, e) == 0)
		give_up(t, code, what, e);
	else
		*retry = false, rc = -1;
	rd_kafka_error_destroy(error);
	return rc;
}

static int
step(struct txn *t, txn_call *call, const char *what, struct err *e)
{
	int64_t begun = io_now();
	bool retry;

	for (;;) {
		int rc = attempt(t, call, what, &retry, e);

		if (!retry)
			return rc;
		if (txn_late(t))
			return -1;
		if (io_now() >= begun + SLICE_MS)
			txn_note(t, e);
		if (txn_pause(t, PAUSE_MS, e) < 0)
			return -1;
	}
}

static rd_kafka_error_t *
begin(rd_kafka_t *rk, int timeout_ms)
{
	(void)timeout_ms;
	return rd_kafka_begin_transaction(rk);
}

int
txn_start(struct txn *t, struct err *e)
{
	return step(t, rd_kafka_init_transactions, "start transactions", e);
}

int
txn_begin(struct txn *t, struct err *e)
{
	int rc = step(t, begin, "begin transaction", e);

	t->open = rc == 0;
	return rc;
}

int
txn_commit(struct txn *t, struct err *e)
{
	int rc = step(t, rd_kafka_commit_transaction, "commit transaction", e);

	t->open = rc != 0;
	t->noted &= t->open;
	return rc;
}

int
txn_abort(struct txn *t, struct err *e)
{
	int rc = step(t, rd_kafka_abort_transaction, "abort transaction", e);

	t->open = rc != 0;
	return rc;
}

int
txn_put(struct txn *t, rd_kafka_topic_t *topic, int32_t partition, const struct buf *key,
    const struct buf *value, struct err *e)
{
	rd_kafka_resp_err_t code;

	do {
		code = rd_kafka_producev(t->rk, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
		    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key->p, key->len),
		    RD_KAFKA_V_VALUE(value->len ? value->p : NULL, value->len), RD_KAFKA_V_END);
		if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			break;
		rd_kafka_flush(t->rk, PAUSE_MS);
	} while (txn_pause(t, 0, e) == 0);
	if (!code)
		return 0;
	if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL || txn_dead(t, e) < 0)
		return -1;
	kafka_err(e, code, "write", rd_kafka_topic_name(topic));
	return e->status == EX_TEMPFAIL ? TXN_AGAIN : -1;
}
