#define _XOPEN_SOURCE 700 /* realpath */
/* Names: from operands and patterns to files. */
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tail/follow.h"
#include "tail/path.h"

char *
tail_key(const char *path)
{
	char *dir = path_dir(path), *real = realpath(dir, NULL), *key;

	if (real)
		key = mem_printf("%s/%s", strcmp(real, "/") == 0 ? "" : real, path_base(path));
	else if (*path == '/' || (real = realpath(".", NULL)) == NULL)
		key = mem_printf("%s%s", *path == '/' ? "" : "/", path);
	else
		key = mem_printf("%s/%s", real, path);
	free(real);
	free(dir);
	return key;
}

bool
tail_is_ours(const struct tail *t, const char *path, const struct stat *st)
{
	size_t len = t->state_key ? strlen(t->state_key) : 0;
	char *key;
	bool ours;

	if (st->st_dev == t->output.st_dev && st->st_ino == t->output.st_ino)
		return true;
	if (!len)
		return false;
	key = tail_key(path);
	ours = strncmp(key, t->state_key, len) == 0 && (!key[len] || strcmp(key + len, ".tmp") == 0);
	free(key);
	return ours;
}

struct tail_name *
tail_name_find(struct tail *t, const char *path)
{
	uint64_t hash = tail_hash(path, (unsigned)strlen(path));

	for (size_t i = 0; i < t->nnames && seen_has(&t->paths, hash); i++)
		if (t->names[i]->hash == hash && strcmp(t->names[i]->path, path) == 0)
			return t->names[i];
	return NULL;
}

struct tail_name *
tail_name_add(struct tail *t, const char *path, bool given)
{
	struct tail_name *n = tail_name_find(t, path);

	if (n)
		return n;
	n = mem_alloc(sizeof *n);
	n->path = mem_dup(path);
	n->hash = tail_hash(path, (unsigned)strlen(path));
	seen_add(&t->paths, n->hash);
	n->key = t->state_key ? tail_key(path) : NULL;
	n->dir_wd = -1;
	n->given = given;
	n->look = true;
	t->names = mem_resize(t->names, (t->nnames + 1) * sizeof(struct tail_name *));
	t->names[t->nnames++] = n;
	tail_remember(t, n);
	return n;
}

/* The directory may have been missing when n was added, or have been a link to another. */
static void
renew_key(struct tail *t, struct tail_name *n)
{
	char *old = n->key;

	if (!old || !t->begun)
		return;
	n->key = tail_key(n->path);
	if (strcmp(n->key, old) != 0 && n->nfiles == 0)
		tail_remember(t, n);
	free(old);
}

/* A name as glob would give it for the pattern, with the directory as it was typed. */
static char *
as_typed(const char *pattern, const char *name)
{
	size_t dir = path_dir_len(pattern);

	if (strcspn(pattern, "*?[") < dir)
		return mem_dup(name);
	return mem_printf("%.*s%s", (int)dir, pattern, path_base(name));
}

/* What the state knows under a name that the pattern matches was matched before. */
static void
expand_state(struct tail *t, const char *pattern)
{
	char *key = tail_key(pattern);
	size_t i = 0;

	while (i < t->pending.n) {
		const char *name = t->pending.at[i].name;
		size_t before = t->pending.n;

		if (fnmatch(key, name, FNM_PATHNAME | FNM_PERIOD) == 0) {
			char *path = as_typed(pattern, name);

			tail_name_add(t, path, false);
			free(path);
		}
		/* A new name has taken its entries out. */
		i = t->pending.n < before ? 0 : i + 1;
	}
	free(key);
}

