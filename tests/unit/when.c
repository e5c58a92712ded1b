/* Points in time. */
#define _POSIX_C_SOURCE 200809L
#include "base/when.h"

#include <stdlib.h>
#include <time.h>

#include "tap.h"

/* Against the C library, over 400 years and somewhat more, and back. */
static void
test_days(void)
{
	bool same = true, back = true;

	for (int64_t day = -800000; day < 800000; day++) {
		time_t t = day * 86400;
		struct tm tm;
		int y, m, d;

		gmtime_r(&t, &tm);
		when_date(day, &y, &m, &d);
		same = same && y == tm.tm_year + 1900 && m == tm.tm_mon + 1 && d == tm.tm_mday;
		back = back && when_days(y, m, d) == day;
	}
	ok(same, "dates from -221 to 4160 as gmtime has them");
	ok(back, "and back");
	is_int(when_days(1970, 1, 1), 0, "the epoch");
	is_int(when_days(2000, 2, 29), 11016, "a leap day");
	is_int(when_days(1969, 12, 31), -1, "the day before");
}

static void
test_valid(void)
{
	static const struct {
		struct when w;
		bool valid;
		const char *name;
	} cases[] = {
		{ { 2026, 1, 31, 23, 59, 59, 999, 0 }, true, "an ordinary one" },
		{ { 2026, 1, 31, 23, 59, 60, 0, 0 }, true, "a leap second" },
		{ { 2024, 2, 29, 0, 0, 0, 0, 0 }, true, "29 February 2024" },
		{ { 2026, 2, 29, 0, 0, 0, 0, 0 }, false, "29 February 2026" },
		{ { 2000, 2, 29, 0, 0, 0, 0, 0 }, true, "29 February 2000" },
		{ { 1900, 2, 29, 0, 0, 0, 0, 0 }, false, "29 February 1900" },
		{ { 2026, 4, 31, 0, 0, 0, 0, 0 }, false, "31 April" },
		{ { 2026, 0, 1, 0, 0, 0, 0, 0 }, false, "month 0" },
		{ { 2026, 13, 1, 0, 0, 0, 0, 0 }, false, "month 13" },
		{ { 2026, 1, 0, 0, 0, 0, 0, 0 }, false, "day 0" },
		{ { 2026, 1, 1, 24, 0, 0, 0, 0 }, false, "hour 24" },
		{ { 2026, 1, 1, -1, 0, 0, 0, 0 }, false, "hour -1" },
		{ { 2026, 1, 1, 0, 60, 0, 0, 0 }, false, "minute 60" },
		{ { 2026, 1, 1, 0, 0, 61, 0, 0 }, false, "second 61" },
		{ { 2026, 1, 1, 0, 0, 0, 0, 1441 }, false, "a zone beyond a day" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_int(when_valid(&cases[i].w), cases[i].valid, "%s", cases[i].name);
}

static void
splits(int64_t ms, int zone, const char *want)
{
	char got[64];
	struct when w;

	when_split(ms, zone, &w);
	snprintf(got, sizeof got, "%d-%02d-%02d %02d:%02d:%02d.%03d", w.year, w.month, w.day, w.hour,
	    w.minute, w.second, w.ms);
	is_str(got, want, "%" PRId64 " ms, zone %d", ms, zone);
	if (ms > INT64_MIN / 2 && ms < INT64_MAX / 2)
		is_int(when_ms(&w), ms, "and back");
}

static void
test_split(void)
{
	splits(0, 0, "1970-01-01 00:00:00.000");
	splits(-1, 0, "1969-12-31 23:59:59.999");
	splits(-86400000, 0, "1969-12-31 00:00:00.000");
	splits(-86400001, 0, "1969-12-30 23:59:59.999");
	splits(0, -480, "1969-12-31 16:00:00.000");
	splits(86399999, 1, "1970-01-02 00:00:59.999");
	splits(1785175205123, 330, "2026-07-27 23:30:05.123");
	splits(WHEN_MAX, 0, "9999-12-31 23:59:59.999");
	splits(INT64_MAX, 1440, "292278994-08-18 07:12:55.807");
	splits(INT64_MIN, -1440, "-292275055-05-15 16:47:04.192");
}

/* What is read of a text, and how many bytes of it. */
static void
reads(const char *text, size_t used, const char *want)
{
	struct when w = { .year = 1, .month = 1, .day = 1 };
	char got[WHEN_TEXT] = "none";
	size_t n = when_parse_iso(text, strlen(text), &w);

	is_int(n, used, "'%s': bytes", text);
	if (n)
		when_iso(when_ms(&w), got);
	is_str(got, want, "'%s'", text);
}

static void
test_iso(void)
{
	reads("2026-01-31T23:59:60.123+01:00", 29, "2026-01-31T23:00:00.123Z");
	reads("2026-01-31T23:59:59Z", 20, "2026-01-31T23:59:59.000Z");
	reads("2026-01-31t23:59:59z", 20, "2026-01-31T23:59:59.000Z");
	reads("2026-01-31 23:59:59,5 x", 21, "2026-01-31T23:59:59.500Z");
	reads("2026-01-31T23:59:59.123456789-0800", 34, "2026-02-01T07:59:59.123Z");
	reads("2026-01-31T23:59:59-08", 22, "2026-02-01T07:59:59.000Z");
	reads("2026-01-31T23:59:59-08x", 22, "2026-02-01T07:59:59.000Z");
	reads("2026-01-31T23:59:59-08:", 22, "2026-02-01T07:59:59.000Z");
	reads("2026-01-31T23:59:59-8", 19, "2026-01-31T23:59:59.000Z");
	reads("2026-01-31T23:59:59+0575", 19, "2026-01-31T23:59:59.000Z");
	reads("2026-01-31T23:59:59.", 19, "2026-01-31T23:59:59.000Z");
	reads("2026-01-31T23:59+05:30", 22, "2026-01-31T18:29:00.000Z");
	reads("2026-01-31T23:59:", 16, "2026-01-31T23:59:00.000Z");
	reads("2026-01-31T23", 10, "2026-01-31T00:00:00.000Z");
	reads("2026-01-31 GET /", 10, "2026-01-31T00:00:00.000Z");
	reads("2026-01-31", 10, "2026-01-31T00:00:00.000Z");
	reads("0000-01-01", 10, "0000-01-01T00:00:00.000Z");
	reads("2026-02-30", 0, "none");
	reads("2026-01-31T24:00:00Z", 0, "none");
	reads("2026-01-31T23:59:59+2500", 0, "none");
	reads("2026-1-31", 0, "none");
	reads("2026-01-3", 0, "none");
	reads("20260131", 0, "none");
	reads(" 2026-01-31", 0, "none");
	reads("", 0, "none");
}

static void
test_iso_bytes(void)
{
	static const char nul[] = "2026-01-31\0" "23:59:59";
	const char whole[] = "2026-01-31T23:59:59.123+01:00";
	struct when w;

	is_int(when_parse_iso(nul, sizeof nul - 1, &w), 10, "a NUL is no separator");
	for (size_t len = 0; len < sizeof whole - 1; len++) {
		char *exact = malloc(len + !len); /* for the sanitizer */

		memcpy(exact, whole, len);
		ok((when_parse_iso(exact, len, &w) > 0) == (len >= 10), "cut after %zu bytes", len);
		free(exact);
	}
}

static void
option(const char *text, int64_t want)
{
	struct err e = { 0 };
	int64_t ms = -1;

	is_int(when_option(text, "-t", &ms, &e), want < 0 ? -1 : 0, "option '%s'", text);
	if (want >= 0)
		is_int(ms, want, "its time");
	else
		is_int(e.status, EX_USAGE, "its status");
}

static void
test_option(void)
{
	option("2026-01-01T00:00:00Z", 1767225600000);
	option("@2026-01-01", 1767225600000);
	option("1767225600000", 1767225600000);
	option("@0", 0);
	option("253402300799999", WHEN_MAX);
	option("253402300800000", -1);
	option("2026-01-01T00:00:00Zx", -1);
	option("2026-01-01T25:00:00Z", -1);
	option("1970-01-01", 0);
	option("1969-12-31T23:59:59.999Z", -1);
	option("-1", -1);
	option("@@0", -1);
	option("@", -1);
	option("", -1);
	option("yesterday", -1);
}

static void
zone(const char *text, int want)
{
	struct err e = { 0 };
	int minutes = 9999;

	is_int(when_zone(text, "-z", &minutes, &e), want == 9999 ? -1 : 0, "zone '%s'", text);
	if (want != 9999)
		is_int(minutes, want, "its minutes");
}

static void
test_zone(void)
{
	zone("-0800", -480);
	zone("+05:30", 330);
	zone("+09", 540);
	zone("Z", 0);
	zone("-0000", 0);
	zone("+2400", 1440);
	zone("+2401", 9999);
	zone("+0560", 9999);
	zone("0800", 9999);
	zone("+08000", 9999);
	zone("+8", 9999);
	zone("PST", 9999);
	zone("", 9999);
	setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1);
	tzset();
	is_int(when_local(1782864000000), -240, "local, in summer");
	is_int(when_local(1767225600000), -300, "local, in winter");
	setenv("TZ", "UTC", 1);
	tzset();
	zone("local", 0);
}

static void
test_text(void)
{
	char text[WHEN_TEXT];

	when_iso(1785175205007, text);
	is_str(text, "2026-07-27T18:00:05.007Z", "written");
	when_iso(-1, text);
	is_str(text, "1969-12-31T23:59:59.999Z", "before the epoch");
	when_iso(INT64_MAX, text);
	is_str(text, "292278994-08-17T07:12:55.807Z", "the last");
	when_iso(INT64_MIN, text);
	is_str(text, "-292275055-05-16T16:47:04.192Z", "the first");
}

int
main(void)
{
	test_days();
	test_valid();
	test_split();
	test_iso();
	test_iso_bytes();
	test_option();
	test_zone();
	test_text();
	return done();
}
