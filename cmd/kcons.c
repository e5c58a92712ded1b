/* kcons: print the records of Kafka topics. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/lines.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/stop.h"
#include "base/tool.h"
#include "base/when.h"
#include "kafka/envelope.h"
#include "kafka/format.h"
#include "kafka/pump.h"

enum { OPT_MEMBER = OPT_LONG, OPT_UNTIL, OPT_RECEIPT, OPT_FROM, OPT_CMD };

static const struct opt options[] = {
	{ 'o', "offset", "WHERE", "begin at: beginning, end, stored, N, -N (the last N of each\n"
	    "partition), @TIME; with -G only where nothing is stored" },
	{ OPT_UNTIL, "until", "TIME", "end where records of this time begin" },
	{ 'p', "partitions", "LIST", "only these, such as 0,2,5-7" },
	{ 'e', "exit", NULL, "end at the end of the topic" },
	{ 'c', "count", "N", "end after N records" },
	{ 'G', "group", "GROUP", "share the partitions with a group, from its stored positions" },
	{ OPT_MEMBER, "member", "NAME", "static membership: NAME is one of the group for good" },
	{ 'f', "format", "FORMAT", "print %s value %k key %t topic %p partition %o offset\n"
	    "%T timestamp %h headers %S %K lengths %R binary length" },
	{ 'J', "json", NULL, "print each record as a line of JSON, for kprod -J" },
	{ 'D', "delimiter", "BYTES", "behind each record (default: \\n)" },
	{ 'K', "key-delimiter", "BYTES", "print the key and this before the value" },
	{ 't', "topic", "TOPIC", "the same as an operand" },
	{ 'E', "exact", NULL, "a framed stream, from the positions of the sink that reads it" },
	{ OPT_FROM, "offsets-from", "FILE", "with -E: the list of those positions; - is standard input" },
	{ OPT_CMD, "offsets-cmd", "CMD", "with -E: or sh -c CMD prints it, at each assignment" },
	{ OPT_RECEIPT, "receipt", "FILE", "write a JSON account of the run" },
	{ 'q', "quiet", NULL, "no progress line" },
	{ 'v', "verbose", NULL, "tell of assignments and ends of partitions" },
	KAFKA_OPTIONS,
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "[-e] [-o WHERE] [-c N] [-G GROUP] [-f FORMAT] TOPIC…",
	"Print the records of Kafka topics.", options };

struct kcons {
	struct kafka_opts kafka;
	struct consumer_opts consume;
	const char **topics;
	size_t ntopics;
	const char *format, *receipt_path, *offsets_from, *offsets_cmd;
	char delim[LINES_DELIM_MAX], key_delim[LINES_DELIM_MAX];
	size_t ndelim, nkey;
	bool json, keys, delimited, framed, quiet;
	int64_t count;

	struct format *printer;
	struct source source;
	struct pump pump;
	int64_t began;
};

static int
parse_delim(const char *arg, const char *what, char out[LINES_DELIM_MAX], size_t *len,
    struct err *e)
{
	*len = 0;
	return *arg ? lines_delim(arg, what, out, len, e) : 0;
}

static int
take_option(struct kcons *k, int c, const char *arg, struct err *e)
{
	struct consumer_opts *o = &k->consume;

	switch (c) {
	case 'o':
		o->start_given |= strncmp(arg, "e@", 2) != 0; /* that is an end */
		return range_parse(arg, &o->start, &o->until, e);
	case OPT_UNTIL: return when_option(arg, "--until", &o->until, e);
	case 'p': return range_parts(arg, &o->parts, e);
	case 'e': o->ends = true; return 0;
	case 'c': return num_int(arg, "--count", 1, INT64_MAX, &k->count, e);
	case 'G': o->group = arg; return 0;
	case OPT_MEMBER: o->member = arg; return 0;
	case 'f': k->format = arg; return 0;
	case 'J': k->json = true; return 0;
	case 'E': k->framed = true; return 0;
	case OPT_FROM: k->offsets_from = arg; return 0;
	case OPT_CMD: k->offsets_cmd = arg; return 0;
	case 'D':
		k->delimited = true;
		return parse_delim(arg, "--delimiter", k->delim, &k->ndelim, e);
	case 'K':
		k->keys = true;
		return parse_delim(arg, "--key-delimiter", k->key_delim, &k->nkey, e);
	case 't': k->topics[k->ntopics++] = arg; return 0;
	case OPT_RECEIPT: k->receipt_path = arg; return 0;
	case 'q': k->quiet = true; return 0;
	case 'v': o->verbose = k->kafka.verbose = true; return 0;
	default: return kafka_opt(&k->kafka, c, arg, e) < 0 ? -1 : 0;
	}
}

static int
check_exact(const struct kcons *k, struct err *e)
{
	if (!k->framed)
		return k->offsets_from || k->offsets_cmd ?
		    err_set(e, EX_USAGE, "--offsets-from, --offsets-cmd: want --exact") : 0;
	if (k->offsets_from && k->offsets_cmd)
		return err_set(e, EX_USAGE, "--offsets-from, --offsets-cmd: leave out one of the two");
	if (k->format || k->keys || k->delimited)
		return err_set(e, EX_USAGE, "--exact: frames hold values or, with --json, all of a record; "
		    "leave out --format, --delimiter and --key-delimiter");
	if (k->consume.start.kind == RANGE_STORED)
		return err_set(e, EX_USAGE, "--exact: begins where the sink is, not where the group is; "
		    "leave out --offset=stored");
	return 0;
}

