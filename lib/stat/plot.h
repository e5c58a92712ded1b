/*
 * plot: counts over time, drawn with characters.
 *
 * Drawn are all lines over time as an area, and below it each of the keys that came most,
 * on the same time axis and each to a scale of its own, with its count and share.  A single
 * window is drawn as a bar for each key.  In UTF-8 a character cell holds eight steps, in
 * ASCII three.
 */
#ifndef STAT_PLOT_H
#define STAT_PLOT_H

#include "stat/show.h"

#define PLOT_WIDTH 80 /* where nobody says */
#define PLOT_WIDTH_MIN 40
#define PLOT_WIDTH_MAX 400
#define PLOT_TOP_MAX 200 /* keys: for more than a few screens of them, a plot is no picture */

/* How many windows fit side by side in that many characters: for tally_options.columns. */
int64_t plot_columns(int width);

/* Append the picture of all windows that are open, `width` characters wide.  Takes up to
 * `memory` bytes to find the keys that came most, besides those keys and a number for each of them
 * and each window. */
void plot_draw(const struct show *s, const struct tally *t, int width, size_t memory, struct buf *b);

#endif
