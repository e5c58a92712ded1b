/*
 * txn: transactions of a producer, step by step.
 *
 * A step waits as long as it must, as a broker that is away only holds things up; what
 * ends the waiting is a stop signal, STOP_GRACE_MS later, or `until`.  Every step gives 0,
 * TXN_AGAIN if the transaction has to be aborted and may then be done again, or -1 with e set:
 * 75 where this producer has been shut out, by another with its id or because a transaction stood
 * open longer than transaction.timeout.ms (the broker does not tell which), 77.
 */
#ifndef KAFKA_TXN_H
#define KAFKA_TXN_H

#include "base/buf.h"
#include "kafka/conf.h"

#define TXN_AGAIN 1

struct txn {
	rd_kafka_t *rk;
	const char *id;
	int64_t until; /* io_now() after which no step is tried again; 0: without end */
	bool open;
	int (*note)(const struct err *e); /* or NULL: is told once, until the next commit, why it takes long */
	bool noted;
};

/* Shut out whoever had the id, and end what he left open. */
int txn_start(struct txn *t, struct err *e);
int txn_begin(struct txn *t, struct err *e);
int txn_commit(struct txn *t, struct err *e); /* sends what is queued first */
int txn_abort(struct txn *t, struct err *e);  /* drops it */

/* Add a record to the transaction; an empty value is null. */
int txn_put(struct txn *t, rd_kafka_topic_t *topic, int32_t partition, const struct buf *key,
    const struct buf *value, struct err *e);

/* -1 with e set if this producer can do nothing any more, else 0. */
int txn_dead(const struct txn *t, struct err *e);

/* Is it later than `until`? */
bool txn_late(const struct txn *t);

/* e is why the transaction has made no progress for seconds. */
void txn_note(struct txn *t, const struct err *e);

/* Wait before another try: -1 with e set if a stop signal ends that. */
int txn_pause(struct txn *t, int64_t ms, struct err *e);

#endif
