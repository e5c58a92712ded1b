/* What cannot be read any more is told and counted. */
#include <inttypes.h>

#include "tail/follow.h"

void
tail_lose(struct tail *t, const struct tail_file *f)
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

		if (f->name != n || tail_place(s, f))
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
lose_one(struct tail *t, struct tail_name *n, struct siblings *s, const struct sibling *c)
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
	if (!f)
		return;
	if (f->cut)
		tail_tell_finished(t, f);
	tail_tell_gone(t, f);
	tail_file_drop(t, f);
}

void
tail_lose_packed(struct tail *t, struct tail_name *n, struct siblings *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->at[i].file && !s->at[i].named && s->at[i].packed)
			lose_one(t, n, s, &s->at[i]);
}
