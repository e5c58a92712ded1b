/*
 * local: a directory of this machine behind store.h.
 *
 * local.c has what concerns names, localdata.c what concerns bytes.  What is made,
 * renamed or removed has reached the disk when a call returns: file and directory are
 * synced.
 */
#ifndef STORE_LOCAL_H
#define STORE_LOCAL_H

#include <sys/types.h>

#include "store/ops.h"

/* The names of the owner looked up last: a directory's files mostly have the same one. */
struct local {
	struct store base;
	bool known;
	uid_t uid;
	gid_t gid;
	char owner[64], group[64];
};

/* As err_sys, with the user's name for the path, and status 1 where the answer is about
 * what is or is not there. */
int local_fail(struct err *e, int errnum, const char *what, const char *path);

/* What is new, renamed or removed in a directory lasts only once that is synced. */
int local_sync_parent(const char *path, struct err *e);

char *local_name(const struct store *s, const char *path);
int local_read(struct store *s, const char *path, store_give *give, void *ctx, struct err *e);
int local_put(struct store *s, const char *path, const char *p, size_t len, struct err *e);
int local_concat(struct store *s, const char *target, const char *const *files, size_t n,
    bool *unsure, struct err *e);

#endif
