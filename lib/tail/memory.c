/* Files into a state and back, and into words. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "tail/follow.h"

static void
remember_file(struct tail *t, struct tail_name *n, const struct tail_entry *was)
{
	struct tail_file *f = tail_file_new(n->path);

	f->id = f->head = was->id;
	tail_file_seek(f, was->pos);
	f->size = was->pos;
	f->left = was->kind != TAIL_CURRENT;
	f->done = was->kind == TAIL_DONE;
	f->other = was->kind == TAIL_OTHER;
	tail_file_add(t, n, f);
	if (was->kind == TAIL_CURRENT)
		n->file = f;
}

void
tail_remember(struct tail *t, struct tail_name *n)
{
	struct tail_state rest = { 0 };

	for (size_t i = 0; i < t->pending.n; i++) {
		struct tail_entry *was = &t->pending.at[i];

		if (strcmp(was->name, n->key) != 0) {
			tail_state_add(&rest, &was->id, was->pos, was->kind, was->name);
			continue;
		}
		n->known = true;
		if (was->kind != TAIL_NONE)
			remember_file(t, n, was);
	}
	tail_state_free(&t->pending);
	t->pending = rest;
}

static enum tail_kind
kind_of(const struct tail_file *f)
{
	if (f->other)
		return TAIL_OTHER;
	if (f->name->file == f)
		return TAIL_CURRENT;
	return f->done || (f->fd >= 0 && !f->dirty && f->searched == f->pos) ? TAIL_DONE : TAIL_LEFT;
}

int
tail_save(struct tail *t, struct err *e)
{
	static const struct tail_id none;
	struct tail_state s = { 0 };
	int status;

	if (!t->o->state)
		return 0;
	for (size_t i = 0; i < t->pending.n; i++)
		tail_state_add(&s, &t->pending.at[i].id, t->pending.at[i].pos, t->pending.at[i].kind,
		    t->pending.at[i].name);
	for (size_t i = 0; i < t->nnames; i++)
		if (t->names[i]->known && !t->names[i]->file)
			tail_state_add(&s, &none, 0, TAIL_NONE, t->names[i]->key);
	for (size_t i = 0; i < t->nfiles; i++) {
		const struct tail_file *f = t->files[i];
		struct tail_id id = f->head; /* it says more than f->id, which -E alone must keep */

		id.ino = f->id.ino;
		id.dev = f->id.dev;
		tail_state_add(&s, &id, f->pos, kind_of(f), f->name->key);
	}
	status = tail_state_save(&s, t->o->state, e);
	tail_state_free(&s);
	if (status == 0)
		t->changed = false;
	return status;
}

void
tail_note(struct tail *t, enum tail_note kind, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	t->o->note(kind, text);
}
