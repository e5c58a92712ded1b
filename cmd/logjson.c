/* logjson: access lines become JSON lines. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/stop.h"
#include "base/tool.h"
#include "frame/filter.h"
#include "weblog/clfjson.h"

#define MAX_LINE (1024 * 1024)
#define FLUSH_AT (256 * 1024)
#define REJECTS_SHOWN 10

static const struct opt options[] = {
	{ 's', "strict", NULL, "stop with 65 at the first line that is no access line" },
	{ 'r', "reject", "FILE", "append the lines that are none to FILE" },
	{ 'a', "allow", "N", "end with 0 in spite of up to N such lines (default: 0)" },
	{ 'E', "exact", NULL, "stand in a framed stream (see kpipe-stream(5))" },
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "[-E] [-s | [-a N] [-r FILE]]",
	"Turn access lines, common or combined, into JSON lines.", options };

struct logjson {
	bool strict, exact;
	int64_t allow;
	const char *reject_path; /* or NULL */
	int reject_fd;
	struct buf kept; /* for the reject file */
	struct clfjson json;
	struct lines in;
	uint64_t lines, rejected;
};

/* Lines that are rejected are told with where they stand, the first ones each.  -1 where
 * the first one is to end the run. */
static int
reject(struct logjson *l, const char *where, const char *why, struct err *e)
{
	if (l->strict)
		return err_set(e, EX_DATAERR, "parse: %s: %s: mend it, or leave out --strict", where, why);
	l->rejected++;
	if (l->rejected <= REJECTS_SHOWN)
		tool_warn("parse: %s: %s", where, why);
	if (l->rejected == REJECTS_SHOWN)
		tool_warn("parse: further lines are only counted");
	return 0;
}

/* What is rejected must be in its file before what follows it can count as done. */
static int
flush_rejects(struct logjson *l, struct err *e)
{
	int rc = io_write(l->reject_fd, l->kept.p, l->kept.len, l->reject_path, e);

	l->kept.len = 0;
	if (rc < 0)
		errno = 0; /* it is not standard output whose reader has gone */
	return rc;
}

static int
keep(struct logjson *l, const char *p, size_t len, bool last, struct err *e)
{
	if (!l->reject_path)
		return 0;
	buf_add(&l->kept, p, len);
	if (last)
		buf_addc(&l->kept, '\n');
	return l->kept.len < FLUSH_AT ? 0 : flush_rejects(l, e);
}

static const char *
parse(const struct logjson *l, const char *p, size_t len, struct clf *c)
{
	const char *why = clf_parse(p, len, c);

	return why || !l->strict || !c->more.p ? why : "more behind the agent than the combined format has";
}

/* A record of a framed stream. */
static int
map_record(struct logjson *l, const struct frame *f, const char *p, size_t len, size_t nth,
    struct err *e)
{
	char where[2 * FRAME_NAME_MAX + 32];
	struct clf c;
	const char *why = len > MAX_LINE ? "longer than 1 MiB" : parse(l, p, len, &c);

	l->lines++;
	if (!why) {
		clfjson_add(&l->json, &c);
		return 0;
	}
	snprintf(where, sizeof where, "%s %s %" PRId64, f->stream, f->shard,
	    frame_where(f, nth, (size_t)(p - f->data)));
	return keep(l, p, len, true, e) < 0 ? -1 : reject(l, where, why, e);
}

static int
map_batch(void *ctx, const struct frame *f, struct buf *records, struct err *e)
{
	struct logjson *l = ctx;
	struct frame_walk w = { 0 };
	const char *p;
	size_t len, nth = 0;

	l->json.out.len = 0;
	while (frame_record(f, &w, &p, &len))
		if (map_record(l, f, p, len, nth++, e) < 0)
			return -1;
	if (flush_rejects(l, e) < 0)
		return -1;
	buf_add(records, l->json.out.p, l->json.out.len);
	return 0;
}

static int
reject_line(struct logjson *l, const struct line *line, const char *why, struct err *e)
{
	char where[64];

	snprintf(where, sizeof where, "standard input line %" PRIu64, line->number);
	return reject(l, where, why, e);
}

