/* Identities, sibling names, the state file and read errors of lib/tail. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "tail/siblings.h"
#include "tail/state.h"
#include "tail/tail.h"
#include "tap.h"

static char path[] = "/tmp/kpipe-tail-unit.XXXXXX";

static void
put(const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);

	ok(fd >= 0 && write(fd, text, len) == (ssize_t)len, "a file is written");
	close(fd);
}

static void
test_identity(void)
{
	static const char *const wrong[] = { "", "1", "1-1", "1-1-", "1-1-0", " 1-1-0000000000000000",
		"+1-1-0000000000000000", "1-1025-0000000000000000", "1-1-000000000000000g",
		"1-1-00000000000000000", "1--1-0000000000000000", "01-1-0000000000000000",
		"99999999999999999999-1-0000000000000000", "1-1-ABCDEF0000000000",
		"1-18446744073709551617-0000000000000000" };
	struct tail_id id = { .ino = 12345678901234, .n = 1024, .hash = 0xfedcba9876543210 }, got;
	char text[TAIL_ID_TEXT];
	int fd;

	ok(tail_hash("", 0) == 0xcbf29ce484222325, "FNV-1a of nothing");
	ok(tail_hash("a", 1) == 0xaf63dc4c8601ec8c, "FNV-1a of \"a\"");
	ok(tail_hash("foobar", 6) == 0x85944171f73967e8, "FNV-1a of \"foobar\"");
	tail_id_text(&id, text);
	is_str(text, "12345678901234-1024-fedcba9876543210", "as text");
	ok(tail_id_parse(text, &got) == 0 && got.ino == id.ino && got.n == id.n && got.hash == id.hash,
	    "and back");
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		ok(tail_id_parse(wrong[i], &got) < 0, "no identity: \"%s\"", wrong[i]);

	put("foobar", 6);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ok(tail_id_take(fd, 6, &id) == 0 && id.hash == 0x85944171f73967e8, "the hash of a file");
	ok(tail_id_take(fd, 7, &got) < 0, "a file that is too short has none");
	ok(pwrite(fd, "more", 4, 6) == 4 && tail_id_holds(&id, fd), "it holds while the file grows");
	ok(pwrite(fd, "x", 1, 5) == 1 && !tail_id_holds(&id, fd), "and not when its start changes");
	got = (struct tail_id){ 0 };
	ok(tail_id_extend(&got, "foo", 3) && tail_id_extend(&got, "foobar", 6) && got.n == 6 &&
	    got.hash == id.hash, "it is the same when the file grows into it");
	ok(!tail_id_extend(&got, "fooxar and more", 15) && got.n == 6 && got.hash == id.hash,
	    "but not when its start changes");
	ok(ftruncate(fd, 3) == 0 && !tail_id_holds(&id, fd), "nor when it becomes too short");
	close(fd);
}

static void
test_names(void)
{
	static const struct {
		const char *base, *name;
		bool is;
	} cases[] = {
		{ "access.log", "access.log.1", true },
		{ "access.log", "access.log-20260101", true },
		{ "access.log", "access.log_old", true },
		{ "access.log", "access.log.12.gz", true },
		{ "access.log", "access.log.gz", true },
		{ "access.log", "access-20260101.log", true },
		{ "access.log", "access.1.log", true },
		{ "access.log", "access-2026-01-01T10:00.log.xz", true },
		{ "access.log", "access.log", false },
		{ "access.log", "access.log2", false },
		{ "access.log", "access.log.", false },
		{ "access.log", "access-error.log", false },
		{ "access.log", "access1.log", false },
		{ "access.log", "other.log.1", false },
		{ "access.log", "access", false },
		{ "app", "app.1", true },
		{ "app", "application.log", false },
		{ ".hidden", ".hidden.1", true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ok(sibling_name(cases[i].base, cases[i].name) == cases[i].is, "%s is %sa rotated %s",
		    cases[i].name, cases[i].is ? "" : "not ", cases[i].base);
}

/* What could not be seen is not taken for nothing. */
static void
test_unseen(void)
{
	struct rlimit before, none;
	struct listing listing = { 0 };
	struct siblings s;

	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){ 0, before.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	siblings_find(NULL, path, false, &s);
	is_int(s.failed, EMFILE, "no descriptor to read the directory");
	siblings_free(&s);
	siblings_find(&listing, path, false, &s);
	is_int(s.failed, EMFILE, "nor for many files at once");
	siblings_free(&s);
	setrlimit(RLIMIT_NOFILE, &before);
	siblings_find(&listing, path, false, &s);
	is_int(s.failed, 0, "which is not remembered");
	siblings_free(&s);
	listing_forget(&listing);
	siblings_find(NULL, "/nowhere/a", false, &s);
	is_int(s.failed, 0, "no directory: nothing lies there");
	siblings_free(&s);
}

