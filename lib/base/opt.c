#define _GNU_SOURCE /* program_invocation_short_name */
#include "base/opt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/tool.h"

#ifndef KPIPE_VERSION
#define KPIPE_VERSION "unknown"
#endif

void
opt_begin(struct opts *o, const struct opt_usage *usage, int argc, char **argv)
{
	size_t letters = 0, longs = 0;

	*o = (struct opts){ .usage = usage, .argc = argc, .argv = argv };
	argv[0] = program_invocation_short_name; /* how getopt begins its messages */
	for (const struct opt *t = usage->table; t->name && longs < OPT_MAX; t++) {
		o->longs[longs++] = (struct option){ t->name,
			t->arg ? required_argument : no_argument, NULL, t->letter };
		if (t->letter >= OPT_LONG)
			continue;
		o->letters[letters++] = (char)t->letter;
		if (t->arg)
			o->letters[letters++] = ':';
	}
}

int
opt_next(struct opts *o)
{
	return getopt_long(o->argc, o->argv, o->letters, o->longs, NULL);
}

static void
print_option(const struct opt *t)
{
	struct buf left = { 0 };
	const char *line = t->help, *end;

	if (t->letter < OPT_LONG)
		buf_printf(&left, "-%c, ", t->letter);
	else
		buf_adds(&left, "    ");
	buf_printf(&left, "--%s%s%s", t->name, t->arg ? "=" : "", t->arg ? t->arg : "");
	printf("  %-26s", buf_str(&left));
	if (left.len > 25)
		printf("\n%28s", "");
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1)
		printf("%.*s\n%28s", (int)(end - line), line, "");
	puts(line);
	buf_free(&left);
}

int
opt_help(const struct opts *o)
{
	const char *name = program_invocation_short_name;

	printf("usage: %s %s\n%s\n\n", name, o->usage->operands, o->usage->purpose);
	for (const struct opt *t = o->usage->table; t->name; t++)
		print_option(t);
	printf("\nThe manual is %s(1); kpipe(7) shows the whole suite.\n", name);
	return tool_end(0);
}

int
opt_version(void)
{
	printf("%s (kpipe) %s\n", program_invocation_short_name, KPIPE_VERSION);
	return tool_end(0);
}

int
opt_bad(const struct opts *o)
{
	const char *name = program_invocation_short_name;

	fprintf(stderr, "usage: %s %s\nTry '%s --help'.\n", name, o->usage->operands, name);
	return EX_USAGE;
}
