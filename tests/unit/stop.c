/* Which signals stop, and which kill. */
#include "base/stop.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "tap.h"

enum { STOPPED = 10, GOES_ON }; /* how a process of `lives` ended by itself */

/* What becomes of a process that gets the signals, the last one `pause` ms after the others. */
static int
lives(bool ignored, int first, int second, int64_t pause)
{
	struct err e;
	pid_t child;
	int how;

	fflush(stdout); /* what is written is the parent's, whoever ends */
	child = fork();
	if (child == 0) {
		signal(SIGINT, ignored ? SIG_IGN : SIG_DFL);
		if (stop_begin(&e) < 0)
			_exit(1);
		raise(first);
		for (int64_t until = io_now() + pause; io_now() < until; )
			poll(NULL, 0, 10);
		raise(second);
		_exit(stop_signal() == first ? STOPPED : GOES_ON);
	}
	while (waitpid(child, &how, 0) < 0)
		;
	return WIFSIGNALED(how) ? -WTERMSIG(how) : WEXITSTATUS(how);
}

int
main(void)
{
	is_int(lives(false, SIGTERM, SIGTERM, 0), STOPPED, "one that is sent twice at once counts once");
	is_int(lives(false, SIGINT, SIGTERM, 0), STOPPED, "two of the pipe line, too");
	is_int(lives(false, SIGTERM, SIGTERM, STOP_TWICE_MS), -SIGTERM, "a second one kills");
	is_int(lives(false, SIGTERM, SIGINT, STOP_TWICE_MS), -SIGINT, "whichever it is");
	is_int(lives(true, SIGINT, SIGINT, STOP_TWICE_MS), GOES_ON, "an ignored SIGINT stays ignored");
	is_int(lives(true, SIGTERM, SIGTERM, 0), STOPPED, "and SIGTERM is heard");
	return done();
}
