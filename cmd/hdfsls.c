/* hdfsls: list files and directories. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/opt.h"
#include "base/tool.h"
#include "base/utf8.h"
#include "store/args.h"

#define SORT_MAX 1000000 /* entries of one directory that -t and -S can hold */

static const struct opt options[] = {
	{ 'd', "directory", NULL, "show a directory itself, not what is in it" },
	{ 'h', "human-readable", NULL, "sizes such as 1.5M" },
	{ 'J', "json", NULL, "one JSON object a line" },
	{ 'R', "recursive", NULL, "go down into directories" },
	{ 'r', "reverse", NULL, "turn the order of -t and -S round" },
	{ 'S', "sort-size", NULL, "the largest first" },
	{ 't', "sort-time", NULL, "the newest first" },
	ARGS_OPTIONS,
	{ OPT_LONG, "help", NULL, "print this help and exit" },
	{ 'V', "version", NULL, "print the version and exit" },
	OPT_END,
};

static const struct opt_usage usage = { "[-dhJRrStv] PATH…", "List files and directories.", options };

enum order { BY_NAME, BY_SIZE, BY_TIME };

struct ls {
	struct args args;
	bool directory, human, json, recursive, reverse, terminal;
	enum order order;
	int owner, group, size; /* the widths so far: columns grow, for nothing is held back */
};

struct entry {
	char *name;
	struct store_stat st;
};

/* A directory that is being listed. */
struct listing {
	struct ls *ls;
	struct store *store;
	const char *path, *shown;
	struct entry *held; /* only where the order is not by name */
	size_t n, room;
};

static void
permissions(const struct store_stat *st, char text[11])
{
	static const char letters[] = "rwxrwxrwx";

	text[0] = st->dir ? 'd' : '-';
	for (int i = 0; i < 9; i++)
		text[i + 1] = st->mode & 0400u >> i ? letters[i] : '-';
	if (st->mode & 01000)
		text[9] = st->mode & 1 ? 't' : 'T';
	text[10] = '\0';
}

static void
size_text(const struct ls *ls, int64_t len, char *text, size_t room)
{
	static const char units[] = "KMGTPE";
	double value = (double)len;
	int unit = -1;

	for (; value >= 1023.95 && unit < 5; unit++)
		value /= 1024;
	if (ls->human && unit >= 0)
		snprintf(text, room, "%.1f%c", value, units[unit]);
	else
		snprintf(text, room, "%" PRId64, len);
}

static int
wider(int *width, int now)
{
	if (now > *width)
		*width = now;
	return *width;
}

static void
print_line(struct ls *ls, const char *shown, const struct store_stat *st)
{
	char perms[11], copies[16] = "-", size[32], when[32] = "-";
	time_t seconds = (time_t)(st->mtime / 1000);
	struct buf b = { 0 };
	struct tm tm;

	permissions(st, perms);
	if (!st->dir)
		snprintf(copies, sizeof copies, "%d", st->replication);
	size_text(ls, st->len, size, sizeof size);
	if (localtime_r(&seconds, &tm))
		strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
	buf_printf(&b, "%s %3s %-*s %-*s %*s %s %s", perms, copies,
	    wider(&ls->owner, (int)strlen(st->owner)), st->owner,
	    wider(&ls->group, (int)strlen(st->group)), st->group,
	    wider(&ls->size, (int)strlen(size)), size, when, shown);
	if (ls->terminal)
		tool_mask(b.p);
	buf_addc(&b, '\n');
	fwrite(b.p, 1, b.len, stdout);
	buf_free(&b);
}

/* "key":"text", or "key_base64" where the text is not UTF-8. */
static void
json_text(struct buf *b, const char *key, const char *text)
{
	size_t n = strlen(text);

	if (utf8_valid(text, n)) {
		buf_printf(b, "\"%s\":", key);
		utf8_json(b, text, n);
	} else {
		buf_printf(b, "\"%s_base64\":\"", key);
		base64_add(b, text, n);
		buf_addc(b, '"');
	}
}

static void
print_json(const char *shown, const struct store_stat *st)
{
	struct buf b = { 0 };

	buf_addc(&b, '{');
	json_text(&b, "path", shown);
	buf_printf(&b, ",\"type\":\"%s\",\"length\":%" PRId64 ",\"replication\":%d,\"block\":%" PRId64
	    ",\"mtime\":%" PRId64 ",\"atime\":%" PRId64 ",\"permission\":\"%04o\",",
	    st->dir ? "directory" : "file", st->len, st->replication, st->block, st->mtime, st->atime,
	    st->mode);
	json_text(&b, "owner", st->owner);
	buf_addc(&b, ',');
	json_text(&b, "group", st->group);
	buf_adds(&b, "}\n");
	fwrite(b.p, 1, b.len, stdout);
	buf_free(&b);
}

