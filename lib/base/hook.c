#include "base/hook.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/spawn.h"
#include "base/thread.h"

struct hook {
	const char *command;
	hook_failed *failed;
	pthread_t thread;
	uint64_t lost;       /* the thread's, like lines that it has taken */
	pthread_mutex_t lock; /* for the rest */
	pthread_cond_t changed;
	struct buf lines;    /* that wait */
	uint64_t nlines;
	bool closing;
};

/* One run.  A command that does not care to read all of it is none the worse. */
static int
run(const struct hook *h, const struct buf *lines, struct err *e)
{
	struct err ignored;
	pid_t pid;
	int fd[2], status, rc = spawn_pipe(fd);

	if (rc)
		return err_sys(e, rc, "run", h->command);
	rc = spawn_shell(&pid, h->command, fd[0], STDOUT_FILENO);
	close(fd[0]);
	if (rc == 0)
		io_write(fd[1], lines->p, lines->len, "command", &ignored);
	close(fd[1]);
	if (rc)
		return err_sys(e, rc, "run", h->command);
	status = spawn_wait(pid);
	if (WIFSIGNALED(status))
		return err_set(e, EX_NO, "run: %s: killed by signal %d", h->command, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(e, EX_NO, "run: %s: ended with status %d", h->command, WEXITSTATUS(status));
	return 0;
}

static void
tell(struct hook *h, const struct buf *lines, uint64_t n)
{
	struct err e;
	char *text;

	if (run(h, lines, &e) == 0)
		return;
	h->lost += n;
	text = mem_printf("%s: it is not told again of these %" PRIu64 ", of which the first is %.*s",
	    e.text, n, (int)strcspn(lines->p, "\n"), lines->p);
	h->failed(text);
	free(text);
}

static void *
serve(void *arg)
{
	struct hook *h = arg;
	bool closing = false;

	while (!closing) {
		struct buf lines;
		uint64_t n;

		pthread_mutex_lock(&h->lock);
		while (!h->nlines && !h->closing)
			pthread_cond_wait(&h->changed, &h->lock);
		lines = h->lines;
		n = h->nlines;
		h->lines = (struct buf){ 0 };
		h->nlines = 0;
		closing = h->closing;
		pthread_cond_broadcast(&h->changed);
		pthread_mutex_unlock(&h->lock);
		if (n)
			tell(h, &lines, n);
		buf_free(&lines);
	}
	return NULL;
}

struct hook *
hook_open(const char *command, hook_failed *failed, struct err *e)
{
	struct hook *h = mem_alloc(sizeof *h);
	int rc;

	h->command = command;
	h->failed = failed;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->changed, NULL);
	rc = thread_start(&h->thread, serve, h);
	if (rc == 0)
		return h;
	err_sys(e, rc, "start", "thread");
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return NULL;
}

void
hook_add(struct hook *h, const char *line)
{
	size_t len = strlen(line);

	pthread_mutex_lock(&h->lock);
	while (h->nlines && h->lines.len + len >= HOOK_QUEUE)
		pthread_cond_wait(&h->changed, &h->lock);
	buf_add(&h->lines, line, len);
	buf_addc(&h->lines, '\n');
	h->nlines++;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
}

uint64_t
hook_close(struct hook *h)
{
	uint64_t lost;

	if (!h)
		return 0;
	pthread_mutex_lock(&h->lock);
	h->closing = true;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	lost = h->lost;
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return lost;
}
