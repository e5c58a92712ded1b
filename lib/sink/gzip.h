/*
 * gzip: a block of bytes as one gzip member.  Members one behind the other are a gzip
 * file again (RFC 1952, 2.2).
 */
#ifndef SINK_GZIP_H
#define SINK_GZIP_H

#include <stddef.h>

#include "base/err.h"

size_t gzip_bound(size_t len); /* the most bytes that len bytes can become */

/* Compress into `to`, which has room for gzip_bound(len); *n bytes are written. */
int gzip_member(const char *from, size_t len, char *to, size_t *n, struct err *e);

#endif
