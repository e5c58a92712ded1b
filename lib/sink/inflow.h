/*
 * inflow: a framed stream (kpipe-stream(5)) into a directory of rolling files, exactly
 * once.
 *
 * Each shard of the stream is taken over, cut at the position that the directory has,
 * and committed together with its position (shard.h, commit.h).  At an end without an E
 * frame, and after a stop signal when the input has not ended within STOP_GRACE_MS, whole
 * batches are committed and the result is 75.
 *
 * A shard that another writer takes over is dropped silently if its R comes, for the source may
 * have sent that already.  The result is 75 if not, once the source has been silent for
 * INFLOW_FENCED_MS while it was listened to, or after INFLOW_FENCED_MAX_MS.
 *
 * Memory: that of shard.h; and the largest batch twice (frame.h).
 */
#ifndef SINK_INFLOW_H
#define SINK_INFLOW_H

#include "base/buf.h"
#include "base/err.h"
#include "sink/put.h"
#include "sink/roll.h"
#include "sink/stamp.h"
#include "store/store.h"

#define INFLOW_FENCED_MS 5000
#define INFLOW_FENCED_MAX_MS 60000
#define INFLOW_SHARDS 4096 /* at a time */

/* As put_dir.  A source that ends with a status other than 0 gives -1 and that status; what came
 * before has landed. */
int inflow_put(struct put *p, const char *dir, const struct stamp *st, const struct roll_opts *o,
    struct err *e);

/* Append the positions of dir as a list (frame/positions.h). */
int inflow_offsets(struct store *s, const char *dir, struct buf *list, struct err *e);

#endif
