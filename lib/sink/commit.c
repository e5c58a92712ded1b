#include "sink/commit.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/stop.h"
#include "sink/land.h"

#define META "_kpipe"
#define PAUSE_MIN_MS 100
#define PAUSE_MAX_MS 5000
#define PRUNE_ONCE 4096 /* names held while pruning */

struct commit_log {
	struct store *s;
	char *dir;     /* of the data */
	char *home;    /* dir/_kpipe/stream/shard */
	char *staging; /* home/w/writer */
	char writer[ENTRY_WRITER];
	int64_t timeout_ms;
	int64_t seq, next, ts;  /* of the last record */
	int64_t applied, pruned;
	bool noted;             /* the last record tells that all is in place */
	unsigned puts;          /* makes the names of staged records unique */
};

/* How long to go on trying. */
struct patience {
	int64_t until, pause;
	bool stopping;
};

static struct patience
patience(const struct commit_log *c)
{
	int64_t now = io_now();

	return (struct patience){ c->timeout_ms > INT64_MAX - now ? INT64_MAX : now + c->timeout_ms,
		PAUSE_MIN_MS, false };
}

/* Pause before another try; false when time is up, or soon after a stop signal. */
static bool
again(struct patience *p)
{
	struct timespec t;

	if (stop_signal() && !p->stopping) {
		p->stopping = true;
		if (p->until - STOP_GRACE_MS > io_now())
			p->until = io_now() + STOP_GRACE_MS;
	}
	if (io_now() >= p->until)
		return false;
	t = (struct timespec){ p->pause / 1000, p->pause % 1000 * 1000000 };
	nanosleep(&t, NULL);
	p->pause = p->pause * 2 < PAUSE_MAX_MS ? p->pause * 2 : PAUSE_MAX_MS;
	return true;
}

static char *
log_name(const char *home, int64_t seq)
{
	return mem_printf("%s/log/%020" PRId64, home, seq);
}

/* The seq that a name in the log stands for, or 0. */
static int64_t
name_seq(const char *name)
{
	if (strlen(name) != 20 || name[0] != '0' || name[1] != '0')
		return 0;
	for (const char *c = name; *c; c++)
		if (!isdigit((unsigned char)*c))
			return 0;
	return strtoll(name, NULL, 10);
}

static int
take_piece(void *ctx, const char *p, size_t len, struct err *e)
{
	struct buf *b = ctx;

	if (b->len + len > ENTRY_MAX)
		return err_set(e, EX_DATAERR, "it is too long for a commit record");
	buf_add(b, p, len);
	return 0;
}

/* 0 with *r, EX_NO if there is none of this seq, -1. */
static int
read_record(struct store *s, const char *home, int64_t seq, struct entry *r, struct err *e)
{
	char *path = log_name(home, seq), *name;
	struct buf text = { 0 };
	struct err why;
	int rc = store_read(s, path, 0, -1, take_piece, &text, &why);

	if (rc == 0) {
		rc = entry_parse(text.p, text.len, r, &why);
		if (rc == 0 && r->seq != seq) {
			entry_free(r);
			rc = err_set(&why, EX_DATAERR, "it is the record of another commit");
		}
	} else if (why.status == EX_NO) {
		rc = EX_NO;
	}
	if (rc < 0) {
		name = store_name(s, path);
		err_set(e, why.status, "read commit log: %s: %s", name, why.text);
		free(name);
	}
	buf_free(&text);
	free(path);
	return rc;
}

static int
find_last(void *ctx, const char *name, const struct store_stat *st, struct err *e)
{
	int64_t *last = ctx, seq = name_seq(name);

	(void)st, (void)e;
	if (seq > *last)
		*last = seq;
	return 0;
}