static void
test_state(void)
{
	static const char id[] = "1-1-0000000000000000";
	static const struct {
		const char *text;
		size_t len;
	} wrong[] = {
#define TEXT(s) { s, sizeof(s) - 1 }
		TEXT(""), TEXT("kpipe-tail 1"), TEXT("kpipe-tail 2\n"), TEXT("kpipe-tail 1\n\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 0 0 current /x"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 0 0 current x\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 0 0 current /x\0y\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 0 0 current /x\\y\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 0 0 current /x\\\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 0 0 gone /x\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 0 -1 current /x\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 0 9223372036854775808 current /x\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 -1 0 current /x\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 18446744073709551616 0 current /x\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000  0 current /x\n"),
		TEXT("kpipe-tail 1\n1-1-0000000000000000 0 0 current\n"),
#undef TEXT
	};
	struct tail_state s = { 0 }, got;
	struct tail_id one;
	struct err e;

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		put(wrong[i].text, wrong[i].len);
		e.status = 0;
		ok(tail_state_load(&got, path, &e) < 0 && e.status == EX_CONFIG,
		    "damaged state %zu: %s", i, e.text);
		tail_state_free(&got);
	}

	ok(tail_id_parse(id, &one) == 0 && one.dev == 0, "an identity");
	one.dev = 7;
	tail_state_add(&s, &one, INT64_MAX, TAIL_LEFT, "/a b\n\\c");
	tail_state_add(&s, &one, 0, TAIL_NONE, "/\xff");
	ok(tail_state_save(&s, path, &e) == 0, "a state is saved");
	ok(tail_state_load(&got, path, &e) == 0 && got.n == 2, "and loaded");
	is_str(got.at[0].name, "/a b\n\\c", "a name of spaces, newline and backslash");
	ok(got.at[0].pos == INT64_MAX && got.at[0].kind == TAIL_LEFT && got.at[0].id.dev == 7,
	    "its fields");
	is_str(got.at[1].name, "/\xff", "a name that is no text");
	tail_state_free(&got);
	tail_state_free(&s);
	unlink(path);
	ok(tail_state_load(&got, path, &e) == 0 && got.n == 0, "no file is an empty state");
}

static unsigned notes;

static void
count_note(enum tail_note kind, const char *text)
{
	(void)kind;
	(void)text;
	notes++;
}

/* What tail has the file open as. */
static int
descriptor(const struct tail_batch *b)
{
	struct stat st, of;

	ok(stat(b->path, &of) == 0, "the file is there");
	for (int fd = 3; fd < 100; fd++)
		if (fstat(fd, &st) == 0 && st.st_ino == of.st_ino)
			return fd;
	return -1;
}

static void
test_read_error(void)
{
	struct tail_opts o = { .from_start = true, .by_name = true, .interval_ms = 1000,
		.note = count_note };
	size_t len = 3 * TAIL_CHUNK;
	char *line = mem_alloc(len), *names[] = { path };
	struct tail_batch b;
	struct tail *t;
	struct err e;
	int fd, kept, broken, writer;

	memset(line, 'x', len - 1);
	line[len - 1] = '\n';
	put(line, len);
	free(line);
	alarm(60); /* for ever is too long */
	t = tail_open(&o, names, 1, &e);
	ok(t && tail_next(t, &b) && b.begins && !b.ends, "the first piece of a long line");
	fd = descriptor(&b);
	kept = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	tail_take(t, &b);
	writer = open(path, O_WRONLY | O_CLOEXEC);
	broken = open("/", O_RDONLY | O_CLOEXEC);
	ok(dup2(broken, fd) == fd, "then the file cannot be read");
	ok(!tail_next(t, &b), "nothing comes");
	is_int(notes, 1, "which is said once");
	is_int(tail_count(t)->unreadable, 1, "and counted");
	ok(dup2(kept, fd) == fd && pwrite(writer, "y\n", 2, (off_t)len) == 2, "then it can, and grows");
	ok(tail_next(t, &b) && b.begins && b.base == 0, "the line is given again, from its start");
	close(writer);
	close(broken);
	close(kept);
	tail_close(t);
	alarm(0);
}

/* What is written while it reads does not keep it going. */
static void
test_once(void)
{
	struct tail_opts o = { .from_start = true, .by_name = true, .once = true, .interval_ms = 1000,
		.note = count_note };
	char *names[] = { path };
	struct tail_batch b;
	struct tail *t;
	struct err e;
	int batches = 0, writer;

	put("x\n", 2);
	writer = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	t = tail_open(&o, names, 1, &e);
	while (batches < 100 && tail_next(t, &b)) {
		tail_take(t, &b);
		batches += write(writer, "y\n", 2) == 2;
	}
	is_int(batches, 1, "--once ends although the file grows with each line that is read");
	close(writer);
	tail_close(t);
}

int
main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	test_identity();
	test_names();
	test_unseen();
	test_state();
	test_read_error();
	test_once();
	unlink(path);
	return done();
}
