#include "tail/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

#define TURNS 64 /* batches from one file before names and other files are looked at */

void
tail_file_add(struct tail *t, struct tail_name *n, struct tail_file *f)
{
	t->files = mem_resize(t->files, (t->nfiles + 1) * sizeof(struct tail_file *));
	t->files[t->nfiles++] = f;
	f->name = n;
	n->nfiles++;
	seen_add(&t->inodes, f->ino);
	seen_add(&t->inodes, f->id.ino);
}

void
tail_file_drop(struct tail *t, struct tail_file *f)
{
	size_t i = 0;

	while (t->files[i] != f)
		i++;
	memmove(t->files + i, t->files + i + 1, (--t->nfiles - i) * sizeof(struct tail_file *));
	f->name->nfiles--;
	for (i = 0; i < t->nnames; i++)
		if (t->names[i]->file == f)
			t->names[i]->file = NULL;
	if (t->giving == f)
		t->giving = NULL;
	if (t->only == f)
		t->only = NULL;
	watch_drop(&t->watch, f->wd);
	tail_unwatch(t, f);
	tail_file_free(f);
}

void
tail_wake(struct tail *t, struct tail_file *f)
{
	t->only = t->ready && t->only != f ? NULL : f;
	f->dirty = t->ready = true;
}

void
tail_grown(struct tail *t, struct tail_file *f)
{
	if (!t->o->once || f->given < f->limit)
		tail_wake(t, f);
}

static struct tail_file **
watched(struct tail *t, int wd)
{
	return &t->watched[wd % TAIL_WATCHED];
}

void
tail_unwatch(struct tail *t, struct tail_file *f)
{
	struct tail_file **at;

	if (f->wd < 0)
		return;
	at = watched(t, f->wd);
	while (*at != f)
		at = &(*at)->next_watched;
	*at = f->next_watched;
	f->wd = -1;
}

void
tail_retire(struct tail *t, struct tail_file *f)
{
	tail_file_close(f);
	f->done = true;
	t->changed = true;
	if (f->searched == f->given)
		tail_tell_finished(t, f);
}

int
tail_file_begin(struct tail *t, struct tail_file *f, const struct stat *st)
{
	int wd = watch_file(&t->watch, f->path, st), opened = tail_file_open(f);

	if (opened < 0 && errno == EMFILE) {
		for (size_t i = t->nfiles; i-- > 0;)
			if (t->files[i]->fd >= 0 && t->files[i]->left && !t->files[i]->dirty)
				tail_retire(t, t->files[i]);
		opened = tail_file_open(f);
	}
	if (opened < 0)
		return -1;
	if (!tail_file_is(f, st)) {
		tail_file_close(f);
		errno = EAGAIN;
		return -1;
	}
	tail_unwatch(t, f);
	f->wd = wd;
	if (f->wd >= 0) {
		f->next_watched = *watched(t, f->wd);
		*watched(t, f->wd) = f;
	}
	seen_add(&t->inodes, f->ino);
	tail_wake(t, f);
	return 0;
}

static bool
is_pattern(const char *operand)
{
	return strpbrk(operand, "*?[") && access(operand, F_OK) < 0;
}

struct tail *
tail_open(const struct tail_opts *o, char *const *names, size_t n, struct err *e)
{
	struct tail *t = mem_alloc(sizeof *t);
	char **patterns = mem_alloc(n * sizeof *patterns);

	*t = (struct tail){ .o = o, .patterns = patterns, .buf = mem_alloc(TAIL_CHUNK),
		.pattern_wd = mem_alloc(n * sizeof *t->pattern_wd), .expand = true, .stir = true,
		.next_sweep = io_now() + TAIL_SWEEP_MS };
	watch_begin(&t->watch, o->never_watch);
	if (!o->never_watch && t->watch.fd < 0)
		tail_note(t, TAIL_SAID, "inotify: %s: looking every %" PRId64 " ms instead",
		    err_reason(errno), o->interval_ms);
	if (fstat(STDOUT_FILENO, &t->output) < 0 || !S_ISREG(t->output.st_mode))
		t->output = (struct stat){ 0 };
	if (o->state) {
		t->state_key = tail_key(o->state);
		if (tail_state_load(&t->pending, o->state, e) < 0) {
			tail_close(t);
			return NULL;
		}
	}
	for (size_t i = 0; i < n; i++) {
		if (is_pattern(names[i])) {
			t->pattern_wd[t->npatterns] = -1;
			patterns[t->npatterns++] = names[i];
		} else {
			tail_name_add(t, names[i], true);
		}
	}
	if (tail_place_list(t, e) < 0) {
		tail_close(t);
		return NULL;
	}
	tail_look(t);
	if (tail_save(t, e) < 0) {
		tail_close(t);
		return NULL;
	}
	return t;
}

