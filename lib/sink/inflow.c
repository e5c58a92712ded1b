#include "sink/inflow.h"

#include <stdlib.h>

#include "base/io.h"
#include "base/mem.h"
#include "frame/frame.h"
#include "frame/positions.h"
#include "sink/commit.h"
#include "sink/intake.h"
#include "sink/shard.h"

#define LOOK_MS 500 /* how soon a failed commit is noticed on a quiet input */

struct inflow {
	struct intake in;
	struct frame_reader frames;
	struct ship_env ships;
	struct shard_env env;
	struct shard **shards, *last; /* those assigned or being released; the one used last */
	size_t n, room;
	int64_t silent; /* ms that were waited since input came, or a shard was seen to be fenced */
	int ended; /* the status of E; -1: it has not come */
};

static struct shard *
find(struct inflow *x, const struct frame *f)
{
	if (x->last && shard_is(x->last, f->stream, f->shard))
		return x->last;
	for (size_t i = 0; i < x->n; i++)
		if (shard_is(x->shards[i], f->stream, f->shard))
			return x->last = x->shards[i];
	return NULL;
}

static void
forget(struct inflow *x, size_t i)
{
	shard_free(x->shards[i]);
	x->shards[i] = x->shards[--x->n];
	x->last = NULL;
}

/* Let go of the shards that are done with. */
static void
reap(struct inflow *x)
{
	for (size_t i = x->n; i-- > 0;)
		if (shard_released(x->shards[i]) && shard_idle(x->shards[i]))
			forget(x, i);
}

static int
assign(struct inflow *x, const struct frame *f, struct err *e)
{
	struct shard *sh = find(x, f);

	/* It has come back while its last files are still on their way. */
	if (sh && shard_released(sh)) {
		shard_settle(sh);
		reap(x);
		sh = NULL;
	}
	if (sh)
		return 0;
	if (x->n == INFLOW_SHARDS)
		return err_set(e, EX_DATAERR, "read frames: " INTAKE_SUBJECT ": more than %d shards at once",
		    INFLOW_SHARDS);
	if (x->n == x->room) {
		x->room = x->room ? 2 * x->room : 16;
		x->shards = mem_resize(x->shards, x->room * sizeof *x->shards);
	}
	x->shards[x->n++] = shard_open(&x->env, f->stream, f->shard, f->base);
	return 0;
}

static int
not_assigned(const struct frame *f, struct err *e)
{
	return err_set(e, EX_DATAERR, "read frames: " INTAKE_SUBJECT ": %s %s was not assigned: the stream "
	    "is damaged, start the pipe line again", f->stream, f->shard);
}

static int
release(struct inflow *x, const struct frame *f, struct err *e)
{
	struct shard *sh = find(x, f);

	if (sh && !shard_released(sh))
		shard_release(sh, f->reason == FRAME_DONE);
	if (f->reason != FRAME_GONE)
		return 0;
	if (sh)
		shard_settle(sh);
	return commit_forget(x->in.p->store, x->ships.dir, f->stream, f->shard, e);
}

static int
take(struct inflow *x, struct frame *f, struct err *e)
{
	struct shard *sh;

	switch (f->kind) {
	case FRAME_ASSIGN:
		return assign(x, f, e);
	case FRAME_REVOKE:
		return release(x, f, e);
	case FRAME_END:
		x->ended = f->status;
		return 0;
	default:
		sh = find(x, f);
		if (!sh || shard_released(sh))
			return not_assigned(f, e);
		return f->kind == FRAME_BATCH ? shard_batch(sh, f, e) : shard_position(sh, f->next, e);
	}
}

/* All frames that are there. */
static int
take_frames(struct inflow *x, struct err *e)
{
	struct frame f;
	int rc;

	while ((rc = frame_next(&x->frames, &f, e)) > 0)
		if (take(x, &f, e) < 0)
			return -1;
	return rc;
}

/* Roll what is due.  ms until there is something to look at again, -1: not before input comes; -2 with
 * e set: a commit has failed, or a shard was taken away. */
