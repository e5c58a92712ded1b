#include "sink/ship.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "frame/frame.h"
#include "sink/commit.h"
#include "sink/intake.h"

#define LOADS 2        /* being committed, and waiting for it */
#define NAME_BYTES 255 /* of a file; a topic's name may be nearly as long */
#define SHARD_MAX 64   /* bytes of a shard's */

enum state { OPENING, OPEN, FENCED, FAILED };

struct load;

/* A file that was rolled. */
struct cargo {
	struct load *load;
	char *partition; /* its directory */
	char *path;      /* where it is staged; NULL until it is sealed */
	int64_t len;
	uint64_t bytes, records;
};

/* pending and lost are guarded by the lock, the rest belongs to the caller's thread and, once
 * it is sent, to the job. */
struct load {
	struct load *behind;
	struct ship *ship;
	int64_t from, next, ts;
	size_t n, pending;    /* files; not sealed yet */
	bool lost;            /* one of them could not be */
	struct cargo files[];
};

struct ship {
	struct job job; /* first */
	struct ship_env *env;
	char *stream, *shard;
	char writer[FRAME_UUID];
	int64_t hint;
	struct load *loading;   /* the caller's thread adds to it */
	struct commit_log *log; /* the job's, and the caller's in ship_ready */
	/* Under the lock. */
	enum state state;
	bool running;       /* the job is */
	bool note, done;    /* it shall note that all is in place, and that no more comes */
	struct load *first, **last;
	unsigned nloads;
};

void
ship_env_begin(struct ship_env *env)
{
	pthread_mutex_init(&env->lock, NULL);
	pthread_cond_init(&env->changed, NULL);
}

void
ship_env_end(struct ship_env *env)
{
	pthread_cond_destroy(&env->changed);
	pthread_mutex_destroy(&env->lock);
}

int
ship_env_check(struct ship_env *env, struct err *e)
{
	bool failed;

	pthread_mutex_lock(&env->lock);
	failed = env->err.status != 0;
	if (failed)
		*e = env->err;
	pthread_mutex_unlock(&env->lock);
	return failed ? -1 : 0;
}

static void
load_free(struct load *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->files[i].partition);
		free(l->files[i].path);
	}
	free(l);
}

static void
settle_state(struct ship *h, int rc, const struct err *e)
{
	struct ship_env *env = h->env;

	pthread_mutex_lock(&env->lock);
	h->state = rc == 0 ? OPEN : rc == COMMIT_FENCED ? FENCED : FAILED;
	if (rc < 0 && !env->err.status) {
		env->err = *e;
		intake_no(&env->err);
	}
	pthread_mutex_unlock(&env->lock);
}

static void
tell_found(struct ship_env *env, const struct entry *found)
{
	if (!env->put->found)
		return;
	pthread_mutex_lock(&env->lock);
	for (size_t i = 0; i < found->nfiles; i++) {
		char *path = mem_printf("%s/%s", env->dir, found->files[i].dst);

		env->put->found(env->put->ctx, path);
		free(path);
	}
	pthread_mutex_unlock(&env->lock);
}

/* Where a new shard begins is committed at once: it would not be known otherwise if this
 * run ended before its first roll. */
static int
open_log(struct ship *h, struct store *s, struct err *e)
{
	struct ship_env *env = h->env;

	if (strlen(h->shard) > SHARD_MAX)
		return err_set(e, EX_DATAERR, "open: %.200s %.200s: the shard's name is longer than %d characters",
		    h->stream, h->shard, SHARD_MAX);
	if (frame_uuid(h->writer, e) < 0)
		return -1;
	h->log = commit_open(s, env->dir, h->stream, h->shard, h->writer,
	    env->put->retry.timeout_ms, e);
	if (!h->log)
		return -1;
	tell_found(env, commit_found(h->log));
	return commit_next(h->log) < 0 ? commit_data(h->log, h->hint, -1, NULL, 0, e) : 0;
}

/* Positions and commits are counted anew where somebody removes the log, and two files of a load may
 * go to one directory: what the writer is called and a number keep their names apart.  A long stream's
 * name is cut. */
