/*
 * latency FILE COUNT COMMAND [ARG…]
 *
 * How long a line that is appended to FILE takes to come out of COMMAND, which follows FILE and
 * runs in a process group of its own that is ended at the end.  Lines are added one at a time,
 * after a pause of 2 to 6 ms, when the one before has come out.  Prints two lines, in ms:
 *
 *	p50 N
 *	p99 N
 *
 * The first lines, until one comes out within PATIENCE_MS and then WARM more, are not counted.
 * Anything else that comes out, or nothing within LIMIT_MS, ends it with status 1.
 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARM 50
#define PATIENCE_MS 500
#define LIMIT_MS 60000
#define LINE 200 /* bytes, as in an access log */
#define COUNT_MAX 1000000

struct run {
	int file, out; /* what is appended to, and what comes out */
	long sent;
	char line[LINE + 1];
};

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int
fail(const char *what, const char *why)
{
	fprintf(stderr, "latency: %s: %s\n", what, why);
	return -1;
}

static int
send_line(struct run *r)
{
	snprintf(r->line, sizeof r->line, "%0*ld\n", LINE - 1, ++r->sent);
	return write(r->file, r->line, LINE) == LINE ? 0 : fail("write", strerror(errno));
}

/* Read a line that must be one of ours; 0: none within the time; -1: another, or the end. */
static int
take_line(struct run *r, int ms, long *number)
{
	char got[LINE + 1] = "";
	size_t have = 0;

	while (have < LINE) {
		struct pollfd p = { .fd = r->out, .events = POLLIN };
		int n = poll(&p, 1, have ? LIMIT_MS : ms);
		ssize_t len;

		if (n == 0)
			return have ? fail("read", "half a line") : 0;
		len = read(r->out, got + have, LINE - have);
		if (len <= 0)
			return fail("read", "the command ended");
		have += (size_t)len;
	}
	*number = strtol(got, NULL, 10);
	snprintf(r->line, sizeof r->line, "%0*ld\n", LINE - 1, *number);
	return memcmp(got, r->line, LINE) == 0 ? 1 : fail("read", "not what was written");
}

/* Until all that was sent has come, or so much of it as the command saw. */
static int
begin(struct run *r)
{
	double until = now_ms() + LIMIT_MS;
	long number = 0;
	int got = 0;

	while (got == 0 && now_ms() < until) {
		if (send_line(r) < 0)
			return -1;
		got = take_line(r, PATIENCE_MS, &number);
	}
	while (got > 0 && number < r->sent)
		got = take_line(r, LIMIT_MS, &number);
	return got > 0 ? 0 : got < 0 ? -1 : fail("read", "nothing came");
}

static int
one(struct run *r, double *ms)
{
	struct timespec pause = { .tv_nsec = 2000000 + rand() % 4000000 };
	double from;
	long number = 0;

	nanosleep(&pause, NULL);
	from = now_ms();
	if (send_line(r) < 0)
		return -1;
	if (take_line(r, LIMIT_MS, &number) <= 0)
		return fail("read", "a line did not come");
	*ms = now_ms() - from;
	return number == r->sent ? 0 : fail("read", "an older line came again");
}

static pid_t
start(struct run *r, char **argv)
{
	int ends[2];
	pid_t child;

	if (pipe(ends) < 0 || (child = fork()) < 0)
		return fail("start", strerror(errno));
	if (child == 0) {
		setpgid(0, 0);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(*argv, argv);
		fail(*argv, strerror(errno));
		_exit(127);
	}
	setpgid(child, child);
	close(ends[1]);
	r->out = ends[0];
	return child;
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	struct run r = { 0 };
	long n = argc > 3 ? strtol(argv[2], NULL, 10) : 0;
	double *ms = NULL, ignored;
	pid_t child;
	int status = 0;

	if (n > 0 && n <= COUNT_MAX)
		ms = calloc((size_t)n, sizeof *ms);
	if (!ms) {
		fputs("usage: latency FILE COUNT COMMAND [ARG...]\n", stderr);
		return 64;
	}
	r.file = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (r.file < 0 || (child = start(&r, argv + 3)) < 0)
		return 1;
	status = begin(&r);
	for (long i = 0; i < WARM && status == 0; i++)
		status = one(&r, &ignored);
	for (long i = 0; i < n && status == 0; i++)
		status = one(&r, &ms[i]);
	kill(-child, SIGTERM);
	close(r.out);
	waitpid(child, NULL, 0);
	if (status < 0)
		return 1;
	qsort(ms, (size_t)n, sizeof *ms, ascending);
	printf("p50 %.4f\np99 %.4f\n", ms[n / 2], ms[n * 99 / 100]);
	free(ms);
	return fflush(stdout) == 0 ? 0 : 1;
}
