/* Records out of a descriptor, whatever the reads are like. */
#define _POSIX_C_SOURCE 200809L
#include "base/lines.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "tap.h"

/* Write down what lines_next gives: "number:text", then . for a delimited record, ! for
 * one that the input's end ended, and > for a piece that goes on. */
static void
drain(struct lines *l, struct buf *log)
{
	struct line line;
	enum line_kind kind;

	while ((kind = lines_next(l, &line)) != LINE_NONE) {
		buf_printf(log, "%d:", (int)line.number);
		buf_add(log, line.p, line.len);
		buf_addc(log, kind == LINE_PART ? '>' : line.delimited ? '.' : '!');
	}
}

static void
read_once(struct lines *l, struct buf *log)
{
	struct err e;

	if (lines_read(l, &e) < 0)
		buf_adds(log, e.text);
	drain(l, log);
}

/* The text comes in three reads, cut at a and b. */
static const char *
through(const char *text, size_t len, size_t a, size_t b, const char *delim, size_t max)
{
	static struct buf log;
	struct lines l;
	size_t cut[] = { 0, a, b, len };
	int fd[2];

	log.len = 0;
	if (pipe(fd) < 0)
		return "no pipe";
	lines_begin(&l, fd[0], "test", delim, strlen(delim), max);
	for (int i = 0; i < 3; i++)
		if (cut[i + 1] > cut[i]) {
			if (write(fd[1], text + cut[i], cut[i + 1] - cut[i]) < 0)
				return "no write";
			read_once(&l, &log);
		}
	close(fd[1]);
	read_once(&l, &log);
	drain(&l, &log);
	lines_end(&l);
	close(fd[0]);
	return buf_str(&log);
}

/* However it is cut, the same records come. */
static void
records(const char *text, const char *delim, const char *want, const char *name)
{
	size_t len = strlen(text);
	const char *got = want;

	for (size_t a = 0; a <= len && strcmp(got, want) == 0; a++)
		for (size_t b = a; b <= len && strcmp(got, want) == 0; b++)
			got = through(text, len, a, b, delim, 1000);
	is_str(got, want, "%s", name);
}

static void
test_records(void)
{
	records("", "\n", "", "an empty input");
	records("a\nbc\n", "\n", "1:a.2:bc.", "two lines");
	records("a\nbc", "\n", "1:a.2:bc!", "a last line without newline");
	records("\n\na\n\n", "\n", "1:.2:.3:a.4:.", "empty lines");
	records("a\r\nb\r\n", "\n", "1:a\r.2:b\r.", "a CR belongs to the line");
	records("a\r\nb\rc\r\n", "\r\n", "1:a.2:b\rc.", "a delimiter of two bytes");
	records("a\r\r\nb\r", "\r\n", "1:a\r.2:b\r!", "half a delimiter");
	records("xababcyabcabc", "abc", "1:xab.2:y.3:.", "a delimiter that begins twice");
	records("aaaaa", "aa", "1:.2:.3:a!", "a delimiter that overlaps itself");
	is_str(through("a\0b\0", 4, 2, 3, "\n", 9), "1:a", "NUL bytes belong to the line");
}

/* What the pieces of each record are together: "text." or "text!"; and each is within
 * the bound. */
static void
test_long(void)
{
	const char text[] = "abcdefgh\nij\nklmnopq\n\nrstuvwxyz";
	size_t len = sizeof text - 1;
	bool same = true;

	for (size_t a = 0; a <= len; a++)
		for (size_t b = a; b <= len; b++)
			for (size_t max = 1; max <= 10; max++) {
				struct buf joined = { 0 };
				const char *got = through(text, len, a, b, "\n", max);

				/* Drop what goes on: "1:abc>1:def." is "1:abcdef." */
				for (; *got; got++)
					if (*got == '>')
						got += 2;
					else
						buf_addc(&joined, *got);
				same = same && strcmp(buf_str(&joined),
				    "1:abcdefgh.2:ij.3:klmnopq.4:.5:rstuvwxyz!") == 0;
				buf_free(&joined);
			}
	ok(same, "the pieces of a long record make the record");
	is_str(through("abcdef\ng\n", 9, 9, 9, "\n", 3), "1:abc>1:def.2:g.", "longer than max");
	is_str(through("abc\ng\n", 6, 6, 6, "\n", 3), "1:abc.2:g.", "as long as max");
	is_str(through("abc", 3, 3, 3, "\n", 3), "1:abc!", "as long as max, at the end");
	is_str(through("abcdef", 6, 6, 6, "\n", 3), "1:abc>1:def>1:!",
	    "longer, at the end: the last piece is empty");
	is_str(through("abc\r\nd", 6, 4, 5, "\r\n", 3), "1:abc.2:d!",
	    "as long as max, cut within the delimiter");
	is_str(through("abcdef\r\nd", 9, 7, 8, "\r\n", 3), "1:abc>1:def>1:.2:d!",
	    "longer, cut within the delimiter");
}

