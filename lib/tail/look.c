/* Hear of changes, or look for them. */
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "tail/follow.h"
#include "tail/path.h"

static void
hear_file(struct tail *t, struct tail_file *f, const struct watch_event *ev)
{
	if (ev->gone)
		tail_unwatch(t, f);
	else if (f->fd < 0)
		f->done = false;
	if (f->fd >= 0)
		tail_grown(t, f);
	else
		f->name->look = f->name->survey = true; /* was left, has grown */
	t->stir |= ev->gone || f->fd < 0;
}

/* Returns whether it is told of a file, not of a directory. */
static bool
hear_files(struct tail *t, const struct watch_event *ev)
{
	struct tail_file *f = t->watched[ev->wd % TAIL_WATCHED], *next;
	bool found = false;

	for (; f; f = next) {
		next = f->next_watched;
		if (f->wd != ev->wd)
			continue;
		hear_file(t, f, ev);
		found = true;
	}
	return found;
}

static void
hear_name(struct tail_name *n, const struct watch_event *ev)
{
	const char *base = path_base(n->path);

	if (ev->gone)
		n->dir_wd = -1;
	if (!*ev->name || strcmp(base, ev->name) == 0)
		n->look = true;
	else if (sibling_name(base, ev->name))
		n->look = n->survey = true;
}

/* Directories are watched anew, for a link in a path or a parent may have moved on. */
static void
look_everywhere(struct tail *t)
{
	watch_renew(&t->watch);
	for (size_t i = 0; i < t->nnames; i++) {
		t->names[i]->look = true;
		t->names[i]->dir_wd = -1;
	}
	for (size_t i = 0; i < t->npatterns; i++)
		t->pattern_wd[i] = -1;
	for (size_t i = 0; i < t->nfiles; i++)
		if (t->files[i]->fd >= 0)
			tail_grown(t, t->files[i]);
		else if (!t->files[i]->other)
			t->files[i]->name->survey = true;
	t->expand = t->stir = true;
}

static void
hear_directory(struct tail *t, const struct watch_event *ev)
{
	for (size_t i = 0; i < t->nnames; i++)
		if (t->names[i]->dir_wd == ev->wd)
			hear_name(t->names[i], ev);
	for (size_t i = 0; i < t->npatterns; i++)
		if (t->pattern_wd[i] == ev->wd) {
			t->expand = true;
			if (ev->gone)
				t->pattern_wd[i] = -1;
		}
	t->stir = true;
}

static void
hear(struct tail *t)
{
	struct watch_event ev;

	while (watch_next(&t->watch, &ev))
		if (ev.wd < 0)
			look_everywhere(t);
		else if (!hear_files(t, &ev))
			hear_directory(t, &ev);
}

static bool
same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Look at what no watch tells of. */
static void
poll_files(struct tail *t)
{
	struct stat st;

	for (size_t i = 0; i < t->nfiles; i++) {
		struct tail_file *f = t->files[i];

		if (f->fd < 0 || f->wd >= 0 || fstat(f->fd, &st) < 0)
			continue;
		if (st.st_size != f->searched || !same_time(&st.st_mtim, &f->mtime))
			tail_grown(t, f);
		f->mtime = st.st_mtim;
	}
}

static void
poll_names(struct tail *t)
{
	struct stat st;

	for (size_t i = 0; i < t->nnames; i++) {
		struct tail_name *n = t->names[i];
		char *dir;

		if (n->dir_wd >= 0 && !n->link && !n->blind)
			continue;
		n->look = true;
		dir = path_dir(n->path);
		if (stat(dir, &st) == 0 && !same_time(&st.st_mtim, &n->dir_time)) {
			n->survey = true;
			n->dir_time = st.st_mtim;
		}
		free(dir);
	}
	for (size_t i = 0; i < t->npatterns; i++)
		t->expand |= t->pattern_wd[i] < 0;
}

/* A name that a pattern gave and that has led nowhere for a while is forgotten. */
static void
forget_names(struct tail *t)
{
	for (size_t i = t->nnames; i-- > 0;) {
		struct tail_name *n = t->names[i];
		bool used = n->given || n->file;

		for (size_t k = 0; k < t->nfiles && !used; k++)
			used = t->files[k]->name == n && !t->files[k]->other;
		if (used)
			continue;
		for (size_t k = t->nfiles; k-- > 0;)
			if (t->files[k]->name == n)
				tail_file_drop(t, t->files[k]);
		if (n->gone.n)
			tail_keep_gone(t, &t->gone, &n->gone);
		free(n->path);
		free(n->key);
		free(n);
		memmove(t->names + i, t->names + i + 1, (--t->nnames - i) * sizeof(struct tail_name *));
	}
}

/* f has been quiet for long enough, as far as a watch or the last look tells. */
static void
end_lingering(struct tail *t, struct tail_file *f, int64_t now)
{
	struct stat st;
	bool known = fstat(f->fd, &st) == 0, grown = known && st.st_size > f->searched;

	if (grown)
		f->quiet = now;
	if (grown || tail_file_rest(f)) {
		tail_wake(t, f);
		t->next_linger = now;
		return;
	}
	tail_retire(t, f);
	if (known && st.st_nlink == 0) {
		tail_tell_gone(t, f);
		tail_file_drop(t, f);
	}
}

static void
linger(struct tail *t, int64_t now)
{
	t->next_linger = INT64_MAX;
	for (size_t i = t->nfiles; i-- > 0;) {
		struct tail_file *f = t->files[i];
		int64_t until = f->quiet + TAIL_LINGER_MS;

		if (f->fd < 0 || !f->left)
			continue;
		if (now >= until && !f->dirty)
			end_lingering(t, f, now);
		else if (until < t->next_linger)
			t->next_linger = until;
	}
}

static bool
anything_unwatched(const struct tail *t)
{
	for (size_t i = 0; i < t->nfiles; i++)
		if (t->files[i]->fd >= 0 && t->files[i]->wd < 0)
			return true;
	for (size_t i = 0; i < t->nnames && t->o->by_name; i++)
		if (t->names[i]->dir_wd < 0 || t->names[i]->link || t->names[i]->blind)
			return true;
	for (size_t i = 0; i < t->npatterns && t->o->by_name; i++)
		if (t->pattern_wd[i] < 0)
			return true;
	return false;
}

/* All but the growth of files. */
static void
look_around(struct tail *t, int64_t now)
{
	t->stir = false;
	if (t->expand && (t->o->by_name || !t->begun))
		tail_expand(t);
	if (!t->begun)
		tail_tell_unmatched(t);
	for (size_t i = 0; i < t->nnames; i++)
		if (t->names[i]->look)
			tail_name_look(t, t->names[i]);
	linger(t, now);
	t->polls = anything_unwatched(t);
	t->begun = true;
}

void
tail_look(struct tail *t)
{
	int64_t now = io_now();

	listing_forget(&t->listing);
	hear(t);
	if (now >= t->next_sweep) {
		look_everywhere(t);
		forget_names(t);
		t->next_sweep = now + TAIL_SWEEP_MS;
	}
	if (now >= t->next_poll && t->polls) {
		poll_files(t);
		poll_names(t);
		t->stir = true;
		t->next_poll = now + t->o->interval_ms;
	}
	if (t->stir || now >= t->next_linger)
		look_around(t, now);
	t->turn = 0;
}
