/* kprod: put lines into a Kafka topic. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/receipt.h"
#include "base/stop.h"
#include "base/tool.h"
#include "kafka/exact.h"
#include "kafka/feed.h"
#include "kafka/ledger.h"

#define MAX_LINE (1024 * 1024)
#define MAX_LINE_MAX (512 * 1024 * 1024)
#define REFUSALS_SHOWN 10

enum { OPT_MAX_LINE = OPT_LONG, OPT_ON_ERROR, OPT_REJECT, OPT_CREATE, OPT_RECEIPT,
	OPT_ID, OPT_POSITION };

static const struct opt options[] = {
	KAFKA_OPTIONS,
	{ 't', "topic", "TOPIC", "the topic, instead of the first operand" },
	{ 'p', "partition", "N", "put all records there (default: where the key says)" },
	{ 'D', "delimiter", "BYTES", "what ends a record (default: \\n)" },
	RECORD_OPTIONS,
	{ 'z', "compress", "CODEC", "none, gzip, snappy, lz4 or zstd (default: none)" },
	{ 'c', "count", "N", "stop after N records" },
	{ 'r', "rate", "N", "at most N records a second" },
	{ OPT_MAX_LINE, "max-line", "SIZE", "refuse longer records (default: 1M)" },
	{ OPT_ON_ERROR, "on-error", "WHAT", "stop or skip at a refused record (default: stop)" },
	{ OPT_REJECT, "reject", "FILE", "append refused records to FILE" },
	{ OPT_CREATE, "create", NULL, "make the topic if there is none" },
	{ OPT_RECEIPT, "receipt", "FILE", "write a JSON account of the run" },
	{ 'E', "exact", NULL, "take a framed stream, each record exactly once; wants --id" },
	{ OPT_ID, "id", "ID", "under which positions are kept and others are shut out" },
	{ OPT_POSITION, "position", NULL, "print the positions of --id, for ktail --from -" },
	{ 'q', "quiet", NULL, "no progress" },
	{ 'v', "verbose", NULL, "say what was done, and what librdkafka does" },
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = {
	"[-J] [-k KEY | -K DELIM] [-p N] [-E --id ID | --id ID --position] TOPIC [FILE…]",
	"Put each line of the input into a Kafka topic.", options };

struct kprod {
	struct kafka_opts kafka;
	struct producer_config to;
	struct feed feed;
	const char *reject_path, *receipt_path;
	const char *id;
	int64_t partition;
	bool exact, position;
	bool quiet, verbose;
	int status;
	struct receipt account;
	json_t *positions;
};

static void
on_refused(void *arg, const char *subject, uint64_t line, const char *why)
{
	struct kprod *k = arg;

	if (k->feed.rejected <= REFUSALS_SHOWN)
		tool_warn("refuse: %s line %" PRIu64 ": %s", subject, line, why);
	if (k->feed.rejected == REFUSALS_SHOWN)
		tool_warn("refuse: %s: further records are only counted", subject);
	k->status = tool_worse(k->status, EX_NO);
}

static void
report(struct kprod *k, const struct err *e)
{
	k->status = tool_worse(k->status, tool_fail(e));
}

static void
send_file(struct kprod *k, const char *path)
{
	struct err e;
	int fd = io_open(path, &e);

	if (fd < 0) {
		report(k, &e);
		k->feed.done = e.status == EX_TEMPFAIL; /* a stop is not this file's alone */
		return;
	}
	if (feed_file(&k->feed, fd, fd == STDIN_FILENO ? "standard input" : path, &e) < 0)
		report(k, &e);
	if (fd != STDIN_FILENO)
		close(fd);
}

/* However it ends: what is there from the run before would be taken for this one's. */
static void
write_receipt(struct kprod *k)
{
	struct err e;

	if (k->receipt_path &&
	    receipt_write(k->receipt_path, "kprod", &k->account, k->positions, k->status, &e) < 0)
		report(k, &e);
	json_decref(k->positions);
}

static void
account(struct kprod *k)
{
	const struct producer_count *n = producer_count(k->feed.producer);
	uint64_t missing = n->records - n->acked - n->refused;

	k->account = (struct receipt){ k->feed.records, k->feed.bytes, n->acked, n->acked_bytes,
		k->feed.rejected, k->account.began };
	if (missing || k->verbose)
		tool_warn("write: %s: %" PRIu64 " records acknowledged, %" PRIu64 " not", k->to.topic,
		    n->acked, missing);
	if (k->feed.rejected)
		tool_warn("write: %s: %" PRIu64 " records refused", k->to.topic, k->feed.rejected);
}

static void
send_files(struct kprod *k, char **path, int npaths)
{
	struct err e;

	progress_begin(&k->feed.progress, k->quiet, npaths ? -1 : STDIN_FILENO);
	if (npaths == 0)
		send_file(k, "-");
	for (int i = 0; i < npaths && !k->feed.done; i++)
		send_file(k, path[i]);
	progress_end(&k->feed.progress);
	if (k->feed.reject && feed_reject_close(&k->feed, &e) < 0)
		report(k, &e);
	account(k);
}

static void
run(struct kprod *k, char **path, int npaths)
{
	struct err e;
	int rc = k->reject_path ? feed_reject_open(&k->feed, k->reject_path, &e) : 0;

	k->to.refused = feed_refused, k->to.arg = &k->feed;
	k->feed.refused = on_refused, k->feed.arg = k;
	if (rc == 0)
		k->feed.producer = producer_open(&k->to, &e);
	if (k->feed.producer)
		send_files(k, path, npaths);
	else
		report(k, &e);
	k->positions = producer_positions(k->feed.producer);
	producer_close(k->feed.producer);
}

