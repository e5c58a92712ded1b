/* ktail: follow files through rotation, whole lines only. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/stop.h"
#include "base/tool.h"
#include "tail/framed.h"
#include "tail/tail.h"

enum { OPT_ONCE = OPT_LONG, OPT_STATE, OPT_POLL, OPT_FROM };

static const struct opt options[] = {
	{ 'n', "lines", "[+]N", "begin with the last N lines (default: 10), or with line N" },
	{ 'c', "bytes", "[+]SIZE", "begin with the last SIZE bytes, or with byte SIZE" },
	{ 'F', "follow-name", NULL, "follow the name through rotation (default)" },
	{ 'f', "follow-file", NULL, "follow the file that has the name at the start" },
	{ OPT_ONCE, "once", NULL, "read to the present end and exit" },
	{ OPT_STATE, "state", "FILE", "go on where the last run with FILE stopped" },
	{ 's', "interval", "TIME", "how often to look where nothing tells of changes\n(default: 1s)" },
	{ OPT_POLL, "poll", NULL, "look at everything every interval: no inotify" },
	{ 'E', "exact", NULL, "write a framed stream, for kprod -E" },
	{ OPT_FROM, "from", "FILE", "with -E: go on at the positions in FILE (\"-\": standard input)" },
	{ 'v', "verbose", NULL, "tell about rotation on standard error" },
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = {
	"[-fFv] [-n [+]N | -c [+]SIZE] [--once] [--state FILE | -E [--from FILE]] FILE…",
	"Write the lines that are added to files, through rotation and restarts.", options };

struct run {
	struct tail_opts o;
	bool exact;       /* -E */
	const char *from; /* its list of positions */
	struct framed framed;
	bool torn; /* what was written last has no newline at its end */
	int input; /* the status of standard input */
};

static void
note(enum tail_note kind, const char *text)
{
	(void)kind;
	tool_warn("%s", text);
}

static void
note_grave(enum tail_note kind, const char *text)
{
	if (kind != TAIL_SAID)
		tool_warn("%s", text);
}

/* "5", "-5" and "+5", as tail has them. */
static int
parse_start(const char *arg, bool bytes, struct tail_opts *o, struct err *e)
{
	struct tail_start s = { .bytes = bytes, .from_top = *arg == '+' };
	const char *what = bytes ? "--bytes" : "--lines", *n = arg + (*arg == '+' || *arg == '-');

	if ((bytes ? num_size : num_int)(n, what, 0, INT64_MAX, &s.n, e) < 0)
		return -1;
	o->start = s;
	return 0;
}

/* What cannot be together, after the options. */
static const char *
conflict(const struct run *r, char **files, bool start_given)
{
	bool standard_input = false;

	if (!*files)
		return "no FILE given";
	if (!r->exact)
		return r->from ? "--from needs -E" : NULL;
	for (; *files; files++)
		standard_input |= strcmp(*files, "-") == 0;
	if (r->o.state)
		return "-E keeps no state: the sink has the positions: see --from";
	if (start_given)
		return "-E begins where --from says or with line 1: not with -n or -c";
	if (!r->o.by_name)
		return "-E follows names: not with -f";
	return standard_input ? "-E cannot read \"-\": standard input has no positions" : NULL;
}

/* -1 to go on, or the status to exit with. */
static int
parse(struct run *r, int argc, char **argv)
{
	struct tail_opts *o = &r->o;
	const char *wrong;
	struct opts opts;
	struct err e = { 0 };
	bool start_given = false;
	int c;

	opt_begin(&opts, &usage, argc, argv);
	while (!e.status && (c = opt_next(&opts)) != -1)
		switch (c) {
		case 'n':
		case 'c':
			start_given = true;
			parse_start(optarg, c == 'c', o, &e);
			break;
		case 'F': o->by_name = true; break;
		case 'f': o->by_name = false; break;
		case OPT_ONCE: o->once = true; break;
		case OPT_STATE: o->state = optarg; break;
		case 's': num_span(optarg, "--interval", 10, 3600000, &o->interval_ms, &e); break;
		case OPT_POLL: o->never_watch = true; break;
		case 'E': r->exact = true; break;
		case OPT_FROM: r->from = optarg; break;
		case 'v': o->note = note; break;
		case 'h': return opt_help(&opts);
		case 'V': return opt_version();
		default: return opt_bad(&opts);
		}
	if (e.status)
		return tool_fail(&e);
	wrong = conflict(r, argv + optind, start_given);
	if (wrong) {
		tool_warn("%s", wrong);
		return opt_bad(&opts);
	}
	o->from_start = o->state && !start_given;
	return -1;
}

