#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/stop.h"

int
io_write(int fd, const void *p, size_t len, const char *subject, struct err *e)
{
	const char *from = p;
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	ssize_t n;

	while (len) {
		n = write(fd, from, len);
		if (n >= 0) {
			from += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			poll(&ready, 1, -1);
		} else if (errno != EINTR) {
			int saved = errno;

			err_sys(e, saved, "write", subject);
			e->status = EX_IOERR;
			errno = saved;
			return -1;
		}
	}
	return 0;
}

void
io_widen(int fd)
{
	fcntl(fd, F_SETPIPE_SZ, 1024 * 1024); /* what an unprivileged process may ask for */
}

int
io_open(const char *path, struct err *e)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return STDIN_FILENO;
	do
		fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd < 0 && errno == EINTR && !stop_signal());
	if (fd < 0 && errno == EINTR)
		return err_set(e, EX_TEMPFAIL, "open: %s: stopped before there was any input", path);
	return fd >= 0 ? fd : err_sys(e, errno, "open", path);
}

/* What comes first; a descriptor of -1 is not waited for. */
static enum io_event
wait_for(int fd, int stop, int out, int64_t timeout_ms)
{
	int64_t until = timeout_ms < 0 ? INT64_MAX : io_now() + timeout_ms;
	struct pollfd p[3] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = stop, .events = POLLIN },
		{ .fd = out, .events = 0 },
	};

	for (;;) {
		int64_t left = until == INT64_MAX ? -1 : until - io_now();
		int n;

		if (until != INT64_MAX && left < 0)
			left = 0;
		n = poll(p, 3, left > INT_MAX ? INT_MAX : (int)left);
		if (n > 0 && p[0].revents)
			return IO_INPUT;
		if (n > 0 && p[1].revents)
			return IO_STOP;
		if (n > 0 && p[2].revents)
			return IO_GONE;
		if (until != INT64_MAX && io_now() >= until)
			return IO_TIMEOUT;
	}
}

enum io_event
io_wait(int fd, bool watch_stdout, int64_t timeout_ms)
{
	return wait_for(fd, stop_fd(), watch_stdout ? STDOUT_FILENO : -1, timeout_ms);
}

static enum io_event
wait_sink(int fd, int out, int64_t timeout_ms)
{
	enum io_event event = stop_signal() ? IO_STOP : wait_for(fd, stop_fd(), out, timeout_ms);
	int64_t left = stop_left();

	if (event != IO_STOP || left <= 0)
		return event;
	event = wait_for(fd, -1, out, timeout_ms >= 0 && timeout_ms < left ? timeout_ms : left);
	return event == IO_TIMEOUT && stop_left() <= 0 ? IO_STOP : event;
}

enum io_event
io_wait_sink(int fd, int64_t timeout_ms)
{
	return wait_sink(fd, -1, timeout_ms);
}

int
io_wait_filter(int fd, const char *subject, struct err *e)
{
	switch (wait_sink(fd, STDOUT_FILENO, -1)) {
	case IO_STOP:
		return err_set(e, EX_TEMPFAIL, "read: %s: stopped before the end of the input", subject);
	case IO_GONE:
		return io_gone(e);
	default:
		return 0;
	}
}

int
io_gone(struct err *e)
{
	err_set(e, EX_IOERR, "write: standard output: %s", err_reason(EPIPE));
	errno = EPIPE;
	return -1;
}

static int64_t
now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
io_now(void)
{
	return now_ms(CLOCK_MONOTONIC);
}

int64_t
io_wall(void)
{
	return now_ms(CLOCK_REALTIME);
}
