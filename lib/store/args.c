#include "store/args.h"

#include <fnmatch.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/tool.h"
#include "store/location.h"

static void
say(const char *text)
{
	tool_warn("%s", text);
}

void
args_begin(struct args *a)
{
	setlocale(LC_CTYPE, "C.UTF-8"); /* '?' is a character, whatever the user's locale */
	*a = (struct args){ .opts = { .timeout_ms = STORE_TIMEOUT_MS, .note = say } };
}

int
args_opt(struct args *a, const struct opts *o, int c)
{
	struct err e;

	switch (c) {
	case ARGS_OPT_TIMEOUT:
		if (num_span(optarg, "--timeout", 0, INT64_MAX / 4, &a->opts.timeout_ms, &e) < 0)
			return tool_fail(&e);
		return -1;
	case 'v':
		a->opts.verbose++;
		return -1;
	case 'h':
		return opt_help(o);
	case 'V':
		return opt_version();
	default:
		return opt_bad(o);
	}
}

/* One operand on its way from a pattern to the paths that it stands for. */
struct walk {
	struct args *args;
	const char *operand;
	args_do *each;
	void *ctx;
	bool found;
};

char *
args_shown(const char *operand, const char *path)
{
	const char *host = strstr(operand, "://");
	size_t n = host ? (size_t)(host - operand) + 3 + strcspn(host + 3, "/") : 0;

	return mem_printf("%.*s%s", (int)n, operand, path);
}

void
args_fail(struct args *a, const struct err *e)
{
	if (!e->status)
		return;
	a->status = tool_worse(a->status, tool_fail(e));
	if (e->status == EX_UNAVAILABLE || e->status == EX_TEMPFAIL)
		a->stop = true;
}

/* A pattern has led nowhere. */
static void
no_match(struct args *a, const struct err *e)
{
	if (e->status != EX_NO || !a->absent_is_fine)
		args_fail(a, e);
}

static void
visit(struct walk *w, const char *path)
{
	char *shown = args_shown(w->operand, path);
	struct err e;

	w->found = true;
	if (w->each(w->ctx, w->args->store, path, shown, &e) < 0)
		args_fail(w->args, &e);
	free(shown);
}

static bool
special(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strchr("*?[\\", p[i]))
			return true;
	return false;
}

/* A directory whose entries are matched against one part of the pattern. */
struct level {
	struct walk *walk;
	const char *dir;
	char *part;       /* without slashes */
	const char *rest; /* from the next slash on, or "" */
};

static void descend(struct walk *w, const char *done, const char *pattern);

static int
try_name(void *ctx, const char *name, const struct store_stat *st, struct err *e)
{
	const struct level *l = ctx;
	char *path;

	/* A file, which is listed without a name, has nothing in it. */
	if (!*name || fnmatch(l->part, name, 0) != 0 || (*l->rest && !st->dir && !st->link))
		return 0;
	path = mem_printf("%s/%s", l->dir, name);
	descend(l->walk, path, l->rest);
	free(path);
	return l->walk->args->stop ? err_set(e, 0, "already said") : 0;
}

/* `done` is a path without patterns and without a slash at its end. */
static void
descend(struct walk *w, const char *done, const char *pattern)
{
	size_t n = *pattern ? strcspn(pattern + 1, "/") : 0;
	struct level l = { w, done, NULL, pattern + 1 + n };
	struct err e = { 0 };

	if (!*pattern || w->args->stop) {
		if (!*pattern)
			visit(w, *done ? done : "/");
		return;
	}
	l.part = mem_dupn(pattern + 1, n);
	if (!special(l.part, n)) {
		char *path = mem_printf("%s/%s", done, l.part);

		descend(w, path, l.rest);
		free(path);
	} else if (store_list(w->args->store, *done ? done : "/", try_name, &l, &e) < 0) {
		w->found = true;
		no_match(w->args, &e);
	}
	free(l.part);
}

/* The place of the first of `set` that is not escaped or inside braces, or NULL. */
static const char *
outside(const char *p, const char *set)
{
	int depth = 0;

	for (; *p; p++) {
		if (depth == 0 && strchr(set, *p))
			return p;
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '{')
			depth++;
		else if (*p == '}')
			depth--;
	}
	return NULL;
}

/* Each way to choose from the {a,b} of a pattern. */
static void
choose(struct walk *w, const char *pattern)
{
	const char *open = outside(pattern, "{");
	const char *close = open ? outside(open + 1, "}") : NULL;
	const char *from, *to;

	if (!close) {
		char *path = location_normal(pattern);

		descend(w, "", strcmp(path, "/") == 0 ? "" : path);
		free(path);
		return;
	}
	for (from = open + 1; from <= close; from = to + 1) {
		to = outside(from, ",}");
		char *one = mem_printf("%.*s%.*s%s", (int)(open - pattern), pattern, (int)(to - from),
		    from, close + 1);
		choose(w, one);
		free(one);
	}
}

/* Make the store of an operand a->store: the one before, whose connection is open, if it
 * is the same. */
static int
open_store(struct args *a, const char *operand, char **path, struct err *e)
{
	struct store *s = store_open(operand, &a->opts, path, e);

	if (s && a->store && store_same(s, a->store)) {
		store_close(s);
	} else if (s) {
		store_close(a->store);
		a->store = s;
	}
	return s ? 0 : -1;
}

static void
do_operand(struct walk *w)
{
	struct err e;
	char *path;

	if (open_store(w->args, w->operand, &path, &e) < 0) {
		args_fail(w->args, &e);
		return;
	}
	if (w->args->literal)
		visit(w, path);
	else
		choose(w, path);
	if (!w->found) {
		err_set(&e, EX_NO, "look up: %s: no match", w->operand);
		no_match(w->args, &e);
	}
	free(path);
}

void
args_each(struct args *a, char *const *operands, args_do *each, void *ctx)
{
	for (; *operands && !a->stop; operands++) {
		struct walk w = { .args = a, .operand = *operands, .each = each, .ctx = ctx };

		do_operand(&w);
	}
}

int
args_end(struct args *a)
{
	store_close(a->store);
	return a->status;
}
