/*
 * pump: from a consumer to an output, until it is over.
 *
 * Records are taken only while the output has room, membership is served all the time,
 * and a position counts as read when write(2) has taken what is before it.  When
 * partitions are to go to another member, nothing is taken until the output is empty,
 * or for PUMP_REVOKE_MS with a reader that slow.
 */
#ifndef KAFKA_PUMP_H
#define KAFKA_PUMP_H

#include "base/progress.h"
#include "kafka/source.h"

#define PUMP_REVOKE_MS 60000

struct pump {
	struct consumer *consumer;
	struct output *out;
	/* Append a record to out, in whatever form. */
	void (*print)(void *arg, const rd_kafka_message_t *m, struct buf *out);
	void *arg;
	struct source *source; /* frame them instead; or NULL */
	int64_t count; /* end after so many records */
	struct progress progress;

	uint64_t records_in, bytes_in; /* taken from the consumer */
	struct output_written written;
	bool gone; /* the reader has gone: die of SIGPIPE after cleaning up */

	/* Private. */
	bool ending;        /* take no more, only finish */
	int64_t give_up_at; /* io_now() after which nobody waits for the reader; 0: no such */
};

/* Until all is over and written, or SIGTERM or SIGINT came and what had been taken is
 * written: 0.  -1 with e set: as of consumer_serve and consumer_poll, 74 if it cannot be
 * written, 75 if nobody reads it within STOP_GRACE_MS of the signal. */
int pump_run(struct pump *p, struct err *e);

/* It cannot be begun, or not go on, because of `status`: a framed stream is written out
 * and told why it ends.  -1, or 0 if that was only because of a stop signal. */
int pump_fail(struct pump *p, int status);

/* Commit what has been written, and stop writing: -1 with 75 if it was not committed.
 * The output is closed. */
int pump_end(struct pump *p, struct err *e);

/* Write the receipt of a run that ends with `status` (base/receipt.h).  -1 with e set. */
int pump_receipt(const struct pump *p, const char *path, const char *tool, int64_t began,
    int status, struct err *e);

#endif
