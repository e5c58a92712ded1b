/* The time of an access line. */
#include "weblog/clf.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tap.h"

/* The line is copied to the exact size, so that a sanitizer sees a read behind it. */
static bool
find(const char *line, struct when *w)
{
	size_t len = strlen(line);
	char *exact = mem_alloc(len ? len : 1);
	bool found;

	memcpy(exact, line, len);
	found = clf_time(exact, len, w);
	free(exact);
	return found;
}

static void
finds(const char *line, const char *iso, int zone, const char *name)
{
	struct when w;
	char text[WHEN_TEXT] = "none";

	if (find(line, &w))
		when_iso(when_ms(&w), text);
	if (is_str(text, iso, "%s", name))
		is_int(w.zone, zone, "%s: zone", name);
}

static void
finds_none(const char *line, const char *name)
{
	struct when w;

	ok(!find(line, &w), "%s", name);
}

#define REQUEST "\"GET / HTTP/1.1\" 200 1 \"-\" \"-\""

static void
test_lines(void)
{
	finds("1.2.3.4 - - [27/Jul/2026:10:00:05 -0800] " REQUEST, "2026-07-27T18:00:05.000Z", -480,
	    "combined");
	finds("1.2.3.4 - - [29/Feb/2024:00:00:00 +0530] \"GET / HTTP/1.0\" 200 1",
	    "2024-02-28T18:30:00.000Z", 330, "common, a leap day");
	finds("2001:db8::1 - - [27/Jul/2026:10:00:05 +0000] " REQUEST, "2026-07-27T10:00:05.000Z",
	    0, "IPv6");
	finds("[2001:db8::1] - - [27/Jul/2026:10:00:05 +0000] " REQUEST,
	    "2026-07-27T10:00:05.000Z", 0, "IPv6 in brackets");
	finds("h - John Q [x] Public [27/Jul/2026:10:00:05 +0000] " REQUEST,
	    "2026-07-27T10:00:05.000Z", 0, "a user with spaces and brackets");
	finds("h - \"\" [27/Jul/2026:10:00:05 +0000] " REQUEST, "2026-07-27T10:00:05.000Z", 0,
	    "an empty user");
	finds("h - x [01/Jan/2000:00:00:00 +0000] [27/Jul/2026:10:00:05 +0000] " REQUEST,
	    "2026-07-27T10:00:05.000Z", 0, "a user that looks like a time");
	finds("h - x [01/Jan/2000:00:00:00 +0000] \\\"[27/Jul/2026:10:00:05 +0000] " REQUEST,
	    "2026-07-27T10:00:05.000Z", 0, "a user that looks like a time and a request");
	finds("h - - [31/Dec/2016:23:59:60 +0000] " REQUEST, "2017-01-01T00:00:00.000Z", 0,
	    "a leap second");
	finds("h - - [27/Jul/2026:10:00:05 +0000]", "2026-07-27T10:00:05.000Z", 0,
	    "nothing behind the time");
}

static void
test_no_time(void)
{
	finds_none("", "an empty line");
	finds_none("[", "a bracket");
	finds_none("h - - [27/Jul/2026:10:00:05 +0000", "no closing bracket");
	finds_none("[27/Jul/2026:10:00:05 +0000] \"GET", "a time in the first field");
	finds_none("h - - [27/Jul/2026:10:00:05 +0000] GET", "no quote behind the time");
	finds_none("h - - [31/Jun/2026:10:00:05 +0000] " REQUEST, "no such day");
	finds_none("h - - [29/Feb/2026:10:00:05 +0000] " REQUEST, "no leap year");
	finds_none("h - - [27/jul/2026:10:00:05 +0000] " REQUEST, "no such month");
	finds_none("h - - [27/Jul/2026:24:00:05 +0000] " REQUEST, "no such hour");
	finds_none("h - - [27/Jul/2026:10:60:05 +0000] " REQUEST, "no such minute");
	finds_none("h - - [27/Jul/2026:10:00:61 +0000] " REQUEST, "no such second");
	finds_none("h - - [27/Jul/2026:10:00:05 +0060] " REQUEST, "no such zone");
	finds_none("h - - [27/Jul/2026:10:00:05 +9900] " REQUEST, "a zone beyond a day");
	finds_none("h - - [27/Jul/2026:10:00:05 00000] " REQUEST, "a zone without a sign");
	finds_none("h - - [27-Jul-2026:10:00:05 +0000] " REQUEST, "other separators");
	finds_none("h - - [ 7/Jul/2026:10:00:05 +0000] " REQUEST, "a space for a digit");
	finds_none("{\"time\":\"2026-07-27T10:00:05Z\", \"a\": [1, 2]}", "JSON");
}

/* Whole is the time alone, or with the quote behind it. */
static void
test_cut(void)
{
	char line[] = "h - - [27/Jul/2026:10:00:05 +0000] \"GET / HTTP/1.1\"", cut[sizeof line];
	size_t whole = strcspn(line, "]") + 1;
	struct when w;

	for (size_t len = 0; len < sizeof line; len++) {
		memcpy(cut, line, len);
		cut[len] = '\0';
		is_int(find(cut, &w), len == whole || len > whole + 1, "cut after %zu bytes", len);
	}
}

static void
test_hostile(void)
{
	size_t len = 4 * 1024 * 1024;
	char *line = mem_alloc(len);
	struct when w;

	memset(line, '[', len);
	memcpy(line, "h - ", 4);
	ok(!clf_time(line, len, &w), "nothing but brackets");
	ok(!clf_time("h - - [\0\0/Jul/2026:10:00:05 +0000] \"G", 37, &w), "NUL bytes");
	ok(!clf_time("h - - [27\0Jul/2026:10:00:05 +0000] \"G", 37, &w), "a NUL for a separator");
	free(line);
}

static void
test_text(void)
{
	struct when w;
	char text[CLF_TIME + 1] = { 0 };

	when_split(1785175205000, -480, &w);
	clf_time_text(&w, text);
	is_str(text, "27/Jul/2026:10:00:05 -0800", "written west");
	when_split(0, 345, &w);
	clf_time_text(&w, text);
	is_str(text, "01/Jan/1970:05:45:00 +0545", "written east");
}

int
main(void)
{
	test_lines();
	test_no_time();
	test_cut();
	test_hostile();
	test_text();
	return done();
}