/* The last record of a shard; seq 0 and next -1 where there is none.  Free it. */
static int
last_record(struct store *s, const char *home, struct entry *r, struct err *e)
{
	char *log = mem_printf("%s/log", home);
	struct err why;
	int64_t last;
	int rc;

	do {
		last = 0;
		*r = (struct entry){ .next = -1, .ts = -1 };
		rc = store_list(s, log, find_last, &last, &why);
		if (rc < 0 && why.status == EX_NO)
			rc = 0;
		else if (rc < 0)
			*e = why;
		/* Pruned between the two looks: then there is a later one. */
		if (rc == 0 && last)
			rc = read_record(s, home, last, r, e);
	} while (rc == EX_NO);
	free(log);
	return rc;
}

/* Put a file where it was committed to go.  It may be there already, by us or by the writer
 * we take over from. */
static int
place(struct commit_log *c, const struct entry_file *f, struct err *e)
{
	char *from = mem_printf("%s/%s", c->home, f->tmp);
	char *to = mem_printf("%s/%s", c->dir, f->dst);
	struct patience p = patience(c);
	struct store_stat st;
	struct err why;
	int rc;

	do
		rc = land_place(c->s, from, to, f->len, false, e);
	while (rc < 0 && e->status == EX_TEMPFAIL && again(&p));
	if (rc < 0 && e->status == EX_NO) {
		if (store_stat(c->s, to, &st, &why) == 0 && (st.len == f->len || st.len == 0) &&
		    store_stat(c->s, from, &st, &why) < 0 && why.status == EX_NO)
			rc = 0;
		else
			err_set(e, EX_SOFTWARE,
			    "land: %s: it was committed and is neither staged nor in place: bring it back, "
			    "or make an empty file of that name to go on without it", to);
	}
	free(from);
	free(to);
	return rc;
}

static int
apply(struct commit_log *c, const struct entry_file *files, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (place(c, &files[i], e) < 0)
			return -1;
	return 0;
}

/* Stage a record; the caller frees *path.  0, COMMIT_FENCED or -1. */
static int
stage_record(struct commit_log *c, const struct entry *r, char **path, struct err *e)
{
	struct patience p = patience(c);
	char *text = entry_text(r);
	int rc;

	if (!text)
		return err_set(e, EX_SOFTWARE, "commit: %s: a name is not UTF-8", c->home);
	for (;;) {
		*path = mem_printf("%s/record-%" PRId64 "-%u", c->staging, r->seq, c->puts++);
		rc = store_put(c->s, *path, text, strlen(text), e);
		if (rc == 0)
			break;
		free(*path);
		*path = NULL;
		if (e->status == EX_NO) {
			rc = COMMIT_FENCED;
			break;
		}
		if (e->status != EX_TEMPFAIL || !again(&p))
			break;
	}
	free(text);
	return rc;
}

/* Whose is the record of this seq?  0: ours, COMMIT_FENCED: another's, EX_TEMPFAIL: nobody's yet, -1. */
static int
owner(struct commit_log *c, int64_t seq, struct err *e)
{
	struct entry r;
	int rc = read_record(c->s, c->home, seq, &r, e);

	if (rc == EX_NO)
		return commit_fenced(c) ? COMMIT_FENCED : EX_TEMPFAIL;
	if (rc < 0)
		return rc;
	rc = strcmp(r.writer, c->writer) == 0 ? 0 : COMMIT_FENCED;
	entry_free(&r);
	return rc;
}

/* The compare-and-swap: r becomes the record of its seq.  0, COMMIT_FENCED or -1. */
static int
claim(struct commit_log *c, const struct entry *r, struct err *e)
{
	struct patience p = patience(c);
	char *from = NULL, *to;
	bool unsure = false;
	int rc = stage_record(c, r, &from, e);

	if (rc != 0)
		return rc;
	to = log_name(c->home, r->seq);
	while (store_rename(c->s, from, to, &unsure, e) < 0) {
		/* On anything but a clean yes the name itself tells who won. */
		if (!unsure && e->status != EX_NO && e->status != EX_TEMPFAIL)
			rc = -1;
		else
			rc = owner(c, r->seq, e);
		if (rc != EX_TEMPFAIL)
			break;
		if (!again(&p)) {
			rc = -1;
			break;
		}
	}
	free(from);
	free(to);
	if (rc == 0) {
		c->seq = r->seq;
		c->next = r->next;
		c->ts = r->ts;
		c->noted = r->type != ENTRY_DATA;
	}
	return rc;
}

