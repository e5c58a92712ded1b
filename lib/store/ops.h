/*
 * ops: what a kind of store provides.
 *
 * store.c resolves a location and passes each call of store.h on to these; paths are
 * normal by then: absolute, no "//", no "." or "..", no '/' at the end but for the root.
 */
#ifndef STORE_OPS_H
#define STORE_OPS_H

#include "store/store.h"

struct store_ops {
	struct store *(*clone)(const struct store *s, struct err *e);
	void (*close)(struct store *s);
	void (*set_timeout)(struct store *s, int64_t timeout_ms); /* NULL: it never waits */
	bool (*strict)(const struct store *s); /* NULL: always */
	char *(*name)(const struct store *s, const char *path);
	bool (*same)(const struct store *a, const struct store *b);
	int (*stat)(struct store *s, const char *path, struct store_stat *st, struct err *e);
	int (*list)(struct store *s, const char *path, store_each *each, void *ctx, struct err *e);
	int (*mkdirs)(struct store *s, const char *path, struct err *e);
	int (*rename)(struct store *s, const char *from, const char *to, bool *unsure,
	    struct err *e);
	int (*replace)(struct store *s, const char *from, const char *to, struct err *e);
	int (*delete)(struct store *s, const char *path, bool recursive, struct err *e);
	int (*read)(struct store *s, const char *path, store_give *give, void *ctx, struct err *e);
	int (*put)(struct store *s, const char *path, const char *p, size_t len, struct err *e);
	int (*joins)(const struct store *s, const char *dir, struct err *e); /* NULL: anywhere */
	int (*concat)(struct store *s, const char *target, const char *const *files, size_t n,
	    bool *unsure, struct err *e);
	int (*trash)(struct store *s, const char *path, char **where, struct err *e);
};

/* Each kind of store begins with this. */
struct store {
	const struct store_ops *ops;
};

struct store *local_open(void);

#endif
