#include "kafka/admin.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"

#define LOOK_EVERY_MS 20

/* What the broker said of the one topic that a request was about. */
static int
topic_result(const rd_kafka_topic_result_t **results, size_t n, const char *what, struct err *e)
{
	rd_kafka_resp_err_t code = n ? rd_kafka_topic_result_error(results[0]) :
	                               RD_KAFKA_RESP_ERR__BAD_MSG;
	const char *topic = n ? rd_kafka_topic_result_name(results[0]) : "?";
	const char *said = n ? rd_kafka_topic_result_error_string(results[0]) : NULL;
	int status = kafka_status(code);

	switch ((int)code) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return 0;
	case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
		return err_set(e, EX_NO, "%s: %s: there is such a topic already", what, topic);
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		return err_set(e, EX_NO, "%s: %s: there is no such topic", what, topic);
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: /* as a_b where there is an a.b */
		status = EX_USAGE;
		break;
	case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
		status = EX_CONFIG;
		break;
	}
	if (!said || strcmp(said, rd_kafka_err2str(code)) == 0)
		return kafka_err(e, code, what, topic);
	/* The broker's own sentence knows more; ours end without a full stop. */
	return err_set(e, status, "%s: %s: %.*s", what, topic,
	    (int)(strlen(said) - (*said && said[strlen(said) - 1] == '.')), said);
}

static int
set_configs(rd_kafka_NewTopic_t *topic, const struct admin_new *new, struct err *e)
{
	for (size_t i = 0; i < new->nconfigs; i++) {
		const char *pair = new->configs[i], *equals = strchr(pair, '=');
		char *name;

		if (!equals || equals == pair)
			return err_set(e, EX_USAGE, "--set: %s: wants name=value", pair);
		name = mem_dupn(pair, (size_t)(equals - pair));
		rd_kafka_NewTopic_set_config(topic, name, equals + 1);
		free(name);
	}
	return 0;
}

int
admin_create(struct admin *a, const char *topic, const struct admin_new *new, struct err *e)
{
	rd_kafka_NewTopic_t *order;
	rd_kafka_event_t *answer;
	const rd_kafka_topic_result_t **results;
	char why[200];
	size_t n;
	int failed = 0;

	if (admin_known(a, "create", topic, e) < 0)
		return -1;
	order = rd_kafka_NewTopic_new(topic, new->partitions, new->replication, why, sizeof why);
	if (!order)
		return err_set(e, EX_USAGE, "create: %s: %s", topic, why);
	if (set_configs(order, new, e) < 0) {
		rd_kafka_NewTopic_destroy(order);
		return -1;
	}
	rd_kafka_CreateTopics(a->client, &order, 1, a->options, a->queue);
	rd_kafka_NewTopic_destroy(order);
	answer = admin_answer(a, "create", topic, e);
	if (!answer)
		return -1;
	results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer), &n);
	failed = topic_result(results, n, "create", e);
	rd_kafka_event_destroy(answer);
	return failed;
}

int
admin_delete(struct admin *a, const char *topic, struct err *e)
{
	rd_kafka_DeleteTopic_t *order;
	rd_kafka_event_t *answer;
	const rd_kafka_topic_result_t **results;
	size_t n;
	int failed;

	if (admin_known(a, "delete", topic, e) < 0)
		return -1;
	order = rd_kafka_DeleteTopic_new(topic);
	rd_kafka_DeleteTopics(a->client, &order, 1, a->options, a->queue);
	rd_kafka_DeleteTopic_destroy(order);
	answer = admin_answer(a, "delete", topic, e);
	if (!answer)
		return -1;
	results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer), &n);
	failed = topic_result(results, n, "delete", e);
	rd_kafka_event_destroy(answer);
	return failed;
}

/* What the cluster knows of one topic, or of all where topic is NULL; the caller
 * destroys it. */
static const struct rd_kafka_metadata *
look(struct admin *a, const char *topic, struct err *e)
{
	rd_kafka_topic_t *handle = topic ? rd_kafka_topic_new(a->client, topic, NULL) : NULL;
	const struct rd_kafka_metadata *md;
	rd_kafka_resp_err_t code;

	code = kafka_metadata(a->client, topic == NULL, handle, &md, a->timeout_ms);
	if (handle)
		rd_kafka_topic_destroy(handle);
	if (!code)
		return md;
	kafka_err(e, code, "ask", topic ? topic : "all topics");
	return NULL;
}

