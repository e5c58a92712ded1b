/*
 * when: points in time, read and written.
 *
 * A time is int64_t milliseconds since 1970-01-01T00:00:00Z.
 */
#ifndef BASE_WHEN_H
#define BASE_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A date as written in a text, in its own zone. */
struct when {
	int year, month, day, hour, minute, second; /* month and day from 1 */
	int ms;
	int zone; /* minutes east of UTC */
};

#define WHEN_TEXT 40             /* room for when_iso's text */
#define WHEN_MAX 253402300799999 /* the end of the year 9999 */

/* Days since 1970-01-01 of a Gregorian date, and back: proleptic, any year. */
int64_t when_days(int year, int month, int day);
void when_date(int64_t days, int *year, int *month, int *day);

bool when_valid(const struct when *w); /* the fields are a real date and time */
int64_t when_ms(const struct when *w);
void when_split(int64_t ms, int zone, struct when *out);

/* ISO 8601 at the start of s: 2026-01-31T23:59:60.123+01:00, also with a space for
 * the T, a comma for the dot, without seconds, or the date alone; the zone is Z,
 * +hh, +hhmm, +hh:mm or, where none is written, UTC.  Gives the bytes used, 0 if
 * there is no such date. */
size_t when_parse_iso(const char *s, size_t len, struct when *out);

/* What the command line takes, from 1970 up to WHEN_MAX: ISO 8601 in full, or
 * milliseconds; a leading "@" is allowed. */
int when_option(const char *s, const char *what, int64_t *ms, struct err *e);

/* "-0800", "+05:30", "Z" as minutes east; "local" is what the system's zone is now. */
int when_zone(const char *s, const char *what, int *minutes, struct err *e);

/* The system's zone at that time, in minutes east. */
int when_local(int64_t ms);

/* 2026-01-31T23:59:59.123Z into text of WHEN_TEXT bytes. */
void when_iso(int64_t ms, char text[WHEN_TEXT]);

#endif
