/*
 * progress: one line on standard error that tells how long work is going on.
 *
 * Shown when standard error is a terminal and data is not going to that terminal,
 * at most twice a second; progress_end wipes it off so that messages stand alone.
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on, shown;
	int64_t began, next; /* io_now() */
};

/* quiet turns it off.  Call it again for every run. */
void progress_begin(struct progress *p, bool quiet);
void progress_show(struct progress *p, uint64_t records, uint64_t bytes);
void progress_end(struct progress *p);

#endif
