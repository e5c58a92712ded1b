/* HDFS over WebHDFS: the operations of the name node. */
#include "store/webhdfs.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

int
webhdfs_check(const struct store *s, const char *what, const char *path, bool new, struct err *e)
{
	const char *why = NULL;
	char *name;

	if (!utf8_valid(path, strlen(path)))
		why = "is not UTF-8, which names in HDFS are";
	else if (new && strchr(path, ':'))
		why = "HDFS allows no ':' in a name";
	if (!why)
		return 0;
	name = store_name(s, path);
	err_set(e, EX_USAGE, "%s: %s: %s", what, name, why);
	free(name);
	return -1;
}

static char *
webhdfs_name(const struct store *s, const char *path)
{
	const char *node = ((const struct web *)s)->where.nodes[0];
	bool tls = strncmp(node, "https:", 6) == 0;

	return mem_printf("%swebhdfs://%s%s", tls ? "s" : "", strstr(node, "//") + 2, path);
}

static bool
webhdfs_same(const struct store *a, const struct store *b)
{
	const struct location *la = &((const struct web *)a)->where;
	const struct location *lb = &((const struct web *)b)->where;

	for (size_t i = 0; i < la->n && i < lb->n; i++)
		if (strcmp(la->nodes[i], lb->nodes[i]) != 0)
			return false;
	return la->n == lb->n;
}

/* One FileStatus object; false if it is none. */
static bool
take_stat(json_t *o, struct store_stat *st)
{
	const char *type, *mode, *owner, *group;
	json_int_t len, mtime, atime, block;
	int replication;
	char *end;

	if (json_unpack(o, "{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:i}", "type", &type, "permission", &mode,
	    "owner", &owner, "group", &group, "length", &len, "modificationTime", &mtime,
	    "accessTime", &atime, "blockSize", &block, "replication", &replication) < 0)
		return false;
	*st = (struct store_stat){
		.dir = strcmp(type, "DIRECTORY") == 0,
		.len = len,
		.mtime = mtime,
		.atime = atime,
		.block = block,
		.replication = replication,
		.mode = (unsigned)strtoul(mode, &end, 8) & 01777,
	};
	snprintf(st->owner, sizeof st->owner, "%s", owner);
	snprintf(st->group, sizeof st->group, "%s", group);
	return len >= 0 && block >= 0 && replication >= 0 && *mode && !*end;
}

int
webhdfs_stat(struct store *s, const char *path, struct store_stat *st, struct err *e)
{
	struct web *w = (struct web *)s;
	struct web_op op = { "look up", "GET", "GETFILESTATUS", path, NULL, NULL };
	struct http_answer a = { 0 };
	json_t *root;
	int status = -1;

	if (webhdfs_check(s, op.what, path, false, e) < 0 || web_call(w, &op, &a, e) < 0)
		return -1;
	root = web_json(w, &op, &a, e);
	if (root)
		status = take_stat(json_object_get(root, "FileStatus"), st) ? 0 :
		    web_alien(w, &op, "the answer has no FileStatus", e);
	json_decref(root);
	http_answer_free(&a);
	return status;
}

/* Where the next page begins.  Hadoop 3.4.1 decodes this parameter twice, which changes
 * only '%', so that is encoded twice. */
static void
start_after(struct buf *params, const char *name)
{
	struct buf once = { 0 };

	for (; *name; name++)
		buf_adds(&once, *name == '%' ? "%25" : (const char[]){ *name, '\0' });
	buf_adds(params, "&startAfter=");
	http_escape(params, buf_str(&once), "");
	buf_free(&once);
}

/* The order of HDFS, whose bytes are signed: "é" comes before "a". */
static bool
comes_after(const char *name, const char *last)
{
	while (*name && *name == *last)
		name++, last++;
	return *name && (!*last || (signed char)*name > (signed char)*last);
}

/* The entries of one page.  *last becomes the name of the last one, which the caller
 * frees; *more whether there are others behind it. */
