#define _DEFAULT_SOURCE /* tm_gmtoff */
#include "base/when.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/num.h"

#define DAY 86400000 /* ms */

/* Era arithmetic over 400-year cycles, with years that begin in March so that the
 * leap day is a year's last. */
int64_t
when_days(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void
when_date(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

static int
days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

bool
when_valid(const struct when *w)
{
	return w->month >= 1 && w->month <= 12 && w->day >= 1 &&
	    w->day <= days_in_month(w->year, w->month) && w->hour >= 0 && w->hour <= 23 &&
	    w->minute >= 0 && w->minute <= 59 && w->second >= 0 && w->second <= 60 &&
	    w->zone >= -24 * 60 && w->zone <= 24 * 60;
}

int64_t
when_ms(const struct when *w)
{
	int64_t minutes = when_days(w->year, w->month, w->day) * 1440 + w->hour * 60 + w->minute;

	return ((minutes - w->zone) * 60 + w->second) * 1000 + w->ms;
}

void
when_split(int64_t ms, int zone, struct when *out)
{
	/* First the day and then the zone, so that no time overflows. */
	int64_t days = ms / DAY - (ms % DAY < 0);
	int64_t local = ms % DAY + (ms % DAY < 0 ? DAY : 0) + (int64_t)zone * 60000;
	int64_t more = local < 0 ? -1 : local / DAY;
	int rest = (int)(local - more * DAY);

	days += more;
	when_date(days, &out->year, &out->month, &out->day);
	out->hour = rest / 3600000;
	out->minute = rest / 60000 % 60;
	out->second = rest / 1000 % 60;
	out->ms = rest % 1000;
	out->zone = zone;
}

/* n digits at s[*at]; moves *at on.  -1 if they are not all there. */
static int
digits(const char *s, size_t len, size_t *at, size_t n)
{
	int v = 0;

	if (len - *at < n)
		return -1;
	for (size_t i = 0; i < n; i++, ++*at) {
		if (!isdigit((unsigned char)s[*at]))
			return -1;
		v = v * 10 + (s[*at] - '0');
	}
	return v;
}

static bool
take(const char *s, size_t len, size_t *at, const char *any)
{
	if (*at >= len || !s[*at] || !strchr(any, s[*at]))
		return false;
	++*at;
	return true;
}

/* The zone at s[*at], if one is there. */
static void
parse_zone(const char *s, size_t len, size_t *at, int *zone)
{
	size_t end = *at + 1;
	int hours, minutes = 0;

	if (take(s, len, at, "Zz") || *at >= len || (s[*at] != '+' && s[*at] != '-'))
		return;
	hours = digits(s, len, &end, 2);
	if (hours < 0)
		return;
	size_t rest = end;
	take(s, len, &rest, ":");
	minutes = digits(s, len, &rest, 2);
	if (minutes >= 0)
		end = rest;
	else
		minutes = 0;
	if (minutes > 59)
		return; /* no zone, but something else */
	*zone = (s[*at] == '-' ? -1 : 1) * (hours * 60 + minutes);
	*at = end;
}

/* ".123456" behind the seconds, as milliseconds. */
static int
parse_fraction(const char *s, size_t len, size_t *at)
{
	int ms = 0, unit = 100;
	size_t i = *at;

	if (!take(s, len, &i, ".,") || i >= len || !isdigit((unsigned char)s[i]))
		return 0;
	for (; i < len && isdigit((unsigned char)s[i]); i++, unit /= 10)
		ms += unit * (s[i] - '0');
	*at = i;
	return ms;
}

size_t
when_parse_iso(const char *s, size_t len, struct when *out)
{
	struct when w = { 0 };
	size_t at = 0, date_end;

	if ((w.year = digits(s, len, &at, 4)) < 0 || !take(s, len, &at, "-") ||
	    (w.month = digits(s, len, &at, 2)) < 0 || !take(s, len, &at, "-") ||
	    (w.day = digits(s, len, &at, 2)) < 0)
		return 0;
	date_end = at;
	if (take(s, len, &at, "Tt ") && (w.hour = digits(s, len, &at, 2)) >= 0 &&
	    take(s, len, &at, ":") && (w.minute = digits(s, len, &at, 2)) >= 0) {
		size_t seconds = at;

		if (take(s, len, &seconds, ":") &&
		    (w.second = digits(s, len, &seconds, 2)) >= 0) {
			at = seconds;
			w.ms = parse_fraction(s, len, &at);
		} else {
			w.second = 0;
		}
		parse_zone(s, len, &at, &w.zone);
	} else {
		w.hour = w.minute = 0;
		at = date_end;
	}
	if (!when_valid(&w))
		return 0;
	*out = w;
	return at;
}

int
when_option(const char *s, const char *what, int64_t *ms, struct err *e)
{
	const char *text = *s == '@' ? s + 1 : s;
	size_t len = strlen(text);
	struct when w;

	if (len && when_parse_iso(text, len, &w) == len && (*ms = when_ms(&w)) >= 0)
		return 0;
	if (num_int(text, what, 0, WHEN_MAX, ms, e) == 0)
		return 0;
	return err_set(e, EX_USAGE,
	    "%s: %s: wants a time such as 2026-01-31T12:00:00Z, or milliseconds since 1970", what, s);
}

int
when_local(int64_t ms)
{
	time_t at = (time_t)(ms / 1000);
	struct tm local;

	return localtime_r(&at, &local) ? (int)(local.tm_gmtoff / 60) : 0;
}

int
when_zone(const char *s, const char *what, int *minutes, struct err *e)
{
	size_t at = 0, len = strlen(s);

	if (strcmp(s, "local") == 0) {
		*minutes = when_local((int64_t)time(NULL) * 1000);
		return 0;
	}
	*minutes = 0;
	parse_zone(s, len, &at, minutes);
	if (at && at == len && *minutes >= -24 * 60 && *minutes <= 24 * 60)
		return 0;
	return err_set(e, EX_USAGE, "%s: %s: wants a zone such as -0800, +05:30, Z or local", what,
	    s);
}

void
when_iso(int64_t ms, char text[WHEN_TEXT])
{
	struct when w;

	when_split(ms, 0, &w);
	snprintf(text, WHEN_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", w.year, w.month, w.day,
	    w.hour, w.minute, w.second, w.ms);
}
