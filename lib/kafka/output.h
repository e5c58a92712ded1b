/*
 * output: records on their way out, through a thread that may block.
 *
 * The caller appends to the current buffer and goes on fetching while a thread writes
 * the one before.  output_push gives the current buffer away as soon as the thread has
 * nothing else to do, so that with a fast reader every record is written at once, and
 * with a slow one in batches of OUTPUT_SIZE.  Memory: OUTPUT_BUFFERS buffers, each of
 * OUTPUT_SIZE and at most one record more.
 *
 * Marks tell how far the writing is: a mark is set behind what it stands for, and comes
 * back from output_reap when write(2) has taken all that was before it.
 *
 * All functions are for one thread, the caller's.
 */
#ifndef KAFKA_OUTPUT_H
#define KAFKA_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define OUTPUT_BUFFERS 4
#define OUTPUT_SIZE (256 * 1024)

struct output;

struct output_mark {
	void *owner; /* what moved on */
	int64_t next; /* the position that it has reached */
};

struct output_written {
	uint64_t records, bytes;
};

/* Write to fd, which stays the caller's and is called `subject` in messages.  Whenever
 * a buffer is done or the writing failed, a byte is written to wake_fd, which should be
 * non-blocking. */
struct output *output_open(int fd, const char *subject, int wake_fd, struct err *e);

/* The buffer to append a record to; NULL while all of them are waiting to be written. */
struct buf *output_room(struct output *o);

/* A record was appended, and with it owner reached next. */
void output_record(struct output *o, void *owner, int64_t next);

/* The owner reached next without a record. */
void output_mark(struct output *o, void *owner, int64_t next);

/* Will the next output_record give the buffer away?  Would output_push do so, if there
 * were anything in it? */
bool output_full(const struct output *o);
bool output_free(struct output *o);

/* Nothing more is waiting to be appended: write what there is, if the thread is free. */
void output_push(struct output *o);

/* Hand every mark that was reached to `reached`, in order, and add up what has been
 * written.  -1 with e set once the writing has failed: status 74, and output_gone() if
 * that was because the reader has gone. */
int output_reap(struct output *o, void (*reached)(const struct output_mark *),
    struct output_written *total, struct err *e);
bool output_gone(const struct output *o);

/* All that was appended has been written and reaped. */
bool output_idle(const struct output *o);

/* Stop writing and free, without waiting for a write that blocks: that one may still go
 * on until the process ends or the reader goes.  o may be NULL. */
void output_close(struct output *o);

#endif