static void
run_exact(struct kprod *k)
{
	struct exact x = { .out = { .to = k->to, .id = k->id, .format = k->feed.format,
		.account = k->account, .txn.note = tool_fail } };
	struct err e;

	progress_begin(&x.progress, k->quiet, STDIN_FILENO);
	k->status = exact_run(&x, STDIN_FILENO, "standard input", &e);
	progress_end(&x.progress);
	if (k->status < 0)
		k->status = tool_fail(&e);
	k->account = x.out.account;
	if (k->verbose)
		tool_warn("write: %s: %" PRIu64 " records committed, %" PRIu64 " not", k->to.topic,
		    k->account.records_out, k->account.records_in - k->account.records_out);
	k->positions = producer_positions(x.out.producer);
	replay_close(&x.out);
}

static void
print_positions(struct kprod *k)
{
	const struct ledger ledger = { &k->kafka, k->id, k->to.topic };
	struct buf list = { 0 };
	struct err e;
	int rc = ledger_list(&ledger, &list, &e);

	if (rc == 0)
		rc = tool_write(list.p, list.len, &e);
	buf_free(&list);
	if (rc < 0)
		report(k, &e);
}

static int
set_on_error(struct kprod *k, const char *what, struct err *e)
{
	k->feed.skip = strcmp(what, "skip") == 0;
	if (!k->feed.skip && strcmp(what, "stop") != 0)
		return err_set(e, EX_USAGE, "--on-error: %s: wants stop or skip", what);
	return 0;
}

static int
set_option(struct kprod *k, int c, const char *arg, struct err *e)
{
	struct feed *f = &k->feed;
	int rc;

	switch (c) {
	case 't': k->to.topic = arg; return 0;
	case 'p': return num_int(arg, "--partition", 0, INT32_MAX, &k->partition, e);
	case 'D': return lines_delim(arg, "--delimiter", f->delim, &f->ndelim, e);
	case 'z': return kafka_codec(&k->kafka, arg, e);
	case 'c': return num_int(arg, "--count", 1, INT64_MAX, &f->count, e);
	case 'r': return num_real(arg, "--rate", 0.001, 1e9, &f->rate, e);
	case OPT_MAX_LINE: return num_size(arg, "--max-line", 1, MAX_LINE_MAX, &f->max_line, e);
	case OPT_ON_ERROR: return set_on_error(k, arg, e);
	case OPT_REJECT: k->reject_path = arg; return 0;
	case OPT_CREATE: k->to.create = true; return 0;
	case OPT_RECEIPT: k->receipt_path = arg; return 0;
	case 'E': k->exact = true; return 0;
	case OPT_ID: k->id = arg; return ledger_id(arg, e);
	case OPT_POSITION: k->position = true; return 0;
	case 'q': k->quiet = true; return 0;
	case 'v': k->verbose = k->kafka.verbose = true; return 0;
	default:
		rc = record_opt(&f->format, c, arg, e);
		return rc ? rc : kafka_opt(&k->kafka, c, arg, e);
	}
}

static int
check_exact(const struct kprod *k, int operands, struct err *e)
{
	const struct feed *f = &k->feed;

	if (k->exact == k->position)
		return err_set(e, EX_USAGE, k->exact ? "--exact and --position: only one of them" :
		    "--id: only with --exact or --position");
	if (!k->id)
		return err_set(e, EX_USAGE, "%s: wants --id too", k->exact ? "--exact" : "--position");
	if (operands)
		return err_set(e, EX_USAGE, "--id: reads no files, only a framed standard input");
	if (f->skip || f->rate > 0 || f->count >= 0 || f->ndelim != 1 || *f->delim != '\n')
		return err_set(e, EX_USAGE, "--exact: -c, -D, -r and --on-error skip do not apply");
	return 0;
}

/* What does not go together. */
static int
check_options(const struct kprod *k, int operands, struct err *e)
{
	if (record_check(&k->feed.format, e) < 0)
		return -1;
	if (k->reject_path && !k->feed.skip)
		return err_set(e, EX_USAGE, "--reject: only with --on-error skip");
	if (!k->to.topic)
		return err_set(e, EX_USAGE, "no topic given");
	return k->id || k->exact || k->position ? check_exact(k, operands, e) : 0;
}

int
main(int argc, char **argv)
{
	struct kprod k = {
		.partition = RD_KAFKA_PARTITION_UA, .to.kafka = &k.kafka, .account.began = io_now(),
		.feed = { .delim = "\n", .ndelim = 1, .max_line = MAX_LINE, .count = -1 },
	};
	struct opts o;
	struct err e = { 0 };
	int c;

	tool_begin();
	kafka_opts_begin(&k.kafka);
	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 'h': return opt_help(&o);
		case 'V': return opt_version();
		case '?': return opt_bad(&o);
		default:
			if (set_option(&k, c, optarg, &e) < 0)
				return tool_fail(&e);
		}
	argc -= optind, argv += optind;
	if (!k.to.topic && argc > 0)
		k.to.topic = *argv++, argc--;
	if (check_options(&k, argc, &e) < 0)
		return tool_fail(&e);
	k.to.partition = (int32_t)k.partition;
	k.to.max_record = (size_t)k.feed.max_line;
	if (stop_begin(&e) < 0)
		return tool_fail(&e);
	k.position ? print_positions(&k) : k.exact ? run_exact(&k) : run(&k, argv, argc);
	write_receipt(&k);
	record_format_free(&k.feed.format);
	return tool_end(k.status);
}
