/* Membership: what comes with a rebalance, and what is committed. */
#include <inttypes.h>
#include <poll.h>

#include "kafka/consumer.h"

#define COMMIT_MS 5000 /* how long a commit waits for its server to come back */
#define COMMIT_PAUSE_MS 100
#define LEAVE_MS 10000 /* how long the group is waited for at the end */
#define LEAVE_LOOK_MS 100

/* Fill in the stored offsets; gives how many there were. */
static int
stored_offsets(struct consumer *c, rd_kafka_topic_partition_list_t *list, struct err *e)
{
	rd_kafka_resp_err_t code = consumer_ask(c, list, RD_KAFKA_OFFSET_STORED, consumer_until(c));
	int n = 0;

	for (int i = 0; !code && i < list->cnt; i++)
		n += list->elems[i].offset >= 0;
	return code ? kafka_err(e, code, "ask for the positions of group", c->opts.group) : n;
}

/* Where to begin: stored, else where the options say. */
static int
place(struct consumer *c, rd_kafka_topic_partition_list_t *list, struct err *e)
{
	rd_kafka_topic_partition_list_t *fresh;
	int rc = 0, stored;

	if (c->opts.exact)
		return consumer_resolve(c, list, e);
	stored = stored_offsets(c, list, e);
	if (stored < 0)
		return -1;
	if (stored && c->opts.start_given && !c->stored_said) {
		c->stored_said = true;
		c->opts.say("group: %s: has stored positions; --offset only says where to begin without one",
		    c->opts.group);
	}
	if (stored == list->cnt)
		return 0;
	fresh = rd_kafka_topic_partition_list_copy(list);
	rc = consumer_resolve(c, fresh, e);
	for (int i = 0; rc == 0 && i < list->cnt; i++)
		if (list->elems[i].offset < 0)
			list->elems[i].offset = fresh->elems[i].offset;
	rd_kafka_topic_partition_list_destroy(fresh);
	return rc;
}

static bool
cooperative(const struct consumer *c)
{
	const char *protocol = rd_kafka_rebalance_protocol(c->rk); /* NULL: it has left the group */

	return protocol && *protocol == 'C';
}

/* Tell librdkafka.  list NULL: everything, with the older protocol. */
static int
change(struct consumer *c, bool add, const rd_kafka_topic_partition_list_t *list, struct err *e)
{
	rd_kafka_error_t *error = NULL;
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;

	if (!cooperative(c))
		code = rd_kafka_assign(c->rk, add ? list : NULL);
	else if (add)
		error = rd_kafka_incremental_assign(c->rk, list);
	else
		error = rd_kafka_incremental_unassign(c->rk, list);
	if (error) {
		code = rd_kafka_error_code(error);
		rd_kafka_error_destroy(error);
	}
	return code ? kafka_err(e, code, add ? "take partitions" : "give up partitions",
	    c->opts.group) : 0;
}

/* Records shall not come on the queue of the membership. */
static void
forward(struct consumer *c, const struct part *p)
{
	rd_kafka_queue_t *q = rd_kafka_queue_get_partition(c->rk, p->topic, p->partition);

	if (!q)
		return;
	rd_kafka_queue_forward(q, c->records);
	rd_kafka_queue_destroy(q);
}

static void
take_partitions(struct consumer *c, rd_kafka_topic_partition_list_t *list)
{
	struct err e;

	if (list->cnt && place(c, list, &e) < 0) {
		c->err = e;
		return;
	}
	for (int i = 0; i < list->cnt; i++) {
		struct part *p = consumer_part(c, list->elems[i].topic, list->elems[i].partition);

		forward(c, p);
		consumer_begin_part(p);
		p->from = list->elems[i].offset;
		consumer_tell_begun(p);
		c->assigned++;
		if (c->opts.verbose)
			c->opts.say("group: %s: reading %s[%" PRId32 "]", c->opts.group, p->topic, p->partition);
	}
	c->assigned_at = io_now();
	c->recent = NULL;
	if (change(c, true, list, &e) < 0)
		c->err = e;
}

void
consumer_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
    rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct consumer *c = kafka_user(opaque);
	struct err unused;

	if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && !c->closing) {
		take_partitions(c, list);
		return;
	}
	if (c->leaving)
		rd_kafka_topic_partition_list_destroy(c->leaving);
	c->leaving = rd_kafka_topic_partition_list_copy(list);
	/* Lost ones are read by somebody else already: what is ours to write is a double
	 * that cannot be helped. */
	if (c->closing || rd_kafka_assignment_lost(rk))
		consumer_give_up(c, &unused);
}

bool
consumer_revoking(const struct consumer *c)
{
	return c->leaving != NULL;
}

