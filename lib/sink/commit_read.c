#include "sink/commit_read.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "sink/commit.h"

char *
commit_record_name(const char *home, int64_t seq)
{
	return mem_printf("%s/log/%020" PRId64, home, seq);
}

int64_t
commit_record_seq(const char *name)
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

int
commit_record(struct store *s, const char *home, int64_t seq, struct entry *r, struct err *e)
{
	char *path = commit_record_name(home, seq), *name;
	struct buf text = { 0 };
	struct err why;
	int rc = store_read(s, path, take_piece, &text, &why);

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
	int64_t *last = ctx, seq = commit_record_seq(name);

	(void)st, (void)e;
	if (seq > *last)
		*last = seq;
	return 0;
}

int
commit_newest(struct store *s, const char *home, int64_t *seq, struct err *e)
{
	char *log = mem_printf("%s/log", home);
	struct err why;
	int rc;

	*seq = 0;
	rc = store_list(s, log, find_last, seq, &why);
	if (rc < 0 && why.status == EX_NO)
		rc = 0;
	else if (rc < 0)
		*e = why;
	free(log);
	return rc;
}

/* A directory or a link that leads nowhere has the name of a record. */
static int
no_record(struct store *s, const char *home, int64_t seq, struct err *e)
{
	char *path = commit_record_name(home, seq), *name = store_name(s, path);

	err_set(e, EX_DATAERR, "read commit log: %s: it is listed, but is no file that can be read: move it "
	    "away and start again", name);
	free(name);
	free(path);
	return -1;
}

int
commit_last(struct store *s, const char *home, struct entry *r, struct err *e)
{
	int64_t last = 0, before;
	int rc;

	do {
		*r = (struct entry){ .next = -1, .ts = -1 };
		before = last;
		rc = commit_newest(s, home, &last, e);
		if (rc == 0 && last && last == before)
			return no_record(s, home, last, e);
		/* Pruned between the two looks: then there is a later one. */
		if (rc == 0 && last)
			rc = commit_record(s, home, last, r, e);
	} while (rc == EX_NO);
	return rc;
}

static int
gather(void *ctx, const char *name, const struct store_stat *st, struct err *e)
{
	(void)e;
	if (st->dir && strncmp(name, STORE_DOOMED, strlen(STORE_DOOMED)) != 0)
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
	int rc = commit_last(s, home, &last, e);

	if (rc == 0 && last.next >= 0)
		rc = each(ctx, stream, shard, last.next, last.done, e);
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
	char *meta = mem_printf("%s/" COMMIT_META, dir);
	struct buf streams = { 0 };
	int rc = directories(s, meta, &streams, e);

	for (size_t at = 0; rc == 0 && at < streams.len; at += strlen(streams.p + at) + 1)
		rc = stream_positions(s, meta, streams.p + at, each, ctx, e);
	buf_free(&streams);
	free(meta);
	return rc;
}
