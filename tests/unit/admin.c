/* A broker that stops answering, and a stop signal. */
#include "kafka/admin.h"

#include <signal.h>

#include "base/io.h"
#include "base/stop.h"
#include "mock.h"
#include "tap.h"

int
main(void)
{
	static const struct range_start at_end = { .kind = RANGE_END };
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_t *cluster = mock_cluster();
	rd_kafka_mock_cluster_t *mock = rd_kafka_handle_mock_cluster(cluster);
	struct kafka_opts opts;
	struct admin a;
	struct err e = { 0 };
	int64_t began;

	kafka_opts_begin(&opts);
	opts.brokers = mock_brokers(cluster);
	opts.timeout_ms = 25000;
	rd_kafka_mock_topic_create(mock, "t", 1, 1);
	rd_kafka_topic_partition_list_add(list, "t", 0);
	is_int(stop_begin(&e), 0, "signals are heard");
	is_int(admin_open(&a, &opts, &e), 0, "a session");
	is_int(kafka_partitions(a.kafka, "t", a.timeout_ms, &e), 1, "while the broker answers");
	rd_kafka_mock_broker_set_rtt(mock, 1, 60000);
	raise(SIGTERM);
	began = io_now();
	is_int(kafka_partitions(a.kafka, "t", a.timeout_ms, &e), -1, "it does not any more");
	is_int(e.status, EX_TEMPFAIL, "with 75");
	is_int(admin_known(&a, "ask", "t", &e), -1, "nor what it knows");
	is_int(admin_offsets(&a, list, &at_end, &e), -1, "nor for offsets");
	ok(admin_list(&a, &e) == NULL, "nor for topics");
	ok(io_now() - began >= STOP_GRACE_MS - 1000, "the first one takes its time");
	ok(io_now() - began <= STOP_GRACE_MS + 5000, "and the others none");
	admin_close(&a);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(cluster);
	return done();
}
