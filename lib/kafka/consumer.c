#include "kafka/consumer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/stop.h"

#define EMPTY_MS 2000 /* how long a member without partitions waits for some */

static int
configure(rd_kafka_conf_t *conf, const struct consumer_opts *opts, struct err *e)
{
	const char *const own[][2] = { { "group.id", opts->group },
		{ "group.instance.id", opts->member },
		/* What is not written is not to be committed, and -e waits for the ends. */
		{ "enable.auto.offset.store", "false" }, { "enable.partition.eof", "true" },
		{ "enable.auto.commit", opts->group && !opts->exact ? NULL : "false" },
		/* A silent reset would pass for records that were not there. */
		{ "auto.offset.reset", opts->exact ? "error" : NULL } };
	char text[200];

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (own[i][1] && rd_kafka_conf_set(conf, own[i][0], own[i][1], text, sizeof text))
			return err_set(e, EX_CONFIG, "configure: %s", text);
	if (opts->group)
		rd_kafka_conf_set_rebalance_cb(conf, consumer_rebalance);
	return 0;
}

static struct kafka *
connect_to(const struct kafka_opts *k, const struct consumer_opts *opts, struct err *e)
{
	/* The broker answers a fetch as soon as it has a byte, so a short wait matters at
	 * the end of a partition only; there it is what -e waits for.  queued.min.messages
	 * would stop the fetching for a second at a time (until 2.2 librdkafka looks again
	 * no sooner), so only the bytes limit the queue. */
	const char *const defaults[] = { "auto.offset.reset", "error",
		"partition.assignment.strategy", "cooperative-sticky",
		"fetch.wait.max.ms", opts->ends ? "10" : "500",
		"heartbeat.interval.ms", opts->ends ? "500" : "3000",
		"queued.min.messages", "10000000",
		"queued.max.messages.kbytes", CONSUMER_QUEUE_KB,
		"socket.nagle.disable", "true", NULL };
	rd_kafka_conf_t *conf = kafka_conf(k, defaults, e);

	if (!conf)
		return NULL;
	if (configure(conf, opts, e) == 0)
		return kafka_open(RD_KAFKA_CONSUMER, conf, e);
	rd_kafka_conf_destroy(conf);
	return NULL;
}

