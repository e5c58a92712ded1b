/* Where reading goes on when the broker does not have the position, and membership in a group. */
#include "kafka/consumer.h"

#include "mock.h"
#include "tap.h"

/* The numbers of requests. */
#define OFFSET_COMMIT 8
#define OFFSET_FETCH 9
#define FIND_COORDINATOR 10
#define JOIN_GROUP 11
#define HEARTBEAT 12
#define JOINED_MS 60000

static int said;
static const char *session = "session.timeout.ms=45000";

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

static int want; /* take no more after as many */

static bool
take(void *arg, struct part *p, const rd_kafka_message_t *m, int64_t next)
{
	(void)arg, (void)m;
	consumer_written(p, next);
	return --want > 0;
}

/* One that is on its way into the group. */
static struct consumer *
member(rd_kafka_t *cluster, const char *group, const char *topic, bool ends)
{
	const struct consumer_opts wants = { .group = group, .until = -1, .say = say, .ends = ends };
	struct kafka_opts opts;
	struct consumer *c;
	struct err e = { 0 };

	kafka_opts_begin(&opts);
	opts.brokers = mock_brokers(cluster);
	opts.props[opts.nprops++] = session;
	c = consumer_open(&opts, &wants, &e);
	if (c && consumer_add(c, topic, &e) == 0 && consumer_start(c, &e) == 0)
		return c;
	printf("Bail out! %s\n", e.text);
	exit(2);
}

static bool
has_read(struct consumer *c)
{
	struct err e = { 0 };

	if (!consumer_revoking(c) && consumer_poll(c, take, NULL, &e) < 0)
		printf("# %s\n", e.text);
	return c->uncommitted && want <= 0;
}

static bool has_partitions(struct consumer *c) { return c->assigned > 0; }
static bool has_lost(struct consumer *c) { return c->assigned == 0; }
static bool is_back(struct consumer *c) { return c->assigned || consumer_over(c); }

/* Serve c until it is so: whether it came to that. */
static bool
until(struct consumer *c, bool (*so)(struct consumer *))
{
	struct err e = { 0 };
	int rc = 0;

	for (int64_t end = io_now() + JOINED_MS; io_now() < end && rc == 0 && !so(c); ) {
		rc = consumer_serve(c, &e);
		consumer_wait(c, false, 20);
	}
	if (rc < 0)
		printf("# %s\n", e.text);
	return rc == 0 && so(c);
}

/* One that has read n records, which are not committed yet. */
static struct consumer *
reader(rd_kafka_t *cluster, const char *group, const char *topic, int n)
{
	struct consumer *c = member(cluster, group, topic, false);

	want = n;
	ok(until(c, has_read), "%s: has read", group);
	return c;
}

static void
commits(rd_kafka_t *cluster, rd_kafka_resp_err_t code, int status)
{
	struct consumer *c = reader(cluster, rd_kafka_err2name(code), "t", 1);
	rd_kafka_mock_cluster_t *mock = rd_kafka_handle_mock_cluster(cluster);
	struct err e = { 0 };

	rd_kafka_mock_push_request_errors(mock, OFFSET_COMMIT, 2, code, code);
	is_int(consumer_commit(c, &e), status ? -1 : 0, "a commit: %s", rd_kafka_err2name(code));
	is_int(e.status, status, "its status");
	rd_kafka_mock_clear_request_errors(mock, OFFSET_COMMIT);
	consumer_close(c);
}

