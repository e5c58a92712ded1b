/*
 * commit_read: the records of a commit log (commit.h), for who writes it and who only asks.
 */
#ifndef SINK_COMMIT_READ_H
#define SINK_COMMIT_READ_H

#include <stdint.h>

#include "base/err.h"
#include "sink/entry.h"
#include "store/store.h"

#define COMMIT_META "_kpipe" /* in the data directory; all logs and staging are below it */

/* home is a shard's directory, DIR/_kpipe/<stream>/<shard>. */
char *commit_record_name(const char *home, int64_t seq); /* the caller frees it */
int64_t commit_record_seq(const char *name); /* that a name in the log stands for, or 0 */

/* 0 with *r, EX_NO if there is none of this seq, -1. */
int commit_record(struct store *s, const char *home, int64_t seq, struct entry *r, struct err *e);

/* The highest seq in the log of a shard, 0 where there is none. */
int commit_newest(struct store *s, const char *home, int64_t *seq, struct err *e);

/* The last record of a shard; seq 0 and next -1 where there is none.  Free it. */
int commit_last(struct store *s, const char *home, struct entry *r, struct err *e);

#endif
