#include "kafka/envelope.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

/* "name":"…" or "name_base64":"…" or "name":null */
static void
add_bytes(struct buf *b, const char *name, const void *p, size_t len)
{
	bool text = !p || utf8_valid(p, len);

	buf_addc(b, '"');
	buf_adds(b, name);
	buf_adds(b, text ? "\":" : "_base64\":\"");
	if (!p) {
		buf_adds(b, "null");
	} else if (text) {
		utf8_json(b, p, len);
	} else {
		base64_add(b, p, len);
		buf_addc(b, '"');
	}
}

static void
add_headers(struct buf *b, const rd_kafka_message_t *m)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t len;

	buf_adds(b, ",\"headers\":[");
	if (rd_kafka_message_headers(m, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
		for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &len); i++) {
			buf_adds(b, i ? ",{" : "{");
			add_bytes(b, "name", name, strlen(name));
			buf_addc(b, ',');
			add_bytes(b, "value", value, len);
			buf_addc(b, '}');
		}
	buf_adds(b, "],");
}

void
envelope_write(struct buf *b, const rd_kafka_message_t *m)
{
	const char *topic = rd_kafka_topic_name(m->rkt);
	rd_kafka_timestamp_type_t type;
	int64_t ts = rd_kafka_message_timestamp(m, &type);

	buf_adds(b, "{");
	add_bytes(b, "topic", topic, strlen(topic));
	buf_adds(b, ",\"partition\":");
	buf_int(b, m->partition);
	buf_adds(b, ",\"offset\":");
	buf_int(b, m->offset);
	if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE || ts < 0) {
		buf_adds(b, ",\"ts\":null,\"tstype\":null");
	} else {
		buf_adds(b, ",\"ts\":");
		buf_int(b, ts);
		buf_adds(b, type == RD_KAFKA_TIMESTAMP_CREATE_TIME ? ",\"tstype\":\"create\"" :
		    ",\"tstype\":\"append\"");
	}
	add_headers(b, m);
	add_bytes(b, "key", m->key, m->key_len);
	buf_addc(b, ',');
	add_bytes(b, "value", m->payload, m->len);
	buf_addc(b, '}');
}

static int
bad(struct err *e, const char *member, const char *why)
{
	return err_set(e, EX_DATAERR, "envelope: %s: %s", member, why);
}

/* Only the members that an envelope or a header has: a typing error must not turn a
 * value into null. */
static int
check_members(const json_t *o, const char *const *known, struct err *e)
{
	const char *member;
	json_t *v;
	size_t i;

	json_object_foreach((json_t *)o, member, v) {
		for (i = 0; known[i] && strcmp(known[i], member) != 0; i++)
			;
		if (!known[i])
			return bad(e, member, "no such member");
	}
	return 0;
}

/* The bytes of a member or of its base64 twin: *p is NULL for null and for none, which
 * is told by *found.  Decoded bytes go to `room`. */
static int
get_bytes(const json_t *o, const char *name, const char *twin, struct buf *room, const char **p,
    size_t *len, bool *found, struct err *e)
{
	const json_t *text = json_object_get(o, name), *coded = json_object_get(o, twin);

	*p = NULL;
	*len = 0;
	*found = text || coded;
	if (text && coded)
		return bad(e, name, "stands there twice, as text and as base64");
	if ((text && !json_is_string(text) && !json_is_null(text)) || (coded && !json_is_string(coded)))
		return bad(e, text ? name : twin, "wants a string");
	if (json_is_string(text)) {
		*p = json_string_value(text);
		*len = json_string_length(text);
	} else if (coded) {
		if (base64_decode(room, json_string_value(coded), json_string_length(coded)) < 0)
			return bad(e, twin, "wants base64");
		*p = buf_str(room);
		*len = room->len;
	}
	return 0;
}

