#include "base/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/io.h"

static atomic_int came; /* threads ask too */
static _Atomic int64_t came_at;
static int wake[2] = { -1, -1 };

static void
on_signal(int sig)
{
	int saved = errno;

	if (came) {
		/* timeout(1) sends one to its child, and then to the child's group. */
		if (io_now() >= came_at + STOP_TWICE_MS) {
			signal(sig, SIG_DFL);
			raise(sig);
		}
		errno = saved;
		return;
	}
	came_at = io_now();
	came = sig;
	/* The pipe is empty, so the byte always fits; there is nobody to tell anyway. */
	if (write(wake[1], "", 1) < 0)
		came = sig;
	errno = saved;
}

int
stop_begin(struct err *e)
{
	struct sigaction act = { .sa_handler = on_signal }, before;

	if (pipe(wake) < 0)
		return err_sys(e, errno, "start", "pipe");
	for (int i = 0; i < 2; i++)
		fcntl(wake[i], F_SETFD, FD_CLOEXEC);
	sigemptyset(&act.sa_mask);
	sigaddset(&act.sa_mask, SIGTERM);
	sigaddset(&act.sa_mask, SIGINT);
	sigaction(SIGTERM, &act, NULL);
	/* A shell that put us into the background had it ignored: ^C is for others. */
	if (sigaction(SIGINT, NULL, &before) < 0 || before.sa_handler != SIG_IGN)
		sigaction(SIGINT, &act, NULL);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int
stop_signal(void)
{
	return came;
}

int64_t
stop_left(void)
{
	return came ? came_at + STOP_GRACE_MS - io_now() : INT64_MAX;
}

int
stop_fd(void)
{
	return wake[0];
}