static struct entry
following(const struct commit_log *c, enum entry_type type)
{
	struct entry r = { .seq = c->seq + 1, .type = type, .next = c->next, .ts = c->ts,
		.applied = c->applied };

	memcpy(r.writer, c->writer, sizeof r.writer);
	return r;
}

/* Names to delete, gathered while listing. */
struct doomed {
	const struct commit_log *c;
	char *names[PRUNE_ONCE];
	size_t n;
};

static int
doom_staging(void *ctx, const char *name, const struct store_stat *st, struct err *e)
{
	struct doomed *d = ctx;

	(void)st, (void)e;
	if (d->n < PRUNE_ONCE && strcmp(name, d->c->writer) != 0)
		d->names[d->n++] = mem_dup(name);
	return 0;
}

static int
doom_records(void *ctx, const char *name, const struct store_stat *st, struct err *e)
{
	struct doomed *d = ctx;
	int64_t seq = name_seq(name);

	(void)st, (void)e;
	if (d->n < PRUNE_ONCE && seq && seq < d->c->seq)
		d->names[d->n++] = mem_dup(name);
	return 0;
}

static int
sweep(struct commit_log *c, const char *sub, store_each *which, struct err *e)
{
	struct doomed *d = mem_alloc(sizeof *d);
	char *dir = mem_printf("%s/%s", c->home, sub), *path;
	int rc;

	d->c = c;
	rc = store_list(c->s, dir, which, d, e);
	for (size_t i = 0; i < d->n; i++) {
		path = mem_printf("%s/%s", dir, d->names[i]);
		if (rc == 0)
			rc = store_delete(c->s, path, true, e);
		free(path);
		free(d->names[i]);
	}
	free(dir);
	free(d);
	return rc;
}

/* Others' staging first: see the head of commit.h. */
static int
prune(struct commit_log *c, struct err *e)
{
	c->pruned = c->seq;
	return sweep(c, "w", doom_staging, e) < 0 || sweep(c, "log", doom_records, e) < 0 ? -1 : 0;
}

/* Roll the last record forward and write ours behind it.  0, COMMIT_FENCED if somebody was
 * quicker, -1. */
static int
take_over(struct commit_log *c, struct err *e)
{
	struct entry last, open;
	int rc = last_record(c->s, c->home, &last, e);

	if (rc < 0)
		return rc;
	c->seq = c->applied = last.seq;
	c->next = last.next;
	c->ts = last.ts;
	rc = apply(c, last.files, last.nfiles, e);
	entry_free(&last);
	if (rc < 0)
		return rc;
	open = following(c, ENTRY_OPEN);
	return claim(c, &open, e);
}