static int
give_page(struct web *w, const struct web_op *op, json_t *root, store_each *each, void *ctx,
    char **last, bool *more, struct err *e)
{
	json_t *list = NULL, *entry;
	json_int_t left = 0;
	struct store_stat st;
	const char *name = NULL;
	size_t i;

	json_unpack(root, "{s:{s:{s:{s:o}},s:I}}", "DirectoryListing", "partialListing", "FileStatuses",
	    "FileStatus", &list, "remainingEntries", &left);
	if (!json_is_array(list))
		return web_alien(w, op, "the answer has no DirectoryListing", e);
	json_array_foreach(list, i, entry) {
		name = json_string_value(json_object_get(entry, "pathSuffix"));
		if (!name || strchr(name, '/') || !take_stat(entry, &st))
			return web_alien(w, op, "the answer has an entry that is no FileStatus", e);
		if (*last && !comes_after(name, *last))
			continue; /* this server understood the start otherwise */
		if (each(ctx, name, &st, e) < 0)
			return -1;
	}
	*more = left > 0;
	if (*more && (!name || (*last && !comes_after(name, *last))))
		return web_alien(w, op, "the listing does not go on", e);
	free(*last);
	*last = name ? mem_dup(name) : NULL;
	return 0;
}

static int
webhdfs_list(struct store *s, const char *path, store_each *each, void *ctx, struct err *e)
{
	struct web *w = (struct web *)s;
	struct web_op op = { "list", "GET", "LISTSTATUS_BATCH", path, NULL, NULL };
	struct buf params = { 0 };
	char *last = NULL;
	bool more = true;
	int status = webhdfs_check(s, op.what, path, false, e);

	while (status == 0 && more) {
		struct http_answer a = { 0 };
		json_t *root = NULL;

		params.len = 0;
		if (last)
			start_after(&params, last);
		op.params = buf_str(&params);
		if (web_call(w, &op, &a, e) == 0)
			root = web_json(w, &op, &a, e);
		http_answer_free(&a);
		status = root ? give_page(w, &op, root, each, ctx, &last, &more, e) : -1;
		json_decref(root);
	}
	free(last);
	buf_free(&params);
	return status;
}

int
webhdfs_mkdirs_mode(struct web *w, const char *path, const char *params, struct err *e)
{
	struct web_op op = { "make directory", "PUT", "MKDIRS", path, params, NULL };
	bool made;

	if (webhdfs_check(&w->base, op.what, path, true, e) < 0 || web_bool(w, &op, &made, e) < 0)
		return -1;
	return made ? 0 : web_alien(w, &op, "refused without a reason", e);
}

static int
webhdfs_mkdirs(struct store *s, const char *path, struct err *e)
{
	return webhdfs_mkdirs_mode((struct web *)s, path, NULL, e);
}

static int
rename_with(struct web *w, const char *from, const char *to, const char *how, bool *unsure,
    struct err *e)
{
	struct web_op op = { "rename", "PUT", "RENAME", from, NULL, unsure };
	struct buf params = { 0 };
	bool done;
	int status;

	*unsure = false;
	if (webhdfs_check(&w->base, op.what, to, true, e) < 0)
		return -1;
	buf_printf(&params, "&renameoptions=%s&destination=", how);
	http_escape(&params, to, "/");
	op.params = buf_str(&params);
	status = web_bool(w, &op, &done, e);
	/* WebHDFS refuses with an exception; a bare "false" is HttpFS, which knows no options. */
	if (status == 0 && !done) {
		char *name = store_name(&w->base, to);

		status = err_set(e, EX_NO, "rename: %s: it exists, or what was to be renamed does not",
		    name);
		free(name);
	}
	buf_free(&params);
	return status;
}

int
webhdfs_rename(struct store *s, const char *from, const char *to, bool *unsure, struct err *e)
{
	return rename_with((struct web *)s, from, to, "NONE", unsure, e);
}

/* The answer was lost: done if `from` has gone, to be repeated if not. */
static int
look_after_replace(struct store *s, const char *from, const char *to, bool *done, struct err *e)
{
	struct store_stat st;

	*done = false;
	if (webhdfs_stat(s, from, &st, e) == 0)
		return 0;
	*done = e->status == EX_NO && webhdfs_stat(s, to, &st, e) == 0;
	return *done ? 0 : -1;
}