/* Of the metadata of one topic. */
static bool
is_known(const struct rd_kafka_metadata *md)
{
	return md->topic_cnt > 0 && md->topics[0].err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

static bool
has_leaders(const struct rd_kafka_metadata *md)
{
	const struct rd_kafka_metadata_topic *t = md->topics;

	if (!is_known(md) || t->err || t->partition_cnt == 0)
		return false;
	for (int i = 0; i < t->partition_cnt; i++)
		if (t->partitions[i].leader < 0)
			return false;
	return true;
}

/* Look again and again until `done` has become `want`. */
static int
wait_until(struct admin *a, const char *topic, bool (*done)(const struct rd_kafka_metadata *),
    bool want, const char *what, struct err *e)
{
	int64_t until = io_now() + a->timeout_ms;
	const struct rd_kafka_metadata *md;

	while ((md = look(a, topic, e))) {
		bool now = done(md);

		rd_kafka_metadata_destroy(md);
		if (now == want)
			return 0;
		if (io_now() >= until)
			return err_set(e, EX_TEMPFAIL, "wait: %s: %s after %d s", topic, what,
			    a->timeout_ms / 1000);
		poll(NULL, 0, LOOK_EVERY_MS);
	}
	return -1;
}

int
admin_wait_made(struct admin *a, const char *topic, struct err *e)
{
	return wait_until(a, topic, has_leaders, true, "a partition has no leader", e);
}

int
admin_wait_gone(struct admin *a, const char *topic, struct err *e)
{
	return wait_until(a, topic, is_known, false, "not gone", e);
}

static int
by_name(const void *x, const void *y)
{
	const struct rd_kafka_metadata_topic *a = x, *b = y;

	return strcmp(a->topic, b->topic);
}

json_t *
admin_list(struct admin *a, struct err *e)
{
	const struct rd_kafka_metadata *md = look(a, NULL, e);
	json_t *names;

	if (!md)
		return NULL;
	names = json_array();
	qsort(md->topics, (size_t)md->topic_cnt, sizeof *md->topics, by_name);
	for (int i = 0; i < md->topic_cnt; i++)
		json_array_append_new(names, json_string(md->topics[i].topic));
	rd_kafka_metadata_destroy(md);
	return names;
}

static json_t *
broker_ids(const int32_t *ids, int n)
{
	json_t *list = json_array();

	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_integer(ids[i]));
	return list;
}

static json_t *
partitions_of(const struct rd_kafka_metadata_topic *t)
{
	json_t *list = json_array();

	for (int i = 0; i < t->partition_cnt; i++) {
		const struct rd_kafka_metadata_partition *p = &t->partitions[i];

		json_array_append_new(list, json_pack("{si si so so}", "partition", p->id,
		    "leader", p->leader, "replicas", broker_ids(p->replicas, p->replica_cnt),
		    "isr", broker_ids(p->isrs, p->isr_cnt)));
	}
	return list;
}

/* The properties set for the topic itself, into `into`. */
static void
own_configs(const rd_kafka_ConfigResource_t *resource, json_t *into)
{
	size_t n;
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &n);

	for (size_t i = 0; i < n; i++) {
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);

		if (rd_kafka_ConfigEntry_source(entries[i]) ==
		    RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG)
			json_object_set_new(into, rd_kafka_ConfigEntry_name(entries[i]),
			    value ? json_string(value) : json_null());
	}
}

static json_t *
config_of(struct admin *a, const char *topic, struct err *e)
{
	rd_kafka_ConfigResource_t *resource;
	const rd_kafka_ConfigResource_t **results;
	rd_kafka_event_t *answer;
	rd_kafka_resp_err_t code;
	json_t *config = NULL;
	size_t n;

	if (admin_known(a, "describe", topic, e) < 0)
		return NULL;
	resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
	rd_kafka_DescribeConfigs(a->client, &resource, 1, a->options, a->queue);
	rd_kafka_ConfigResource_destroy(resource);
	answer = admin_answer(a, "describe", topic, e);
	if (!answer)
		return NULL;
	results = rd_kafka_DescribeConfigs_result_resources(
	    rd_kafka_event_DescribeConfigs_result(answer), &n);
	code = n ? rd_kafka_ConfigResource_error(results[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
	if (code) {
		kafka_err(e, code, "describe", topic);
	} else {
		config = json_object();
		own_configs(results[0], config);
	}
	rd_kafka_event_destroy(answer);
	return config;
}

json_t *
admin_describe(struct admin *a, const char *topic, struct err *e)
{
	const struct rd_kafka_metadata *md = look(a, topic, e);
	json_t *partitions = NULL, *config;

	if (!md)
		return NULL;
	if (!is_known(md))
		err_set(e, EX_NO, "describe: %s: there is no such topic", topic);
	else if (md->topics[0].err)
		kafka_err(e, md->topics[0].err, "describe", topic);
	else
		partitions = partitions_of(md->topics);
	rd_kafka_metadata_destroy(md);
	if (!partitions)
		return NULL;
	config = config_of(a, topic, e);
	if (config)
		return json_pack("{ss so so}", "topic", topic, "partitions", partitions, "config",
		    config);
	json_decref(partitions);
	return NULL;
}
