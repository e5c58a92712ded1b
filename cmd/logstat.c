/* logstat: count log lines by a column, in windows of event time. */
#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/stop.h"
#include "base/tool.h"
#include "stat/count.h"
#include "stat/plot.h"

#define REJECTS_SHOWN 10
#define FLUSH_AT (256 * 1024)
#define SPAN_MAX (3650 * INT64_C(86400000))

static const struct opt options[] = {
	{ 'b', "by", "COLUMN", "what to count: status (default), path, host, method, agent,\n"
	                       "referer, query, protocol, request, user, ident or size" },
	{ 'w', "window", "TIME", "count in windows that long, such as 1m (default: none)" },
	{ 'l', "lateness", "TIME", "wait that long for lines that are late, or inf\n(default: 5m)" },
	{ 'n', "top", "N", "show the N that came most (default: 10; 0: all);\n"
	                    "with plot 1 to 200" },
	{ 'f', "format", "NAME", "table (default), json or plot" },
	{ 'm', "memory", "SIZE", "for counters; beyond it counts are estimates (default: 64M)" },
	{ 'a', "allow", "N", "end with 0 in spite of N lines that do not count (default: 0)" },
	{ 'E', "exact", NULL, "stand in a framed stream (see kpipe-stream(5))" },
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = {
	"[-b COLUMN] [-w TIME] [-l TIME] [-n N] [-f NAME] [FILE…] | -E [-b COLUMN] [-w TIME]",
	"Count access lines, or what logjson made of them, by a column.", options };

enum format { TABLE, JSON, PLOT };

struct logstat {
	struct count count;
	struct show show;
	struct tally_options want;
	int format; /* enum format; -1: not said */
	int64_t top, memory, allow;
	uint64_t undrawn; /* lines whose windows closed before the plot */
	bool exact;
	int status;
};

static void
reject(void *ctx, const char *where, int64_t at, const char *why)
{
	const struct count *c = ctx;

	if (c->rejected <= REJECTS_SHOWN)
		tool_warn("parse: %s %" PRId64 ": %s", where, at, why);
	if (c->rejected == REJECTS_SHOWN)
		tool_warn("parse: further lines are only counted");
}

/* Print e, unless it is that nobody reads what we write. */
static void
report(struct logstat *s, const struct err *e)
{
	if (errno == EPIPE && e->status == EX_IOERR)
		tool_die_of_sigpipe();
	s->status = tool_worse(s->status, tool_fail(e));
}

static void
closed(void *ctx, const struct tally_window *w)
{
	struct logstat *s = ctx;
	struct buf *out = &s->count.out;
	struct err e;

	if (s->format == PLOT)
		s->undrawn += w->lines;
	else if (s->format == TABLE && !s->count.lost)
		show_table(&s->show, w, out);
	else if (s->format == JSON && !s->count.lost)
		show_json(&s->show, w, out);
	/* One line may close as many windows as memory holds. */
	if (!s->exact && out->len >= FLUSH_AT && count_flush(&s->count, &e) < 0)
		report(s, &e);
}

/* False if no other file is to be read: output is lost, or the time that a stop signal
 * leaves, which is for all of them together, is over. */
static bool
count_file(struct logstat *s, const char *path)
{
	const char *subject = strcmp(path, "-") == 0 ? "standard input" : path;
	struct err e = { 0 };
	int fd = io_open(path, &e);

	if (fd < 0 || count_lines(&s->count, fd, subject, &e) < 0)
		report(s, &e);
	if (fd > STDIN_FILENO)
		close(fd);
	return e.status != EX_TEMPFAIL && !s->count.lost;
}

/* COLUMNS, else what the terminal says. */
static int
screen_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = { 0 };
	struct err ignored;
	int64_t n = 0;

	if (!columns || num_int(columns, "COLUMNS", 1, INT_MAX, &n, &ignored) < 0)
		n = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : PLOT_WIDTH;
	return n < PLOT_WIDTH_MIN ? PLOT_WIDTH_MIN : n > PLOT_WIDTH_MAX ? PLOT_WIDTH_MAX : (int)n;
}

/* What was not counted, and how exact the rest is. */
static void
account(struct logstat *s)
{
	const struct count *c = &s->count;
	uint64_t early = tally_early(c->tally);

	if (c->rejected)
		tool_warn("parse: %" PRIu64 " of %" PRIu64 " lines rejected", c->rejected, c->lines);
	if (c->late)
		tool_warn("count: %" PRIu64 " of %" PRIu64 " lines came too late for their window: "
		    "a longer --lateness waits for them", c->late, c->lines);
	if (early)
		tool_warn("count: %" PRIu64 " windows closed early: give more --memory, or longer windows",
		    early);
	if (s->undrawn)
		tool_warn("count: %" PRIu64 " of %" PRIu64 " lines are not in the plot: their windows closed "
		    "early", s->undrawn, c->lines);
	if (c->rejected + c->late + s->undrawn > (uint64_t)s->allow)
		s->status = tool_worse(s->status, EX_NO);
}

