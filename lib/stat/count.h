/*
 * count: log lines into a tally.
 *
 * Lines come from a file or as the records of a framed stream.  What the tally's callback
 * makes of closed windows it appends to `out`, which is written to standard output as soon
 * as no more input is at hand.
 */
#ifndef STAT_COUNT_H
#define STAT_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "stat/tally.h"
#include "weblog/column.h"

#define COUNT_LINE_MAX (12 * 1024 * 1024) /* what logjson can make of its longest */

struct count {
	struct column column;
	struct tally *tally;
	struct buf out;
	/* A line that is none: where and at which number in it, and why. */
	void (*reject)(void *ctx, const char *where, int64_t at, const char *why);
	void *ctx;
	uint64_t lines, rejected, late;
	bool lost; /* a write has failed: nothing more is to be read */
};

/* All lines of fd, which stays open; 0, or -1 with e set.  A stop signal and
 * a closed reader end it as they do any filter. */
int count_lines(struct count *c, int fd, const char *subject, struct err *e);

/* The framed stream on standard input, with all windows closed behind each batch: the
 * batch is replaced by what became of them.  Gives what frame_filter does. */
int count_frames(struct count *c, struct err *e);

/* Write out to standard output. */
int count_flush(struct count *c, struct err *e);

#endif
