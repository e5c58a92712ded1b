/*
 * pattern: the directory of a partition, from the time of an event.
 *
 * A pattern such as "year=%Y/month=%-m/dayofmonth=%-d" is filled in with the time as
 * it was written, in its own zone: nothing is converted.  It knows
 *
 *	%Y year   %y of the century   %m month   %d day   %j day of the year
 *	%H hour   %M minute           %% itself; %-m, %-d … without leading zeros
 *
 * A line without a time belongs to the partition that Hive gives rows without a
 * value: year=__HIVE_DEFAULT_PARTITION__/month=__HIVE_DEFAULT_PARTITION__/….
 */
#ifndef SINK_PATTERN_H
#define SINK_PATTERN_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/when.h"

#define PATTERN_DEFAULT "year=%Y/month=%-m/dayofmonth=%-d"

struct pattern {
	const char *text; /* the caller's */
	uint64_t mask;    /* the fields of a packed time that the text depends on */
};

/* Check the text: a relative path in UTF-8 without empty components, names that begin with
 * '_' or '.' (hidden from Hive and Spark) and ':' (HDFS refuses it).  Status 64. */
int pattern_parse(const char *text, struct pattern *p, struct err *e);

/* Two times with the same key fall into the same partition; w is NULL for a line without a
 * time.  Other keys mean other partitions but for patterns that are ambiguous, such as %m%-d%-H
 * or %y.  Cheap enough for every line. */
uint64_t pattern_key(const struct pattern *p, const struct when *w);

/* Append the directory's relative path. */
void pattern_format(const struct pattern *p, const struct when *w, struct buf *out);

#endif