static void
expand(struct tail *t, size_t i)
{
	const char *pattern = t->patterns[i];
	char *dir = path_dir(pattern);
	glob_t found;
	struct stat st;

	if (t->pattern_wd[i] < 0 && !strpbrk(dir, "*?["))
		t->pattern_wd[i] = watch_dir(&t->watch, dir);
	free(dir);
	expand_state(t, pattern);
	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t k = 0; k < found.gl_pathc; k++)
			if (stat(found.gl_pathv[k], &st) == 0 && S_ISREG(st.st_mode) &&
			    !tail_is_ours(t, found.gl_pathv[k], &st))
				tail_name_add(t, found.gl_pathv[k], false);
	}
	globfree(&found);
}

void
tail_expand(struct tail *t)
{
	t->expand = false;
	for (size_t i = 0; i < t->npatterns; i++)
		expand(t, i);
}

bool
tail_waits(const struct tail *t)
{
	return t->o->by_name && !t->o->once;
}

static bool
gives_name(const struct tail *t, const char *pattern)
{
	for (size_t i = 0; i < t->nnames; i++)
		if (fnmatch(pattern, t->names[i]->path, FNM_PATHNAME | FNM_PERIOD) == 0)
			return true;
	return false;
}

void
tail_tell_unmatched(struct tail *t)
{
	for (size_t i = 0; i < t->npatterns; i++) {
		if (gives_name(t, t->patterns[i]))
			continue;
		t->totals.unreadable += !tail_waits(t);
		tail_note(t, TAIL_WARN, "open: %s: no file matches%s", t->patterns[i],
		    tail_waits(t) ? ": waiting for one" : "");
	}
}

/* Say once why a name gives nothing. */
static void
trouble(struct tail *t, struct tail_name *n, int errnum, const char *why)
{
	if (n->trouble == errnum)
		return;
	n->trouble = errnum;
	if (!tail_waits(t)) {
		t->totals.unreadable++;
		tail_note(t, TAIL_WARN, "open: %s: %s", n->path, why);
	} else if (t->begun && errnum == ENOENT) {
		tail_note(t, TAIL_SAID, "%s: has gone: waiting for it to come back", n->path);
	} else {
		tail_note(t, TAIL_WARN, "open: %s: %s: waiting for it", n->path, why);
	}
}

static void
watch_name(struct tail *t, struct tail_name *n)
{
	char *dir;

	if (n->dir_wd >= 0 || !t->o->by_name)
		return;
	dir = path_dir(n->path);
	n->dir_wd = watch_dir(&t->watch, dir);
	free(dir);
}

int
tail_name_stat(struct tail_name *n, struct stat *st)
{
	int found = lstat(n->path, st);

	n->link = found == 0 && S_ISLNK(st->st_mode);
	return n->link ? stat(n->path, st) : found;
}

void
tail_name_look(struct tail *t, struct tail_name *n)
{
	struct tail_file *f = n->file;
	struct stat st;

	n->look = false;
	if (!t->o->by_name && t->begun)
		return;
	watch_name(t, n); /* before the look, so that nothing falls in between */
	if (tail_name_stat(n, &st) < 0) {
		bool absent = errno == ENOENT || errno == ENOTDIR;

		trouble(t, n, absent ? ENOENT : errno, err_reason(errno));
		if (absent && (f || n->survey || !n->known))
			tail_survey(t, n, false, NULL);
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		trouble(t, n, EINVAL, "not a regular file (\"-\" is standard input)");
		return;
	}
	if (tail_is_ours(t, n->path, &st)) {
		trouble(t, n, ELOOP, "is our own output or state");
		return;
	}
	if (!f || f->fd < 0 || !tail_file_is(f, &st) || tail_file_hidden(f, &st))
		n->survey = true;
	else if (n->survey && !tail_file_intact(f))
		tail_cut(t, f);
	if (n->survey) {
		renew_key(t, n);
		tail_survey(t, n, false, &st);
	}
	if (!n->file) {
		if (!n->blind)
			trouble(t, n, n->error, err_reason(n->error));
	} else if (n->trouble) {
		n->trouble = 0;
		tail_note(t, TAIL_SAID, "%s: is there now", n->path);
	}
}
