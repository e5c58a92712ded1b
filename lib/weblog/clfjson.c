#include "weblog/clfjson.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define NUMBER_MAX 24 /* room for an int64_t */
#define STAMP 25      /* the length of "2026-07-27T10:00:05-08:00" */

/* Can all of it stand in JSON as it is written here?  Eight bytes at a time: a bit is set
 * for what is below 0x20, above 0x7f, a quote or a backslash. */
static bool
plain(const char *p, size_t len)
{
	const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
	uint64_t word, bad = 0;

	for (; len >= sizeof word; p += sizeof word, len -= sizeof word) {
		memcpy(&word, p, sizeof word);
		bad |= (word - ones * 0x20) | ((word ^ ones * '"') - ones) |
		    ((word ^ ones * '\\') - ones) | word;
	}
	if (len) {
		word = ones * ' ';
		memcpy(&word, p, len);
		bad |= (word - ones * 0x20) | ((word ^ ones * '"') - ones) |
		    ((word ^ ones * '\\') - ones) | word;
	}
	return !(bad & tops);
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

static inline void
put_text(struct clfjson *j, const struct clf *c, struct clf_text t)
{
	struct buf *b = &j->out;

	if (!t.p) {
		PUT(b, "null");
	} else if (plain(t.p, t.len)) {
		PUT(b, "\"");
		put(b, t.p, t.len);
		PUT(b, "\"");
	} else {
		j->bytes.len = 0;
		clf_bytes(t, &j->bytes);
		put_bytes(j, c, j->bytes.p, j->bytes.len);
	}
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

	clf_request(c->request, &r);
	buf_reserve(b, room(c));
	PUT(b, "{\"host\":"), put_text(j, c, c->host);
	PUT(b, ",\"ident\":"), put_text(j, c, c->ident);
	PUT(b, ",\"user\":"), put_text(j, c, c->user);
	PUT(b, ",\"time\":\""), put_time(j, &c->time);
	PUT(b, "\",\"request\":"), put_text(j, c, c->request);
	PUT(b, ",\"status\":"), put_number(b, c->status);
	PUT(b, ",\"size\":"), put_number(b, c->size);
	PUT(b, ",\"referer\":"), put_text(j, c, c->referer);
	PUT(b, ",\"agent\":"), put_text(j, c, c->agent);
	PUT(b, ",\"method\":"), put_text(j, c, r.method);
	PUT(b, ",\"path\":"), put_text(j, c, r.path);
	PUT(b, ",\"query\":"), put_text(j, c, r.query);
	PUT(b, ",\"protocol\":"), put_text(j, c, r.protocol);
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
