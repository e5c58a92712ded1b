/*
 * range: which records of a topic, as said on the command line.
 */
#ifndef KAFKA_RANGE_H
#define KAFKA_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum range_kind { RANGE_BEGINNING, RANGE_END, RANGE_STORED, RANGE_OFFSET, RANGE_LAST, RANGE_TIME };

struct range_start {
	enum range_kind kind;
	int64_t n; /* an offset, a number of records, or ms since 1970 */
};

/* "beginning", "end", "stored", "17" (an offset), "-10" (the last ten), "@time" or
 * kcat's "s@ms".  kcat's "e@ms", where to end, is told by status 0 with *until set
 * and *start left alone. */
int range_parse(const char *arg, struct range_start *start, int64_t *until, struct err *e);

#define RANGE_PARTS_MAX 256

/* A set of partitions; with n == 0 all of them. */
struct range_parts {
	struct {
		int32_t from, to; /* both inclusive */
	} parts[RANGE_PARTS_MAX];
	size_t n;
	int32_t highest;
};

/* "0,2,5-7" */
int range_parts(const char *arg, struct range_parts *parts, struct err *e);
bool range_has(const struct range_parts *parts, int32_t partition);

#endif
