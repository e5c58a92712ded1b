#define _GNU_SOURCE /* statx */
/* Find files by a list of positions, which has their identities alone. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "tail/follow.h"
#include "tail/path.h"

#define TRIES 100 /* to find the files, while they are being rotated */

/* A name with what lies beside it, itself last if it leads to a file. */
struct place {
	struct tail_name *name;
	struct siblings siblings;
	struct sibling *now; /* the one that has the name, or NULL */
};

struct search {
	struct place *places;
	size_t nplaces;
	struct tail_file **files; /* one for each entry of the list, till they have a name */
	size_t nfiles;
};

static bool
earlier(int64_t sec, int64_t nsec, int64_t than_sec, int64_t than_nsec)
{
	return sec < than_sec || (sec == than_sec && nsec < than_nsec);
}

static bool
born(const struct sibling *c, struct statx *x)
{
	return statx(AT_FDCWD, c->path, AT_SYMLINK_NOFOLLOW, STATX_BTIME, x) == 0 &&
	    x->stx_mask & STATX_BTIME;
}

static bool
made_after(const struct statx *a, const struct statx *b)
{
	return earlier(b->stx_btime.tv_sec, b->stx_btime.tv_nsec, a->stx_btime.tv_sec,
	    a->stx_btime.tv_nsec);
}

/* a was last written before b, and not made after it.  One of both alone deceives: late lines go to a
 * file that was rotated, and a copy is born after what was written later. */
static bool
is_older(const struct sibling *a, const struct sibling *b)
{
	const struct timespec *ta = &a->st.st_mtim, *tb = &b->st.st_mtim;
	struct statx xa, xb;

	if (!earlier(ta->tv_sec, ta->tv_nsec, tb->tv_sec, tb->tv_nsec))
		return false;
	return !born(a, &xa) || !born(b, &xb) || !made_after(&xa, &xb);
}

/* Who a listed file can be: the same inode, the same content elsewhere, or what is left of one
 * that was done, which its length tells. */
enum round { INODES, COPIES, PACKED };

/* f is c.  -1: it cannot be told. */
static int
matches(struct tail *t, const struct tail_file *f, const struct sibling *c, enum round round)
{
	if (round == PACKED)
		return f->done && c->packed && sibling_unpacked(c) == (f->given & UINT32_MAX);
	if (round == COPIES ? c->packed || (f->done && c->st.st_size != f->given) :
	    c->st.st_ino != f->id.ino)
		return 0;
	return tail_continues(t, c, f);
}

/* Find the listed file that c, beside n's name, is.  -1: it may be one, but cannot be read. */
static int
match(struct tail *t, const struct search *s, struct tail_name *n, struct sibling *c,
    enum round round, struct err *e)
{
	for (size_t i = 0; i < s->nfiles; i++) {
		struct tail_file *f = s->files[i];
		int is = f->name ? 0 : matches(t, f, c, round);

		if (is < 0 && errno != ENOENT && errno != EAGAIN && !(round == COPIES && errno == EACCES))
			return err_sys(e, errno, "open", c->path);
		if (is <= 0)
			continue;
		c->file = f;
		f->name = n;
		f->id.dev = c->st.st_dev;
		break;
	}
	return 0;
}

static int
match_all(struct tail *t, const struct search *s, enum round round, struct err *e)
{
	for (size_t i = 0; i < s->nplaces; i++) {
		struct place *p = &s->places[i];

		for (size_t k = 0; k < p->siblings.n; k++) {
			/* Of several packed ones of one length the youngest. */
			struct sibling *c = &p->siblings.at[round == PACKED ? p->siblings.n - 1 - k : k];

			if (!c->file && !c->named && match(t, s, p->name, c, round, e) < 0)
				return -1;
		}
	}
	return 0;
}

/* The files of one name go to t, the oldest first. */
static void
settle(struct tail *t, struct place *p)
{
	for (size_t i = 0; i < p->siblings.n; i++) {
		struct sibling *c = &p->siblings.at[i];
		struct tail_file *f = c->file;

		if (!f)
			continue;
		free(f->path);
		f->path = mem_dup(c->path);
		f->left = c != p->now;
		if (c == p->now)
			p->name->file = f;
		tail_file_add(t, p->name, f);
		p->name->known = p->name->survey = true;
		/* A list that was changed by hand knows more than the sink. */
		if (!f->done || c->packed)
			tail_tell_begun(t, f);
		if (f->done)
			tail_tell_finished(t, f);
		p->name->listed = true;
	}
}

