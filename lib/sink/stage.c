#include "sink/stage.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/patience.h"
#include "sink/budget.h"
#include "sink/gzip.h"
#include "sink/land.h"
#include "sink/outage.h"
#include "sink/pool.h"
#include "sink/sweep.h"

/* A block on its way to the store. */
struct part {
	struct job job; /* first: a job is its part */
	struct staged *file;
	size_t slot;    /* its place in the file */
	struct block *block;
};

/* Guarded by the stage's lock from the first part sent to the last one put. */
struct staged {
	struct job job; /* first: to land or seal it, set once no more comes */
	struct stage *g;
	char *dir;          /* where its parts are put */
	bool remake;        /* it is the stage's own, and made again if it has gone */
	unsigned id;
	struct block *open; /* the caller's thread fills it */
	struct staged *before, *after; /* among those that the caller's thread fills */
	char **names;       /* of the parts, where they were put; NULL until then */
	size_t nparts, room, pending; /* sent, slots in names, not put yet */
	int64_t stored;     /* bytes put, after compression */
	uint64_t bytes, records;
	char *path;         /* where it is to land */
	stage_sealed *sealed; /* or whom to tell */
	void *ctx;
	bool dropped;
};

struct stage {
	struct stage_opts o;
	struct store *store;
	struct pool *pool;
	struct budget budget;
	struct staged *filling; /* the caller's thread only */
	pthread_mutex_t lock;  /* for all that follows */
	unsigned files, last_id; /* that have parts or are to land; the last one made */
	struct outage outage;
	struct stage_totals totals;
	struct err err;        /* the first failure that stayed */
};

/* Locked. */
static void
fail(struct stage *g, const struct err *e)
{
	if (g->err.status)
		return;
	g->err = *e;
	/* It was reached at the start, so this may pass. */
	if (e->status == EX_UNAVAILABLE)
		g->err.status = EX_TEMPFAIL;
}

/* Locked: what was taken away in a directory that is not the stage's own is the misfortune of that file
 * alone. */
static void
fail_file(const struct staged *f, const struct err *e)
{
	if (f->remake || (e->status != EX_NO && e->status != EX_SOFTWARE))
		fail(f->g, e);
}

/* After a failed try: is it worth another one? */
static bool
worth_another(struct stage *g, int64_t begun, const struct err *e)
{
	bool left;

	if (e->status != EX_TEMPFAIL && e->status != EX_UNAVAILABLE)
		return false;
	pthread_mutex_lock(&g->lock);
	left = !g->err.status && outage_left(&g->outage, &g->o.retry, begun, e);
	pthread_mutex_unlock(&g->lock);
	return left;
}

static char *
part_name(const struct part *p, unsigned try)
{
	return mem_printf("%s/%u-%zu-%u", p->file->dir, p->file->id, p->slot, try);
}

/* One try.  Our own staging directory is made again if somebody cleared it away. */
static int
put_once(const struct staged *f, struct store *s, const char *name, const char *p, size_t len,
    struct err *e)
{
	int status = store_put(s, name, p, len, e);

	if (status < 0 && e->status == EX_NO && f->remake && store_mkdirs(s, f->dir, e) == 0)
		status = store_put(s, name, p, len, e);
	return status;
}

/* Once nothing has succeeded for long, what is left shall not wait as long again, each by itself. */
static void
hurry(struct stage *g, struct store *s)
{
	struct err e;

	if (stage_check(g, &e) < 0 && e.status == EX_TEMPFAIL)
		store_set_timeout(s, STORE_HASTE_MS);
}

/* As many tries as it takes; the name it got, or NULL with e set. */
static char *
put(const struct part *part, struct store *s, const char *p, size_t len, struct err *e)
{
	struct stage *g = part->file->g;
	struct err ignored;
	struct patience pauses = patience_begin(INT64_MAX); /* the stage has one for all of them */
	int64_t begun = io_now();
	unsigned try = 0;
	char *name = part_name(part, try);

	hurry(g, s);
	while (put_once(part->file, s, name, p, len, e) < 0) {
		free(name);
		if (!worth_another(g, begun, e))
			return NULL;
		patience_pause(&pauses);
		name = part_name(part, ++try);
	}
	/* What failed tries left would take space for as long as this run lasts. */
	while (try > 0) {
		char *stale = part_name(part, --try);

		store_delete(s, stale, false, &ignored);
		free(stale);
	}
	return name;
}

