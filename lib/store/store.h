/*
 * store: a file system behind one interface, be it HDFS over WebHDFS or a local
 * directory.
 *
 * A location is webhdfs://host:port/p, swebhdfs://…, http(s)://host:port/p,
 * hdfs://host/p, a plain /p (resolved through WEBHDFS_URL, else core-site.xml and
 * hdfs-site.xml in HADOOP_CONF_DIR) or file:///p.  A store is used by one thread at a
 * time; store_clone gives another thread its own.
 *
 * Paths inside a store are absolute and plain: no percent-encoding, any byte but NUL;
 * HDFS refuses ':' in a name and "//", and the message says so.
 *
 * Every call returns 0 or -1 with e set.  Status 1: not there, already there, not
 * empty; 77: not allowed; 69: the server was never reached; 75: it was, and stayed
 * away or unready (safe mode, standby) for longer than timeout_ms, during which
 * idempotent calls are repeated; 74: quota, disk or protocol.  No message holds a
 * Location header, for it carries tokens.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

#include "base/err.h"

struct store;

struct store_opts {
	int64_t timeout_ms;             /* how long a server may be away */
	int verbose;                    /* > 0: note each retry, not only an outage's first */
	void (*note)(const char *text); /* told why a call waits, or NULL */
};

#define STORE_TIMEOUT_MS 300000
#define STORE_HASTE_MS 2000 /* for what is still to do after a server was away for too long */
#define STORE_FOREVER_MS (INT64_C(1) << 50)

struct store_stat {
	bool dir;
	bool link;                       /* in a listing: a local link to a directory */
	int64_t len;                     /* bytes */
	int64_t mtime, atime;            /* ms since 1970 */
	int64_t block;                   /* block size in bytes, 0 for a directory */
	int replication;                 /* 0 for a directory */
	unsigned mode;                   /* permission bits, sticky included */
	char owner[64], group[64];
};

/* Open what holds `location`; *path is the place inside it, which the caller frees.
 * No call goes out yet. */
struct store *store_open(const char *location, const struct store_opts *o, char **path,
    struct err *e);
struct store *store_clone(const struct store *s, struct err *e);
void store_close(struct store *s); /* s may be NULL */

/* Another patience from now on, for the clones made from now on too. */
void store_set_timeout(struct store *s, int64_t timeout_ms);

/* What the user knows the place as: "webhdfs://host:port/p" or "file:///p".  The
 * caller frees it. */
char *store_name(const struct store *s, const char *path);

/* Both name the same store, so that a rename between them can be one call. */
bool store_same(const struct store *a, const struct store *b);

int store_stat(struct store *s, const char *path, struct store_stat *st, struct err *e);

/* Call each(ctx, name, st) for every entry of a directory, by the bytes of its name (which
 * HDFS counts as signed: "é" comes before "a"), in pages so that a million of them cost no
 * memory; of a file, once with name "".  each returns 0, or -1 to stop the listing, which
 * store_list then returns. */
typedef int store_each(void *ctx, const char *name, const struct store_stat *st, struct err *e);
int store_list(struct store *s, const char *path, store_each *each, void *ctx, struct err *e);

/* A directory and its parents.  It is no error that it is there already. */
int store_mkdirs(struct store *s, const char *path, struct err *e);

/* from becomes `to`, which must not exist: of racing renames exactly one wins.  Never moves
 * *into* a directory `to`.  *unsure is set when the answer was lost and the rename may
 * have happened: look before you say anything. */
int store_rename(struct store *s, const char *from, const char *to, bool *unsure, struct err *e);

/* After a store_rename: false if a gateway (HttpFS) answered it, where store_put makes a parent that has
 * gone and two writers are not kept apart. */
bool store_strict(const struct store *s);

/* from becomes `to` in place of a file that may be there, in one step. */
int store_replace(struct store *s, const char *from, const char *to, struct err *e);

/* Not there is no error; a directory that is not empty is one unless recursive.  It goes at once,
 * for who writes in it too; but a local one that was cut short may leave a directory beside it,
 * whose name begins with STORE_DOOMED. */
#define STORE_DOOMED ".kpipe-rm."
int store_delete(struct store *s, const char *path, bool recursive, struct err *e);

/* Read a file; give is called with each piece and returns 0, or -1 to stop.  After a broken
 * connection it goes on where it was. */
typedef int store_give(void *ctx, const char *p, size_t len, struct err *e);
int store_read(struct store *s, const char *path, store_give *give, void *ctx, struct err *e);

/* Write a whole new file of len bytes and verify its length.  The parent must exist
 * (status 1 if not: a writer that was fenced finds its staging gone).  One try: after a
 * failure (75) the name may be held for minutes by the dead upload, so use another. */
int store_put(struct store *s, const char *path, const char *p, size_t len, struct err *e);

/* Append the files to `target` in this order; they are gone afterwards.  All must lie
 * in one directory.  HDFS takes all or none, for it is one request: no more names than fit
 * into one.  Not idempotent: *unsure as in store_rename. */
int store_concat(struct store *s, const char *target, const char *const *files, size_t n,
    bool *unsure, struct err *e);

/* Ask before writing parts: -1 with status 64 if store_concat could not name them in this
 * directory or one below it. */
int store_joins(const struct store *s, const char *dir, struct err *e);

/* Move to the user's trash as `hdfs dfs -rm` does; *where, which the caller frees, is
 * the new place, or NULL if the store has no trash and nothing was done. */
int store_trash(struct store *s, const char *path, char **where, struct err *e);

#endif