static int
open_wake(int fd[2], struct err *e)
{
	if (pipe(fd) < 0)
		return err_sys(e, errno, "start", "pipe");
	for (int i = 0; i < 2; i++) {
		fcntl(fd[i], F_SETFD, FD_CLOEXEC);
		fcntl(fd[i], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

static int
open_queues(struct consumer *c)
{
	if (c->opts.group) {
		rd_kafka_poll_set_consumer(c->rk);
		c->events = rd_kafka_queue_get_consumer(c->rk);
		c->topics = rd_kafka_topic_partition_list_new(1);
		c->commits = rd_kafka_queue_new(c->rk);
	} else {
		c->events = rd_kafka_queue_get_main(c->rk);
	}
	c->records = rd_kafka_queue_new(c->rk);
	rd_kafka_queue_io_event_enable(c->records, c->wake[1], "", 1);
	rd_kafka_queue_io_event_enable(c->events, c->wake[1], "", 1);
	return 0;
}

struct consumer *
consumer_open(const struct kafka_opts *k, const struct consumer_opts *opts, struct err *e)
{
	struct consumer *c = mem_alloc(sizeof *c);

	c->opts = *opts;
	c->timeout_ms = k->timeout_ms;
	c->patient = opts->exact && !k->timeout_given;
	c->wake[0] = c->wake[1] = -1;
	c->kafka = connect_to(k, opts, e);
	if (c->kafka && open_wake(c->wake, e) == 0) {
		c->rk = kafka_client(c->kafka);
		kafka_set_user(c->kafka, c);
		open_queues(c);
		c->away = kafka_wait_up(c->kafka, e) < 0;
		if (!c->away)
			return c;
	}
	consumer_close(c);
	return NULL;
}

struct part *
consumer_part(struct consumer *c, const char *topic, int32_t partition)
{
	struct part *p;

	for (size_t i = 0; i < c->nparts; i++) {
		p = c->parts[i];
		if (p->partition == partition && strcmp(p->topic, topic) == 0)
			return p;
	}
	p = mem_alloc(sizeof *p);
	*p = (struct part){ .consumer = c, .topic = mem_dup(topic), .partition = partition,
		.first = -1, .last = -1, .written = -1 };
	c->parts = mem_resize(c->parts, (c->nparts + 1) * sizeof *c->parts);
	c->parts[c->nparts++] = p;
	return p;
}

/* It is ours (again): nothing is known of where it is. */
void
consumer_begin_part(struct part *p)
{
	p->assigned = true;
	p->at_end = p->over = p->lost = p->cut = p->stray = false;
	p->next = p->end = p->written = -1;
}

void
consumer_tell_begun(struct part *p)
{
	const struct consumer_exact *x = p->consumer->opts.exact;

	if (x)
		x->begun(x->arg, p);
}

/* What the user can do where the group will not have us; "" where that is plain. */
static const char *
way_out(rd_kafka_resp_err_t code)
{
	if (code == RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL)
		return ": set partition.assignment.strategy to that of its members, or use another group";
	if (code == RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT)
		return ": set session.timeout.ms to what the broker allows";
	return "";
}

/* A trouble of the group, not of a partition. */
static int
group_trouble(struct consumer *c, const rd_kafka_message_t *m, struct err *e)
{
	if (consumer_status(c, m->err) != EX_TEMPFAIL)
		return err_set(e, consumer_status(c, m->err), "group: %s: %s%s", c->opts.group,
		    rd_kafka_message_errstr(m), way_out(m->err));
	if (c->opts.verbose)
		c->opts.say("group: %s: %s", c->opts.group, rd_kafka_message_errstr(m));
	return 0;
}

int
consumer_serve(struct consumer *c, struct err *e)
{
	rd_kafka_message_t *m;
	char cause[300];
	int64_t down;
	int rc = 0;

	if (c->opts.group) {
		consumer_commit_soon(c);
		while (rc == 0 && (m = rd_kafka_consumer_poll(c->rk, 0)) != NULL) {
			rc = group_trouble(c, m, e);
			rd_kafka_message_destroy(m);
		}
	} else {
		rd_kafka_poll(c->rk, 0);
	}
	if (c->err.status) {
		*e = c->err;
		rc = -1;
	}
	if (rc < 0)
		return -1;
	c->away = kafka_broken(c->kafka, e) < 0;
	if (c->away)
		return -1;
	down = kafka_down_ms(c->kafka);
	c->away = down >= c->timeout_ms;
	if (!c->away)
		return 0;
	kafka_cause(c->kafka, cause, sizeof cause);
	return err_set(e, EX_TEMPFAIL, "read: no broker for %" PRId64 " s: %s", down / 1000, cause);
}

bool
consumer_over(struct consumer *c)
{
	bool late = c->opts.until >= 0 && io_wall() >= c->opts.until;
	size_t open = 0;

	for (size_t i = 0; i < c->nparts; i++) {
		struct part *p = c->parts[i];

		p->over |= late && p->at_end;
		open += p->assigned && !p->over;
	}
	if (open || (!c->opts.ends && c->opts.until < 0))
		return false;
	if (!c->opts.group || c->assigned)
		return true;
	return c->assigned_at && io_now() >= c->assigned_at + EMPTY_MS;
}

enum io_event
consumer_wait(struct consumer *c, bool watch_stdout, int timeout_ms)
{
	struct pollfd p[] = {
		{ .fd = c->wake[0], .events = POLLIN },
		{ .fd = c->stop_told ? -1 : stop_fd(), .events = POLLIN },
		{ .fd = watch_stdout ? STDOUT_FILENO : -1, .events = 0 },
	};
	char bytes[64];

	if (poll(p, sizeof p / sizeof *p, timeout_ms) <= 0)
		return IO_TIMEOUT; /* or a signal, which stop_fd tells next time */
	if (p[1].revents) {
		c->stop_told = true;
		return IO_STOP;
	}
	if (p[2].revents)
		return IO_GONE;
	while (read(c->wake[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes)
		;
	return IO_INPUT;
}

int
consumer_wake_fd(const struct consumer *c)
{
	return c->wake[1];
}

static void
close_part(struct part *p)
{
	if (p->handle) {
		if (p->assigned && !p->consumer->away)
			rd_kafka_consume_stop(p->handle, p->partition);
		rd_kafka_topic_destroy(p->handle);
	}
	free(p->topic);
	free(p);
}

void
consumer_close(struct consumer *c)
{
	if (!c)
		return;
	c->closing = true;
	if (c->rk && kafka_down_ms(c->kafka) > 0)
		c->away = true;
	/* Where the group is not left in order, librdkafka may never be done with it; the process ends. */
	if (c->opts.group && c->rk && (c->away || !consumer_leave(c)))
		return;
	for (size_t i = 0; i < c->nparts; i++)
		close_part(c->parts[i]);
	free(c->parts);
	if (c->records)
		rd_kafka_queue_destroy(c->records);
	if (c->events)
		rd_kafka_queue_destroy(c->events);
	if (c->commits)
		rd_kafka_queue_destroy(c->commits);
	if (c->topics)
		rd_kafka_topic_partition_list_destroy(c->topics);
	if (c->leaving)
		rd_kafka_topic_partition_list_destroy(c->leaving);
	kafka_close(c->kafka);
	for (int i = 0; i < 2; i++)
		if (c->wake[i] >= 0)
			close(c->wake[i]);
	free(c);
}
