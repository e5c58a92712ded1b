#define _GNU_SOURCE /* memmem */
#include "kafka/record.h"

#include <string.h>

static void
add_header(struct record_format *f, const char *text)
{
	const char *eq = strchr(text, '=');

	if (!f->headers)
		f->headers = rd_kafka_headers_new(4);
	rd_kafka_header_add(f->headers, text, eq ? eq - text : -1, eq ? eq + 1 : NULL, eq ? -1 : 0);
}

int
record_opt(struct record_format *f, int c, const char *arg, struct err *e)
{
	switch (c) {
	case 'K':
		return lines_delim(arg, "--key-delimiter", f->key_delim, &f->nkey_delim, e) < 0 ? -1 : 1;
	case 'k': f->key = arg; return 1;
	case 'H': add_header(f, arg); return 1;
	case 'J': f->json = true; return 1;
	case 'Z': f->null = true; return 1;
	default: return 0;
	}
}

int
record_check(const struct record_format *f, struct err *e)
{
	if (f->key && f->nkey_delim)
		return err_set(e, EX_USAGE, "--key and --key-delimiter: only one of them");
	if (f->json && (f->key || f->nkey_delim || f->headers || f->null))
		return err_set(e, EX_USAGE,
		    "--json: the envelope has the key, headers and null: -k, -K, -H and -Z do not apply");
	return 0;
}

void
record_format_free(struct record_format *f)
{
	if (f->headers)
		rd_kafka_headers_destroy(f->headers);
}

static void
split_key(const struct record_format *f, struct record *r)
{
	const char *end = memmem(r->value, r->value_len, f->key_delim, f->nkey_delim);

	if (!end)
		return;
	r->key = r->value;
	r->key_len = (size_t)(end - r->value);
	r->value = end + f->nkey_delim;
	r->value_len -= r->key_len + f->nkey_delim;
}

int
record_read(const struct record_format *f, const struct line *line, struct envelope *envelope,
    struct record *r, struct err *e)
{
	*r = (struct record){ .number = line->number, .raw = line->p, .raw_len = line->len,
		.value = line->p, .value_len = line->len, .headers = f->headers };
	if (f->json) {
		if (envelope_read(line->p, line->len, envelope, e) < 0)
			return -1;
		r->key = envelope->key;
		r->key_len = envelope->key_len;
		r->value = envelope->value;
		r->value_len = envelope->value_len;
		r->ts = envelope->ts;
		r->headers = envelope->headers;
		r->copy = true;
	} else if (f->nkey_delim) {
		split_key(f, r);
	} else if (f->key) {
		r->key = f->key;
		r->key_len = strlen(f->key);
	}
	if (f->null && r->value_len == 0)
		r->value = NULL;
	if (f->null && r->key_len == 0)
		r->key = NULL;
	return 0;
}
