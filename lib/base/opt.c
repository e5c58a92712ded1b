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

void
opt_stop_at_operand(struct opts *o)
{
	memmove(o->letters + 1, o->letters, strlen(o->letters) + 1);
	o->letters[0] = '+';
}

void
opt_commands(struct opts *o, const struct opt_command *commands)
{
	o->commands = commands;
}

int
opt_next(struct opts *o)
{
	int c = getopt_long(o->argc, o->argv, o->letters, o->longs, NULL);

	for (size_t row = 0; o->longs[row].name; row++)
		o->seen[row] |= o->longs[row].val == c;
	return c;
}

static const struct opt_command *
find_command(const struct opts *o, const char *name)
{
	const struct opt_command *c = o->commands;

	if (!c || !name)
		return NULL;
	while (c->name && strcmp(c->name, name) != 0)
		c++;
	return c->name ? c : NULL;
}

static bool
takes(const struct opt_command *c, int letter)
{
	return letter < OPT_LONG && strchr(c->takes, letter);
}

static bool
applies(const struct opts *o, const struct opt_command *command, int letter)
{
	if (takes(command, letter))
		return true;
	for (const struct opt_command *c = o->commands; c->name; c++)
		if (takes(c, letter))
			return false;
	return true;
}

static const struct opt_command *
wrong_command(const struct opts *o, const struct opt_command *c)
{
	const char *name = program_invocation_short_name;

	if (c)
		fprintf(stderr, "usage: %s %s %s\nTry '%s %s --help'.\n", name, c->name,
		    c->operands, name, c->name);
	else
		opt_bad(o);
	return NULL;
}

const struct opt_command *
opt_command(struct opts *o)
{
	const char *name = optind < o->argc ? o->argv[optind] : NULL;
	const struct opt_command *c = find_command(o, name);
	int n = o->argc - optind - 1;

	if (!c) {
		if (name)
			tool_warn("command: %s: there is none of this name", name);
		else
			tool_warn("command: none given");
		return wrong_command(o, NULL);
	}
	for (size_t row = 0; o->longs[row].name; row++)
		if (o->seen[row] && !applies(o, c, o->longs[row].val)) {
			tool_warn("option: --%s: not one of %s", o->longs[row].name, name);
			return wrong_command(o, c);
		}
	if (n < c->min || (c->max >= 0 && n > c->max)) {
		tool_warn("operands: %s: %s", name, n < c->min ? "one is missing" :
		    c->max == 0 ? "takes none" : "too many");
		return wrong_command(o, c);
	}
	optind++;
	return c;
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

static void
print_commands(const struct opt_command *c)
{
	puts("commands:");
	for (; c->name; c++)
		printf("  %s %s\n%28s%s\n", c->name, c->operands, "", c->purpose);
	putchar('\n');
}

int
opt_help(const struct opts *o)
{
	const char *name = program_invocation_short_name;
	const struct opt_command *one = find_command(o, o->argv[1]);

	if (one)
		printf("usage: %s %s %s\n%s\n\n", name, one->name, one->operands, one->purpose);
	else
		printf("usage: %s %s\n%s\n\n", name, o->usage->operands, o->usage->purpose);
	if (o->commands && !one)
		print_commands(o->commands);
	for (const struct opt *t = o->usage->table; t->name; t++)
		if (!one || applies(o, one, t->letter))
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