/* The listed file `ours`, of whatever name, was made when c was there and had been written: so
 * c would be listed if its name had been followed.  A copy can be made at any time. */
static bool
proves_history(const struct sibling *ours, const struct sibling *c)
{
	const struct timespec *written = &c->st.st_mtim;
	struct statx made, x;

	return ours->file && ours->file->id.ino == ours->st.st_ino && born(ours, &made) &&
	    born(c, &x) && !made_after(&x, &made) &&
	    earlier(written->tv_sec, written->tv_nsec, made.stx_btime.tv_sec, made.stx_btime.tv_nsec);
}

static bool
is_history(const struct search *s, const struct sibling *c)
{
	for (size_t i = 0; i < s->nplaces; i++)
		for (size_t k = 0; k < s->places[i].siblings.n; k++)
			if (proves_history(&s->places[i].siblings.at[k], c))
				return true;
	return false;
}

static bool
any_listed(const struct place *p)
{
	for (size_t i = 0; i < p->siblings.n; i++)
		if (p->siblings.at[i].file)
			return true;
	return false;
}

/* If p's name was rotated since the list was made, what is younger than the listed files
 * is ours too; the rest, and copies, are told apart here. */
static void
part(struct tail *t, const struct search *s, struct place *p)
{
	bool listed = any_listed(p);

	for (size_t i = 0; i < p->siblings.n; i++) {
		struct sibling *c = &p->siblings.at[i];
		bool other = !c->file && c != p->now && !listed && (c->packed || is_history(s, c));

		for (size_t k = 0; k < p->siblings.n && !c->file && c != p->now && !other; k++) {
			const struct sibling *ours = &p->siblings.at[k];

			other = ours->file && (is_older(c, ours) || tail_is_copy(t, c, ours->file, ours));
		}
		if (other)
			tail_note_other(t, p->name, c);
	}
}

/* Where not everything can be seen, a file that is not may be there all the same. */
static int
check_seen(const struct search *s, struct err *e)
{
	for (size_t i = 0; i < s->nplaces; i++)
		if (s->places[i].siblings.failed) {
			char *dir = path_dir(s->places[i].name->path);

			err_sys(e, s->places[i].siblings.failed, "find listed files", dir);
			free(dir);
			return -1;
		}
	return 0;
}

/* What was not found must have been done. */
static int
check_vanished(const struct search *s, struct err *e)
{
	char id[TAIL_ID_TEXT];

	for (size_t i = 0; i < s->nfiles; i++) {
		const struct tail_file *f = s->files[i];

		if (!f->name && check_seen(s, e) < 0)
			return -1;
		if (f->name || f->done)
			continue;
		tail_id_text(&f->id, id);
		return err_set(e, EX_DATAERR, "continue: %s: the file has vanished and was not read "
		    "behind byte %" PRId64 ": put it back beside the log, unpacked, or give its rest up: "
		    "see ktail(1)", id, f->given);
	}
	return 0;
}

/* Whose the vanished ones were nobody knows: so every name may have been followed before,
 * and what was written beside it since then is read rather than missed. */
static void
tell_vanished(struct tail *t, const struct search *s)
{
	for (size_t i = 0; i < s->nfiles; i++) {
		struct tail_file *f = s->files[i];

		if (f->name)
			continue;
		tail_tell_begun(t, f);
		tail_tell_finished(t, f);
		tail_tell_gone(t, f);
		for (size_t k = 0; k < s->nplaces; k++)
			s->places[k].name->known = s->places[k].name->survey = true;
	}
}