static int
webhdfs_replace(struct store *s, const char *from, const char *to, struct err *e)
{
	struct web *w = (struct web *)s;
	struct web_tries tries = web_tries(w);
	bool unsure, done;

	for (;;) {
		if (rename_with(w, from, to, "OVERWRITE", &unsure, e) == 0)
			return 0;
		if (!unsure || !web_again(w, &tries, e))
			return -1;
		if (look_after_replace(s, from, to, &done, e) < 0)
			return -1;
		if (done)
			return 0;
	}
}

static int
webhdfs_delete(struct store *s, const char *path, bool recursive, struct err *e)
{
	struct web_op op = { "remove", "DELETE", "DELETE", path,
		recursive ? "&recursive=true" : "&recursive=false", NULL };
	bool was_there;

	if (webhdfs_check(s, op.what, path, false, e) < 0)
		return -1;
	return web_bool((struct web *)s, &op, &was_there, e);
}

static int
webhdfs_joins(const struct store *s, const char *dir, struct err *e)
{
	char *name;

	if (!strchr(dir, ','))
		return 0;
	name = store_name(s, dir);
	err_set(e, EX_USAGE, "write: %s: HDFS joins no parts below a ',' (its CONCAT takes that for "
	    "the end of a name): use another directory", name);
	free(name);
	return -1;
}

static int
webhdfs_concat(struct store *s, const char *target, const char *const *files, size_t n,
    bool *unsure, struct err *e)
{
	struct web_op op = { "append to", "POST", "CONCAT", target, NULL, unsure };
	struct buf params = { 0 };
	bool done;
	int status;

	*unsure = false;
	for (size_t i = 0; i < n; i++) {
		buf_adds(&params, i ? "," : "&sources=");
		http_escape(&params, files[i], "/");
	}
	op.params = buf_str(&params);
	status = web_bool((struct web *)s, &op, &done, e);
	buf_free(&params);
	return status;
}

static struct store *
webhdfs_clone(const struct store *s, struct err *e)
{
	const struct web *w = (const struct web *)s;
	struct location where = location_copy(&w->where);
	struct store *clone = webhdfs_open(&where, &w->opts, e);

	/* A server that has answered one of them is one to wait for, and the one to ask. */
	if (clone) {
		((struct web *)clone)->reached = w->reached;
		((struct web *)clone)->node = w->node;
	}
	return clone;
}

static void
webhdfs_set_timeout(struct store *s, int64_t timeout_ms)
{
	((struct web *)s)->opts.timeout_ms = timeout_ms;
}

static bool
webhdfs_strict(const struct store *s)
{
	return !((const struct web *)s)->gateway;
}

static void
webhdfs_close(struct store *s)
{
	struct web *w = (struct web *)s;

	http_close(w->http);
	location_free(&w->where);
	free(w->user);
	free(w);
}

static const struct store_ops webhdfs_ops = {
	.clone = webhdfs_clone,
	.close = webhdfs_close,
	.set_timeout = webhdfs_set_timeout,
	.strict = webhdfs_strict,
	.name = webhdfs_name,
	.same = webhdfs_same,
	.stat = webhdfs_stat,
	.list = webhdfs_list,
	.mkdirs = webhdfs_mkdirs,
	.rename = webhdfs_rename,
	.replace = webhdfs_replace,
	.delete = webhdfs_delete,
	.read = webhdfs_read,
	.put = webhdfs_put,
	.joins = webhdfs_joins,
	.concat = webhdfs_concat,
	.trash = webhdfs_trash,
};

static char *
user_name(void)
{
	const char *name = getenv("HADOOP_USER_NAME");
	struct buf b = { 0 };
	char room[4096], number[24];
	struct passwd pw, *found = NULL;

	if (!name || !*name) {
		getpwuid_r(geteuid(), &pw, room, sizeof room, &found);
		snprintf(number, sizeof number, "%u", (unsigned)geteuid());
		name = found ? found->pw_name : number;
	}
	http_escape(&b, name, "");
	buf_str(&b);
	return b.p;
}

struct store *
webhdfs_open(struct location *where, const struct store_opts *o, struct err *e)
{
	struct web *w = mem_alloc(sizeof *w);

	w->base.ops = &webhdfs_ops;
	w->opts = *o;
	w->where = *where;
	w->user = user_name();
	w->http = http_open(e);
	if (w->http)
		return &w->base;
	webhdfs_close(&w->base);
	return NULL;
}
