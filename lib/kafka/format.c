#include "kafka/format.h"

#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/mem.h"

enum { TEXT = 'x' }; /* beside the letters of the tokens themselves */

struct step {
	char kind;
	size_t at, len; /* TEXT: bytes of format.text */
};

struct format {
	struct step *steps;
	size_t n;
	struct buf text;
};

static void
add_step(struct format *f, char kind, size_t at, size_t len)
{
	f->steps = mem_resize(f->steps, (f->n + 1) * sizeof *f->steps);
	f->steps[f->n++] = (struct step){ kind, at, len };
}

static void
add_text(struct format *f, const char *p, size_t len)
{
	struct step *last = f->n ? &f->steps[f->n - 1] : NULL;

	if (last && last->kind == TEXT)
		last->len += len;
	else
		add_step(f, TEXT, f->text.len, len);
	buf_add(&f->text, p, len);
}

/* One token, escape or character at *s; moves *s on. */
static int
compile_next(struct format *f, const char **s)
{
	char c = *(*s)++;

	if (c == '%' && **s && **s != '%') {
		c = *(*s)++;
		add_step(f, c, 0, 0);
		return strchr("sSRkKhtpoT", c) ? 0 : -1;
	}
	if ((c == '%' && *(*s)++ != '%') || (c == '\\' && lines_escape(s, &c) < 0))
		return -1;
	add_text(f, &c, 1);
	return 0;
}

struct format *
format_compile(const char *text, struct err *e)
{
	struct format *f = mem_alloc(sizeof *f);
	const char *s = text;

	while (*s)
		if (compile_next(f, &s) < 0) {
			err_set(e, EX_USAGE, "--format: %s: knows %%s %%S %%R %%k %%K %%h %%t %%p %%o %%T %%%% "
			    "and \\n \\r \\t \\0 \\\\ \\xNN", text);
			format_free(f);
			return NULL;
		}
	return f;
}

struct format *
format_delimited(const char *key_delim, size_t nkey, const char *delim, size_t n)
{
	struct format *f = mem_alloc(sizeof *f);

	if (key_delim) {
		add_step(f, 'k', 0, 0);
		add_text(f, key_delim, nkey);
	}
	add_step(f, 's', 0, 0);
	add_text(f, delim, n);
	return f;
}

void
format_free(struct format *f)
{
	if (!f)
		return;
	free(f->steps);
	buf_free(&f->text);
	free(f);
}

static void
add_length(struct buf *out, const void *p, size_t len)
{
	uint32_t n = p ? (uint32_t)len : UINT32_MAX;
	const unsigned char bytes[4] = { (unsigned char)(n >> 24), (unsigned char)(n >> 16),
		(unsigned char)(n >> 8), (unsigned char)n };

	buf_add(out, bytes, sizeof bytes);
}

static void
add_headers(struct buf *out, const rd_kafka_message_t *m)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t len;

	if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &len); i++) {
		if (i)
			buf_addc(out, ',');
		buf_adds(out, name);
		buf_addc(out, '=');
		if (value)
			buf_add(out, value, len);
		else
			buf_adds(out, "NULL");
	}
}

void
format_record(const struct format *f, const rd_kafka_message_t *m, struct buf *out)
{
	rd_kafka_timestamp_type_t type;

	for (const struct step *s = f->steps; s < f->steps + f->n; s++)
		switch (s->kind) {
		case TEXT: buf_add(out, f->text.p + s->at, s->len); break;
		case 's': buf_add(out, m->payload, m->len); break;
		case 'S': buf_int(out, m->payload ? (int64_t)m->len : -1); break;
		case 'R': add_length(out, m->payload, m->len); break;
		case 'k': buf_add(out, m->key, m->key_len); break;
		case 'K': buf_int(out, m->key ? (int64_t)m->key_len : -1); break;
		case 'h': add_headers(out, m); break;
		case 't': buf_adds(out, rd_kafka_topic_name(m->rkt)); break;
		case 'p': buf_int(out, m->partition); break;
		case 'o': buf_int(out, m->offset); break;
		case 'T': buf_int(out, rd_kafka_message_timestamp(m, &type)); break;
		}
}
