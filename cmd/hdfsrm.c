/* hdfsrm: remove files and directories, by way of the trash. */
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"
#include "base/tool.h"
#include "store/args.h"

enum { SKIP_TRASH = OPT_LONG };

static const struct opt options[] = {
	{ 'f', "force", NULL, "what is not there is no error" },
	{ 'r', "recursive", NULL, "remove directories and all that is in them" },
	{ 'R', "recurse", NULL, "the same as -r" },
	{ SKIP_TRASH, "skip-trash", NULL, "remove at once and for good" },
	ARGS_OPTIONS,
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "[-frv] [--skip-trash] PATH…",
	"Remove files and directories.", options };

struct rm {
	struct args args;
	bool recursive, skip_trash;
};

static int
to_trash(struct store *s, const char *path, const char *shown, bool verbose, bool *gone,
    struct err *e)
{
	char *where = NULL, *name;

	if (store_trash(s, path, &where, e) < 0)
		return -1;
	*gone = where != NULL;
	if (*gone && verbose) {
		name = args_shown(shown, where);
		tool_warn("remove: %s: moved to %s", shown, name);
		free(name);
	}
	free(where);
	return 0;
}

static int
remove_path(void *ctx, struct store *s, const char *path, const char *shown, struct err *e)
{
	struct rm *rm = ctx;
	struct store_stat st;
	bool gone = false;

	if (strcmp(path, "/") == 0)
		return err_set(e, EX_USAGE, "remove: %s: the root is never removed", shown);
	if (store_stat(s, path, &st, e) < 0)
		return e->status == EX_NO && rm->args.absent_is_fine ? 0 : -1;
	if (st.dir && !rm->recursive)
		return err_set(e, EX_NO, "remove: %s: is a directory: -r removes it with all that is in it",
		    shown);
	if (!rm->skip_trash && to_trash(s, path, shown, rm->args.opts.verbose > 0, &gone, e) < 0)
		return -1;
	return gone ? 0 : store_delete(s, path, rm->recursive, e);
}

int
main(int argc, char **argv)
{
	struct rm rm = { .recursive = false };
	struct opts o;
	int c, status;

	tool_begin();
	args_begin(&rm.args);
	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 'f': rm.args.absent_is_fine = true; break;
		case 'r':
		case 'R': rm.recursive = true; break;
		case SKIP_TRASH: rm.skip_trash = true; break;
		default:
			status = args_opt(&rm.args, &o, c);
			if (status >= 0)
				return status;
		}
	if (optind == argc)
		return opt_bad(&o);
	args_each(&rm.args, argv + optind, remove_path, &rm);
	return tool_end(args_end(&rm.args));
}
