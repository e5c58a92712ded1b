/* Which of the siblings is which of our files. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tail/follow.h"

struct sibling *
tail_place(const struct siblings *s, const struct tail_file *f)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].file == f)
			return &s->at[i];
	return NULL;
}

void
tail_look_failed(struct tail *t)
{
	switch (errno) {
	case ENOENT:
	case EAGAIN:
		t->moved = true;
		break;
	case EACCES:
	case EPERM:
	case EINVAL:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOTDIR:
		break;
	default:
		t->blind = errno;
	}
}

int
tail_open_sibling(struct tail *t, const struct sibling *s)
{
	struct stat st;
	int fd = open(s->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int seen = fd < 0 ? -1 : fstat(fd, &st);

	if (seen == 0 && st.st_ino == s->st.st_ino && st.st_dev == s->st.st_dev)
		return fd;
	if (seen == 0)
		errno = EAGAIN;
	tail_look_failed(t);
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool
ends_line(int fd, int64_t at)
{
	char c;

	return at == 0 || (pread(fd, &c, 1, at - 1) == 1 && c == '\n');
}

int
tail_continues(struct tail *t, const struct sibling *s, const struct tail_file *f)
{
	struct tail_id id;
	int fd, same;

	if (s->st.st_size < f->given)
		return false;
	fd = tail_open_sibling(t, s);
	if (fd < 0)
		return -1;
	same = tail_id_take(fd, f->head.n, &id) == 0 ? id.hash == f->head.hash : errno ? -1 : 0;
	/* Many logs begin with the same line: a copy has more in common. */
	if (same > 0 && s->st.st_ino != f->id.ino && s->st.st_size > f->given)
		same = ends_line(fd, f->given);
	if (same < 0)
		tail_look_failed(t);
	close(fd);
	return same;
}

static void
forget_place(struct tail *t, struct sibling *s)
{
	if (s->file) {
		tail_file_drop(t, s->file);
		s->file = NULL;
	}
}

/* Find the closed file f.  Round 0: inode and device; 1: the inode on another device
 * number; 2: another inode, so f was copied, as copytruncate does.  One that was truncated before
 * its first line was there cannot be found. */
static void
claim(struct tail *t, struct tail_file *f, struct siblings *s, const struct sibling *now, int round)
{
	for (size_t i = 0; i < s->n && !(f->cut && !f->id.n); i++) {
		struct sibling *c = &s->at[i];
		bool same_inode = c->st.st_ino == f->id.ino;
		int is;

		if ((c->file && !(round == 2 && c->file->other)) || (f->other && c == now))
			continue;
		if (round == 2 ? f->other || !f->id.n || c->packed :
		    !same_inode || (round == 0 && c->st.st_dev != f->id.dev))
			continue;
		is = tail_continues(t, c, f);
		/* The inode says that it is f, and what may not be read says nothing else. */
		if (is == 0 || (is < 0 && (round == 2 || errno != EACCES)))
			continue;
		forget_place(t, c);
		c->file = f;
		return;
	}
}

/* An open file is where its inode is.  A closed one of another name may have come here. */
static void
claim_open(struct tail *t, struct tail_name *n, struct siblings *s, struct sibling *now)
{
	for (struct sibling *c = s->at; c < s->at + s->n; c++)
		for (size_t i = 0; i < t->nfiles && seen_has(&t->inodes, c->st.st_ino); i++)
			if (t->files[i]->ino == c->st.st_ino && t->files[i]->fd >= 0 &&
			    tail_file_is(t->files[i], &c->st))
				c->file = t->files[i];
	if (!now || !seen_has(&t->inodes, now->st.st_ino))
		return;
	for (size_t i = 0; !now->file && i < t->nfiles; i++) {
		struct tail_file *f = t->files[i];

		if (f->id.ino == now->st.st_ino && f->fd < 0 && f->name != n && !f->other &&
		    f->id.n && tail_continues(t, now, f) > 0)
			now->file = f;
	}
}

void
tail_claim(struct tail *t, struct tail_name *n, struct siblings *s, struct sibling *now)
{
	claim_open(t, n, s, now);
	/* A name that is new to us has no closed files. */
	for (int round = 0; round < 3 && n->known; round++)
		for (size_t i = t->nfiles; i-- > 0;) {
			struct tail_file *f = i < t->nfiles ? t->files[i] : NULL;

			if (f && f->name == n && f->fd < 0 && !tail_place(s, f))
				claim(t, f, s, now, round);
		}
}

struct sibling *
tail_find_elsewhere(struct tail *t, struct tail_file *f, struct siblings *s)
{
	struct stat st;

	for (size_t i = 0; i < t->nnames; i++) {
		struct sibling *c;

		if (t->names[i] == f->name || !tail_stat_name(t, t->names[i], &st) ||
		    st.st_ino != f->id.ino)
			continue;
		c = siblings_add(s, t->names[i]->path, &st);
		c->named = true;
		if (tail_continues(t, c, f) > 0) {
			c->file = f;
			return c;
		}
	}
	return NULL;
}
