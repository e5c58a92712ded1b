#include "kafka/exact.h"

#include <inttypes.h>
#include <string.h>

#include "base/io.h"

#define PAUSE_MS 5     /* without input: commit, */
#define DRAINED_MS 200 /* or after this time as soon as there is none */
#define IDLE_MS 1000   /* how often librdkafka is heard while nothing is open */

static int
assign(struct exact *x, const struct frame *f, struct err *e)
{
	struct shard *s = shards_find(&x->out.shards, f->stream, f->shard);

	if (strchr(f->stream, '/'))
		return err_set(e, EX_DATAERR, "continue: %s %s: a stream's name may not have a /", f->stream,
		    f->shard);
	if (s && s->gone) { /* and back again */
		if (replay_commit(&x->out, e) < 0)
			return -1;
		s = NULL;
	}
	if (!s) {
		s = shards_add(&x->out.shards, f->stream, f->shard);
		s->position = f->base;
		x->opening = true;
		replay_change(&x->out, s);
	} else if (f->base > s->position) {
		return err_set(e, EX_DATAERR, "continue: %s %s: it begins at %" PRId64
		    ", but only what is before %" PRId64 " is in %s: the rest is missing", f->stream, f->shard,
		    f->base, s->position, x->out.to.topic);
	}
	s->assigned = s->seen = true;
	return 0;
}

/* A file that was being read has to be taken up again before anything else is. */
static int
check_all_seen(struct exact *x, struct err *e)
{
	x->started = true;
	for (size_t i = 0; i < x->out.shards.n; i++) {
		const struct shard *s = x->out.shards.list[i];

		if (!s->seen && !s->done && strcmp(s->stream, "file") == 0)
			return err_set(e, EX_TEMPFAIL, "continue: file %s: it was not read to its end and has not "
			    "been taken up again: start from the list that --position gives", s->name);
	}
	return 0;
}

static struct shard *
assigned(struct exact *x, const struct frame *f, struct err *e)
{
	struct shard *s = shards_find(&x->out.shards, f->stream, f->shard);

	if (s && s->assigned)
		return s;
	err_set(e, EX_DATAERR, "read frames: %s: %s %s was never assigned", x->in.in.subject, f->stream,
	    f->shard);
	return NULL;
}

static int
batch(struct exact *x, struct frame *f, struct err *e)
{
	struct shard *s = assigned(x, f, e);
	int rc = s ? frame_cut(f, s->position, e) : -1;

	if (rc <= 0)
		return rc;
	if (x->opening && replay_commit(&x->out, e) < 0)
		return -1;
	x->opening = false;
	return replay_batch(&x->out, x->in.in.chunk, f, s, e);
}

static int
move(struct exact *x, const struct frame *f, struct err *e)
{
	struct shard *s = assigned(x, f, e);

	if (!s)
		return -1;
	if (f->next > s->position) {
		s->position = f->next;
		replay_change(&x->out, s);
	}
	return 0;
}

static int
revoke(struct exact *x, const struct frame *f, struct err *e)
{
	struct shard *s = shards_find(&x->out.shards, f->stream, f->shard);

	if (!s && f->reason == FRAME_GONE)
		return 0; /* forgotten already */
	if (!s)
		return assigned(x, f, e) ? 0 : -1;
	s->assigned = false;
	if (f->reason == FRAME_GONE && !s->done)
		return err_set(e, EX_DATAERR, "continue: %s %s: it vanished before it was read to its end: "
		    "what followed position %" PRId64 " is lost", f->stream, f->shard, s->position);
	if (f->reason == FRAME_GONE || (f->reason == FRAME_DONE && !s->done)) {
		s->done = true;
		s->gone = f->reason == FRAME_GONE;
		replay_change(&x->out, s);
	}
	return 0;
}

static int
take(struct exact *x, struct frame *f, struct err *e)
{
	if ((f->kind == FRAME_BATCH || f->kind == FRAME_POSITION) && !x->started &&
	    check_all_seen(x, e) < 0)
		return -1;
	switch (f->kind) {
	case FRAME_ASSIGN: return assign(x, f, e);
	case FRAME_BATCH: return batch(x, f, e);
	case FRAME_POSITION: return move(x, f, e);
	case FRAME_REVOKE: return revoke(x, f, e);
	case FRAME_END: return 0;
	}
	return 0;
}

/* All frames that are there.  1 with *f the end, 0 for more, or -1. */
static int
take_all(struct exact *x, struct frame *f, struct err *e)
{
	int rc;

	while ((rc = frame_next(&x->in, f, e)) > 0) {
		if (take(x, f, e) < 0)
			return -1;
		if (f->kind == FRAME_END)
			return 1;
		if (replay_full(&x->out) && replay_commit(&x->out, e) < 0)
			return -1;
	}
	return rc;
}

/* Read on: 1, 0 at the end, -1 with e set.  Commits while there is nothing to read. */
static int
read_more(struct exact *x, struct err *e)
{
	for (;;) {
		int64_t age = x->out.began ? io_now() - x->out.began : 0;
		enum io_event ev;
		ssize_t n;

		if (age >= EXACT_OPEN_MS && replay_commit(&x->out, e) < 0)
			return -1;
		ev = io_wait_sink(x->in.in.fd, !x->out.began ? IDLE_MS : age < DRAINED_MS ? PAUSE_MS : 0);
		if (ev == IO_STOP)
			return err_set(e, EX_TEMPFAIL, "read: %s: stopped before the end of the stream",
			    x->in.in.subject);
		if (ev == IO_TIMEOUT) {
			if (replay_commit(&x->out, e) < 0 || replay_send(&x->out, e) < 0)
				return -1;
			continue;
		}
		n = chunk_read(&x->in.in, e);
		return n < 0 ? -1 : n > 0;
	}
}

static int
take_stream(struct exact *x, struct err *e)
{
	struct frame f = { 0 };
	int rc = 0;

	while (rc == 0) {
		rc = read_more(x, e);
		if (rc == 0)
			return err_set(e, EX_TEMPFAIL,
			    "read: %s: it ends without its end: what writes it was killed: start again",
			    x->in.in.subject);
		if (rc > 0)
			rc = take_all(x, &f, e);
		if (rc == 0)
			rc = replay_send(&x->out, e);
		progress_show(&x->progress, x->out.account.records_in, x->out.account.bytes_in);
	}
	return rc < 0 ? -1 : f.status;
}

int
exact_run(struct exact *x, int fd, const char *subject, struct err *e)
{
	struct err second;
	int status = replay_open(&x->out, e);

	if (status < 0)
		return -1;
	io_widen(fd);
	frame_begin(&x->in, fd, subject);
	status = take_stream(x, e);
	/* Whatever came to pass, what is whole is good. */
	if (replay_commit(&x->out, &second) < 0 && status >= 0) {
		*e = second;
		status = -1;
	}
	frame_finish(&x->in);
	return status;
}
