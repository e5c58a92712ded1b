#define _GNU_SOURCE /* memmem */
#include "base/lines.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LANES 32 /* bytes that are counted side by side */

void
lines_begin(struct lines *l, int fd, const char *subject, const char *delim, size_t ndelim,
    size_t max)
{
	*l = (struct lines){ .ndelim = ndelim, .max = max };
	memcpy(l->delim, delim, ndelim);
	chunk_begin(&l->in, fd, subject);
}

void
lines_end(struct lines *l)
{
	chunk_end(&l->in);
}

struct chunk *
lines_chunk(const struct lines *l)
{
	return l->in.chunk;
}

/* The delimiter behind begin, or NULL; what was searched before is not searched again. */
static const char *
find_delim(struct lines *l)
{
	const char *data = l->in.chunk->data;
	const char *from = data + l->in.begin + l->scanned;
	size_t len = l->in.end - l->in.begin - l->scanned;
	const char *found;

	if (l->ndelim == 1)
		found = memchr(from, l->delim[0], len);
	else
		found = memmem(from, len, l->delim, l->ndelim);
	if (!found && l->in.end - l->in.begin >= l->ndelim)
		l->scanned = l->in.end - l->in.begin - (l->ndelim - 1);
	return found;
}

static enum line_kind
give(struct lines *l, struct line *out, size_t len, size_t skip, enum line_kind kind)
{
	if (!l->in_part)
		l->number++;
	*out = (struct line){ l->in.chunk->data + l->in.begin, len, skip > 0, l->number };
	l->in.begin += len + skip;
	l->scanned = 0;
	l->in_part = kind == LINE_PART;
	return kind;
}

enum line_kind
lines_next(struct lines *l, struct line *out)
{
	size_t have = l->in.end - l->in.begin;
	const char *found = have ? find_delim(l) : NULL;
	size_t len = found ? (size_t)(found - (l->in.chunk->data + l->in.begin)) : have;

	/* Without a delimiter the tail may be the first half of one. */
	if (!l->in_part && len > l->max + (found || l->in.eof ? 0 : l->ndelim - 1))
		return give(l, out, l->max, 0, LINE_PART);
	if (found)
		return give(l, out, len, l->ndelim, l->in_part ? LINE_PART_END : LINE_WHOLE);
	if (l->in.eof && (have || l->in_part))
		return give(l, out, have, 0, l->in_part ? LINE_PART_END : LINE_WHOLE);
	/* In a long record all but a possible half delimiter can go at once. */
	if (l->in_part && have >= l->ndelim)
		return give(l, out, have - (l->ndelim - 1), 0, LINE_PART);
	return LINE_NONE;
}

ssize_t
lines_read(struct lines *l, struct err *e)
{
	return chunk_read(&l->in, e);
}

int
lines_escape(const char **s, char *out)
{
	static const char names[] = "nrt0\\", bytes[] = "\n\r\t\0\\";
	const char *at = strchr(names, **s);
	char hex[3] = { 0 };

	if (**s && at) {
		*out = bytes[at - names];
		++*s;
		return 0;
	}
	if (**s != 'x' || !isxdigit((unsigned char)(*s)[1]) || !isxdigit((unsigned char)(*s)[2]))
		return -1;
	memcpy(hex, *s + 1, 2);
	*out = (char)strtol(hex, NULL, 16);
	*s += 3;
	return 0;
}

int
lines_delim(const char *typed, const char *what, char out[LINES_DELIM_MAX], size_t *len,
    struct err *e)
{
	const char *s = typed;

	for (*len = 0; *s && *len < LINES_DELIM_MAX; ++*len) {
		if (*s != '\\')
			out[*len] = *s++;
		else if (s++, lines_escape(&s, &out[*len]) < 0)
			break;
	}
	if (*s || *len == 0)
		return err_set(e, EX_USAGE,
		    "%s: %s: wants 1 to %d bytes, with \\n \\r \\t \\0 \\\\ or \\xNN for the unprintable",
		    what, typed, LINES_DELIM_MAX);
	return 0;
}

/* Counters of eight bits side by side: compilers add them up as vectors. */
size_t
lines_count(const char *p, size_t len)
{
	uint8_t lanes[LANES];
	size_t n = 0;

	while (len >= LANES) {
		size_t rounds = len / LANES < UINT8_MAX ? len / LANES : UINT8_MAX;

		len -= rounds * LANES;
		memset(lanes, 0, sizeof lanes);
		for (; rounds > 0; rounds--, p += LANES)
			for (size_t i = 0; i < LANES; i++)
				lanes[i] = (uint8_t)(lanes[i] + (p[i] == '\n'));
		for (size_t i = 0; i < LANES; i++)
			n += lanes[i];
	}
	for (; len > 0; len--)
		n += *p++ == '\n';
	return n;
}
