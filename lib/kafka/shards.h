/*
 * shards: what a producer under one id knows of each shard that it ever took in.
 */
#ifndef KAFKA_SHARDS_H
#define KAFKA_SHARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shard {
	char *stream, *name;
	int64_t position; /* all before it is in the topic, or in the open transaction */
	int64_t committed; /* what the topic of positions says; -1: nothing */
	bool done;        /* read to its end for good */
	bool gone;        /* and vanished: to be forgotten */
	bool assigned;    /* by this stream, now */
	bool seen;        /* assigned by this stream at any time */
	bool changed;     /* the topic of positions does not say all this yet */
};

/* { 0 } to begin with; the list is in the order of stream and name. */
struct shards {
	struct shard **list;
	size_t n;
};

struct shard *shards_find(const struct shards *s, const char *stream, const char *name);
struct shard *shards_add(struct shards *s, const char *stream, const char *name); /* or find */
void shards_drop(struct shards *s, const char *stream, const char *name);
void shards_free(struct shards *s);

#endif
