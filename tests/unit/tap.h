/*
 * tap: unit tests print the Test Anything Protocol, which prove reads.
 *
 *	#include "tap.h"
 *	int main(void)
 *	{
 *		ok(x > 0, "x is positive");
 *		is_int(when_days(1970, 1, 1), 0, "the epoch");
 *		return done();
 *	}
 *
 * Each check gives whether it passed, and says where it stands when it did not.
 */
#ifndef TAP_H
#define TAP_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((format(printf, 4, 0))) static inline bool
tap_report(bool passed, const char *file, int line, const char *fmt, va_list ap)
{
	tap_failed += !passed;
	printf("%sok %d - ", passed ? "" : "not ", ++tap_count);
	vprintf(fmt, ap);
	putchar('\n');
	if (!passed)
		printf("# %s:%d\n", file, line);
	return passed;
}

__attribute__((format(printf, 4, 5))) static inline bool
tap_ok(bool passed, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_report(passed, file, line, fmt, ap);
	va_end(ap);
	return passed;
}

__attribute__((format(printf, 5, 6))) static inline bool
tap_is_int(int64_t got, int64_t want, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tap_report(got == want, file, line, fmt, ap);
	va_end(ap);
	if (got != want)
		printf("# got %" PRId64 ", want %" PRId64 "\n", got, want);
	return got == want;
}

__attribute__((format(printf, 5, 6))) static inline bool
tap_is_str(const char *got, const char *want, const char *file, int line, const char *fmt, ...)
{
	bool same = got && want ? strcmp(got, want) == 0 : got == want;
	va_list ap;

	va_start(ap, fmt);
	tap_report(same, file, line, fmt, ap);
	va_end(ap);
	if (!same)
		printf("# got  %s\n# want %s\n", got ? got : "(NULL)", want ? want : "(NULL)");
	return same;
}

/* The name is a printf format with its arguments. */
#define ok(passed, ...) tap_ok((passed), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...) \
	tap_is_int((int64_t)(got), (int64_t)(want), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, ...) tap_is_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)

/* Print the plan; what main returns. */
static inline int
done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
