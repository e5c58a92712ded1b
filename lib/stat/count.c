#include "stat/count.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"
#include "frame/filter.h"

static void
reject(struct count *c, const char *where, int64_t at, const char *why)
{
	c->rejected++;
	c->reject(c->ctx, where, at, why);
}

/* Why the line does not count, or NULL. */
static const char *
take(struct count *c, const char *p, size_t len)
{
	struct column_value v;
	const char *why = column_read(&c->column, p, len, &v);

	if (!why)
		c->late += !tally_add(c->tally, v.ms, v.key, v.len, 1);
	return why;
}

static void
take_line(struct count *c, enum line_kind kind, const struct line *line, const char *where)
{
	const char *why = "longer than 12 MiB";

	if (kind == LINE_PART)
		return;
	c->lines++;
	if (kind == LINE_WHOLE)
		why = take(c, line->p, line->len);
	if (why)
		reject(c, where, (int64_t)line->number, why);
}

int
count_flush(struct count *c, struct err *e)
{
	int rc = io_write(STDOUT_FILENO, c->out.p, c->out.len, "standard output", e);

	c->out.len = 0;
	c->lost |= rc < 0;
	return rc;
}

static int
read_lines(struct count *c, struct lines *in, const char *where, struct err *e)
{
	enum line_kind kind;
	struct line line;
	ssize_t n = 1;

	while (n > 0 && !c->lost) {
		if (io_wait_filter(in->in.fd, in->in.subject, e) < 0)
			return -1;
		n = lines_read(in, e);
		while ((kind = lines_next(in, &line)) != LINE_NONE) {
			if (line.number == 1 && line.len >= sizeof FRAME_MAGIC - 1 &&
			    memcmp(line.p, FRAME_MAGIC, sizeof FRAME_MAGIC - 1) == 0)
				return err_set(e, EX_USAGE,
				    "read: %s: a framed stream, where lines are wanted: give -E", in->in.subject);
			take_line(c, kind, &line, where);
		}
		if (n >= 0 && count_flush(c, e) < 0)
			return -1;
	}
	return n < 0 ? -1 : 0;
}

int
count_lines(struct count *c, int fd, const char *subject, struct err *e)
{
	char where[256];
	struct lines in;
	int rc;

	snprintf(where, sizeof where, "%.240s line", subject);
	lines_begin(&in, fd, subject, "\n", 1, COUNT_LINE_MAX);
	rc = read_lines(c, &in, where, e);
	lines_end(&in);
	return rc;
}

static int
map_batch(void *ctx, const struct frame *f, struct buf *records, struct err *e)
{
	struct count *c = ctx;
	struct frame_walk w = { 0 };
	char where[2 * FRAME_NAME_MAX + 2];
	const char *p, *why;
	size_t len, nth = 0;

	(void)e;
	snprintf(where, sizeof where, "%s %s", f->stream, f->shard);
	for (; frame_record(f, &w, &p, &len); nth++) {
		c->lines++;
		why = take(c, p, len);
		if (why)
			reject(c, where, frame_where(f, nth, (size_t)(p - f->data)), why);
	}
	c->out.len = 0;
	tally_flush(c->tally);
	buf_add(records, c->out.p, c->out.len);
	return 0;
}

int
count_frames(struct count *c, struct err *e)
{
	return frame_filter(map_batch, c, FRAME_BATCH_BEST, e);
}
