#include "kafka/range.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/when.h"

int
range_parse(const char *arg, struct range_start *start, int64_t *until, struct err *e)
{
	static const struct {
		const char *name;
		enum range_kind kind;
	} names[] = { { "beginning", RANGE_BEGINNING }, { "earliest", RANGE_BEGINNING },
		{ "end", RANGE_END }, { "latest", RANGE_END }, { "stored", RANGE_STORED } };
	int64_t n;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(arg, names[i].name) == 0) {
			*start = (struct range_start){ names[i].kind, 0 };
			return 0;
		}
	if (strncmp(arg, "e@", 2) == 0)
		return when_option(arg + 1, "--offset", until, e);
	if (strncmp(arg, "s@", 2) == 0 || arg[0] == '@') {
		start->kind = RANGE_TIME;
		return when_option(strchr(arg, '@'), "--offset", &start->n, e);
	}
	/* The bounds keep clear of the values that librdkafka gives a meaning. */
	if (num_int(arg, "--offset", -(INT64_C(1) << 60), INT64_MAX - 1, &n, e) < 0)
		return err_set(e, EX_USAGE, "--offset: %s: wants beginning, end, stored, an offset, "
		    "-N for the last N, or @time", arg);
	*start = (struct range_start){ n < 0 ? RANGE_LAST : RANGE_OFFSET, n < 0 ? -n : n };
	return 0;
}

/* A partition number at *s; moves *s behind it. */
static int
number(const char **s, int32_t *out)
{
	char *end;
	long n;

	if (!isdigit((unsigned char)**s))
		return -1;
	errno = 0;
	n = strtol(*s, &end, 10);
	if (errno || n > INT32_MAX - 1)
		return -1;
	*s = end;
	*out = (int32_t)n;
	return 0;
}

/* "5" or "5-7" at *s, added to parts. */
static int
interval(const char **s, struct range_parts *parts)
{
	int32_t from, to;

	if (parts->n == RANGE_PARTS_MAX || number(s, &from) < 0)
		return -1;
	to = from;
	if (**s == '-' && (++*s, number(s, &to) < 0))
		return -1;
	parts->parts[parts->n].from = from;
	parts->parts[parts->n++].to = to;
	if (to > parts->highest)
		parts->highest = to;
	return to < from ? -1 : 0;
}

int
range_parts(const char *arg, struct range_parts *parts, struct err *e)
{
	const char *s = arg;

	do
		if (interval(&s, parts) < 0)
			return err_set(e, EX_USAGE, "--partitions: %s: wants numbers such as 0,2,5-7", arg);
	while (*s++ == ',');
	return s[-1] ? err_set(e, EX_USAGE, "--partitions: %s: wants numbers such as 0,2,5-7", arg) : 0;
}

bool
range_has(const struct range_parts *parts, int32_t partition)
{
	for (size_t i = 0; i < parts->n; i++)
		if (partition >= parts->parts[i].from && partition <= parts->parts[i].to)
			return true;
	return parts->n == 0;
}
