/*
 * budget: one amount of memory for all buffers, whoever fills them.
 *
 * A block is filled by one thread (block_grow), then sent on its way (budget_send) and
 * given back by another (budget_done), which keeps it as a spare.  All of them together
 * never take more than the limit.
 */
#ifndef SINK_BUDGET_H
#define SINK_BUDGET_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct block {
	char *p;
	size_t len, cap; /* bytes used, bytes there */
	struct block *next;
};

struct budget {
	pthread_mutex_t lock;
	pthread_cond_t freed;
	size_t limit, max;            /* bytes in all; of the largest block */
	size_t filling, sent, spared; /* bytes in blocks that are so */
	struct block *spare;
};

void budget_begin(struct budget *b, size_t limit, size_t max);
void budget_end(struct budget *b); /* frees the spare blocks */

/* An empty block: a used one if that is wanted and there is one, which is quicker, but
 * takes as much memory as its last user needed.  NULL: one is wanted, and will come back soon, for
 * half of the limit is on its way: fresh memory would be filled no sooner than it is sent. */
struct block *budget_take(struct budget *b, bool used);

/* Make room for more bytes, for `want` if the maximum allows.  False if there is no
 * memory for it, or if it is time to send some: above three quarters of the limit a
 * quarter should be on its way, else the uploads would have nothing to do while a full
 * memory holds up the reading. */
bool block_grow(struct budget *b, struct block *k, size_t want);

void budget_send(struct budget *b, struct block *k);
void budget_done(struct budget *b, struct block *k);
void budget_drop(struct budget *b, struct block *k); /* one that was never sent */

bool budget_hungry(struct budget *b); /* less than a quarter is on its way */
bool budget_wait(struct budget *b);   /* until a block comes back; false: none will, nor is there one */

#endif
