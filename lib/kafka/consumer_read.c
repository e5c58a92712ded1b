/* Records: which of them are wanted, and where a partition is over. */
#include <inttypes.h>
#include <stdio.h>

#include "base/stop.h"
#include "kafka/consumer.h"

#define BURST (4 * 1024 * 1024) /* bytes: where fewer came at a time, no queue was full */
#define WAKE_MS 100

static struct part *
part_of(struct consumer *c, const rd_kafka_message_t *m)
{
	if (!c->recent || c->recent_handle != m->rkt || c->recent->partition != m->partition) {
		c->recent = consumer_part(c, rd_kafka_topic_name(m->rkt), m->partition);
		c->recent_handle = m->rkt;
	}
	return c->recent;
}

static void
on_end(struct consumer *c, struct part *p, int64_t offset)
{
	if (p->over)
		return;
	/* Markers of transactions and what compaction removed are behind us, too. */
	if (offset > p->next)
		c->take(c->arg, p, NULL, offset);
	p->next = offset;
	p->at_end = true;
	p->over = c->opts.ends;
	if (c->opts.verbose)
		c->opts.say("read: %s[%" PRId32 "]: the end, at %" PRId64, p->topic, p->partition, offset);
}

static void
on_trouble(struct consumer *c, struct part *p, const rd_kafka_message_t *m)
{
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		on_end(c, p, m->offset);
	} else if (m->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET) {
		p->lost = true;
		p->cut = m->offset < 0; /* the leader's log ends earlier, and has gone on from there */
		if (!p->cut)
			p->next = m->offset;
		else if (p->next < 0)
			p->next = p->from;
	} else {
		err_set(&c->err, consumer_status(c, m->err), "read: %s[%" PRId32 "]: %s", p->topic, p->partition,
		    rd_kafka_message_errstr(m));
	}
}

/* Is the record before where the reading of p is to end? */
static bool
wanted(struct consumer *c, struct part *p, const rd_kafka_message_t *m)
{
	rd_kafka_timestamp_type_t type;
	int64_t low;

	/* A rebalance pauses partitions and goes on where the application is, so a
	 * record that was just being handed out may come again. */
	if (p->over || m->offset < p->next)
		return false;
	if (c->opts.ends && p->end < 0) {
		/* As of the last fetch, without asking. */
		rd_kafka_get_watermark_offsets(c->rk, p->topic, p->partition, &low, &p->end);
		if (p->end < 0)
			p->end = INT64_MAX;
	}
	if ((c->opts.ends && m->offset >= p->end) ||
	    (c->opts.until >= 0 && rd_kafka_message_timestamp(m, &type) >= c->opts.until))
		p->over = true;
	return !p->over;
}

static void
on_record(rd_kafka_message_t *m, void *arg)
{
	struct consumer *c = arg;
	struct part *p = part_of(c, m);
	bool more = true;

	p->stray = false;
	c->taken++;
	c->burst += m->len + m->key_len;
	if (m->err) {
		on_trouble(c, p, m);
	} else if (wanted(c, p, m)) {
		p->first = p->first < 0 ? m->offset : p->first;
		p->last = m->offset;
		p->next = m->offset + 1;
		p->at_end = false;
		more = c->take(c->arg, p, m, p->next);
		/* A busy topic never comes to an end: what it had when we came is enough. */
		p->over = c->opts.ends && p->next >= p->end;
	}
	if (!more || c->err.status || p->lost)
		rd_kafka_yield(c->rk);
}

