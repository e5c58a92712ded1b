#include "store/store.h"

#include <stdlib.h>

#include "store/location.h"
#include "store/ops.h"
#include "store/webhdfs.h"

struct store *
store_open(const char *location, const struct store_opts *o, char **path, struct err *e)
{
	struct location where;
	struct store *s;

	if (location_parse(location, &where, path, e) < 0)
		return NULL;
	s = where.n ? webhdfs_open(&where, o, e) : local_open();
	if (!s)
		free(*path);
	return s;
}

struct store *
store_clone(const struct store *s, struct err *e)
{
	return s->ops->clone(s, e);
}

void
store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
}

void
store_set_timeout(struct store *s, int64_t timeout_ms)
{
	if (s->ops->set_timeout)
		s->ops->set_timeout(s, timeout_ms);
}

bool
store_strict(const struct store *s)
{
	return !s->ops->strict || s->ops->strict(s);
}

char *
store_name(const struct store *s, const char *path)
{
	return s->ops->name(s, path);
}

bool
store_same(const struct store *a, const struct store *b)
{
	return a->ops == b->ops && a->ops->same(a, b);
}

int
store_stat(struct store *s, const char *path, struct store_stat *st, struct err *e)
{
	return s->ops->stat(s, path, st, e);
}

int
store_list(struct store *s, const char *path, store_each *each, void *ctx, struct err *e)
{
	return s->ops->list(s, path, each, ctx, e);
}

int
store_mkdirs(struct store *s, const char *path, struct err *e)
{
	return s->ops->mkdirs(s, path, e);
}

int
store_rename(struct store *s, const char *from, const char *to, bool *unsure, struct err *e)
{
	return s->ops->rename(s, from, to, unsure, e);
}

int
store_replace(struct store *s, const char *from, const char *to, struct err *e)
{
	return s->ops->replace(s, from, to, e);
}

int
store_delete(struct store *s, const char *path, bool recursive, struct err *e)
{
	return s->ops->delete(s, path, recursive, e);
}

int
store_read(struct store *s, const char *path, store_give *give, void *ctx, struct err *e)
{
	return s->ops->read(s, path, give, ctx, e);
}

int
store_put(struct store *s, const char *path, const char *p, size_t len, struct err *e)
{
	return s->ops->put(s, path, p, len, e);
}

int
store_joins(const struct store *s, const char *dir, struct err *e)
{
	return s->ops->joins ? s->ops->joins(s, dir, e) : 0;
}

int
store_concat(struct store *s, const char *target, const char *const *files, size_t n,
    bool *unsure, struct err *e)
{
	return s->ops->concat(s, target, files, n, unsure, e);
}

int
store_trash(struct store *s, const char *path, char **where, struct err *e)
{
	return s->ops->trash(s, path, where, e);
}
