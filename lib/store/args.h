/*
 * args: what the command lines of the HDFS tools have in common.
 *
 * Only commands use this: it prints, as tool.h does.
 */
#ifndef STORE_ARGS_H
#define STORE_ARGS_H

#include <stdbool.h>

#include "base/err.h"
#include "base/opt.h"
#include "store/store.h"

enum { ARGS_OPT_TIMEOUT = OPT_LONG + 200 };

/* The rows that every HDFS tool has in its table. */
#define ARGS_OPTIONS \
	{ ARGS_OPT_TIMEOUT, "timeout", "TIME", "how long a server may be away (default: 5m)" }, \
	{ 'v', "verbose", NULL, "say each retry" }

struct args {
	struct store_opts opts;
	struct store *store; /* of the operand before */
	int status;         /* the exit status so far */
	bool stop;          /* set it when there is no use in going on with other operands */
	bool literal;       /* no patterns: operands are names to be made */
	bool absent_is_fine; /* a pattern without a match is passed over in silence */
};

void args_begin(struct args *a);

/* What a tool's own options do not take: those of ARGS_OPTIONS, -h, -V and what is wrong.
 * Gives -1 to go on, or the status to exit with. */
int args_opt(struct args *a, const struct opts *o, int c);

/* Print e and remember its status; when the server is away, there is no use in going on.
 * A status of 0 means that all has been said. */
void args_fail(struct args *a, const struct err *e);

/* One operand, opened: path is its place in the store, shown is how the user would write
 * it.  Returns 0, or -1 with e for args_fail. */
typedef int args_do(void *ctx, struct store *s, const char *path, const char *shown,
    struct err *e);

/* Do it to each operand, where * ? [ ] { } stand for names as in hdfs dfs and \ takes
 * their meaning away.  A bad operand warns and the next one follows, except when the
 * server is away. */
void args_each(struct args *a, char *const *operands, args_do *each, void *ctx);

/* Gives the status for the tool's exit. */
int args_end(struct args *a);

/* How the user would write a path of the store that `operand` lies in; caller frees. */
char *args_shown(const char *operand, const char *path);

#endif
