/* Joining and landing staged files, in a local directory. */
#define _GNU_SOURCE /* mkdtemp */
#include "sink/land.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/ops.h"
#include "tap.h"

#define PARTS 70 /* more than one call's worth */

static struct store *s;
static char *dir;

static char *
at(const char *name)
{
	return mem_printf("%s/%s", dir, name);
}

static void
put(const char *name, const char *text)
{
	char *path = at(name);
	struct err e = { 0 };

	if (store_put(s, path, text, strlen(text), &e) < 0)
		ok(false, "put %s: %s", name, e.text);
	free(path);
}

static int
add(void *ctx, const char *p, size_t len, struct err *e)
{
	(void)e;
	buf_add(ctx, p, len);
	return 0;
}

static void
holds(const char *name, const char *want, const char *what)
{
	struct buf got = { 0 };
	struct err e = { 0 };
	char *path = at(name);

	store_read(s, path, add, &got, &e);
	is_str(e.status ? e.text : buf_str(&got), want, "%s", what);
	buf_free(&got);
	free(path);
}

static int
place(const char *from, const char *to, int64_t len, bool replace, int *status)
{
	char *a = at(from), *b = at(to);
	struct err e = { 0 };
	int rc = land_place(s, a, b, len, replace, &e);

	*status = e.status;
	free(a);
	free(b);
	return rc;
}

static void
joining(void)
{
	char *parts[PARTS], name[16], want[PARTS + 1] = "";
	struct err e = { 0 };

	for (int i = 0; i < PARTS; i++) {
		want[i] = (char)('0' + i % 10);
		snprintf(name, sizeof name, "part%d", i);
		put(name, (char[]){ want[i], '\0' });
		parts[i] = at(name);
	}
	ok(land_concat(s, parts, PARTS, PARTS, &e) == 0, "%d parts are joined", PARTS);
	holds("part0", want, "in order");
	put("part1", "x");
	ok(land_concat(s, parts, 2, PARTS, &e) < 0 && e.status == EX_SOFTWARE, "a wrong length is 70");
	ok(land_concat(s, parts, 3, PARTS, &e) < 0 && e.status == EX_SOFTWARE, "a missing part is 70");
	for (int i = 0; i < PARTS; i++)
		free(parts[i]);
}

/* A call whose answer is lost, and which happens only when the next one comes. */
static const struct store_ops *real;
static bool waits;

static int
late_rename(struct store *st, const char *from, const char *to, bool *unsure, struct err *e)
{
	bool ignored;

	waits = !waits;
	*unsure = waits;
	if (waits)
		return err_set(e, EX_TEMPFAIL, "lost");
	real->rename(st, from, to, &ignored, e);
	return real->rename(st, from, to, &ignored, e);
}

static int
late_concat(struct store *st, const char *target, const char *const *files, size_t n, bool *unsure,
    struct err *e)
{
	bool ignored;

	waits = !waits;
	*unsure = waits;
	if (waits)
		return err_set(e, EX_TEMPFAIL, "lost");
	real->concat(st, target, files, n, &ignored, e);
	return real->concat(st, target, files, n, &ignored, e);
}

static void
late(void)
{
	static struct store_ops slow;
	char *parts[] = { at("p0"), at("p1") };
	struct err e = { 0 };
	int status;

	real = s->ops;
	slow = *real;
	slow.rename = late_rename;
	slow.concat = late_concat;
	s->ops = &slow;
	put("tardy", "late");
	ok(place("tardy", "late", 4, false, &status) == 0, "a rename that happens late");
	holds("late", "late", "has landed the file");
	put("p0", "one");
	put("p1", "two");
	ok(land_concat(s, parts, 2, 6, &e) == 0, "parts that are joined late");
	holds("p0", "onetwo", "are joined");
	s->ops = real;
	free(parts[0]);
	free(parts[1]);
}

int
main(void)
{
	char tmp[] = "/tmp/kpipe-land.XXXXXX", *location, *parent;
	struct store_opts o = { .timeout_ms = 1000 };
	struct err e = { 0 };
	int status;

	location = mem_printf("file://%s", mkdtemp(tmp));
	s = store_open(location, &o, &dir, &e);
	put("a", "one");
	ok(place("a", "new/dir/b", 3, false, &status) == 0, "a file lands, its directory is made");
	holds("new/dir/b", "one", "it is that file");
	put("a", "two!");
	ok(place("a", "new/dir/b", 4, false, &status) < 0, "an existing file stays");
	is_int(status, EX_NO, "which is an expected no");
	holds("new/dir/b", "one", "it is untouched");
	ok(place("a", "new/dir/b", 4, true, &status) == 0, "unless it is to be replaced");
	holds("new/dir/b", "two!", "then it is");
	ok(place("a", "c", 4, false, &status) < 0, "a staged file that has gone");
	is_int(status, EX_SOFTWARE, "is a broken promise");
	put("a", "x");
	ok(place("a", "new/dir", 1, true, &status) < 0, "a directory is not replaced");
	joining();
	late();
	parent = land_parent("/x");
	is_str(parent, "/", "the parent of /x");
	free(parent);
	store_delete(s, dir, true, &e);
	store_close(s);
	free(dir);
	free(location);
	return done();
}
