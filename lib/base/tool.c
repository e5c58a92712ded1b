#define _GNU_SOURCE /* program_invocation_short_name */
#include "base/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"

void
tool_begin(void)
{
	int fd;

	signal(SIGCHLD, SIG_DFL); /* ignored, as some parents leave it, there is no child to wait for */
	/* 0 cannot be read then, nor 1 and 2 be written. */
	do
		fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void
tool_mask(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) /* U+0080 to U+009F */
			p[0] = p[1] = '?';
}

static void
say(const char *text)
{
	struct buf line = { 0 };

	/* One write, so that the messages of a pipe line's programs do not mix. */
	buf_printf(&line, "%s: %s", program_invocation_short_name, text);
	tool_mask(line.p);
	buf_addc(&line, '\n');
	fwrite(line.p, 1, line.len, stderr);
	buf_free(&line);
}

void
tool_warn(const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	say(text);
}

int
tool_fail(const struct err *e)
{
	say(e->text);
	return e->status;
}

int
tool_worse(int before, int now)
{
	return before <= EX_NO && now != 0 ? now : before;
}

int
tool_end(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout) && fclose(stdout) == 0)
		return status;
	if (errno == EPIPE)
		tool_die_of_sigpipe();
	tool_warn("write: standard output: %s", err_reason(errno));
	return status ? status : EX_IOERR;
}

int
tool_write(const void *p, size_t len, struct err *e)
{
	int rc = io_write(STDOUT_FILENO, p, len, "standard output", e);

	if (rc < 0 && errno == EPIPE)
		tool_die_of_sigpipe();
	return rc;
}

_Noreturn void
tool_die_of_sigpipe(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(SIGPIPE);
	_exit(128 + SIGPIPE);
}
