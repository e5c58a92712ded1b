/* How a producer's client is configured. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kafka/producer.h"

#define LINGER_MS 1000 /* see producer_connect */

/* An id fences, so it wins over whatever else is configured.  librdkafka refuses to begin
 * where a record may wait for longer than its transaction. */
static int
set_transactional(rd_kafka_conf_t *conf, const char *id, struct err *e)
{
	char record_ms[24] = "", transaction_ms[24] = "", why[200];
	size_t n = sizeof record_ms, m = sizeof transaction_ms;

	rd_kafka_conf_get(conf, "message.timeout.ms", record_ms, &n);
	rd_kafka_conf_get(conf, "transaction.timeout.ms", transaction_ms, &m);
	if (rd_kafka_conf_set(conf, "transactional.id", id, why, sizeof why) ||
	    (atol(record_ms) > atol(transaction_ms) &&
	    rd_kafka_conf_set(conf, "message.timeout.ms", transaction_ms, why, sizeof why)))
		return err_set(e, EX_CONFIG, "configure: %s", why);
	return 0;
}

/*
 * Why linger.ms is long: an idempotent librdkafka (2.0.2) has one request in flight for
 * each partition, and while it waits for the answer its thread spins as soon as a message
 * is older than linger.ms, which doubles the CPU time of the whole run.  Nothing waits
 * that long: a full batch goes at once, and producer_push sends the rest whenever the
 * input has a pause.  (In flight are counted the messages, where requests are meant: see
 * RD_KAFKA_IDEMP_MAX_INFLIGHT in rdkafka_broker.c, up to 2.14 at least.)
 */
struct kafka *
producer_connect(const struct producer_config *c, size_t batch_bytes, producer_verdict *verdict,
    struct err *e)
{
	int64_t timeout = c->kafka->timeout_ms;
	size_t room = c->max_record + 64 * 1024; /* for headers and framing */
	char timeout_ms[24], linger_ms[24], batch[24], bytes[24], kbytes[24], messages[24];
	const char *const defaults[] = { "acks", "all", "enable.idempotence", "true",
		"partitioner", "murmur2_random", "linger.ms", linger_ms, "batch.size", batch,
		"message.max.bytes", bytes, "queue.buffering.max.kbytes", kbytes,
		"queue.buffering.max.messages", messages, "transaction.timeout.ms", PRODUCER_TXN_MS,
		"message.timeout.ms", timeout_ms, NULL };
	rd_kafka_conf_t *conf;

	snprintf(timeout_ms, sizeof timeout_ms, "%" PRId64, timeout);
	snprintf(linger_ms, sizeof linger_ms, "%" PRId64,
	    timeout / 2 < LINGER_MS ? timeout / 2 : LINGER_MS);
	snprintf(batch, sizeof batch, "%zu", batch_bytes);
	snprintf(bytes, sizeof bytes, "%zu", room);
	snprintf(kbytes, sizeof kbytes, "%zu", (PRODUCER_QUEUE_BYTES + room) / 1024);
	snprintf(messages, sizeof messages, "%d", PRODUCER_QUEUE_MAX);
	conf = kafka_conf(c->kafka, defaults, e);
	if (!conf)
		return NULL;
	if (c->transactional_id && set_transactional(conf, c->transactional_id, e) < 0) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	rd_kafka_conf_set_dr_msg_cb(conf, verdict);
	return kafka_open(RD_KAFKA_PRODUCER, conf, e);
}

bool
producer_spreads(rd_kafka_t *rk)
{
	char name[64] = "";
	size_t len = sizeof name;

	rd_kafka_conf_get(rd_kafka_conf(rk), "partitioner", name, &len);
	return strstr(name, "random") != NULL;
}
