/* kmap: run a filter over each batch of a framed stream. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/opt.h"
#include "base/spawn.h"
#include "base/stop.h"
#include "base/tool.h"
#include "frame/filter.h"

#define LOOK_MS 20 /* between two looks at a CMD that is to stop */

static const struct opt options[] = {
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "CMD [ARG…]",
	"Run CMD once for each batch of a framed stream, records in and records out.", options };

/* A running CMD: what it reads from us and what we read from it. */
struct filter {
	pid_t pid;
	int in, out;
};

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
start(struct filter *f, char *const argv[], struct err *e)
{
	int in[2], out[2] = { -1, -1 }, rc = spawn_pipe(in);

	if (rc == 0) {
		rc = spawn_pipe(out);
		if (rc)
			shut(&in[0]), shut(&in[1]);
	}
	if (rc)
		return err_sys(e, rc, "run", argv[0]);
	/* Apart, for a signal to the pipe line is not to end a batch half way. */
	rc = spawn(&f->pid, argv, in[0], out[1], true);
	shut(&in[0]), shut(&out[1]);
	f->in = in[1];
	f->out = out[0];
	if (rc == 0)
		return 0;
	shut(&f->in), shut(&f->out);
	return err_set(e, rc == EAGAIN || rc == ENOMEM ? EX_TEMPFAIL : EX_USAGE, "run: %s: %s",
	    argv[0], err_reason(rc));
}

/* A filter may stop reading early, as head does. */
static void
give(struct filter *f, const struct frame *batch, size_t *given)
{
	ssize_t n = write(f->in, batch->data + *given, batch->nbytes - *given);

	*given += n > 0 ? (size_t)n : 0;
	if (*given == batch->nbytes || (n < 0 && errno == EPIPE))
		shut(&f->in);
}

static void
take(struct filter *f, struct buf *got)
{
	ssize_t n;

	buf_reserve(got, FRAME_BATCH_BEST);
	n = read(f->out, got->p + got->len, got->cap - got->len);
	if (n > 0)
		got->len += (size_t)n;
	else if (n == 0 || errno != EINTR)
		shut(&f->out);
}

/* How long poll may wait: -1 before a stop signal, 0 when its time is over. */
static int
patience(void)
{
	int64_t left;

	if (!stop_signal())
		return -1;
	left = stop_left();
	return left > 0 ? (int)left : 0;
}

static int
overdue(const char *cmd, struct err *e)
{
	return err_set(e, EX_TEMPFAIL, "run: %s: did not end within %d s of the signal to stop: "
	    "killed: start again", cmd, STOP_GRACE_MS / 1000);
}

/* Give CMD the batch while taking what it writes, so that neither side waits for ever. */
static int
exchange(struct filter *f, const char *cmd, const struct frame *batch, struct buf *got,
    struct err *e)
{
	size_t given = 0;

	fcntl(f->in, F_SETFL, O_NONBLOCK);
	while (f->out >= 0 || f->in >= 0) {
		struct pollfd p[3] = { { .fd = f->out, .events = POLLIN },
			{ .fd = f->in, .events = POLLOUT },
			{ .fd = stop_signal() ? -1 : stop_fd(), .events = POLLIN } };
		int n = poll(p, 3, patience());

		if (patience() == 0)
			return overdue(cmd, e);
		if (n > 0 && p[1].revents)
			give(f, batch, &given);
		if (n > 0 && p[0].revents)
			take(f, got);
		if (got->len > FRAME_BATCH_MAX)
			return err_set(e, EX_DATAERR, "run: filter: more than %d MiB out of one batch",
			    FRAME_BATCH_MAX >> 20);
	}
	return 0;
}

/* CMD has closed its output; it may still have something to do.  A signal ends the first wait. */
static int
await_end(pid_t pid, const char *cmd, int *status, struct err *e)
{
	while (waitpid(pid, status, stop_signal() ? WNOHANG : 0) != pid) {
		if (patience() == 0)
			return overdue(cmd, e);
		if (stop_signal())
			poll(NULL, 0, LOOK_MS);
	}
	return 0;
}

/* grep, egrep, zgrep … say 1 when nothing matched, others when they failed. */
static bool
is_grep(const char *cmd)
{
	size_t len = strlen(cmd);

	return len >= 4 && strcmp(cmd + len - 4, "grep") == 0;
}

static int
verdict(const char *cmd, int status, size_t came, struct err *e)
{
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 ||
	    (WEXITSTATUS(status) == 1 && !came && is_grep(cmd))))
		return 0;
	if (WIFEXITED(status))
		return err_set(e, EX_SOFTWARE, "run: %s: ended with status %d: mend it, then start again",
		    cmd, WEXITSTATUS(status));
	return err_set(e, EX_TEMPFAIL, "run: %s: killed by signal %d: start again", cmd,
	    WTERMSIG(status));
}

static int
run(char *const argv[], const struct frame *batch, struct buf *got, struct err *e)
{
	struct filter f = { .in = -1, .out = -1 };
	int status, rc;

	if (start(&f, argv, e) < 0)
		return -1;
	rc = exchange(&f, argv[0], batch, got, e);
	shut(&f.in), shut(&f.out);
	if (rc == 0)
		rc = await_end(f.pid, argv[0], &status, e);
	if (rc == 0) {
		rc = verdict(argv[0], status, got->len, e);
	} else {
		kill(-f.pid, SIGKILL);
		spawn_wait(f.pid);
	}
	if (got->len && got->p[got->len - 1] != '\n')
		buf_addc(got, '\n');
	return rc;
}

/* ctx is CMD with its arguments. */
static int
map_batch(void *ctx, const struct frame *in, struct buf *records, struct err *e)
{
	char *const *argv = ctx;

	if (in->lens)
		return err_set(e, EX_DATAERR,
		    "run: %s: the records of %s %s hold newlines: frame them as JSON with kcons -E -J",
		    argv[0], in->stream, in->shard);
	return run(argv, in, records, e);
}

int
main(int argc, char **argv)
{
	struct opts o;
	struct err e;
	int c, status;

	tool_begin();
	opt_begin(&o, &usage, argc, argv);
	opt_stop_at_operand(&o);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 'h': return opt_help(&o);
		case 'V': return opt_version();
		default: return opt_bad(&o);
		}
	if (optind == argc)
		return opt_bad(&o);
	if (stop_begin(&e) < 0)
		return tool_fail(&e);
	status = frame_filter(map_batch, argv + optind, 0, &e);
	if (status < 0) {
		if (errno == EPIPE && e.status == EX_IOERR)
			tool_die_of_sigpipe();
		status = tool_fail(&e);
	}
	return tool_end(status);
}