static char *
place_of(const struct ship *h, const struct load *l, size_t i)
{
	char *tail = mem_printf("-%s-%012" PRId64 "-%012" PRId64 "-%06" PRId64 "-%.*s-%zu.log%s", h->shard,
	    l->from, l->next, commit_seq(h->log), PUT_WRITER, h->writer, i + 1,
	    h->env->put->gzip ? ".gz" : "");
	int room = NAME_BYTES - (int)strlen("part-") - (int)strlen(tail);
	char *path = mem_printf("%s/part-%.*s%s", l->files[i].partition, room, h->stream, tail);

	free(tail);
	return path;
}

static struct entry_file
entry_of(const struct ship *h, const struct load *l, size_t i)
{
	const struct cargo *c = &l->files[i];

	return (struct entry_file){
		.tmp = mem_dup(commit_tmp(h->log, c->path)),
		.dst = place_of(h, l, i),
		.len = c->len,
	};
}

static void
tell_landed(struct ship_env *env, const struct load *l, const struct entry_file *files)
{
	pthread_mutex_lock(&env->lock);
	for (size_t i = 0; i < l->n; i++) {
		const struct cargo *c = &l->files[i];
		char *path = mem_printf("%s/%s", env->dir, files[i].dst);

		env->totals.files++;
		env->totals.bytes += c->bytes;
		env->totals.records += c->records;
		if (env->put->landed)
			env->put->landed(env->put->ctx, path, c->bytes, c->records);
		free(path);
	}
	pthread_mutex_unlock(&env->lock);
}

static int
commit_load(struct ship *h, const struct load *l, struct err *e)
{
	struct entry_file *files;
	int rc;

	if (l->lost && stage_check(h->env->stage, e) < 0)
		return -1;
	if (l->lost)
		return commit_fenced(h->log) ? COMMIT_FENCED : err_set(e, EX_TEMPFAIL,
		    "upload: %s: what was staged there has gone: start again", commit_staging(h->log));
	files = mem_alloc(l->n * sizeof *files);
	for (size_t i = 0; i < l->n; i++)
		files[i] = entry_of(h, l, i);
	rc = commit_data(h->log, l->next, l->ts, files, l->n, e);
	if (rc == 0)
		tell_landed(h->env, l, files);
	for (size_t i = 0; i < l->n; i++) {
		free(files[i].tmp);
		free(files[i].dst);
	}
	free(files);
	return rc;
}

enum task { REST, TAKE_OVER, COMMIT, NOTE };

/* What is to be done next; the shard may be freed after REST.  *done belongs to a note: what is said
 * of a later position must not be noted at this one. */
static enum task
next_task(struct ship *h, enum state *state, bool *done)
{
	enum task task = REST;

	pthread_mutex_lock(&h->env->lock);
	*state = h->state;
	*done = h->done;
	if (h->state == OPENING)
		task = TAKE_OVER;
	else if (h->first && h->first->pending == 0)
		task = COMMIT;
	else if (!h->first && h->note)
		task = NOTE;
	if (task == NOTE)
		h->note = false;
	h->running = task != REST;
	pthread_cond_broadcast(&h->env->changed);
	pthread_mutex_unlock(&h->env->lock);
	return task;
}

static void
drop_load(struct ship *h)
{
	struct load *l = h->first;

	pthread_mutex_lock(&h->env->lock);
	h->first = l->behind;
	if (!h->first)
		h->last = &h->first;
	h->nloads--;
	pthread_mutex_unlock(&h->env->lock);
	load_free(l);
}

/* What was taken from us, or has failed, is dropped. */
static void
work(struct job *j, struct store *s)
{
	struct ship *h = (struct ship *)(void *)j;
	enum state state;
	enum task task;
	bool done;

	if (h->log)
		commit_use(h->log, s);
	while ((task = next_task(h, &state, &done)) != REST) {
		struct err e = { 0 };

		if (task == TAKE_OVER)
			settle_state(h, open_log(h, s, &e), &e);
		else if (state == OPEN)
			settle_state(h, task == COMMIT ? commit_load(h, h->first, &e) :
			    commit_note(h->log, done, &e), &e);
		if (task == COMMIT)
			drop_load(h);
	}
}

