#include "weblog/column.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"
#include "weblog/clf.h"

#define VALUES_MAX 100000

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
give_copy(struct column *c, const char *p, size_t len, struct column_value *out)
{
	c->text.len = 0;
	buf_add(&c->text, p, len);
	out->key = buf_str(&c->text);
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

/* A member's value as text; false: it is a list or an object, or is not there. */
static bool
give_member(struct column *c, const json_t *value, struct column_value *out)
{
	char text[64];
	size_t len;

	if (json_is_null(value))
		return true;
	if (json_is_string(value)) {
		give_copy(c, json_string_value(value), json_string_length(value), out);
	} else {
		len = json_is_array(value) || json_is_object(value) ? 0 :
		    json_dumpb(value, text, sizeof text, JSON_ENCODE_ANY);
		if (!len || len > sizeof text)
			return false;
		give_copy(c, text, len, out);
	}
	return true;
}

static const char *
read_members(struct column *c, const json_t *object, struct column_value *out)
{
	const json_t *time = json_object_get(object, "time");
	size_t len = json_string_length(time);
	struct when w;

	if (!len || when_parse_iso(json_string_value(time), len, &w) != len)
		return "no member \"time\" in ISO 8601";
	out->ms = when_ms(&w);
	return give_member(c, json_object_get(object, c->name), out) ? NULL :
	    "the column is not among its members";
}

/* To jansson a value may be 77 times as long as the line has it. */
static bool
too_many(const char *p, size_t len)
{
	size_t values = 0;
	bool text = false;

	for (const char *end = p + len; p < end && values <= VALUES_MAX; p++)
		if (*p == '"')
			text = !text;
		else if (text)
			p += *p == '\\';
		else
			values += *p == ',' || *p == '{' || *p == '[';
	return values > VALUES_MAX;
}

static const char *
read_json(struct column *c, const char *line, size_t len, struct column_value *out)
{
	const char *why;
	json_error_t error;
	json_t *object;

	if (len > VALUES_MAX && too_many(line, len))
		return "more than 100000 values";
	object = json_loadb(line, len, JSON_ALLOW_NUL, &error);
	if (!object)
		return json_error_code(&error) == json_error_numeric_overflow ?
		    "a number beyond 64 bits" : "not JSON";
	why = read_members(c, object, out);
	json_decref(object);
	return why;
}

const char *
column_read(struct column *c, const char *line, size_t len, struct column_value *out)
{
	*out = (struct column_value){ 0 };
	while (len && strchr(" \t\r", line[len - 1]) && line[len - 1])
		len--;
	return len && *line == '{' ? read_json(c, line, len, out) : read_access(c, line, len, out);
}
