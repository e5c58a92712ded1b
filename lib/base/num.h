/*
 * num: numbers, sizes and spans of time from the command line.
 *
 * The whole text must be the number: "1x", "" and " 1" are errors, and so is
 * anything outside [min, max].  All return 0, or -1 with a message that names
 * `what` (the option as the user typed it, such as "--roll-size") and the range.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdint.h>

#include "base/err.h"

int num_int(const char *s, const char *what, int64_t min, int64_t max, int64_t *out, struct err *e);

/* A size in bytes; k, M and G are powers of 1024 and a B may follow: "128M", "64k". */
int num_size(const char *s, const char *what, int64_t min, int64_t max, int64_t *out,
    struct err *e);

/* A span in milliseconds: ms, s, m, h or d; a bare number is seconds, and a fraction
 * is allowed: "30s", "1.5m", "250ms". */
int num_span(const char *s, const char *what, int64_t min, int64_t max, int64_t *out,
    struct err *e);

/* A number that may have a fraction, such as a rate. */
int num_real(const char *s, const char *what, double min, double max, double *out, struct err *e);

#endif
