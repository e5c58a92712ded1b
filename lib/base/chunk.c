#include "base/chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static struct chunk *
chunk_new(size_t cap)
{
	struct chunk *c = mem_resize(NULL, sizeof *c + cap);

	atomic_init(&c->refs, 1);
	c->cap = cap;
	return c;
}

void
chunk_hold(struct chunk *c, unsigned n)
{
	atomic_fetch_add_explicit(&c->refs, n, memory_order_relaxed);
}

void
chunk_drop(struct chunk *c, unsigned n)
{
	if (n && atomic_fetch_sub_explicit(&c->refs, n, memory_order_acq_rel) == n)
		free(c);
}

void
chunk_begin(struct chunk_reader *r, int fd, const char *subject)
{
	*r = (struct chunk_reader){ .fd = fd, .subject = subject, .chunk = chunk_new(CHUNK_SIZE) };
}

void
chunk_end(struct chunk_reader *r)
{
	if (r->chunk)
		chunk_drop(r->chunk, 1);
	r->chunk = NULL;
}

/* Use the chunk again if nobody else holds it, else begin another, taking along what is
 * not consumed. */
static void
make_room(struct chunk_reader *r)
{
	size_t have = r->end - r->begin;
	struct chunk *old = r->chunk;
	bool ours = atomic_load_explicit(&old->refs, memory_order_acquire) == 1;
	size_t cap = CHUNK_SIZE;

	if (r->end < old->cap && !(ours && have == 0))
		return;
	while (cap <= have)
		cap *= 2;
	if (cap < r->need)
		cap = r->need;
	if (ours && old->cap == cap) {
		memmove(old->data, old->data + r->begin, have);
	} else {
		r->chunk = chunk_new(cap);
		memcpy(r->chunk->data, old->data + r->begin, have);
		chunk_drop(old, 1);
	}
	r->begin = 0;
	r->end = have;
}

ssize_t
chunk_read(struct chunk_reader *r, struct err *e)
{
	ssize_t n;

	if (r->eof)
		return 0;
	make_room(r);
	do
		n = read(r->fd, r->chunk->data + r->end, r->chunk->cap - r->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, EX_IOERR, "read: %s: %s", r->subject, err_reason(errno));
	r->end += (size_t)n;
	r->eof = n == 0;
	return n;
}
