#include "weblog/clfjson.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define NUMBER_MAX 24 /* room for an int64_t */
#define STAMP 25      /* the length of "2026-07-27T10:00:05-08:00" */

static const uint64_t ones = 0x0101010101010101u;

/* The top bit of a byte is set for what is below 0x20, above 0x7f, a quote or a backslash, and for some
 * that follow such a one. */
static inline uint64_t
special(uint64_t word)
{
	return (word - ones * 0x20) | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones) | word;
}

/* Eight bytes at a time; the last eight of a text overlap those before. */
static inline uint64_t
copy_word(char *to, const char *from)
{
	uint64_t word;

	memcpy(&word, from, sizeof word);
	memcpy(to, &word, sizeof word);
	return special(word);
}

/* Copy what can stand in JSON as it is; false: something in it cannot. */
static inline bool
copy_plain(char *to, const char *p, size_t len)
{
	uint64_t bad = 0;
	size_t i = 0;

	if (len < sizeof bad) {
		for (; i < len; i++)
			bad |= special(ones * (unsigned char)(to[i] = p[i]));
	} else {
		for (; i + sizeof bad < len; i += sizeof bad)
			bad |= copy_word(to + i, p + i);
		bad |= copy_word(to + len - sizeof bad, p + len - sizeof bad);
	}
	return !(bad & ones << 7);
}

/* The room for a line that needs no rewriting is reserved at its start, and again behind a
 * field that did. */
static size_t
room(const struct clf *c)
{
	return 400 + c->host.len + c->ident.len + c->user.len + 2 * c->request.len + c->referer.len +
	    c->agent.len + c->more.len;
}

static inline void
put(struct buf *b, const char *p, size_t len)
{
	memcpy(b->p + b->len, p, len);
	b->len += len;
}

#define PUT(b, literal) put(b, (literal), sizeof(literal) - 1)

/* Any bytes, as a string. */
static void
put_bytes(struct clfjson *j, const struct clf *c, const char *p, size_t len)
{
	j->text.len = 0;
	utf8_mend(&j->text, p, len);
	utf8_json(&j->out, j->text.p, j->text.len);
	buf_reserve(&j->out, room(c));
}

/* Returns whether it could be copied as it is. */
static inline bool
put_text(struct clfjson *j, const struct clf *c, struct clf_text t)
{
	struct buf *b = &j->out;

	if (!t.p) {
		PUT(b, "null");
		return true;
	}
	b->p[b->len] = '"';
	if (copy_plain(b->p + b->len + 1, t.p, t.len)) {
		b->p[b->len + 1 + t.len] = '"';
		b->len += t.len + 2;
		return true;
	}
	j->bytes.len = 0;
	clf_bytes(t, &j->bytes);
	put_bytes(j, c, j->bytes.p, j->bytes.len);
	return false;
}

/* A part of the request; plain: nothing in it needs rewriting. */
static inline void
put_part(struct clfjson *j, const struct clf *c, struct clf_text t, bool plain)
{
	if (!plain || !t.p) {
		put_text(j, c, t);
		return;
	}
	PUT(&j->out, "\"");
	put(&j->out, t.p, t.len);
	PUT(&j->out, "\"");
}

/* Not negative; -1 is null. */
static void
put_number(struct buf *b, int64_t n)
{
	char digits[NUMBER_MAX];
	size_t at = sizeof digits;

	if (n < 0) {
		PUT(b, "null");
		return;
	}
	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	put(b, digits + at, sizeof digits - at);
}

/* Lines of the same second are written one after the other. */
static void
put_time(struct clfjson *j, const struct when *w)
{
	int zone = abs(w->zone);

	if (!j->stamp[0] || memcmp(&j->when, w, sizeof *w) != 0) {
		snprintf(j->stamp, sizeof j->stamp, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", w->year,
		    w->month, w->day, w->hour, w->minute, w->second, w->zone < 0 ? '-' : '+', zone / 60,
		    zone % 60);
		j->when = *w;
	}
	put(&j->out, j->stamp, STAMP);
}

void
clfjson_add(struct clfjson *j, const struct clf *c)
{
	struct buf *b = &j->out;
	struct clf_request r;
	bool plain;

	clf_request(c->request, &r);
	buf_reserve(b, room(c));
	PUT(b, "{\"host\":"), put_text(j, c, c->host);
	PUT(b, ",\"ident\":"), put_text(j, c, c->ident);
	PUT(b, ",\"user\":"), put_text(j, c, c->user);
	PUT(b, ",\"time\":\""), put_time(j, &c->time);
	PUT(b, "\",\"request\":"), plain = put_text(j, c, c->request);
	PUT(b, ",\"status\":"), put_number(b, c->status);
	PUT(b, ",\"size\":"), put_number(b, c->size);
	PUT(b, ",\"referer\":"), put_text(j, c, c->referer);
	PUT(b, ",\"agent\":"), put_text(j, c, c->agent);
	PUT(b, ",\"method\":"), put_part(j, c, r.method, plain);
	PUT(b, ",\"path\":"), put_part(j, c, r.path, plain);
	PUT(b, ",\"query\":"), put_part(j, c, r.query, plain);
	PUT(b, ",\"protocol\":"), put_part(j, c, r.protocol, plain);
	/* Several fields: its escapes stay, to tell which quotes end one. */
	if (c->more.p)
		PUT(b, ",\"more\":"), put_bytes(j, c, c->more.p, c->more.len);
	PUT(b, "}\n");
}

void
clfjson_free(struct clfjson *j)
{
	buf_free(&j->out);
	buf_free(&j->bytes);
	buf_free(&j->text);
}
