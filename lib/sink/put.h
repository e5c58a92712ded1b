/*
 * put: a descriptor into a store, as one file or as rolling files by event time.
 *
 * Input is read while parts of it are uploaded.  After a stop signal it is read to its end
 * if that comes within STOP_GRACE_MS, else the result is 75.
 */
#ifndef SINK_PUT_H
#define SINK_PUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "sink/roll.h"
#include "sink/stage.h"
#include "sink/stamp.h"
#include "store/store.h"

#define PUT_MEMORY_MIN (16 * 1024 * 1024)
#define PUT_WRITER 8 /* characters of a writer's UUID in the names of its files */

struct put {
	/* Given. */
	struct store *store;
	int fd;             /* "standard input" in messages */
	int64_t memory;     /* bytes, PUT_MEMORY_MIN or more */
	struct store_opts retry; /* as in stage_opts, like the next four */
	bool gzip, replace;
	bool patient;       /* inflow_put: no timeout once the server has answered */
	stage_landed *landed;
	void *ctx;
	/* inflow_put: what the run before landed last, and may not have told anybody; as `landed`, or NULL */
	void (*found)(void *ctx, const char *path);
	struct progress *progress;
	/* Told. */
	uint64_t records, bytes; /* read; records not by put_file */
	struct stage_totals totals;
};

/* All of the input as the file `path`; nothing lands before the input has ended.  Status 1 if
 * it exists, unless it is to be replaced, or is a directory. */
int put_file(struct put *p, const char *path, struct err *e);

/* The lines of the input below `dir`: o's size, records, ms and pattern are the caller's to fill
 * in.  What was read lands even when the input ends badly. */
int put_dir(struct put *p, const char *dir, const struct stamp *st, const struct roll_opts *o,
    struct err *e);

#endif
