/*
 * land: from staged parts to one file under its name, with calls that survive lost
 * answers.
 */
#ifndef SINK_LAND_H
#define SINK_LAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store.h"

/* Make parts[0] the whole of n parts, len bytes in all, and verify that.  The parts lie in
 * one directory, which nobody else writes.  Status 70 if they are not what was put there. */
int land_concat(struct store *s, char *const *parts, size_t n, int64_t len, struct err *e);

/* Rename the verified file `from` of len bytes to `to`, making the directory if it has
 * gone.  Status 1 if `to` exists, unless it is to be replaced; 70 if `from` has gone. */
int land_place(struct store *s, const char *from, const char *to, int64_t len, bool replace,
    struct err *e);

/* Is there something at path?  1, 0, or -1 with e set. */
int land_is_there(struct store *s, const char *path, struct store_stat *st, struct err *e);

/* The directory that path lies in; the caller frees it. */
char *land_parent(const char *path);

#endif
