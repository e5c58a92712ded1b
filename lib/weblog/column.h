/*
 * column: the time and one column of a log line, be it an access line (weblog/clf.h) or an
 * object that logjson made of it (weblog/clfjson.h).
 *
 * Both kinds give the same text, so that a count over either is the same.  Of JSON any
 * object will do that has the member and a "time" in ISO 8601, and no more than 100,000
 * values; members that are not asked for are passed over.
 */
#ifndef WEBLOG_COLUMN_H
#define WEBLOG_COLUMN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct column {
	int which;
	const char *name;
	struct buf bytes, text; /* what has to be rewritten */
};

/* The columns' names, ended by NULL. */
extern const char *const column_names[];

/* -1: there is none of this name. */
int column_begin(struct column *c, const char *name);
void column_end(struct column *c);

struct column_value {
	int64_t ms;      /* the time */
	const char *key; /* UTF-8, valid until the next call and as long as the line; NULL: null */
	size_t len;
};

/* NULL, or why the line is none, as a phrase for a message.  White space at its end does
 * not count. */
const char *column_read(struct column *c, const char *line, size_t len, struct column_value *out);

#endif
