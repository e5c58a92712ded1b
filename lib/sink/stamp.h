/*
 * stamp: when the event happened that a line tells of.
 *
 *	clf          the time of the request in an access line (weblog/clf.h)
 *	iso          the first ISO 8601 date, with or without a time, in the line's
 *	             first STAMP_REACH bytes
 *	json:FIELD   a member of a JSON object: ISO 8601, or a number of seconds or,
 *	             from 10^11 on, milliseconds since 1970
 *	arrival      now, in UTC
 *
 * A time is in the zone that it was written with; numbers, and texts that name no zone,
 * are UTC.
 */
#ifndef SINK_STAMP_H
#define SINK_STAMP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/when.h"

#define STAMP_REACH 1024

enum stamp_kind { STAMP_CLF, STAMP_ISO, STAMP_JSON, STAMP_ARRIVAL };

struct stamp {
	enum stamp_kind kind;
	const char *field; /* points into the text parsed */
};

int stamp_parse(const char *text, struct stamp *st, struct err *e); /* status 64 */

/* The time of the line (without its newline); false if it has none. */
bool stamp_find(const struct stamp *st, const char *line, size_t len, struct when *out);

#endif
