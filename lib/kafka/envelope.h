/*
 * envelope: a record as one line of JSON, lossless both ways.
 *
 *	{"topic","partition","offset","ts","tstype","headers":[{"name","value"}…],
 *	 "key","value"}
 *
 * ts is milliseconds since 1970, tstype "create" or "append" (who set it: the producer
 * or the broker); both are null where the record has no time.  headers keeps order and
 * duplicates and is [] where there are none.  A name, key or value that is not UTF-8
 * stands as base64 in name_base64, key_base64 or value_base64 instead; null is the null
 * of Kafka and "" the empty one.
 *
 * What cannot be kept: librdkafka takes ts 0 for "now", and cuts a header's name at its
 * first NUL when it reads it.
 */
#ifndef KAFKA_ENVELOPE_H
#define KAFKA_ENVELOPE_H

#include <jansson.h>
#include <librdkafka/rdkafka.h>

#include "base/buf.h"
#include "base/err.h"

/* Append a consumed record's envelope, without a newline. */
void envelope_write(struct buf *b, const rd_kafka_message_t *m);

struct envelope {
	int64_t ts; /* 0 where there is none */
	const char *key, *value; /* NULL for null */
	size_t key_len, value_len;
	rd_kafka_headers_t *headers; /* NULL where there are none */
	/* What key and value point into. */
	json_t *json;
	struct buf key_bytes, value_bytes;
};

/* Read an envelope; topic, partition, offset and tstype are checked and then ignored.
 * There must be a value, for a null deletes a key in a compacted topic and has to be
 * said; everything else may be missing.  -1 with status 65 and why it is no envelope;
 * either way the caller gives `out` to envelope_free. */
int envelope_read(const char *line, size_t len, struct envelope *out, struct err *e);
void envelope_free(struct envelope *v);

#endif
