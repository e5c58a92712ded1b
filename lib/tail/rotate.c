/* Which file is which, after a name has changed. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "tail/follow.h"

/* A survey that a rotation overtakes is made again, but not for ever. */
#define SURVEYS 100

void
tail_note_other(struct tail *t, struct tail_name *n, const struct sibling *c)
{
	struct tail_file *f = tail_file_new(c->path);
	unsigned head;

	if (tail_file_open(f) < 0 || !tail_file_is(f, &c->st)) {
		if (f->fd >= 0)
			errno = EAGAIN;
		tail_look_failed(t);
		tail_file_free(f);
		return;
	}
	head = f->size < TAIL_ID_BYTES ? (unsigned)f->size : TAIL_ID_BYTES;
	if (tail_id_take(f->fd, head, &f->id) < 0)
		f->id.n = 0;
	f->head = f->id;
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
		tail_look_failed(t);
		if (!t->moved && !t->blind && left)
			tail_note(t, TAIL_WARN, "open: %s: %s", c->path, err_reason(errno));
		return false;
	}
	f->left = left;
	f->done = f->cut = false;
	f->quiet = io_now() - (io_wall() - (int64_t)c->st.st_mtime * 1000);
	return true;
}

static bool
is_copied(struct tail *t, const struct tail_name *n, const struct siblings *s,
    const struct sibling *c)
{
	for (size_t i = 0; i < t->nfiles; i++)
		if (t->files[i]->name == n && tail_is_copy(t, c, t->files[i], tail_place(s, t->files[i])))
			return true;
	return false;
}

/* Read the siblings that are nobody's, for they had n's name, the oldest first: all of them,
 * those before one that cannot be looked at or, where one has moved on, none, lest it come
 * after a younger one. */
static void
begin_siblings(struct tail *t, struct tail_name *n, struct siblings *s, bool last)
{
	struct tail_file **files = mem_alloc(s->n * sizeof(struct tail_file *));
	size_t nfiles = 0;

	for (size_t i = 0; i < s->n && !t->blind; i++) {
		struct sibling *c = &s->at[i];
		struct tail_file *f;

		if (c->file || c->named || c->packed || is_copied(t, n, s, c) || t->blind)
			continue;
		f = tail_file_new(c->path);
		if (!go_on(t, f, c, true)) {
			tail_file_free(f);
			continue;
		}
		tail_file_add(t, n, f);
		files[nfiles++] = c->file = f;
	}
	while (t->moved && !last && nfiles > 0)
		tail_file_drop(t, files[--nfiles]);
	for (size_t i = 0; i < nfiles; i++)
		tail_note(t, TAIL_SAID, "%s: was rotated out of %s: reading it", files[i]->path, n->path);
	free(files);
}

/* The closed f was read to its end; who was told of it wants to hear that only once. */
static bool
is_done(const struct tail_file *f, const struct sibling *c)
{
	return c->st.st_size == f->given &&
	    (!f->told || io_wall() - (int64_t)c->st.st_mtime * 1000 >= TAIL_LINGER_MS);
}

/* The closed files of n: those that have grown are opened, those that are gone told. */
static void
sort_out_closed(struct tail *t, struct tail_name *n, struct siblings *s, struct tail_file *now)
{
	/* A name that is new to us has none. */
	for (size_t i = n->known ? t->nfiles : 0; i-- > 0;) {
		struct tail_file *f = t->files[i];
		const struct sibling *c;

		if (f->name != n || f->fd >= 0)
			continue;
		c = tail_place(s, f);
		if (!c && !f->other)
			c = tail_find_elsewhere(t, f, s);
		/* Only the copy of one that was truncated can be missed, and nobody may read that. */
		if (!c && (t->blind || (s->failed && !f->cut)))
			continue;
		if (!c) {
			tail_lose(t, f);
			if (f->cut)
				tail_tell_finished(t, f);
			tail_tell_gone(t, f);
			tail_file_drop(t, f);
		} else if (!f->other && f != now) {
			f->done = is_done(f, c);
			if (!f->done)
				go_on(t, f, c, true);
			else
				tail_tell_finished(t, f);
		}
	}
}

