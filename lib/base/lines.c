#define _GNU_SOURCE /* memmem */
#include "base/lines.h"

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
lines_begin(struct lines *l, int fd, const char *subject, const char *delim, size_t ndelim,
    size_t max)
{
	*l = (struct lines){ .fd = fd, .subject = subject, .ndelim = ndelim, .max = max };
	memcpy(l->delim, delim, ndelim);
	l->chunk = chunk_new(LINES_CHUNK);
}

void
lines_end(struct lines *l)
{
	chunk_drop(l->chunk, 1);
	l->chunk = NULL;
}

/* The delimiter behind begin, or NULL; what was searched before is not searched again. */
static const char *
find_delim(struct lines *l)
{
	const char *data = l->chunk->data;
	const char *from = data + l->begin + l->scanned;
	size_t len = l->end - l->begin - l->scanned;
	const char *found;

	if (l->ndelim == 1)
		found = memchr(from, l->delim[0], len);
	else
		found = memmem(from, len, l->delim, l->ndelim);
	if (!found && l->end - l->begin >= l->ndelim)
		l->scanned = l->end - l->begin - (l->ndelim - 1);
	return found;
}

static enum line_kind
give(struct lines *l, struct line *out, size_t len, size_t skip, enum line_kind kind)
{
	if (!l->in_part)
		l->number++;
	*out = (struct line){ l->chunk->data + l->begin, len, skip > 0, l->number };
	l->begin += len + skip;
	l->scanned = 0;
	l->in_part = kind == LINE_PART;
	return kind;
}

enum line_kind
lines_next(struct lines *l, struct line *out)
{
	size_t have = l->end - l->begin;
	const char *found = have ? find_delim(l) : NULL;
	size_t len = found ? (size_t)(found - (l->chunk->data + l->begin)) : have;

	/* Without a delimiter the tail may be the first half of one. */
	if (!l->in_part && len > l->max + (found || l->eof ? 0 : l->ndelim - 1))
		return give(l, out, l->max, 0, LINE_PART);
	if (found)
		return give(l, out, len, l->ndelim, l->in_part ? LINE_PART_END : LINE_WHOLE);
	if (l->eof && (have || l->in_part))
		return give(l, out, have, 0, l->in_part ? LINE_PART_END : LINE_WHOLE);
	/* In a long record all but a possible half delimiter can go at once. */
	if (l->in_part && have >= l->ndelim)
		return give(l, out, have - (l->ndelim - 1), 0, LINE_PART);
	return LINE_NONE;
}

/* Make room to read: use the chunk again if nobody else holds it, else begin another,
 * taking the unfinished record along. */
static void
make_room(struct lines *l)
{
	size_t have = l->end - l->begin;
	struct chunk *old = l->chunk;
	bool ours = atomic_load_explicit(&old->refs, memory_order_acquire) == 1;
	size_t cap = LINES_CHUNK;

	if (l->end < old->cap && !(ours && have == 0))
		return;
	while (cap <= have)
		cap *= 2;
	if (ours && old->cap == cap) {
		memmove(old->data, old->data + l->begin, have);
	} else {
		l->chunk = chunk_new(cap);
		memcpy(l->chunk->data, old->data + l->begin, have);
		chunk_drop(old, 1);
	}
	l->begin = 0;
	l->end = have;
}

ssize_t
lines_read(struct lines *l, struct err *e)
{
	ssize_t n;

	if (l->eof)
		return 0;
	make_room(l);
	do
		n = read(l->fd, l->chunk->data + l->end, l->chunk->cap - l->end);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(e, EX_IOERR, "read: %s: %s", l->subject, err_reason(errno));
	l->end += (size_t)n;
	l->eof = n == 0;
	return n;
}

static int
escape(const char **s, char *out)
{
	static const char names[] = "nrt0\\", bytes[] = "\n\r\t\0\\";
	const char *at = strchr(names, **s);
	char hex[3] = { 0 }, *end;

	if (**s && at) {
		*out = bytes[at - names];
		++*s;
		return 0;
	}
	if (**s != 'x' || !(*s)[1] || !(*s)[2])
		return -1;
	memcpy(hex, *s + 1, 2);
	*out = (char)strtol(hex, &end, 16);
	*s += 3;
	return *end || end == hex ? -1 : 0;
}

int
lines_delim(const char *typed, const char *what, char out[LINES_DELIM_MAX], size_t *len,
    struct err *e)
{
	const char *s = typed;

	for (*len = 0; *s && *len < LINES_DELIM_MAX; ++*len) {
		if (*s != '\\')
			out[*len] = *s++;
		else if (s++, escape(&s, &out[*len]) < 0)
			break;
	}
	if (*s || *len == 0)
		return err_set(e, EX_USAGE,
		    "%s: %s: wants 1 to %d bytes, with \\n \\r \\t \\0 \\\\ or \\xNN for the unprintable",
		    what, typed, LINES_DELIM_MAX);
	return 0;
}
