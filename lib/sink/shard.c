#include "sink/shard.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "sink/roll.h"
#include "sink/ship.h"

struct shard {
	const struct shard_env *env;
	char *stream, *name;
	int64_t hint;
	struct ship *ship;
	struct roll *roll;      /* NULL before it is ready, and once it is closed */
	int64_t position, ts;   /* behind what was taken, and of the record before; -1: unknown */
	int64_t from;           /* behind what was rolled */
	int64_t bytes, records; /* that are open */
	int64_t since;          /* io_now() at which the position moved first, 0: it has not */
	int64_t quiet;          /* the same of the last roll, 0: it has been noted */
	int64_t fenced;         /* when that was seen, 0: it was not */
	bool released, closed;  /* R came; it takes no more */
};

struct shard *
shard_open(const struct shard_env *env, const char *stream, const char *name, int64_t hint)
{
	struct shard *sh = mem_alloc(sizeof *sh);

	*sh = (struct shard){ .env = env, .stream = mem_dup(stream), .name = mem_dup(name),
		.hint = hint, .ship = ship_open(env->ships, stream, name, hint) };
	return sh;
}

void
shard_free(struct shard *sh)
{
	shard_abandon(sh);
	ship_free(sh->ship);
	free(sh->stream);
	free(sh->name);
	free(sh);
}

bool
shard_is(const struct shard *sh, const char *stream, const char *name)
{
	return strcmp(sh->name, name) == 0 && strcmp(sh->stream, stream) == 0;
}

/* 1: it takes records, 0: it does not any more, -1: it could not be taken over. */
static int
ready(struct shard *sh, struct err *e)
{
	struct roll_opts o = *sh->env->roll;
	int rc;

	if (sh->roll || sh->closed)
		return !sh->closed && shard_fenced(sh) < 0;
	rc = ship_ready(sh->ship, &sh->position, &sh->ts, &o.staging, e);
	if (rc <= 0)
		return rc;
	if (sh->hint > sh->position)
		return err_set(e, EX_DATAERR, "continue: %s %s: %" PRId64 " to %" PRId64 " are missing: find "
		    "them or move the position by hand", sh->stream, sh->name, sh->position, sh->hint - 1);
	sh->from = sh->position;
	o.size = o.records = o.ms = INT64_MAX;
	o.rolled = ship_add;
	o.ctx = sh->ship;
	sh->roll = roll_open(sh->env->stage, &o);
	return 1;
}

/* Hand over what is open, with the position behind it. */
static void
roll_now(struct shard *sh)
{
	if (!sh->roll || sh->position == sh->from)
		return;
	ship_begin(sh->ship, sh->from, sh->position, sh->ts, roll_open_files(sh->roll));
	roll_all(sh->roll);
	ship_send(sh->ship);
	sh->from = sh->position;
	sh->bytes = sh->records = sh->since = 0;
	sh->quiet = io_now();
}

static void
move(struct shard *sh, int64_t next, int64_t ts)
{
	sh->position = next;
	sh->ts = ts;
	if (!sh->since)
		sh->since = io_now();
}

/* The position behind the record that ends at w, -1 where it cannot be told. */
static int64_t
position_at(const struct frame *f, const struct frame_walk *w, size_t nth)
{
	int64_t span = f->next - f->base;

	if (w->at == f->nbytes)
		return f->next;
	if (f->mapped)
		return -1;
	return span == (int64_t)f->nrec ? f->base + (int64_t)nth :
	    span == (int64_t)f->nbytes ? f->base + (int64_t)w->at : -1;
}

/* So many partitions are open that they are rolled in the middle of a batch, if the position there can
 * be told. */
static int
roll_between(struct shard *sh, int64_t at, int64_t ts, struct err *e)
{
	if (at < 0)
		return err_set(e, EX_DATAERR, "write: %s %s: more than %d partitions in one batch: is the "
		    "pattern too fine?", sh->stream, sh->name, ROLL_OPEN_MAX);
	if (roll_flush(sh->roll, e) < 0)
		return -1;
	move(sh, at, ts);
	roll_now(sh);
	return 0;
}

