/* The commit log of a shard on a local directory: order, fencing, rolling forward, pruning. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "sink/commit.h"
#include "store/ops.h"
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
stage(const struct commit_log *c, const char *dst)
{
	char *path = mem_printf("%s/%s", commit_staging(c), dst);
	struct entry_file f = { mem_dup(commit_tmp(c, path)), mem_printf("day=1/%s", dst), 5 };

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
commit(struct commit_log *c, const char *dst, int64_t next)
{
	struct entry_file f = stage(c, dst);
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
	static const char record[] = "{\"seq\":1,\"type\":\"note\",\"writer\":\"" A "\",\"next\":7,"
	    "\"ts\":0,\"applied\":0,\"files\":[]}";
	struct commit_log *c = open_log(A);
	int64_t next = -1;
	char *half, *path;

	is_int(commit_next(c), -1, "a new shard has no position");
	is_int(commit(c, "one", 10), 0, "the first commit");
	ok(exists("day=1/one"), "its file is in place");
	is_int(commit(c, "two", 25), 0, "the second commit");
	is_int(commit_next(c), 25, "moves the position");
	commit_free(c);
	half = mem_printf("%s/_kpipe/t/" STORE_DOOMED "x/log", dir);
	is_int(store_mkdirs(s, half, &e), 0, "a shard whose removal was cut short");
	path = mem_printf("%s/%020d", half, 1);
	is_int(store_put(s, path, record, strlen(record), &e), 0, "has a record");
	is_int(commit_positions(s, dir, position, &next, &e), 0, "positions");
	is_int(next, 25, "are those of the last commit");
	c = open_log(B);
	ok(commit_next(c) == 25 && commit_ts(c) == 250, "another writer goes on there");
	is_int(records(), 1, "and leaves only its own record");
	commit_free(c);
	free(half);
	free(path);
}

static void
test_fencing(void)
{
	struct commit_log *a = open_log(A), *b;
	struct entry_file f = stage(a, "late");
	char *path;

	b = open_log(B);
	ok(commit_fenced(a) && !commit_fenced(b), "the older writer's staging has gone");
	is_int(commit_data(a, 99, 0, &f, 1, &e), COMMIT_FENCED, "its commit is fenced");
	ok(!exists("day=1/late"), "and its file never lands");
	is_int(commit(b, "next", 30), 0, "the newer one goes on");
	path = mem_printf("%s/x", commit_staging(a));
	is_int(store_put(s, path, "x", 1, &e), -1, "the older one cannot upload");
	free(path);
	drop(&f);
	commit_free(a);
	commit_free(b);
}

/* Commit a file, and leave it in staging as if c had stopped before it was in place. */
static void
commit_unplaced(struct commit_log *c, const char *dst, int64_t next)
{
	char *from = mem_printf("%s/%s", commit_staging(c), dst), *to = mem_printf("%s/day=1/%s", dir, dst);
	bool unsure;

	is_int(commit(c, dst, next), 0, "a commit");
	is_int(store_rename(s, to, from, &unsure, &e), 0, "its file is put back");
	free(from);
	free(to);
}

static void
test_roll_forward(void)
{
	struct commit_log *c = open_log(A);
	char *to;

	commit_unplaced(c, "kept", 40);
	commit_free(c);
	c = open_log(B);
	ok(c && exists("day=1/kept"), "and rolled forward by the next writer");
	is_int(commit_next(c), 40, "which has the position");
	is_int(commit(c, "lost", 50), 0, "a commit");
	away("day=1/lost");
	commit_free(c);
	ok(!commit_open(s, dir, "t", "0", A, 0, &e) && e.status == EX_SOFTWARE,
	    "a committed file that is nowhere is 70");
	to = mem_printf("%s/day=1/lost", dir);
	close(creat(to, 0666));
	c = open_log(A);
	ok(c != NULL, "until a person puts an empty one there");
	is_int(commit(c, "noted", 60), 0, "a commit");
	is_int(commit_note(c, false, &e), 0, "that is noted");
	away("day=1/noted");
	commit_free(c);
	c = open_log(B);
	ok(c != NULL, "a file that retention took is not missed");
	commit_free(c);
	free(to);
}

/* Another file has the name of one that was committed. */
static void
test_name_taken(void)
{
	struct commit_log *c = open_log(A);
	char *to = mem_printf("%s/day=1/named", dir);

	commit_unplaced(c, "named", 65);
	commit_free(c);
	is_int(store_put(s, to, "strange", 7, &e), 0, "another file of that name");
	ok(!commit_open(s, dir, "t", "0", B, 0, &e) && e.status == EX_SOFTWARE, "a name that is taken is 70");
	ok(strstr(e.text, "another file has the name"), "and the message tells why");
	away("day=1/named");
	c = open_log(B);
	ok(c && exists("day=1/named"), "without it, what was committed lands");
	commit_free(c);
	free(to);
}

