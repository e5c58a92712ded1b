/*
 * admin: orders and questions to a cluster.
 *
 * A session is one client.  Every function blocks until all its requests are answered, and
 * gives up with 75 when one of them takes longer than timeout_ms, or where stop_begin was
 * called, STOP_GRACE_MS after a signal.  A broker that does not know the request (kmock's)
 * is 69.  None of them ever creates a topic by asking for it.
 */
#ifndef KAFKA_ADMIN_H
#define KAFKA_ADMIN_H

#include <jansson.h>
#include <stdbool.h>

#include "kafka/conf.h"
#include "kafka/range.h"

struct admin {
	struct kafka *kafka;
	rd_kafka_t *client;
	rd_kafka_queue_t *queue;          /* where admin requests are answered, and */
	rd_kafka_AdminOptions_t *options; /* what each of them carries */
	int timeout_ms;
};

/* Connect: 69, 77 or 78 where that fails.  admin_close takes a session that failed to
 * open, too. */
int admin_open(struct admin *a, const struct kafka_opts *opts, struct err *e);
void admin_close(struct admin *a);

/* How long requests may take from now on; admin_open sets it to --timeout. */
void admin_timeout(struct admin *a, int64_t timeout_ms);

/* To be asked before the first admin request: 69 with a sentence if the broker is
 * librdkafka's mock, which is known by a controller that is none of its brokers.
 * librdkafka 2.0.2 cannot be left to find out: it looks for the controller until the
 * time is out, and fails an assertion where a group's coordinator knows no answer. */
int admin_known(struct admin *a, const char *what, const char *subject, struct err *e);

/* The answer to the one admin request that was just sent with a's options and queue;
 * the caller destroys it.  NULL with e set if the request failed as a whole. */
rd_kafka_event_t *admin_answer(struct admin *a, const char *what, const char *subject,
    struct err *e);

/* Topic names are 1 to 249 of [A-Za-z0-9._-], not "." or "..": else 64. */
int admin_topic_name(const char *name, struct err *e);

/* A place in a partition as -o has it: all that range_parse takes but "stored". */
int admin_where(const char *text, struct range_start *where, struct err *e);

/* The offset of that place for each partition of the list.  The end is the last stable
 * offset unless isolation.level says otherwise; a time after the last record is the end,
 * and the last N are as many as there are.  An offset that the partition does not have
 * is 1.  A partition that cannot be asked has `err` set and a meaningless offset. */
int admin_offsets(struct admin *a, rd_kafka_topic_partition_list_t *list,
    const struct range_start *where, struct err *e);

/* Add all the partitions of a topic to the list: 1 if there is no such topic. */
int admin_add_partitions(struct admin *a, const char *topic,
    rd_kafka_topic_partition_list_t *list, struct err *e);

struct admin_new {
	int partitions, replication; /* -1: as the broker is configured */
	const char *const *configs;  /* name=value */
	size_t nconfigs;
};

/* 1 if the topic is there already, or not there; 78 for a configuration that the broker
 * refuses, with its reason. */
int admin_create(struct admin *a, const char *topic, const struct admin_new *new, struct err *e);
int admin_delete(struct admin *a, const char *topic, struct err *e);

/* Wait until every partition has a leader, or until a broker that is asked does not know the
 * topic any more; others may know it a moment longer. */
int admin_wait_made(struct admin *a, const char *topic, struct err *e);
int admin_wait_gone(struct admin *a, const char *topic, struct err *e);

/* The names of all topics in order, as an array of strings.  NULL on error. */
json_t *admin_list(struct admin *a, struct err *e);

/* {"topic","partitions":[{"partition","leader","replicas":[…],"isr":[…]}…],"config":{…}},
 * with the properties that were set for this topic; a leader of -1 is none.  The caller
 * owns it.  NULL on error: 1 if there is no such topic. */
json_t *admin_describe(struct admin *a, const char *topic, struct err *e);

#endif
