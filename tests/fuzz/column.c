/* Any bytes as a log line, of which the first says the column: what an access line gives,
 * its JSON must give too, and what JSON gives must be what jansson finds in it. */
#define _GNU_SOURCE /* memmem */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "weblog/clfjson.h"
#include "weblog/column.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same(const struct column_value *a, const struct column_value *b)
{
	if (a->ms != b->ms || !a->key != !b->key || a->len != b->len ||
	    (a->len && memcmp(a->key, b->key, a->len) != 0))
		abort();
}

static void
check_access(const char *name, const char *line, size_t len, const struct column_value *v)
{
	struct clfjson j = { 0 };
	struct column_value again;
	struct column c;
	struct clf f;

	while (len && memchr(" \t\r", line[len - 1], 3))
		len--;
	if (clf_parse(line, len, &f))
		abort();
	clfjson_add(&j, &f);
	column_begin(&c, name);
	if (column_read(&c, j.out.p, j.out.len - 1, &again))
		abort();
	same(v, &again);
	column_end(&c);
	clfjson_free(&j);
}

static void
check_json(const char *name, const char *line, size_t len, const struct column_value *v)
{
	json_t *o = json_loadb(line, len, JSON_ALLOW_NUL, NULL);
	const json_t *found = json_object_get(o, name);

	if (json_is_string(found))
		same(&(struct column_value){ v->ms, json_string_value(found), json_string_length(found) }, v);
	json_decref(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data + 1, *name;
	struct column_value v;
	struct column c;

	if (!size || memchr(line, '\n', size - 1))
		return 0;
	name = column_names[*data % 12];
	column_begin(&c, name);
	if (column_read(&c, line, size - 1, &v) == NULL) {
		if (v.key && !utf8_valid(v.key, v.len))
			abort();
		if (*line != '{')
			check_access(name, line, size - 1, &v);
		else if (!memmem(line, size - 1, "\\u", 2)) /* it may be in a member's name */
			check_json(name, line, size - 1, &v);
	}
	column_end(&c);
	return 0;
}
