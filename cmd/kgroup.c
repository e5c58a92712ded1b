/* kgroup: see how far consumer groups have read, and move them. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/stop.h"
#include "base/tool.h"
#include "base/utf8.h"
#include "kafka/groups.h"

#define ROUND_MS 2000 /* a request of lag --watch, which then looks whether it is to stop */

struct job {
	struct admin admin;
	struct range_start where;
	int64_t interval, timeout; /* ms */
	bool json, watch;
};

static int
list(void *arg, char **operands, int n)
{
	struct job *job = arg;
	struct err e;
	json_t *names = groups_list(&job->admin, &e), *name;
	size_t i;

	(void)operands, (void)n;
	if (!names)
		return tool_fail(&e);
	json_array_foreach(names, i, name)
		puts(json_string_value(name));
	json_decref(names);
	return 0;
}

/* A number as text, "-" where there is none. */
static const char *
number(const json_t *object, const char *name, char text[24])
{
	const json_t *value = json_object_get(object, name);

	if (json_is_integer(value))
		snprintf(text, 24, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return json_is_integer(value) ? text : "-";
}

static void
print_lag(const json_t *about)
{
	const json_t *partitions = json_object_get(about, "partitions"), *p;
	char at[24], end[24], lag[24];
	size_t i, width = 5;

	json_array_foreach(partitions, i, p)
		if (json_string_length(json_object_get(p, "topic")) > width)
			width = json_string_length(json_object_get(p, "topic"));
	printf("%-*s %9s %12s %12s %12s %s\n", (int)width, "topic", "partition", "committed", "end",
	    "lag", "member");
	json_array_foreach(partitions, i, p) {
		const char *member = json_string_value(json_object_get(p, "member"));

		printf("%-*s %9" JSON_INTEGER_FORMAT " %12s %12s %12s %s\n", (int)width,
		    json_string_value(json_object_get(p, "topic")),
		    json_integer_value(json_object_get(p, "partition")), number(p, "committed", at),
		    number(p, "end", end), number(p, "lag", lag), member ? member : "-");
	}
	printf("%-*s %9s %12s %12s %12s\n", (int)width, "total", "", "", "", number(about, "lag", lag));
}

static int
lag_once(struct job *job, const char *group, struct err *e)
{
	json_t *about = groups_lag(&job->admin, group, e);

	if (!about)
		return -1;
	if (job->json) {
		json_dumpf(about, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		print_lag(about);
	}
	json_decref(about);
	return 0;
}

/* Until a signal, or until nobody reads any more.  A server that is away is waited for
 * as long as --timeout says. */
static int
lag_watched(struct job *job, const char *group, struct err *e)
{
	int64_t until = io_now() + job->timeout;
	enum io_event event;

	if (stop_begin(e) < 0)
		return -1;
	admin_timeout(&job->admin, ROUND_MS);
	do {
		if (lag_once(job, group, e) == 0)
			until = io_now() + job->timeout;
		else if (e->status != EX_TEMPFAIL || io_now() >= until)
			return -1;
		else
			tool_fail(e);
		if (!job->json)
			putchar('\n');
		if (fflush(stdout) != 0) {
			if (errno == EPIPE)
				tool_die_of_sigpipe();
			clearerr(stdout); /* lest tool_end tells it again, without the reason */
			return err_set(e, EX_IOERR, "write: standard output: %s", err_reason(errno));
		}
		event = io_wait(-1, true, job->interval);
	} while (event == IO_TIMEOUT);
	if (event == IO_GONE)
		tool_die_of_sigpipe();
	return 0;
}

static int
lag(void *arg, char **operands, int n)
{
	struct job *job = arg;
	struct err e;
	int failed = job->watch ? lag_watched(job, *operands, &e) : lag_once(job, *operands, &e);

	(void)n;
	return failed ? tool_fail(&e) : 0;
}

/* Where the group is to go on, in all topics: nothing is moved unless all can be. */
static int
places(struct job *job, char **topics, int n, rd_kafka_topic_partition_list_t *parts,
    struct err *e)
{
	for (int i = 0; i < n; i++)
		if (admin_topic_name(topics[i], e) < 0 ||
		    admin_add_partitions(&job->admin, topics[i], parts, e) < 0)
			return -1;
	if (admin_offsets(&job->admin, parts, &job->where, e) < 0)
		return -1;
	for (int i = 0; i < parts->cnt; i++)
		if (parts->elems[i].err)
			return kafka_err(e, parts->elems[i].err, "ask for offsets", parts->elems[i].topic);
	return 0;
}

static int
seek(void *arg, char **operands, int n)
{
	struct job *job = arg;
	rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(n);
	struct err e;
	int status = 0;

	if (groups_exists(&job->admin, operands[0], &e) < 0 ||
	    places(job, operands + 1, n - 1, parts, &e) < 0 ||
	    groups_commit(&job->admin, operands[0], parts, &e) < 0)
		status = tool_fail(&e);
	for (int i = 0; i < parts->cnt && status == 0; i++)
		printf("%s %" PRId32 " %" PRId64 "\n", parts->elems[i].topic, parts->elems[i].partition,
		    parts->elems[i].offset);
	rd_kafka_topic_partition_list_destroy(parts);
	return status;
}

static int
delete(void *arg, char **operands, int n)
{
	struct job *job = arg;
	struct err e;
	int status = 0;

	for (int i = 0; i < n; i++)
		if (groups_delete(&job->admin, operands[i], &e) < 0)
			status = tool_worse(status, tool_fail(&e));
	return status;
}

static int
commit(void *arg, char **operands, int n)
{
	struct job *job = arg;
	rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(16);
	struct err e;
	int status = 0;

	(void)n;
	if (groups_read(STDIN_FILENO, "standard input", parts, &e) < 0 ||
	    (parts->cnt && groups_commit(&job->admin, *operands, parts, &e) < 0))
		status = tool_fail(&e);
	rd_kafka_topic_partition_list_destroy(parts);
	return status;
}

static const struct opt options[] = {
	{ 'J', "json", NULL, "print a JSON object" },
	{ 'w', "watch", NULL, "print again and again, until a signal" },
	{ 'i', "interval", "TIME", "how long --watch waits in between (default: 5s)" },
	{ 'o', "offset", "WHERE", "beginning, end, @time, N or -N, the last N" },
	KAFKA_OPTIONS,
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "COMMAND [OPTION…] [GROUP] [TOPIC…]",
	"See how far consumer groups have read, and move them.", options };

static const struct opt_command commands[] = {
	{ "list", "", 0, 0, "", "Print the names of the groups.", list },
	{ "lag", "Jwi", 1, 1, "[-Jw] [-i TIME] GROUP",
	    "Print what a group has committed, what there is, and who reads it.", lag },
	{ "seek", "o", 2, -1, "-o WHERE GROUP TOPIC…",
	    "Commit another place for a group without members.", seek },
	{ "delete", "", 1, -1, "GROUP…", "Forget groups and what they have committed.", delete },
	{ "commit", "", 1, 1, "GROUP",
	    "Commit the lines \"topic partition offset\" of standard input.", commit },
	{ 0 },
};

/* All options; -1 to go on, else the status to exit with. */
static int
parse(struct opts *o, struct job *job, struct kafka_opts *kafka)
{
	struct err e = { 0 };
	int c;

	while ((c = opt_next(o)) != -1) {
		if (kafka_opt(kafka, c, optarg, &e))
			continue;
		switch (c) {
		case 'J': job->json = true; break;
		case 'w': job->watch = true; break;
		case 'i': num_span(optarg, "--interval", 100, 86400000, &job->interval, &e); break;
		case 'o': admin_where(optarg, &job->where, &e); break;
		case 'h': return opt_help(o);
		case 'V': return opt_version();
		default: return opt_bad(o);
		}
	}
	job->timeout = kafka->timeout_ms;
	return e.status ? tool_fail(&e) : -1;
}

/* Brokers keep a group without a name, too: it is that of a variable that was not set.  For a
 * name that is not UTF-8 they answer with another one, which librdkafka takes for its own fault
 * and aborts. */
static bool
check_name(const char *command, const char *name)
{
	if (!*name)
		tool_warn("%s: a name is empty", command);
	else if (!utf8_valid(name, strlen(name)))
		tool_warn("%s: %s: a name is UTF-8", command, name);
	else
		return true;
	return false;
}

int
main(int argc, char **argv)
{
	struct job job = { .where = { .kind = RANGE_STORED }, .interval = 5000 };
	struct kafka_opts kafka;
	const struct opt_command *command;
	struct opts o;
	struct err e;
	int status;

	tool_begin();
	kafka_opts_begin(&kafka);
	opt_begin(&o, &usage, argc, argv);
	opt_commands(&o, commands);
	status = parse(&o, &job, &kafka);
	if (status >= 0)
		return status;
	command = opt_command(&o);
	if (!command)
		return EX_USAGE;
	if (command->run == seek && job.where.kind == RANGE_STORED) {
		tool_warn("seek: --offset is missing: where is the group to go on?");
		return EX_USAGE;
	}
	for (int i = optind; i < argc; i++)
		if (!check_name(command->name, argv[i]))
			return EX_USAGE;
	if (admin_open(&job.admin, &kafka, &e) < 0 ||
	    admin_known(&job.admin, command->name, "groups", &e) < 0)
		status = tool_fail(&e);
	else
		status = command->run(&job, argv + optind, argc - optind);
	admin_close(&job.admin);
	return tool_end(status);
}
