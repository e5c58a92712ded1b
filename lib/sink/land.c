#include "sink/land.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TRIES 5
#define BATCH 8 /* sources named in one call, which is one URL: Jetty takes 64 KiB of headers */

char *
land_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? mem_dup("/") : mem_dupn(path, (size_t)(slash - path));
}

int
land_is_there(struct store *s, const char *path, struct store_stat *st, struct err *e)
{
	struct err why;

	if (store_stat(s, path, st, &why) == 0)
		return 1;
	if (why.status == EX_NO)
		return 0;
	*e = why;
	return -1;
}

/* Staging is nobody else's to touch. */
static int
gone(struct store *s, const char *path, struct err *e)
{
	char *name = store_name(s, path);

	err_set(e, EX_SOFTWARE, "land: %s: the staged file has gone: somebody else removed it, and "
	    "its lines are lost", name);
	free(name);
	return -1;
}

/* A concat whose answer was lost has happened, perhaps only when the next one came, if its sources
 * have gone: it takes all of them or none. */
static int
concat_batch(struct store *s, char *const *parts, size_t from, size_t n, struct err *e)
{
	const char *sources[BATCH];
	struct store_stat st;
	bool unsure = false, lost = false;
	int there = 1;

	for (size_t i = 0; i < n; i++)
		sources[i] = parts[from + i];
	for (int try = 0; try < TRIES && there == 1; try++) {
		if (store_concat(s, parts[0], sources, n, &unsure, e) == 0)
			return 0;
		if (!unsure && e->status != EX_NO)
			return -1;
		lost |= unsure;
		there = lost ? land_is_there(s, sources[0], &st, e) : 1;
		if (!unsure && there == 1)
			return gone(s, parts[0], e);
	}
	return there == 0 ? 0 : -1;
}

int
land_concat(struct store *s, char *const *parts, size_t n, int64_t len, struct err *e)
{
	struct store_stat st;
	char *name;

	if (n == 1)
		return 0; /* verified when it was put */
	for (size_t i = 1; i < n; i += BATCH)
		if (concat_batch(s, parts, i, n - i < BATCH ? n - i : BATCH, e) < 0)
			return -1;
	if (store_stat(s, parts[0], &st, e) < 0)
		return -1;
	if (st.len == len)
		return 0;
	name = store_name(s, parts[0]);
	err_set(e, EX_SOFTWARE, "join parts: %s: has %lld bytes instead of %lld", name,
	    (long long)st.len, (long long)len);
	free(name);
	return -1;
}

/* The rename was refused, or an answer was lost and it may have happened: 0 if it has, 1 if it
 * is worth another try, -1 if not. */
static int
look(struct store *s, const char *from, const char *to, int64_t len, bool maybe, struct err *e)
{
	struct store_stat source, target;
	int there = land_is_there(s, from, &source, e);
	int landed = there < 0 ? -1 : land_is_there(s, to, &target, e);
	char *parent;
	int status;

	if (landed < 0)
		return -1;
	if (!there)
		return maybe && landed && !target.dir && target.len == len ? 0 : gone(s, from, e);
	if (landed)
		return -1;
	parent = land_parent(to);
	status = store_mkdirs(s, parent, e);
	free(parent);
	return status < 0 ? -1 : 1;
}

int
land_place(struct store *s, const char *from, const char *to, int64_t len, bool replace,
    struct err *e)
{
	bool unsure = false, lost = false;
	int again = 1;

	for (int try = 0; try < TRIES && again == 1; try++) {
		struct err why = { 0 };

		if (replace ? store_replace(s, from, to, e) == 0
		            : store_rename(s, from, to, &unsure, e) == 0)
			return 0;
		if (e->status != EX_NO && !unsure)
			return -1;
		/* One that seems not to have happened may do so until the next one is answered. */
		lost |= unsure;
		again = look(s, from, to, len, lost || replace, &why);
		if (why.status)
			*e = why;
	}
	return again == 0 ? 0 : -1;
}
