/* What store.h promises, of the directory given as operand, else of a local one: so
 * tests/cmd/store.t holds HDFS to the same. */
#define _GNU_SOURCE /* mkdtemp */
#include "tap.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/store.h"

static struct store *store;
static const char *top;
static struct err e;
static struct store_stat st;

/* A path below the test's directory; the last eight stay valid. */
static const char *
at(const char *name)
{
	static char room[8][4096];
	static unsigned next;
	char *out = room[next++ % 8];

	snprintf(out, sizeof room[0], "%s%s%s", top, *name ? "/" : "", name);
	return out;
}

static int
put(const char *name, const char *text)
{
	return store_put(store, at(name), text, strlen(text), &e);
}

static int
gather(void *ctx, const char *p, size_t len, struct err *err)
{
	(void)err;
	buf_add(ctx, p, len);
	return 0;
}

/* The bytes of a file, or why not. */
static const char *
content(const char *name)
{
	static struct buf b;

	b.len = 0;
	if (store_read(store, at(name), gather, &b, &e) < 0)
		return e.text;
	return buf_str(&b);
}

static int
collect(void *ctx, const char *name, const struct store_stat *entry, struct err *err)
{
	(void)err;
	buf_printf(ctx, "%s%s ", name, entry->dir ? "/" : "");
	return 0;
}

static const char *
names(const char *dir)
{
	static struct buf b;

	b.len = 0;
	if (store_list(store, at(dir), collect, &b, &e) < 0)
		return e.text;
	return buf_str(&b);
}

static void
files(void)
{
	is_int(put("a", "hello"), 0, "put");
	is_str(content("a"), "hello", "read");
	is_int(put("a", "other"), -1, "put never replaces");
	is_int(e.status, EX_NO, "which is an expected no: %s", e.text);
	is_str(content("a"), "hello", "and nothing has changed");
	is_int(put("none/a", "x"), -1, "put makes no parents");
	is_int(e.status, EX_NO, "which tells that they are gone: %s", e.text);
	is_int(put("empty", ""), 0, "an empty file");
	is_str(content("empty"), "", "is read");
	is_int(store_stat(store, at("a"), &st, &e), 0, "stat");
	ok(!st.dir && st.len == 5 && st.mtime > 0 && st.block > 0 && st.replication > 0 && st.owner[0],
	    "its fields");
	is_int(store_stat(store, at("none"), &st, &e), -1, "stat of nothing");
	is_int(e.status, EX_NO, "is an expected no: %s", e.text);
	content("none");
	is_int(e.status, EX_NO, "read of nothing: %s", e.text);
	content("");
	is_int(e.status, EX_NO, "read of a directory: %s", e.text);
}

static int
refuse(void *ctx, const char *p, size_t len, struct err *err)
{
	(void)ctx, (void)p, (void)len;
	return err_set(err, EX_SOFTWARE, "enough");
}

static int
refuse_entry(void *ctx, const char *name, const struct store_stat *entry, struct err *err)
{
	(void)name, (void)entry;
	return refuse(ctx, NULL, 0, err);
}

static void
listings(void)
{
	is_str(names(""), "a empty ", "a directory");
	is_str(names("a"), " ", "a file is listed once, without name");
	is_int(store_mkdirs(store, at("d/e/f"), &e), 0, "mkdirs");
	is_int(store_mkdirs(store, at("d/e/f"), &e), 0, "and again");
	is_str(names("d"), "e/ ", "a directory in a directory");
	is_str(names("d/e/f"), "", "an empty one");
	is_int(store_mkdirs(store, at("a"), &e), -1, "mkdirs on a file");
	is_int(e.status, EX_NO, "is an expected no: %s", e.text);
	is_int(store_mkdirs(store, at("a/b"), &e), -1, "mkdirs below a file");
	is_int(e.status, EX_NO, "too: %s", e.text);
	names("none");
	is_int(e.status, EX_NO, "listing nothing: %s", e.text);
	is_int(store_list(store, at(""), refuse_entry, NULL, &e), -1, "a listing can be stopped");
	is_str(e.text, "enough", "with the caller's reason");
	is_int(store_read(store, at("a"), refuse, NULL, &e), -1, "and so can reading");
	is_str(e.text, "enough", "with the caller's reason");
}

static void
renames(void)
{
	bool unsure;

	put("b", "second");
	is_int(store_rename(store, at("a"), at("b"), &unsure, &e), -1, "rename never replaces");
	ok(e.status == EX_NO && !unsure, "which is an expected no: %s", e.text);
	is_int(store_rename(store, at("a"), at("d"), &unsure, &e), -1, "nor moves into a directory");
	is_str(names("d"), "e/ ", "which stays as it is");
	is_int(store_rename(store, at("none"), at("c"), &unsure, &e), -1, "rename of nothing");
	ok(e.status == EX_NO && !unsure, "is an expected no: %s", e.text);
	is_int(store_rename(store, at("a"), at("none/c"), &unsure, &e), -1, "into nothing");
	ok(e.status == EX_NO && !unsure, "is one too: %s", e.text);
	is_int(store_rename(store, at("a"), at("c"), &unsure, &e), 0, "rename");
	is_int(store_rename(store, at("d"), at("g"), &unsure, &e), 0, "of a directory");
	is_str(content("c"), "hello", "the new name");
	is_int(store_replace(store, at("c"), at("b"), &e), 0, "replace");
	is_str(content("b"), "hello", "what was there is gone");
	is_int(store_replace(store, at("b"), at("n"), &e), 0, "replace of nothing is a rename");
	is_str(names(""), "empty g/ n ", "all in all");
}

