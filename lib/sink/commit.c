#include "sink/commit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/patience.h"
#include "sink/commit_read.h"
#include "sink/land.h"

#define PRUNE_ONCE 4096 /* names held while pruning */
#define REFUSALS 5      /* of a rename that nothing speaks against */

struct commit_log {
	struct store *s;
	char *dir;     /* of the data */
	char *home;    /* dir/_kpipe/stream/shard */
	char *staging; /* home/w/<seq of the open record>-<writer> */
	char writer[ENTRY_WRITER];
	int64_t timeout_ms;
	int64_t seq, next, ts;  /* of the last record */
	int64_t pruned;         /* when the log was last: the seq then */
	struct entry found;     /* the last record before ours */
	bool noted, done;       /* what the last record tells: all is in place; no more comes */
	unsigned puts;          /* makes the names of staged records unique */
};

/* Pause before another try; false when time is up. */
static bool
again(struct patience *p)
{
	if (!patience_left(p))
		return false;
	patience_pause(p);
	return true;
}

/* A rename into place was refused: 0 if the file is there nevertheless. */
static int
look(struct commit_log *c, const char *from, const char *to, int64_t len, struct err *e)
{
	struct store_stat source, target;
	int staged = land_is_there(c->s, from, &source, e);
	int taken = staged < 0 ? -1 : land_is_there(c->s, to, &target, e);

	if (taken < 0)
		return -1;
	if (!staged && taken && !target.dir && (target.len == len || target.len == 0))
		return 0;
	if (!staged)
		return err_set(e, EX_SOFTWARE,
		    "land: %s: it was committed and is neither staged nor in place: bring it back, "
		    "or make an empty file of that name to go on without it", to);
	if (taken)
		return err_set(e, EX_SOFTWARE, "land: %s: what was committed under this name is still staged, for "
		    "another file has the name: move that one elsewhere and start again", to);
	return -1;
}

/* Put a file where it was committed to go.  It may be there already, by us or by the writer
 * we take over from. */
static int
place(struct commit_log *c, const struct entry_file *f, struct err *e)
{
	char *from = mem_printf("%s/%s", c->home, f->tmp);
	char *to = mem_printf("%s/%s", c->dir, f->dst);
	struct patience p = patience_begin(c->timeout_ms);
	int rc;

	do
		rc = land_place(c->s, from, to, f->len, false, e);
	while (rc < 0 && e->status == EX_TEMPFAIL && again(&p));
	if (rc < 0 && (e->status == EX_NO || e->status == EX_SOFTWARE))
		rc = look(c, from, to, f->len, e);
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
	struct patience p = patience_begin(c->timeout_ms);
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
	int rc = commit_record(c->s, c->home, seq, &r, e);

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
	struct patience p = patience_begin(c->timeout_ms);
	char *from = NULL, *to;
	bool unsure = false;
	int refusals = 0, rc = stage_record(c, r, &from, e);

	if (rc != 0)
		return rc;
	to = commit_record_name(c->home, r->seq);
	while ((rc = store_rename(c->s, from, to, &unsure, e)) < 0) {
		/* On anything but a clean yes the name itself tells who won. */
		if (unsure || e->status == EX_NO || e->status == EX_TEMPFAIL)
			rc = owner(c, r->seq, e);
		if (rc != EX_TEMPFAIL)
			break;
		rc = -1;
		if (!unsure && e->status == EX_NO && ++refusals == REFUSALS)
			err_set(e, EX_SOFTWARE, "commit: %s: the log was taken away while it was written: bring "
			    "it back, or remove this directory to begin anew", c->home);
		if (refusals == REFUSALS || !again(&p))
			break;
	}
	free(from);
	free(to);
	if (rc == 0 && !store_strict(c->s))
		return err_set(e, EX_CONFIG, "commit: %s: this is an HttpFS gateway, which cannot keep two writers "
		    "apart: give the name node's own address", c->home);
	if (rc == 0) {
		c->seq = r->seq;
		c->next = r->next;
		c->ts = r->ts;
		c->noted = r->type != ENTRY_DATA;
		c->done = r->done;
	}
	return rc;
}

static struct entry
following(const struct commit_log *c, enum entry_type type)
{
	struct entry r = { .seq = c->seq + 1, .type = type, .next = c->next, .ts = c->ts };

	memcpy(r.writer, c->writer, sizeof r.writer);
	return r;
}

/* Names to delete, gathered while listing. */
struct doomed {
	const struct commit_log *c;
	char *names[PRUNE_ONCE];
	size_t n;
};

/* In the name of a staging directory; 0: there is none. */
static int64_t
staging_seq(const char *name)
{
	char digits[21];

	snprintf(digits, sizeof digits, "%.20s", name);
	return commit_record_seq(digits);
}

/* Whoever opens after our last commit has a higher seq than that. */
static int
doom_staging(void *ctx, const char *name, const struct store_stat *st, struct err *e)
{
	struct doomed *d = ctx;

	(void)st, (void)e;
	if (d->n < PRUNE_ONCE && staging_seq(name) <= d->c->seq &&
	    strcmp(name, strrchr(d->c->staging, '/') + 1) != 0)
		d->names[d->n++] = mem_dup(name);
	return 0;
}

