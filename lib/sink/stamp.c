#include "sink/stamp.h"

#include <ctype.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/io.h"
#include "weblog/clf.h"

#define LEAST_MS 1e11 /* as seconds, the year 5138; as milliseconds, 1973 */
#define MOST_MS 2.534e14 /* the year 10000 */

int
stamp_parse(const char *text, struct stamp *st, struct err *e)
{
	static const struct {
		const char *name;
		enum stamp_kind kind;
	} kinds[] = { { "clf", STAMP_CLF }, { "iso", STAMP_ISO }, { "arrival", STAMP_ARRIVAL } };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(text, kinds[i].name) == 0) {
			*st = (struct stamp){ .kind = kinds[i].kind };
			return 0;
		}
	if (strncmp(text, "json:", 5) == 0 && text[5]) {
		*st = (struct stamp){ STAMP_JSON, text + 5 };
		return 0;
	}
	return err_set(e, EX_USAGE, "--time: %s: wants clf, iso, json:FIELD or arrival", text);
}

static bool
find_iso(const char *line, size_t len, struct when *out)
{
	const char *end = line + (len < STAMP_REACH ? len : STAMP_REACH);

	/* Every date has a '-' behind its year. */
	for (const char *dash = line; dash < end; dash++) {
		const char *date;

		dash = memchr(dash, '-', (size_t)(end - dash));
		if (!dash)
			return false;
		date = dash - 4;
		if (dash - line < 4 || (date > line && isalnum((unsigned char)date[-1])))
			continue;
		if (when_parse_iso(date, (size_t)(line + len - date), out))
			return true;
	}
	return false;
}

static bool
from_number(double v, struct when *out)
{
	double ms = fabs(v) < LEAST_MS ? v * 1000 : v;

	if (!(ms >= 0 && ms < MOST_MS))
		return false;
	when_split((int64_t)ms, 0, out);
	return true;
}

static bool
find_json(const char *field, const char *line, size_t len, struct when *out)
{
	/* As integers, those above 2^63 - 1 in any member would spoil the line. */
	json_t *o = json_loadb(line, len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
	const json_t *v = json_object_get(o, field);
	bool found = false;

	if (json_is_string(v))
		found = when_parse_iso(json_string_value(v), json_string_length(v), out) > 0;
	else if (json_is_number(v))
		found = from_number(json_number_value(v), out);
	json_decref(o);
	return found;
}

bool
stamp_find(const struct stamp *st, const char *line, size_t len, struct when *out)
{
	switch (st->kind) {
	case STAMP_CLF: return clf_time(line, len, out);
	case STAMP_ISO: return find_iso(line, len, out);
	case STAMP_JSON: return find_json(st->field, line, len, out);
	default: when_split(io_wall(), 0, out); return true;
	}
}
