#include "kafka/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/io.h"

#define MAGIC "\036KPIPE" /* how a framed stream begins */
#define PUSH_MS 3         /* between two batches that are not full */
#define BUSY_MS 20        /* how often librdkafka is heard while verdicts are due, */
#define IDLE_MS 1000      /* and while none is */

/* The first failure counts; those that follow from it do not. */
static void
failed(struct feed *f, const struct err *e)
{
	if (!f->error.status)
		f->error = *e;
	f->done = true;
}

/* A refused line is in the file before more is read: it is nowhere else.  After a failure
 * nothing is added to what may be half a line. */
static void
reject_piece(struct feed *f, const char *p, size_t len, bool last)
{
	struct err e;

	if (!f->reject || ferror(f->reject))
		return;
	if (fwrite(p, 1, len, f->reject) == len &&
	    (!last || (fwrite(f->delim, 1, f->ndelim, f->reject) == f->ndelim &&
	    fflush(f->reject) == 0)))
		return;
	err_sys(&e, errno, "write", f->reject_path);
	e.status = EX_IOERR;
	failed(f, &e);
}

static void
refuse(struct feed *f, uint64_t number, const char *why)
{
	f->rejected++;
	f->refused(f->arg, f->subject, number, why);
	f->done |= !f->skip;
}

void
feed_refused(void *arg, const struct refusal *r)
{
	struct feed *f = arg;

	refuse(f, r->number, r->why);
	reject_piece(f, r->raw, r->raw_len, true);
}

/* A stop signal came, and the time to read on is over. */
static void
cut(struct feed *f)
{
	struct err e;

	err_set(&e, EX_TEMPFAIL, "read: %s: stopped before the end of the input", f->subject);
	failed(f, &e);
}

/* Send what was collected, before a pause at once, and take verdicts; not in the middle
 * of a long record, for a verdict may write to the reject file. */
static void
send_all(struct feed *f, bool pause)
{
	struct err e;

	if (f->in_long)
		return;
	if ((pause ? producer_push(f->producer, &e) : producer_send(f->producer, &e)) < 0)
		failed(f, &e);
}

/* Wait until the rate allows one more record. */
static void
wait_turn(struct feed *f)
{
	int64_t wait;

	if (f->pace.rate <= 0)
		pace_begin(&f->pace, f->rate, io_now());
	while (!f->done && pace_due(&f->pace, io_now()) == 0) {
		send_all(f, true);
		wait = pace_wait(&f->pace, io_now());
		if (io_wait_sink(-1, wait < BUSY_MS ? wait : BUSY_MS) == IO_STOP)
			cut(f);
	}
	pace_took(&f->pace, 1);
}

static void
take_whole(struct feed *f, struct chunk *c, const struct line *line)
{
	struct envelope envelope = { 0 };
	struct record r;
	struct err e;

	if (record_read(&f->format, line, &envelope, &r, &e) < 0) {
		refuse(f, line->number, e.text);
		reject_piece(f, line->p, line->len, true);
	} else if (producer_add(f->producer, c, &r, &e) < 0) {
		failed(f, &e);
	}
	if (f->format.json)
		envelope_free(&envelope);
}

static void
take_long(struct feed *f, const struct line *line, bool last)
{
	char why[80];

	if (!f->in_long) {
		snprintf(why, sizeof why, "longer than %" PRId64 " bytes (see --max-line)", f->max_line);
		refuse(f, line->number, why);
	}
	reject_piece(f, line->p, line->len, last);
	f->in_long = !last;
}

static void
take(struct feed *f, struct chunk *c, enum line_kind kind, const struct line *line)
{
	struct err e;

	if (line->number == 1 && !f->in_long && line->len >= sizeof MAGIC - 1 &&
	    memcmp(line->p, MAGIC, sizeof MAGIC - 1) == 0) {
		err_set(&e, EX_USAGE, "read: %s: a framed stream, where lines are wanted", f->subject);
		failed(f, &e);
		return;
	}
	if (f->rate > 0 && !f->in_long) {
		wait_turn(f);
		if (f->done)
			return;
	}
	f->bytes += line->len + (line->delimited ? f->ndelim : 0);
	f->records += !f->in_long;
	if (kind == LINE_WHOLE)
		take_whole(f, c, line);
	else
		take_long(f, line, kind == LINE_PART_END);
	f->done |= f->count >= 0 && f->records >= (uint64_t)f->count && !f->in_long;
}

/* Read on: 1, or 0 at the end and when it is time to stop.  Where there is nothing to read what
 * was collected is sent: at once after a pause, and together with what comes within PUSH_MS of
 * the last time, so that neither a line waits for others nor many lines make many requests. */
static int
read_more(struct feed *f, struct lines *l)
{
	int64_t wait = f->next_push - io_now();
	enum io_event ev = io_wait_sink(l->in.fd, wait > 0 ? wait : 0);
	struct err e;
	ssize_t n;

	while (ev == IO_TIMEOUT && !f->done) {
		f->next_push = io_now() + PUSH_MS;
		send_all(f, true);
		ev = io_wait_sink(l->in.fd, producer_pending(f->producer) ? BUSY_MS : IDLE_MS);
	}
	if (ev == IO_STOP)
		cut(f);
	if (f->done)
		return 0;
	n = lines_read(l, &e);
	if (n < 0 && !f->error.status) /* the end of this file, but not of the next ones */
		f->error = e;
	return n > 0;
}

int
feed_reject_open(struct feed *f, const char *path, struct err *e)
{
	f->reject = fopen(path, "a");
	f->reject_path = path;
	return f->reject ? 0 : err_output(e, errno, "open", path);
}

int
feed_reject_close(struct feed *f, struct err *e)
{
	bool told = ferror(f->reject);
	int rc = fclose(f->reject);

	f->reject = NULL;
	if (rc == 0 || told)
		return 0;
	err_sys(e, errno, "write", f->reject_path);
	e->status = EX_IOERR;
	return -1;
}

int
feed_file(struct feed *f, int fd, const char *subject, struct err *e)
{
	const struct producer_count *sent = producer_count(f->producer);
	struct lines l;
	struct line line;
	enum line_kind kind;
	int more = 1;

	f->subject = subject;
	f->error.status = 0;
	io_widen(fd);
	lines_begin(&l, fd, subject, f->delim, f->ndelim, (size_t)f->max_line);
	while (more && !f->done) {
		more = read_more(f, &l);
		while (!f->done && (kind = lines_next(&l, &line)) != LINE_NONE)
			take(f, lines_chunk(&l), kind, &line);
		send_all(f, false);
		progress_show(&f->progress, sent->acked, sent->acked_bytes);
	}
	if (f->in_long) /* torn, and what follows in the reject file is another line */
		reject_piece(f, "", 0, true);
	f->in_long = false;
	/* A refusal names the file, so all verdicts come before the next one. */
	if (producer_finish(f->producer, e) < 0)
		failed(f, e);
	lines_end(&l);
	*e = f->error;
	return f->error.status ? -1 : 0;
}
