/*
 * source: a consumer whose sink owns the positions.
 *
 * It joins what comes and goes (consumer.h), where the sink stands (landed.h) and the
 * stream (stream.h).  Every SOURCE_ASK_MS, and at the end, the sink is asked what has
 * landed, and that is committed to the group: for those who watch its lag, for nothing is
 * ever read from there.
 */
#ifndef KAFKA_SOURCE_H
#define KAFKA_SOURCE_H

#include "kafka/stream.h"
#include "kafka/landed.h"

#define SOURCE_ASK_MS 30000
#define SOURCE_LAST_MS 5000 /* for the answer at the end */

struct source {
	struct stream stream;
	struct landed *landed; /* NULL: the sink cannot be asked */
	struct consumer_exact hooks; /* for consumer_opts */
	struct consumer *consumer;
	int64_t ask_at;
	bool failed; /* the last question in passing, and that was said */
};

/* Set up x, which must stay where it is, with a file or a command to ask or neither. */
void source_begin(struct source *x, const char *path, const char *command);

/* Begin the stream.  -1 with 75. */
int source_start(struct source *x, struct consumer *c, struct output *out, bool json,
    struct err *e);

/* Call it now and then, and at the end once all is written. */
void source_serve(struct source *x);
void source_finish(struct source *x);

void source_free(struct source *x);

#endif