/* Records of every size around a chunk's, from a file; the sums must agree. */
static void
test_big(void)
{
	FILE *f = tmpfile();
	size_t max = 3 * (size_t)CHUNK_SIZE, sizes[] = { 1, CHUNK_SIZE - 2, CHUNK_SIZE, 0, 3,
		2 * (size_t)CHUNK_SIZE + 5, max, max + 1, 7, 10 * max, 2 };
	size_t n = sizeof sizes / sizeof *sizes, at = 0, len = 0;
	bool same = true, bounded = true;
	struct lines l;
	struct line line;
	enum line_kind kind;
	struct err e;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < sizes[i]; k++)
			putc('a' + (int)i, f);
		putc('\n', f);
	}
	fflush(f);
	lseek(fileno(f), 0, SEEK_SET);
	lines_begin(&l, fileno(f), "test", "\n", 1, max);
	while (lines_read(&l, &e) > 0) {
		bounded = bounded && l.in.chunk->cap <= 8 * (size_t)CHUNK_SIZE;
		while ((kind = lines_next(&l, &line)) != LINE_NONE) {
			same = same && at < n && line.number == at + 1;
			same = same && (!line.len || (line.p[0] == 'a' + (int)at &&
			    line.p[line.len - 1] == 'a' + (int)at));
			len += line.len;
			if (kind == LINE_PART)
				continue;
			same = same && len == sizes[at] && (kind == LINE_WHOLE) == (len <= max);
			at++;
			len = 0;
		}
	}
	ok(same && at == n, "records of many sizes");
	ok(bounded, "the longest costs a chunk of its size, and a longer one no more");
	lines_end(&l);
	fclose(f);
}

/* A record stays where it is while its chunk is held. */
static void
test_hold(void)
{
	struct lines l;
	struct line line = { 0 };
	struct chunk *held;
	struct err e;
	int fd[2];

	if (!ok(pipe(fd) == 0 && write(fd[1], "first\nsec", 9) == 9, "a pipe"))
		return;
	lines_begin(&l, fd[0], "test", "\n", 1, 100);
	lines_read(&l, &e);
	lines_next(&l, &line);
	held = lines_chunk(&l);
	chunk_hold(held, 2);
	for (int i = 0; i < 40; i++) { /* more than a chunk */
		static char more[32768];
		struct line other;

		memset(more, '\n', sizeof more);
		ok(write(fd[1], more, sizeof more) > 0 && lines_read(&l, &e) > 0, "more input");
		while (lines_next(&l, &other) != LINE_NONE)
			if (other.number == 2 && (other.len != 3 || memcmp(other.p, "sec", 3) != 0))
				ok(false, "the record begun in the held chunk");
	}
	ok(line.len == 5 && memcmp(line.p, "first", 5) == 0, "a held record keeps");
	ok(lines_chunk(&l) != held, "and the reader has gone on to another chunk");
	chunk_drop(held, 1);
	chunk_drop(held, 1);
	lines_end(&l);
	close(fd[0]);
	close(fd[1]);
}

static void
test_failure(void)
{
	struct lines l;
	struct err e = { 0 };

	lines_begin(&l, -1, "nothing", "\n", 1, 100);
	is_int(lines_read(&l, &e), -1, "a descriptor that cannot be read");
	is_int(e.status, EX_IOERR, "its status");
	ok(strstr(e.text, "nothing") != NULL, "its name: %s", e.text);
	lines_end(&l);
}

static void
delim(const char *typed, const char *want, size_t want_len)
{
	char out[LINES_DELIM_MAX] = { 0 };
	size_t len = 0;
	struct err e = { 0 };

	is_int(lines_delim(typed, "-D", out, &len, &e), want ? 0 : -1, "delimiter '%s'", typed);
	if (want)
		ok(len == want_len && memcmp(out, want, len) == 0, "its bytes");
	else
		is_int(e.status, EX_USAGE, "its status");
}

static void
test_delim(void)
{
	delim(",", ",", 1);
	delim("\\n", "\n", 1);
	delim("\\r\\n", "\r\n", 2);
	delim("\\0", "\0", 1);
	delim("\\t\\\\x", "\t\\x", 3);
	delim("\\x1e\\xFF", "\x1e\xff", 2);
	delim("0123456789abcdef", "0123456789abcdef", 16);
	delim("\\x30123456789abcdef", "0123456789abcdef", 16);
	delim("0123456789abcdefg", NULL, 0);
	delim("", NULL, 0);
	delim("\\", NULL, 0);
	delim("\\q", NULL, 0);
	delim("\\x1", NULL, 0);
	delim("\\x", NULL, 0);
	delim("\\x-1", NULL, 0);
	delim("\\x 1", NULL, 0);
	delim("\\x0x", NULL, 0);
}

static void
test_count(void)
{
	size_t len = 20000, wrong = 0;
	char *p = mem_alloc(len);

	for (size_t i = 0; i < len; i++)
		p[i] = "\n\v\x8a\0"[i * i % 7 % 4];
	for (size_t from = 0; from < 9; from++)
		for (size_t to = from; to < len; to += to < 40 ? 1 : 997) {
			size_t n = 0;

			for (size_t i = from; i < to; i++)
				n += p[i] == '\n';
			wrong += lines_count(p + from, to - from) != n;
		}
	is_int(wrong, 0, "newlines are counted, at any address and length");
	memset(p, '\n', len);
	is_int(lines_count(p, len), (int64_t)len, "and where there is nothing else");
	free(p);
}

int
main(void)
{
	test_records();
	test_long();
	test_big();
	test_hold();
	test_failure();
	test_delim();
	test_count();
	return done();
}