static bool
plain_name(const char *s)
{
	static const char good[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	return *s && !s[strspn(s, good)] && strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

static int
make_dirs(struct commit_log *c, struct err *e)
{
	char *log = mem_printf("%s/log", c->home);
	int rc = store_mkdirs(c->s, log, e);

	free(log);
	return rc < 0 ? rc : store_mkdirs(c->s, c->staging, e);
}

struct commit_log *
commit_open(struct store *s, const char *dir, const char *stream, const char *shard,
    const char *writer, int64_t timeout_ms, struct err *e)
{
	struct commit_log *c;
	int rc;

	if (!plain_name(stream) || !plain_name(shard)) {
		err_set(e, EX_DATAERR,
		    "open: %s %s: a name in the directory may hold letters, digits, '.', '_' and '-' only",
		    stream, shard);
		return NULL;
	}
	c = mem_alloc(sizeof *c);
	c->s = s;
	c->dir = mem_dup(dir);
	c->home = mem_printf("%s/" META "/%s/%s", dir, stream, shard);
	c->staging = mem_printf("%s/w/%s", c->home, writer);
	snprintf(c->writer, sizeof c->writer, "%s", writer);
	c->timeout_ms = timeout_ms;
	rc = make_dirs(c, e);
	if (rc == 0)
		do
			rc = take_over(c, e);
		while (rc == COMMIT_FENCED && !commit_fenced(c));
	if (rc == COMMIT_FENCED)
		err_set(e, EX_TEMPFAIL, "open: %s: another writer took it at the same time", c->home);
	if (rc == 0)
		rc = prune(c, e);
	if (rc == 0)
		return c;
	commit_free(c);
	return NULL;
}

void
commit_free(struct commit_log *c)
{
	if (!c)
		return;
	free(c->dir);
	free(c->home);
	free(c->staging);
	free(c);
}

int64_t
commit_next(const struct commit_log *c)
{
	return c->next;
}

int64_t
commit_ts(const struct commit_log *c)
{
	return c->ts;
}

int64_t
commit_seq(const struct commit_log *c)
{
	return c->seq + 1;
}

const char *
commit_staging(const struct commit_log *c)
{
	return c->staging;
}

int
commit_data(struct commit_log *c, int64_t next, int64_t ts, const struct entry_file *files,
    size_t n, struct err *e)
{
	struct entry r = following(c, ENTRY_DATA);
	int rc;

	r.next = next;
	r.ts = ts;
	r.files = (struct entry_file *)files;
	r.nfiles = n;
	rc = claim(c, &r, e);
	if (rc == 0)
		rc = apply(c, files, n, e);
	if (rc != 0)
		return rc;
	c->applied = c->seq;
	return c->seq - c->pruned >= COMMIT_KEEP ? prune(c, e) : 0;
}

int
commit_note(struct commit_log *c, struct err *e)
{
	struct entry r = following(c, ENTRY_NOTE);

	return c->noted ? 0 : claim(c, &r, e);
}

bool
commit_fenced(struct commit_log *c)
{
	struct store_stat st;
	struct err why;

	return store_stat(c->s, c->staging, &st, &why) < 0 && why.status == EX_NO;
}

static int
gather(void *ctx, const char *name, const struct store_stat *st, struct err *e)
{
	(void)e;
	if (st->dir)
		buf_add(ctx, name, strlen(name) + 1);
	return 0;
}

/* The directories in dir as "name\0name\0"; none where dir is not there. */
static int
directories(struct store *s, const char *dir, struct buf *names, struct err *e)
{
	struct err why;

	if (store_list(s, dir, gather, names, &why) == 0 || why.status == EX_NO)
		return 0;
	*e = why;
	return -1;
}

static int
shard_position(struct store *s, const char *meta, const char *stream, const char *shard,
    commit_each *each, void *ctx, struct err *e)
{
	char *home = mem_printf("%s/%s/%s", meta, stream, shard);
	struct entry last;
	int rc = last_record(s, home, &last, e);

	if (rc == 0 && last.next >= 0)
		rc = each(ctx, stream, shard, last.next, e);
	if (rc == 0)
		entry_free(&last);
	free(home);
	return rc;
}

static int
stream_positions(struct store *s, const char *meta, const char *stream, commit_each *each,
    void *ctx, struct err *e)
{
	char *dir = mem_printf("%s/%s", meta, stream);
	struct buf shards = { 0 };
	int rc = directories(s, dir, &shards, e);

	for (size_t at = 0; rc == 0 && at < shards.len; at += strlen(shards.p + at) + 1)
		rc = shard_position(s, meta, stream, shards.p + at, each, ctx, e);
	buf_free(&shards);
	free(dir);
	return rc;
}

int
commit_positions(struct store *s, const char *dir, commit_each *each, void *ctx, struct err *e)
{
	char *meta = mem_printf("%s/" META, dir);
	struct buf streams = { 0 };
	int rc = directories(s, meta, &streams, e);

	for (size_t at = 0; rc == 0 && at < streams.len; at += strlen(streams.p + at) + 1)
		rc = stream_positions(s, meta, streams.p + at, each, ctx, e);
	buf_free(&streams);
	free(meta);
	return rc;
}
