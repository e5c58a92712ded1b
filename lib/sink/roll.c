#include "sink/roll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"

#define BUCKETS 1024

/* An open file. */
struct rolling {
	uint64_t key; /* its partition */
	struct staged *file;
	char *path; /* of the file, or with `rolled` of its partition */
	int64_t bytes, records;
	int64_t opened; /* io_now() */
	struct rolling *chain;         /* in its bucket */
	struct rolling *older, *newer; /* in the order of opening */
};

struct roll {
	struct stage *stage;
	struct roll_opts o;
	struct rolling *buckets[BUCKETS], *oldest, *newest;
	unsigned nopen, last_seq;
	struct rolling *current; /* the file of the line given last */
	int64_t line_at;         /* and where in it that line begins */
	const char *run;         /* bytes for it that were not copied yet */
	size_t run_len;
};

struct roll *
roll_open(struct stage *g, const struct roll_opts *o)
{
	struct roll *r = mem_alloc(sizeof *r);

	r->stage = g;
	r->o = *o;
	return r;
}

static struct rolling **
bucket(struct roll *r, uint64_t key)
{
	return &r->buckets[(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) % BUCKETS];
}

static void
forget(struct roll *r, struct rolling *f)
{
	struct rolling **at = bucket(r, f->key);

	while (*at != f)
		at = &(*at)->chain;
	*at = f->chain;
	*(f->older ? &f->older->newer : &r->oldest) = f->newer;
	*(f->newer ? &f->newer->older : &r->newest) = f->older;
	r->nopen--;
	if (r->current == f)
		r->current = NULL;
	free(f->path);
	free(f);
}

static void
land(struct roll *r, struct rolling *f)
{
	if (r->o.rolled)
		r->o.rolled(r->o.ctx, f->file, f->path, (uint64_t)f->bytes, (uint64_t)f->records);
	else
		stage_land(f->file, f->path, (uint64_t)f->records);
	forget(r, f);
}

/* DIR/PARTITION/part-<UTC time>-<writer>-<seq><suffix>: names sort by time.  PARTITION alone for
 * who names the files himself. */
static char *
path_of(struct roll *r, const struct when *w)
{
	struct buf path = { 0 };
	struct when now;

	if (!r->o.rolled)
		buf_printf(&path, "%s/", r->o.dir);
	pattern_format(r->o.pattern, w, &path);
	if (!r->o.rolled) {
		when_split(io_wall(), 0, &now);
		buf_printf(&path, "/part-%04d%02d%02dT%02d%02d%02dZ-%s-%06u%s", now.year, now.month,
		    now.day, now.hour, now.minute, now.second, r->o.writer, ++r->last_seq, r->o.suffix);
	}
	buf_addc(&path, '\0');
	return path.p;
}

static struct rolling *
begin_file(struct roll *r, uint64_t key, const struct when *w)
{
	struct rolling *f, **at = bucket(r, key);

	if (r->nopen == ROLL_OPEN_MAX)
		land(r, r->oldest);
	f = mem_alloc(sizeof *f);
	*f = (struct rolling){ .key = key, .file = stage_file(r->stage, r->o.staging),
		.path = path_of(r, w), .opened = io_now(), .chain = *at, .older = r->newest };
	*at = f;
	*(r->newest ? &r->newest->newer : &r->oldest) = f;
	r->newest = f;
	r->nopen++;
	return f;
}

static struct rolling *
find_file(struct roll *r, uint64_t key)
{
	struct rolling *f = r->current;

	if (f && f->key == key)
		return f;
	for (f = *bucket(r, key); f && f->key != key; f = f->chain)
		;
	return f;
}

/* The stage has failed in the middle of a line: no torn one is to land. */
static int
give_up(struct roll *r)
{
	stage_drop(r->current->file);
	forget(r, r->current);
	r->run_len = 0;
	return -1;
}

int
roll_flush(struct roll *r, struct err *e)
{
	while (r->run_len) {
		size_t room;
		char *to = stage_room(r->current->file, r->run_len, &room);

		if (!to) {
			if (stage_make_room(r->stage, e) < 0)
				return give_up(r);
			continue;
		}
		if (room > r->run_len)
			room = r->run_len;
		memcpy(to, r->run, room);
		stage_wrote(r->current->file, room);
		r->run += room;
		r->run_len -= room;
	}
	return 0;
}

int
roll_line(struct roll *r, const struct when *w, const char *p, size_t len, struct err *e)
{
	uint64_t key = pattern_key(r->o.pattern, w);
	struct rolling *f = find_file(r, key);
	bool full = f && (f->bytes + (int64_t)len > r->o.size || f->records >= r->o.records);

	if ((f != r->current || full) && roll_flush(r, e) < 0)
		return -1;
	if (full)
		land(r, f);
	if (full || !f)
		f = begin_file(r, key, w);
	r->current = f;
	r->line_at = f->bytes;
	f->records++;
	return roll_more(r, p, len, e);
}

int
roll_more(struct roll *r, const char *p, size_t len, struct err *e)
{
	if (p != r->run + r->run_len && roll_flush(r, e) < 0)
		return -1;
	if (!r->run_len)
		r->run = p;
	r->run_len += len;
	r->current->bytes += (int64_t)len;
	return 0;
}

void
roll_cut(struct roll *r)
{
	struct rolling *f = r->current;

	if (!f)
		return;
	if (--f->records && stage_unwrite(f->file, (size_t)(f->bytes - r->line_at))) {
		f->bytes = r->line_at;
		return;
	}
	stage_drop(f->file);
	forget(r, f);
}

static bool
due(const struct roll *r, const struct rolling *f)
{
	return io_now() - f->opened >= r->o.ms;
}

void
roll_due(struct roll *r)
{
	for (struct rolling *f = r->oldest, *newer; f && due(r, f); f = newer) {
		newer = f->newer;
		land(r, f);
	}
}

void
roll_all(struct roll *r)
{
	for (struct rolling *f = r->oldest, *newer; f; f = newer) {
		newer = f->newer;
		land(r, f);
	}
}

int64_t
roll_wait(const struct roll *r)
{
	int64_t left;

	if (!r->oldest)
		return -1;
	left = r->oldest->opened + r->o.ms - io_now();
	return left > 0 ? left : 0;
}

unsigned
roll_open_files(const struct roll *r)
{
	return r->nopen;
}

void
roll_close(struct roll *r)
{
	for (struct rolling *f = r->oldest, *newer; f; f = newer) {
		newer = f->newer;
		stage_drop(f->file);
		free(f->path);
		free(f);
	}
	free(r);
}
