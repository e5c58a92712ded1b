/* Tell what becomes of files. */
#include "tail/follow.h"

void
tail_tell_finished(struct tail *t, struct tail_file *f)
{
	if (!f->told)
		return;
	f->told = false;
	t->o->told(t->o->ctx, TAIL_FINISHED, &f->id, f->given);
}

/* Tell of what was kept back. */
static void
release(struct tail *t, struct tail_id *gone)
{
	if (gone->n)
		t->o->told(t->o->ctx, TAIL_GONE, gone, 0);
	gone->n = 0;
}

void
tail_keep_gone(struct tail *t, struct tail_id *slot, const struct tail_id *id)
{
	release(t, slot);
	*slot = *id;
}

static bool
all_listed(const struct tail *t)
{
	for (size_t i = 0; i < t->nnames; i++)
		if (!t->names[i]->listed)
			return false;
	return t->nnames > 0;
}

void
tail_tell_gone(struct tail *t, const struct tail_file *f)
{
	struct tail_name *n = f->name;
	struct tail_id *slot = n ? &n->gone : &t->gone;

	if (!t->o->told || f->told || f->other || !f->id.n || !(f->done || f->cut))
		return;
	tail_keep_gone(t, slot, &f->id);
	if (n ? n->file && n->file->told : all_listed(t))
		release(t, slot);
}

/* Only one file can be known by an identity.  A new one that begins as an older one of
 * the same inode, which was truncated or removed, takes it over. */
static void
take_over(struct tail *t, const struct tail_file *by)
{
	if (tail_id_same(&t->gone, &by->id))
		release(t, &t->gone);
	for (size_t i = 0; i < t->nnames; i++)
		if (tail_id_same(&t->names[i]->gone, &by->id))
			release(t, &t->names[i]->gone);
	for (size_t i = 0; i < t->nfiles; i++) {
		struct tail_file *f = t->files[i];

		if (f == by || f->other || !tail_id_same(&f->id, &by->id))
			continue;
		if (f->fd >= 0 && f->dev != by->dev) {
			t->totals.lost_files++;
			tail_note(t, TAIL_LOSS, "%s: cannot be told from %s, which begins with the same on "
			    "another file system: not read any more", f->path, by->path);
		}
		tail_tell_finished(t, f);
		t->o->told(t->o->ctx, TAIL_GONE, &f->id, f->given);
		tail_file_close(f);
		f->other = f->left = true;
	}
}

void
tail_tell_begun(struct tail *t, struct tail_file *f)
{
	if (!t->o->told || f->told)
		return;
	take_over(t, f);
	f->told = true;
	t->o->told(t->o->ctx, TAIL_BEGUN, &f->id, f->given);
	if (!f->name)
		return;
	f->name->listed = true;
	release(t, &f->name->gone);
	if (t->gone.n && all_listed(t))
		release(t, &t->gone);
}
