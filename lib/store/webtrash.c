/* The trash, as Hadoop's TrashPolicyDefault keeps it: ROOT/Current/<path>. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "store/webhdfs.h"

#define TRIES 3 /* somebody else may take the name between looking and renaming */

/* The answer to op, which the caller decrefs. */
static json_t *
ask(struct web *w, const struct web_op *op, struct err *e)
{
	struct http_answer a = { 0 };
	json_t *root = NULL;

	if (web_call(w, op, &a, e) == 0)
		root = web_json(w, op, &a, e);
	http_answer_free(&a);
	return root;
}

/* Minutes until the trash is emptied, 0: there is none; -1 with e set. */
static json_int_t
trash_interval(struct web *w, struct err *e)
{
	struct web_op op = { "look up trash", "GET", "GETSERVERDEFAULTS", "/", NULL, NULL };
	json_t *root = ask(w, &op, e);
	json_int_t minutes = -1;

	if (root && (json_unpack(root, "{s:{s:I}}", "FsServerDefaults", "trashInterval", &minutes) < 0 ||
	    minutes < 0))
		minutes = web_alien(w, &op, "the answer has no trashInterval", e);
	json_decref(root);
	return minutes;
}

/* The trash for a path, which lies elsewhere for an encryption zone; the caller frees it. */
static char *
trash_root(struct web *w, const char *path, struct err *e)
{
	struct web_op op = { "look up trash", "GET", "GETTRASHROOT", path, NULL, NULL };
	json_t *root = ask(w, &op, e);
	const char *found = json_string_value(json_object_get(root, "Path"));
	char *copy = NULL;

	if (found && *found == '/')
		copy = mem_dup(found);
	else if (root)
		web_alien(w, &op, "the answer has no Path", e);
	json_decref(root);
	return copy;
}

static bool
inside(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n] || strcmp(dir, "/") == 0);
}

static char *
parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? mem_dup("/") : mem_dupn(path, (size_t)(slash - path));
}

static int
exists(struct store *s, const char *path, bool *found, struct err *e)
{
	struct store_stat st;

	*found = webhdfs_stat(s, path, &st, e) == 0;
	return *found || e->status == EX_NO ? 0 : -1;
}

/* Rename path to target, or to target and the time if that name is taken. */
static int
move(struct store *s, const char *path, const char *target, char **where, struct err *e)
{
	bool taken, unsure;

	for (int i = 0; i < TRIES; i++) {
		if (exists(s, target, &taken, e) < 0)
			return -1;
		*where = taken ? mem_printf("%s%" PRId64, target, io_wall()) : mem_dup(target);
		if (webhdfs_rename(s, path, *where, &unsure, e) == 0)
			return 0;
		if (unsure && exists(s, path, &taken, e) == 0 && !taken &&
		    exists(s, *where, &taken, e) == 0 && taken)
			return 0;
		free(*where);
		*where = NULL;
		if (e->status != EX_NO && !unsure)
			return -1;
	}
	return -1;
}

static int
move_below(struct web *w, const char *path, const char *root, char **where, struct err *e)
{
	char *target = mem_printf("%s/Current%s", root, path);
	char *dir = parent(target);
	int status = webhdfs_mkdirs_mode(w, dir, "&permission=700", e);

	/* A file lies where a directory is needed: as a name of its own beside it. */
	if (status < 0 && e->status == EX_NO) {
		char *beside = mem_printf("%s/Current/%" PRId64, root, io_wall());

		free(target);
		target = mem_printf("%s%s", beside, path);
		free(dir);
		dir = parent(target);
		free(beside);
		status = webhdfs_mkdirs_mode(w, dir, "&permission=700", e);
	}
	if (status == 0)
		status = move(&w->base, path, target, where, e);
	free(dir);
	free(target);
	return status;
}

int
webhdfs_trash(struct store *s, const char *path, char **where, struct err *e)
{
	struct web *w = (struct web *)s;
	json_int_t minutes = trash_interval(w, e);
	char *root = NULL, *home, *name;
	int status = 0;

	*where = NULL;
	if (minutes <= 0)
		return minutes < 0 ? -1 : 0;
	root = trash_root(w, path, e);
	if (!root)
		return -1;
	home = parent(root);
	if (inside(home, path)) {
		name = store_name(s, path);
		status = err_set(e, EX_NO, "remove: %s: the trash lies in it: --skip-trash removes both",
		    name);
		free(name);
	} else if (!inside(path, root)) {
		status = move_below(w, path, root, where, e);
	}
	free(home);
	free(root);
	return status;
}
