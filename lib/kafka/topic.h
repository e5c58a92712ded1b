/*
 * topic: what a producer has to know of the topic it writes to.
 */
#ifndef KAFKA_TOPIC_H
#define KAFKA_TOPIC_H

#include "kafka/conf.h"

/* The number of its partitions; where there is no such topic it is made, as the broker
 * is configured, if `create`.  -1: 1 if there is none, else as admin.h says. */
int topic_find(struct kafka *k, const char *topic, bool create, int64_t timeout_ms,
    struct err *e);

/* The largest batch that its broker takes, in bytes (max.message.bytes); 0 if it does not
 * tell, as one that does not let us look at configurations. */
size_t topic_limit(struct kafka *k, const char *topic);

#endif
