/*
 * pace: so many records a second.
 *
 * Each record has its own time, counted from the start, so that late wake-ups do not
 * add up.  Whoever was held up makes up for at most PACE_DEBT_MS of it and forgets the
 * rest: a reader that slept does not find a burst without end.  Times are io_now()'s,
 * handed in by the caller.
 *
 *	pace_begin(&p, rate, io_now());
 *	for (;;) {
 *		n = pace_due(&p, io_now());
 *		… do n …
 *		pace_took(&p, n);
 *		… wait for pace_wait(&p, io_now()) ms …
 *	}
 */
#ifndef BASE_PACE_H
#define BASE_PACE_H

#include <stdint.h>

#define PACE_DEBT_MS 1000

struct pace {
	double rate;   /* records a second, > 0 */
	int64_t start; /* when record 0 was due, moved on by forgotten debt */
	uint64_t done;
};

void pace_begin(struct pace *p, double rate, int64_t now);
uint64_t pace_due(struct pace *p, int64_t now);
void pace_took(struct pace *p, uint64_t n);
int64_t pace_wait(const struct pace *p, int64_t now); /* until the next is due; 0: now */

#endif
