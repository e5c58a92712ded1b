/*
 * stage: files written in parts under hidden names by several uploads at once, and
 * landed whole.
 *
 * A stage is a directory that belongs to this process, a pool of threads, and one
 * budget of memory.  The caller's thread fills the open part of a staged file
 * (stage_room, stage_wrote); a part that is full or flushed is uploaded while the next
 * is filled.  stage_land joins the parts and renames the result, in the background too;
 * stage_seal leaves the renaming to the caller.
 * What a cut upload leaves behind never has a final name.
 *
 * A part that fails for a reason that may pass is uploaded again under a new name, until
 * nothing has succeeded for timeout_ms, or a stop signal came STOP_GRACE_MS ago; until then its bytes stay in memory.  The first
 * failure that stays makes the whole stage fail: what else is under way has one more
 * try, with STORE_HASTE_MS of patience if the failure may pass, and stage_close tells how
 * much has landed.
 *
 * Memory: the budget and, with gzip, what `threads` parts become; names and bookkeeping
 * are a few hundred bytes a part.
 *
 * All functions but stage_run and stage_check are for one thread; `landed` is called from
 * others, one at a time.
 */
#ifndef SINK_STAGE_H
#define SINK_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sink/pool.h"
#include "store/store.h"

struct stage;
struct staged;

typedef void stage_landed(void *ctx, const char *path, uint64_t bytes, uint64_t records);

/* Called from another thread: the file is whole at `path`, where it has len bytes.  Or path
 * is NULL: the stage has failed, or somebody took the file's own directory away. */
typedef void stage_sealed(void *ctx, const char *path, int64_t len);

struct stage_opts {
	const char *dir;    /* the staging directory, made with its parents; NULL: each file has its own */
	size_t memory;      /* bytes for all buffers */
	size_t part;        /* bytes of the largest part; at most memory / 4 */
	unsigned threads;
	bool gzip;          /* each part becomes a gzip member */
	bool replace;       /* land in place of a file that is there */
	struct store_opts retry; /* of failing uploads: timeout_ms, and who is told */
	stage_landed *landed; /* may be NULL */
	void *ctx;
};

struct stage_totals {
	uint64_t files, bytes, records; /* landed; bytes before compression */
};

/* The strings in o stay the caller's and must live on. */
struct stage *stage_open(struct store *s, const struct stage_opts *o, struct err *e);

/* A file that is staged in `dir`, which exists, is never made again and is left to its owner; NULL
 * for the stage's own. */
struct staged *stage_file(struct stage *g, const char *dir);

/* Where the next bytes of f go: *room bytes, at least 1.  NULL if there is no memory now:
 * stage_make_room and ask again. */
char *stage_room(struct staged *f, size_t want, size_t *room);
void stage_wrote(struct staged *f, size_t len);

/* Take back the last len bytes; false, and nothing done, if some of them are on their way. */
bool stage_unwrite(struct staged *f, size_t len);

/* Give the uploads the largest open part to work on, or wait for one of them to end.  -1: the
 * stage has failed. */
int stage_make_room(struct stage *g, struct err *e);

/* Upload the rest, join and rename.  The file is no longer the caller's. */
void stage_land(struct staged *f, const char *path, uint64_t records);
void stage_seal(struct staged *f, stage_sealed *sealed, void *ctx); /* or all but the renaming */
void stage_drop(struct staged *f); /* or forget it */

void stage_run(struct stage *g, struct job *j); /* a job of the caller's, on the same threads */

bool stage_busy(struct stage *g); /* something is under way */
int stage_check(struct stage *g, struct err *e); /* -1 once something failed for good */

/* Wait for what is under way and remove the staging directory; one that stays is named to
 * retry.note.  -1 with the first failure; if that may pass, the store has little patience from
 * then on. */
int stage_close(struct stage *g, struct stage_totals *t, struct err *e);

#endif
