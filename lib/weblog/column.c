#include "weblog/column.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "weblog/clf.h"

enum { HOST, IDENT, USER, REQUEST, STATUS, SIZE, REFERER, AGENT, METHOD, PATH, QUERY, PROTOCOL };

const char *const column_names[] = { [HOST] = "host", [IDENT] = "ident", [USER] = "user",
	[REQUEST] = "request", [STATUS] = "status", [SIZE] = "size", [REFERER] = "referer",
	[AGENT] = "agent", [METHOD] = "method", [PATH] = "path", [QUERY] = "query",
	[PROTOCOL] = "protocol", NULL };

int
column_begin(struct column *c, const char *name)
{
	*c = (struct column){ .name = name };
	for (; column_names[c->which]; c->which++)
		if (strcmp(column_names[c->which], name) == 0)
			return 0;
	return -1;
}

void
column_end(struct column *c)
{
	buf_free(&c->bytes);
	buf_free(&c->text);
}

/* The text as UTF-8, where it stands if it is. */
static void
give(struct column *c, const char *p, size_t len, struct column_value *out)
{
	if (!utf8_valid(p, len)) {
		c->text.len = 0;
		utf8_mend(&c->text, p, len);
		p = c->text.p;
		len = c->text.len;
	}
	out->key = p;
	out->len = len;
}

static void
give_number(struct column *c, int64_t n, struct column_value *out)
{
	if (n < 0)
		return;
	c->text.len = 0;
	buf_printf(&c->text, "%lld", (long long)n);
	out->key = c->text.p;
	out->len = c->text.len;
}

static void
give_field(struct column *c, struct clf_text t, struct column_value *out)
{
	if (!t.p)
		return;
	if (memchr(t.p, '\\', t.len)) {
		c->bytes.len = 0;
		clf_bytes(t, &c->bytes);
		t = (struct clf_text){ c->bytes.p, c->bytes.len };
	}
	give(c, t.p, t.len, out);
}

static const char *
read_access(struct column *c, const char *line, size_t len, struct column_value *out)
{
	struct clf_request r = { 0 };
	struct clf f;
	const char *why = clf_parse(line, len, &f);

	if (why)
		return why;
	out->ms = when_ms(&f.time);
	if (c->which >= METHOD)
		clf_request(f.request, &r);
	switch (c->which) {
	case HOST: give_field(c, f.host, out); break;
	case IDENT: give_field(c, f.ident, out); break;
	case USER: give_field(c, f.user, out); break;
	case REQUEST: give_field(c, f.request, out); break;
	case STATUS: give_number(c, f.status, out); break;
	case SIZE: give_number(c, f.size, out); break;
	case REFERER: give_field(c, f.referer, out); break;
	case AGENT: give_field(c, f.agent, out); break;
	case METHOD: give_field(c, r.method, out); break;
	case PATH: give_field(c, r.path, out); break;
	case QUERY: give_field(c, r.query, out); break;
	case PROTOCOL: give_field(c, r.protocol, out); break;
	}
	return NULL;
}

/* JSON, as far as it is needed: objects of strings, numbers and literals.  Nested values
 * are passed over by their brackets. */
struct json {
	const char *at, *end;
};

static void
skip_space(struct json *j)
{
	while (j->at < j->end && strchr(" \t\r", *j->at) && *j->at)
		j->at++;
}

static bool
take(struct json *j, char c)
{
	skip_space(j);
	if (j->at == j->end || *j->at != c)
		return false;
	j->at++;
	return true;
}

/* A string with its escapes in place and its quotes taken off. */
static bool
take_string(struct json *j, struct clf_text *out)
{
	const char *from, *slash;

	if (!take(j, '"'))
		return false;
	from = j->at;
	do {
		j->at = memchr(j->at, '"', (size_t)(j->end - j->at));
		if (!j->at) {
			j->at = j->end;
			return false;
		}
		for (slash = j->at; slash > from && slash[-1] == '\\'; slash--)
			continue;
	} while ((j->at++ - slash) % 2);
	*out = (struct clf_text){ from, (size_t)(j->at - 1 - from) };
	return true;
}

/* Behind the bracket that closes the one at the front. */
static bool
skip_nested(struct json *j)
{
	struct clf_text s;
	size_t depth = 0;

	while (j->at < j->end) {
		if (*j->at == '"') {
			if (!take_string(j, &s))
				return false;
			continue;
		}
		depth += *j->at == '{' || *j->at == '[';
		depth -= *j->at == '}' || *j->at == ']';
		j->at++;
		if (!depth)
			return true;
	}
	return false;
}

enum kind { STRING, SCALAR, NESTED };

