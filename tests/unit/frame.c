#define _GNU_SOURCE /* memfd_create */
/* The framed stream: both ends against each other, cuts, and every kind of damage. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "frame/frame.h"
#include "tap.h"

#define UUID "01234567-89ab-4def-8123-456789abcdef"
#define HELLO FRAME_MAGIC "1 " UUID "\n"

/* A reader over a text. */
static struct frame_reader
reader(const char *p, size_t len)
{
	struct frame_reader r;
	struct err e;
	int fd = memfd_create("frames", 0);

	if (fd < 0 || io_write(fd, p, len, "memfd", &e) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		exit(1);
	frame_begin(&r, fd, "test");
	return r;
}

static void
finish(struct frame_reader *r)
{
	close(r->in.fd);
	frame_finish(r);
}

/* The next frame whatever it takes: 1, 0 at the end, -1 with e. */
static int
next(struct frame_reader *r, struct frame *f, struct err *e)
{
	int rc;

	while ((rc = frame_next(r, f, e)) == 0)
		if (chunk_read(&r->in, e) <= 0)
			return 0;
	return rc;
}

/* The status that reading all of a text ends with, 0 if it is well-formed. */
static int
status_of(const char *text, size_t len)
{
	struct frame_reader r = reader(text, len);
	struct frame f;
	struct err e = { 0 };
	int rc;

	while ((rc = next(&r, &f, &e)) > 0)
		continue;
	finish(&r);
	return rc < 0 ? e.status : 0;
}

static struct frame
batch(const char *data, int64_t base, int64_t next_, size_t nrec)
{
	struct frame f = { .kind = FRAME_BATCH, .base = base, .next = next_, .ts = 1700000000000,
		.nrec = nrec, .nbytes = strlen(data), .data = data };

	strcpy(f.stream, "retaildg");
	strcpy(f.shard, "2");
	return f;
}

static void
test_round_trip(void)
{
	struct buf b = { 0 };
	struct frame out = batch("one\n\nthree\n", 40, 43, 3), f;
	struct frame_walk w = { 0 };
	struct frame_reader r;
	struct err e;
	const char *p;
	size_t len;

	frame_hello(&b, UUID);
	frame_assign(&b, "retaildg", "2", 40);
	frame_batch(&b, &out);
	buf_adds(&b, out.data);
	frame_position(&b, "retaildg", "2", 45);
	frame_revoke(&b, "retaildg", "2", FRAME_GONE);
	frame_end(&b, 65);
	r = reader(b.p, b.len);
	ok(next(&r, &f, &e) == 1 && f.kind == FRAME_ASSIGN && f.base == 40, "A");
	is_str(r.uuid, UUID, "the run's UUID");
	ok(next(&r, &f, &e) == 1 && f.kind == FRAME_BATCH && f.next == 43 && f.ts == out.ts, "B");
	is_str(f.stream, "retaildg", "stream");
	is_str(f.shard, "2", "shard");
	ok(frame_record(&f, &w, &p, &len) && len == 3 && memcmp(p, "one", 3) == 0, "record 1");
	ok(frame_record(&f, &w, &p, &len) && len == 0, "an empty record");
	ok(frame_record(&f, &w, &p, &len) && len == 5, "record 3");
	ok(!frame_record(&f, &w, &p, &len), "no more");
	ok(next(&r, &f, &e) == 1 && f.kind == FRAME_POSITION && f.next == 45, "P");
	ok(next(&r, &f, &e) == 1 && f.kind == FRAME_REVOKE && f.reason == FRAME_GONE, "R");
	ok(next(&r, &f, &e) == 1 && f.kind == FRAME_END && f.status == 65, "E");
	is_int(next(&r, &f, &e), 0, "the end");
	finish(&r);
	buf_free(&b);
}

static void
test_lengths(void)
{
	static const char text[] = HELLO "\x1e" "B t 0 0 2 2 8 -1 V 5,1\na\nb\nc\nd\n";
	struct frame_reader r = reader(text, sizeof text - 1);
	struct frame_walk w = { 0 };
	struct frame f;
	struct err e;
	const char *p;
	size_t len;

	is_int(next(&r, &f, &e), 1, "a batch with lengths");
	ok(frame_record(&f, &w, &p, &len) && len == 5 && memcmp(p, "a\nb\nc", 5) == 0,
	    "a record with newlines");
	ok(frame_record(&f, &w, &p, &len) && len == 1 && *p == 'd', "the one behind it");
	is_int(frame_cut(&f, 1, &e), 1, "cut to the second");
	ok(f.nrec == 1 && f.nbytes == 2 && *f.data == 'd' && *f.lens == '1', "which is left, with its length");
	finish(&r);
}

static void
test_cut(void)
{
	struct frame f = batch("one\ntwo\nthree\n", 10, 13, 3);
	struct err e;

	is_int(frame_cut(&f, 13, &e), 0, "all known");
	is_int(frame_cut(&f, 10, &e), 1, "nothing known");
	is_int(f.nrec, 3, "nothing cut");
	is_int(frame_cut(&f, 9, &e), -1, "a gap");
	is_int(e.status, EX_DATAERR, "is 65");
	is_int(frame_cut(&f, 12, &e), 1, "two records known");
	ok(f.nrec == 1 && f.base == 12 && f.nbytes == 6, "one is left");
	f = batch("one\ntwo\nthree\n", 100, 114, 3);
	is_int(frame_cut(&f, 104, &e), 1, "by bytes");
	ok(f.nrec == 2 && f.base == 104 && *f.data == 't', "the first line is cut off");
	is_int(frame_cut(&f, 106, &e), -1, "inside a line");
	is_int(e.status, EX_DATAERR, "is 65");
	f = batch("one\n", 10, 13, 1);
	is_int(frame_cut(&f, 11, &e), -1, "a last line without newline cannot be cut");
	f = batch("one\ntwo\n", 10, 13, 2);
	f.mapped = true;
	is_int(frame_cut(&f, 11, &e), -1, "a mapped batch cannot be cut");
	is_int(e.status, EX_TEMPFAIL, "is 75");
	is_int(frame_cut(&f, 13, &e), 0, "but dropped whole");
}

static void
test_damage(void)
{
	static const struct {
		const char *name, *text;
		int status;
	} cases[] = {
		{ "an empty input", "", 0 },
		{ "half a first line", FRAME_MAGIC "1 0123", 0 },
		{ "no frames at all", "GET / HTTP/1.1\n", EX_USAGE },
		{ "another version", FRAME_MAGIC "2 " UUID "\n", EX_USAGE },
		{ "a first line too short", FRAME_MAGIC "1 0123\n", EX_DATAERR },
		{ "data where a control line should be", HELLO "hello\n", EX_DATAERR },
		{ "an unknown letter", HELLO "\x1e" "X t 0 0\n", EX_DATAERR },
		{ "a word too many", HELLO "\x1e" "A t 0 0 0\n", EX_DATAERR },
		{ "a word too few", HELLO "\x1e" "A t 0\n", EX_DATAERR },
		{ "two spaces", HELLO "\x1e" "A t  0 0\n", EX_DATAERR },
		{ "a space at the end", HELLO "\x1e" "A t 0 0 \n", EX_DATAERR },
		{ "a negative position", HELLO "\x1e" "A t 0 -1\n", EX_DATAERR },
		{ "a number too large", HELLO "\x1e" "A t 0 9999999999999999999\n", EX_DATAERR },
		{ "hexadecimal", HELLO "\x1e" "A t 0 0x1\n", EX_DATAERR },
		{ "a batch that goes nowhere", HELLO "\x1e" "B t 0 5 5 1 2 -1\na\n", EX_DATAERR },
		{ "fewer bytes than records", HELLO "\x1e" "B t 0 0 3 3 2 -1\n\n\n", EX_DATAERR },
		{ "a huge batch", HELLO "\x1e" "B t 0 0 1 1 999999999 -1\n", EX_DATAERR },
		{ "fewer records than said", HELLO "\x1e" "B t 0 0 2 2 4 -1\nabc\n", EX_DATAERR },
		{ "more records than said", HELLO "\x1e" "B t 0 0 1 1 4 -1\na\nb\n", EX_DATAERR },
		{ "no newline at the end", HELLO "\x1e" "B t 0 0 1 1 2 -1\nab", EX_DATAERR },
		{ "lengths that do not add up", HELLO "\x1e" "B t 0 0 2 2 4 -1 V 1,2\na\nb\n", EX_DATAERR },
		{ "a length too many", HELLO "\x1e" "B t 0 0 1 1 2 -1 V 1,0\na\n", EX_DATAERR },
		{ "lengths that are none", HELLO "\x1e" "B t 0 0 1 1 2 -1 V x\na\n", EX_DATAERR },
		{ "M twice", HELLO "\x1e" "B t 0 0 1 1 2 -1 M M\na\n", EX_DATAERR },
		{ "a torn batch", HELLO "\x1e" "B t 0 0 2 2 4 -1\na\n", 0 },
		{ "an unknown reason", HELLO "\x1e" "R t 0 tired\n", EX_DATAERR },
		{ "a status that is none", HELLO "\x1e" "E 256\n", EX_DATAERR },
		{ "something behind the end", HELLO "\x1e" "E 0\n\x1e" "E 0\n", EX_DATAERR },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		is_int(status_of(cases[i].text, strlen(cases[i].text)), cases[i].status, "%s",
		    cases[i].name);
}

static void
test_long_line(void)
{
	struct buf b = { 0 };

	buf_adds(&b, HELLO "\x1e" "A ");
	buf_reserve(&b, FRAME_LINE_MAX + 1);
	memset(b.p + b.len, 'a', FRAME_LINE_MAX + 1);
	b.len += FRAME_LINE_MAX + 1;
	is_int(status_of(b.p, b.len), EX_DATAERR, "a control line without end");
	buf_free(&b);
}

static void
test_nul(void)
{
	static const char text[] = HELLO "\x1e" "B t 0 0 1 1 2 -1 V 1\0\na\n";

	is_int(status_of(text, sizeof text - 1), EX_DATAERR, "a NUL behind the lengths");
}

static void
test_names(void)
{
	struct err e;
	char uuid[FRAME_UUID], other[FRAME_UUID];

	ok(frame_name_ok("retaildg"), "a name");
	ok(!frame_name_ok(""), "an empty name");
	ok(!frame_name_ok("a b"), "a space in a name");
	ok(!frame_name_ok("a\nb"), "a newline in a name");
	ok(frame_uuid(uuid, &e) == 0 && frame_uuid(other, &e) == 0 && strcmp(uuid, other) != 0,
	    "two UUIDs differ");
	ok(strlen(uuid) == FRAME_UUID - 1 && uuid[14] == '4', "and are of version 4");
}

int
main(void)
{
	test_round_trip();
	test_lengths();
	test_cut();
	test_damage();
	test_long_line();
	test_nul();
	test_names();
	return done();
}
