/* Which file is which, after a name has changed. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "tail/follow.h"

/* A survey that a rotation overtakes is made again, but not for ever. */
#define SURVEYS 100

static struct sibling *
place_of(const struct siblings *s, const struct tail_file *f)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->at[i].file == f)
			return &s->at[i];
	return NULL;
}

/* The sibling's content goes on where f's was left. */
static bool
continues(const struct sibling *s, const struct tail_file *f)
{
	bool same;
	int fd;

	if (s->st.st_size < f->given)
		return false;
	fd = open(s->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	same = tail_id_holds(&f->id, fd);
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
 * number; 2: another inode, so f was copied, as copytruncate does. */
static void
claim(struct tail *t, struct tail_file *f, struct siblings *s, const struct sibling *now, int round)
{
	for (size_t i = 0; i < s->n; i++) {
		struct sibling *c = &s->at[i];
		bool same_inode = c->st.st_ino == f->id.ino;

		if ((c->file && !(round == 2 && c->file->other)) || (f->other && c == now))
			continue;
		if (round == 2 ? f->other || !f->id.n || c->packed :
		    !same_inode || (round == 0 && c->st.st_dev != f->id.dev))
			continue;
		if (!continues(c, f))
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
	for (size_t i = 0; i < t->nfiles; i++) {
		struct tail_file *f = t->files[i];

		for (size_t k = 0; k < s->n && f->fd >= 0; k++)
			if (tail_file_is(f, &s->at[k].st))
				s->at[k].file = f;
		if (now && !now->file && f->fd < 0 && f->name != n && !f->other && f->id.n &&
		    now->st.st_ino == f->id.ino && continues(now, f))
			now->file = f;
	}
}

static void
claim_all(struct tail *t, struct tail_name *n, struct siblings *s, struct sibling *now)
{
	claim_open(t, n, s, now);
	for (int round = 0; round < 3; round++)
		for (size_t i = t->nfiles; i-- > 0;) {
			struct tail_file *f = i < t->nfiles ? t->files[i] : NULL;

			if (f && f->name == n && f->fd < 0 && !place_of(s, f))
				claim(t, f, s, now, round);
		}
}

/* A file of ours may have gone to a name that is followed on its own. */
static struct sibling *
find_elsewhere(struct tail *t, struct tail_file *f, struct siblings *s)
{
	struct stat st;

	for (size_t i = 0; i < t->nnames; i++) {
		struct sibling *c;

		if (t->names[i] == f->name || stat(t->names[i]->path, &st) < 0 ||
		    !S_ISREG(st.st_mode) || st.st_ino != f->id.ino)
			continue;
		c = siblings_add(s, t->names[i]->path, &st);
		c->named = true;
		if (continues(c, f)) {
			c->file = f;
			return c;
		}
	}
	return NULL;
}

/* f is nowhere to be found. */
static void
lose(struct tail *t, const struct tail_file *f)
{
	int64_t unread = f->size - f->given;

	if (f->done || f->other)
		return;
	if (unread > 0) {
		t->totals.lost_bytes += (uint64_t)unread;
		tail_note(t, TAIL_LOSS, "%s: %" PRId64 " bytes lost: truncated or removed before they "
		    "were read", f->path, unread);
	} else {
		t->totals.lost_files++;
		tail_note(t, TAIL_LOSS, "%s: the file that was read up to byte %" PRId64
		    " is gone: what followed is lost, if anything did", f->path, f->given);
	}
}

/* The vanished file of n that the compressed c was made of: one that is known to be
 * complete in it, else one that may not have been read to its end. */
static struct tail_file *
origin(struct tail *t, struct tail_name *n, struct siblings *s, int64_t unpacked)
{
	struct tail_file *unread = NULL, *read = NULL;

	for (size_t i = 0; i < t->nfiles; i++) {
		struct tail_file *f = t->files[i];

		if (f->name != n || place_of(s, f))
			continue;
		if (unpacked >= 0 && unpacked == (f->size & UINT32_MAX) && (f->fd >= 0 || f->size == f->given))
			return f;
		if ((f->done || f->fd >= 0) && !read)
			read = f;
		if (!f->done && !f->other && !unread)
			unread = f;
	}
	return unpacked < 0 && read ? read : unread;
}

/* A compressed file that was not there before: tell what is lost with it. */
static void
lose_packed(struct tail *t, struct tail_name *n, struct siblings *s, const struct sibling *c)
{
	int64_t unpacked = sibling_unpacked(c);
	struct tail_file *f = origin(t, n, s, unpacked);
	int64_t unread = unpacked < 0 ? -1 : unpacked - (f ? f->given & UINT32_MAX : 0);

	if (f && f->fd >= 0)
		return; /* still open, so it is read to its end all the same */
	if (unread > 0 && !(f && f->done)) {
		t->totals.lost_bytes += (uint64_t)unread;
		tail_note(t, TAIL_LOSS, "%s: %" PRId64 " bytes lost: compressed before they were read",
		    c->path, unread);
	} else if (unread < 0 && !(f && f->done)) {
		t->totals.lost_files++;
		tail_note(t, TAIL_LOSS, "%s: compressed before it was read: its lines after byte %" PRId64
		    " are lost", c->path, f ? f->given : 0);
	}
	if (f)
		tail_file_drop(t, f);
}

/* Remember a file that is none of ours, so that it is never taken for a rotated one. */
static void
note_other(struct tail *t, struct tail_name *n, const struct sibling *c)
{
	struct tail_file *f = tail_file_new(c->path);
	unsigned head;

	if (tail_file_open(f) < 0 || !tail_file_is(f, &c->st)) {
		t->moved |= f->fd >= 0 || errno == ENOENT;
		tail_file_free(f);
		return;
	}
	head = f->size < TAIL_ID_BYTES ? (unsigned)f->size : TAIL_ID_BYTES;
	if (tail_id_take(f->fd, head, &f->id) < 0)
		f->id.n = 0;
	f->id.ino = f->ino;
	f->id.dev = f->dev;
	tail_file_seek(f, f->size);
	tail_file_close(f);
	f->other = f->left = true;
	tail_file_add(t, n, f);
}

/* Open f where c is and go on at its position. */
static bool
go_on(struct tail *t, struct tail_file *f, const struct sibling *c, bool left)
{
	free(f->path);
	f->path = mem_dup(c->path);
	f->searched = f->end;
	if (tail_file_begin(t, f, &c->st) < 0) {
		t->moved |= errno == EAGAIN || errno == ENOENT;
		if (!t->moved && left)
			tail_note(t, TAIL_WARN, "open: %s: %s", c->path, err_reason(errno));
		return false;
	}
	f->head = f->id;
	f->left = left;
	f->done = false;
	f->quiet = io_now() - (io_wall() - (int64_t)c->st.st_mtime * 1000);
	return true;
}

/* c holds nothing that f does not: somebody has made a copy.  The ends are compared. */
static bool
is_copy(const struct sibling *c, const struct tail_file *f, char *buf)
{
	size_t half = TAIL_CHUNK / 2;
	int64_t from = c->st.st_size > (int64_t)half ? c->st.st_size - (int64_t)half : 0;
	ssize_t n = -1, m = -1;
	int fd;

	if (f->fd < 0 || !f->head.n || c->st.st_size < f->head.n || c->st.st_size > f->size)
		return false;
	fd = open(c->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (tail_id_holds(&f->head, fd)) {
		n = pread(fd, buf, half, from);
		m = n > 0 ? pread(f->fd, buf + half, (size_t)n, from) : -1;
	}
	close(fd);
	return n > 0 && n == m && memcmp(buf, buf + half, (size_t)n) == 0;
}

static bool
is_copied(struct tail *t, const struct tail_name *n, const struct sibling *c)
{
	for (size_t i = 0; i < t->nfiles; i++)
		if (t->files[i]->name == n && is_copy(c, t->files[i], t->buf))
			return true;
	return false;
}

static void
begin_sibling(struct tail *t, struct tail_name *n, const struct sibling *c)
{
	struct tail_file *f = tail_file_new(c->path);

	if (!go_on(t, f, c, true)) {
		tail_file_free(f);
		return;
	}
	tail_note(t, TAIL_SAID, "%s: was rotated out of %s: reading it", c->path, n->path);
	tail_file_add(t, n, f);
}

/* The closed files of n: those that have grown are opened, those that are gone told. */
static void
sort_out_closed(struct tail *t, struct tail_name *n, struct siblings *s, struct tail_file *now)
{
	for (size_t i = t->nfiles; i-- > 0;) {
		struct tail_file *f = t->files[i];
		const struct sibling *c;

		if (f->name != n || f->fd >= 0)
			continue;
		c = place_of(s, f);
		if (!c && !f->other)
			c = find_elsewhere(t, f, s);
		if (!c) {
			lose(t, f);
			tail_file_drop(t, f);
		} else if (!f->other && f != now) {
			f->done = c->st.st_size == f->given;
			if (!f->done)
				go_on(t, f, c, true);
		}
	}
}

/* The file that has the name now: f if it is one of ours, else a new one.  NULL with
 * errno if it cannot be opened. */
static struct tail_file *
begin_current(struct tail *t, struct tail_name *n, struct tail_file *f, const struct sibling *c,
    bool fresh)
{
	if (f) {
		if (f->fd < 0 && !go_on(t, f, c, false))
			return NULL;
		f->left = false;
		return f;
	}
	f = tail_file_new(n->path);
	if (!go_on(t, f, c, false) ||
	    (fresh && !t->o->from_start && tail_file_start(f, &t->o->start, t->buf) < 0)) {
		int saved = errno;

		tail_file_free(f);
		errno = saved;
		return NULL;
	}
	tail_file_add(t, n, f);
	return f;
}

static void
leave(struct tail *t, struct tail_file *f)
{
	for (size_t i = 0; i < t->nnames; i++)
		if (t->names[i]->file == f)
			return;
	f->left = true;
	f->quiet = io_now();
	/* Once more to its end, now that lines go elsewhere. */
	f->dirty = f->fd >= 0;
}

/* What n's name leads to: false if to no file. */
static bool
stat_name(const struct tail *t, const struct tail_name *n, struct stat *st)
{
	bool there = stat(n->path, st) == 0 && S_ISREG(st->st_mode) && !tail_is_ours(t, n->path, st);

	if (!there)
		*st = (struct stat){ 0 };
	return there;
}

/* The siblings as they were while the name led to one and the same file *st: a list from
 * before a rotation together with a name from after it would lose the file between.
 * Only an unchanged name may do with an older list.  False: the name leads to none. */
static bool
find_all(struct tail *t, struct tail_name *n, bool rotated, struct siblings *s, struct stat *st)
{
	struct stat was;
	bool there = stat_name(t, n, st);

	for (;;) {
		was = *st;
		if (n->known && (!n->file || n->file->id.ino != st->st_ino))
			rotated = true;
		siblings_find(rotated ? NULL : &t->listing, n->path, s);
		there = stat_name(t, n, st);
		if (st->st_ino == was.st_ino && st->st_dev == was.st_dev)
			break;
		siblings_free(s);
		rotated = true;
	}
	for (size_t i = 0; i < s->n; i++)
		s->at[i].named = tail_name_find(t, s->at[i].path) ||
		    tail_is_ours(t, s->at[i].path, &s->at[i].st);
	return there;
}

/* Returns whether the name has changed, or n's lines may be elsewhere. */
static bool
survey(struct tail *t, struct tail_name *n, bool rotated)
{
	struct tail_file *before = n->file, *now = NULL;
	bool was_open = before && before->fd >= 0;
	struct sibling *c = NULL;
	struct siblings s;
	struct stat st;
	bool there = find_all(t, n, rotated, &s, &st);
	size_t nsiblings = s.n;
	int why = ENOENT;

	if (there) {
		c = siblings_add(&s, n->path, &st);
		c->named = true;
	}
	claim_all(t, n, &s, c);
	now = c ? c->file : NULL;
	/* Unless the name has kept its file, what turns up beside it had the name before. */
	rotated |= n->known && (before != now || !now);
	n->file = now;
	for (size_t i = 0; i < nsiblings; i++)
		if (!s.at[i].file && !s.at[i].named && s.at[i].packed && rotated)
			lose_packed(t, n, &s, &s.at[i]);
	sort_out_closed(t, n, &s, now);
	for (size_t i = 0; i < nsiblings; i++) {
		const struct sibling *old = &s.at[i];

		if (old->file && old->file->fd >= 0 && old->file->name == n) {
			free(old->file->path);
			old->file->path = mem_dup(old->path);
		}
		if (old->file || old->named)
			continue;
		if (rotated && !old->packed && !is_copied(t, n, old))
			begin_sibling(t, n, old);
		else
			note_other(t, n, old);
	}
	if (there) {
		n->file = begin_current(t, n, now, &s.at[nsiblings], !n->known && !t->begun);
		why = errno;
	}
	siblings_free(&s);
	if (was_open && before != n->file)
		leave(t, before);
	n->survey = false;
	n->known = t->changed = true;
	errno = why;
	return rotated;
}

void
tail_survey(struct tail *t, struct tail_name *n, bool rotated)
{
	int tries = SURVEYS;

	do {
		t->moved = false;
		rotated = survey(t, n, rotated);
	} while (t->moved && --tries);
}

void
tail_cut(struct tail *t, struct tail_file *f)
{
	t->totals.truncations++;
	t->changed = true;
	tail_note(t, TAIL_LOSS, "%s: truncated after byte %" PRId64 ": what was written just before "
	    "that is lost unless it stands in a copy", f->path, f->size);
	f->done = f->size == f->given;
	if (!t->o->by_name) {
		lose(t, f);
		f->id = f->head = (struct tail_id){ 0 };
		f->size = 0;
		f->dirty = true;
		tail_file_seek(f, 0);
		return;
	}
	/* The lines go on in a copy, if anywhere; the inode has become another file, which
	 * keeps the watch. */
	tail_file_close(f);
	f->wd = -1;
	tail_survey(t, f->name, true);
}
