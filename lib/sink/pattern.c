#include "sink/pattern.h"

#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

#define NO_VALUE "__HIVE_DEFAULT_PARTITION__"
#define NO_TIME UINT64_MAX

/* A time packed into one number, a byte a field. */
#define YEAR (UINT64_C(0xffff) << 32)
#define MONTH (UINT64_C(0xff) << 24)
#define DAY (UINT64_C(0xff) << 16)
#define HOUR (UINT64_C(0xff) << 8)
#define MINUTE UINT64_C(0xff)

struct conversion {
	char letter;
	int width; /* digits, unless the '-' flag takes the zeros away */
	uint64_t fields;
};

static const struct conversion conversions[] = {
	{ 'Y', 4, YEAR },
	{ 'y', 2, YEAR },
	{ 'm', 2, MONTH },
	{ 'd', 2, DAY },
	{ 'j', 3, YEAR | MONTH | DAY },
	{ 'H', 2, HOUR },
	{ 'M', 2, MINUTE },
};

/* The conversion that s, behind the '%', begins with, and its end; NULL if there is none. */
static const struct conversion *
conversion(const char *s, const char **end, bool *bare)
{
	*bare = *s == '-';
	s += *bare;
	*end = s + 1;
	for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++)
		if (conversions[i].letter == *s)
			return &conversions[i];
	return NULL;
}

static int
bad(const char *text, const char *why, struct err *e)
{
	return err_set(e, EX_USAGE, "--pattern: %s: %s", text, why);
}

static int
check_components(const char *text, struct err *e)
{
	for (const char *s = text;; s++) {
		if (*s == '/' || !*s)
			return bad(text, "wants directories below DIR, such as year=%Y/month=%m, "
			    "without an empty one", e);
		if (*s == '.' || *s == '_')
			return bad(text, "names that begin with '.' or '_' are hidden from Hive "
			    "and Spark", e);
		s += strcspn(s, "/");
		if (!*s)
			return 0;
	}
}

int
pattern_parse(const char *text, struct pattern *p, struct err *e)
{
	const struct conversion *c;
	bool bare;

	*p = (struct pattern){ .text = text };
	if (!utf8_valid(text, strlen(text)))
		return bad(text, "is not UTF-8, which names in HDFS and in the commits of -E are", e);
	if (check_components(text, e) < 0)
		return -1;
	for (const char *s = text; *s;) {
		if (*s == ':')
			return bad(text, "HDFS allows no ':' in a name", e);
		if ((unsigned char)*s < ' ')
			return bad(text, "control characters make no directory name", e);
		if (*s++ != '%')
			continue;
		if (*s == '%') {
			s++;
			continue;
		}
		c = conversion(s, &s, &bare);
		if (!c)
			return bad(text, "knows %Y %y %m %d %j %H %M (%-m: no leading zero) and %%", e);
		p->mask |= c->fields;
	}
	return 0;
}

uint64_t
pattern_key(const struct pattern *p, const struct when *w)
{
	if (!p->mask)
		return 0;
	if (!w)
		return NO_TIME;
	return p->mask & ((uint64_t)w->year << 32 | (uint64_t)w->month << 24 |
	    (uint64_t)w->day << 16 | (uint64_t)w->hour << 8 | (uint64_t)w->minute);
}

static int
value(char letter, const struct when *w)
{
	switch (letter) {
	case 'Y': return w->year;
	case 'y': return w->year % 100;
	case 'm': return w->month;
	case 'd': return w->day;
	case 'j': return (int)(when_days(w->year, w->month, w->day) - when_days(w->year, 1, 1)) + 1;
	case 'H': return w->hour;
	default: return w->minute;
	}
}

/* One component, ended by '/' or the end; w is not NULL. */
static const char *
format_component(const char *s, const struct when *w, struct buf *out)
{
	const struct conversion *c;
	bool bare;

	while (*s && *s != '/') {
		if (*s != '%') {
			buf_addc(out, *s++);
		} else if (s[1] == '%') {
			buf_addc(out, '%');
			s += 2;
		} else {
			c = conversion(s + 1, &s, &bare);
			buf_printf(out, "%0*d", bare ? 0 : c->width, value(c->letter, w));
		}
	}
	return s;
}

/* The same for a line without a time: what depends on it gets Hive's name for no value. */
static const char *
format_default(const char *s, struct buf *out)
{
	static const struct when epoch = { .year = 1970, .month = 1, .day = 1 };
	size_t len = strcspn(s, "/");
	const char *equals = memchr(s, '=', len);
	bool dated = false;

	for (const char *p = s; (p = memchr(p, '%', len - (size_t)(p - s))) != NULL; p += 2)
		dated |= p[1] != '%';
	if (!dated)
		return format_component(s, &epoch, out);
	if (equals)
		buf_add(out, s, (size_t)(equals + 1 - s));
	buf_adds(out, NO_VALUE);
	return s + len;
}

void
pattern_format(const struct pattern *p, const struct when *w, struct buf *out)
{
	const char *s = p->text;

	for (;;) {
		s = w ? format_component(s, w, out) : format_default(s, out);
		if (!*s)
			return;
		buf_addc(out, *s++);
	}
}
