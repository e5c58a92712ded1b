#include "base/num.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* strtoll and strtod skip spaces and take "0x", "inf" and "nan": we do not. */
static int
starts_number(const char *s)
{
	if (*s == '-' || *s == '+')
		s++;
	if (s[0] == '.')
		return isdigit((unsigned char)s[1]);
	return isdigit((unsigned char)s[0]) && !(s[0] == '0' && (s[1] | 0x20) == 'x');
}

static int
whole(const char *s, int64_t *out, char **end)
{
	if (!starts_number(s))
		return -1;
	errno = 0;
	*out = strtoll(s, end, 10);
	return errno ? -1 : 0;
}

int
num_int(const char *s, const char *what, int64_t min, int64_t max, int64_t *out, struct err *e)
{
	char *end;

	if (whole(s, out, &end) < 0 || *end || *out < min || *out > max)
		return err_set(e, EX_USAGE,
		    "%s: %s: wants a whole number from %" PRId64 " to %" PRId64, what, s, min, max);
	return 0;
}

static int
size_shift(const char *unit)
{
	static const char units[] = "kmg";
	const char *u;

	if (!*unit)
		return 0;
	u = strchr(units, tolower((unsigned char)*unit));
	if (!u || (unit[1] && strcmp(unit + 1, "B") != 0))
		return -1;
	return 10 * (int)(u - units + 1);
}

int
num_size(const char *s, const char *what, int64_t min, int64_t max, int64_t *out, struct err *e)
{
	char *end;
	int shift;

	if (whole(s, out, &end) == 0 && (shift = size_shift(end)) >= 0 && *out >= 0 &&
	    *out <= INT64_MAX >> shift) {
		*out <<= shift;
		if (*out >= min && *out <= max)
			return 0;
	}
	return err_set(e, EX_USAGE,
	    "%s: %s: wants a size such as 64k, 128M or 1G, from %" PRId64 " to %" PRId64 " bytes",
	    what, s, min, max);
}

static double
span_unit(const char *unit)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = { { "", 1e3 }, { "ms", 1 }, { "s", 1e3 }, { "m", 6e4 }, { "h", 3.6e6 },
		{ "d", 8.64e7 } };

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (strcmp(unit, units[i].name) == 0)
			return units[i].ms;
	return -1;
}

int
num_span(const char *s, const char *what, int64_t min, int64_t max, int64_t *out, struct err *e)
{
	double v, unit;
	char *end;

	if (starts_number(s)) {
		v = strtod(s, &end);
		unit = span_unit(end);
		v = round(v * unit);
		/* (double)INT64_MAX is one more than fits. */
		if (unit > 0 && v >= (double)min && v <= (double)max && v < 0x1p63) {
			*out = (int64_t)v;
			return 0;
		}
	}
	return err_set(e, EX_USAGE,
	    "%s: %s: wants a time such as 250ms, 30s, 5m, 2h or 1d, from %" PRId64 " to %" PRId64
	    " ms", what, s, min, max);
}

int
num_real(const char *s, const char *what, double min, double max, double *out, struct err *e)
{
	char *end;

	if (starts_number(s)) {
		*out = strtod(s, &end);
		if (!*end && *out >= min && *out <= max)
			return 0;
	}
	return err_set(e, EX_USAGE, "%s: %s: wants a number from %g to %g", what, s, min, max);
}
