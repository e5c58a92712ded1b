/*
 * positions: the lists in which a sink tells where it stands (kpipe-stream(5)).
 *
 *	stream shard position [done]
 *	.
 *
 * One line a shard, and a line with a dot behind the last one: a list without it is what
 * is left of a command that failed.  "done" is said of a file that was read to its end
 * and left for good (R done): it may vanish.
 */
#ifndef FRAME_POSITIONS_H
#define FRAME_POSITIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* What is done with one line; -1 with e set ends the reading.  The names satisfy
 * frame_name_ok. */
typedef int positions_each(void *ctx, const char *stream, const char *shard, int64_t position,
    bool done, struct err *e);

/* Read a list to the end of fd; `subject` names it in messages.  Nothing that `each` was
 * told counts unless this gives 0.  -1: 75 if the dot is missing, 65 for a line that is no
 * position or something behind the dot, 74, or what `each` said. */
int positions_read(int fd, const char *subject, positions_each *each, void *ctx, struct err *e);

/* Append a line; append the dot. */
void positions_print(struct buf *b, const char *stream, const char *shard, int64_t position,
    bool done);
void positions_end(struct buf *b);

#endif
