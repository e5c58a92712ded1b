#define _GNU_SOURCE /* memrchr */
#include "tail/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stop.h"

/* An unfinished line shorter than this is read again with what has followed, in one
 * call; behind a longer one only the new bytes are searched. */
#define REREAD 4096

/* A file's first page goes as a whole when the file is emptied: what one read has of it is of
 * the old content or of the new, never of both.  So where that is all there is, no second read
 * is needed to see that the file begins with what it began with. */
#define PAGE 4096

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
	if (!f->id.n) {
		f->id.dev = f->dev;
		f->id.ino = f->ino;
	}
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

/* Does the file begin with what it began with?  Remember that, now up to `end`; the first time
 * it is the identity.  page: its first `len` bytes, 0 if they are still to be read. */
static bool
identify(struct tail_file *f, int64_t end, const char *page, ssize_t len)
{
	char first[TAIL_ID_BYTES];
	unsigned n = end < TAIL_ID_BYTES ? (unsigned)end : TAIL_ID_BYTES;

	if (n < f->head.n)
		n = f->head.n;
	if (n && !len) {
		len = pread(f->fd, first, n, 0);
		page = first;
	}
	if (len < (ssize_t)n || !tail_id_extend(&f->head, page, n))
		return false;
	if (!f->id.n && n) {
		f->id.n = n;
		f->id.hash = f->head.hash;
	}
	return true;
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
last_lines(struct tail_file *f, int64_t n, char *buf)
{
	int64_t at = f->size;

	while (at > 0) {
		int64_t most = n ? TAIL_CHUNK : PAGE;
		size_t len = (size_t)(at < most ? at : most);
		ssize_t got = pread(f->fd, buf, len, at - (int64_t)len);
		char *nl;

		if (got < (ssize_t)len)
			return -1;
		if (at == f->size) {
			bool whole = buf[len - 1] == '\n';

			if (n == 0 && whole)
				return at;
			/* A newline at the very end closes the last line.  An unfinished line counts as
			 * one; with -n 0 it is none yet and will come whole. */
			n += whole || n == 0;
		}
		at -= (int64_t)len;
		while ((nl = memrchr(buf, '\n', len)) != NULL) {
			if (--n == 0)
				return at + (nl - buf) + 1;
			len = (size_t)(nl - buf);
		}
	}
	return 0;
}

int
tail_file_start(struct tail_file *f, const struct tail_start *start, char *buf)
{
	int64_t n = start->n, pos;
	bool read = !start->bytes && !start->from_top && f->size <= PAGE; /* buf has all of it */

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
	if (n == 0 && !start->from_top)
		f->limit = f->pos; /* an unfinished line is none of the last 0 */
	/* It was watched before its size was taken: nothing has to be looked for. */
	if (f->wd >= 0 && f->pos == f->size)
		f->dirty = false;
	return identify(f, f->pos, buf, read ? f->size : 0) ? 0 : -1;
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

/* errno was 0, and the file does not begin with what it began with, unless that cannot be read. */
static enum tail_read
differs(void)
{
	return errno ? TAIL_ERROR : TAIL_CUT;
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
	errno = 0;
	if (n < want || !identify(f, f->end, NULL, 0))
		return differs();
	return give(f, buf, b);
}

bool
tail_file_intact(const struct tail_file *f)
{
	struct stat st;

	errno = 0;
	return fstat(f->fd, &st) == 0 && st.st_size >= f->searched &&
	    (tail_id_holds(&f->head, f->fd) || errno);
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
	const char *nl;
	ssize_t n;
	bool page, same;

	if (f->end > f->given)
		return again(f, buf, b);
	do {
		from = f->searched - f->pos > REREAD ? f->searched : f->searched < PAGE ? 0 : f->pos;
		n = pread(f->fd, buf, TAIL_CHUNK, from);
		if (n < 0)
			return TAIL_ERROR;
		errno = 0;
		page = from == 0 && n <= PAGE;
		if (from + n <= f->searched) {
			f->dirty = false;
			/* One page tells by itself; what is shorter may have grown again. */
			same = page && n == f->searched ? identify(f, 0, buf, n) : tail_file_intact(f);
			return same ? TAIL_END : differs();
		}
		nl = memrchr(buf + (f->searched - from), '\n', (size_t)(from + n - f->searched));
		if (!identify(f, nl ? from + (nl - buf) + 1 : 0, buf, from ? 0 : n) ||
		    (from == 0 && !page && !tail_id_holds(&f->head, f->fd)))
			return differs();
		f->searched = from + n;
		if (f->size < f->searched)
			f->size = f->searched;
	} while (!nl && n == TAIL_CHUNK && !stop_signal());
	/* A short read was the end; what is appended from here on is told by the watch. */
	f->dirty = n == TAIL_CHUNK;
	if (!nl)
		return TAIL_END;
	f->end = from + (nl - buf) + 1;
	return from > f->given ? again(f, buf, b) : give(f, buf + (f->given - from), b);
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
