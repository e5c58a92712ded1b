/*
 * hook: a user's command that is told lines, while the work that they are about goes on.
 *
 * Each run of the command (sh -c) has on its standard input the lines that came since the one
 * before, at least one; lines wait while it runs.  A thread of its own does that.
 *
 * Memory: HOOK_QUEUE bytes twice.
 */
#ifndef BASE_HOOK_H
#define BASE_HOOK_H

#include <stdint.h>

#include "base/err.h"

#define HOOK_QUEUE (1024 * 1024) /* lines that may wait; a longer one alone */

struct hook;

/* A run that fails is told to `failed`, from the thread: its lines are not given again. */
typedef void hook_failed(const char *text);

/* The command stays the caller's and must live on. */
struct hook *hook_open(const char *command, hook_failed *failed, struct err *e);

/* From any thread.  Blocks while HOOK_QUEUE bytes wait. */
void hook_add(struct hook *h, const char *line);

/* Wait until all has been told; the number of lines in runs that failed.  h may be NULL. */
uint64_t hook_close(struct hook *h);

#endif