int
consumer_give_up(struct consumer *c, struct err *e)
{
	rd_kafka_topic_partition_list_t *list = c->leaving;
	const struct consumer_exact *x = c->closing ? NULL : c->opts.exact;
	bool lost = rd_kafka_assignment_lost(c->rk);
	int rc = 0;

	if (!c->closing && !lost)
		rc = consumer_commit(c, e);
	for (int i = 0; i < list->cnt; i++) {
		struct part *p = consumer_part(c, list->elems[i].topic, list->elems[i].partition);

		c->assigned -= p->assigned;
		if (x && p->assigned)
			x->left(x->arg, p, lost);
		p->assigned = p->lost = false;
		if (c->opts.verbose)
			c->opts.say("group: %s: gave up %s[%" PRId32 "]", c->opts.group, p->topic, p->partition);
	}
	c->assigned_at = 0; /* every revocation is followed by an assignment, be it of nothing */
	c->recent = NULL;
	c->leaving = NULL;
	if (change(c, false, list, e) < 0)
		rc = -1;
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

/* 2.0.2 may wait for ever where a rebalance was under way, and cannot free a member that has
 * joined but was never given an assignment. */
bool
consumer_leave(struct consumer *c)
{
	rd_kafka_queue_t *q = rd_kafka_queue_new(c->rk);
	bool never = !c->assigned_at && !c->nparts;
	int64_t until = io_now() + LEAVE_MS;

	rd_kafka_error_destroy(rd_kafka_consumer_close_queue(c->rk, q));
	while (!rd_kafka_consumer_closed(c->rk) && io_now() < until)
		rd_kafka_queue_poll_callback(q, LEAVE_LOOK_MS);
	rd_kafka_queue_destroy(q);
	return !never && rd_kafka_consumer_closed(c->rk);
}

/* Read p from offset on, in spite of where it stands. */
int
consumer_restart_member(struct part *p, int64_t offset, struct err *e)
{
	struct consumer *c = p->consumer;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	int rc = 0;

	for (size_t i = 0; i < c->nparts; i++) {
		struct part *other = c->parts[i];

		/* The older protocol knows only whole assignments. */
		if (other != p && (!other->assigned || cooperative(c)))
			continue;
		other->from = other == p ? offset : other->next >= 0 ? other->next : other->from;
		other->stray = true;
		rd_kafka_topic_partition_list_add(list, other->topic, other->partition)->offset =
		    other->from;
	}
	if (cooperative(c))
		rc = change(c, false, list, e);
	if (rc == 0)
		rc = change(c, true, list, e);
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

/* librdkafka stops a partition in its own time, and then no longer forwards its records;
 * so do that again until some come. */
void
consumer_fetch_strays(struct consumer *c)
{
	for (size_t i = 0; i < c->nparts; i++)
		if (c->parts[i]->stray)
			forward(c, c->parts[i]);
}

void
consumer_written(struct part *p, int64_t next)
{
	struct consumer *c = p->consumer;

	/* The output may still tell of what was taken before p went and came back. */
	if (!c->opts.group || c->opts.exact || !p->assigned || next <= p->from)
		return;
	p->written = next;
	c->uncommitted = true;
}

/* librdkafka's own committing passes over a position that is below an earlier one, as after a
 * log cut short.  The answer comes on a queue, for it may be kept back as long as a session. */
static void
ask_commit(struct consumer *c)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)c->nparts);

	for (size_t i = 0; i < c->nparts; i++) {
		const struct part *p = c->parts[i];

		if (p->assigned && p->written >= 0)
			rd_kafka_topic_partition_list_add(list, p->topic, p->partition)->offset = p->written;
	}
	if (list->cnt && rd_kafka_commit_queue(c->rk, list, c->commits, NULL, NULL) == 0)
		c->unanswered++;
	c->uncommitted = false;
	rd_kafka_topic_partition_list_destroy(list);
}

/* The last answer, if all come before `until`. */
static rd_kafka_resp_err_t
commit_answer(struct consumer *c, int64_t until)
{
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;

	for (; c->unanswered; c->unanswered--) {
		int64_t left = until - io_now();
		rd_kafka_event_t *answer = rd_kafka_queue_poll(c->commits, left > 0 ? (int)left : 0);

		if (!answer)
			return RD_KAFKA_RESP_ERR__TIMED_OUT;
		code = rd_kafka_event_error(answer);
		c->uncommitted |= code != RD_KAFKA_RESP_ERR_NO_ERROR;
		rd_kafka_event_destroy(answer);
	}
	return code;
}

void
consumer_commit_soon(struct consumer *c)
{
	commit_answer(c, 0);
	if (!c->uncommitted || c->unanswered || c->commit_ms <= 0 || io_now() < c->commit_at)
		return;
	c->commit_at = io_now() + c->commit_ms;
	ask_commit(c);
}

/* What mends when a broker comes back, another one takes the group over, or its leader has
 * shared the partitions out, which needs nothing of us: librdkafka's threads see to it. */
static bool
passes(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__WAIT_COORD ||
	    code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR ||
	    code == RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE ||
	    code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
	    code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS;
}

/* Servers that are away for good are not asked: the commit would wait for them. */
static rd_kafka_resp_err_t
commit(struct consumer *c)
{
	int64_t until = io_now() + COMMIT_MS;
	rd_kafka_resp_err_t code;

	do {
		if (c->away)
			return RD_KAFKA_RESP_ERR__TRANSPORT;
		code = RD_KAFKA_RESP_ERR__TRANSPORT;
		if (kafka_down_ms(c->kafka) == 0) {
			if (c->uncommitted)
				ask_commit(c);
			code = commit_answer(c, until);
		}
		c->away = code == RD_KAFKA_RESP_ERR__TIMED_OUT;
		if (!passes(code))
			return code;
		poll(NULL, 0, COMMIT_PAUSE_MS);
	} while (io_now() < until);
	c->away = kafka_down_ms(c->kafka) > 0;
	return code;
}

int
consumer_commit(struct consumer *c, struct err *e)
{
	rd_kafka_resp_err_t code;

	if (!c->uncommitted && !c->unanswered)
		return 0;
	code = commit(c);
	if (!code)
		return 0;
	kafka_err(e, code, "commit the positions of group", c->opts.group);
	e->status = EX_TEMPFAIL;
	return -1;
}
