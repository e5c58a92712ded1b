/*
 * measure FILE COMMAND [ARG…]
 *
 * Run the command and append what it took to FILE, one line:
 *
 *	BEGIN END CPU PEAK      seconds, seconds, seconds, bytes
 *
 * BEGIN and END are of the monotonic clock, so that the lines of a pipe line's programs can be
 * joined.  CPU and PEAK (the largest resident set) are the command's and its children's.  SIGTERM
 * ends the clock and goes on to the command.  The status is the command's, 124 after LIMIT_S.
 */
#define _DEFAULT_SOURCE /* wait4 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S 300

static volatile sig_atomic_t stopped; /* the signal */

static void
on_signal(int number)
{
	stopped = number;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static void
die(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(70);
}

/* Wait for the child; *end is the time of its end, or of the signal that we were sent. */
static int
await(pid_t child, double *end, struct rusage *used)
{
	int status;

	*end = 0;
	while (wait4(child, &status, 0, used) < 0) {
		if (errno != EINTR)
			die("wait");
		if (*end == 0)
			*end = now();
		kill(child, stopped == SIGALRM ? SIGKILL : SIGTERM);
	}
	if (*end == 0)
		*end = now();
	return stopped == SIGALRM ? 124 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct rusage used;
	double begin, end;
	pid_t child;
	int status, out;

	if (argc < 3) {
		fputs("usage: measure FILE COMMAND [ARG...]\n", stderr);
		return 64;
	}
	if ((out = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)) < 0)
		die(argv[1]);
	begin = now();
	if ((child = fork()) < 0)
		die("fork");
	if (child == 0) {
		execvp(argv[2], argv + 2);
		fprintf(stderr, "measure: %s: %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	alarm(LIMIT_S);
	/* The command alone is to hold the ends of the pipe line. */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	status = await(child, &end, &used);
	if (dprintf(out, "%.6f %.6f %.6f %lld\n", begin, end,
	    seconds(&used.ru_utime) + seconds(&used.ru_stime), (long long)used.ru_maxrss * 1024) < 0)
		die(argv[1]);
	return status;
}