/* A coordinator that is not found again. */
static void
commit_in_vain(rd_kafka_t *cluster)
{
	struct consumer *c = reader(cluster, "vain", "t", 1);
	rd_kafka_mock_cluster_t *mock = rd_kafka_handle_mock_cluster(cluster);
	int64_t began = io_now();
	struct err e = { 0 };

	rd_kafka_mock_push_request_errors(mock, OFFSET_COMMIT, 1, RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
	for (int i = 0; i < 1000; i++)
		rd_kafka_mock_push_request_errors(mock, FIND_COORDINATOR, 1,
		    RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE);
	is_int(consumer_commit(c, &e), -1, "a commit without coordinator");
	is_int(e.status, EX_TEMPFAIL, "its status");
	ok(io_now() < began + 20000, "well before the session is over");
	rd_kafka_mock_clear_request_errors(mock, FIND_COORDINATOR);
	is_int(consumer_serve(c, &e), 0, "and it could go on"); /* one that cannot is never freed */
	consumer_close(c);
}

/* Where the group is, as c's own client knows it. */
static int64_t
committed(struct consumer *c)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	int64_t offset;

	rd_kafka_topic_partition_list_add(list, c->parts[0]->topic, 0);
	rd_kafka_committed(c->rk, list, JOINED_MS);
	offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	return offset;
}

static void
step_back(rd_kafka_t *cluster)
{
	struct consumer *c = reader(cluster, "back", "five", 5);
	struct err e = { 0 };

	is_int(consumer_commit(c, &e), 0, "five records: a commit");
	is_int(committed(c), 5, "of all");
	c->parts[0]->next = 2;
	c->parts[0]->lost = c->parts[0]->cut = true;
	want = 1;
	ok(until(c, has_read), "a log that was cut short is read again");
	is_int(consumer_commit(c, &e), 0, "a commit");
	is_int(committed(c), c->parts[0]->next, "of where that is");
	ok(c->parts[0]->next < 5, "which is before");
	consumer_close(c);
}

/* The coordinator forgets a member, and is not found for longer than one without partitions
 * waits for some. */
static void
lose(rd_kafka_t *cluster)
{
	struct consumer *c = member(cluster, "lost", "five", true);
	rd_kafka_mock_cluster_t *mock = rd_kafka_handle_mock_cluster(cluster);

	ok(until(c, has_partitions), "a member that is to read to the end");
	for (int i = 0; i < 4; i++)
		rd_kafka_mock_push_request_errors(mock, JOIN_GROUP, 1,
		    RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS);
	rd_kafka_mock_push_request_errors(mock, HEARTBEAT, 1, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
	ok(until(c, has_lost), "loses its partitions");
	ok(until(c, is_back), "and waits");
	ok(has_partitions(c), "until it has them again");
	consumer_close(c);
}

static void
ask_again(rd_kafka_t *cluster)
{
	rd_kafka_mock_push_request_errors(rd_kafka_handle_mock_cluster(cluster), OFFSET_FETCH, 1,
	    RD_KAFKA_RESP_ERR_NOT_COORDINATOR);
	consumer_close(reader(cluster, "again", "t", 1));
}

static void
fill(rd_kafka_t *cluster, const char *topic, int n)
{
	rd_kafka_mock_topic_create(rd_kafka_handle_mock_cluster(cluster), topic, 1, 1);
	for (int i = 0; i < n; i++)
		rd_kafka_producev(cluster, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_VALUE("x", 1),
		    RD_KAFKA_V_END);
	rd_kafka_flush(cluster, JOINED_MS);
}

static void
check_group(void)
{
	rd_kafka_t *cluster = mock_cluster();

	fill(cluster, "t", 1);
	fill(cluster, "five", 5);
	commits(cluster, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, 0);
	commits(cluster, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, EX_TEMPFAIL);
	commit_in_vain(cluster);
	ask_again(cluster);
	step_back(cluster);
	session = "session.timeout.ms=6000"; /* the cluster waits nearly as long for all of a group */
	lose(cluster);
	rd_kafka_destroy(cluster);
}

/* What is told of before p came back is no news. */
static void
check_written(void)
{
	struct consumer c = { .opts = { .group = "g" } };
	struct part p = { .consumer = &c, .assigned = true, .from = 10, .written = -1 };

	consumer_written(&p, 10);
	ok(p.written < 0 && !c.uncommitted, "a mark from before the partition went and came back");
	consumer_written(&p, 11);
	ok(p.written == 11 && c.uncommitted, "and one of now");
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
	check_written();
	check_group();
	return done();
}
