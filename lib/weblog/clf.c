#include "weblog/clf.h"

#include <string.h>

static const char months[12][3] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec" };

/* n digits at p, or -1. */
static int
digits(const char *p, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned char)p[i] - (unsigned)'0';

		if (d > 9)
			return -1;
		v = v * 10 + (int)d;
	}
	return v;
}

static int
month(const char *p)
{
	for (int i = 0; i < 12; i++)
		if (memcmp(p, months[i], 3) == 0)
			return i + 1;
	return -1;
}

/* The CLF_TIME bytes at p. */
static bool
parse_time(const char *p, struct when *out)
{
	static const char pattern[CLF_TIME + 1] = "dd/Mon/yyyy:HH:MM:SS ?hhmm";
	struct when w = {
		.day = digits(p, 2), .month = month(p + 3), .year = digits(p + 7, 4),
		.hour = digits(p + 12, 2), .minute = digits(p + 15, 2), .second = digits(p + 18, 2),
	};
	int zone_hours = digits(p + 22, 2), zone_minutes = digits(p + 24, 2);

	for (size_t i = 0; i < CLF_TIME; i++)
		if (strchr("/: ", pattern[i]) && p[i] != pattern[i])
			return false;
	if ((p[21] != '+' && p[21] != '-') || zone_hours < 0 || zone_minutes < 0 ||
	    zone_minutes > 59 || w.year < 0 || !when_valid(&w))
		return false;
	w.zone = (p[21] == '-' ? -1 : 1) * (zone_hours * 60 + zone_minutes);
	if (!when_valid(&w))
		return false;
	*out = w;
	return true;
}

/* Behind the n-th space, or NULL. */
static const char *
skip_fields(const char *p, const char *end, int n)
{
	while (p && n--) {
		p = memchr(p, ' ', (size_t)(end - p));
		if (p)
			p++;
	}
	return p;
}

bool
clf_time(const char *line, size_t len, struct when *out)
{
	const char *end = line + len;
	const char *p = skip_fields(line, end, 2);

	if (!p)
		return false;
	/* The host may be an IPv6 address in brackets, so look behind two fields only. */
	while ((p = memchr(p, '[', (size_t)(end - p))) != NULL) {
		const char *after;

		p++;
		if (end - p <= CLF_TIME || p[CLF_TIME] != ']')
			continue;
		after = p + CLF_TIME;
		if ((after + 1 == end || (end - after > 2 && memcmp(after + 1, " \"", 2) == 0)) &&
		    parse_time(p, out))
			return true;
	}
	return false;
}

static void
put(char *p, int v, int n)
{
	for (; n--; v /= 10)
		p[n] = (char)('0' + v % 10);
}

void
clf_time_text(const struct when *w, char text[CLF_TIME])
{
	int zone = w->zone < 0 ? -w->zone : w->zone;

	memcpy(text, "dd/Mon/yyyy:HH:MM:SS +hhmm", CLF_TIME);
	put(text, w->day, 2);
	memcpy(text + 3, months[w->month - 1], 3);
	put(text + 7, w->year, 4);
	put(text + 12, w->hour, 2);
	put(text + 15, w->minute, 2);
	put(text + 18, w->second, 2);
	text[21] = w->zone < 0 ? '-' : '+';
	put(text + 22, zone / 60 * 100 + zone % 60, 4);
}
