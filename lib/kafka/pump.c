#include "kafka/pump.h"

#include "base/stop.h"

#define WAIT_MS 500

/* Go on? */
static bool
count(struct pump *p, const rd_kafka_message_t *m)
{
	p->bytes_in += m->len + m->key_len;
	p->ending = ++p->records_in == (uint64_t)p->count;
	return !p->ending && output_room(p->out);
}

static bool
take(void *arg, struct part *part, const rd_kafka_message_t *m, int64_t next)
{
	struct pump *p = arg;

	if (!m) {
		output_mark(p->out, part, next);
		return true;
	}
	p->print(p->arg, m, output_room(p->out));
	output_record(p->out, part, next);
	return count(p, m);
}

/* The same into frames. */
static bool
take_framed(void *arg, struct part *part, const rd_kafka_message_t *m, int64_t next)
{
	struct pump *p = arg;

	if (!m) {
		stream_moved(&p->source->stream, part, next);
		return true;
	}
	if (stream_record(&p->source->stream, part, m, &p->consumer->err) < 0)
		return false;
	/* The one before is for the sink to compare. */
	return m->offset < part->given ? output_room(p->out) != NULL : count(p, m);
}

static void
reached(const struct output_mark *mark)
{
	consumer_written(mark->owner, mark->next);
}

/* It is the sink that tells what has been reached. */
static void
reached_framed(const struct output_mark *mark)
{
	(void)mark;
}

static int
reap(struct pump *p, struct err *e)
{
	return output_reap(p->out, p->source ? reached_framed : reached, &p->written, e);
}

static void
push(struct pump *p)
{
	if (p->source)
		stream_push(&p->source->stream);
	else
		output_push(p->out);
}

static bool
idle(const struct pump *p)
{
	return p->source ? stream_idle(&p->source->stream) : output_idle(p->out);
}

/* Has the reader been waited for long enough? */
static int
check_patience(struct pump *p, struct err *e)
{
	if (!p->give_up_at || io_now() < p->give_up_at)
		return 0;
	if (stop_signal())
		return err_set(e, EX_TEMPFAIL, "write: standard output: nobody reads; what was not "
		    "written is not committed");
	p->give_up_at = 0;
	if (!p->source)
		p->consumer->opts.say("group: %s: the reader is too slow for a rebalance; what it has not "
		    "taken yet will be read twice", p->consumer->opts.group);
	return consumer_give_up(p->consumer, e);
}

/* Membership, and what the output has reached. */
static int
serve(struct pump *p, struct err *e)
{
	if (reap(p, e) < 0 || consumer_serve(p->consumer, e) < 0)
		return -1;
	if (p->source)
		source_serve(p->source);
	progress_show(&p->progress, p->written.records, p->written.bytes);
	if (consumer_revoking(p->consumer) && idle(p)) {
		if (!stop_signal())
			p->give_up_at = 0;
		return consumer_give_up(p->consumer, e);
	}
	if (consumer_revoking(p->consumer) && !p->give_up_at)
		p->give_up_at = io_now() + PUMP_REVOKE_MS;
	return check_patience(p, e);
}

/* Take what is waiting: how much that was, -1 on error. */
static int
take_waiting(struct pump *p, struct err *e)
{
	/* Where something is always waiting, nobody sleeps and hears the signal. */
	if (p->ending || stop_signal() || consumer_revoking(p->consumer) || !output_room(p->out) ||
	    (consumer_lost(p->consumer) && !idle(p)))
		return 0;
	return consumer_poll(p->consumer, p->source ? take_framed : take, p, e);
}

/* While something is being written, that tells of the reader: one that has read all there was to
 * read may go before we know that all is written. */
static int
sleep_on_it(struct pump *p, struct err *e)
{
	switch (consumer_wait(p->consumer, idle(p), WAIT_MS)) {
	case IO_STOP:
		p->ending = true;
		p->give_up_at = io_now() + STOP_GRACE_MS;
		return 0;
	case IO_GONE:
		p->gone = true;
		return err_set(e, EX_IOERR, "write: standard output: the reader has gone");
	default:
		return 0;
	}
}

/* Write out what is there; -1: nobody reads it. */
static int
drain(struct pump *p)
{
	struct err unused;

	while (reap(p, &unused) == 0) {
		push(p);
		if (idle(p))
			return 0;
		if ((p->give_up_at && io_now() >= p->give_up_at) || sleep_on_it(p, &unused) < 0)
			break;
	}
	p->gone |= output_gone(p->out);
	return -1;
}

int
pump_fail(struct pump *p, int status)
{
	bool stopped = stop_signal() && status == EX_TEMPFAIL;

	if (!p->source || p->gone)
		return -1;
	stream_end(&p->source->stream, stopped ? 0 : status);
	/* The sink can do without what is left, but not without a reason to stop for good. */
	if (status == EX_TEMPFAIL && !p->give_up_at)
		p->give_up_at = io_now() + STOP_GRACE_MS;
	return drain(p) == 0 && stopped ? 0 : -1;
}

/* Everything is taken, or all that shall be. */
static bool
finished(struct pump *p)
{
	p->ending |= consumer_over(p->consumer);
	if (p->ending && p->source)
		stream_end(&p->source->stream, 0);
	push(p);
	return p->ending && idle(p);
}

int
pump_run(struct pump *p, struct err *e)
{
	int n;

	for (;;) {
		if (serve(p, e) < 0 || (n = take_waiting(p, e)) < 0)
			break;
		if (n > 0)
			continue;
		if (finished(p)) {
			if (p->source)
				source_finish(p->source);
			return 0;
		}
		if (sleep_on_it(p, e) < 0)
			break;
	}
	p->gone |= output_gone(p->out);
	return pump_fail(p, e->status);
}

int
pump_end(struct pump *p, struct err *e)
{
	struct err unused;

	reap(p, &unused);
	output_close(p->out);
	return consumer_commit(p->consumer, e);
}
