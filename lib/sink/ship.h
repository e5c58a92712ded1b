/*
 * ship: what was rolled of a shard, on its way to being committed.
 *
 * Taking the shard over, committing and noting (commit.h) are jobs on the stage's threads, one
 * at a time for a shard, while the caller's thread goes on.  A load is all files of one
 * roll: they are sealed side by side, and when the last of them is, the load is
 * committed, behind the one before it.
 *
 * Memory: a few hundred bytes for each file.
 */
#ifndef SINK_SHIP_H
#define SINK_SHIP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sink/put.h"
#include "sink/roll.h"
#include "sink/stage.h"

/* What the ships of one run share. */
struct ship_env {
	/* Given. */
	struct put *put;            /* gzip, retry.timeout_ms, landed */
	struct stage *stage;
	const char *dir;            /* of the data, without a '/' at its end */
	/* Theirs, under the lock. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct stage_totals totals; /* committed and in place */
	struct err err;             /* the first failure */
};

void ship_env_begin(struct ship_env *env);
void ship_env_end(struct ship_env *env);
int ship_env_check(struct ship_env *env, struct err *e); /* -1 once something failed */

struct ship;

/* Take the shard over, in the background.  A shard without a position gets `hint`. */
struct ship *ship_open(struct ship_env *env, const char *stream, const char *shard, int64_t hint);
void ship_free(struct ship *s); /* when it is idle */

/* Wait until it has been taken over and tell where it goes on: 1; 0: it was fenced, -1: it
 * could not be.  *staging is valid as long as the ship. */
int ship_ready(struct ship *s, int64_t *position, int64_t *ts, const char **staging,
    struct err *e);

/* A load of n files that brings the position from `from` to `next`: begin it, add each file
 * (this is a roll_file), send it.  Beginning waits while another load waits already. */
void ship_begin(struct ship *s, int64_t from, int64_t next, int64_t ts, size_t n);
void ship_add(void *s, struct staged *f, const char *partition, uint64_t bytes, uint64_t records);
void ship_send(struct ship *s);

void ship_note(struct ship *s, bool done); /* as commit_note, once all loads have been committed */
bool ship_idle(struct ship *s);   /* nothing is left to do */
void ship_settle(struct ship *s); /* wait for that */
bool ship_fenced(struct ship *s); /* another writer has it: what is sent is dropped */

#endif
