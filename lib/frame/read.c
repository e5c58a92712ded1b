#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "frame/frame.h"

/* A control line being taken apart: words between single spaces. */
struct cursor {
	const char *at, *end;
};

static bool
word(struct cursor *c, const char **p, size_t *len)
{
	const char *space;

	if (c->at >= c->end)
		return false;
	space = memchr(c->at, ' ', (size_t)(c->end - c->at));
	*p = c->at;
	*len = (size_t)((space ? space : c->end) - c->at);
	c->at = space ? space + 1 : c->end;
	return *len > 0;
}

static bool
is(const char *p, size_t len, const char *s)
{
	return len == strlen(s) && memcmp(p, s, len) == 0;
}

static bool
name(struct cursor *c, char out[FRAME_NAME_MAX + 1])
{
	const char *p;
	size_t len;

	if (!word(c, &p, &len) || len > FRAME_NAME_MAX)
		return false;
	memcpy(out, p, len);
	out[len] = '\0';
	return strlen(out) == len && frame_name_ok(out);
}

/* At most 18 digits, so that no sum of two overflows. */
static bool
number(struct cursor *c, int64_t min, int64_t max, int64_t *out)
{
	const char *p;
	size_t len;
	bool negative;

	if (!word(c, &p, &len))
		return false;
	negative = *p == '-';
	p += negative;
	len -= negative;
	if (len < 1 || len > 18)
		return false;
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)p[i]))
			return false;
		*out = *out * 10 + (p[i] - '0');
	}
	if (negative)
		*out = -*out;
	return *out >= min && *out <= max;
}

static bool
shard(struct cursor *c, struct frame *f)
{
	return name(c, f->stream) && name(c, f->shard);
}

/* "V 3,0,12" and "M", in this order, both optional. */
static bool
batch_flags(struct cursor *c, struct frame *f)
{
	const char *p;
	size_t len;

	while (word(c, &p, &len)) {
		if (is(p, len, "V") && !f->lens && !f->mapped) {
			if (!word(c, &p, &len))
				return false;
			f->lens = p;
		} else if (is(p, len, "M") && !f->mapped) {
			f->mapped = true;
		} else {
			return false;
		}
	}
	return c->at == c->end;
}

static bool
batch_line(struct cursor *c, struct frame *f)
{
	int64_t nrec, nbytes;

	if (!shard(c, f) || !number(c, 0, FRAME_POSITION_MAX, &f->base) ||
	    !number(c, f->base + 1, FRAME_POSITION_MAX, &f->next) ||
	    !number(c, 1, FRAME_BATCH_MAX, &nrec) || !number(c, nrec, FRAME_BATCH_MAX, &nbytes) ||
	    !number(c, -1, FRAME_POSITION_MAX, &f->ts))
		return false;
	f->nrec = (size_t)nrec;
	f->nbytes = (size_t)nbytes;
	return batch_flags(c, f);
}

static bool
revoke_line(struct cursor *c, struct frame *f)
{
	const char *p;
	size_t len;

	if (!shard(c, f) || !word(c, &p, &len))
		return false;
	for (size_t i = 0; i < FRAME_REASONS; i++)
		if (is(p, len, frame_reasons[i])) {
			f->reason = (enum frame_reason)i;
			return true;
		}
	return false;
}

static bool
control_line(struct cursor *c, struct frame *f)
{
	const char *p;
	size_t len;
	int64_t status;

	if (!word(c, &p, &len) || len != 1)
		return false;
	f->kind = (enum frame_kind)*p;
	switch (f->kind) {
	case FRAME_ASSIGN:
		return shard(c, f) && number(c, 0, FRAME_POSITION_MAX, &f->base);
	case FRAME_BATCH:
		return batch_line(c, f);
	case FRAME_POSITION:
		return shard(c, f) && number(c, 0, FRAME_POSITION_MAX, &f->next);
	case FRAME_REVOKE:
		return revoke_line(c, f);
	case FRAME_END:
		if (!number(c, 0, 255, &status))
			return false;
		f->status = (int)status;
		return true;
	}
	return false;
}

/* The length that *lens begins with; moves on behind its comma. */
static bool
next_len(const char **lens, size_t *len)
{
	const char *p = *lens;

	if (!isdigit((unsigned char)*p))
		return false;
	for (*len = 0; isdigit((unsigned char)*p); p++) {
		*len = *len * 10 + (size_t)(*p - '0');
		if (*len > FRAME_BATCH_MAX)
			return false;
	}
	*lens = *p == ',' ? p + 1 : p;
	return true;
}

bool
frame_record(const struct frame *f, struct frame_walk *w, const char **p, size_t *len)
{
	const char *lf;

	if (w->at >= f->nbytes)
		return false;
	if (f->lens) {
		if (!w->lens)
			w->lens = f->lens;
		if (!next_len(&w->lens, len) || *len >= f->nbytes - w->at)
			return false;
	} else {
		lf = memchr(f->data + w->at, '\n', f->nbytes - w->at);
		if (!lf)
			return false;
		*len = (size_t)(lf - (f->data + w->at));
	}
	*p = f->data + w->at;
	w->at += *len + 1;
	return true;
}

/* Are there as many records as the line says, each with its LF, and nothing else? */
static bool
payload_ok(const struct frame *f)
{
	struct frame_walk w = { 0 };
	const char *p;
	size_t len, n = 0;

	for (; frame_record(f, &w, &p, &len); n++)
		if (p[len] != '\n')
			return false;
	return n == f->nrec && w.at == f->nbytes &&
	    (!f->lens || *w.lens == ' ' || *w.lens == '\n');
}