static int
check_options(const struct kcons *k, struct err *e)
{
	const struct consumer_opts *o = &k->consume;

	if (k->ntopics == 0)
		return err_set(e, EX_USAGE, "no topic given");
	if ((o->group && !*o->group) || (o->member && !*o->member))
		return err_set(e, EX_USAGE, "%s: wants a name, and this one is empty",
		    o->group && !*o->group ? "--group" : "--member");
	if (!o->group && (o->member || o->start.kind == RANGE_STORED))
		return err_set(e, EX_USAGE, "%s: wants a group, --group",
		    o->member ? "--member" : "--offset=stored");
	if (k->json && k->format)
		return err_set(e, EX_USAGE, "--json: has a form of its own; leave out --format");
	if (o->group && o->parts.n)
		return err_set(e, EX_USAGE, "--partitions: a group shares them out itself; "
		    "leave out one of the two");
	return check_exact(k, e);
}

/* 0 to go on, else the status to exit with, said; *done if there is nothing to do. */
static int
parse(struct kcons *k, int argc, char **argv, bool *done)
{
	struct opts o;
	struct err e = { 0 };
	int c;

	*done = true;
	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 'h': return opt_help(&o);
		case 'V': return opt_version();
		case '?': return opt_bad(&o);
		default:
			if (take_option(k, c, optarg, &e) < 0)
				return tool_fail(&e);
		}
	for (int i = optind; i < argc; i++)
		k->topics[k->ntopics++] = argv[i];
	if (check_options(k, &e) < 0) {
		tool_fail(&e);
		return opt_bad(&o);
	}
	k->printer = k->format ? format_compile(k->format, &e) :
	    format_delimited(k->keys ? k->key_delim : NULL, k->nkey, k->delim, k->ndelim);
	*done = !k->printer;
	return *done ? tool_fail(&e) : 0;
}

static void
print_json(void *arg, const rd_kafka_message_t *m, struct buf *out)
{
	(void)arg;
	envelope_write(out, m);
	buf_addc(out, '\n');
}

static void
print_format(void *arg, const rd_kafka_message_t *m, struct buf *out)
{
	format_record(arg, m, out);
}

/* Ask for the topics; how many there are is left in ntopics.  Of a framed stream none may
 * be missing. */
static int
add_topics(struct kcons *k)
{
	size_t asked = k->ntopics;
	struct err e;
	int status = 0;

	k->ntopics = 0;
	for (size_t i = 0; i < asked && status <= (k->framed ? 0 : EX_NO); i++)
		if (consumer_add(k->pump.consumer, k->topics[i], &e) < 0)
			status = tool_worse(status, tool_fail(&e));
		else
			k->ntopics++;
	return status;
}

/* Pump, and end as it must be; status is that of the topics. */
static int
pump(struct kcons *k, int status)
{
	struct pump *p = &k->pump;
	struct err e;
	int rc = 0;

	progress_begin(&p->progress, k->quiet, STDOUT_FILENO);
	if (k->framed && status) {
		status = pump_fail(p, status) < 0 ? status : 0;
	} else if (k->ntopics && status <= EX_NO) {
		rc = consumer_start(p->consumer, &e);
		rc = rc < 0 ? pump_fail(p, e.status) : pump_run(p, &e);
	}
	progress_end(&p->progress);
	if (rc < 0 && !p->gone)
		status = tool_worse(status, tool_fail(&e));
	if (pump_end(p, &e) < 0 && !p->gone && status <= EX_NO)
		status = tool_worse(status, tool_fail(&e));
	return status;
}

static int
begin_output(struct kcons *k, struct err *e)
{
	struct pump *p = &k->pump;

	/* What a reader that dies leaves in the pipe is lost once the group has it as read. */
	if (k->framed || !k->consume.group)
		io_widen(STDOUT_FILENO);
	p->out = output_open(STDOUT_FILENO, "standard output", consumer_wake_fd(p->consumer), e);
	if (!p->out || !k->framed)
		return p->out ? 0 : -1;
	return source_start(&k->source, p->consumer, p->out, k->json, e);
}

static int
consume(struct kcons *k)
{
	struct pump *p = &k->pump;
	struct err e;
	int status;

	*p = (struct pump){ .print = k->json ? print_json : print_format, .arg = k->printer,
		.count = k->count };
	k->began = io_now();
	if (k->framed) {
		source_begin(&k->source, k->offsets_from, k->offsets_cmd);
		k->consume.exact = &k->source.hooks;
		p->source = &k->source;
	}
	if (stop_begin(&e) < 0 || !(p->consumer = consumer_open(&k->kafka, &k->consume, &e)))
		return tool_fail(&e);
	status = begin_output(k, &e) == 0 ? pump(k, add_topics(k)) : tool_fail(&e);
	if (p->out && k->receipt_path &&
	    pump_receipt(p, k->receipt_path, "kcons", k->began, status, &e) < 0)
		status = tool_worse(status, tool_fail(&e));
	consumer_close(p->consumer);
	source_free(&k->source);
	if (p->gone)
		tool_die_of_sigpipe();
	return status;
}

int
main(int argc, char **argv)
{
	struct kcons k = { .count = INT64_MAX, .consume = { .until = -1, .say = tool_warn },
		.delim = "\n", .ndelim = 1 };
	bool done;
	int status;

	tool_begin();
	kafka_opts_begin(&k.kafka);
	k.topics = mem_alloc((size_t)argc * sizeof *k.topics);
	status = parse(&k, argc, argv, &done);
	if (!done)
		status = tool_end(consume(&k));
	format_free(k.printer);
	free(k.topics);
	return status;
}
