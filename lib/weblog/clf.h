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
#include <stdint.h>

#include "base/buf.h"
#include "base/when.h"

#define CLF_TIME 26 /* the length of "27/Jul/2026:10:00:05 -0800" */

/* A field as it was written, its escapes in place; p is NULL for "-" and for what the
 * format does not have. */
struct clf_text {
	const char *p;
	size_t len;
};

struct clf {
	struct clf_text host, ident, user, request, referer, agent;
	struct clf_text more; /* what a server was told to write behind them, all of it */
	struct when time;
	int status;   /* 0 to 999; -1: "-" */
	int64_t size; /* -1: "-" */
};

/* Take a line apart, without its newline; a CR at its end does not count.  NULL, or why
 * the line is neither common nor combined, with or without more behind it, as a phrase for a
 * message. */
const char *clf_parse(const char *line, size_t len, struct clf *out);

/* What a browser asked for: method SP target SP HTTP/version, or of HTTP/0.9 without the
 * last.  All NULL where the request is nothing of that.  The path ends at the first '?',
 * the query begins behind it and is NULL where there is none. */
struct clf_request {
	struct clf_text method, path, query, protocol;
};
void clf_request(struct clf_text request, struct clf_request *out);

/* Append the bytes that a field, which is not NULL, stands for: \xHH, \" \\ \b \n \r \t \v as Apache and nginx
 * write them; a backslash before anything else is itself. */
void clf_bytes(struct clf_text t, struct buf *b);

/* The time of the request in an access line, in the zone that it was written with;
 * false if the line has none.  One pass over the bytes up to the time, nothing is
 * allocated, and any bytes are allowed. */
bool clf_time(const char *line, size_t len, struct when *out);

/* The other way, into text of CLF_TIME bytes without a NUL; the year has four digits. */
void clf_time_text(const struct when *w, char text[CLF_TIME]);

#endif
