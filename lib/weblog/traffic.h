/*
 * traffic: the lines of a model's visitors, one after the other.
 *
 * A fixed number of sessions is open at any time.  Each line belongs to one of them,
 * every one as likely; a session that has had its requests makes room for one from a
 * new address.  All texts are made ready at the start: a line is a few draws and
 * copies.  The same seed gives the same lines, on every machine.
 */
#ifndef WEBLOG_TRAFFIC_H
#define WEBLOG_TRAFFIC_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weblog/model.h"

enum traffic_format { TRAFFIC_COMBINED, TRAFFIC_COMMON, TRAFFIC_JSON };

#define TRAFFIC_LOCAL INT_MAX /* as a zone: what the system's is at each time */

struct traffic_options {
	enum traffic_format format;
	int zone;      /* minutes east of UTC, or TRAFFIC_LOCAL */
	bool sequence; /* a line's number goes into its request as ?seq=N, from 0 */
	uint64_t seed;
};

/* The model must stay where it is.  traffic_end frees. */
struct traffic *traffic_begin(const struct model *m, const struct traffic_options *o);
void traffic_end(struct traffic *t);

/* No line is longer, its newline included. */
size_t traffic_line_max(const struct traffic *t);

/* Write the next line, of the time ms, to p, and give its end.  ms is from 1970 to the
 * year 9999. */
char *traffic_line(struct traffic *t, char *p, int64_t ms);

#endif
