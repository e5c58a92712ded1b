/* hdfsmkdir: make directories. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/opt.h"
#include "base/tool.h"
#include "store/args.h"

static const struct opt options[] = {
	{ 'p', "parents", NULL, "make parents too; already there is no error" },
	ARGS_OPTIONS,
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "[-pv] PATH…", "Make directories.", options };

struct mkdir {
	struct args args;
	bool parents;
};

/* 1 if it is there, 0 if not. */
static int
exists(struct store *s, const char *path, struct err *e)
{
	struct store_stat st;

	if (store_stat(s, path, &st, e) == 0)
		return 1;
	return e->status == EX_NO ? 0 : -1;
}

/* WebHDFS always makes the parents, so look for them first, as hdfs dfs does. */
static int
check_place(struct store *s, const char *path, const char *shown, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *parent = slash == path ? mem_dup("/") : mem_dupn(path, (size_t)(slash - path));
	int there = exists(s, path, e);

	if (there > 0)
		there = err_set(e, EX_NO, "make directory: %s: already exists", shown);
	else if (there == 0 && (there = exists(s, parent, e)) == 0)
		there = err_set(e, EX_NO, "make directory: %s: its parent is not there: -p makes both",
		    shown);
	free(parent);
	return there < 0 ? -1 : 0;
}

static int
make(void *ctx, struct store *s, const char *path, const char *shown, struct err *e)
{
	const struct mkdir *m = ctx;

	if (!m->parents && check_place(s, path, shown, e) < 0)
		return -1;
	return store_mkdirs(s, path, e);
}

int
main(int argc, char **argv)
{
	struct mkdir m = { .parents = false };
	struct opts o;
	int c, status;

	tool_begin();
	args_begin(&m.args);
	m.args.literal = true;
	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 'p': m.parents = true; break;
		default:
			status = args_opt(&m.args, &o, c);
			if (status >= 0)
				return status;
		}
	if (optind == argc)
		return opt_bad(&o);
	args_each(&m.args, argv + optind, make, &m);
	return tool_end(args_end(&m.args));
}