int64_t
consumer_nearest(const struct part *p, const char *subject, int64_t low, int64_t high)
{
	struct consumer *c = p->consumer;
	int64_t from = p->next, to = low;

	if (p->cut) {
		to = from < low ? low : from > high ? high : from;
		c->opts.say("read: %s: records before %" PRId64 " were lost with their leader, after they had "
		    "been read; going on at %" PRId64, subject, from, to);
		return to;
	}
	if (from >= low && from <= high)
		return from; /* written since it was asked for */
	if (from < low) {
		/* The last N were asked for, and there are fewer. */
		if (p->first < 0 && p->from <= RD_KAFKA_OFFSET_TAIL_BASE)
			return low;
		c->opts.say("read: %s: records %" PRId64 " to %" PRId64
		    " are gone (deleted by retention); going on at %" PRId64, subject, from, low - 1, low);
		return to;
	}
	/* Asked for by -o: wait there.  Stored by a group: the topic is another one. */
	to = c->opts.group ? low : high;
	c->opts.say("read: %s: there is no position %" PRId64 ", the topic ends at %" PRId64
	    "; going on at %" PRId64, subject, from, high, to);
	return to;
}

static int
ends_of(const struct part *p, int64_t *low, int64_t *high, struct err *e)
{
	rd_kafka_topic_partition_list_t *first = rd_kafka_topic_partition_list_new(1), *last;
	int rc;

	rd_kafka_topic_partition_list_add(first, p->topic, p->partition);
	last = rd_kafka_topic_partition_list_copy(first);
	rc = consumer_ends(p->consumer, first, last, e);
	*low = first->elems->offset;
	*high = last->elems->offset;
	rd_kafka_topic_partition_list_destroy(first);
	rd_kafka_topic_partition_list_destroy(last);
	return rc;
}

/* The broker does not have the position: go on at another, if that is a way to go on. */
static int
recover(struct consumer *c, struct part *p, struct err *e)
{
	int64_t low, high, to;
	char subject[300];

	/* With a stop signal there is nothing to go on with. */
	if (ends_of(p, &low, &high, e) < 0)
		return stop_signal() && e->status == EX_TEMPFAIL ? 0 : -1;
	snprintf(subject, sizeof subject, "%s[%" PRId32 "]", p->topic, p->partition);
	to = c->opts.exact ? consumer_resume(p, low, high, e) :
	    consumer_nearest(p, subject, low, high);
	if (to < 0)
		return -1;
	consumer_begin_part(p);
	if (c->opts.group) {
		p->written = to;
		c->uncommitted |= !c->opts.exact;
		return consumer_restart_member(p, to, e);
	}
	if (rd_kafka_consume_stop(p->handle, p->partition) < 0 ||
	    rd_kafka_consume_start_queue(p->handle, p->partition, to, c->records) < 0)
		return kafka_err(e, rd_kafka_last_error(), "read", subject);
	return 0;
}

/* A full queue stops the fetching, and librdkafka before 2.2 then looks again only after
 * a second, although the queue may be empty long before.  Its thread for a broker looks
 * whenever it is asked for something, so ask for the ends of the partitions. */
static void
wake_fetchers(struct consumer *c)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)c->nparts);

	for (size_t i = 0; i < c->nparts; i++)
		if (c->parts[i]->assigned && !c->parts[i]->at_end)
			rd_kafka_topic_partition_list_add(list, c->parts[i]->topic,
			    c->parts[i]->partition)->offset = RD_KAFKA_OFFSET_END;
	/* The answer is of no interest, and an error comes up elsewhere. */
	if (list->cnt)
		rd_kafka_offsets_for_times(c->rk, list, WAKE_MS);
	rd_kafka_topic_partition_list_destroy(list);
}

bool
consumer_lost(const struct consumer *c)
{
	bool lost = false;

	for (size_t i = 0; i < c->nparts; i++)
		lost |= c->parts[i]->lost;
	return lost;
}

int
consumer_poll(struct consumer *c, consumer_take *take, void *arg, struct err *e)
{
	c->take = take;
	c->arg = arg;
	c->taken = 0;
	for (size_t i = 0; i < c->nparts; i++)
		if (c->parts[i]->lost && recover(c, c->parts[i], e) < 0)
			return -1;
	consumer_look(c);
	consumer_fetch_strays(c);
	rd_kafka_consume_callback_queue(c->records, 0, on_record, c);
	if (c->err.status) {
		*e = c->err;
		return -1;
	}
	if (!c->taken && c->burst >= BURST)
		wake_fetchers(c);
	if (!c->taken)
		c->burst = 0;
	return (int)c->taken;
}
