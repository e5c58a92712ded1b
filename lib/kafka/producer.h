/*
 * producer: records into one topic, without a copy and within a bound.
 *
 * A record points into a chunk (base/chunk.h), which the producer holds until the
 * broker's verdict on the last record that lies in it.  Records are collected and handed
 * to librdkafka by the thousand (producer_send), which waits while the queue is full.
 * Verdicts are told by producer_send, producer_push and producer_finish, in the caller's
 * thread.
 *
 * There are two kinds of bad news.  A record may be refused, for its size or by the
 * topic's rules: that is told through `refused`, with where it came from, and the others
 * go on.  And the stream may fail: no verdict came within --timeout, the topic has gone,
 * access was withdrawn.  Then every function gives -1 from there on.
 *
 * With a transactional id the caller begins, commits and aborts (kafka/txn.h) and makes
 * up for what an abort threw away.
 *
 * Memory: PRODUCER_HELD_MAX bytes of chunks (or one record, if it is longer), and
 * librdkafka's own 200 bytes for each of at most PRODUCER_QUEUE_MAX records.
 */
#ifndef KAFKA_PRODUCER_H
#define KAFKA_PRODUCER_H

#include <jansson.h>

#include "base/chunk.h"
#include "kafka/conf.h"
#include "kafka/record.h"

#define PRODUCER_HELD_MAX (32 * 1024 * 1024)
#define PRODUCER_QUEUE_BYTES (16 * 1024 * 1024)
#define PRODUCER_QUEUE_MAX 100000
#define PRODUCER_TXN_MS "180000" /* transaction.timeout.ms unless the user says otherwise */

struct refusal {
	uint64_t number;
	const char *raw; /* NULL: it was another's (on the same client) */
	size_t raw_len;
	const char *why;
};

struct producer_config {
	const struct kafka_opts *kafka;
	const char *topic;
	int32_t partition; /* RD_KAFKA_PARTITION_UA: where the key says */
	size_t max_record; /* bytes, key and value */
	bool create;       /* the topic, if there is none */
	const char *transactional_id; /* NULL: no transactions */
	void (*refused)(void *arg, const struct refusal *r);
	void *arg;
};

struct producer_count {
	uint64_t records, acked, acked_bytes, refused; /* bytes of keys and values */
};

struct producer;

/* Connect and find the topic: NULL with 1 if there is none or no such partition, 69,
 * 75, 77 or 78. */
struct producer *producer_open(const struct producer_config *c, struct err *e);

/* Collect one record; *r may go, its chunk c is held. */
int producer_add(struct producer *p, struct chunk *c, const struct record *r, struct err *e);
int producer_send(struct producer *p, struct err *e);

/* No more is coming for now: send without waiting for a full batch, and wait some
 * milliseconds for the verdicts. */
int producer_push(struct producer *p, struct err *e);

/* Send the rest and wait for all verdicts: at most --timeout, and no longer than
 * STOP_GRACE_MS after a stop signal. */
int producer_finish(struct producer *p, struct err *e);

struct kafka *producer_kafka(const struct producer *p);

/* Begin anew with another client, as producer_open does; what was pending is forgotten, and
 * counts and positions go on.  -1: it can only be tried again or closed. */
int producer_reopen(struct producer *p, struct err *e);

/* A transaction was aborted: forget what was pending, and why the stream failed. */
void producer_forget(struct producer *p);

const struct producer_count *producer_count(const struct producer *p);
uint64_t producer_pending(const struct producer *p); /* records without a verdict */

/* [{"topic","partition","first","last"}…], offsets of what was acknowledged.  The
 * caller owns it; p may be NULL. */
json_t *producer_positions(const struct producer *p);

/* Gives up what is pending; p may be NULL. */
void producer_close(struct producer *p);

/* For producer.c: a client with batches of at most so many bytes. */
typedef void producer_verdict(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque);
struct kafka *producer_connect(const struct producer_config *c, size_t batch_bytes,
    producer_verdict *verdict, struct err *e);

/* Does the partitioner spread records without a key over all partitions? */
bool producer_spreads(rd_kafka_t *rk);

#endif
