/* hdfsmv: rename files and directories. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/opt.h"
#include "base/tool.h"
#include "store/args.h"

static const struct opt options[] = {
	ARGS_OPTIONS,
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "[-v] SOURCE… TARGET",
	"Rename files and directories, or move them into a directory.", options };

struct mv {
	struct args args;
	const char *target; /* as typed */
	struct store *store;
	char *path;
	bool into;          /* the target is a directory */
	char *one, *shown;  /* if not, what is to get its name, as for args_do */
};

/* The answer was lost: it is done if the source has gone and the new name is there. */
static int
settle(struct store *s, const char *from, const char *to)
{
	struct store_stat st;
	struct err e;

	if (store_stat(s, from, &st, &e) == 0 || e.status != EX_NO)
		return -1;
	return store_stat(s, to, &st, &e);
}

static int
move(void *ctx, struct store *s, const char *path, const char *shown, struct err *e)
{
	const struct mv *mv = ctx;
	char *to;
	bool unsure;
	int status;

	if (!store_same(s, mv->store))
		return err_set(e, EX_USAGE, "rename: %s: %s lies in another store: hdfscat | hdfsput copies",
		    shown, mv->target);
	to = mv->into ? mem_printf("%s%s", strcmp(mv->path, "/") == 0 ? "" : mv->path,
	    strrchr(path, '/')) : mem_dup(mv->path);
	status = store_rename(mv->store, path, to, &unsure, e);
	if (status < 0 && unsure)
		status = settle(mv->store, path, to);
	free(to);
	return status;
}

static int
too_many(const struct mv *mv, struct err *e)
{
	return err_set(e, EX_NO, "rename: %s: is no directory to move several files into", mv->target);
}

/* A pattern may stand for several files: none is moved before it is known to be the only one. */
static int
remember(void *ctx, struct store *s, const char *path, const char *shown, struct err *e)
{
	struct mv *mv = ctx;

	(void)s;
	if (mv->one) {
		mv->args.stop = true;
		return too_many(mv, e);
	}
	mv->one = mem_dup(path);
	mv->shown = mem_dup(shown);
	return 0;
}

static void
move_one(struct mv *mv, char **operands)
{
	struct err e;

	args_each(&mv->args, operands, remember, mv);
	if (mv->one && !mv->args.stop && move(mv, mv->args.store, mv->one, mv->shown, &e) < 0)
		args_fail(&mv->args, &e);
	free(mv->one);
	free(mv->shown);
}

/* What the target is; status 1 if several sources cannot go there. */
static int
look(struct mv *mv, bool several, struct err *e)
{
	struct store_stat st;

	mv->store = store_open(mv->target, &mv->args.opts, &mv->path, e);
	if (!mv->store)
		return -1;
	if (store_stat(mv->store, mv->path, &st, e) == 0)
		mv->into = st.dir;
	else if (e->status != EX_NO)
		return -1;
	if (several && !mv->into)
		return too_many(mv, e);
	return 0;
}

static int
move_all(struct mv *mv, int n, char **operands)
{
	struct err e;

	mv->target = operands[n - 1];
	operands[n - 1] = NULL;
	if (look(mv, n > 2, &e) < 0)
		mv->args.status = tool_fail(&e);
	else if (mv->into)
		args_each(&mv->args, operands, move, mv);
	else
		move_one(mv, operands);
	if (mv->store)
		free(mv->path);
	store_close(mv->store);
	return tool_end(args_end(&mv->args));
}

int
main(int argc, char **argv)
{
	struct mv mv = { .into = false };
	struct opts o;
	int c, status;

	tool_begin();
	args_begin(&mv.args);
	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		if ((status = args_opt(&mv.args, &o, c)) >= 0)
			return status;
	if (argc - optind < 2)
		return opt_bad(&o);
	return move_all(&mv, argc - optind, argv + optind);
}
