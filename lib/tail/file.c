#define _GNU_SOURCE /* memrchr */
#include "tail/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* An unfinished line shorter than this is read again with what has followed, in one
 * call; behind a longer one only the new bytes are searched. */
#define REREAD 4096

struct tail_file *
tail_file_new(const char *path)
{
	struct tail_file *f = mem_alloc(sizeof *f);

	f->path = mem_dup(path);
	f->fd = f->wd = -1;
	return f;
}

void
tail_file_free(struct tail_file *f)
{
	tail_file_close(f);
	free(f->path);
	free(f);
}

int
tail_file_open(struct tail_file *f)
{
	struct stat st;

	/* O_NONBLOCK: a fifo that has taken the name must not hang us. */
	f->fd = open(f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (f->fd < 0)
		return -1;
	if (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		tail_file_close(f);
		errno = EINVAL;
		return -1;
	}
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	f->size = f->limit = st.st_size;
	f->mtime = st.st_mtim;
	f->dirty = true;
	return 0;
}

void
tail_file_close(struct tail_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->dirty = false;
}

bool
tail_file_is(const struct tail_file *f, const struct stat *st)
{
	return f->ino == st->st_ino && f->dev == st->st_dev;
}

void
tail_file_seek(struct tail_file *f, int64_t pos)
{
	f->pos = f->given = f->end = f->searched = pos;
}

/* Remember what the file begins with, up to `end`.  The first time is its identity. */
static int
identify(struct tail_file *f, int64_t end)
{
	unsigned n = end < TAIL_ID_BYTES ? (unsigned)end : TAIL_ID_BYTES;

	if (n <= f->head.n)
		return 0;
	if (tail_id_take(f->fd, n, &f->head) < 0)
		return -1;
	if (!f->id.n) {
		f->id = f->head;
		f->id.ino = f->ino;
		f->id.dev = f->dev;
	}
	return 0;
}

/* The offset behind the nth newline from the top, or the size. */
static int64_t
skip_lines(struct tail_file *f, int64_t n, char *buf)
{
	int64_t at = 0;
	ssize_t got;

	while (n > 0 && (got = pread(f->fd, buf, TAIL_CHUNK, at)) > 0) {
		char *p = buf, *end = buf + got;

		while (n > 0 && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
			p++;
			n--;
		}
		at += n > 0 ? got : p - buf;
	}
	return at;
}

/* The offset behind the nth newline from the end, or 0. */
static int64_t
find_newline(struct tail_file *f, int64_t n, char *buf)
{
	int64_t at = f->size;

	while (at > 0) {
		size_t len = at < TAIL_CHUNK ? (size_t)at : TAIL_CHUNK;
		ssize_t got = pread(f->fd, buf, len, at - (int64_t)len);
		char *nl;

		if (got < (ssize_t)len)
			return -1;
		at -= (int64_t)len;
		while ((nl = memrchr(buf, '\n', len)) != NULL) {
			if (--n == 0)
				return at + (nl - buf) + 1;
			len = (size_t)(nl - buf);
		}
	}
	return 0;
}

static int64_t
last_lines(struct tail_file *f, int64_t n, char *buf)
{
	char last;

	if (f->size == 0)
		return 0;
	if (pread(f->fd, &last, 1, f->size - 1) < 1)
		return -1;
	if (n == 0 && last == '\n')
		return f->size;
	/* A newline at the very end closes the last line.  An unfinished line counts as one;
	 * with -n 0 it is none yet and will come whole. */
	n += last == '\n';
	return find_newline(f, n ? n : 1, buf);
}

int
tail_file_start(struct tail_file *f, const struct tail_start *start, char *buf)
{
	int64_t n = start->n, pos;

	if (start->from_top)
		n -= n > 0;
	if (start->bytes)
		pos = start->from_top ? n : f->size - n;
	else
		pos = start->from_top ? skip_lines(f, n, buf) : last_lines(f, n, buf);
	if (pos < 0 && !start->bytes)
		return -1;
	if (pos > f->size)
		pos = f->size;
	tail_file_seek(f, pos > 0 ? pos : 0);
	return identify(f, f->pos);
}

static enum tail_read
give(struct tail_file *f, const char *p, struct tail_batch *b)
{
	int64_t len = f->end - f->given;

	if (len > TAIL_CHUNK)
		len = TAIL_CHUNK;
	*b = (struct tail_batch){
		.id = &f->id, .path = f->path, .base = f->given, .p = p, .len = (size_t)len,
		.begins = f->given == f->pos, .ends = f->given + len == f->end,
	};
	b->torn = b->ends && p[len - 1] != '\n';
	return TAIL_BATCH;
}

/* Read what is known to be whole lines once more. */
static enum tail_read
again(struct tail_file *f, char *buf, struct tail_batch *b)
{
	int64_t want = f->end - f->given;
	ssize_t n;

	if (want > TAIL_CHUNK)
		want = TAIL_CHUNK;
	n = pread(f->fd, buf, (size_t)want, f->given);
	if (n < 0)
		return TAIL_ERROR;
	if (n < want || !tail_id_holds(&f->head, f->fd) || identify(f, f->end) < 0)
		return TAIL_CUT;
	return give(f, buf, b);
}

bool
tail_file_intact(const struct tail_file *f)
{
	struct stat st;

	return fstat(f->fd, &st) == 0 && st.st_size >= f->searched && tail_id_holds(&f->head, f->fd);
}

bool
tail_file_hidden(struct tail_file *f, const struct stat *st)
{
	struct stat here;

	/* Shorter than what was read, it has been truncated since st was taken. */
	if (fstat(f->fd, &here) < 0 || here.st_size >= st->st_size || here.st_size < f->searched)
		return false;
	tail_file_close(f);
	return true;
}

enum tail_read
tail_file_next(struct tail_file *f, char *buf, struct tail_batch *b)
{
	int64_t from;
	char *nl;
	ssize_t n;

	if (f->end > f->given)
		return again(f, buf, b);
	do {
		from = f->searched - f->pos > REREAD ? f->searched : f->pos;
		n = pread(f->fd, buf, TAIL_CHUNK, from);
		if (n < 0)
			return TAIL_ERROR;
		if (from + n <= f->searched) {
			f->dirty = false;
			return tail_file_intact(f) ? TAIL_END : TAIL_CUT;
		}
		if (!tail_id_holds(&f->head, f->fd))
			return TAIL_CUT;
		nl = memrchr(buf + (f->searched - from), '\n', (size_t)(from + n - f->searched));
		f->searched = from + n;
		if (f->size < f->searched)
			f->size = f->searched;
	} while (!nl && n == TAIL_CHUNK);
	/* A short read was the end; what is appended from here on is told by the watch. */
	f->dirty = n == TAIL_CHUNK;
	if (!nl)
		return TAIL_END;
	f->end = from + (nl - buf) + 1;
	if (from != f->given)
		return again(f, buf, b);
	return identify(f, f->end) < 0 ? TAIL_CUT : give(f, buf, b);
}

void
tail_file_take(struct tail_file *f, const struct tail_batch *b)
{
	f->given = b->base + (int64_t)b->len;
	if (f->given == f->end)
		f->pos = f->end;
}

bool
tail_file_rest(struct tail_file *f)
{
	f->end = f->searched;
	return f->end > f->given;
}
