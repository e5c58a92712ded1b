/*
 * tally: how often each key came, in windows of event time, within bounded memory.
 *
 * A window is `width` ms long and begins at a multiple of that since 1970; with a width of
 * 0 there is one for everything.  The watermark is the latest time seen less `lateness`.
 * A window that ends at or before it is closed: handed to the callback, oldest first, and
 * forgotten.  A line for a window that is closed is late and not counted.  Without a limit
 * of lateness nothing is closed before tally_end, and the order of lines does not matter.
 *
 * All open windows share `memory` bytes of counters, and are exact within it.  Beyond it
 * each window with many counters gives up the lower half of them, which is the algorithm of
 * Misra and Gries in batches (Anderson et al., "A High-Performance Algorithm for
 * Identifying Frequent Items in Data Streams", 2017).  From then on a window's counts are
 * too high by at most its `error`, and a key that is not there came at most that often.
 * error is at most twice the window's lines by the counters that it had when it gave up.
 * Where windows are so many that none has much to give, the oldest are closed early.
 */
#ifndef STAT_TALLY_H
#define STAT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TALLY_KEY_MAX 1024        /* longer keys are cut to this, before a UTF-8 character */
#define TALLY_FOREVER INT64_MAX   /* as lateness */
#define TALLY_MEMORY_MIN (1 << 20)

struct tally_row {
	const char *key; /* NULL: none */
	size_t len;
	uint64_t count;
};

struct tally_window {
	int64_t begin;         /* ms since 1970 */
	uint64_t lines, error;
	size_t n;              /* keys */
	const struct tally_row *rows; /* by falling count, then by key */
};

/* The window is the callback's until it returns. */
typedef void tally_closed(void *ctx, const struct tally_window *w);

struct tally_options {
	int64_t width, lateness; /* ms */
	size_t memory;           /* bytes */
	int64_t columns;         /* > 0: widen the windows so that no more span all of the time */
	tally_closed *closed;
	void *ctx;
};

struct tally *tally_begin(const struct tally_options *o);
void tally_end(struct tally *t); /* closes all windows, and frees */

/* Count lines of the time ms and the key; NULL is a key of its own.  False: they are late. */
bool tally_add(struct tally *t, int64_t ms, const char *key, size_t len, uint64_t lines);

/* Give the callback all windows, and leave them open. */
void tally_each(const struct tally *t, tally_closed *each, void *ctx);

/* Close all windows and begin again, with nothing late. */
void tally_flush(struct tally *t);

int64_t tally_width(const struct tally *t);   /* columns may have changed it */
uint64_t tally_early(const struct tally *t);  /* windows closed early */

#endif
