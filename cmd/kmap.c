/* kmap: run a filter over each batch of a framed stream. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/opt.h"
#include "base/stop.h"
#include "base/tool.h"
#include "frame/frame.h"

extern char **environ;

static const struct opt options[] = {
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "CMD [ARG…]",
	"Run CMD once for each batch of a framed stream, records in and records out.", options };

struct kmap {
	char **argv; /* CMD and its arguments */
	struct frame_reader in;
	struct buf out;
	bool greeted;
	int status; /* to exit with: the stream's, 75 until that has come */
};

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
spawn(struct filter *f, char *const argv[], struct err *e)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, rc;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t defaults;

	if (pipe(in) < 0 || pipe(out) < 0) {
		rc = errno;
		shut(&in[0]), shut(&in[1]);
		return err_sys(e, rc, "run", argv[0]);
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
	for (int i = 0; i < 2; i++) {
		posix_spawn_file_actions_addclose(&files, in[i]);
		posix_spawn_file_actions_addclose(&files, out[i]);
	}
	posix_spawnattr_init(&attr);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &defaults);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawnp(&f->pid, argv[0], &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	shut(&in[0]), shut(&out[1]);
	f->in = in[1];
	f->out = out[0];
	if (rc == 0)
		return 0;
	shut(&f->in), shut(&f->out);
	return err_set(e, EX_USAGE, "run: %s: %s", argv[0], err_reason(rc));
}

/* Give CMD the batch while taking what it writes, so that neither side waits for ever. */
static int
exchange(struct filter *f, const struct frame *batch, struct buf *got, struct err *e)
{
	size_t given = 0;
	ssize_t n;

	fcntl(f->in, F_SETFL, O_NONBLOCK);
	while (f->out >= 0) {
		struct pollfd p[2] = { { .fd = f->out, .events = POLLIN },
			{ .fd = f->in, .events = POLLOUT } };

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents) {
			n = write(f->in, batch->data + given, batch->nbytes - given);
			given += n > 0 ? (size_t)n : 0;
			/* A filter may stop reading early, as head does. */
			if (given == batch->nbytes || (n < 0 && errno == EPIPE))
				shut(&f->in);
		}
		if (!p[0].revents)
			continue;
		buf_reserve(got, FRAME_BATCH_BEST);
		n = read(f->out, got->p + got->len, got->cap - got->len);
		if (n > 0)
			got->len += (size_t)n;
		else if (n == 0 || errno != EINTR)
			shut(&f->out);
		if (got->len > FRAME_BATCH_MAX)
			return err_set(e, EX_DATAERR, "run: filter: more than %d MiB out of one batch",
			    FRAME_BATCH_MAX >> 20);
	}
	return 0;
}

/* grep says 1 when nothing matched: that is an answer, as long as nothing came out. */
static int
verdict(const char *cmd, int status, size_t came, struct err *e)
{
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 || (WEXITSTATUS(status) == 1 && !came)))
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
	struct filter f;
	int status, rc;

	if (spawn(&f, argv, e) < 0)
		return -1;
	rc = exchange(&f, batch, got, e);
	shut(&f.in), shut(&f.out);
	while (waitpid(f.pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (rc == 0)
		rc = verdict(argv[0], status, got->len, e);
	if (got->len && got->p[got->len - 1] != '\n')
		buf_addc(got, '\n');
	return rc;
}

/* Append what stands for the batch in the output: a mapped batch, or where nothing is
 * left of it, its position. */
static int
map_batch(char *const argv[], const struct frame *in, struct buf *out, struct err *e)
{
	struct frame mapped = *in;
	struct buf got = { 0 };
	int rc;

	if (in->lens)
		return err_set(e, EX_DATAERR,
		    "run: %s: the records of %s %s hold newlines: frame them as JSON with kcons -E -J",
		    argv[0], in->stream, in->shard);
	rc = run(argv, in, &got, e);
	if (rc == 0 && got.len == 0) {
		frame_position(out, in->stream, in->shard, in->next);
	} else if (rc == 0) {
		mapped.mapped = true;
		mapped.nbytes = got.len;
		mapped.nrec = 0;
		for (size_t i = 0; i < got.len; i++)
			mapped.nrec += got.p[i] == '\n';
		frame_batch(out, &mapped);
		buf_add(out, got.p, got.len);
	}
	buf_free(&got);
	return rc;
}

static void
pass(const struct frame *f, struct buf *out)
{
	switch (f->kind) {
	case FRAME_ASSIGN: frame_assign(out, f->stream, f->shard, f->base); break;
	case FRAME_POSITION: frame_position(out, f->stream, f->shard, f->next); break;
	case FRAME_REVOKE: frame_revoke(out, f->stream, f->shard, f->reason); break;
	case FRAME_END: frame_end(out, f->status); break;
	case FRAME_BATCH: break;
	}
}

/* All frames that are there; what becomes of them goes to out.  -1 with e set. */
static int
map_frames(struct kmap *k, struct err *e)
{
	struct frame f;
	int rc;

	while ((rc = frame_next(&k->in, &f, e)) > 0) {
		if (!k->greeted)
			frame_hello(&k->out, k->in.uuid);
		k->greeted = true;
		if (f.kind != FRAME_BATCH)
			pass(&f, &k->out);
		else if (map_batch(k->argv, &f, &k->out, e) < 0)
			return -1;
		if (f.kind == FRAME_END)
			k->status = f.status;
	}
	return rc;
}

/* Until the end of the stream.  -1 with e set, else 0 and the status that its end gave. */
static int
map_stream(struct kmap *k, struct err *e)
{
	int64_t grace = 0;
	ssize_t n;
	int rc;

	for (;;) {
		if (io_wait_sink(STDIN_FILENO, &grace, -1) == IO_STOP)
			return 0;
		n = chunk_read(&k->in.in, e);
		if (n <= 0)
			return (int)n;
		rc = map_frames(k, e);
		/* The batches before one that failed are good. */
		if (k->out.len && io_write(STDOUT_FILENO, k->out.p, k->out.len, "standard output", e) < 0)
			return -1;
		if (rc < 0)
			return -1;
		k->out.len = 0;
	}
}

int
main(int argc, char **argv)
{
	struct kmap k = { .status = EX_TEMPFAIL };
	struct opts o;
	struct err e;
	int c;

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
	k.argv = argv + optind;
	if (stop_begin(&e) < 0)
		return tool_fail(&e);
	frame_begin(&k.in, STDIN_FILENO, "standard input");
	if (map_stream(&k, &e) < 0) {
		if (errno == EPIPE && e.status == EX_IOERR)
			tool_die_of_sigpipe();
		k.status = tool_fail(&e);
	}
	frame_finish(&k.in);
	buf_free(&k.out);
	return tool_end(k.status);
}
