/*
 * clfjson: an access line as a flat JSON object, a line of its own.
 *
 *	{"host","ident","user","time","request","status","size","referer","agent",
 *	 "method","path","query","protocol"}
 *
 * Every line has all the members, in this order, so that they are the columns of a
 * table; a line with more behind the agent has that as one more, "more".  The first nine are
 * those of genlogs -f json.  null stands for "-" and for what is not there; status and size
 * are numbers; the time is ISO 8601 in the zone that it was written with; texts have their
 * escapes undone and are UTF-8, what is none being replaced by U+FFFD.
 */
#ifndef WEBLOG_CLFJSON_H
#define WEBLOG_CLFJSON_H

#include "base/buf.h"
#include "weblog/clf.h"

struct clfjson {
	struct buf out;         /* the lines so far; the caller takes them and sets len to 0 */
	struct buf bytes, text; /* for a field that has to be rewritten */
	struct when when;       /* of the line before … */
	char stamp[64];         /* … as text */
};

/* Append c to out.  A line becomes at most 12 times as long, and 400 bytes. */
void clfjson_add(struct clfjson *j, const struct clf *c);
void clfjson_free(struct clfjson *j);

#endif