/* The file that has the name now: f if it is one of ours, else a new one.  NULL with
 * n->error if it cannot be opened. */
static struct tail_file *
begin_current(struct tail *t, struct tail_name *n, struct tail_file *f, const struct sibling *c,
    bool fresh)
{
	bool ours = f != NULL;

	if (!ours) {
		f = tail_file_new(n->path);
		tail_file_add(t, n, f);
	}
	if ((f->fd < 0 && !go_on(t, f, c, false)) || (!ours && fresh && !t->o->from_start &&
	    tail_file_start(f, &t->o->start, t->buf) < 0)) {
		n->error = errno;
		if (!ours)
			tail_file_drop(t, f);
		return NULL;
	}
	if (!ours)
		tail_replace(t, f);
	f->left = false;
	return f;
}

static void
leave(struct tail *t, struct tail_file *f)
{
	struct stat st;

	for (size_t i = 0; i < t->nnames; i++)
		if (t->names[i]->file == f)
			return;
	f->left = true;
	f->quiet = io_now();
	if (f->fd < 0)
		return;
	/* Once more to its end, now that lines go elsewhere. */
	if (fstat(f->fd, &st) == 0)
		f->limit = st.st_size;
	tail_grown(t, f);
}

bool
tail_stat_name(struct tail *t, struct tail_name *n, struct stat *st)
{
	int found = tail_name_stat(n, st);
	bool there = found == 0 && S_ISREG(st->st_mode) && !tail_is_ours(t, n->path, st);

	if (found < 0 && errno != ENOENT)
		tail_look_failed(t);
	if (!there)
		*st = (struct stat){ 0 };
	return there;
}

/* In whatever order: those that are being written change places. */
static bool
same_siblings(const struct siblings *a, const struct siblings *b)
{
	for (size_t i = 0; i < a->n && a->n == b->n; i++) {
		size_t k = 0, at = i;

		while (k < b->n && (a->at[i].st.st_ino != b->at[at].st.st_ino ||
		    strcmp(a->at[i].path, b->at[at].path) != 0))
			at = (i + ++k) % b->n;
		if (k == b->n)
			return false;
	}
	return a->n == b->n;
}

static void
find(struct tail *t, const struct tail_name *n, struct listing *l, struct siblings *s)
{
	siblings_find(l, n->path, n->link, s);
	errno = s->failed;
	if (errno)
		tail_look_failed(t);
}

/* Directories are not read in one step, so a file that is renamed
 * meanwhile can be missed: what is seen counts when it has been seen twice running.  A
 * name that is new to us has no files to miss. */
bool
tail_find_siblings(struct tail *t, struct tail_name *n, const struct stat *now,
    struct siblings *s, struct stat *st)
{
	bool there = now || tail_stat_name(t, n, st), stable = !n->known, link;
	int tries = SURVEYS;
	struct siblings before;
	struct stat was;

	if (now)
		*st = *now;
	find(t, n, n->known ? NULL : &t->listing, s);
	while (!stable && !t->blind && --tries) {
		before = *s;
		was = *st;
		link = n->link;
		find(t, n, NULL, s);
		there = tail_stat_name(t, n, st);
		stable = st->st_ino == was.st_ino && st->st_dev == was.st_dev && n->link == link &&
		    same_siblings(&before, s);
		siblings_free(&before);
	}
	for (size_t i = 0; i < s->n; i++)
		s->at[i].named = tail_name_find(t, s->at[i].path) ||
		    tail_is_ours(t, s->at[i].path, &s->at[i].st);
	return there;
}

/* The open files of n are where they are; what is nobody's is remembered as that. */
static void
note_places(struct tail *t, struct tail_name *n, const struct siblings *s, size_t nsiblings)
{
	for (size_t i = 0; i < nsiblings; i++) {
		const struct sibling *c = &s->at[i];

		if (c->file && c->file->name == n) {
			free(c->file->path);
			c->file->path = mem_dup(c->path);
		} else if (!c->file && !c->named) {
			tail_note_other(t, n, c);
		}
	}
}

