/* Where reading goes on when the broker does not have the position, and the errors of a commit. */
#include "kafka/consumer.h"

#include "mock.h"
#include "tap.h"

#define OFFSET_COMMIT 8 /* the number of the request */
#define JOINED_MS 60000

static int said;

__attribute__((format(printf, 1, 2))) static void
say(const char *fmt, ...)
{
	(void)fmt;
	said++;
}

/* Where to, from next in a topic that has 5 to 9; whether something was said. */
static void
goes(bool group, bool cut, int64_t next, int64_t to, bool tells, const char *name)
{
	struct consumer c = { .opts = { .group = group ? "g" : NULL, .say = say } };
	struct part p = { .consumer = &c, .topic = "t", .next = next, .cut = cut };

	said = 0;
	is_int(consumer_nearest(&p, "t[0]", 5, 9), to, "%s", name);
	is_int(said, tells, "and %s", tells ? "told" : "nothing to tell");
}

static void
resumes(bool cut, int64_t next, int64_t to, const char *name)
{
	struct part p = { .topic = "t", .next = next, .cut = cut, .first = 6, .known = true, .given = next };
	struct err e = { 0 };

	is_int(consumer_resume(&p, 5, 9, &e), to, "with a sink: %s", name);
	is_int(e.status, to < 0 ? EX_DATAERR : 0, "and the status");
}

static bool
take(void *arg, struct part *p, const rd_kafka_message_t *m, int64_t next)
{
	(void)arg, (void)m;
	consumer_written(p, next);
	return true;
}

/* A member that has read the record, which is not committed yet. */
static struct consumer *
member(rd_kafka_t *cluster, const char *group)
{
	const struct consumer_opts wants = { .group = group, .until = -1, .say = say };
	int64_t until = io_now() + JOINED_MS;
	struct kafka_opts opts;
	struct consumer *c;
	struct err e = { 0 };

	kafka_opts_begin(&opts);
	opts.brokers = mock_brokers(cluster);
	c = consumer_open(&opts, &wants, &e);
	if (c && consumer_add(c, "t", &e) == 0 && consumer_start(c, &e) == 0)
		while (io_now() < until && !c->uncommitted && consumer_serve(c, &e) == 0 &&
		    consumer_poll(c, take, NULL, &e) >= 0)
			consumer_wait(c, false, 100);
	if (c && c->uncommitted)
		return c;
	printf("Bail out! %s\n", e.text);
	exit(2);
}

static void
commits(rd_kafka_t *cluster, rd_kafka_resp_err_t code, int status)
{
	struct consumer *c = member(cluster, rd_kafka_err2name(code));
	struct err e = { 0 };

	rd_kafka_mock_push_request_errors(rd_kafka_handle_mock_cluster(cluster), OFFSET_COMMIT, 2,
	    code, code);
	is_int(consumer_commit(c, &e), status ? -1 : 0, "a commit: %s", rd_kafka_err2name(code));
	is_int(e.status, status, "its status");
	rd_kafka_mock_clear_request_errors(rd_kafka_handle_mock_cluster(cluster), OFFSET_COMMIT);
	consumer_close(c);
}

static void
check_commits(void)
{
	rd_kafka_t *cluster = mock_cluster();

	rd_kafka_mock_topic_create(rd_kafka_handle_mock_cluster(cluster), "t", 1, 1);
	rd_kafka_producev(cluster, RD_KAFKA_V_TOPIC("t"), RD_KAFKA_V_VALUE("x", 1), RD_KAFKA_V_END);
	rd_kafka_flush(cluster, JOINED_MS);
	commits(cluster, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, 0);
	commits(cluster, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, EX_TEMPFAIL);
	rd_kafka_destroy(cluster);
}

int
main(void)
{
	goes(false, false, 3, 5, true, "retention was faster: the beginning");
	goes(false, false, 12, 9, true, "not written yet: the end");
	goes(true, false, 12, 5, true, "stored, and the topic is another: its beginning");
	goes(false, false, 7, 7, false, "written since then: there");
	goes(true, false, 9, 9, false, "the end is there, too");
	goes(true, true, 12, 9, true, "a log cut short: its end");
	goes(true, true, 7, 7, true, "and longer again: there");
	resumes(false, 7, 7, "a position that is there");
	resumes(false, 3, -1, "deleted by retention");
	resumes(true, 7, -1, "a log cut short, although the position is there again");
	check_commits();
	return done();
}
