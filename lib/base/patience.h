/*
 * patience: how long to go on trying, and the pauses in between.
 *
 * A pause takes 100 ms the first time, then twice as long each time, up to 5 s, and ends
 * with the patience.  A stop signal leaves STOP_GRACE_MS of it, as long as a sink reads on.
 */
#ifndef BASE_PATIENCE_H
#define BASE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
	int64_t until;   /* io_now() of its end */
	unsigned pauses; /* there were so far */
};

struct patience patience_begin(int64_t timeout_ms); /* INT64_MAX: without end */
bool patience_left(struct patience *p);
void patience_pause(struct patience *p); /* a stop signal that comes meanwhile ends the pause */

#endif
