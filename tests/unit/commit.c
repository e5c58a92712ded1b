/* The commit log of a shard on a local directory: order, fencing, rolling forward, pruning. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sink/commit.h"
#include "tap.h"

#define A "aaaaaaaa-0000-4000-8000-000000000000"
#define B "bbbbbbbb-0000-4000-8000-000000000000"

static char *dir; /* of the data */
static struct store *s;
static struct err e;

static struct commit_log *
open_log(const char *writer)
{
	struct commit_log *c = commit_open(s, dir, "t", "0", writer, 0, &e);

	if (!c)
		printf("# %s\n", e.text);
	return c;
}

/* Stage a file for c; its place in the record, for the caller to free. */
static struct entry_file
stage(const struct commit_log *c, const char *writer, const char *dst)
{
	char *path = mem_printf("%s/%s", commit_staging(c), dst);
	struct entry_file f = { mem_printf("w/%s/%s", writer, dst), mem_printf("day=1/%s", dst), 5 };

	if (store_put(s, path, "data\n", 5, &e) < 0)
		printf("# %s\n", e.text);
	free(path);
	return f;
}

static void
drop(struct entry_file *f)
{
	free(f->tmp);
	free(f->dst);
}

/* Commit one file up to next. */
static int
commit(struct commit_log *c, const char *writer, const char *dst, int64_t next)
{
	struct entry_file f = stage(c, writer, dst);
	int rc = commit_data(c, next, next * 10, &f, 1, &e);

	drop(&f);
	return rc;
}

static bool
exists(const char *rel)
{
	char *path = mem_printf("%s/%s", dir, rel);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}

static void
away(const char *rel)
{
	char *path = mem_printf("%s/%s", dir, rel);

	if (unlink(path) < 0)
		printf("# cannot remove %s\n", path);
	free(path);
}

static int
records(void)
{
	char *path = mem_printf("%s/_kpipe/t/0/log", dir);
	DIR *d = opendir(path);
	int n = -2; /* . and .. */

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	free(path);
	return n;
}

static int
position(void *ctx, const char *stream, const char *shard, int64_t next, bool done, struct err *err)
{
	(void)err;
	ok(!done, "it is not done");
	is_str(stream, "t", "the stream is listed");
	is_str(shard, "0", "the shard is listed");
	*(int64_t *)ctx = next;
	return 0;
}

static void
test_order(void)
{
	struct commit_log *c = open_log(A);
	int64_t next = -1;

	is_int(commit_next(c), -1, "a new shard has no position");
	is_int(commit(c, A, "one", 10), 0, "the first commit");
	ok(exists("day=1/one"), "its file is in place");
	is_int(commit(c, A, "two", 25), 0, "the second commit");
	is_int(commit_next(c), 25, "moves the position");
	commit_free(c);
	is_int(commit_positions(s, dir, position, &next, &e), 0, "positions");
	is_int(next, 25, "are those of the last commit");
	c = open_log(B);
	ok(commit_next(c) == 25 && commit_ts(c) == 250, "another writer goes on there");
	is_int(records(), 1, "and leaves only its own record");
	commit_free(c);
}

static void
test_fencing(void)
{
	struct commit_log *a = open_log(A), *b;
	struct entry_file f = stage(a, A, "late");
	char *path;

	b = open_log(B);
	ok(commit_fenced(a) && !commit_fenced(b), "the older writer's staging has gone");
	is_int(commit_data(a, 99, 0, &f, 1, &e), COMMIT_FENCED, "its commit is fenced");
	ok(!exists("day=1/late"), "and its file never lands");
	is_int(commit(b, B, "next", 30), 0, "the newer one goes on");
	path = mem_printf("%s/x", commit_staging(a));
	is_int(store_put(s, path, "x", 1, &e), -1, "the older one cannot upload");
	free(path);
	drop(&f);
	commit_free(a);
	commit_free(b);
}

