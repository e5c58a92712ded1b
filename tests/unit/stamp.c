/* The time of a line, from each kind of line. */
#include "sink/stamp.h"

#include "base/io.h"
#include "tap.h"

static void
finds(const char *kind, const char *line, const char *want)
{
	struct stamp st;
	struct err e = { 0 };
	struct when w;
	char text[64] = "none";

	if (stamp_parse(kind, &st, &e) == 0 && stamp_find(&st, line, strlen(line), &w))
		snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d %+d", w.year, w.month, w.day,
		    w.hour, w.minute, w.zone);
	is_str(text, want, "%s: %.60s", kind, line);
}

static void
refused(const char *kind)
{
	struct stamp st;
	struct err e = { 0 };

	ok(stamp_parse(kind, &st, &e) < 0 && e.status == EX_USAGE, "--time %s is refused", kind);
}

static void
arrival(void)
{
	struct stamp st;
	struct err e;
	struct when w;
	int64_t before = io_wall();

	ok(stamp_parse("arrival", &st, &e) == 0 && stamp_find(&st, "", 0, &w), "arrival needs no line");
	ok(when_ms(&w) >= before && when_ms(&w) <= io_wall() && w.zone == 0, "it is now, in UTC");
}

static void
far(void)
{
	char line[2 * STAMP_REACH];
	struct stamp st = { .kind = STAMP_ISO };
	struct when w;

	memset(line, '-', sizeof line);
	memcpy(line + 1000, "2026-01-05T07:08", 16);
	line[999] = ' ';
	ok(stamp_find(&st, line, sizeof line, &w), "iso: within reach");
	memset(line, 'x', sizeof line);
	memcpy(line + STAMP_REACH + 10, " 2026-01-05", 11);
	ok(!stamp_find(&st, line, sizeof line, &w), "iso: beyond it");
	ok(!stamp_find(&st, line + STAMP_REACH + 11, 9, &w), "iso: cut off");
}

int
main(void)
{
	finds("clf", "::1 - - [05/Jan/2026:07:08:09 -0800] \"GET /\" 200 1", "2026-01-05 07:08 -480");
	finds("clf", "::1 - - [05/Jam/2026:07:08:09 -0800] \"GET /\" 200 1", "none");
	finds("clf", "", "none");
	finds("iso", "2026-01-05T07:08:09+05:30 started", "2026-01-05 07:08 +330");
	finds("iso", "2026-01-05", "2026-01-05 00:00 +0");
	finds("iso", "a-b c-d [2026-01-05 07:08:09,123] x", "2026-01-05 07:08 +0");
	finds("iso", "id 92026-01-05 9999-99-99 2026-02-03T01:02Z", "2026-02-03 01:02 +0");
	finds("iso", "x2026-01-05", "none");
	finds("iso", "no time - at all", "none");
	finds("json:t", "{\"t\":\"2026-01-05T07:08:09-08:00\"}", "2026-01-05 07:08 -480");
	finds("json:t", "{\"t\":1767596889}", "2026-01-05 07:08 +0");
	finds("json:t", "{\"t\":1767596889123}", "2026-01-05 07:08 +0");
	finds("json:t", "{\"t\":1767596889.5}", "2026-01-05 07:08 +0");
	finds("json:t", "{\"t\":1767596889123,\"id\":18446744073709551615}", "2026-01-05 07:08 +0");
	finds("json:t", "{\"t\":18446744073709551615}", "none");
	finds("json:t", "{\"t\":1767596879999}", "2026-01-05 07:07 +0");
	finds("json:t", "{\"t\":1767596880000}", "2026-01-05 07:08 +0");
	finds("json:t", "{\"t\":-1}", "none");
	finds("json:t", "{\"t\":1e300}", "none");
	finds("json:t", "{\"t\":null}", "none");
	finds("json:t", "{\"u\":1}", "none");
	finds("json:t", "[1]", "none");
	finds("json:t", "{\"t\":1767596889", "none");
	finds("json:t", "not json", "none");
	refused("");
	refused("json");
	refused("json:");
	refused("CLF");
	arrival();
	far();
	return done();
}
