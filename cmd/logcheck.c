/* logcheck: prove that numbered log lines arrived, each once and in order. */
#define _GNU_SOURCE /* memmem */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/stop.h"
#include "base/tool.h"

#define MAX_LINE (1024 * 1024)
#define SEQ_MAX 8000000000 /* bits of the seen set: 1 GB at the very most */

static const struct opt options[] = {
	{ 'f', "first", "N", "the number of the first line (default: 0)" },
	{ 'n', "count", "N", "how many lines there must be (default: as many as the\nhighest number says)" },
	{ 'u', "unordered", NULL, "lines may come in any order, as from several partitions" },
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "[-u] [-f N] [-n N] [FILE…]",
	"Check that the lines of genlogs --sequence are complete.", options };

struct tally {
	int64_t first, count; /* count < 0: whatever the highest number says */
	uint64_t lines, distinct, doubled, disordered, alien;
	int64_t high;         /* one past the highest number, 0 before the first line */
	int64_t next;         /* what the line after the last one should be numbered */
	unsigned char *seen;  /* a bit for each number from first on */
	size_t nseen;         /* bytes of it */
};

/* The number behind "seq=" in the request, or -1. */
static int64_t
sequence(const char *p, size_t len)
{
	static const char key[] = "seq=";
	const char *at = memmem(p, len, key, sizeof key - 1);
	const char *end = p + len;
	int64_t n = 0;

	if (!at || at == p || !strchr("?&", at[-1]))
		return -1;
	at += sizeof key - 1;
	if (at == end || !isdigit((unsigned char)*at))
		return -1;
	for (; at < end && isdigit((unsigned char)*at) && n < INT64_MAX / 10; at++)
		n = n * 10 + (*at - '0');
	return at < end && isdigit((unsigned char)*at) ? -1 : n;
}

/* Remember that number n (from first) was there; false if it already was. */
static bool
mark(struct tally *t, size_t n)
{
	size_t need = n / 8 + 1;
	unsigned char bit = (unsigned char)(1u << n % 8);

	if (need > t->nseen) {
		size_t size = t->nseen * 2 > need ? t->nseen * 2 : need + 4096;

		size = size < SEQ_MAX / 8 + 1 ? size : SEQ_MAX / 8 + 1;
		t->seen = mem_resize(t->seen, size);
		memset(t->seen + t->nseen, 0, size - t->nseen);
		t->nseen = size;
	}
	if (t->seen[n / 8] & bit) /* NOLINT(clang-analyzer-core.NullDereference): grown above */
		return false;
	t->seen[n / 8] |= bit;
	return true;
}

static void
count_line(struct tally *t, const struct line *line)
{
	int64_t seq = sequence(line->p, line->len);

	t->lines++;
	if (seq < t->first || seq - t->first >= SEQ_MAX || (t->count >= 0 && seq >= t->first + t->count)) {
		t->alien++;
		return;
	}
	if (!mark(t, (size_t)(seq - t->first))) {
		t->doubled++;
		return;
	}
	t->distinct++;
	t->disordered += seq < t->next;
	t->next = seq + 1;
	if (seq + 1 > t->high)
		t->high = seq + 1;
}

static int
check_file(struct tally *t, const char *path)
{
	struct lines l;
	struct line line;
	struct err e;
	ssize_t n = 1;
	int fd = io_open(path, &e);

	if (fd < 0)
		return tool_fail(&e);
	lines_begin(&l, fd, fd == STDIN_FILENO ? "standard input" : path, "\n", 1, MAX_LINE);
	while (n > 0) {
		enum line_kind kind;

		n = io_wait_filter(fd, l.in.subject, &e) < 0 ? -1 : lines_read(&l, &e);
		while ((kind = lines_next(&l, &line)) != LINE_NONE)
			if (kind != LINE_PART)
				count_line(t, &line);
	}
	lines_end(&l);
	if (n < 0 && errno == EPIPE && e.status == EX_IOERR)
		tool_die_of_sigpipe();
	if (fd != STDIN_FILENO)
		close(fd);
	return n < 0 ? tool_fail(&e) : 0;
}

/* The time that a stop signal leaves is for all files together. */
static int
check_files(struct tally *t, char **path, int n)
{
	int status = 0, now = 0;

	if (n == 0)
		return check_file(t, "-");
	for (int i = 0; i < n && now != EX_TEMPFAIL; i++) {
		now = check_file(t, path[i]);
		status = tool_worse(status, now);
	}
	return status;
}

static int
verdict(const struct tally *t)
{
	uint64_t want = t->count >= 0 ? (uint64_t)t->count :
	    t->high ? (uint64_t)(t->high - t->first) : 0;
	uint64_t missing = want - t->distinct;

	if (t->alien)
		tool_warn("check: %" PRIu64 " lines: no number in the expected range", t->alien);
	printf("%" PRIu64 " lines, %" PRIu64 " missing, %" PRIu64 " doubled, %" PRIu64
	    " out of order\n", t->lines, missing, t->doubled, t->disordered);
	return missing || t->doubled || t->disordered || t->alien ? EX_NO : 0;
}

int
main(int argc, char **argv)
{
	struct tally t = { .count = -1 };
	struct opts o;
	struct err e = { 0 };
	bool unordered = false;
	int c, status;

	tool_begin();
	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 'f': num_int(optarg, "--first", 0, INT64_MAX / 2, &t.first, &e); break;
		case 'n': num_int(optarg, "--count", 0, SEQ_MAX, &t.count, &e); break;
		case 'u': unordered = true; break;
		case 'h': return opt_help(&o);
		case 'V': return opt_version();
		default: return opt_bad(&o);
		}
	if (e.status || stop_begin(&e) < 0)
		return tool_fail(&e);
	t.next = t.first;
	status = check_files(&t, argv + optind, argc - optind);
	if (unordered)
		t.disordered = 0;
	status = tool_worse(status, verdict(&t));
	free(t.seen);
	return tool_end(status);
}
