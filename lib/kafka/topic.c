#include "kafka/topic.h"

#include <stdlib.h>
#include <string.h>

#include "kafka/admin.h"

#define LIMIT_MS 5000 /* how long to wait for an answer that we can do without */

/* A session of admin.h on a client that is there already. */
static void
borrow(struct admin *a, struct kafka *k, int64_t timeout_ms)
{
	rd_kafka_t *rk = kafka_client(k);

	*a = (struct admin){ .kafka = k, .client = rk, .queue = rd_kafka_queue_new(rk),
		.options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_ANY) };
	admin_timeout(a, timeout_ms);
}

static void
give_back(struct admin *a)
{
	a->kafka = NULL;
	admin_close(a);
}

int
topic_find(struct kafka *k, const char *topic, bool create, int64_t timeout_ms, struct err *e)
{
	const struct admin_new as_configured = { .partitions = -1, .replication = -1 };
	int n = kafka_partitions(k, topic, (int)timeout_ms, e);
	struct admin a;
	bool made;

	if (n >= 0 || e->status != EX_NO || !create)
		return n;
	borrow(&a, k, timeout_ms);
	/* Somebody else may have made it meanwhile, which is as good. */
	made = admin_create(&a, topic, &as_configured, e) == 0 || e->status == EX_NO;
	if (made && admin_wait_made(&a, topic, e) == 0)
		n = kafka_partitions(k, topic, (int)timeout_ms, e);
	give_back(&a);
	return n;
}

static size_t
read_limit(const rd_kafka_ConfigResource_t *topic)
{
	size_t n;
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(topic, &n);

	for (size_t i = 0; i < n; i++) {
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);

		if (value && strcmp(rd_kafka_ConfigEntry_name(entries[i]), "max.message.bytes") == 0)
			return strtoul(value, NULL, 10);
	}
	return 0;
}

static size_t
ask_limit(struct admin *a, const char *topic)
{
	rd_kafka_ConfigResource_t *asked =
	    rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
	const rd_kafka_ConfigResource_t **results;
	rd_kafka_event_t *answer;
	size_t n, limit;
	struct err e;

	rd_kafka_DescribeConfigs(a->client, &asked, 1, a->options, a->queue);
	rd_kafka_ConfigResource_destroy(asked);
	answer = admin_answer(a, "describe", topic, &e);
	if (!answer)
		return 0;
	results = rd_kafka_DescribeConfigs_result_resources(
	    rd_kafka_event_DescribeConfigs_result(answer), &n);
	limit = n == 1 ? read_limit(results[0]) : 0;
	rd_kafka_event_destroy(answer);
	return limit;
}

size_t
topic_limit(struct kafka *k, const char *topic)
{
	struct admin a;
	struct err e;
	size_t limit = 0;

	borrow(&a, k, LIMIT_MS);
	if (admin_known(&a, "describe", topic, &e) == 0)
		limit = ask_limit(&a, topic);
	give_back(&a);
	return limit;
}
