/* What differs for a framed stream: where partitions begin, and what is no way to go on. */
#include <inttypes.h>

#include "kafka/consumer.h"

/* What the sink wants next must be there, or just not written yet. */
static int
check(const struct part *p, int64_t low, int64_t high, struct err *e)
{
	int64_t from = p->next > p->given ? p->next : p->given;

	if (from < low)
		return err_set(e, EX_DATAERR, "read: %s[%" PRId32 "]: records %" PRId64 " to %" PRId64
		    " are gone (deleted by retention): to go on without them, make the sink forget its "
		    "position in this partition", p->topic, p->partition, from, low - 1);
	if (from > high)
		return err_set(e, EX_DATAERR, "read: %s[%" PRId32 "]: there is no position %" PRId64
		    ", the topic ends at %" PRId64 ": it was made anew: to land it from its beginning, give it "
		    "a new sink", p->topic, p->partition, from, high);
	return 0;
}

/* Never past a record that the sink may be waiting for: what is skipped here would be
 * told as a move of the position. */
int64_t
consumer_resume(const struct part *p, int64_t low, int64_t high, struct err *e)
{
	bool fresh = !p->known && p->first < 0; /* and retention was faster */

	if (p->cut)
		return err_set(e, EX_DATAERR, "read: %s[%" PRId32 "]: records before %" PRId64 " were lost with "
		    "their leader, after they had been read: to land what the topic has now, give it a new sink",
		    p->topic, p->partition, p->next > p->given ? p->next : p->given);
	if (!(fresh && p->next < low) && check(p, low, high, e) < 0)
		return -1;
	return p->next < low ? low : p->next;
}

/* What consumer_resolve gave, as an offset that exists. */
static int64_t
absolute(int64_t offset, int64_t low, int64_t high)
{
	if (offset == RD_KAFKA_OFFSET_BEGINNING)
		return low;
	if (offset == RD_KAFKA_OFFSET_END)
		return high;
	if (offset <= RD_KAFKA_OFFSET_TAIL_BASE)
		offset = high - (RD_KAFKA_OFFSET_TAIL_BASE - offset);
	return offset < low ? low : offset > high ? high : offset;
}

static int
place_part(struct consumer *c, rd_kafka_topic_partition_t *t, int64_t low, int64_t high,
    struct err *e)
{
	const struct consumer_exact *x = c->opts.exact;
	struct part *p = consumer_part(c, t->topic, t->partition);
	int64_t position = x->position(x->arg, t->topic, t->partition);

	p->known = position >= 0;
	p->given = p->known ? position : absolute(t->offset, low, high);
	p->next = -1;
	t->offset = p->given;
	if (!p->known)
		return 0;
	if (p->given > low)
		t->offset--;
	return check(p, low, high, e);
}

/* The offsets of list are where the options say; put there where to begin. */
int
consumer_place(struct consumer *c, rd_kafka_topic_partition_list_t *list, struct err *e)
{
	const struct consumer_exact *x = c->opts.exact;
	rd_kafka_topic_partition_list_t *low = rd_kafka_topic_partition_list_copy(list);
	rd_kafka_topic_partition_list_t *high = rd_kafka_topic_partition_list_copy(list);
	int rc = x->ask(x->arg, e);

	if (rc == 0)
		rc = consumer_ends(c, low, high, e);
	for (int i = 0; rc == 0 && i < list->cnt; i++)
		rc = place_part(c, &list->elems[i], low->elems[i].offset, high->elems[i].offset, e);
	rd_kafka_topic_partition_list_destroy(low);
	rd_kafka_topic_partition_list_destroy(high);
	return rc;
}

/* A topic that has gone is data that cannot be continued. */
int
consumer_status(const struct consumer *c, rd_kafka_resp_err_t code)
{
	int status = kafka_status(code);

	return c->opts.exact && status == EX_NO ? EX_DATAERR : status;
}

void
consumer_commit_landed(struct consumer *c)
{
	const struct consumer_exact *x = c->opts.exact;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)c->nparts);

	for (size_t i = 0; i < c->nparts; i++) {
		const struct part *p = c->parts[i];
		int64_t position = x->position(x->arg, p->topic, p->partition);

		if (p->assigned && position >= 0)
			rd_kafka_topic_partition_list_add(list, p->topic, p->partition)->offset = position;
	}
	if (list->cnt)
		rd_kafka_commit(c->rk, list, 1);
	rd_kafka_topic_partition_list_destroy(list);
}
