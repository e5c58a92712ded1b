/*
 * framed: what tail reads as a framed stream (frame/frame.h, kpipe-stream(5)).
 *
 * The stream is `file`, a shard is a file's identity as text and a position a byte
 * offset.  A shard is assigned when its file is found by the list of positions, or with
 * its first batch; it is done when the file has lost its name and been quiet, or was
 * truncated; it is gone when nothing of a done file is on disk any more and another of its
 * name is assigned.
 *
 * Memory: besides tail's, the list, and for a line longer than TAIL_CHUNK a buffer of
 * up to twice its length, which is FRAME_BATCH_MAX at most.
 */
#ifndef TAIL_FRAMED_H
#define TAIL_FRAMED_H

#include "base/buf.h"
#include "base/err.h"
#include "tail/state.h"
#include "tail/tail.h"

struct framed {
	struct tail_state list;
	struct buf control; /* lines that go out before the next batch */
	struct buf line;    /* what is there of a line longer than TAIL_CHUNK */
};

/* Write the first line, read the list of positions `from` ("-": standard input, NULL:
 * none) and make o ready for tail_open.  *f must stay where it is.  -1: 65 for a list
 * that is not of files, 78 for none, or what positions_read says. */
int framed_begin(struct framed *f, struct tail_opts *o, const char *from, struct err *e);

/* Write a batch of tail_next; its pieces are collected.  -1: 65 for a line longer than
 * FRAME_BATCH_MAX, 74 with errno EPIPE for a closed reader. */
int framed_put(struct framed *f, const struct tail_batch *b, struct err *e);

/* Write what tail has told of its files since the last batch. */
int framed_flush(struct framed *f, struct err *e);

/* Write the end if `status` is one that belongs into the stream, and free f. */
int framed_end(struct framed *f, int status, struct err *e);

#endif