static void
begin(struct tail *t, struct search *s)
{
	const struct tail_state *list = t->o->list;

	s->nfiles = list->n;
	s->files = mem_alloc((s->nfiles + 1) * sizeof(struct tail_file *));
	for (size_t i = 0; i < s->nfiles; i++) {
		struct tail_file *f = s->files[i] = tail_file_new("");

		f->id = f->head = list->at[i].id;
		f->size = list->at[i].pos;
		f->done = list->at[i].kind == TAIL_DONE;
		tail_file_seek(f, list->at[i].pos);
	}
	s->nplaces = t->nnames;
	s->places = mem_alloc((s->nplaces + 1) * sizeof *s->places);
	for (size_t i = 0; i < s->nplaces; i++) {
		struct place *p = &s->places[i];
		struct stat st;

		p->name = t->names[i];
		p->name->known = true; /* so that nothing is missed that is being renamed */
		if (tail_find_siblings(t, p->name, NULL, &p->siblings, &st))
			p->now = siblings_add(&p->siblings, p->name->path, &st);
		p->name->known = false;
		if (!p->siblings.failed)
			p->siblings.failed = t->blind;
		t->blind = 0;
	}
}

static void
end(struct search *s, bool found)
{
	for (size_t i = 0; i < s->nplaces; i++)
		siblings_free(&s->places[i].siblings);
	for (size_t i = 0; i < s->nfiles; i++)
		if (!found || !s->files[i]->name)
			tail_file_free(s->files[i]);
	free(s->places);
	free((void *)s->files);
}

static int
find_listed(struct tail *t, struct err *e)
{
	struct search s = { 0 };
	int status = 0;

	t->moved = false;
	t->blind = 0;
	begin(t, &s);
	for (enum round round = INODES; round <= PACKED && status == 0; round++)
		status = match_all(t, &s, round, e);
	if (status == 0)
		status = check_vanished(&s, e);
	for (size_t i = 0; i < s.nplaces && status == 0; i++) {
		settle(t, &s.places[i]);
		if (!s.places[i].name->file)
			part(t, &s, &s.places[i]);
	}
	if (status == 0)
		tell_vanished(t, &s);
	end(&s, status == 0);
	return status;
}

static bool
is_listed(const struct tail *t, const char *path)
{
	struct stat st;

	for (size_t i = 0; stat(path, &st) == 0 && i < t->o->list->n; i++)
		if (t->o->list->at[i].id.ino == st.st_ino)
			return true;
	return false;
}

/* If a file `name` can have been rotated to `path`, and the pattern gives it: follow it. */
static void
add_former(struct tail *t, const char *pattern, char *name, const char *path)
{
	size_t dir = path_dir_len(path);

	if (sibling_name(name + dir, path + dir) &&
	    fnmatch(pattern, name, FNM_PATHNAME | FNM_PERIOD) == 0)
		tail_name_add(t, name, false);
	free(name);
}

static void
add_formers(struct tail *t, const char *pattern, const char *path)
{
	const char *base = path_base(path);
	const char *extension = strrchr(base, '.');

	if (!is_listed(t, path))
		return;
	for (const char *cut = path + strlen(path) - 1; cut > base; cut--) {
		if (!strchr(".-_", *cut))
			continue;
		add_former(t, pattern, mem_dupn(path, (size_t)(cut - path)), path);
		if (extension)
			add_former(t, pattern, mem_printf("%.*s%s", (int)(cut - path), path, extension), path);
	}
}

/* A rotated file can be all that is left of a name that a pattern gave. */
static bool
add_former_names(struct tail *t)
{
	size_t before = t->nnames;

	for (size_t i = 0; i < t->npatterns; i++) {
		char *all = mem_printf("%.*s*", (int)path_dir_len(t->patterns[i]), t->patterns[i]);
		glob_t found;

		if (glob(all, 0, NULL, &found) == 0)
			for (size_t k = 0; k < found.gl_pathc; k++)
				add_formers(t, t->patterns[i], found.gl_pathv[k]);
		globfree(&found);
		free(all);
	}
	return t->nnames > before;
}

int
tail_place_list(struct tail *t, struct err *e)
{
	int status, tries = TRIES;

	if (!t->o->list || !t->o->list->n)
		return 0;
	tail_expand(t);
	do
		status = find_listed(t, e);
	while (status < 0 && --tries && (t->moved || add_former_names(t)));
	return status;
}