static int64_t
tend(struct inflow *x, struct err *e)
{
	int64_t least = -1;

	if (ship_env_check(&x->ships, e) < 0)
		return -2;
	reap(x);
	for (size_t i = 0; i < x->n; i++) {
		struct shard *sh = x->shards[i];
		int64_t ms = shard_tend(sh), fenced = shard_fenced(sh);

		if (fenced >= 0 && !shard_released(sh)) {
			shard_abandon(sh);
			if (fenced == 0)
				x->silent = 0;
			ms = INFLOW_FENCED_MS - x->silent;
			if (ms <= 0 || fenced >= INFLOW_FENCED_MAX_MS)
				return shard_lost(sh, e) - 1;
		}
		if (!shard_idle(sh) && (ms < 0 || ms > LOOK_MS))
			ms = LOOK_MS;
		if (ms >= 0 && (least < 0 || ms < least))
			least = ms;
	}
	return least;
}

static int
read_stream(struct inflow *x, struct err *e)
{
	ssize_t n = 1;

	while (n && x->ended < 0) {
		int64_t ms = tend(x, e), since = io_now();
		int ready = ms < -1 ? -1 : intake_wait(&x->in, ms, e);

		if (ready < 0)
			return -1;
		x->silent = ready ? 0 : x->silent + io_now() - since;
		if (!ready)
			continue;
		n = chunk_read(&x->frames.in, e);
		if (n < 0 || take_frames(x, e) < 0)
			return -1;
	}
	if (x->ended < 0)
		return err_set(e, EX_TEMPFAIL, "read frames: " INTAKE_SUBJECT ": it stopped before its end: "
		    "start the pipe line again");
	return 0;
}

/* Commit what is whole, unless the stage has failed.  status is what went before; the first failure
 * stays. */
static int
finish(struct inflow *x, int status, struct err *e)
{
	struct err why = { 0 };

	for (size_t i = 0; i < x->n; i++) {
		if (stage_check(x->in.stage, &why) < 0)
			shard_abandon(x->shards[i]);
		else if (!shard_released(x->shards[i]))
			shard_finish(x->shards[i]);
	}
	for (size_t i = 0; i < x->n; i++)
		shard_settle(x->shards[i]);
	/* What starting again does not mend is the graver news. */
	if (ship_env_check(&x->ships, &why) < 0 && (status == 0 || e->status == EX_TEMPFAIL)) {
		*e = why;
		status = -1;
	}
	for (size_t i = 0; i < x->n && status == 0; i++)
		if (!shard_released(x->shards[i]) && shard_fenced(x->shards[i]) >= 0)
			status = shard_lost(x->shards[i], e);
	while (x->n)
		forget(x, 0);
	status = intake_end(&x->in, status, e);
	x->in.p->totals = x->ships.totals;
	if (status == 0 && x->ended > 0)
		status = err_set(e, x->ended, "end: " INTAKE_SUBJECT ": the source stopped with status %d: all "
		    "that it gave has landed", x->ended);
	return status;
}

int
inflow_put(struct put *p, const char *dir, const struct stamp *st, const struct roll_opts *o,
    struct err *e)
{
	struct inflow x = {
		.ships = { .put = p, .dir = dir[1] ? dir : "" },
		.env = { .put = p, .stamp = st, .roll = o }, .ended = -1,
	};
	int status;

	if (store_joins(p->store, dir, e) < 0)
		return -1;
	if (store_mkdirs(p->store, dir, e) < 0)
		return intake_no(e);
	if (p->patient) {
		p->retry.timeout_ms = STORE_FOREVER_MS;
		store_set_timeout(p->store, STORE_FOREVER_MS);
	}
	if (intake_begin(&x.in, p, NULL, e) < 0)
		return -1;
	x.env.ships = &x.ships;
	x.env.stage = x.ships.stage = x.in.stage;
	ship_env_begin(&x.ships);
	frame_begin(&x.frames, p->fd, INTAKE_SUBJECT);
	status = read_stream(&x, e);
	status = finish(&x, status, e);
	frame_finish(&x.frames);
	ship_env_end(&x.ships);
	free(x.shards);
	return status;
}

static int
print_position(void *ctx, const char *stream, const char *shard, int64_t next, bool done,
    struct err *e)
{
	(void)e;
	positions_print(ctx, stream, shard, next, done);
	return 0;
}

int
inflow_offsets(struct store *s, const char *dir, struct buf *list, struct err *e)
{
	int rc = commit_positions(s, dir[1] ? dir : "", print_position, list, e);

	if (rc == 0)
		positions_end(list);
	return rc;
}