static void
count_files(struct logstat *s, char **path, int n)
{
	int width = screen_width();
	struct count *c = &s->count;
	struct err e;

	if (s->format == PLOT && s->show.width)
		s->want.columns = plot_columns(width);
	c->tally = tally_begin(&s->want);
	if (n == 0)
		count_file(s, "-");
	for (int i = 0; i < n && count_file(s, path[i]); i++)
		;
	s->show.width = tally_width(c->tally);
	if (s->format == PLOT)
		plot_draw(&s->show, c->tally, width, s->want.memory, &c->out);
	account(s);
	tally_end(c->tally);
	if (count_flush(c, &e) < 0)
		report(s, &e);
}

static void
run_exact(struct logstat *s)
{
	struct err e;

	s->count.tally = tally_begin(&s->want);
	s->status = count_frames(&s->count, &e);
	if (s->status < 0) {
		s->status = 0;
		report(s, &e);
	}
	account(s);
	tally_end(s->count.tally);
}

static int
set_format(struct logstat *s, const char *name, struct err *e)
{
	static const char *const names[] = { [TABLE] = "table", [JSON] = "json", [PLOT] = "plot" };

	for (int i = 0; i < 3; i++)
		if (strcmp(name, names[i]) == 0) {
			s->format = i;
			return 0;
		}
	return err_set(e, EX_USAGE, "--format: %s: wants table, json or plot", name);
}

static int
set_window(struct logstat *s, const char *text, struct err *e)
{
	int64_t *width = &s->want.width;

	*width = 0;
	if (strcmp(text, "none") == 0)
		return 0;
	if (num_span(text, "--window", 1000, SPAN_MAX, width, e) < 0)
		return -1;
	return *width % 1000 ? err_set(e, EX_USAGE, "--window: %s: wants whole seconds", text) : 0;
}

static int
set_option(struct logstat *s, int c, const char *arg, struct err *e)
{
	switch (c) {
	case 'b':
		return column_begin(&s->count.column, arg) < 0 ?
		    err_set(e, EX_USAGE, "--by: %s: no column of an access line", arg) : 0;
	case 'w': return set_window(s, arg, e);
	case 'l':
		s->want.lateness = TALLY_FOREVER;
		return strcmp(arg, "inf") == 0 ? 0 :
		    num_span(arg, "--lateness", 0, SPAN_MAX, &s->want.lateness, e);
	case 'n': return num_int(arg, "--top", 0, INT32_MAX, &s->top, e);
	case 'f': return set_format(s, arg, e);
	case 'm': return num_size(arg, "--memory", TALLY_MEMORY_MIN, INT64_MAX / 4, &s->memory, e);
	case 'a': return num_int(arg, "--allow", 0, INT64_MAX, &s->allow, e);
	default: s->exact = true; return 0;
	}
}

/* What does not go together, and what is meant where nothing was said. */
static int
check_options(struct logstat *s, int operands, struct err *e)
{
	bool late = s->want.lateness >= 0;

	if (s->exact && (late || s->top >= 0 || s->memory >= 0 || s->format == TABLE || s->format == PLOT || operands))
		return err_set(e, EX_USAGE, "--exact: gives all counts of each batch as JSON: "
		    "-l, -n, -m, other formats and files do not apply");
	if (s->format == PLOT && late)
		return err_set(e, EX_USAGE, "--format: plot: draws at the end, so nothing is late: leave out -l");
	if (s->format == PLOT && (s->top == 0 || s->top > PLOT_TOP_MAX))
		return err_set(e, EX_USAGE, "--top: %" PRId64 ": a plot wants 1 to %d", s->top, PLOT_TOP_MAX);
	if (s->format < 0)
		s->format = s->exact ? JSON : TABLE;
	if (!late)
		s->want.lateness = 5 * 60000;
	if (s->exact || s->format == PLOT)
		s->want.lateness = TALLY_FOREVER;
	if (s->want.width < 0)
		s->want.width = s->format == PLOT ? 1000 : 0;
	s->want.memory = s->exact ? SIZE_MAX : s->memory < 0 ? 64 << 20 : (size_t)s->memory;
	s->show = (struct show){ s->count.column.name, s->exact ? 0 : s->top < 0 ? 10 : (size_t)s->top,
		s->want.width, strcmp(nl_langinfo(CODESET), "UTF-8") == 0 };
	return 0;
}

int
main(int argc, char **argv)
{
	struct logstat s = { .format = -1, .top = -1, .memory = -1,
		.count = { .reject = reject, .ctx = &s.count },
		.want = { .width = -1, .lateness = -1, .closed = closed, .ctx = &s } };
	struct opts o;
	struct err e;
	int c;

	tool_begin();
	setlocale(LC_CTYPE, "");
	column_begin(&s.count.column, "status");
	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 'h': return opt_help(&o);
		case 'V': return opt_version();
		case '?': return opt_bad(&o);
		default:
			if (set_option(&s, c, optarg, &e) < 0)
				return tool_fail(&e);
		}
	if (check_options(&s, argc - optind, &e) < 0 || stop_begin(&e) < 0)
		return tool_fail(&e);
	if (s.exact)
		run_exact(&s);
	else
		count_files(&s, argv + optind, argc - optind);
	column_end(&s.count.column);
	buf_free(&s.count.out);
	return tool_end(s.status);
}
