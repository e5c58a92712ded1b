/*
 * mock: a cluster of one broker in the test's own process, to be given errors.
 */
#ifndef TEST_MOCK_H
#define TEST_MOCK_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdio.h>
#include <stdlib.h>

/* A client with these properties (name, value, …, NULL). */
static inline rd_kafka_t *
mock_client(rd_kafka_type_t type, const char *const *props)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[200] = "";
	rd_kafka_t *rk;

	for (; *props; props += 2)
		if (rd_kafka_conf_set(conf, props[0], props[1], why, sizeof why) != RD_KAFKA_CONF_OK)
			break;
	rk = *props ? NULL : rd_kafka_new(type, conf, why, sizeof why);
	if (!rk) {
		printf("Bail out! %s\n", why);
		exit(2);
	}
	return rk;
}

/* The client that brings the cluster with it. */
static inline rd_kafka_t *
mock_cluster(void)
{
	return mock_client(RD_KAFKA_PRODUCER, (const char *[]){ "test.mock.num.brokers", "1",
	    "log_level", "0", NULL });
}

static inline const char *
mock_brokers(rd_kafka_t *cluster)
{
	return rd_kafka_mock_cluster_bootstraps(rd_kafka_handle_mock_cluster(cluster));
}

#endif
