/*
 * progress: one line on standard error that tells how long work is going on.
 *
 * Shown when standard error is a terminal and no data goes to a terminal or is typed,
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

/* quiet turns it off, and so does a terminal as `data`, the descriptor that the data comes from or goes
 * to (-1: none).  Call it again for every run. */
void progress_begin(struct progress *p, bool quiet, int data);
void progress_show(struct progress *p, uint64_t records, uint64_t bytes);
void progress_end(struct progress *p);

#endif
