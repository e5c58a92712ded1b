/*
 * batch: from a message's verdict back to its line, without an allocation for each.
 *
 * A batch is up to BATCH_MAX lines that follow each other in one chunk.  The opaque of a
 * line's message is the batch's address plus the line's place; batches are aligned so
 * that both can be told apart again.  A batch holds its chunk, and holds adds up what all
 * the chunks take that are held.
 */
#ifndef KAFKA_BATCH_H
#define KAFKA_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/chunk.h"

#define BATCH_MAX 1024 /* a power of two: it is the alignment too */

/* A chunk and how many batches point into it. */
struct hold {
	struct holds *all;
	struct chunk *chunk;
	unsigned batches;
};

/* { 0 } to begin with. */
struct holds {
	struct hold *last; /* the chunk of the last batch, or NULL */
	size_t bytes;
};

struct batch {
	struct hold *hold;
	uint64_t first;       /* the number of line 0 */
	unsigned count, left; /* lines, and those without a verdict */
	int32_t partition;    /* the producer's: where it sent all of them, or -1 */
	struct {
		uint32_t at, len; /* in the chunk's data */
	} line[BATCH_MAX];
};

/* May this chunk be held?  Always if none is, so that one longer than max passes. */
bool holds_room(const struct holds *h, const struct chunk *c, size_t max);

/* line: the number of the first one. */
struct batch *batch_new(struct holds *h, struct chunk *c, uint64_t line);
bool batch_fits(const struct batch *b, const struct chunk *c, uint64_t line);
void *batch_add(struct batch *b, const char *p, size_t len); /* gives the opaque */
struct batch *batch_of(const void *opaque, unsigned *i);
const char *batch_line(const struct batch *b, unsigned i, size_t *len);
void batch_free(struct batch *b);

#endif