/* An unfinished line at the end of one file must not run into the next file's. */
static int
put(struct run *r, const struct tail_batch *b, struct err *e)
{
	if (r->exact)
		return framed_put(&r->framed, b, e);
	if (r->torn && b->begins && io_write(STDOUT_FILENO, "\n", 1, "standard output", e) < 0)
		return -1;
	if (io_write(STDOUT_FILENO, b->p, b->len, "standard output", e) < 0)
		return -1;
	r->torn = b->p[b->len - 1] != '\n';
	if (!b->torn || r->o.once)
		return 0;
	r->torn = false;
	return io_write(STDOUT_FILENO, "\n", 1, "standard output", e);
}

/* Standard input to its end.  1: told to stop. */
static int
copy_stdin(struct run *r, struct err *e)
{
	char *buf = mem_alloc(TAIL_CHUNK);
	ssize_t n = 0;
	int status = 0;

	for (;;) {
		enum io_event event = io_wait(STDIN_FILENO, true, -1);

		if (event == IO_STOP || stop_signal()) {
			status = 1;
		} else if (event == IO_GONE) {
			status = io_gone(e);
		} else if ((n = read(STDIN_FILENO, buf, TAIL_CHUNK)) < 0 && errno != EINTR &&
		    errno != EAGAIN) {
			err_sys(e, errno, "read", "standard input");
			r->input = tool_fail(e);
			break; /* the files are still to be read */
		} else if (n > 0) {
			struct tail_batch b = { .p = buf, .len = (size_t)n };

			status = put(r, &b, e);
		}
		if (status || n == 0)
			break;
	}
	free(buf);
	return status;
}

static int
follow(struct run *r, struct tail *t, struct err *e)
{
	struct tail_batch b = { .ends = true };

	for (;;) {
		if (stop_signal() && b.ends)
			return 0;
		if (tail_next(t, &b)) {
			if (put(r, &b, e) < 0)
				return -1;
			tail_take(t, &b);
			continue;
		}
		b.ends = true;
		if (r->exact && framed_flush(&r->framed, e) < 0)
			return -1;
		if (tail_done(t))
			return 0;
		if (io_wait(tail_fd(t), true, tail_timeout(t)) == IO_GONE)
			return io_gone(e);
	}
}

/* What the run's status must tell. */
static int
account(const struct tail *t)
{
	const struct tail_totals *n = tail_count(t);

	if (n->lost_bytes || n->lost_files)
		tool_warn("lost: %" PRIu64 " bytes, and the unread rest of %" PRIu64 " files",
		    n->lost_bytes, n->lost_files);
	return n->lost_bytes || n->lost_files || n->unreadable ? EX_NO : 0;
}

static int
run(struct run *r, char **names, size_t n)
{
	struct tail *t = NULL;
	struct err e;
	bool gone;
	int status = r->exact ? framed_begin(&r->framed, &r->o, r->from, &e) : 0;

	if (status == 0)
		t = tail_open(&r->o, names, n, &e);
	status = t ? follow(r, t, &e) : -1;
	gone = t && status < 0 && errno == EPIPE;
	if (status < 0)
		status = gone ? e.status : tool_fail(&e);
	else
		status = account(t);
	if (t && tail_save(t, &e) < 0)
		status = tool_worse(status, tool_fail(&e));
	tail_close(t);
	if (r->exact && framed_end(&r->framed, status, &e) < 0) {
		gone |= errno == EPIPE;
		status = gone ? status : tool_worse(status, tool_fail(&e));
	}
	if (gone)
		tool_die_of_sigpipe();
	return status;
}

/* 1,000 files and what they were rotated to are more than the usual soft limit. */
static void
raise_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
}

int
main(int argc, char **argv)
{
	struct run r = { .o = { .start = { .n = 10 }, .by_name = true, .interval_ms = 1000,
		.note = note_grave } };
	struct err e;
	size_t n = 0;
	int status;

	tool_begin();
	status = parse(&r, argc, argv);
	if (status >= 0)
		return status;
	if (stop_begin(&e) < 0)
		return tool_fail(&e);
	raise_limit();
	if (!r.o.state) /* what a reader that dies leaves in the pipe would count as read */
		io_widen(STDOUT_FILENO);
	for (char **p = argv + optind; *p; p++) {
		if (strcmp(*p, "-") != 0) {
			argv[optind + (int)n++] = *p;
			continue;
		}
		status = copy_stdin(&r, &e);
		if (status < 0 && errno == EPIPE)
			tool_die_of_sigpipe();
		if (status)
			return status < 0 ? tool_fail(&e) : r.input;
	}
	return tool_end(tool_worse(r.input, n ? run(&r, argv + optind, n) : 0));
}
