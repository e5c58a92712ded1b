#include "kafka/groups.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"

#define DESCRIBE "look for group"
#define COORDINATOR_MS 100 /* between two questions */
#define PATIENCE_MS 1000   /* for the first of them */

/* A failure of one group's part of a request. */
static int
group_error(struct err *e, rd_kafka_resp_err_t code, const char *what, const char *group)
{
	switch ((int)code) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return 0;
	case RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND:
		return err_set(e, EX_NO, "%s: %s: there is no such group", what, group);
	case RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP:
	case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID: /* a commit from outside of a live group */
	case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
		return err_set(e, EX_NO, "%s: %s: the group has members: stop them first", what, group);
	default:
		return kafka_err(e, code, what, group);
	}
}

/* Of a request about one group. */
static int
group_result(const rd_kafka_group_result_t **results, size_t n, const char *what,
    const char *group, struct err *e)
{
	rd_kafka_resp_err_t code = n ? rd_kafka_error_code(rd_kafka_group_result_error(results[0])) :
	                               RD_KAFKA_RESP_ERR__BAD_MSG;

	return group_error(e, code, what, group);
}

static int
by_text(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

json_t *
groups_list(struct admin *a, struct err *e)
{
	const rd_kafka_ListConsumerGroups_result_t *result;
	const rd_kafka_ConsumerGroupListing_t **found;
	const rd_kafka_error_t **errors;
	rd_kafka_event_t *answer;
	const char **names;
	json_t *list = NULL;
	size_t n, nerrors;

	rd_kafka_ListConsumerGroups(a->client, a->options, a->queue);
	answer = admin_answer(a, "list", "groups", e);
	if (!answer)
		return NULL;
	result = rd_kafka_event_ListConsumerGroups_result(answer);
	found = rd_kafka_ListConsumerGroups_result_valid(result, &n);
	errors = rd_kafka_ListConsumerGroups_result_errors(result, &nerrors);
	if (nerrors) { /* some broker's groups are missing, so the list would be a lie */
		kafka_err(e, rd_kafka_error_code(errors[0]), "list", "groups");
	} else {
		names = mem_alloc((n + 1) * sizeof *names);
		for (size_t i = 0; i < n; i++)
			names[i] = rd_kafka_ConsumerGroupListing_group_id(found[i]);
		qsort(names, n, sizeof *names, by_text);
		list = json_array();
		for (size_t i = 0; i < n; i++)
			json_array_append_new(list, json_string(names[i]));
		free(names);
	}
	rd_kafka_event_destroy(answer);
	return list;
}

/* What the coordinator knows of a group; *about lives as long as the answer, which the
 * caller destroys. */
static rd_kafka_event_t *
describe_once(struct admin *a, const char *group,
    const rd_kafka_ConsumerGroupDescription_t **about, struct err *e)
{
	const rd_kafka_ConsumerGroupDescription_t **found;
	rd_kafka_event_t *answer;
	const rd_kafka_error_t *error;
	size_t n;

	rd_kafka_DescribeConsumerGroups(a->client, &group, 1, a->options, a->queue);
	answer = admin_answer(a, DESCRIBE, group, e);
	if (!answer)
		return NULL;
	found = rd_kafka_DescribeConsumerGroups_result_groups(
	    rd_kafka_event_DescribeConsumerGroups_result(answer), &n);
	error = n ? rd_kafka_ConsumerGroupDescription_error(found[0]) : NULL;
	if (n && group_error(e, rd_kafka_error_code(error), DESCRIBE, group) == 0) {
		*about = found[0];
		return answer;
	}
	rd_kafka_event_destroy(answer);
	return NULL;
}

/* The same, waiting for a coordinator: a broker that has just started has none until it
 * has read, or for its first group made, the topic of all commits.  librdkafka asks it a few times
 * and then says nothing until the request's time is over, so that is short at first. */
static rd_kafka_event_t *
describe(struct admin *a, const char *group, const rd_kafka_ConsumerGroupDescription_t **about,
    struct err *e)
{
	int timeout = a->timeout_ms, patience = PATIENCE_MS;
	int64_t until = io_now() + timeout, left = timeout;
	rd_kafka_event_t *answer;

	do {
		admin_timeout(a, left < patience ? left : patience);
		answer = describe_once(a, group, about, e);
		if (answer || e->status != EX_TEMPFAIL || io_wait(-1, false, COORDINATOR_MS) == IO_STOP)
			break;
		patience *= 2;
		left = until - io_now();
	} while (left > 0);
	admin_timeout(a, timeout);
	return answer;
}

static int
await_coordinator(struct admin *a, const char *group, struct err *e)
{
	const rd_kafka_ConsumerGroupDescription_t *about;
	rd_kafka_event_t *answer = describe(a, group, &about, e);

	if (answer)
		rd_kafka_event_destroy(answer);
	return answer || e->status == EX_NO ? 0 : -1;
}

/* What every member has, each partition with its member as the opaque. */
static void
add_assigned(const rd_kafka_ConsumerGroupDescription_t *about, rd_kafka_topic_partition_list_t *into)
{
	size_t n = rd_kafka_ConsumerGroupDescription_member_count(about);

	for (size_t i = 0; i < n; i++) {
		const rd_kafka_MemberDescription_t *m = rd_kafka_ConsumerGroupDescription_member(about, i);
		const rd_kafka_topic_partition_list_t *parts =
		    rd_kafka_MemberAssignment_partitions(rd_kafka_MemberDescription_assignment(m));
		const char *fixed = rd_kafka_MemberDescription_group_instance_id(m);

		for (int p = 0; parts && p < parts->cnt; p++)
			rd_kafka_topic_partition_list_add(into, parts->elems[p].topic,
			    parts->elems[p].partition)->opaque =
			    (void *)(fixed ? fixed : rd_kafka_MemberDescription_consumer_id(m));
	}
}

/* Put what the group has committed into the offsets of into, with those partitions that
 * are not there yet. */
static int
add_committed(struct admin *a, const char *group, rd_kafka_topic_partition_list_t *into,
    struct err *e)
{
	rd_kafka_ListConsumerGroupOffsets_t *question =
	    rd_kafka_ListConsumerGroupOffsets_new(group, NULL);
	const rd_kafka_group_result_t **found;
	const rd_kafka_topic_partition_list_t *parts;
	rd_kafka_event_t *answer;
	size_t n;
	int failed;

	rd_kafka_ListConsumerGroupOffsets(a->client, &question, 1, a->options, a->queue);
	rd_kafka_ListConsumerGroupOffsets_destroy(question);
	answer = admin_answer(a, "ask for offsets of group", group, e);
	if (!answer)
		return -1;
	found = rd_kafka_ListConsumerGroupOffsets_result_groups(
	    rd_kafka_event_ListConsumerGroupOffsets_result(answer), &n);
	failed = group_result(found, n, "ask for offsets of group", group, e);
	parts = !failed ? rd_kafka_group_result_partitions(found[0]) : NULL;
	for (int i = 0; parts && i < parts->cnt; i++) {
		const rd_kafka_topic_partition_t *p = &parts->elems[i];
		rd_kafka_topic_partition_t *known =
		    rd_kafka_topic_partition_list_find(into, p->topic, p->partition);

		if (p->offset < 0)
			continue;
		if (!known)
			known = rd_kafka_topic_partition_list_add(into, p->topic, p->partition);
		known->offset = p->offset;
	}
	rd_kafka_event_destroy(answer);
	return failed;
}

static json_t *
number_or_null(int64_t n, bool known)
{
	return known ? json_integer(n) : json_null();
}

/* The lag of each partition of parts, whose offsets are committed or below 0. */
static json_t *
lag_of(const rd_kafka_topic_partition_list_t *parts, const rd_kafka_topic_partition_list_t *ends,
    int64_t *whole)
{
	json_t *list = json_array();

	for (int i = 0; i < parts->cnt; i++) {
		const rd_kafka_topic_partition_t *p = &parts->elems[i], *end = &ends->elems[i];
		bool known = p->offset >= 0 && !end->err;
		int64_t lag = known && end->offset > p->offset ? end->offset - p->offset : 0;

		*whole += lag;
		json_array_append_new(list, json_pack("{ss si so so so ss?}", "topic", p->topic,
		    "partition", p->partition, "committed", number_or_null(p->offset, p->offset >= 0),
		    "end", number_or_null(end->offset, !end->err), "lag", number_or_null(lag, known),
		    "member", (const char *)p->opaque));
	}
	return list;
}

/* All that is known of a group, as describe gives it, and its partitions. */
static rd_kafka_event_t *
look(struct admin *a, const char *group, const rd_kafka_ConsumerGroupDescription_t **about,
    rd_kafka_topic_partition_list_t *parts, struct err *e)
{
	rd_kafka_event_t *answer = describe(a, group, about, e);
	int failed;

	if (!answer)
		return NULL;
	add_assigned(*about, parts);
	failed = add_committed(a, group, parts, e);
	/* The broker calls a group that it never saw dead. */
	if (!failed && parts->cnt == 0 && rd_kafka_ConsumerGroupDescription_state(*about) ==
	    RD_KAFKA_CONSUMER_GROUP_STATE_DEAD)
		failed = group_error(e, RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND, DESCRIBE, group);
	if (!failed)
		return answer;
	rd_kafka_event_destroy(answer);
	return NULL;
}

json_t *
groups_lag(struct admin *a, const char *group, struct err *e)
{
	static const struct range_start end = { .kind = RANGE_END };
	rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(16), *ends;
	const rd_kafka_ConsumerGroupDescription_t *about;
	rd_kafka_event_t *answer = look(a, group, &about, parts, e);
	json_t *result = NULL, *list;
	int64_t whole = 0;

	rd_kafka_topic_partition_list_sort(parts, NULL, NULL);
	ends = rd_kafka_topic_partition_list_copy(parts);
	if (answer && admin_offsets(a, ends, &end, e) == 0) {
		list = lag_of(parts, ends, &whole);
		result = json_pack("{ss ss sI so}", "group", group, "state",
		    rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(about)),
		    "lag", (json_int_t)whole, "partitions", list);
	}
	rd_kafka_topic_partition_list_destroy(ends);
	rd_kafka_topic_partition_list_destroy(parts);
	if (answer)
		rd_kafka_event_destroy(answer);
	return result;
}

