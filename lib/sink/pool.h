/*
 * pool: a few threads that work on a queue of jobs, each with its own store.
 */
#ifndef SINK_POOL_H
#define SINK_POOL_H

#include "base/err.h"
#include "store/store.h"

/* Embedded in what the job is about; it is free to go once run has been called. */
struct job {
	void (*run)(struct job *j, struct store *s);
	struct job *next;
};

struct pool;

/* Threads that use clones of s.  They take no signals. */
struct pool *pool_open(const struct store *s, unsigned threads, struct err *e);
void pool_push(struct pool *p, struct job *j); /* from any thread, jobs included; in order */
void pool_close(struct pool *p);               /* after the last job has been run */

#endif
