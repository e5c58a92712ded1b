/*
 * tail: follow files by name through everything that rotates them.
 *
 * A name leads to a line of files, the oldest first: those that had it and may still
 * be written to, and the one that has it now.  A file is read only while no older one
 * of its name has lines to give.  A file that lost the name stays open until it has
 * been quiet for TAIL_LINGER_MS, and is opened again if it grows after that.
 *
 *	while (tail_next(t, &b)) {
 *		write b.p, b.len
 *		tail_take(t, &b);        // written: from here on part of the saved position
 *	}
 *	if (!tail_done(t))
 *		io_wait(tail_fd(t), true, tail_timeout(t));   // and again
 *
 * Memory: one buffer of TAIL_CHUNK bytes for all files, a few hundred bytes for each
 * file and for each sibling of it.
 */
#ifndef TAIL_TAIL_H
#define TAIL_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "tail/file.h"

#define TAIL_LINGER_MS 5000 /* how long a rotated file must be quiet to be left for good */
#define TAIL_SAVE_MS 5000   /* how often the state is saved while something changes */
#define TAIL_SWEEP_MS 60000 /* how often every name is looked at although it is watched */

enum tail_note {
	TAIL_SAID, /* what somebody following the run wants to know: only with -v */
	TAIL_WARN, /* waiting for something, or cannot read it */
	TAIL_LOSS, /* lines have been, or may have been, lost */
};

/* What becomes of an identity, for those who keep positions by it. */
enum tail_fate {
	TAIL_BEGUN,    /* its lines from pos on follow */
	TAIL_FINISHED, /* it was read to its end and left for good, or was truncated */
	TAIL_GONE,     /* it was finished and is not on disk any more */
};

struct tail_state;

struct tail_opts {
	struct tail_start start; /* in files that are there at the beginning */
	bool from_start;         /* begin at line 1 instead, as with a state file */
	bool by_name;            /* false: stay with the file that was opened */
	bool once;               /* end at the present end */
	bool never_watch;        /* look every interval_ms instead */
	int64_t interval_ms;
	const char *state;       /* NULL: none */
	const struct tail_state *list; /* instead of it: positions (left or done) without names */
	void (*told)(void *ctx, enum tail_fate fate, const struct tail_id *id, int64_t pos); /* or NULL */
	void *ctx;
	void (*note)(enum tail_note kind, const char *text);
};

struct tail_totals {
	uint64_t lost_bytes;  /* seen and not read: a lower bound of what is lost */
	uint64_t lost_files;  /* gone with an unknown number of unread lines */
	uint64_t truncations; /* in place: what came just before it cannot be known */
	uint64_t unreadable;  /* operands that could not be read (once, or by descriptor) */
};

struct tail;

/* names are paths or patterns (glob), evaluated again as files appear.  o's strings and
 * names must stay.  NULL on error: 78 for a damaged state file; 65 if a listed file that is
 * not done is not there, 77 if it cannot be told whether it is. */
struct tail *tail_open(const struct tail_opts *o, char *const *names, size_t n, struct err *e);
void tail_close(struct tail *t);

/* The next lines; false if there are none now: what has come since the last look, tail_fd tells.
 * Take a batch, or stop. */
bool tail_next(struct tail *t, struct tail_batch *b);
void tail_take(struct tail *t, const struct tail_batch *b);

bool tail_done(const struct tail *t);     /* nothing more will come */
int tail_fd(const struct tail *t);        /* to wait for, -1 if only the time matters */
int64_t tail_timeout(const struct tail *t); /* ms from now; < 0: for ever */

/* Write down what has been taken.  Nothing to do without a state file. */
int tail_save(struct tail *t, struct err *e);
const struct tail_totals *tail_count(const struct tail *t);

#endif
