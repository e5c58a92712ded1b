/*
 * show: a window's counts as text or as JSON lines.
 *
 * Keys come from outside: in text for people, control characters are written as \xHH, so
 * that no log line can speak to a terminal, and where not utf8, all but ASCII is.
 */
#ifndef STAT_SHOW_H
#define STAT_SHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "stat/tally.h"

struct show {
	const char *by; /* the column's name */
	size_t top;     /* rows of a window; 0: all of them */
	int64_t width;  /* of the windows, ms; 0: one for everything */
	bool utf8;      /* what text for people may hold */
};

/* Append a heading, a line for each key, and one for the rest. */
void show_table(const struct show *s, const struct tally_window *w, struct buf *b);

/* Append an object for each key: {"window","seconds","by","key","count","error","lines"}.
 * window is when it begins; it and seconds are null where there is one for everything;
 * lines are those of the window. */
void show_json(const struct show *s, const struct tally_window *w, struct buf *b);

/* Append a key for people, "-" for none and "" for an empty one. */
void show_key(const struct show *s, const struct tally_row *row, struct buf *b);

/* Append a time to the second, and a width as "90s", "15m", "6h" or "2d". */
void show_time(struct buf *b, int64_t ms);
void show_span(struct buf *b, int64_t ms);

#endif