static bool
take_value(struct json *j, enum kind *kind, struct clf_text *out)
{
	const char *from;

	skip_space(j);
	from = j->at;
	if (from == j->end)
		return false;
	*kind = *from == '"' ? STRING : *from == '{' || *from == '[' ? NESTED : SCALAR;
	if (*kind == STRING)
		return take_string(j, out);
	if (*kind == NESTED)
		return skip_nested(j);
	while (j->at < j->end && ((*j->at >= '0' && *j->at <= '9') || (*j->at >= 'a' && *j->at <= 'z') ||
	    *j->at == '-' || *j->at == '+' || *j->at == '.' || *j->at == 'E'))
		j->at++;
	*out = (struct clf_text){ from, (size_t)(j->at - from) };
	return j->at > from;
}

static bool
is(struct clf_text t, const char *s, size_t len)
{
	return t.len == len && memcmp(t.p, s, len) == 0;
}

/* Four hexadecimal digits. */
static bool
hex4(const char *p, const char *end, unsigned *out)
{
	*out = 0;
	if (end - p < 4)
		return false;
	for (int i = 0; i < 4; i++) {
		unsigned c = (unsigned char)p[i], low = c | 0x20;

		if (c >= '0' && c <= '9')
			*out = *out * 16 + c - '0';
		else if (low >= 'a' && low <= 'f')
			*out = *out * 16 + low - 'a' + 10;
		else
			return false;
	}
	return true;
}

static void
add_utf8(struct buf *b, unsigned c)
{
	if (c < 0x80) {
		buf_addc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		buf_addc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			buf_addc(b, (char)(0xe0 | c >> 12));
		} else {
			buf_addc(b, (char)(0xf0 | c >> 18));
			buf_addc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		buf_addc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	buf_addc(b, (char)(0x80 | (c & 0x3f)));
}

/* What stands behind a backslash at *p, which moves on. */
static bool
unescape(const char **p, const char *end, struct buf *b)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	const char *at = *p < end && **p ? strchr(names, **p) : NULL;
	unsigned c, low;

	if (at) {
		buf_addc(b, bytes[at - names]);
		++*p;
		return true;
	}
	if (*p == end || **p != 'u' || !hex4(*p + 1, end, &c))
		return false;
	*p += 5;
	if (c >= 0xd800 && c < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' &&
	    hex4(*p + 2, end, &low) && low >= 0xdc00 && low < 0xe000) {
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		*p += 6;
	} else if (c >= 0xd800 && c < 0xe000) {
		c = 0xfffd; /* half of a pair */
	}
	add_utf8(b, c);
	return true;
}

static bool
give_string(struct column *c, struct clf_text t, struct column_value *out)
{
	const char *p = t.p, *end = t.p + t.len;

	if (memchr(t.p, '\\', t.len)) {
		c->bytes.len = 0;
		while (p < end) {
			const char *slash = memchr(p, '\\', (size_t)(end - p));

			buf_add(&c->bytes, p, (size_t)((slash ? slash : end) - p));
			p = slash ? slash + 1 : end;
			if (slash && !unescape(&p, end, &c->bytes))
				return false;
		}
		t = (struct clf_text){ c->bytes.p, c->bytes.len };
	}
	give(c, t.p, t.len, out);
	return true;
}

static const char *
read_json(struct column *c, const char *line, size_t len, struct column_value *out)
{
	struct json j = { line, line + len };
	struct clf_text name, value = { 0 }, key = { 0 }, time = { 0 };
	size_t name_len = strlen(c->name);
	enum kind kind, key_kind = NESTED, time_kind = NESTED;
	struct when w;

	if (!take(&j, '{'))
		return "not JSON";
	do {
		if (!take_string(&j, &name) || !take(&j, ':') || !take_value(&j, &kind, &value))
			return "not JSON";
		if (is(name, "time", 4))
			time = value, time_kind = kind;
		else if (is(name, c->name, name_len))
			key = value, key_kind = kind;
	} while (take(&j, ','));
	if (!take(&j, '}') || (skip_space(&j), j.at != j.end))
		return "not JSON";
	if (time_kind != STRING || !time.len || when_parse_iso(time.p, time.len, &w) != time.len)
		return "no member \"time\" in ISO 8601";
	out->ms = when_ms(&w);
	if (key_kind == NESTED)
		return "the column is not among its members";
	if (key_kind == STRING)
		return give_string(c, key, out) ? NULL : "not JSON";
	if (!is(key, "null", 4))
		give(c, key.p, key.len, out);
	return NULL;
}

const char *
column_read(struct column *c, const char *line, size_t len, struct column_value *out)
{
	*out = (struct column_value){ 0 };
	while (len && strchr(" \t\r", line[len - 1]) && line[len - 1])
		len--;
	return len && *line == '{' ? read_json(c, line, len, out) : read_access(c, line, len, out);
}
