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

void
tail_tell_gone(struct tail *t, const struct tail_file *f)
{
	if (t->o->told && !f->told && !f->other && f->id.n && (f->done || f->cut))
		t->o->told(t->o->ctx, TAIL_GONE, &f->id, f->given);
}

/* Only one file can be known by an identity.  A new one that begins as an older one of
 * the same inode, which was truncated, takes it over. */
static void
take_over(struct tail *t, const struct tail_file *by)
{
	for (size_t i = 0; i < t->nfiles; i++) {
		struct tail_file *f = t->files[i];

		if (f == by || f->other || !tail_id_same(&f->id, &by->id))
			continue;
		tail_tell_finished(t, f);
		f->done = true;
		tail_tell_gone(t, f);
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
}