void
tail_close(struct tail *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->nfiles; i++)
		tail_file_free(t->files[i]);
	for (size_t i = 0; i < t->nnames; i++) {
		free(t->names[i]->path);
		free(t->names[i]->key);
		free(t->names[i]);
	}
	watch_end(&t->watch);
	listing_forget(&t->listing);
	tail_state_free(&t->pending);
	free(t->files);
	free(t->names);
	free((void *)t->patterns);
	free(t->pattern_wd);
	free(t->state_key);
	free(t->buf);
	free(t);
}

/* An older file of the same name has lines to give. */
static bool
must_wait(const struct tail *t, size_t i)
{
	const struct tail_name *n = t->files[i]->name;

	for (size_t k = 0; k < i && n->nfiles > 1; k++)
		if (t->files[k]->dirty && t->files[k]->name == n)
			return true;
	return false;
}

/* From where the last one was found: those before it are looked at when no other is left. */
static struct tail_file *
pick(struct tail *t)
{
	if (t->giving || !t->ready)
		return t->giving;
	if (t->only && t->only->dirty)
		return t->only;
	for (bool again = t->from > 0; !t->only; again = false) {
		for (size_t k = t->from; k < t->nfiles; k++) {
			size_t i = (t->first + k) % t->nfiles;

			if (t->files[i]->dirty && !must_wait(t, i)) {
				t->from = k;
				return t->files[i];
			}
		}
		t->from = 0;
		if (!again)
			break;
	}
	t->ready = false;
	t->only = NULL;
	return NULL;
}

/* f has no whole line more for now: is what is left of it its last line? */
static void
at_end(struct tail *t, struct tail_file *f)
{
	/* What was rotated long ago gets no end of its last line any more. */
	bool last = f->left && io_now() - f->quiet >= TAIL_LINGER_MS;

	if (t->o->once)
		last = (f->left || !t->o->state) && f->given < f->limit;
	if (last && tail_file_rest(f))
		tail_wake(t, f);
}

void
tail_interrupt(struct tail *t)
{
	if (t->giving)
		tail_file_seek(t->giving, t->giving->pos);
	t->giving = NULL;
}

/* f cannot be read: the others can. */
static void
give_up(struct tail *t, struct tail_file *f)
{
	int why = errno;

	tail_interrupt(t);
	tail_note(t, TAIL_WARN, "read: %s: %s", f->path, err_reason(why));
	t->totals.unreadable++;
	f->dirty = false;
	t->stir = true;
	/* A network file system has forgotten the handle; the name may know the file. */
	if (why == ESTALE)
		tail_file_close(f);
}

static void
save_now_and_then(struct tail *t)
{
	struct err e;
	int64_t now;

	if (!t->o->state || !t->changed || (now = io_now()) < t->next_save)
		return;
	t->next_save = now + TAIL_SAVE_MS;
	if (tail_save(t, &e) == 0) {
		t->save_failed = false;
	} else if (!t->save_failed) {
		t->save_failed = true;
		tail_note(t, TAIL_WARN, "%s", e.text);
	}
}

bool
tail_next(struct tail *t, struct tail_batch *b)
{
	bool looked = false;

	if (t->turn >= TURNS && !t->giving) {
		tail_look(t);
		save_now_and_then(t);
		t->first++;
	}
	for (;;) {
		struct tail_file *f = pick(t);

		/* Who waits after a look, whatever it gave, misses nothing. */
		if (!f && (looked || (t->heard && !t->o->once)) && !t->stir) {
			t->heard = false;
			save_now_and_then(t);
			return false;
		}
		if (!f) {
			tail_look(t);
			looked = t->heard = true;
			continue;
		}
		switch (tail_file_next(f, t->buf, b)) {
		case TAIL_BATCH:
			t->giving = f;
			tail_tell_begun(t, f);
			return true;
		case TAIL_END:
			if (f->dirty)
				return false;
			at_end(t, f);
			break;
		case TAIL_CUT:
			tail_cut(t, f);
			break;
		case TAIL_ERROR:
			give_up(t, f);
			break;
		}
	}
}

void
tail_take(struct tail *t, const struct tail_batch *b)
{
	struct tail_file *f = t->giving;

	tail_file_take(f, b);
	f->quiet = io_now();
	if (b->ends) {
		t->giving = NULL;
		if (t->o->once && f->given >= f->limit)
			f->dirty = false;
		else if (!f->dirty)
			at_end(t, f);
	}
	t->turn++;
	t->changed = true;
}

bool
tail_done(const struct tail *t)
{
	return t->o->once || (!t->o->by_name && t->nfiles == 0);
}

int
tail_fd(const struct tail *t)
{
	return t->watch.fd;
}

int64_t
tail_timeout(const struct tail *t)
{
	int64_t at = t->next_sweep < t->next_linger ? t->next_sweep : t->next_linger, now = io_now();

	if (t->polls && t->next_poll < at)
		at = t->next_poll;
	if (t->o->state && t->changed && t->next_save < at)
		at = t->next_save;
	return at > now ? at - now : 0;
}

const struct tail_totals *
tail_count(const struct tail *t)
{
	return &t->totals;
}
