/*
 * sweep: remove what writers leave: the own staging directory, and those of killed ones.
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

/* The end of the own one.  What stays is hidden, but may be large, and nobody sweeps what lies beside a
 * single file: so it is named to `note` (may be NULL).  A store that was away has little patience for
 * this, and from then on. */
void sweep_own(struct store *s, const char *own, bool was_away, void (*note)(const char *text));

#endif
