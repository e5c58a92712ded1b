/* hdfscat: copy files to standard output. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/opt.h"
#include "base/progress.h"
#include "base/tool.h"
#include "store/args.h"

#define PIECE (256 * 1024) /* bytes of standard input copied at once */

static const struct opt options[] = {
	{ 'q', "quiet", NULL, "show no progress" },
	ARGS_OPTIONS,
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "[-qv] PATH…", "Copy files to standard output.", options };

struct cat {
	struct args args;
	struct progress progress;
	uint64_t bytes;
};

static int
put_out(void *ctx, const char *p, size_t len, struct err *e)
{
	struct cat *cat = ctx;

	if (tool_write(p, len, e) < 0) {
		cat->args.stop = true;
		return -1;
	}
	cat->bytes += len;
	progress_show(&cat->progress, 0, cat->bytes);
	return 0;
}

static int
copy_file(void *ctx, struct store *s, const char *path, const char *shown, struct err *e)
{
	(void)shown;
	return store_read(s, path, put_out, ctx, e);
}

static int
copy_stdin(struct cat *cat, struct err *e)
{
	char *piece = mem_alloc(PIECE);
	int status = 0;
	ssize_t n;

	while (status == 0 && (n = read(STDIN_FILENO, piece, PIECE)) != 0) {
		if (n > 0)
			status = put_out(cat, piece, (size_t)n, e);
		else if (errno != EINTR)
			status = err_sys(e, errno, "read", "standard input");
	}
	free(piece);
	return status;
}

static void
copy(struct cat *cat, char *operand)
{
	char *const one[] = { operand, NULL };
	struct err e;

	if (strcmp(operand, "-") != 0)
		args_each(&cat->args, one, copy_file, cat);
	else if (copy_stdin(cat, &e) < 0)
		cat->args.status = tool_worse(cat->args.status, tool_fail(&e));
}

int
main(int argc, char **argv)
{
	struct cat cat = { .bytes = 0 };
	struct opts o;
	bool quiet = false;
	int c, status;

	tool_begin();
	args_begin(&cat.args);
	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 'q': quiet = true; break;
		default:
			status = args_opt(&cat.args, &o, c);
			if (status >= 0)
				return status;
		}
	if (optind == argc)
		return opt_bad(&o);
	progress_begin(&cat.progress, quiet, STDOUT_FILENO);
	for (int i = optind; i < argc && !cat.args.stop; i++)
		copy(&cat, argv[i]);
	progress_end(&cat.progress);
	return tool_end(args_end(&cat.args));
}
