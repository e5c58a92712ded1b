/*
 * receipt: a JSON account of a run, for the script that started it.
 *
 * One object in one file, written at exit through a temporary name, so that a reader
 * finds a whole receipt or the one of the run before; what is there and no plain file
 * (/dev/stderr, a FIFO, a link) is written into instead:
 *
 *	{"tool", "status", "seconds", "records_in", "bytes_in", "records_out",
 *	 "bytes_out", "rejected", "positions"}
 */
#ifndef BASE_RECEIPT_H
#define BASE_RECEIPT_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"

struct receipt {
	uint64_t records_in, bytes_in;
	uint64_t records_out, bytes_out; /* acknowledged, or landed */
	uint64_t rejected;
	int64_t began; /* io_now() at the start */
};

/* positions belongs to the caller and may be NULL: what is first and last, in the
 * tool's own terms. */
int receipt_write(const char *path, const char *tool, const struct receipt *r, json_t *positions,
    int status, struct err *e);

#endif
