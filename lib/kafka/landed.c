#include "kafka/landed.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/thread.h"
#include "frame/positions.h"

#define KILL_MS 1000 /* for the output of a command that was killed to end */

struct entry {
	char *topic, *partition;
	int64_t position;
};

struct list {
	struct entry *entries;
	size_t n;
};

struct landed {
	const char *path, *command, *subject;
	struct list list;
	bool known;

	/* The question that is out, for the thread until done[0] can be read. */
	bool asking, abandoned;
	pthread_t thread;
	pid_t pid; /* of the command; 0: none */
	int fd, done[2];
	struct list answer;
	struct err err; /* with a status: it failed */
};

static void
free_list(struct list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->entries[i].topic);
		free(l->entries[i].partition);
	}
	free(l->entries);
	*l = (struct list){ 0 };
}

static int
add(void *ctx, const char *stream, const char *shard, int64_t position, bool done, struct err *e)
{
	struct list *l = ctx;

	(void)done;
	(void)e;
	l->entries = mem_resize(l->entries, (l->n + 1) * sizeof *l->entries);
	l->entries[l->n++] = (struct entry){ mem_dup(stream), mem_dup(shard), position };
	return 0;
}

/* How the command ended outweighs what it said. */
static void
judge(struct landed *l)
{
	int status = spawn_wait(l->pid);

	if (WIFSIGNALED(status))
		err_set(&l->err, EX_TEMPFAIL, "ask for positions: %s: killed by signal %d", l->subject,
		    WTERMSIG(status));
	else if (WEXITSTATUS(status))
		err_set(&l->err, EX_TEMPFAIL, "ask for positions: %s: ended with status %d", l->subject,
		    WEXITSTATUS(status));
}

static void *
listen_to(void *arg)
{
	struct landed *l = arg;

	positions_read(l->fd, l->subject, add, &l->answer, &l->err);
	if (l->fd != STDIN_FILENO)
		close(l->fd);
	if (l->pid)
		judge(l);
	close(l->done[1]);
	return NULL;
}

/* l->fd is what the command prints. */
static int
start(struct landed *l)
{
	int fd[2], null = open("/dev/null", O_RDONLY | O_CLOEXEC), rc = spawn_pipe(fd);

	if (rc == 0) {
		rc = spawn_shell(&l->pid, l->command, null, fd[1]);
		close(fd[1]);
		l->fd = fd[0];
		if (rc)
			close(fd[0]);
	}
	close(null);
	return rc;
}

static int
open_source(struct landed *l, struct err *e)
{
	int rc;

	l->pid = 0;
	if (!l->command) {
		l->fd = io_open(l->path, e);
		return l->fd < 0 ? -1 : 0;
	}
	rc = start(l);
	return rc ? err_sys(e, rc, "run", l->subject) : 0;
}

/* The thread is done, or shall be.  One whose reading does not end is left behind, with l:
 * it goes with the process. */
static void
end_question(struct landed *l)
{
	struct pollfd done = { .fd = l->done[0], .events = POLLIN };

	if (poll(&done, 1, 0) == 0 && l->pid)
		kill(-l->pid, SIGKILL);
	l->abandoned = poll(&done, 1, KILL_MS) == 0;
	if (l->abandoned) {
		pthread_detach(l->thread);
	} else {
		pthread_join(l->thread, NULL);
		close(l->done[0]);
	}
	l->asking = false;
}

int
landed_begin(struct landed *l, struct err *e)
{
	int rc;

	if (l->asking)
		end_question(l);
	if (l->abandoned)
		return err_set(e, EX_TEMPFAIL, "ask for positions: %s: does not answer", l->subject);
	free_list(&l->answer);
	l->err = (struct err){ 0 };
	rc = spawn_pipe(l->done);
	if (rc)
		return err_sys(e, rc, "start", "pipe");
	if (open_source(l, e) == 0) {
		rc = thread_start(&l->thread, listen_to, l);
		l->asking = rc == 0;
		if (l->asking)
			return 0;
		err_sys(e, rc, "start", "thread");
	}
	close(l->done[0]);
	close(l->done[1]);
	e->status = e->status == EX_NO ? EX_TEMPFAIL : e->status;
	return -1;
}

int
landed_poll(struct landed *l, struct err *e)
{
	struct pollfd done = { .fd = l->done[0], .events = POLLIN };

	if (poll(&done, 1, 0) == 0)
		return 0;
	end_question(l);
	if (l->err.status) {
		*e = l->err;
		return -1;
	}
	free_list(&l->list);
	l->list = l->answer;
	l->answer = (struct list){ 0 };
	l->known = true;
	return 1;
}

bool
landed_asking(const struct landed *l)
{
	return l->asking;
}

int
landed_ask(struct landed *l, bool watch, int timeout_ms, struct err *e)
{
	struct pollfd done;
	enum io_event event;

	if (landed_begin(l, e) < 0)
		return -1;
	done = (struct pollfd){ .fd = l->done[0], .events = POLLIN };
	if (watch)
		event = io_wait(l->done[0], true, timeout_ms);
	else
		event = poll(&done, 1, timeout_ms) > 0 ? IO_INPUT : IO_TIMEOUT;
	if (event == IO_INPUT)
		return landed_poll(l, e) < 0 ? -1 : 0;
	end_question(l);
	return err_set(e, EX_TEMPFAIL, "ask for positions: %s: %s", l->subject,
	    event == IO_TIMEOUT ? "no answer in time" : "stopped before it answered");
}

int64_t
landed_position(const struct landed *l, const char *topic, int32_t partition)
{
	char text[16];

	snprintf(text, sizeof text, "%" PRId32, partition);
	for (size_t i = 0; i < l->list.n; i++) {
		const struct entry *known = &l->list.entries[i];

		if (strcmp(known->partition, text) == 0 && strcmp(known->topic, topic) == 0)
			return known->position;
	}
	return -1;
}

bool
landed_once(const struct landed *l)
{
	return l->known && !l->command && strcmp(l->path, "-") == 0;
}

struct landed *
landed_open(const char *path, const char *command)
{
	struct landed *l = mem_alloc(sizeof *l);

	l->path = path;
	l->command = command;
	l->subject = command ? command : strcmp(path, "-") == 0 ? "standard input" : path;
	return l;
}

void
landed_close(struct landed *l)
{
	if (!l)
		return;
	if (l->asking)
		end_question(l);
	if (l->abandoned)
		return;
	free_list(&l->list);
	free_list(&l->answer);
	free(l);
}