static int
take_records(struct shard *sh, const struct frame *f, struct err *e)
{
	const struct stamp *stamp = sh->env->stamp;
	struct frame_walk w = { 0 };
	const char *p;
	size_t len, n = 0;

	while (frame_record(f, &w, &p, &len)) {
		struct when when;
		bool timed = stamp_find(stamp, p, len, &when);
		int64_t at;

		if (roll_line(sh->roll, timed ? &when : NULL, p, len + 1, e) < 0)
			return -1;
		n++;
		if (roll_open_files(sh->roll) < ROLL_OPEN_MAX)
			continue;
		at = position_at(f, &w, n);
		if (roll_between(sh, at, at == f->next ? f->ts : -1, e) < 0)
			return -1;
	}
	return roll_flush(sh->roll, e);
}

/* Is this the source that the position was taken from?  The record before the position says it. */
static int
check_source(const struct shard *sh, const struct frame *f, struct err *e)
{
	if (f->next != sh->position || f->next - f->base != (int64_t)f->nrec || sh->ts < 0 ||
	    f->ts < 0 || f->ts == sh->ts)
		return 0;
	return err_set(e, EX_DATAERR, "continue: %s %s: the record before %" PRId64 " is not the one that "
	    "has landed: was the topic made anew? Use another directory, or move the position by hand",
	    sh->stream, sh->name, f->next);
}

int
shard_batch(struct shard *sh, struct frame *f, struct err *e)
{
	const struct roll_opts *o = sh->env->roll;
	int rc = ready(sh, e);

	if (rc <= 0)
		return rc;
	if (check_source(sh, f, e) < 0)
		return -1;
	rc = frame_cut(f, sh->position, e);
	if (rc <= 0)
		return rc;
	if (f->lens)
		return err_set(e, EX_DATAERR, "write: %s %s: the records hold newlines: frame them as JSON "
		    "with kcons -E -J", sh->stream, sh->name);
	if (sh->bytes && (sh->bytes + (int64_t)f->nbytes > o->size ||
	    sh->records > o->records - (int64_t)f->nrec))
		roll_now(sh);
	sh->env->put->records += f->nrec;
	sh->env->put->bytes += f->nbytes;
	if (take_records(sh, f, e) < 0) {
		shard_abandon(sh); /* there is half a batch in it */
		return -1;
	}
	sh->bytes += (int64_t)f->nbytes;
	sh->records += (int64_t)f->nrec;
	if (sh->position != f->next)
		move(sh, f->next, f->ts);
	if (sh->bytes >= o->size || sh->records >= o->records)
		roll_now(sh);
	return 0;
}

int
shard_position(struct shard *sh, int64_t next, struct err *e)
{
	int rc = ready(sh, e);

	if (rc > 0 && next > sh->position)
		move(sh, next, -1);
	return rc < 0 ? -1 : 0;
}

int64_t
shard_tend(struct shard *sh)
{
	int64_t since = sh->since ? sh->since : sh->quiet;
	int64_t left = since + sh->env->roll->ms - io_now();

	if (!since)
		return -1;
	if (left > 0)
		return left;
	if (sh->since) {
		roll_now(sh);
		return sh->env->roll->ms;
	}
	ship_note(sh->ship, false);
	sh->quiet = 0;
	return -1;
}

static void
finish(struct shard *sh, bool done)
{
	roll_now(sh);
	ship_note(sh->ship, done);
	shard_abandon(sh);
}

void
shard_finish(struct shard *sh)
{
	finish(sh, false);
}

void
shard_release(struct shard *sh, bool done)
{
	finish(sh, done);
	sh->released = true;
}

bool
shard_released(const struct shard *sh)
{
	return sh->released;
}

void
shard_abandon(struct shard *sh)
{
	if (sh->roll)
		roll_close(sh->roll);
	sh->roll = NULL;
	sh->since = sh->quiet = 0;
	sh->closed = true;
}

bool
shard_idle(const struct shard *sh)
{
	return ship_idle(sh->ship);
}

void
shard_settle(struct shard *sh)
{
	ship_settle(sh->ship);
}

int64_t
shard_fenced(struct shard *sh)
{
	int64_t now = io_now();

	if (!ship_fenced(sh->ship))
		return -1;
	if (!sh->fenced)
		sh->fenced = now;
	return now - sh->fenced;
}

int
shard_lost(const struct shard *sh, struct err *e)
{
	return err_set(e, EX_TEMPFAIL, "commit: %s %s: another writer has taken it over: start again, unless "
	    "that one is to go on alone", sh->stream, sh->name);
}
