/* Partition patterns: what is refused, and what a time becomes. */
#include "sink/pattern.h"

#include "tap.h"

#define NONE "__HIVE_DEFAULT_PARTITION__"

static const struct when jan5 = { .year = 2026, .month = 1, .day = 5, .hour = 7, .minute = 8,
	.second = 9, .zone = -480 };

static void
expands(const char *text, const struct when *w, const char *want)
{
	struct pattern p;
	struct err e = { 0 };
	struct buf out = { 0 };

	if (ok(pattern_parse(text, &p, &e) == 0, "%s is a pattern", text)) {
		pattern_format(&p, w, &out);
		is_str(buf_str(&out), want, "%s becomes %s", text, want);
	}
	buf_free(&out);
}

static void
refused(const char *text, const char *why)
{
	struct pattern p;
	struct err e = { 0 };

	ok(pattern_parse(text, &p, &e) < 0 && e.status == EX_USAGE, "'%s' is refused", text);
	ok(strstr(e.text, why), "and the message says: %s", why);
}

static void
keys(void)
{
	struct pattern p;
	struct err e;
	struct when other = jan5;

	pattern_parse("h=%H", &p, &e);
	other.year = 1999;
	other.minute = 59;
	ok(pattern_key(&p, &jan5) == pattern_key(&p, &other), "%%H: other days and minutes are one");
	other.hour = 8;
	ok(pattern_key(&p, &jan5) != pattern_key(&p, &other), "%%H: another hour is another");
	ok(pattern_key(&p, NULL) != pattern_key(&p, &jan5), "no time is another");
	pattern_parse("d=%j", &p, &e);
	other = jan5;
	other.month = 2;
	ok(pattern_key(&p, &jan5) != pattern_key(&p, &other), "%%j depends on the month");
	pattern_parse("raw", &p, &e);
	ok(pattern_key(&p, &jan5) == pattern_key(&p, &other), "a constant is one partition");
	ok(pattern_key(&p, &jan5) == pattern_key(&p, NULL), "for lines without a time, too");
}

int
main(void)
{
	expands(PATTERN_DEFAULT, &jan5, "year=2026/month=1/dayofmonth=5");
	expands("y=%Y%m%d/h=%H%M", &jan5, "y=20260105/h=0708");
	expands("%y-%-j/%-H.%-M/100%%", &jan5, "26-5/7.8/100%");
	expands("%j", &(struct when){ .year = 2024, .month = 12, .day = 31 }, "366");
	expands(PATTERN_DEFAULT, NULL, "year=" NONE "/month=" NONE "/dayofmonth=" NONE);
	expands("logs/%Y/d=%m-%d/100%%", NULL, "logs/" NONE "/d=" NONE "/100%");
	expands("a b=%Y", &jan5, "a b=2026");
	expands("caf\xc3\xa9=%Y", &jan5, "caf\xc3\xa9=2026");
	refused("", "directories below DIR");
	refused("/year=%Y", "directories below DIR");
	refused("year=%Y//d", "directories below DIR");
	refused("year=%Y/", "directories below DIR");
	refused("../%Y", "hidden");
	refused("%Y/..", "hidden");
	refused("_kpipe/%Y", "hidden");
	refused("%H:%M", "no ':'");
	refused("a\nb", "control");
	refused("caf\xe9=%Y", "UTF-8");
	refused("%Q", "knows");
	refused("%", "knows");
	refused("%-", "knows");
	refused("%-%", "knows");
	keys();
	return done();
}