static char *
put_gzip(const struct part *part, struct store *s, size_t *stored, struct err *e)
{
	char *to = mem_resize(NULL, gzip_bound(part->block->len)), *name = NULL;

	if (gzip_member(part->block->p, part->block->len, to, stored, e) == 0)
		name = put(part, s, to, *stored, e);
	free(to);
	return name;
}

static void
staged_free(struct staged *f)
{
	for (size_t i = 0; i < f->nparts; i++)
		free(f->names[i]);
	free(f->names);
	free(f->dir);
	free(f->path);
	free(f);
}

/* Locked: the last part of f has been put, or there was none. */
static void
settled(struct staged *f)
{
	if (f->job.run) {
		pool_push(f->g->pool, &f->job);
	} else if (f->dropped) {
		f->g->files--;
		staged_free(f);
	}
}

static void
upload(struct job *j, struct store *s)
{
	struct part *p = (struct part *)(void *)j;
	struct staged *f = p->file;
	struct stage *g = f->g;
	struct err e = { 0 };
	size_t stored = p->block->len;
	char *name = g->o.gzip && stored ? put_gzip(p, s, &stored, &e) :
	    put(p, s, p->block->p, stored, &e);

	pthread_mutex_lock(&g->lock);
	f->names[p->slot] = name;
	f->stored += (int64_t)stored;
	if (name)
		outage_over(&g->outage);
	else
		fail_file(f, &e);
	if (--f->pending == 0)
		settled(f);
	pthread_mutex_unlock(&g->lock);
	budget_done(&g->budget, p->block);
	free(p);
}

/* Join the parts; one that could not be put has said why. */
static bool
join(const struct staged *f, struct store *s, struct err *e)
{
	hurry(f->g, s);
	for (size_t i = 0; i < f->nparts; i++)
		if (!f->names[i])
			return false;
	return land_concat(s, f->names, f->nparts, f->stored, e) == 0;
}

static void
land(struct job *j, struct store *s)
{
	struct staged *f = (struct staged *)(void *)j;
	struct stage *g = f->g;
	struct err e = { 0 };
	bool landed = join(f, s, &e) &&
	    land_place(s, f->names[0], f->path, f->stored, g->o.replace, &e) == 0;

	pthread_mutex_lock(&g->lock);
	if (landed) {
		g->totals.files++;
		g->totals.bytes += f->bytes;
		g->totals.records += f->records;
		if (g->o.landed)
			g->o.landed(g->o.ctx, f->path, f->bytes, f->records);
	} else {
		fail(g, &e);
	}
	g->files--;
	pthread_mutex_unlock(&g->lock);
	staged_free(f);
}

static void
seal(struct job *j, struct store *s)
{
	struct staged *f = (struct staged *)(void *)j;
	struct stage *g = f->g;
	struct err e = { 0 };
	bool whole = join(f, s, &e);

	pthread_mutex_lock(&g->lock);
	if (!whole && e.status) /* what was tried again has left its reason */
		fail_file(f, &e);
	g->files--;
	pthread_mutex_unlock(&g->lock);
	f->sealed(f->ctx, whole ? f->names[0] : NULL, f->stored);
	staged_free(f);
}

struct stage *
stage_open(struct store *s, const struct stage_opts *o, struct err *e)
{
	struct stage *g;
	struct pool *pool;

	if ((o->dir && store_mkdirs(s, o->dir, e) < 0) ||
	    (pool = pool_open(s, o->threads, e)) == NULL)
		return NULL;
	g = mem_alloc(sizeof *g);
	g->o = *o;
	g->store = s;
	g->pool = pool;
	budget_begin(&g->budget, o->memory, o->part);
	pthread_mutex_init(&g->lock, NULL);
	return g;
}

struct staged *
stage_file(struct stage *g, const char *dir)
{
	struct staged *f = mem_alloc(sizeof *f);

	f->g = g;
	f->dir = mem_dup(dir ? dir : g->o.dir);
	f->remake = !dir;
	f->after = g->filling;
	if (f->after)
		f->after->before = f;
	g->filling = f;
	pthread_mutex_lock(&g->lock);
	g->files++;
	f->id = ++g->last_id;
	pthread_mutex_unlock(&g->lock);
	return f;
}

char *
stage_room(struct staged *f, size_t want, size_t *room)
{
	struct block *k = f->open;

	/* Only a file that has proved to be a large one, or is alone, gets a block that has been
	 * used before: small ones would keep its memory from the others. */
	if (!k)
		k = f->open = budget_take(&f->g->budget, f->nparts > 0 || (!f->before && !f->after));
	if (!k || (k->len == k->cap && !block_grow(&f->g->budget, k, want)))
		return NULL;
	*room = k->cap - k->len;
	return k->p + k->len;
}