/* Locked. */
static void
wake(struct ship *h)
{
	if (!h->running)
		stage_run(h->env->stage, &h->job);
	h->running = true;
}

static void
on_sealed(void *ctx, const char *path, int64_t len)
{
	struct cargo *c = ctx;
	struct load *l = c->load;
	struct ship_env *env = l->ship->env;

	pthread_mutex_lock(&env->lock);
	if (path)
		c->path = mem_dup(path);
	else
		l->lost = true;
	c->len = len;
	if (--l->pending == 0)
		wake(l->ship);
	pthread_mutex_unlock(&env->lock);
}

struct ship *
ship_open(struct ship_env *env, const char *stream, const char *shard, int64_t hint)
{
	struct ship *h = mem_alloc(sizeof *h);

	h->job.run = work;
	h->env = env;
	h->stream = mem_dup(stream);
	h->shard = mem_dup(shard);
	h->hint = hint;
	h->last = &h->first;
	pthread_mutex_lock(&env->lock);
	wake(h);
	pthread_mutex_unlock(&env->lock);
	return h;
}

void
ship_free(struct ship *h)
{
	commit_free(h->log);
	free(h->stream);
	free(h->shard);
	free(h);
}

int
ship_ready(struct ship *h, int64_t *position, int64_t *ts, const char **staging, struct err *e)
{
	struct ship_env *env = h->env;
	enum state state;

	pthread_mutex_lock(&env->lock);
	while (h->state == OPENING)
		pthread_cond_wait(&env->changed, &env->lock);
	state = h->state;
	pthread_mutex_unlock(&env->lock);
	if (state == FAILED)
		return ship_env_check(env, e);
	if (state == FENCED)
		return 0;
	*position = commit_next(h->log);
	*ts = commit_ts(h->log);
	*staging = commit_staging(h->log);
	return 1;
}

void
ship_begin(struct ship *h, int64_t from, int64_t next, int64_t ts, size_t n)
{
	struct load *l = mem_alloc(sizeof *l + n * sizeof *l->files);

	*l = (struct load){ .ship = h, .from = from, .next = next, .ts = ts, .pending = n };
	h->loading = l;
	pthread_mutex_lock(&h->env->lock);
	while (h->nloads == LOADS)
		pthread_cond_wait(&h->env->changed, &h->env->lock);
	pthread_mutex_unlock(&h->env->lock);
}

void
ship_add(void *ctx, struct staged *f, const char *partition, uint64_t bytes, uint64_t records)
{
	struct ship *h = ctx;
	struct load *l = h->loading;
	struct cargo *c = &l->files[l->n++];

	*c = (struct cargo){ .load = l, .partition = mem_dup(partition), .bytes = bytes,
		.records = records };
	stage_seal(f, on_sealed, c);
}

void
ship_send(struct ship *h)
{
	pthread_mutex_lock(&h->env->lock);
	*h->last = h->loading;
	h->last = &h->loading->behind;
	h->nloads++;
	wake(h);
	pthread_mutex_unlock(&h->env->lock);
	h->loading = NULL;
}

void
ship_note(struct ship *h, bool done)
{
	pthread_mutex_lock(&h->env->lock);
	h->done = done;
	h->note = true;
	wake(h);
	pthread_mutex_unlock(&h->env->lock);
}

/* Locked. */
static bool
idle(const struct ship *h)
{
	return !h->running && !h->first;
}

bool
ship_idle(struct ship *h)
{
	bool answer;

	pthread_mutex_lock(&h->env->lock);
	answer = idle(h);
	pthread_mutex_unlock(&h->env->lock);
	return answer;
}

void
ship_settle(struct ship *h)
{
	pthread_mutex_lock(&h->env->lock);
	while (!idle(h))
		pthread_cond_wait(&h->env->changed, &h->env->lock);
	pthread_mutex_unlock(&h->env->lock);
}

bool
ship_fenced(struct ship *h)
{
	bool answer;

	pthread_mutex_lock(&h->env->lock);
	answer = h->state == FENCED;
	pthread_mutex_unlock(&h->env->lock);
	return answer;
}
