/* genlogs: the access log of a retail shop that does not exist. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/pace.h"
#include "base/stop.h"
#include "base/tool.h"
#include "base/when.h"
#include "weblog/model.h"
#include "weblog/traffic.h"

#define BLOCK (256 * 1024)         /* bytes written at once */
#define RATE_MIN 1e-6
#define RATE_MAX 1e9
#define START_MAX 221845392000000  /* year 9000: the clock never leaves four digits */

enum { SEQUENCE = OPT_LONG };

static const struct opt options[] = {
	{ 'r', "rate", "N", "lines a second (default: 1); 0: as fast as the reader takes them" },
	{ 'n', "count", "N", "stop after N lines" },
	{ 'd', "duration", "TIME", "stop after this long, such as 30s or 5m" },
	{ 's', "seed", "N", "the same lines in every run (with -t and -z: the same bytes)" },
	{ 'f', "format", "NAME", "combined (default), common or json" },
	{ 't', "start", "TIME", "a clock that starts at TIME, such as 2026-01-01T00:00:00Z,\n"
	                        "and advances 1/rate a line, 1 ms with -r 0" },
	{ 'z', "zone", "ZONE", "the zone that times are written in, such as -0800\n"
	                       "(default: local)" },
	{ 'c', "catalog", "FILE", "another shop's traffic model (JSON)" },
	{ SEQUENCE, "sequence", NULL, "number the lines: ?seq=N in the request, from 0" },
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = {
	"[-r N] [-n N] [-d TIME] [-s N] [-f NAME] [-t TIME] [-z ZONE] [-c FILE] [--sequence]",
	"Write the access log of a made-up retail shop.", options };

struct settings {
	double rate;
	int64_t count, duration; /* < 0: no limit; duration in ms */
	int64_t start;           /* < 0: the wall clock */
	const char *catalog;
	struct traffic_options traffic;
};

struct run {
	const struct settings *s;
	struct traffic *traffic;
	char *block;  /* BLOCK bytes, and room for a line behind them */
	uint64_t lines;
};

static int
read_format(const char *name, enum traffic_format *out, struct err *e)
{
	static const char *const names[] = {
		[TRAFFIC_COMBINED] = "combined", [TRAFFIC_COMMON] = "common", [TRAFFIC_JSON] = "json",
	};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(name, names[i]) == 0) {
			*out = (enum traffic_format)i;
			return 0;
		}
	return err_set(e, EX_USAGE, "--format: %s: wants combined, common or json", name);
}

static int
read_rate(const char *text, double *rate, struct err *e)
{
	if (num_real(text, "--rate", 0, RATE_MAX, rate, e) < 0)
		return -1;
	if (*rate > 0 && *rate < RATE_MIN)
		return err_set(e, EX_USAGE, "--rate: %s: wants 0, or at least one line in %g s", text,
		    1 / RATE_MIN);
	return 0;
}

static uint64_t
random_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
		seed = (uint64_t)io_wall() << 22 ^ (uint64_t)getpid();
	return seed;
}

static int
read_seed(const char *text, uint64_t *seed, struct err *e)
{
	int64_t n = 0;

	if (num_int(text, "--seed", 0, INT64_MAX, &n, e) < 0)
		return -1;
	*seed = (uint64_t)n;
	return 0;
}

static int
read_start(const char *text, int64_t *ms, struct err *e)
{
	if (when_option(text, "--start", ms, e) < 0)
		return -1;
	if (*ms < 0 || *ms > START_MAX)
		return err_set(e, EX_USAGE, "--start: %s: wants a time from 1970 to 9000", text);
	return 0;
}

static int
read_zone(const char *text, int *zone, struct err *e)
{
	if (strcmp(text, "local") != 0)
		return when_zone(text, "--zone", zone, e);
	*zone = TRAFFIC_LOCAL;
	return 0;
}

