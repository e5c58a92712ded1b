/* What is a copy of what. */
#include <string.h>
#include <unistd.h>

#include "tail/follow.h"

/* Both begin as head and are the same just before `size`. */
static bool
alike(struct tail *t, const struct tail_id *head, int fd, int of, int64_t size)
{
	size_t half = TAIL_CHUNK / 2;
	int64_t from = size > (int64_t)half ? size - (int64_t)half : 0;
	size_t len = (size_t)(size - from);

	return tail_id_holds(head, fd) && pread(fd, t->buf, len, from) == (ssize_t)len &&
	    pread(of, t->buf + half, len, from) == (ssize_t)len &&
	    memcmp(t->buf, t->buf + half, len) == 0;
}

bool
tail_is_copy(struct tail *t, const struct sibling *c, const struct tail_file *f,
    const struct sibling *at)
{
	int fd, of = f->fd;
	bool is = false;

	if (!f->head.n || c->st.st_size < f->head.n)
		return false;
	if (of < 0 && at && c->st.st_size <= at->st.st_size)
		of = tail_open_sibling(t, at);
	fd = of < 0 ? -1 : tail_open_sibling(t, c);
	if (fd >= 0) {
		is = alike(t, &f->head, fd, of, c->st.st_size);
		close(fd);
	}
	if (of >= 0 && of != f->fd)
		close(of);
	return is;
}

/* f has all of `gone`, which was removed and had been read to its end. */
static bool
replaces(struct tail *t, const struct tail_file *f, const struct tail_file *gone)
{
	struct stat st;

	return gone->name == f->name && gone != f && gone->fd >= 0 && gone->id.n &&
	    fstat(gone->fd, &st) == 0 && st.st_nlink == 0 && st.st_size == gone->given &&
	    alike(t, &gone->head, f->fd, gone->fd, gone->given);
}

void
tail_replace(struct tail *t, struct tail_file *f)
{
	for (size_t i = t->nfiles; i-- > 0;) {
		struct tail_file *gone = t->files[i];

		if (!replaces(t, f, gone))
			continue;
		f->id.n = gone->id.n;
		f->id.hash = gone->id.hash;
		f->head = gone->head;
		tail_file_seek(f, gone->given);
		/* Now, lest a start after a crash miss the one that is gone. */
		tail_tell_begun(t, f);
		tail_tell_finished(t, gone);
		return;
	}
}
