#include "kafka/pump.h"

#include "base/stop.h"

#define WAIT_MS 500

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
	p->bytes_in += m->len + m->key_len;
	p->ending = ++p->records_in == (uint64_t)p->count;
	return !p->ending && output_room(p->out);
}

static void
reached(const struct output_mark *mark)
{
	consumer_written(mark->owner, mark->next);
}

/* Has the reader been waited for long enough? */
static int
check_patience(struct pump *p, struct err *e)
{
	if (!p->give_up_at || io_now() < p->give_up_at)
		return 0;
	if (p->ending)
		return err_set(e, EX_TEMPFAIL, "write: standard output: nobody reads; what was not "
		    "written is not committed");
	p->give_up_at = 0;
	p->consumer->opts.say("group: %s: the reader is too slow for a rebalance; what it has not "
	    "taken yet will be read twice", p->consumer->opts.group);
	return consumer_give_up(p->consumer, e);
}

/* Membership, and what the output has reached. */
static int
serve(struct pump *p, struct err *e)
{
	if (output_reap(p->out, reached, &p->written, e) < 0 || consumer_serve(p->consumer, e) < 0)
		return -1;
	progress_show(&p->progress, p->written.records, p->written.bytes);
	if (consumer_revoking(p->consumer) && output_idle(p->out)) {
		if (!p->ending)
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
	if (p->ending || consumer_revoking(p->consumer) || !output_room(p->out))
		return 0;
	return consumer_poll(p->consumer, take, p, e);
}

static int
sleep_on_it(struct pump *p, struct err *e)
{
	switch (consumer_wait(p->consumer, true, WAIT_MS)) {
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

int
pump_run(struct pump *p, struct err *e)
{
	int n;

	for (;;) {
		if (serve(p, e) < 0 || (n = take_waiting(p, e)) < 0)
			break;
		if (n > 0)
			continue;
		p->ending |= consumer_over(p->consumer);
		output_push(p->out);
		if (p->ending && output_idle(p->out))
			return 0;
		if (sleep_on_it(p, e) < 0)
			break;
	}
	p->gone |= output_gone(p->out);
	return -1;
}

int
pump_end(struct pump *p, struct err *e)
{
	struct err unused;

	output_reap(p->out, reached, &p->written, &unused);
	output_close(p->out);
	return consumer_commit(p->consumer, e);
}
