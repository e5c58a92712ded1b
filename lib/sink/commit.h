/*
 * commit: the position of a shard, kept in the directory where its records land, so that
 * landing them and moving the position on is one act.
 *
 *	DIR/_kpipe/<stream>/<shard>/log/<seq, 20 digits>   one record a commit (entry.h)
 *	DIR/_kpipe/<stream>/<shard>/w/<seq>-<uuid>/…       staging of one writer
 *
 * A commit is the rename of a staged record to the next seq, which fails if that exists:
 * a compare-and-swap.  Before it nothing has happened; after it the files it names are
 * renamed into place, by its writer or by whoever opens the shard next.  Opening a shard takes
 * it over: the next seq becomes an "open" record and the staging of all earlier writers
 * is deleted, so that what a paused writer still holds can never land.
 *
 * Staging is named after the seq that its writer wants to open with, so that one that was paused
 * and does not know yet that it was taken over from leaves its successor's alone.  Without a
 * seq it is of a version that knew none, and earlier than all others.  It is made before the log is
 * read, and never again: a writer that finds its own gone was fenced.  Pruning takes old
 * records away only after the others' staging, for a paused writer's record must not find its seq
 * free again.
 *
 * The calls block, and repeat what failed for a passing reason until timeout_ms.
 */
#ifndef SINK_COMMIT_H
#define SINK_COMMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sink/entry.h"
#include "store/store.h"

#define COMMIT_FENCED 1 /* another writer has taken the shard: nothing of ours lands any more */
#define COMMIT_KEEP 256 /* records that may gather before they are pruned */

struct commit_log;

/* Take a shard over.  dir is the data directory; writer is this run's UUID.  Stream and
 * shard hold [A-Za-z0-9._-] only (else 65).  70 if a file that was committed is neither
 * staged nor in place.  The strings are copied; s stays the caller's. */
struct commit_log *commit_open(struct store *s, const char *dir, const char *stream,
    const char *shard, const char *writer, int64_t timeout_ms, struct err *e);
void commit_free(struct commit_log *c); /* lets go without a word; c may be NULL */

/* The files of the last commit before ours, unless it is noted that all is in place: they are now. */
const struct entry *commit_found(const struct commit_log *c);

/* Through another store to the same place from now on, as when another thread goes on. */
void commit_use(struct commit_log *c, struct store *s);

int64_t commit_next(const struct commit_log *c); /* the position; -1: none yet */
int64_t commit_ts(const struct commit_log *c);   /* of the record before it; -1: unknown */
int64_t commit_seq(const struct commit_log *c);  /* that the next commit will have */
const char *commit_staging(const struct commit_log *c); /* where to upload: an absolute path */
const char *commit_tmp(const struct commit_log *c, const char *path); /* a file there, as in a record */

/* Land the files (verified, in our staging; tmp and dst as in a record) and move the position
 * to next.  0, COMMIT_FENCED or -1. */
int commit_data(struct commit_log *c, int64_t next, int64_t ts, const struct entry_file *files,
    size_t n, struct err *e);

/* Note that all is in place, so that a file which is taken away later is not missed: at a clean end
 * and when nothing has come for a while; and with `done` that the source gives no more of this
 * shard.  Does nothing where that is noted already. */
int commit_note(struct commit_log *c, bool done, struct err *e);

/* Remove the log of a shard that is noted as done; nothing happens where it is not. */
int commit_forget(struct store *s, const char *dir, const char *stream, const char *shard,
    struct err *e);

/* Has our staging been taken away?  For a caller whose upload failed with status 1. */
bool commit_fenced(struct commit_log *c);

/* Every shard below dir, from its last record. */
typedef int commit_each(void *ctx, const char *stream, const char *shard, int64_t next,
    bool done, struct err *e);
int commit_positions(struct store *s, const char *dir, commit_each *each, void *ctx,
    struct err *e);

#endif
