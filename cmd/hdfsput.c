/* hdfsput: standard input into HDFS, as one file or as rolling files by event time. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hook.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/progress.h"
#include "base/receipt.h"
#include "base/stop.h"
#include "base/tool.h"
#include "sink/inflow.h"
#include "sink/put.h"
#include "store/location.h"

#define MB (1024 * 1024)
#define MEMORY (256 * MB)
#define MEMORY_MAX ((int64_t)1024 * 1024 * MB)
#define ROLL_SIZE (128 * MB)
#define ROLL_MS 30000
#define DAY_MS (24 * 3600 * 1000)

enum { OPT_TIME = OPT_LONG, OPT_ROLL_SIZE, OPT_ROLL_TIME, OPT_ROLL_RECORDS, OPT_OFFSETS, OPT_MEMORY,
	OPT_TIMEOUT, OPT_RECEIPT, OPT_ON_COMMIT };

static const struct opt options[] = {
	{ 'd', "directory", "DIR", "write rolling files below DIR, one directory a partition" },
	{ 'E', "exact", NULL, "with -d: input is a framed stream, whose positions are kept in DIR" },
	{ OPT_OFFSETS, "offsets", NULL, "print the positions kept in DIR, and write nothing" },
	{ 'f', "force", NULL, "replace FILE if it exists" },
	{ 'p', "pattern", "PATTERN", "a partition's directory (default:\n" PATTERN_DEFAULT ")" },
	{ OPT_TIME, "time", "KIND", "where a line's time is: clf (default), iso, json:FIELD,\nor arrival" },
	{ OPT_ROLL_SIZE, "roll-size", "SIZE", "bytes of a file before compression (default: 128M)" },
	{ OPT_ROLL_TIME, "roll-time", "TIME", "how long a file stays open (default: 30s)" },
	{ OPT_ROLL_RECORDS, "roll-records", "N", "lines of a file (default: no limit)" },
	{ 'z', "compress", "CODEC", "gzip, or none (default)" },
	{ OPT_MEMORY, "memory", "SIZE", "for all buffers together (default: 256M)" },
	{ OPT_TIMEOUT, "timeout", "TIME", "how long a server may be away (default: 5m; with -E: for ever,\nonce it has answered)" },
	{ OPT_ON_COMMIT, "on-commit", "CMD", "run CMD with the paths of what has landed on its input" },
	{ OPT_RECEIPT, "receipt", "FILE", "write a JSON account of the run" },
	{ 'q', "quiet", NULL, "no progress line" },
	{ 'v', "verbose", NULL, "name each file that has landed, and each retry" },
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = {
	"[OPTION…] FILE\n       hdfsput [OPTION…] [-E] -d DIR\n       hdfsput --offsets -d DIR",
	"Write standard input to a file in HDFS, or to rolling files by event time.", options };

struct run {
	const char *dir, *file, *receipt; /* one of dir and file */
	const char *on_commit;
	struct hook *hook; /* that runs it, or NULL */
	struct pattern pattern;
	struct stamp stamp;
	struct roll_opts roll;
	struct put put;
	struct progress progress;
	int64_t began;
	bool quiet, exact, offsets;
	bool of_dir; /* an option that wants -d */
	char *first, *last;          /* landed */
};

/* These two are called from the upload threads, one at a time. */
static void
on_found(void *ctx, const char *path)
{
	struct run *r = ctx;

	if (r->hook)
		hook_add(r->hook, path);
}

static void
on_landed(void *ctx, const char *path, uint64_t bytes, uint64_t records)
{
	struct run *r = ctx;
	char *name = store_name(r->put.store, path);

	if (r->put.retry.verbose && r->dir)
		tool_warn("landed: %s: %" PRIu64 " records, %" PRIu64 " bytes", name, records, bytes);
	else if (r->put.retry.verbose)
		tool_warn("landed: %s: %" PRIu64 " bytes", name, bytes);
	if (!r->first)
		r->first = mem_dup(name);
	free(r->last);
	r->last = name;
	on_found(ctx, path);
}

static void
note(const char *text)
{
	tool_warn("%s", text);
}

static int
print_offsets(struct store *s, const char *dir, struct err *e)
{
	struct buf list = { 0 };
	int rc = inflow_offsets(s, dir, &list, e);

	if (rc == 0)
		rc = tool_write(list.p, list.len, e);
	buf_free(&list);
	return rc;
}

static int
put(struct run *r, struct err *e)
{
	char *path;
	int status;

	r->put.store = store_open(r->dir ? r->dir : r->file, &r->put.retry, &path, e);
	if (!r->put.store)
		return -1;
	r->roll.pattern = &r->pattern;
	r->put.landed = on_landed;
	r->put.found = on_found;
	r->put.ctx = r;
	r->put.progress = &r->progress;
	if (r->offsets)
		status = print_offsets(r->put.store, path, e);
	else if (r->exact)
		status = inflow_put(&r->put, path, &r->stamp, &r->roll, e);
	else
		status = r->dir ? put_dir(&r->put, path, &r->stamp, &r->roll, e) :
		    put_file(&r->put, path, e);
	store_close(r->put.store);
	free(path);
	return status;
}

/* What a failed run has done, so that somebody can decide how to go on. */
static void
account(const struct run *r)
{
	const struct put *p = &r->put;

	if (r->dir)
		tool_warn("%" PRIu64 " files with %" PRIu64 " records have landed, %" PRIu64
		    " records that were read have not", p->totals.files, p->totals.records,
		    p->records - p->totals.records);
	else if (p->totals.files == 0)
		tool_warn("%" PRIu64 " bytes were read, and no file has landed", p->bytes);
}