/* Gives 0; when standard output takes no more, that is the end. */
static int
print(struct ls *ls, const char *shown, const struct store_stat *st)
{
	if (ls->json)
		print_json(shown, st);
	else
		print_line(ls, shown, st);
	if (ferror(stdout))
		exit(tool_end(0));
	return 0;
}

static int list(struct ls *ls, struct store *s, const char *path, const char *shown,
    struct err *e);

static char *
join(const char *dir, const char *name)
{
	size_t n = strlen(dir);

	return mem_printf("%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
}

static int
show_entry(struct listing *l, const char *name, const struct store_stat *st, struct err *e)
{
	char *shown = join(l->shown, name), *path = join(l->path, name);

	print(l->ls, shown, st);
	if (st->dir && l->ls->recursive && list(l->ls, l->store, path, shown, e) < 0)
		args_fail(&l->ls->args, e);
	free(shown);
	free(path);
	return l->ls->args.stop ? err_set(e, 0, "already said") : 0;
}

static int
on_entry(void *ctx, const char *name, const struct store_stat *st, struct err *e)
{
	struct listing *l = ctx;

	if (!*name)
		return print(l->ls, l->shown, st);
	if (l->ls->order == BY_NAME)
		return show_entry(l, name, st, e);
	if (l->n == SORT_MAX)
		return err_set(e, EX_IOERR, "list: %s: more than %d entries cannot be sorted; leave -t "
		    "and -S to sort(1)", l->shown, SORT_MAX);
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 256;
		l->held = mem_resize(l->held, l->room * sizeof *l->held);
	}
	l->held[l->n++] = (struct entry){ mem_dup(name), *st };
	return 0;
}

static int
descending(int64_t a, int64_t b, const void *x, const void *y)
{
	const struct entry *ex = x, *ey = y;

	return a != b ? (a < b) - (a > b) : strcmp(ex->name, ey->name);
}

static int
by_size(const void *x, const void *y)
{
	return descending(((const struct entry *)x)->st.len, ((const struct entry *)y)->st.len, x, y);
}

static int
by_time(const void *x, const void *y)
{
	return descending(((const struct entry *)x)->st.mtime, ((const struct entry *)y)->st.mtime, x, y);
}

static int
list(struct ls *ls, struct store *s, const char *path, const char *shown, struct err *e)
{
	struct listing l = { .ls = ls, .store = s, .path = path, .shown = shown };
	int status = store_list(s, path, on_entry, &l, e);

	if (l.n)
		qsort(l.held, l.n, sizeof *l.held, ls->order == BY_SIZE ? by_size : by_time);
	for (size_t i = 0; i < l.n; i++) {
		struct entry *held = &l.held[ls->reverse ? l.n - 1 - i : i];

		if (status == 0)
			status = show_entry(&l, held->name, &held->st, e);
		free(held->name);
	}
	free(l.held);
	return status;
}

static int
on_operand(void *ctx, struct store *s, const char *path, const char *shown, struct err *e)
{
	struct ls *ls = ctx;
	struct store_stat st;

	if (!ls->directory)
		return list(ls, s, path, shown, e);
	return store_stat(s, path, &st, e) < 0 ? -1 : print(ls, shown, &st);
}

int
main(int argc, char **argv)
{
	struct ls ls = { .owner = 4, .group = 4, .size = 10, .terminal = isatty(STDOUT_FILENO) };
	struct opts o;
	int c, status;

	tool_begin();
	args_begin(&ls.args);
	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 'd': ls.directory = true; break;
		case 'h': ls.human = true; break;
		case 'J': ls.json = true; break;
		case 'R': ls.recursive = true; break;
		case 'r': ls.reverse = true; break;
		case 'S': ls.order = BY_SIZE; break;
		case 't': ls.order = BY_TIME; break;
		case OPT_LONG: return opt_help(&o);
		default:
			status = args_opt(&ls.args, &o, c);
			if (status >= 0)
				return status;
		}
	if (optind == argc)
		return opt_bad(&o);
	args_each(&ls.args, argv + optind, on_operand, &ls);
	return tool_end(args_end(&ls.args));
}