static void
odd_names(void)
{
	static const char *const odd[] = { "a b", "%41", "#1", "q?x=y&z", "plus+", "g\xc3\xbc\xc3\x9f",
		"\xe6\x97\xa5", "back\\slash", "semi;comma,", "quote\"'", "=@!$()*[]{}", "tab\there" };
	bool unsure;
	const char *new;

	store_mkdirs(store, at("odd"), &e);
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		char *name = mem_printf("odd/%s", odd[i]), *listed = mem_printf("%s ", odd[i]);

		is_int(put(name, odd[i]), 0, "put '%s'", odd[i]);
		is_str(names("odd"), listed, "it is listed by that name");
		new = at("odd/\xc3\xa9 %2F+");
		ok(store_rename(store, at(name), new, &unsure, &e) == 0 &&
		    store_rename(store, new, at(name), &unsure, &e) == 0, "renamed there and back");
		is_str(content(name), odd[i], "read");
		is_int(store_delete(store, at(name), false, &e), 0, "and removed");
		free(name);
		free(listed);
	}
}

static void
appending(void)
{
	const char *const parts[] = { at("p2"), at("p3") };
	bool unsure;

	put("p1", "one ");
	put("p2", "two ");
	put("p3", "three");
	is_int(store_concat(store, at("p1"), parts, 2, &unsure, &e), 0, "concat: %s", e.text);
	is_str(content("p1"), "one two three", "in this order");
	is_str(names("p1"), " ", "it is one file");
	is_int(store_stat(store, at("p2"), &st, &e), -1, "the parts are gone");
	is_int(store_concat(store, at("p1"), (const char *[]){ at("none") }, 1, &unsure, &e), -1, "concat of nothing");
	ok(e.status == EX_NO && !unsure, "is an expected no: %s", e.text);
	is_str(content("p1"), "one two three", "which changes nothing");
	store_delete(store, at("p1"), false, &e);
}

/* As many long names as land.c appends at once. */
static void
appending_long(void)
{
	char dir[3700] = "long", *parts[9];
	bool unsure;

	e.text[0] = '\0';
	for (size_t len = strlen(dir); len + 201 < sizeof dir; len += 201)
		snprintf(dir + len, sizeof dir - len, "/%0200d", 0);
	is_int(store_mkdirs(store, at(dir), &e), 0, "a directory with a long name");
	for (int i = 0; i < 9; i++) {
		parts[i] = mem_printf("%s/%s/%d", top, dir, i);
		store_put(store, parts[i], (char[]){ (char)('0' + i) }, 1, &e);
	}
	is_int(store_concat(store, parts[0], (const char *const *)parts + 1, 8, &unsure, &e), 0,
	    "concat of long names: %s", e.text);
	is_str(content(parts[0] + strlen(top) + 1), "012345678", "in this order");
	store_delete(store, at("long"), true, &e);
	for (int i = 0; i < 9; i++)
		free(parts[i]);
}

static void
deletions(void)
{
	is_int(store_delete(store, at("none"), false, &e), 0, "delete of nothing is no error");
	is_int(store_delete(store, at("none"), true, &e), 0, "recursively neither");
	is_int(store_delete(store, at("g"), false, &e), -1, "a directory with something in it");
	is_int(e.status, EX_NO, "is an expected no: %s", e.text);
	is_int(store_delete(store, at("g"), true, &e), 0, "recursively it goes");
	is_int(store_delete(store, at("odd"), false, &e), 0, "an empty one goes");
	is_str(names(""), "empty n ", "what is left");
}

/* Write into a directory until it has gone. */
static atomic_int written; /* files, -1 at the end */

static void *
keep_writing(void *ctx)
{
	struct store *other = ctx;
	struct err why;
	char path[4096];

	snprintf(path, sizeof path, "%s/busy/", top);
	for (size_t len = strlen(path);; written++) {
		snprintf(path + len, sizeof path - len, "%d", written);
		if (store_put(other, path, "x", 1, &why) < 0)
			break;
	}
	written = -1;
	return NULL;
}

static void
busy_deletion(void)
{
	struct store *other = store_clone(store, &e);
	char name[32];
	pthread_t writer;

	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof name, "busy/d%d", i);
		store_mkdirs(store, at(name), &e);
	}
	pthread_create(&writer, NULL, keep_writing, other);
	while (written == 0)
		sched_yield();
	is_int(store_delete(store, at("busy"), true, &e), 0, "a directory that is written to goes: %s", e.text);
	while (written >= 0)
		store_delete(store, at("busy"), true, &e);
	pthread_join(writer, NULL);
	is_str(names(""), "empty n ", "nothing of it is left");
	store_close(other);
}

static void
clones(void)
{
	struct store *other = store_clone(store, &e);
	char *name = store_name(other, "/p");

	ok(other && store_same(store, other), "a clone is the same store");
	is_int(store_stat(other, at("n"), &st, &e), 0, "and works on its own");
	ok(strstr(name, "://") != NULL, "its name: %s", name);
	free(name);
	store_close(other);
	store_close(NULL);
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/kpipe-unit.XXXXXX";
	struct store_opts o = { .timeout_ms = 20000 };
	char *path, *location;

	if (argc < 2 && !mkdtemp(dir))
		return 1;
	location = argc > 1 ? mem_dup(argv[1]) : mem_printf("file://%s/", dir);
	store = store_open(location, &o, &path, &e);
	if (!ok(store != NULL, "open %s", location))
		return done();
	top = path;
	is_int(store_mkdirs(store, top, &e), 0, "the test's directory");
	files();
	listings();
	renames();
	odd_names();
	appending();
	appending_long();
	deletions();
	busy_deletion();
	clones();
	is_int(store_delete(store, top, true, &e), 0, "clean up");
	store_close(store);
	free(path);
	free(location);
	return done();
}