void
frame_begin(struct frame_reader *r, int fd, const char *subject)
{
	*r = (struct frame_reader){ 0 };
	chunk_begin(&r->in, fd, subject);
}

void
frame_finish(struct frame_reader *r)
{
	chunk_end(&r->in);
}

static int
corrupt(const struct frame_reader *r, const char *why, struct err *e)
{
	return err_set(e, EX_DATAERR,
	    "read frames: %s: %s: the stream is damaged, start the pipe line again", r->in.subject,
	    why);
}

/* The first line.  1 and the bytes of it in *used, 0 or -1 as frame_next. */
static int
hello(struct frame_reader *r, const char *p, size_t have, size_t line, struct err *e)
{
	static const char magic[] = FRAME_MAGIC "1 ";
	size_t known = have < sizeof magic - 1 ? have : sizeof magic - 1;

	if (memcmp(p, magic, known) != 0)
		return err_set(e, EX_USAGE,
		    "read frames: %s: not a framed stream of version 1: give its writer -E too",
		    r->in.subject);
	if (!line)
		return have > sizeof magic + FRAME_UUID ? corrupt(r, "bad first line", e) : 0;
	if (line != sizeof magic - 1 + FRAME_UUID)
		return corrupt(r, "bad first line", e);
	memcpy(r->uuid, p + sizeof magic - 1, FRAME_UUID - 1);
	r->hello = true;
	r->in.begin += line;
	return 1;
}

/* The length of the line at the front, LF included; 0 if it is not all there. */
static size_t
line_length(struct frame_reader *r, const char *p, size_t have)
{
	const char *lf = memchr(p + r->scanned, '\n', have - r->scanned);

	r->scanned = lf ? 0 : have;
	return lf ? (size_t)(lf - p) + 1 : 0;
}

int
frame_next(struct frame_reader *r, struct frame *f, struct err *e)
{
	const char *p = r->in.chunk->data + r->in.begin;
	size_t have = r->in.end - r->in.begin;
	struct cursor c;
	size_t line;
	int rc;

	if (have == 0 || have < r->in.need)
		return 0;
	if (r->ended)
		return corrupt(r, "something follows the end", e);
	line = line_length(r, p, have);
	if (!r->hello) {
		rc = hello(r, p, have, line, e);
		return rc > 0 ? frame_next(r, f, e) : rc;
	}
	if (*p != FRAME_RS)
		return corrupt(r, "a control line does not begin with RS", e);
	if (!line)
		return have > FRAME_LINE_MAX ? corrupt(r, "a control line is too long", e) : 0;
	*f = (struct frame){ 0 };
	c = (struct cursor){ p + 1, p + line - 1 };
	if (!control_line(&c, f) || c.at != c.end || c.end[-1] == ' ')
		return corrupt(r, "a control line makes no sense", e);
	r->in.need = line + f->nbytes;
	if (have < r->in.need)
		return 0;
	f->data = p + line;
	if (f->kind == FRAME_BATCH && !payload_ok(f))
		return corrupt(r, "a batch does not hold what its line says", e);
	r->in.begin += r->in.need;
	r->in.need = 0;
	r->ended = f->kind == FRAME_END;
	return 1;
}

static int
cut_records(struct frame *f, size_t n)
{
	struct frame_walk w = { 0 };
	const char *p;
	size_t len;

	for (size_t i = 0; i < n; i++)
		frame_record(f, &w, &p, &len);
	f->data += w.at;
	f->nbytes -= w.at;
	f->nrec -= n;
	f->lens = f->lens ? w.lens : NULL;
	return 1;
}

static int
cut_bytes(struct frame *f, size_t n, struct err *e)
{
	size_t records = 0;

	if (f->lens || f->data[n - 1] != '\n')
		return err_set(e, EX_DATAERR,
		    "cut batch: %s %s: position %" PRId64 " is inside a record: is this the same source?",
		    f->stream, f->shard, f->base + (int64_t)n);
	for (const char *p = f->data, *end = f->data + n; p < end; records++)
		p = (const char *)memchr(p, '\n', (size_t)(end - p)) + 1;
	f->data += n;
	f->nbytes -= n;
	f->nrec -= records;
	return 1;
}

int
frame_cut(struct frame *f, int64_t position, struct err *e)
{
	int64_t span = f->next - f->base, known = position - f->base;
	int rc;

	if (f->next <= position)
		return 0;
	if (known < 0)
		return err_set(e, EX_DATAERR,
		    "continue: %s %s: %" PRId64 " to %" PRId64
		    " are missing: find them or move the position by hand", f->stream, f->shard,
		    position, f->base - 1);
	if (known == 0)
		return 1;
	if (f->mapped)
		return err_set(e, EX_TEMPFAIL,
		    "cut batch: %s %s: at %" PRId64 ": a filter has changed it: start again from there",
		    f->stream, f->shard, position);
	if (span == (int64_t)f->nrec)
		rc = cut_records(f, (size_t)known);
	else if (span == (int64_t)f->nbytes)
		rc = cut_bytes(f, (size_t)known, e);
	else
		return err_set(e, EX_DATAERR,
		    "cut batch: %s %s: position %" PRId64 " is inside a record: is this the same source?",
		    f->stream, f->shard, position);
	f->base = position;
	return rc;
}
