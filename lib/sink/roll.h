/*
 * roll: a stream of lines into rolling files, one directory a partition.
 *
 * A partition's file is opened by its first line and rolled (landed under its final
 * name, or given to `rolled`) before a line that would take it over `size` bytes, at
 * `records` lines, `ms`
 * after it was opened, and when ROLL_OPEN_MAX are open and another is wanted: then the
 * one opened first.  A line is never cut over two files.
 *
 * Memory: the stage's; a few hundred bytes for each open file.
 */
#ifndef SINK_ROLL_H
#define SINK_ROLL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/when.h"
#include "sink/pattern.h"
#include "sink/stage.h"

#define ROLL_OPEN_MAX 1024

/* A file is full.  It is not the roll's any more; partition is its directory's path below
 * `dir`. */
typedef void roll_file(void *ctx, struct staged *f, const char *partition, uint64_t bytes,
    uint64_t records);

struct roll_opts {
	const char *dir;               /* of all partitions, without a '/' at its end */
	const struct pattern *pattern;
	const char *writer;            /* in every file's name, unique among all writers */
	const char *suffix;            /* of every file's name: ".log" */
	int64_t size, records, ms;     /* at least 1 */
	/* Both NULL, or: where all is staged, and who lands it. */
	const char *staging;           /* stage_file's dir */
	roll_file *rolled;
	void *ctx;
};

struct roll;

/* The strings in o stay the caller's and must live on. */
struct roll *roll_open(struct stage *g, const struct roll_opts *o);
void roll_close(struct roll *r); /* drops what was not rolled */

/* A line, or its first piece, with the delimiter if that is there; w is its time or NULL.
 * The bytes are only remembered: they must stay where they are until roll_flush.  -1 if
 * the stage has failed; the file that was being written is dropped then. */
int roll_line(struct roll *r, const struct when *w, const char *p, size_t len, struct err *e);
int roll_more(struct roll *r, const char *p, size_t len, struct err *e); /* of the same line */
int roll_flush(struct roll *r, struct err *e);

/* The rest of the line given last never came: its pieces are taken back, or if some are on their
 * way already, its file is dropped.  Flush first. */
void roll_cut(struct roll *r);

/* Roll what has been open for long enough, or everything.  Flush first, and never between the
 * pieces of a line. */
void roll_due(struct roll *r);
void roll_all(struct roll *r);
int64_t roll_wait(const struct roll *r); /* ms until something is due; -1: nothing is open */
unsigned roll_open_files(const struct roll *r);

#endif