int
groups_exists(struct admin *a, const char *group, struct err *e)
{
	rd_kafka_topic_partition_list_t *parts = rd_kafka_topic_partition_list_new(16);
	const rd_kafka_ConsumerGroupDescription_t *about;
	rd_kafka_event_t *answer = look(a, group, &about, parts, e);

	rd_kafka_topic_partition_list_destroy(parts);
	if (answer)
		rd_kafka_event_destroy(answer);
	return answer ? 0 : -1;
}

int
groups_commit(struct admin *a, const char *group, const rd_kafka_topic_partition_list_t *list,
    struct err *e)
{
	rd_kafka_AlterConsumerGroupOffsets_t *order;
	const rd_kafka_group_result_t **found;
	const rd_kafka_topic_partition_list_t *parts;
	rd_kafka_event_t *answer;
	size_t n;
	int failed;

	if (await_coordinator(a, group, e) < 0)
		return -1;
	order = rd_kafka_AlterConsumerGroupOffsets_new(group, list);
	rd_kafka_AlterConsumerGroupOffsets(a->client, &order, 1, a->options, a->queue);
	rd_kafka_AlterConsumerGroupOffsets_destroy(order);
	answer = admin_answer(a, "commit", group, e);
	if (!answer)
		return -1;
	found = rd_kafka_AlterConsumerGroupOffsets_result_groups(
	    rd_kafka_event_AlterConsumerGroupOffsets_result(answer), &n);
	failed = group_result(found, n, "commit", group, e);
	parts = !failed ? rd_kafka_group_result_partitions(found[0]) : NULL;
	for (int i = 0; parts && i < parts->cnt && !failed; i++)
		if (parts->elems[i].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
			failed = err_set(e, EX_NO, "commit: %s[%" PRId32 "]: there is no such partition",
			    parts->elems[i].topic, parts->elems[i].partition);
		else
			failed = group_error(e, parts->elems[i].err, "commit", group);
	rd_kafka_event_destroy(answer);
	return failed;
}

int
groups_delete(struct admin *a, const char *group, struct err *e)
{
	rd_kafka_DeleteGroup_t *order;
	const rd_kafka_group_result_t **found;
	rd_kafka_event_t *answer;
	size_t n;
	int failed;

	if (await_coordinator(a, group, e) < 0)
		return -1;
	order = rd_kafka_DeleteGroup_new(group);
	rd_kafka_DeleteGroups(a->client, &order, 1, a->options, a->queue);
	rd_kafka_DeleteGroup_destroy(order);
	answer = admin_answer(a, "delete", group, e);
	if (!answer)
		return -1;
	found = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(answer), &n);
	failed = group_result(found, n, "delete", group, e);
	rd_kafka_event_destroy(answer);
	return failed;
}
