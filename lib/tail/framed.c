#include "tail/framed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"
#include "frame/frame.h"
#include "frame/positions.h"

#define STREAM "file"
#define OUTPUT "standard output"

static void
told(void *ctx, enum tail_fate fate, const struct tail_id *id, int64_t pos)
{
	struct framed *f = ctx;
	char shard[TAIL_ID_TEXT];

	tail_id_text(id, shard);
	if (fate == TAIL_BEGUN)
		frame_assign(&f->control, STREAM, shard, pos);
	else
		frame_revoke(&f->control, STREAM, shard,
		    fate == TAIL_FINISHED ? FRAME_DONE : FRAME_GONE);
}

static int
listed(void *ctx, const char *stream, const char *shard, int64_t position, bool done,
    struct err *e)
{
	struct framed *f = ctx;
	struct tail_id id = { 0 };

	if (strcmp(stream, STREAM) != 0 || tail_id_parse(shard, &id) < 0 || !id.n)
		return err_set(e, EX_DATAERR, "read positions: %s %s is no file's: is this the list of "
		    "another pipe line?", stream, shard);
	for (size_t i = 0; i < f->list.n; i++)
		if (tail_id_same(&f->list.at[i].id, &id))
			return err_set(e, EX_DATAERR, "read positions: %s %s is listed twice", stream, shard);
	tail_state_add(&f->list, &id, position, done ? TAIL_DONE : TAIL_LEFT, "");
	return 0;
}

int
framed_begin(struct framed *f, struct tail_opts *o, const char *from, struct err *e)
{
	char run[FRAME_UUID];
	int fd, status;

	*f = (struct framed){ 0 };
	if (frame_uuid(run, e) < 0)
		return -1;
	frame_hello(&f->control, run);
	o->list = &f->list;
	o->from_start = true;
	o->told = told;
	o->ctx = f;
	if (!from)
		return 0;
	fd = io_open(from, e);
	if (fd < 0) {
		/* Not "an expected no": without its list nothing is known of what was read. */
		e->status = e->status == EX_NO ? EX_CONFIG : e->status;
		return -1;
	}
	status = positions_read(fd, strcmp(from, "-") == 0 ? "standard input" : from, listed, f, e);
	if (fd != STDIN_FILENO)
		close(fd);
	return status;
}

int
framed_flush(struct framed *f, struct err *e)
{
	int status = 0;

	if (f->control.len)
		status = io_write(STDOUT_FILENO, f->control.p, f->control.len, OUTPUT, e);
	f->control.len = 0;
	return status;
}

/* Control lines and payload in one call, so that the reader is not woken for each. */
static int
write_all(struct framed *f, const char *p, size_t len, struct err *e)
{
	struct iovec parts[] = { { f->control.p, f->control.len }, { (void *)p, len } };
	size_t head = f->control.len;
	ssize_t n = writev(STDOUT_FILENO, parts, 2);
	size_t done = n > 0 ? (size_t)n : 0;

	/* What is left, or failed, is io_write's. */
	f->control.len = 0;
	if (done < head && io_write(STDOUT_FILENO, f->control.p + done, head - done, OUTPUT, e) < 0)
		return -1;
	done = done > head ? done - head : 0;
	return io_write(STDOUT_FILENO, p + done, len - done, OUTPUT, e);
}

/* Whole lines, or one without its newline, which is added. */
static int
put_lines(struct framed *f, const struct tail_batch *b, int64_t base, const char *p, size_t len,
    struct err *e)
{
	bool torn = p[len - 1] != '\n';
	struct frame frame = { .stream = STREAM, .base = base, .next = base + (int64_t)len, .ts = -1,
		.nrec = lines_count(p, len) + torn, .nbytes = len + torn };

	if (frame.nbytes > FRAME_BATCH_MAX)
		return err_set(e, EX_DATAERR, "read: %s: the line at byte %" PRId64 " is longer than 64 MiB, "
		    "which is the most that -E takes: take it out of the file", b->path, base);
	tail_id_text(b->id, frame.shard);
	frame_batch(&f->control, &frame);
	if (write_all(f, p, len, e) < 0)
		return -1;
	if (torn)
		buf_addc(&f->control, '\n');
	return torn ? framed_flush(f, e) : 0;
}

/* A line longer than the buffer of tail, and what follows it in the same read. */
static int
put_long(struct framed *f, const struct tail_batch *b, struct err *e)
{
	int64_t base = b->base + (int64_t)b->len - (int64_t)f->line.len;
	const char *p = f->line.p, *lf = memchr(p, '\n', f->line.len);
	size_t len = lf ? (size_t)(lf - p) + 1 : f->line.len, rest = f->line.len - len;
	int status = put_lines(f, b, base, p, len, e);

	if (status == 0 && rest)
		status = put_lines(f, b, base + (int64_t)len, p + len, rest, e);
	buf_free(&f->line);
	return status;
}

int
framed_put(struct framed *f, const struct tail_batch *b, struct err *e)
{
	if (b->begins && b->ends)
		return put_lines(f, b, b->base, b->p, b->len, e);
	if (b->begins)
		f->line.len = 0; /* of one that was truncated half way */
	buf_add(&f->line, b->p, b->len);
	/* Less than TAIL_CHUNK follows the long line. */
	return b->ends || f->line.len > FRAME_BATCH_MAX + TAIL_CHUNK ? put_long(f, b, e) : 0;
}

int
framed_end(struct framed *f, int status, struct err *e)
{
	int written = 0;

	if (status == EX_NO)
		status = 0; /* losses are told, and the rest goes on */
	if (status == 0 || status == EX_USAGE || status == EX_DATAERR || status == EX_NOPERM ||
	    status == EX_CONFIG) {
		frame_end(&f->control, status);
		written = framed_flush(f, e);
	}
	tail_state_free(&f->list);
	buf_free(&f->control);
	buf_free(&f->line);
	return written;
}