/* Whether n's name leads elsewhere, as far as can be told without its siblings.  Its file
 * is then left, lest it keep its descriptor for as long as there is none to look with. */
static bool
lose_name(struct tail *t, struct tail_name *n, bool there, const struct stat *st)
{
	struct tail_file *f = n->file;

	if (!f || f->fd < 0 || (there && tail_file_is(f, st)))
		return false;
	n->file = NULL;
	leave(t, f);
	return true;
}

/* One look at n and its siblings.  Returns whether n has lost its file, or rotated. */
static bool
survey(struct tail *t, struct tail_name *n, bool rotated, const struct stat *seen, bool last)
{
	struct tail_file *before = n->file, *now;
	bool was_open = before && before->fd >= 0;
	struct sibling *c = NULL;
	struct siblings s;
	struct stat st;
	bool there = tail_find_siblings(t, n, seen, &s, &st);
	size_t nsiblings = s.n;

	if (there) {
		c = siblings_add(&s, n->path, &st);
		c->named = true;
	}
	if (!t->blind)
		tail_claim(t, n, &s, c);
	if (t->blind)
		rotated |= lose_name(t, n, there, &st);
	if (t->blind || (t->moved && !last))
		goto out;
	now = c ? c->file : NULL;
	/* Unless the name has kept its file, what turns up beside it had the name before. */
	rotated |= n->known && (before != now || !now);
	n->file = now;
	if (was_open && before != now)
		leave(t, before);
	if (rotated)
		tail_lose_packed(t, n, &s);
	sort_out_closed(t, n, &s, now);
	if (rotated)
		begin_siblings(t, n, &s, last);
	if (t->blind || (t->moved && !last))
		goto out;
	note_places(t, n, &s, nsiblings);
	if (there)
		n->file = begin_current(t, n, now, &s.at[nsiblings], !n->known && !t->begun);
	n->known = t->changed = true;
out:
	siblings_free(&s);
	return rotated;
}

/* Not all could be looked at: again at the next interval, which is said once. */
static void
postpone(struct tail *t, struct tail_name *n)
{
	if (n->blind != t->blind)
		tail_note(t, TAIL_WARN, "open: %s: %s%s", n->path, err_reason(t->blind),
		    tail_waits(t) ? ": trying again" : "");
	if (!tail_waits(t))
		t->totals.unreadable++;
	n->blind = t->blind;
}

void
tail_survey(struct tail *t, struct tail_name *n, bool rotated, const struct stat *now)
{
	int tries = SURVEYS;

	rotated |= n->rotated;
	do {
		t->moved = false;
		t->blind = 0;
		n->error = ENOENT;
		rotated = survey(t, n, rotated, now, --tries == 0);
		now = NULL;
	} while (t->moved && !t->blind && tries);
	n->survey = t->blind != 0;
	n->rotated = t->blind && rotated;
	if (t->blind)
		postpone(t, n);
	else
		n->blind = 0;
}

void
tail_cut(struct tail *t, struct tail_file *f)
{
	t->totals.truncations++;
	t->changed = t->stir = true;
	tail_note(t, TAIL_LOSS, "%s: truncated after byte %" PRId64 ": what was written just before "
	    "that is lost unless it stands in a copy", f->path, f->size);
	f->done = f->size == f->given;
	if (!t->o->by_name) {
		t->giving = NULL;
		tail_lose(t, f);
		f->id = f->head = (struct tail_id){ .ino = f->ino, .dev = f->dev };
		f->size = 0;
		tail_wake(t, f);
		tail_file_seek(f, 0);
		return;
	}
	/* The lines go on in a copy, if anywhere; the inode has become another file, which
	 * keeps the watch. */
	tail_file_close(f);
	tail_unwatch(t, f);
	f->cut = true;
	tail_survey(t, f->name, true, NULL);
	if (t->giving && t->giving->fd < 0)
		tail_interrupt(t);
}
