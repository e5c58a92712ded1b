/*
 * outage: how long uploads may fail before it is too long, for all of a stage's together.
 *
 * The caller's lock guards it.
 */
#ifndef SINK_OUTAGE_H
#define SINK_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

struct outage {
	int64_t since;     /* io_now(), 0 while uploads succeed */
	int64_t succeeded; /* the same: when the last one did */
	int64_t stop_at;   /* when a stop signal ends all patience, 0 without one */
};

/* An upload that was begun at `begun` has failed for a reason that may pass: is there time for
 * another try?  That is told to retry->note, once an outage, or each time to who wants it. */
bool outage_left(struct outage *o, const struct store_opts *retry, int64_t begun,
    const struct err *e);

void outage_over(struct outage *o); /* an upload has succeeded */

#endif