static int
take(struct logjson *l, enum line_kind kind, const struct line *line, bool *in_long, struct err *e)
{
	struct clf c;
	const char *why;

	if (kind == LINE_WHOLE) {
		l->lines++;
		why = parse(l, line->p, line->len, &c);
		if (!why) {
			clfjson_add(&l->json, &c);
			return 0;
		}
		if (line->number == 1 && line->len >= sizeof FRAME_MAGIC - 1 &&
		    memcmp(line->p, FRAME_MAGIC, sizeof FRAME_MAGIC - 1) == 0)
			return err_set(e, EX_USAGE,
			    "read: standard input: a framed stream, where lines are wanted: give -E");
		return keep(l, line->p, line->len, true, e) < 0 ? -1 : reject_line(l, line, why, e);
	}
	if (keep(l, line->p, line->len, kind == LINE_PART_END, e) < 0)
		return -1;
	if (*in_long) {
		*in_long = kind == LINE_PART;
		return 0;
	}
	*in_long = true;
	l->lines++;
	return reject_line(l, line, "longer than 1 MiB", e);
}

/* Write what is ready.  It comes before what e says, if that is set. */
static int
flush(struct logjson *l, int rc, struct err *e)
{
	struct buf *b = &l->json.out;
	struct err write;

	if (flush_rejects(l, &write) < 0 ||
	    (b->len && io_write(STDOUT_FILENO, b->p, b->len, "standard output", &write) < 0)) {
		*e = write;
		return -1;
	}
	b->len = 0;
	return rc;
}

/* All lines of standard input: 0, or -1 with e set. */
static int
convert(struct logjson *l, struct err *e)
{
	enum line_kind kind;
	struct line line;
	bool in_long = false;
	ssize_t n = 1;
	int rc = 0;

	while (n > 0 && rc == 0) {
		if (io_wait_filter(STDIN_FILENO, "standard input", e) < 0)
			return -1;
		n = lines_read(&l->in, e);
		while (rc == 0 && (kind = lines_next(&l->in, &line)) != LINE_NONE) {
			rc = take(l, kind, &line, &in_long, e);
			/* The reader is to work while the next lines are made. */
			if (rc == 0 && l->json.out.len >= FLUSH_AT)
				rc = flush(l, rc, e);
		}
		rc = flush(l, n < 0 ? -1 : rc, e);
	}
	return rc;
}

/* The status that the lines which were rejected leave of this one. */
static int
verdict(struct logjson *l, int status)
{
	if (l->rejected)
		tool_warn("parse: %" PRIu64 " of %" PRIu64 " lines rejected", l->rejected, l->lines);
	if (l->reject_path && close(l->reject_fd) < 0) {
		tool_warn("write: %s: %s", l->reject_path, err_reason(errno));
		status = tool_worse(status, EX_IOERR);
	}
	return l->rejected > (uint64_t)l->allow ? tool_worse(status, EX_NO) : status;
}

static int
run(struct logjson *l)
{
	struct err e;
	int status;

	if (l->reject_path) {
		l->reject_fd = open(l->reject_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
		if (l->reject_fd < 0) {
			err_output(&e, errno, "open", l->reject_path);
			return tool_fail(&e);
		}
	}
	if (stop_begin(&e) < 0)
		return tool_fail(&e);
	io_widen(STDIN_FILENO);
	io_widen(STDOUT_FILENO);
	lines_begin(&l->in, STDIN_FILENO, "standard input", "\n", 1, MAX_LINE);
	status = l->exact ? frame_filter(map_batch, l, FRAME_BATCH_BEST, &e) : convert(l, &e);
	if (status < 0) {
		if (errno == EPIPE && e.status == EX_IOERR)
			tool_die_of_sigpipe();
		status = tool_fail(&e);
	}
	lines_end(&l->in);
	clfjson_free(&l->json);
	buf_free(&l->kept);
	return verdict(l, status);
}

int
main(int argc, char **argv)
{
	struct logjson l = { 0 };
	struct opts o;
	struct err e = { 0 };
	int c;

	tool_begin();
	opt_begin(&o, &usage, argc, argv);
	while ((c = opt_next(&o)) != -1)
		switch (c) {
		case 's': l.strict = true; break;
		case 'r': l.reject_path = optarg; break;
		case 'a': num_int(optarg, "--allow", 0, INT64_MAX, &l.allow, &e); break;
		case 'E': l.exact = true; break;
		case 'h': return opt_help(&o);
		case 'V': return opt_version();
		default: return opt_bad(&o);
		}
	if (!e.status && l.strict && (l.reject_path || l.allow))
		err_set(&e, EX_USAGE, "--strict: --allow and --reject do not apply");
	if (e.status)
		return tool_fail(&e);
	if (optind < argc)
		return opt_bad(&o);
	return tool_end(run(&l));
}
