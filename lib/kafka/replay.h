/*
 * replay: batches and positions in transactions, written again where one has to be
 * aborted.
 *
 * The batches of the open transaction are held until it is committed: REPLAY_HELD_MAX
 * bytes and one batch.  When the broker, or librdkafka, wants it aborted, everything is
 * written again in another one, after a pause and as often as it takes; only being shut
 * out, a refused record, a stop signal and the user's --timeout end that.
 *
 * Brokers that were away for longer than transaction.timeout.ms end the transaction, and
 * with it the producer, as if another had taken over.  Then another producer is opened,
 * and the ledger tells: where it is as it was, the transaction is written again; where it
 * has all of the transaction's positions, that one was committed; and anything else is
 * somebody else's, who is not disturbed.
 */
#ifndef KAFKA_REPLAY_H
#define KAFKA_REPLAY_H

#include "base/receipt.h"
#include "frame/frame.h"
#include "kafka/ledger.h"
#include "kafka/producer.h"
#include "kafka/txn.h"

#define REPLAY_HELD_MAX (64 * 1024 * 1024)

struct replay_batch;

struct replay {
	/* Set by the caller. */
	struct producer_config to; /* what to do about refusals is set here */
	const char *id;
	struct record_format format;
	/* And, if he wants it, txn.note. */

	/* For the caller to read. */
	struct shards shards;
	struct receipt account; /* taken in, and committed */
	int64_t began;          /* io_now() of the first change since the last commit; 0: none */

	/* Its own. */
	struct ledger ledger;
	struct producer *producer;
	struct txn txn;
	rd_kafka_topic_t *positions; /* the ledger's */
	struct replay_batch *held;
	size_t nheld, cap, held_bytes;
	size_t changed;  /* shards to be written down */
	uint64_t number; /* of records, for the producer */
	int64_t pause;   /* before the transaction was last written again, in ms; 0: it was not */
	bool broken;     /* the transaction must not be committed */
	int64_t sound_at; /* io_now() of the last commit, or the start */
	struct err refused;
	struct buf key, value;
};

/* Shut out an older run of the id and read what is in the ledger.  -1: as ledger_make,
 * producer_open, txn_start and ledger_read. */
int replay_open(struct replay *r, struct err *e);

/* Write a batch of s, which the shard's position is then behind; its chunk is held. */
int replay_batch(struct replay *r, struct chunk *c, const struct frame *f, struct shard *s,
    struct err *e);

/* The position or state of s is another one: to be written down with the next commit. */
void replay_change(struct replay *r, struct shard *s);

bool replay_full(const struct replay *r); /* time to commit */

/* Send what was collected, and hear what became of what was sent. */
int replay_send(struct replay *r, struct err *e);

/* Nothing is done where nothing has changed. */
int replay_commit(struct replay *r, struct err *e);

/* Aborts what is open, if a broker is there, so that no reader has to wait for its time-out.  Also after a
 * replay_open that failed. */
void replay_close(struct replay *r);

#endif
