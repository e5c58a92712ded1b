/*
 * clf: what web servers write, the common and combined log formats.
 *
 *	host ident user [dd/Mon/yyyy:HH:MM:SS zone] "request" status size "referer" "agent"
 *
 * Servers escape quotes in what a client sends but neither spaces nor brackets, so
 * that a user name may look like anything up to and including a time.  Only the time
 * of the request is followed by a quote that is not escaped.
 * (Apache: mod_log_config, "Common Log Format", "Combined Log Format".)
 */
#ifndef WEBLOG_CLF_H
#define WEBLOG_CLF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/when.h"

#define CLF_TIME 26 /* the length of "27/Jul/2026:10:00:05 -0800" */

/* The time of the request in an access line, in the zone that it was written with;
 * false if the line has none.  One pass over the bytes up to the time, nothing is
 * allocated, and any bytes are allowed. */
bool clf_time(const char *line, size_t len, struct when *out);

/* The other way, into text of CLF_TIME bytes without a NUL; the year has four digits. */
void clf_time_text(const struct when *w, char text[CLF_TIME]);

#endif
