/*
 * webhdfs: HDFS behind store.h, over the name node's and data nodes' web side.
 *
 * webhdfs.c has what the name node does alone, webdata.c what data nodes do, webtrash.c
 * the trash; web.h is what they share.
 */
#ifndef STORE_WEBHDFS_H
#define STORE_WEBHDFS_H

#include "store/web.h"

/* Takes over *where. */
struct store *webhdfs_open(struct location *where, const struct store_opts *o, struct err *e);

int webhdfs_stat(struct store *s, const char *path, struct store_stat *st, struct err *e);
int webhdfs_rename(struct store *s, const char *from, const char *to, bool *unsure, struct err *e);
int webhdfs_mkdirs_mode(struct web *w, const char *path, const char *params, struct err *e);
int webhdfs_read(struct store *s, const char *path, store_give *give, void *ctx, struct err *e);
int webhdfs_put(struct store *s, const char *path, const char *p, size_t len, struct err *e);
int webhdfs_trash(struct store *s, const char *path, char **where, struct err *e);

/* Refuse what HDFS would refuse with a puzzle or silently change: a name that is not
 * UTF-8 and, in a new one, a ':'. */
int webhdfs_check(const struct store *s, const char *what, const char *path, bool new,
    struct err *e);

#endif