static int
get_header(const json_t *o, rd_kafka_headers_t *headers, struct err *e)
{
	static const char *const known[] = { "name", "name_base64", "value", "value_base64", NULL };
	struct buf name_bytes = { 0 }, value_bytes = { 0 };
	const char *name, *value;
	size_t name_len, value_len;
	bool named, valued;
	int rc = -1;

	if (!json_is_object(o))
		return bad(e, "headers", "wants objects with name and value");
	if (check_members(o, known, e) < 0)
		return -1;
	if (get_bytes(o, "name", "name_base64", &name_bytes, &name, &name_len, &named, e) == 0 &&
	    get_bytes(o, "value", "value_base64", &value_bytes, &value, &value_len, &valued, e) == 0)
		rc = name && valued ? 0 : bad(e, "headers", "a header wants a name and a value");
	if (rc == 0)
		rd_kafka_header_add(headers, name, (ssize_t)name_len, value, (ssize_t)value_len);
	buf_free(&name_bytes);
	buf_free(&value_bytes);
	return rc;
}

static int
get_headers(const json_t *o, struct envelope *out, struct err *e)
{
	const json_t *list = json_object_get(o, "headers");
	size_t n = json_array_size(list);

	if (list && !json_is_array(list) && !json_is_null(list))
		return bad(e, "headers", "wants an array");
	if (n)
		out->headers = rd_kafka_headers_new(n);
	for (size_t i = 0; i < n; i++)
		if (get_header(json_array_get(list, i), out->headers, e) < 0)
			return -1;
	return 0;
}

static int
get_int(const json_t *o, const char *name, int64_t *out, struct err *e)
{
	const json_t *v = json_object_get(o, name);

	*out = json_integer_value(v);
	if (v && !json_is_null(v) && (!json_is_integer(v) || *out < 0))
		return bad(e, name, "wants a whole number or null");
	return 0;
}

static int
check_text(const json_t *o, const char *name, struct err *e)
{
	const json_t *v = json_object_get(o, name);

	return !v || json_is_null(v) || json_is_string(v) ? 0 : bad(e, name, "wants a string or null");
}

static int
get_all(const json_t *o, struct envelope *out, struct err *e)
{
	static const char *const known[] = { "topic", "partition", "offset", "ts", "tstype", "headers",
		"key", "key_base64", "value", "value_base64", NULL };
	int64_t ignored;
	bool found;

	if (!json_is_object(o))
		return err_set(e, EX_DATAERR, "envelope: wants a JSON object");
	if (check_members(o, known, e) < 0 || check_text(o, "topic", e) < 0 ||
	    check_text(o, "tstype", e) < 0 || get_int(o, "partition", &ignored, e) < 0 ||
	    get_int(o, "offset", &ignored, e) < 0 || get_int(o, "ts", &out->ts, e) < 0 ||
	    get_headers(o, out, e) < 0 ||
	    get_bytes(o, "key", "key_base64", &out->key_bytes, &out->key, &out->key_len, &found, e) < 0 ||
	    get_bytes(o, "value", "value_base64", &out->value_bytes, &out->value, &out->value_len,
	    &found, e) < 0)
		return -1;
	return found ? 0 : bad(e, "value", "is missing");
}

int
envelope_read(const char *line, size_t len, struct envelope *out, struct err *e)
{
	json_error_t why;

	*out = (struct envelope){ 0 };
	out->json = json_loadb(line, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
	if (out->json && get_all(out->json, out, e) == 0)
		return 0;
	if (!out->json)
		err_set(e, EX_DATAERR, "envelope: not JSON: %s", why.text);
	/* The text quotes the input, which must not speak to a terminal. */
	for (char *p = e->text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return -1;
}

void
envelope_free(struct envelope *v)
{
	if (v->headers)
		rd_kafka_headers_destroy(v->headers);
	json_decref(v->json);
	buf_free(&v->key_bytes);
	buf_free(&v->value_bytes);
	*v = (struct envelope){ 0 };
}
