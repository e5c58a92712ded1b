/*
 * sweep: remove what killed writers left in a directory of staging directories.
 *
 * A staging directory is left alone until nothing in it has changed for SWEEP_AGE_MS by
 * the store's own clock, which is longer than a file of a live writer can stay staged.
 */
#ifndef SINK_SWEEP_H
#define SINK_SWEEP_H

#include "store/store.h"

#define SWEEP_AGE_MS (INT64_C(3) * 24 * 3600 * 1000)

/* dir holds the staging directories; own, one of them, was made just now.  A failure, such
 * as another user's directory, is no reason not to go on, and is not told. */
void sweep(struct store *s, const char *dir, const char *own);

#endif
