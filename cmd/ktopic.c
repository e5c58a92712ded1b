/* ktopic: make, list, describe and delete the topics of a Kafka cluster. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/tool.h"
#include "kafka/admin.h"

#define CONFIGS_MAX 64

struct job {
	struct admin admin;
	struct admin_new new;
	const char *configs[CONFIGS_MAX];
	struct range_start where;
	bool if_not_exists, wait, all, json;
};

/* One operand of a command. */
typedef int one_topic(struct job *job, const char *topic, struct err *e);

/* Each operand is tried; the status remembers the worst. */
static int
each(struct job *job, char **topics, int n, one_topic *act)
{
	struct err e;
	int status = 0;

	for (int i = 0; i < n; i++)
		if (admin_topic_name(topics[i], &e) < 0 || act(job, topics[i], &e) < 0)
			status = tool_worse(status, tool_fail(&e));
	return status;
}

static int
create(struct job *job, const char *topic, struct err *e)
{
	if (admin_create(&job->admin, topic, &job->new, e) < 0 &&
	    !(job->if_not_exists && e->status == EX_NO))
		return -1;
	return job->wait ? admin_wait_made(&job->admin, topic, e) : 0;
}

static int
delete(struct job *job, const char *topic, struct err *e)
{
	if (admin_delete(&job->admin, topic, e) < 0)
		return -1;
	return job->wait ? admin_wait_gone(&job->admin, topic, e) : 0;
}

/* "1,2,3", or "-" for none. */
static const char *
joined(struct buf *b, const json_t *numbers)
{
	const json_t *number;
	size_t i;

	b->len = 0;
	json_array_foreach(numbers, i, number)
		buf_printf(b, "%s%" JSON_INTEGER_FORMAT, i ? "," : "", json_integer_value(number));
	return b->len ? buf_str(b) : "-";
}

static void
print_topic(const char *topic, const json_t *about)
{
	json_t *partitions = json_object_get(about, "partitions"), *p, *value;
	struct buf replicas = { 0 }, isr = { 0 };
	const char *name;
	size_t i;

	printf("%s: %zu partitions\n", topic, json_array_size(partitions));
	json_object_foreach(json_object_get(about, "config"), name, value)
		printf("  %s=%s\n", name, json_is_string(value) ? json_string_value(value) : "(hidden)");
	printf("  %9s %6s %-12s %s\n", "partition", "leader", "replicas", "isr");
	json_array_foreach(partitions, i, p)
		printf("  %9" JSON_INTEGER_FORMAT " %6" JSON_INTEGER_FORMAT " %-12s %s\n",
		    json_integer_value(json_object_get(p, "partition")),
		    json_integer_value(json_object_get(p, "leader")),
		    joined(&replicas, json_object_get(p, "replicas")),
		    joined(&isr, json_object_get(p, "isr")));
	buf_free(&replicas);
	buf_free(&isr);
}

static int
describe(struct job *job, const char *topic, struct err *e)
{
	json_t *about = admin_describe(&job->admin, topic, e);

	if (!about)
		return -1;
	if (job->json) {
		json_dumpf(about, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		print_topic(topic, about);
	}
	json_decref(about);
	return 0;
}

static int
offsets(struct job *job, const char *topic, struct err *e)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	int failed = admin_add_partitions(&job->admin, topic, list, e);

	if (!failed)
		failed = admin_offsets(&job->admin, list, &job->where, e);
	for (int i = 0; i < list->cnt && !failed; i++)
		if (list->elems[i].err)
			failed = kafka_err(e, list->elems[i].err, "ask for offsets", topic);
		else
			printf("%s %" PRId32 " %" PRId64 "\n", topic, list->elems[i].partition,
			    list->elems[i].offset);
	rd_kafka_topic_partition_list_destroy(list);
	return failed;
}

static int
create_all(void *job, char **topics, int n)
{
	return each(job, topics, n, create);
}

static int
delete_all(void *job, char **topics, int n)
{
	return each(job, topics, n, delete);
}

static int
describe_all(void *job, char **topics, int n)
{
	return each(job, topics, n, describe);
}

