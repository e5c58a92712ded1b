#include "kafka/output.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/thread.h"

struct slot {
	struct buf bytes;
	struct output_mark *marks;
	size_t nmarks, cap;
	uint64_t records;
};

struct output {
	int fd, wake_fd;
	const char *subject;
	pthread_t thread;

	/* Slot n % OUTPUT_BUFFERS is appended to while n == given, written while
	 * written <= n < given, and reaped while reaped <= n < written. */
	struct slot slots[OUTPUT_BUFFERS];
	uint64_t given, reaped;
	bool gone;

	pthread_mutex_t lock;
	pthread_cond_t more; /* shared_given grew */
	uint64_t shared_given, written;
	bool writing, stopping, abandoned, failed;
	struct err err;
	int err_number;
};

static struct slot *
slot(struct output *o, uint64_t n)
{
	return &o->slots[n % OUTPUT_BUFFERS];
}

static void
wake(const struct output *o)
{
	/* A full pipe wakes as well. */
	while (write(o->wake_fd, "", 1) < 0 && errno == EINTR)
		;
}

/* Wait for slot n to be given; false: stop. */
static bool
next_slot(struct output *o, uint64_t n)
{
	bool go;

	pthread_mutex_lock(&o->lock);
	while (o->shared_given <= n && !o->stopping)
		pthread_cond_wait(&o->more, &o->lock);
	go = o->writing = !o->stopping;
	pthread_mutex_unlock(&o->lock);
	return go;
}

static void
destroy(struct output *o)
{
	for (size_t i = 0; i < OUTPUT_BUFFERS; i++) {
		buf_free(&o->slots[i].bytes);
		free(o->slots[i].marks);
	}
	pthread_cond_destroy(&o->more);
	pthread_mutex_destroy(&o->lock);
	free(o);
}

/* How the writing of slot n ended.  False: nobody wants to know any more. */
static bool
report(struct output *o, uint64_t n, const struct err *failure, int number)
{
	bool abandoned;

	pthread_mutex_lock(&o->lock);
	o->writing = false;
	if (failure) {
		o->failed = true;
		o->err = *failure;
		o->err_number = number;
	} else {
		o->written = n + 1;
	}
	abandoned = o->abandoned;
	pthread_mutex_unlock(&o->lock);
	if (abandoned)
		destroy(o);
	else
		wake(o);
	return !abandoned;
}

static void *
writer(void *arg)
{
	struct output *o = arg;
	struct err e;
	int rc = 0;

	for (uint64_t n = 0; rc == 0 && next_slot(o, n); n++) {
		const struct buf *bytes = &slot(o, n)->bytes;

		rc = io_write(o->fd, bytes->p, bytes->len, o->subject, &e);
		if (!report(o, n, rc < 0 ? &e : NULL, errno))
			break;
	}
	return NULL;
}

struct output *
output_open(int fd, const char *subject, int wake_fd, struct err *e)
{
	struct output *o = mem_alloc(sizeof *o);
	int rc;

	o->fd = fd;
	o->subject = subject;
	o->wake_fd = wake_fd;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->more, NULL);
	rc = thread_start(&o->thread, writer, o);
	if (rc == 0)
		return o;
	free(o);
	err_sys(e, rc, "start", "thread");
	return NULL;
}

/* Give the current slot to the thread. */
static void
give(struct output *o)
{
	o->given++;
	pthread_mutex_lock(&o->lock);
	o->shared_given = o->given;
	pthread_cond_signal(&o->more);
	pthread_mutex_unlock(&o->lock);
}

struct buf *
output_room(struct output *o)
{
	struct buf *bytes;

	if (o->given - o->reaped == OUTPUT_BUFFERS)
		return NULL;
	bytes = &slot(o, o->given)->bytes;
	if (!bytes->cap)
		buf_reserve(bytes, OUTPUT_SIZE);
	return bytes;
}

void
output_mark(struct output *o, void *owner, int64_t next)
{
	struct slot *s = slot(o, o->given);

	if (s->nmarks && s->marks[s->nmarks - 1].owner == owner) {
		s->marks[s->nmarks - 1].next = next;
		return;
	}
	if (s->nmarks == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->marks = mem_resize(s->marks, s->cap * sizeof *s->marks);
	}
	s->marks[s->nmarks++] = (struct output_mark){ owner, next };
}

void
output_record(struct output *o, void *owner, int64_t next)
{
	struct slot *s = slot(o, o->given);

	output_mark(o, owner, next);
	s->records++;
	if (output_full(o))
		give(o);
}

bool
output_full(const struct output *o)
{
	/* Not to grow: the next record might not fit. */
	return o->slots[o->given % OUTPUT_BUFFERS].bytes.len >= OUTPUT_SIZE - OUTPUT_SIZE / 8;
}

bool
output_free(struct output *o)
{
	bool idle;

	if (o->given - o->reaped == OUTPUT_BUFFERS)
		return false;
	pthread_mutex_lock(&o->lock);
	idle = o->written == o->given;
	pthread_mutex_unlock(&o->lock);
	return idle;
}

void
output_push(struct output *o)
{
	if (output_free(o) && slot(o, o->given)->nmarks)
		give(o);
}

static void
reset(struct slot *s)
{
	/* One giant record must not keep its memory for ever. */
	if (s->bytes.cap > 2 * OUTPUT_SIZE)
		buf_free(&s->bytes);
	s->bytes.len = 0;
	s->nmarks = 0;
	s->records = 0;
}

int
output_reap(struct output *o, void (*reached)(const struct output_mark *),
    struct output_written *total, struct err *e)
{
	uint64_t written;
	bool failed;

	pthread_mutex_lock(&o->lock);
	written = o->written;
	failed = o->failed;
	o->gone = failed && o->err_number == EPIPE;
	pthread_mutex_unlock(&o->lock);
	for (; o->reaped < written; o->reaped++) {
		struct slot *s = slot(o, o->reaped);

		for (size_t i = 0; i < s->nmarks; i++)
			reached(&s->marks[i]);
		total->records += s->records;
		total->bytes += s->bytes.len;
		reset(s);
	}
	if (failed)
		*e = o->err;
	return failed ? -1 : 0;
}

bool
output_gone(const struct output *o)
{
	return o->gone;
}

bool
output_idle(const struct output *o)
{
	return o->reaped == o->given && o->slots[o->given % OUTPUT_BUFFERS].nmarks == 0;
}

void
output_close(struct output *o)
{
	bool writing;

	if (!o)
		return;
	pthread_mutex_lock(&o->lock);
	o->stopping = true;
	writing = o->abandoned = o->writing;
	if (writing)
		pthread_detach(o->thread); /* it may never come back; if it does, it frees */
	pthread_cond_signal(&o->more);
	pthread_mutex_unlock(&o->lock);
	if (writing)
		return;
	pthread_join(o->thread, NULL);
	destroy(o);
}