/* A writer that stopped after its commit, before the file was in place. */
static void
test_roll_forward(void)
{
	struct commit_log *c = open_log(A);
	char *from = mem_printf("%s/_kpipe/t/0/w/" A "/kept", dir), *to = mem_printf("%s/day=1/kept", dir);
	bool unsure;

	is_int(commit(c, A, "kept", 40), 0, "a commit");
	is_int(store_rename(s, to, from, &unsure, &e), 0, "its file is put back");
	commit_free(c);
	c = open_log(B);
	ok(c && exists("day=1/kept"), "and rolled forward by the next writer");
	is_int(commit_next(c), 40, "which has the position");
	is_int(commit(c, B, "lost", 50), 0, "a commit");
	away("day=1/lost");
	commit_free(c);
	ok(!commit_open(s, dir, "t", "0", A, 0, &e) && e.status == EX_SOFTWARE,
	    "a committed file that is nowhere is 70");
	close(creat(to, 0666));
	free(to);
	to = mem_printf("%s/day=1/lost", dir);
	close(creat(to, 0666));
	c = open_log(A);
	ok(c != NULL, "until a person puts an empty one there");
	is_int(commit(c, A, "noted", 60), 0, "a commit");
	is_int(commit_note(c, false, &e), 0, "that is noted");
	away("day=1/noted");
	commit_free(c);
	c = open_log(B);
	ok(c != NULL, "a file that retention took is not missed");
	commit_free(c);
	free(from);
	free(to);
}

static void
test_directory_taken(void)
{
	struct commit_log *c = open_log(A);
	char *day = mem_printf("%s/day=1", dir);

	is_int(store_delete(s, day, true, &e), 0, "a date directory is deleted");
	is_int(commit(c, A, "again", 70), 0, "a commit");
	ok(exists("day=1/again"), "makes it again");
	commit_free(c);
	free(day);
}

static void
test_pruning(void)
{
	struct commit_log *c = open_log(B);
	int worst = 0;

	for (int i = 0; i < 2 * COMMIT_KEEP; i++) {
		if (commit_data(c, 100 + i, 0, NULL, 0, &e) != 0)
			break;
		worst = records() > worst ? records() : worst;
	}
	is_int(commit_next(c), 99 + 2 * COMMIT_KEEP, "many commits");
	ok(worst <= COMMIT_KEEP + 1, "leave %d records at most", worst);
	commit_free(c);
}

static void
test_hostile(void)
{
	static const char *const bad[] = { "", "{}", "[]", "null",
		"{\"seq\":1,\"type\":\"data\",\"writer\":\"w\",\"next\":1,\"ts\":0,\"applied\":0,"
		"\"files\":[{\"tmp\":\"../x\",\"dst\":\"y\",\"len\":1}]}",
		"{\"seq\":1,\"type\":\"data\",\"writer\":\"w\",\"next\":1,\"ts\":0,\"applied\":0,"
		"\"files\":[{\"tmp\":\"x\",\"dst\":\"/etc/passwd\",\"len\":1}]}",
		"{\"seq\":1,\"type\":\"data\",\"writer\":\"w\",\"next\":1,\"ts\":0,\"applied\":0,"
		"\"files\":[{\"tmp\":\"x\",\"dst\":\"a//b\",\"len\":1}]}",
		"{\"seq\":0,\"type\":\"open\",\"writer\":\"w\",\"next\":1,\"ts\":0,\"applied\":0,\"files\":[]}",
		"{\"seq\":1,\"type\":\"odd\",\"writer\":\"w\",\"next\":1,\"ts\":0,\"applied\":0,\"files\":[]}" };
	struct entry r;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(entry_parse(bad[i], strlen(bad[i]), &r, &e) < 0 && e.status == EX_DATAERR,
		    "not a record: %.40s", bad[i]);
	ok(!commit_open(s, dir, "a/b", "0", A, 0, &e) && e.status == EX_DATAERR, "a stream with a slash");
	ok(!commit_open(s, dir, "t", "..", A, 0, &e) && e.status == EX_DATAERR, "a shard that leads out");
}

int
main(void)
{
	char work[] = "/tmp/kpipe-unit.XXXXXX", *url, *path;

	if (!mkdtemp(work))
		return 1;
	dir = mem_printf("%s/data", work);
	url = mem_printf("file://%s", dir);
	s = store_open(url, &(struct store_opts){ .timeout_ms = 1000 }, &path, &e);
	test_order();
	test_fencing();
	test_roll_forward();
	test_directory_taken();
	test_pruning();
	test_hostile();
	store_delete(s, work, true, &e);
	store_close(s);
	free(path);
	free(url);
	free(dir);
	return done();
}