static int
doom_records(void *ctx, const char *name, const struct store_stat *st, struct err *e)
{
	struct doomed *d = ctx;
	int64_t seq = commit_record_seq(name);

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

static int
make_staging(struct commit_log *c, int64_t seq, struct err *e)
{
	free(c->staging);
	c->staging = mem_printf("%s/w/%020" PRId64 "-%s", c->home, seq, c->writer);
	return store_mkdirs(c->s, c->staging, e);
}

/* Roll the last record forward and write ours behind it.  0, COMMIT_FENCED if somebody was
 * quicker, -1.  Staging that was made only after the look at the log may have been missed by who
 * has pruned since: so the look is worth nothing unless a second one sees the same. */
static int
take_over(struct commit_log *c, struct err *e)
{
	struct entry *last = &c->found, open;
	int64_t newest;
	int rc;

	entry_free(last);
	if (commit_newest(c->s, c->home, &newest, e) < 0 || make_staging(c, newest + 1, e) < 0)
		return -1;
	rc = commit_last(c->s, c->home, last, e);
	if (rc < 0)
		return rc;
	if (last->seq != newest)
		return COMMIT_FENCED;
	c->seq = last->seq;
	c->next = last->next;
	c->ts = last->ts;
	if (apply(c, last->files, last->nfiles, e) < 0) {
		/* Once its writer has committed again, they may be taken away. */
		if (e->status == EX_SOFTWARE && commit_newest(c->s, c->home, &newest, e) == 0 &&
		    newest != last->seq)
			return COMMIT_FENCED;
		return -1;
	}
	open = following(c, ENTRY_OPEN);
	open.done = last->done;
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
make_log(struct commit_log *c, struct err *e)
{
	char *log = mem_printf("%s/log", c->home);
	int rc = store_mkdirs(c->s, log, e);

	free(log);
	return rc;
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
	c->home = mem_printf("%s/" COMMIT_META "/%s/%s", dir, stream, shard);
	snprintf(c->writer, sizeof c->writer, "%s", writer);
	c->timeout_ms = timeout_ms;
	rc = make_log(c, e);
	if (rc == 0) {
		do
			rc = take_over(c, e);
		while (rc == COMMIT_FENCED && !commit_fenced(c));
		if (rc == 0)
			rc = prune(c, e);
		/* Fenced has been looked at: another look may find no server. */
		if (rc == COMMIT_FENCED || (rc < 0 && commit_fenced(c)))
			rc = err_set(e, EX_TEMPFAIL, "open: %s: another writer took it at the same time", c->home);
	}
	if (rc == 0)
		return c;
	commit_free(c);
	return NULL;
}

void
commit_use(struct commit_log *c, struct store *s)
{
	c->s = s;
}

void
commit_free(struct commit_log *c)
{
	if (!c)
		return;
	free(c->dir);
	free(c->home);
	free(c->staging);
	entry_free(&c->found);
	free(c);
}

const struct entry *
commit_found(const struct commit_log *c)
{
	return &c->found;
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

const char *
commit_tmp(const struct commit_log *c, const char *path)
{
	return path + strlen(c->home) + 1;
}

int
commit_data(struct commit_log *c, int64_t next, int64_t ts, const struct entry_file *files,
    size_t n, struct err *e)
{
	struct entry r = following(c, ENTRY_DATA);
	int rc = 0;

	r.next = next;
	r.ts = ts;
	r.files = (struct entry_file *)files;
	r.nfiles = n;
	/* Not behind it: where this fails, nothing has landed that nobody is told of. */
	if (c->seq - c->pruned >= COMMIT_KEEP)
		rc = prune(c, e);
	if (rc == 0)
		rc = claim(c, &r, e);
	if (rc == 0)
		rc = apply(c, files, n, e);
	/* Who took over has landed them, and may have taken them away since. */
	if (rc < 0 && (e->status == EX_NO || e->status == EX_SOFTWARE) && commit_fenced(c))
		rc = COMMIT_FENCED;
	return rc;
}

int
commit_note(struct commit_log *c, bool done, struct err *e)
{
	struct entry r = following(c, ENTRY_NOTE);

	r.done = done;
	return c->noted && c->done >= done ? 0 : claim(c, &r, e);
}

int
commit_forget(struct store *s, const char *dir, const char *stream, const char *shard,
    struct err *e)
{
	char *home;
	struct entry last;
	int rc;

	if (!plain_name(stream) || !plain_name(shard))
		return 0;
	home = mem_printf("%s/" COMMIT_META "/%s/%s", dir, stream, shard);
	rc = commit_last(s, home, &last, e);
	if (rc == 0 && last.done)
		rc = store_delete(s, home, true, e);
	if (rc == 0)
		entry_free(&last);
	free(home);
	return rc;
}

bool
commit_fenced(struct commit_log *c)
{
	struct store_stat st;
	struct err why;

	return c->staging && store_stat(c->s, c->staging, &st, &why) < 0 && why.status == EX_NO;
}
