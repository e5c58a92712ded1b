/* kprod: put lines into a Kafka topic. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/receipt.h"
#include "base/stop.h"
#include "base/tool.h"
#include "kafka/feed.h"

#define MAX_LINE (1024 * 1024)
#define MAX_LINE_MAX (512 * 1024 * 1024)
#define REFUSALS_SHOWN 10

enum { OPT_MAX_LINE = OPT_LONG, OPT_ON_ERROR, OPT_REJECT, OPT_CREATE, OPT_RECEIPT };

static const struct opt options[] = {
	KAFKA_OPTIONS,
	{ 't', "topic", "TOPIC", "the topic, instead of the first operand" },
	{ 'p', "partition", "N", "put all records there (default: where the key says)" },
	{ 'D', "delimiter", "BYTES", "what ends a record (default: \\n)" },
	{ 'K', "key-delimiter", "BYTES", "what ends the key at the start of each record" },
	{ 'k', "key", "KEY", "the key of every record" },
	{ 'H', "header", "NAME=VALUE", "a header for every record; may be repeated" },
	{ 'J', "json", NULL, "lines are the JSON envelopes of kcons -J" },
	{ 'Z', "null", NULL, "an empty key or value is null" },
	{ 'z', "compress", "CODEC", "none, gzip, snappy, lz4 or zstd (default: none)" },
	{ 'c', "count", "N", "stop after N records" },
	{ 'r', "rate", "N", "at most N records a second" },
	{ OPT_MAX_LINE, "max-line", "SIZE", "refuse longer records (default: 1M)" },
	{ OPT_ON_ERROR, "on-error", "WHAT", "stop or skip at a refused record (default: stop)" },
	{ OPT_REJECT, "reject", "FILE", "append refused records to FILE" },
	{ OPT_CREATE, "create", NULL, "make the topic if there is none" },
	{ OPT_RECEIPT, "receipt", "FILE", "write a JSON account of the run" },
	{ 'q', "quiet", NULL, "no progress" },
	{ 'v', "verbose", NULL, "say what was done, and what librdkafka does" },
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "[-J] [-k KEY | -K DELIM] [-p N] TOPIC [FILE…]",
	"Put each line of the input into a Kafka topic.", options };

struct kprod {
	struct kafka_opts kafka;
	struct producer_config to;
	struct feed feed;
	const char *reject_path, *receipt_path;
	char *codec;
	bool quiet, verbose;
	int status;
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
		return;
	}
	if (feed_file(&k->feed, fd, fd == STDIN_FILENO ? "standard input" : path, &e) < 0)
		report(k, &e);
	if (fd != STDIN_FILENO)
		close(fd);
}

static void
close_reject(struct kprod *k)
{
	struct err e;
	bool bad = ferror(k->feed.reject);

	if (fclose(k->feed.reject) == 0 && !bad)
		return;
	err_sys(&e, errno, "write", k->reject_path);
	e.status = EX_IOERR;
	report(k, &e);
}

static void
account(struct kprod *k, int64_t began)
{
	const struct producer_count *n = producer_count(k->feed.producer);
	uint64_t missing = n->records - n->acked - n->refused;
	struct receipt r = { k->feed.records, k->feed.bytes, n->acked, n->acked_bytes,
		k->feed.rejected, began };
	json_t *positions = producer_positions(k->feed.producer);
	struct err e;

	if (missing || k->verbose)
		tool_warn("write: %s: %" PRIu64 " records acknowledged, %" PRIu64 " not", k->to.topic,
		    n->acked, missing);
	if (k->feed.rejected)
		tool_warn("write: %s: %" PRIu64 " records refused", k->to.topic, k->feed.rejected);
	if (k->receipt_path &&
	    receipt_write(k->receipt_path, "kprod", &r, positions, k->status, &e) < 0)
		report(k, &e);
	json_decref(positions);
}

static void
send_files(struct kprod *k, char **path, int npaths)
{
	int64_t began = io_now();

	progress_begin(&k->feed.progress, k->quiet);
	if (npaths == 0)
		send_file(k, "-");
	for (int i = 0; i < npaths && !k->feed.done; i++)
		send_file(k, path[i]);
	progress_end(&k->feed.progress);
	if (k->feed.reject)
		close_reject(k);
	account(k, began);
}

static int
run(struct kprod *k, char **path, int npaths)
{
	struct err e;

	if (stop_begin(&e) < 0)
		return tool_fail(&e);
	if (k->reject_path && !(k->feed.reject = fopen(k->reject_path, "a"))) {
		err_sys(&e, errno, "open", k->reject_path);
		return tool_fail(&e);
	}
	k->to.kafka = &k->kafka;
	k->to.max_record = (size_t)k->feed.max_line;
	k->to.refused = feed_refused;
	k->to.arg = &k->feed;
	k->feed.refused = on_refused;
	k->feed.arg = k;
	k->feed.producer = producer_open(&k->to, &e);
	if (!k->feed.producer)
		return tool_fail(&e);
	send_files(k, path, npaths);
	producer_close(k->feed.producer);
	return k->status;
}

static int
set_codec(struct kprod *k, const char *name, struct err *e)
{
	static const char *const codecs[] = { "none", "gzip", "snappy", "lz4", "zstd" };

	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
		if (strcmp(name, codecs[i]) == 0) {
			free(k->codec);
			k->codec = mem_printf("compression.codec=%s", name);
			return 0;
		}
	return err_set(e, EX_USAGE, "--compress: %s: wants none, gzip, snappy, lz4 or zstd", name);
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
set_partition(struct kprod *k, const char *arg, struct err *e)
{
	int64_t n = -1;

	if (num_int(arg, "--partition", 0, INT32_MAX, &n, e) < 0)
		return -1;
	k->to.partition = (int32_t)n;
	return 0;
}

static int
set_option(struct kprod *k, int c, const char *arg, struct err *e)
{
	struct feed *f = &k->feed;
	struct record_format *format = &f->format;

	switch (c) {
	case 't': k->to.topic = arg; return 0;
	case 'p': return set_partition(k, arg, e);
	case 'D': return lines_delim(arg, "--delimiter", f->delim, &f->ndelim, e);
	case 'K': return lines_delim(arg, "--key-delimiter", format->key_delim, &format->nkey_delim, e);
	case 'k': format->key = arg; return 0;
	case 'H': record_header(format, arg); return 0;
	case 'J': format->json = true; return 0;
	case 'Z': format->null = true; return 0;
	case 'z': return set_codec(k, arg, e);
	case 'c': return num_int(arg, "--count", 0, INT64_MAX, &f->count, e);
	case 'r': return num_real(arg, "--rate", 0.001, 1e9, &f->rate, e);
	case OPT_MAX_LINE: return num_size(arg, "--max-line", 1, MAX_LINE_MAX, &f->max_line, e);
	case OPT_ON_ERROR: return set_on_error(k, arg, e);
	case OPT_REJECT: k->reject_path = arg; return 0;
	case OPT_CREATE: k->to.create = true; return 0;
	case OPT_RECEIPT: k->receipt_path = arg; return 0;
	case 'q': k->quiet = true; return 0;
	case 'v': k->verbose = k->kafka.verbose = true; return 0;
	default: return kafka_opt(&k->kafka, c, arg, e);
	}
}

/* What does not go together. */
static int
check_options(const struct kprod *k, struct err *e)
{
	const struct record_format *format = &k->feed.format;

	if (format->key && format->nkey_delim)
		return err_set(e, EX_USAGE, "--key and --key-delimiter: only one of them");
	if (format->json && (format->key || format->nkey_delim || format->headers || format->null))
		return err_set(e, EX_USAGE,
		    "--json: the envelope has the key, headers and null: -k, -K, -H and -Z do not apply");
	if (k->reject_path && !k->feed.skip)
		return err_set(e, EX_USAGE, "--reject: only with --on-error skip");
	if (!k->to.topic)
		return err_set(e, EX_USAGE, "no topic given");
	return 0;
}

int
main(int argc, char **argv)
{
	struct kprod k = {
		.to.partition = RD_KAFKA_PARTITION_UA,
		.feed = { .delim = "\n", .ndelim = 1, .max_line = MAX_LINE, .count = -1 },
	};
	struct opts o;
	struct err e = { 0 };
	int c, status;

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
	if (check_options(&k, &e) < 0)
		return tool_fail(&e);
	if (k.codec)
		kafka_opt(&k.kafka, 'X', k.codec, &e);
	status = run(&k, argv, argc);
	if (k.feed.format.headers)
		rd_kafka_headers_destroy(k.feed.format.headers);
	free(k.codec);
	return tool_end(status);
}
