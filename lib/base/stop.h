/*
 * stop: SIGTERM and SIGINT as something to wait for.
 *
 * They often reach every program of a pipe line at once.  The first one sets a flag
 * and makes stop_fd() readable, which ends a poll(); the second one kills, unless it
 * comes within STOP_TWICE_MS and is the first one sent twice.  A SIGINT that was ignored
 * stays ignored.  stop_begin also ignores SIGPIPE, so that a closed reader is an EPIPE to
 * clean up after (see tool_die_of_sigpipe).
 */
#ifndef BASE_STOP_H
#define BASE_STOP_H

#include <stdint.h>

#include "base/err.h"

#define STOP_GRACE_MS 10000 /* how long a sink reads on after the signal */
#define STOP_TWICE_MS 500

int stop_begin(struct err *e);
int stop_signal(void); /* the signal that came, or 0 */
int64_t stop_left(void); /* ms of STOP_GRACE_MS that are left, below 0 if it is over; INT64_MAX before a signal */
int stop_fd(void);     /* for poll(): readable for ever once a signal came */

#endif
