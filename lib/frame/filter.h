/*
 * filter: what stands between the source and the sink of a framed stream, and changes
 * records without touching their positions.
 *
 * Each batch is given to a callback, and what that makes of it is passed on as a mapped
 * batch, which a sink never cuts; where nothing is left of it, only its position is.
 * Everything else goes through as it came.  A filter keeps nothing from one batch to the
 * next, for after a restart they are cut differently.
 */
#ifndef FRAME_FILTER_H
#define FRAME_FILTER_H

#include "frame/frame.h"

/* Append to `records` what becomes of the batch, each record ended by LF.  0, or -1 with e
 * set, which ends the stream before this batch. */
typedef int frame_map(void *ctx, const struct frame *batch, struct buf *records, struct err *e);

/* From standard input to standard output, until the end of the stream.  What has come of
 * batches waits for the next one only while it is at most `hold` bytes: 0 where a callback may
 * take long, FRAME_BATCH_BEST where a write would cost more than it.  A stop signal
 * (stop_begin) and a closed reader end it as they do any filter (io_wait_filter).  Gives the
 * status that the stream ended with, 75 if that did not come, or -1 with e set. */
int frame_filter(frame_map *map, void *ctx, size_t hold, struct err *e);

/* The position of the record that a walk has just given, in the batch's own terms, or the
 * batch's where they cannot tell. */
int64_t frame_where(const struct frame *f, size_t nth, size_t byte);

#endif
