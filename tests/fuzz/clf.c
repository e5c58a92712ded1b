/* Any bytes as an access line: the time that is found is a real one, and what can be taken
 * apart becomes one line of good JSON with all its members. */
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "weblog/clfjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_json(const struct clf *c, size_t size)
{
	struct clfjson j = { 0 };
	json_t *o;

	clfjson_add(&j, c);
	clfjson_add(&j, c);
	if (j.out.len % 2 || j.out.len / 2 > 12 * size + 400 ||
	    memcmp(j.out.p, j.out.p + j.out.len / 2, j.out.len / 2) != 0 ||
	    memchr(j.out.p, '\n', j.out.len) != j.out.p + j.out.len / 2 - 1)
		abort();
	o = json_loadb(j.out.p, j.out.len / 2, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	if (json_object_size(o) != 13 + (c->more.p != NULL))
		abort();
	json_decref(o);
	clfjson_free(&j);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data;
	struct when w;
	struct clf c;

	if (clf_time(line, size, &w) && !when_valid(&w))
		abort();
	if (memchr(line, '\n', size) == NULL && clf_parse(line, size, &c) == NULL)
		check_json(&c, size);
	return 0;
}