/* Give -1 to go on with, or the status to exit with. */
static int
read_options(int argc, char **argv, struct settings *s)
{
	struct opts o;
	struct err e = { 0 };
	int c;

	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 'r': read_rate(optarg, &s->rate, &e); break;
		case 'n': num_int(optarg, "--count", 0, INT64_MAX, &s->count, &e); break;
		case 'd': num_span(optarg, "--duration", 0, INT32_MAX * 1000LL, &s->duration, &e); break;
		case 's': read_seed(optarg, &s->traffic.seed, &e); break;
		case 'f': read_format(optarg, &s->traffic.format, &e); break;
		case 't': read_start(optarg, &s->start, &e); break;
		case 'z': read_zone(optarg, &s->traffic.zone, &e); break;
		case 'c': s->catalog = optarg; break;
		case SEQUENCE: s->traffic.sequence = true; break;
		case 'h': return opt_help(&o);
		case 'V': return opt_version();
		default: return opt_bad(&o);
		}
	if (e.status)
		return tool_fail(&e);
	return optind == argc ? -1 : opt_bad(&o);
}

/* The time of the next line on the clock of --start. */
static int64_t
simulated(const struct run *r)
{
	const struct settings *s = r->s;

	if (s->rate > 0)
		return s->start + (int64_t)((double)r->lines * 1000 / s->rate);
	return s->start + (int64_t)r->lines;
}

/* Write n lines, or a block of them if that is less; *wrote is how many. */
static int
write_lines(struct run *r, uint64_t n, uint64_t *wrote, struct err *e)
{
	int64_t now = io_wall();
	uint64_t before = r->lines;
	char *p = r->block;

	for (; r->lines - before < n && p < r->block + BLOCK; r->lines++)
		p = traffic_line(r->traffic, p, r->s->start < 0 ? now : simulated(r));
	*wrote = r->lines - before;
	return io_write(STDOUT_FILENO, r->block, (size_t)(p - r->block), "standard output", e);
}

/* How many lines are due; at the end, those that were due just before it. */
static uint64_t
lines_due(const struct run *r, struct pace *pace, int64_t now, int64_t end)
{
	uint64_t left = r->s->count < 0 ? UINT64_MAX : (uint64_t)r->s->count - r->lines;
	uint64_t n = now < end ? UINT64_MAX : 0;

	if (r->s->rate > 0)
		n = pace_due(pace, now < end ? now : end - 1);
	return n < left ? n : left;
}

/* Lines until the count, the duration or a signal ends them.  A closed reader is errno
 * EPIPE, as from io_write. */
static int
run(struct run *r, struct err *e)
{
	const struct settings *s = r->s;
	int64_t now = io_now(), end = s->duration < 0 ? INT64_MAX : now + s->duration;
	struct pace pace;

	pace_begin(&pace, s->rate, now);
	while (!stop_signal()) {
		uint64_t n;

		now = io_now();
		n = lines_due(r, &pace, now, end);
		if (n) {
			if (write_lines(r, n, &n, e) < 0)
				return -1;
			pace_took(&pace, n);
		} else if (now >= end || r->lines == (uint64_t)s->count) {
			break;
		} else {
			int64_t next = now + pace_wait(&pace, now);

			if (io_wait(-1, true, (next < end ? next : end) - now) == IO_GONE)
				return io_gone(e);
		}
	}
	return 0;
}

static int
generate(const struct settings *s, const struct model *m)
{
	struct run r = { .s = s, .traffic = traffic_begin(m, &s->traffic) };
	struct err e;
	int status = 0;

	r.block = mem_alloc(BLOCK + traffic_line_max(r.traffic));
	if (s->rate <= 0)
		io_widen(STDOUT_FILENO);
	if (stop_begin(&e) < 0 || run(&r, &e) < 0) {
		if (errno == EPIPE)
			tool_die_of_sigpipe();
		status = tool_fail(&e);
	}
	free(r.block);
	traffic_end(r.traffic);
	return tool_end(status);
}

int
main(int argc, char **argv)
{
	struct settings s = { .rate = 1, .count = -1, .duration = -1, .start = -1,
		.traffic = { .zone = TRAFFIC_LOCAL, .seed = random_seed() } };
	struct model m;
	struct err e;
	int status;

	tool_begin();
	status = read_options(argc, argv, &s);
	if (status >= 0)
		return status;
	if ((s.catalog ? model_load(&m, s.catalog, &e) : model_retail(&m, &e)) < 0)
		status = tool_fail(&e);
	else
		status = generate(&s, &m);
	model_end(&m);
	return status;
}
