/* Batches and long lines as frames, and the lists that ktail -E begins with. */
#include "tail/framed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "frame/frame.h"
#include "tap.h"

static char path[] = "/tmp/kpipe-framed.XXXXXX";
static struct framed f;
static struct tail_opts o;
static struct tail_id id = { .ino = 7, .n = 5, .hash = 1 };
static int file, out; /* what standard output is meanwhile, and what it was */

/* From here on standard output is the file, which is empty. */
static void
divert(void)
{
	struct err e;

	fflush(stdout);
	if (ftruncate(file, 0) < 0 || lseek(file, 0, SEEK_SET) < 0 || dup2(file, STDOUT_FILENO) < 0)
		exit(1);
	framed_begin(&f, &o, NULL, &e);
	o.told(o.ctx, TAIL_BEGUN, &id, 0);
}

static int
put(const char *p, size_t len, int64_t base, bool begins, bool ends, struct err *e)
{
	struct tail_batch b = { .id = &id, .path = "a", .base = base, .p = p, .len = len,
		.begins = begins, .ends = ends };

	return framed_put(&f, &b, e);
}

/* End the stream and say what is in it: "base-next nrec nbytes" for each batch. */
static const char *
read_back(int status, struct buf *b)
{
	struct frame_reader r;
	struct frame frame;
	struct err e;
	int rc;

	framed_end(&f, status, &e);
	dup2(out, STDOUT_FILENO);
	lseek(file, 0, SEEK_SET);
	b->len = 0;
	frame_begin(&r, file, "stream");
	while (chunk_read(&r.in, &e) > 0)
		while ((rc = frame_next(&r, &frame, &e)) != 0 && b->len < 4096) {
			if (rc < 0)
				buf_printf(b, "error: %s", e.text);
			else if (frame.kind == FRAME_BATCH)
				buf_printf(b, "B%" PRId64 "-%" PRId64 ":%zu,%zu ", frame.base, frame.next,
				    frame.nrec, frame.nbytes);
			else
				buf_printf(b, "%c%d ", frame.kind, frame.kind == FRAME_END ? frame.status : 0);
			if (rc < 0)
				break;
		}
	frame_finish(&r);
	return buf_str(b);
}

static void
test_batches(void)
{
	struct buf b = { 0 };
	struct err e;
	int rc;

	divert();
	rc = put("a\n\nb\n", 5, 0, true, true, &e);
	rc |= put("torn", 4, 5, true, true, &e);
	is_str(read_back(0, &b), "A0 B0-5:3,5 B5-9:1,5 E0 ", "lines, and one without its newline");
	is_int(rc, 0, "written");
	divert();
	put("aaa", 3, 0, true, false, &e);
	put("aaa", 3, 3, false, false, &e);
	put("a\nb\nc\n", 6, 6, false, true, &e);
	put("dd", 2, 12, true, false, &e);
	put("ee", 2, 0, true, false, &e); /* truncated meanwhile */
	put("e\n", 2, 2, false, true, &e);
	is_str(read_back(1, &b), "A0 B0-8:1,8 B8-12:2,4 B0-4:1,4 E0 ", "pieces of long lines");
	divert();
	o.told(o.ctx, TAIL_FINISHED, &id, 0);
	o.told(o.ctx, TAIL_GONE, &id, 0);
	is_str(read_back(65, &b), "A0 R0 R0 E65 ", "fates are written before the end");
	divert();
	is_str(read_back(75, &b), "", "75 is no end");
	buf_free(&b);
}

/* Every byte value before and behind the one that counts, in lengths around those of words. */
static void
test_count(void)
{
	char p[3000], want[80];
	struct buf b = { 0 };
	struct err e;

	for (size_t len = 1; len < sizeof p; len += len < 20 ? 1 : 991) {
		size_t n = 1;

		for (size_t i = 0; i < len - 1; i++)
			n += (p[i] = (char)(i * 7)) == '\n';
		p[len - 1] = '\n';
		divert();
		put(p, len, 0, true, true, &e);
		snprintf(want, sizeof want, "A0 B0-%zu:%zu,%zu E0 ", len, n, len);
		is_str(read_back(0, &b), want, "lines in %zu bytes", len);
	}
	buf_free(&b);
}

static void
test_limit(void)
{
	size_t piece = TAIL_CHUNK, most = FRAME_BATCH_MAX;
	char *p = mem_alloc(piece);
	struct buf b = { 0 };
	struct err e = { 0 };
	int64_t at = 0;
	int rc = 0;

	memset(p, 'x', piece);
	divert();
	for (; at < (int64_t)(most - piece); at += (int64_t)piece)
		rc |= put(p, piece, at, at == 0, false, &e);
	p[piece - 1] = '\n';
	rc |= put(p, piece, at, false, true, &e);
	is_str(read_back(0, &b), "A0 B0-67108864:1,67108864 E0 ", "a line of 64 MiB with its LF");
	is_int(rc, 0, "written");
	divert();
	p[piece - 1] = 'x';
	for (at = 0; rc == 0 && at < INT64_C(1) << 30; at += (int64_t)piece)
		rc = put(p, piece, at, at == 0, false, &e);
	is_str(read_back(e.status, &b), "A0 E65 ", "a longer one is the end");
	ok(at < (int64_t)(most + 3 * piece), "before much of it was read");
	free(p);
	buf_free(&b);
}

static int
list(const char *text)
{
	static char name[] = "/tmp/kpipe-framed-list.XXXXXX";
	struct tail_opts unused = { 0 };
	struct framed g;
	struct err e = { 0 };
	int fd, n;

	memcpy(strrchr(name, '.'), ".XXXXXX", 7);
	fd = mkstemp(name);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return -1;
	n = framed_begin(&g, &unused, name, &e) < 0 ? -e.status : (int)g.list.n;
	tail_state_free(&g.list);
	buf_free(&g.control);
	close(fd);
	unlink(name);
	return n;
}

int
main(void)
{
	file = mkstemp(path);
	out = dup(STDOUT_FILENO);
	if (file < 0 || out < 0)
		return 1;
	unlink(path);
	test_batches();
	test_count();
	test_limit();
	is_int(list(".\n"), 0, "an empty list");
	is_int(list("file 7-5-0000000000000001 3\nfile 7-6-0000000000000001 3 done\n.\n"), 2, "two files");
	is_int(list("file 7-5-0000000000000001 3\nfile 7-5-0000000000000001 9\n.\n"), -65, "one twice");
	is_int(list("topic 0 3\n.\n"), -65, "a topic");
	is_int(list("file 7-0-0000000000000001 3\n.\n"), -65, "no identity");
	is_int(list("file 7-5-0000000000000001 3\n"), -75, "no dot");
	return done();
}
