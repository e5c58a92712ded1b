/*
 * feed: the lines of files into a producer, as a sink reads them.
 *
 * A line that waits for company does not wait: as soon as no more input is there, what
 * was read is on its way.  After a stop signal reading goes on to the end of the input,
 * for at most STOP_GRACE_MS.
 *
 * A refused record (too long, no envelope, or the broker will not have it) is told and
 * written to `reject` as it was read, delimiter included, before more is read; a record
 * beyond max_line goes there piece by piece, whatever its length.
 */
#ifndef KAFKA_FEED_H
#define KAFKA_FEED_H

#include <stdio.h>

#include "base/pace.h"
#include "base/progress.h"
#include "kafka/producer.h"
#include "kafka/record.h"

struct feed {
	/* Set by the caller. */
	struct producer *producer;
	struct record_format format;
	char delim[LINES_DELIM_MAX];
	size_t ndelim;
	int64_t max_line; /* bytes */
	int64_t count;    /* read so many records; < 0: all */
	double rate;      /* at most so many a second; 0: any */
	bool skip;        /* go on after a refused record */
	FILE *reject;     /* or NULL */
	struct progress progress;
	void (*refused)(void *arg, const char *subject, uint64_t line, const char *why);
	void *arg;

	/* Results. */
	uint64_t records, bytes, rejected; /* read, and of these refused */
	bool done; /* nothing more is to be read: count, refusal, failure, stop */

	/* Its own. */
	const char *subject;
	struct err error;
	const char *reject_path;
	bool in_long;
	int64_t next_push; /* no batch that is not full before */
	struct pace pace;
};

/* Read one file to its end and wait for the verdicts on all of it.  -1 with e set: 74 if it
 * cannot be read, and the next file may be; or with `done`, 64 if it is a framed stream, 74
 * if `reject` fails, 75 if a stop signal left input behind, or what made the producer fail.
 * What was read before is delivered all the same. */
int feed_file(struct feed *f, int fd, const char *subject, struct err *e);

/* Append refused records to a file, whose name stays the caller's; see at the end that it
 * took everything (74), unless feed_file has told that it did not. */
int feed_reject_open(struct feed *f, const char *path, struct err *e);
int feed_reject_close(struct feed *f, struct err *e);

/* What the producer tells of refused records; its config's arg is the feed. */
void feed_refused(void *arg, const struct refusal *r);

#endif