/* Hand the open part over. */
static void
send_part(struct staged *f)
{
	struct stage *g = f->g;
	struct part *p = mem_alloc(sizeof *p);

	*p = (struct part){ .job.run = upload, .file = f, .block = f->open };
	f->open = NULL;
	budget_send(&g->budget, p->block);
	pthread_mutex_lock(&g->lock);
	if (f->nparts == f->room) {
		f->room = f->room ? 2 * f->room : 4;
		f->names = mem_resize(f->names, f->room * sizeof *f->names);
	}
	p->slot = f->nparts;
	f->names[f->nparts++] = NULL;
	f->pending++;
	pool_push(g->pool, &p->job);
	pthread_mutex_unlock(&g->lock);
}

void
stage_wrote(struct staged *f, size_t len)
{
	f->bytes += len;
	f->open->len += len;
	if (f->open->len == f->g->o.part)
		send_part(f);
}

static size_t
held(const struct staged *f)
{
	return f->open ? f->open->len : 0;
}

bool
stage_unwrite(struct staged *f, size_t len)
{
	if (held(f) < len)
		return false;
	f->open->len -= len;
	f->bytes -= len;
	return true;
}

int
stage_make_room(struct stage *g, struct err *e)
{
	struct staged *largest = NULL;
	bool waited;

	for (struct staged *f = g->filling; f; f = f->after)
		if (!largest || held(f) > held(largest))
			largest = f;
	if (largest && held(largest) && budget_hungry(&g->budget)) {
		send_part(largest);
		return 0;
	}
	waited = budget_wait(&g->budget);
	if (stage_check(g, e) < 0)
		return -1;
	return waited ? 0 : err_set(e, EX_TEMPFAIL, "buffer input: no memory left");
}

/* The caller's thread has put its last byte into f. */
static void
filled(struct staged *f)
{
	*(f->before ? &f->before->after : &f->g->filling) = f->after;
	if (f->after)
		f->after->before = f->before;
}

/* Send what is left, an empty file as one empty part; once all of it is put, run. */
static void
complete_with(struct staged *f, void (*run)(struct job *j, struct store *s))
{
	struct stage *g = f->g;

	filled(f);
	if (!f->open && f->nparts == 0)
		f->open = budget_take(&g->budget, false);
	if (f->open && (f->open->len || f->nparts == 0))
		send_part(f);
	else if (f->open)
		budget_drop(&g->budget, f->open);
	pthread_mutex_lock(&g->lock);
	f->job.run = run;
	if (!f->pending)
		settled(f);
	pthread_mutex_unlock(&g->lock);
}

void
stage_land(struct staged *f, const char *path, uint64_t records)
{
	f->records = records;
	f->path = mem_dup(path);
	complete_with(f, land);
}

void
stage_seal(struct staged *f, stage_sealed *sealed, void *ctx)
{
	f->sealed = sealed;
	f->ctx = ctx;
	complete_with(f, seal);
}

void
stage_run(struct stage *g, struct job *j)
{
	pool_push(g->pool, j);
}

void
stage_drop(struct staged *f)
{
	struct stage *g = f->g;

	filled(f);
	if (f->open)
		budget_drop(&g->budget, f->open);
	pthread_mutex_lock(&g->lock);
	f->dropped = true;
	if (!f->pending)
		settled(f);
	pthread_mutex_unlock(&g->lock);
}

bool
stage_busy(struct stage *g)
{
	bool busy;

	pthread_mutex_lock(&g->lock);
	busy = g->files > 0;
	pthread_mutex_unlock(&g->lock);
	return busy;
}

int
stage_check(struct stage *g, struct err *e)
{
	bool failed;

	pthread_mutex_lock(&g->lock);
	failed = g->err.status != 0;
	if (failed)
		*e = g->err;
	pthread_mutex_unlock(&g->lock);
	return failed ? -1 : 0;
}

int
stage_close(struct stage *g, struct stage_totals *t, struct err *e)
{
	int status;

	pool_close(g->pool);
	*t = g->totals;
	status = g->err.status ? -1 : 0;
	if (status < 0)
		*e = g->err;
	if (g->o.dir)
		sweep_own(g->store, g->o.dir, g->err.status == EX_TEMPFAIL, g->o.retry.note);
	budget_end(&g->budget);
	pthread_mutex_destroy(&g->lock);
	free(g);
	return status;
}