/* What no record can hold is not committed, rather than without it. */
static void
test_bad_name(void)
{
	struct commit_log *c = open_log(A);
	int64_t next = commit_next(c);

	is_int(commit(c, "caf\xe9", next + 1), -1, "a name that is not UTF-8");
	ok(e.status == EX_SOFTWARE && strstr(e.text, "UTF-8"), "is 70: %s", e.text);
	is_int(commit_next(c), next, "and the position stays");
	commit_free(c);
}

static void
test_directory_taken(void)
{
	struct commit_log *c = open_log(A);
	char *day = mem_printf("%s/day=1", dir);

	is_int(store_delete(s, day, true, &e), 0, "a date directory is deleted");
	is_int(commit(c, "again", 70), 0, "a commit");
	ok(exists("day=1/again"), "makes it again");
	commit_free(c);
	free(day);
}

static int
is_done(void *ctx, const char *stream, const char *shard, int64_t next, bool done, struct err *err)
{
	(void)stream, (void)shard, (void)next, (void)err;
	*(bool *)ctx = done;
	return 0;
}

static bool
shard_done(void)
{
	bool done = false;

	return commit_positions(s, dir, is_done, &done, &e) == 0 && done;
}

static void
test_done(void)
{
	struct commit_log *c = open_log(A);

	ok(!shard_done(), "a shard that is not done");
	is_int(commit_note(c, true, &e), 0, "it is noted as done");
	commit_free(c);
	c = open_log(B);
	ok(shard_done(), "it is while another writer has opened it");
	is_int(commit_note(c, false, &e), 0, "and let go of it");
	ok(shard_done(), "and then");
	is_int(commit(c, "more", 75), 0, "until there is more");
	ok(!shard_done(), "which is told");
	commit_free(c);
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

/* The store, with something that happens once before a directory of staging is listed or made, or
 * before a file is renamed. */
static const struct store_ops *real;
static void (*before_list)(void), (*before_mkdirs)(void), (*before_rename)(void);

static void
once(void (**what)(void))
{
	void (*now)(void) = *what;

	*what = NULL;
	if (now)
		now();
}

static bool unlisted; /* staging cannot be listed */

static int
list(struct store *st, const char *path, store_each *each, void *ctx, struct err *err)
{
	if (strcmp(strrchr(path, '/'), "/w") == 0)
		once(&before_list);
	if (unlisted)
		return err_set(err, EX_TEMPFAIL, "away");
	return real->list(st, path, each, ctx, err);
}

static int
mkdirs(struct store *st, const char *path, struct err *err)
{
	if (strstr(path, "/w/"))
		once(&before_mkdirs);
	return real->mkdirs(st, path, err);
}

static int
rename_to(struct store *st, const char *from, const char *to, bool *unsure, struct err *err)
{
	once(&before_rename);
	return real->rename(st, from, to, unsure, err);
}

static struct store_ops hooked;

/* Until s->ops are the real ones again. */
static void
hook(void)
{
	real = s->ops;
	hooked = *real;
	hooked.list = list;
	hooked.mkdirs = mkdirs;
	hooked.rename = rename_to;
	s->ops = &hooked;
}

static void
overtake(void)
{
	struct commit_log *b = open_log(B);

	commit_unplaced(b, "overtaken", commit_next(b) + 1);
	commit_free(b);
}

static void
overtake_far(void)
{
	struct commit_log *b = open_log(B);
	int rc = 0;

	for (int i = 0; i <= 2 * COMMIT_KEEP && rc == 0; i++)
		rc = commit_data(b, commit_next(b) + 1, 0, NULL, 0, &e);
	is_int(rc, 0, "another writer prunes");
	commit_free(b);
}

/* Where overtake() will have taken the position to. */
static int64_t
overtaken_at(void)
{
	struct commit_log *c = open_log(A);
	int64_t next = commit_next(c) + 1;

	commit_free(c);
	return next;
}

/* The next writer finds what B has committed. */
static bool
finds_overtaken(int64_t next)
{
	struct commit_log *c = open_log(A);
	bool found = ok(c && commit_next(c) == next, "the next one goes on behind that") &&
	    ok(exists("day=1/overtaken"), "and the file is in place");

	commit_free(c);
	if (found)
		away("day=1/overtaken");
	return found;
}

/* A writer that pauses where it matters, and is taken over from before it goes on. */
static void
test_pauses(void)
{
	struct commit_log *a;
	int64_t next;

	hook();
	before_list = overtake;
	a = open_log(A);
	next = commit_next(a);
	is_int(commit(a, "late", next + 1), COMMIT_FENCED, "paused before it sweeps, it is fenced");
	commit_free(a);
	if (!finds_overtaken(next + 1))
		return;
	a = open_log(A);
	before_list = overtake;
	for (next = commit_next(a); before_list; next++)
		if (commit_data(a, next + 1, 0, NULL, 0, &e) != 0)
			break;
	ok(!before_list, "paused before it prunes");
	is_int(commit(a, "late", next + 1), COMMIT_FENCED, "it is fenced");
	commit_free(a);
	if (!finds_overtaken(next + 1))
		return;
	a = open_log(B);
	next = commit_next(a);
	commit_free(a);
	before_mkdirs = overtake_far;
	a = open_log(A);
	ok(a && commit_next(a) == next + 2 * COMMIT_KEEP + 1, "paused before it has staging, it looks again");
	commit_free(a);
	s->ops = real;
}

/* What has failed has not landed. */
static void
test_pruning_fails(void)
{
	struct commit_log *c = open_log(A);
	int64_t next = commit_next(c), last;
	int rc;

	hook();
	unlisted = true;
	do
		rc = commit_data(c, ++next, 0, NULL, 0, &e);
	while (rc == 0);
	s->ops = real;
	unlisted = false;
	ok(rc < 0 && e.status == EX_TEMPFAIL, "old records cannot be pruned");
	ok(commit_positions(s, dir, position, &last, &e) == 0 && last == next - 1, "what was to land then has not");
	commit_free(c);
}

/* While another takes it over, a live writer goes on, and what it had landed before is moved. */
static struct commit_log *live;

static void
go_on(void)
{
	is_int(commit(live, "newer", commit_next(live) + 1), 0, "the live writer commits");
	away("day=1/older");
}

static void
test_late_look(void)
{
	struct commit_log *b;
	int64_t next;

	live = open_log(A);
	next = commit_next(live) + 2;
	is_int(commit(live, "older", next - 1), 0, "a commit");
	hook();
	before_rename = go_on;
	b = open_log(B);
	ok(!before_rename && b && commit_next(b) == next, "a file of a commit before the last is not missed");
	s->ops = real;
	commit_free(b);
	commit_free(live);
}

/* A request that never arrives is made again. */
static int
lose(struct store *st, const char *from, const char *to, bool *unsure, struct err *err)
{
	s->ops = real;
	(void)st, (void)from, (void)to;
	*unsure = true;
	return err_set(err, EX_TEMPFAIL, "connection lost");
}

static void
test_lost_request(void)
{
	struct commit_log *c = commit_open(s, dir, "t", "0", A, 10000, &e);
	int64_t next = commit_next(c) + 1;

	hook();
	hooked.rename = lose;
	is_int(commit_data(c, next, 0, NULL, 0, &e), 0, "a rename is lost on its way: it is made again");
	ok(s->ops == real && commit_next(c) == next, "and has moved the position");
	is_int(commit_data(c, next + 1, 0, NULL, 0, &e), 0, "and the writer goes on");
	s->ops = real;
	commit_free(c);
}

/* The first look finds the staging gone, the next one no server. */
static int looks;

static int
lookup(struct store *st, const char *path, struct store_stat *found, struct err *err)
{
	if (!strstr(path, "/w/"))
		return real->stat(st, path, found, err);
	return looks++ ? err_set(err, EX_TEMPFAIL, "away") : err_set(err, EX_NO, "gone");
}

static void
test_fenced_then_away(void)
{
	int64_t next = overtaken_at();

	hook();
	hooked.stat = lookup;
	before_mkdirs = overtake;
	e = (struct err){ 0 };
	ok(!commit_open(s, dir, "t", "0", A, 0, &e) && e.status == EX_TEMPFAIL,
	    "a writer that was overtaken says so, though the server is away then: %s", e.text);
	is_int(looks, 1, "one look has told");
	s->ops = real;
	finds_overtaken(next);
}

/* What a version without numbers has left. */
static void
test_old_staging(void)
{
	char *old = mem_printf("%s/_kpipe/t/0/w/" B, dir);

	is_int(store_mkdirs(s, old, &e), 0, "staging without a number");
	commit_free(open_log(A));
	ok(!exists("_kpipe/t/0/w/" B), "is swept");
	free(old);
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
	test_name_taken();
	test_bad_name();
	test_directory_taken();
	test_done();
	test_pruning();
	test_pauses();
	test_pruning_fails();
	test_late_look();
	test_lost_request();
	test_fenced_then_away();
	test_old_staging();
	test_hostile();
	store_delete(s, work, true, &e);
	store_close(s);
	free(path);
	free(url);
	free(dir);
	return done();
}
