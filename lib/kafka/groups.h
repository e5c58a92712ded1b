/*
 * groups: what the members of consumer groups have read, and where they go on.
 *
 * Every function blocks as those of admin.h do, whose session it uses; admin_known comes
 * before the first one.
 */
#ifndef KAFKA_GROUPS_H
#define KAFKA_GROUPS_H

#include "kafka/admin.h"

/* The names of all groups in order, as an array of strings.  NULL on error. */
json_t *groups_list(struct admin *a, struct err *e);

/* {"group","state","lag","partitions":[{"topic","partition","committed","end","lag",
 * "member"}…]}, ordered, for the partitions that are committed or assigned.  null: not
 * committed, not to be asked, or nobody's; the whole lag is of those that have one.
 * The end is the last stable offset.  NULL on error: 1 if there is no such group. */
json_t *groups_lag(struct admin *a, const char *group, struct err *e);

/* Add the lines "topic partition offset" of fd to the list: 65 with the number of the
 * first line that is none, or for a partition that is named twice.  At most
 * GROUPS_READ_MAX lines. */
#define GROUPS_READ_MAX 100000
int groups_read(int fd, const char *subject, rd_kafka_topic_partition_list_t *list, struct err *e);

/* Commit the offsets of list for a group without members; one that does not exist
 * begins to.  1 if it has members or a partition does not exist. */
int groups_commit(struct admin *a, const char *group, const rd_kafka_topic_partition_list_t *list,
    struct err *e);

/* 1 if there is no such group. */
int groups_exists(struct admin *a, const char *group, struct err *e);

/* Forget a group: 1 if it has members or does not exist. */
int groups_delete(struct admin *a, const char *group, struct err *e);

#endif