static int
offsets_all(void *job, char **topics, int n)
{
	return each(job, topics, n, offsets);
}

static int
list_all(void *arg, char **topics, int n)
{
	struct job *job = arg;
	struct err e;
	json_t *names = admin_list(&job->admin, &e), *name;
	size_t i;

	(void)topics, (void)n;
	if (!names)
		return tool_fail(&e);
	json_array_foreach(names, i, name)
		/* The brokers' own topics begin like this: __consumer_offsets, … */
		if (job->all || strncmp(json_string_value(name), "__", 2) != 0)
			puts(json_string_value(name));
	json_decref(names);
	return 0;
}

static const struct opt options[] = {
	{ 'p', "partitions", "N", "make N partitions (default: the broker's)" },
	{ 'r', "replication", "N", "keep N copies (default: the broker's)" },
	{ 'c', "set", "NAME=VALUE", "set a property of the topic; may be repeated" },
	{ 'i', "if-not-exists", NULL, "it is no error if the topic is there" },
	{ 'w', "wait", NULL, "wait until every partition has a leader, or the topic is gone" },
	{ 'a', "all", NULL, "list internal topics too" },
	{ 'J', "json", NULL, "print a JSON object for each topic" },
	{ 'o', "offset", "WHERE", "beginning, end, @time, N or -N (default: end)" },
	KAFKA_OPTIONS,
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "COMMAND [OPTION…] [TOPIC…]",
	"Make, list, describe and delete Kafka topics.", options };

static const struct opt_command commands[] = {
	{ "create", "prciw", 1, -1, "[-iw] [-p N] [-r N] [-c NAME=VALUE]… TOPIC…",
	    "Make topics.", create_all },
	{ "list", "a", 0, 0, "[-a]", "Print the names of the topics.", list_all },
	{ "describe", "J", 1, -1, "[-J] TOPIC…",
	    "Print partitions, replicas and what is configured.", describe_all },
	{ "delete", "w", 1, -1, "[-w] TOPIC…", "Delete topics and all that is in them.", delete_all },
	{ "offsets", "o", 1, -1, "[-o WHERE] TOPIC…",
	    "Print a line \"topic partition offset\" for each partition.", offsets_all },
	{ 0 },
};

static void
add_config(struct job *job, const char *pair, struct err *e)
{
	if (job->new.nconfigs < CONFIGS_MAX)
		job->configs[job->new.nconfigs++] = pair;
	else
		err_set(e, EX_USAGE, "--set: %s: more than %d properties", pair, CONFIGS_MAX);
}

/* All options; -1 to go on, else the status to exit with. */
static int
parse(struct opts *o, struct job *job, struct kafka_opts *kafka)
{
	int64_t partitions = -1, replication = -1;
	struct err e = { 0 };
	int c;

	while ((c = opt_next(o)) != -1) {
		if (kafka_opt(kafka, c, optarg, &e))
			continue;
		switch (c) {
		case 'p': num_int(optarg, "--partitions", 1, 100000, &partitions, &e); break;
		case 'r': num_int(optarg, "--replication", 1, 1000, &replication, &e); break;
		case 'c': add_config(job, optarg, &e); break;
		case 'i': job->if_not_exists = true; break;
		case 'w': job->wait = true; break;
		case 'a': job->all = true; break;
		case 'J': job->json = true; break;
		case 'o': admin_where(optarg, &job->where, &e); break;
		case 'h': return opt_help(o);
		case 'V': return opt_version();
		default: return opt_bad(o);
		}
	}
	if (e.status)
		return tool_fail(&e);
	job->new.partitions = (int)partitions;
	job->new.replication = (int)replication;
	job->new.configs = job->configs;
	return -1;
}

int
main(int argc, char **argv)
{
	struct job job = { .where = { .kind = RANGE_END } };
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
	if (admin_open(&job.admin, &kafka, &e) < 0)
		status = tool_fail(&e);
	else
		status = command->run(&job, argv + optind, argc - optind);
	admin_close(&job.admin);
	return tool_end(status);
}
