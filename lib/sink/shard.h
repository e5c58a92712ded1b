/*
 * shard: one shard of a framed stream on its way into a directory, exactly once.
 *
 * Batches are cut at the position that the directory has; their records gather in one file a
 * partition.  A roll sends all of these files to be committed together with the
 * position behind them (ship.h), while the caller goes on; behind the commit that is under
 * way one more may wait, and a third roll waits for it.  Rolls are between batches, unless
 * so many partitions are open that one has to be in the middle.
 *
 * A shard that another writer has taken over is fenced: it drops what it is given.
 *
 * Memory: the stage's, some 10 KiB a shard, a few hundred bytes for each file that is open or
 * waits for its commit.
 */
#ifndef SINK_SHARD_H
#define SINK_SHARD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "frame/frame.h"
#include "sink/put.h"
#include "sink/roll.h"
#include "sink/ship.h"
#include "sink/stage.h"
#include "sink/stamp.h"

/* What the shards of one run share. */
struct shard_env {
	struct ship_env *ships;
	struct put *put;              /* counts what is taken */
	struct stage *stage;
	const struct stamp *stamp;
	const struct roll_opts *roll; /* the limits and the pattern */
};

struct shard;

/* Take the shard over, in the background.  `hint` is where its batches start. */
struct shard *shard_open(const struct shard_env *env, const char *stream, const char *name, int64_t hint);
void shard_free(struct shard *sh); /* when it is idle */

bool shard_is(const struct shard *sh, const char *stream, const char *name);

/* The records of a batch that are not known, or a position without records.  -1: 65, 75,
 * or the stage has failed; what was rolled before stays good. */
int shard_batch(struct shard *sh, struct frame *f, struct err *e);
int shard_position(struct shard *sh, int64_t next, struct err *e);

/* Roll or note what it is time for; ms until there is something again, -1: nothing. */
int64_t shard_tend(struct shard *sh);

/* Commit and note all that it has, and take no more.  It is idle when that has been done. */
void shard_finish(struct shard *sh);
void shard_release(struct shard *sh, bool done); /* the same, because the source has let go of it */
bool shard_released(const struct shard *sh);
void shard_abandon(struct shard *sh); /* drop what was not rolled yet, and take no more */
bool shard_idle(const struct shard *sh);
void shard_settle(struct shard *sh); /* wait until it is idle */

/* ms since it was first asked and another writer had it; -1: it is ours. */
int64_t shard_fenced(struct shard *sh);
int shard_lost(const struct shard *sh, struct err *e); /* -1 and 75: say so */

#endif