static int
write_receipt(const struct run *r, int status, struct err *e)
{
	const struct put *p = &r->put;
	struct receipt receipt = {
		.records_in = p->records, .bytes_in = p->bytes,
		.records_out = p->totals.records, .bytes_out = p->totals.bytes, .began = r->began,
	};
	json_t *where = json_pack("{s:I, s:s?, s:s?}", "files", (json_int_t)p->totals.files,
	    "first", r->first, "last", r->last);
	int written = receipt_write(r->receipt, "hdfsput", &receipt, where, status, e);

	json_decref(where);
	return written;
}

static int
run(struct run *r)
{
	struct err e = { 0 };
	uint64_t not_told;
	int status = 0;

	r->began = io_now();
	if (stop_begin(&e) < 0 || (r->on_commit && (r->hook = hook_open(r->on_commit, note, &e)) == NULL))
		return tool_fail(&e);
	/* What CMD says may go to the terminal. */
	progress_begin(&r->progress, r->quiet, r->on_commit ? STDOUT_FILENO : STDIN_FILENO);
	if (put(r, &e) < 0)
		status = e.status;
	progress_end(&r->progress);
	not_told = hook_close(r->hook);
	if (status) {
		tool_fail(&e);
		if (r->put.bytes)
			account(r);
	}
	if (not_told)
		status = tool_worse(status, EX_NO);
	if (r->receipt && write_receipt(r, status, &e) < 0)
		status = tool_worse(status, tool_fail(&e));
	free(r->first);
	free(r->last);
	return status;
}

static void
set_codec(struct run *r, const char *codec, struct err *e)
{
	r->put.gzip = strcmp(codec, "gzip") == 0;
	if (!r->put.gzip && strcmp(codec, "none") != 0)
		err_set(e, EX_USAGE, "--compress: %s: wants gzip or none", codec);
}

/* -1 to go on, else the status to exit with. */
static int
parse_options(struct run *r, struct opts *o, struct err *e)
{
	int c;

	while (!e->status && (c = opt_next(o)) != -1) {
		r->of_dir |= strchr("Epz", c) || (c >= OPT_TIME && c <= OPT_OFFSETS);
		switch (c) {
		case 'd': r->dir = optarg; break;
		case 'E': r->exact = true; break;
		case OPT_OFFSETS: r->offsets = true; break;
		case 'f': r->put.replace = true; break;
		case 'p': pattern_parse(optarg, &r->pattern, e); break;
		case 'z': set_codec(r, optarg, e); break;
		case 'q': r->quiet = true; break;
		case 'v': r->put.retry.verbose++; break;
		case OPT_TIME: stamp_parse(optarg, &r->stamp, e); break;
		case OPT_ROLL_SIZE:
			num_size(optarg, "--roll-size", 1, INT64_MAX, &r->roll.size, e);
			break;
		case OPT_ROLL_TIME: num_span(optarg, "--roll-time", 1, DAY_MS, &r->roll.ms, e); break;
		case OPT_ROLL_RECORDS:
			num_int(optarg, "--roll-records", 1, INT64_MAX, &r->roll.records, e);
			break;
		case OPT_MEMORY:
			num_size(optarg, "--memory", PUT_MEMORY_MIN, MEMORY_MAX, &r->put.memory, e);
			break;
		case OPT_TIMEOUT:
			num_span(optarg, "--timeout", 1, DAY_MS, &r->put.retry.timeout_ms, e);
			r->put.patient = false;
			break;
		case OPT_ON_COMMIT: r->on_commit = optarg; break;
		case OPT_RECEIPT: r->receipt = optarg; break;
		case 'h': return opt_help(o);
		case 'V': return opt_version();
		default: return opt_bad(o);
		}
	}
	return e->status ? tool_fail(e) : -1;
}

int
main(int argc, char **argv)
{
	struct run r = {
		.stamp.kind = STAMP_CLF,
		.roll = { .size = ROLL_SIZE, .records = INT64_MAX, .ms = ROLL_MS },
		.put = {
			.fd = STDIN_FILENO, .memory = MEMORY, .patient = true,
			.retry = { .timeout_ms = STORE_TIMEOUT_MS, .note = note },
		},
	};
	struct opts o;
	struct err e = { 0 };
	int status;

	tool_begin();
	pattern_parse(PATTERN_DEFAULT, &r.pattern, &e);
	opt_begin(&o, &usage, argc, argv);
	status = parse_options(&r, &o, &e);
	if (status >= 0)
		return status;
	if (argc - optind != !r.dir) {
		tool_warn("operand: wants one FILE, or -d DIR and none");
		return opt_bad(&o);
	}
	if (r.dir ? r.put.replace : r.of_dir) {
		tool_warn(r.dir ? "-f: is for a FILE: rolling files replace nothing" :
		    "-d: is missing: patterns, times, rolling and -z are for directories");
		return opt_bad(&o);
	}
	r.file = argv[optind];
	if (r.file && (!*r.file || r.file[strlen(r.file) - 1] == '/')) {
		char *shown = location_shown(r.file);

		tool_warn("write: %s: is no file's name: name a file in it, or use -d", shown);
		free(shown);
		return opt_bad(&o);
	}
	return tool_end(run(&r));
}
