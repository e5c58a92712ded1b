#include "kafka/batch.h"

#include <stdlib.h>

#include "base/mem.h"

bool
holds_room(const struct holds *h, const struct chunk *c, size_t max)
{
	return h->bytes == 0 || (h->last && h->last->chunk == c) || h->bytes + c->cap <= max;
}

static struct hold *
hold(struct holds *h, struct chunk *c)
{
	if (!h->last || h->last->chunk != c) {
		h->last = mem_alloc(sizeof *h->last);
		h->last->all = h;
		h->last->chunk = c;
		h->bytes += c->cap;
		chunk_hold(c, 1);
	}
	h->last->batches++;
	return h->last;
}

struct batch *
batch_new(struct holds *h, struct chunk *c, uint64_t line)
{
	struct batch *b = mem_aligned(BATCH_MAX, sizeof *b);

	b->hold = hold(h, c);
	b->first = line;
	b->count = b->left = 0;
	b->partition = -1;
	return b;
}

bool
batch_fits(const struct batch *b, const struct chunk *c, uint64_t line)
{
	return b->hold->chunk == c && b->count < BATCH_MAX && b->first + b->count == line;
}

void *
batch_add(struct batch *b, const char *p, size_t len)
{
	void *opaque = (char *)b + b->count;

	b->line[b->count].at = (uint32_t)(p - b->hold->chunk->data);
	b->line[b->count].len = (uint32_t)len;
	b->count++;
	b->left++;
	return opaque;
}

struct batch *
batch_of(const void *opaque, unsigned *i)
{
	*i = (unsigned)((uintptr_t)opaque % BATCH_MAX);
	return (void *)((const char *)opaque - *i);
}

const char *
batch_line(const struct batch *b, unsigned i, size_t *len)
{
	*len = b->line[i].len;
	return b->hold->chunk->data + b->line[i].at;
}

void
batch_free(struct batch *b)
{
	struct hold *h = b->hold;

	free(b);
	if (--h->batches)
		return;
	h->all->bytes -= h->chunk->cap;
	if (h->all->last == h)
		h->all->last = NULL;
	chunk_drop(h->chunk, 1);
	free(h);
}
