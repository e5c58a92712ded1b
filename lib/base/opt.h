/*
 * opt: command lines, from one table a tool.
 *
 * The table is the single source of the letters and long names that getopt_long
 * accepts and of the text that --help prints, so the two cannot differ.  The man
 * page and the completions are held to it by tests/house/options.t.
 *
 *	static const struct opt options[] = {
 *		{ 'c', "count", "N", "stop after N records" },
 *		{ OPT_LONG + 0, "receipt", "FILE", "write a JSON account of the run" },
 *		OPT_STANDARD,
 *		OPT_END,
 *	};
 *	static const struct opt_usage usage = {
 *		"[-c N] TOPIC…", "Print the records of a Kafka topic.", options };
 *
 *	opt_begin(&o, &usage, argc, argv);
 *	while ((c = opt_next(&o)) != -1)
 *		switch (c) {
 *		case 'c': … optarg …
 *		case 'h': return opt_help(&o);
 *		case 'V': return opt_version();
 *		default:  return opt_bad(&o);
 *		}
 *	argc -= optind, argv += optind;
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include <getopt.h>
#include <stdbool.h>

#define OPT_LONG 256 /* letters from here on have no short form */
#define OPT_MAX 64   /* options of one tool */

struct opt {
	int letter;
	const char *name; /* the long option */
	const char *arg;  /* what its argument is called, or NULL */
	const char *help; /* one phrase; '\n' continues on the next line */
};

/* Every tool's last rows.  hdfsls leaves out OPT_HELP's letter. */
#define OPT_STANDARD \
	{ 'h', "help", 0, "print this help and exit" }, \
	{ 'V', "version", 0, "print the version and exit" }
#define OPT_END { 0, 0, 0, 0 }

struct opt_usage {
	const char *operands; /* what stands behind the tool's name in the usage line */
	const char *purpose;  /* one sentence */
	const struct opt *table;
};

/* One of the commands of a tool that has several: "ktopic create -p 3 T".  They share
 * the tool's table, since options may stand before the command's name.  An option
 * that some command `takes` is refused with the others; one that none names belongs
 * to all. */
struct opt_command {
	const char *name;
	const char *takes;    /* letters */
	int min, max;         /* how many operands; max < 0: any number */
	const char *operands; /* as in the usage line, with the options it takes */
	const char *purpose;  /* one sentence */
	int (*run)(void *job, char **operands, int n); /* gives the exit status */
};

struct opts {
	const struct opt_usage *usage;
	const struct opt_command *commands; /* NULL: the tool has none */
	int argc;
	char **argv;
	char letters[2 * OPT_MAX + 2];
	struct option longs[OPT_MAX + 1];
	bool seen[OPT_MAX]; /* by row of the table */
};

void opt_begin(struct opts *o, const struct opt_usage *usage, int argc, char **argv);

/* Between opt_begin and the first opt_next: a tool that runs another program, whose
 * name ends the options, and a tool of several commands (the last one's name is NULL). */
void opt_stop_at_operand(struct opts *o);
void opt_commands(struct opts *o, const struct opt_command *commands);

/* The letter of the next option, its argument in optarg; '?' after getopt's own
 * message for a wrong one; -1 at the end, the operands at argv[optind]. */
int opt_next(struct opts *o);

/* At the end of the options: the command that was asked for, its operands from
 * argv[optind] on; NULL after a message: return 64. */
const struct opt_command *opt_command(struct opts *o);

/* What main returns after --help, --version and a wrong option or operand: 0, 0
 * (or 74 when standard output cannot take it) and 64. */
int opt_help(const struct opts *o);
int opt_version(void);
int opt_bad(const struct opts *o);

#endif
