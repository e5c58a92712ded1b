/*
 * record: what a line says, as Kafka has it.
 */
#ifndef KAFKA_RECORD_H
#define KAFKA_RECORD_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/opt.h"
#include "kafka/envelope.h"

struct record {
	uint64_t number; /* of the line, for a verdict on it */
	const char *raw; /* the line */
	size_t raw_len;
	const char *key, *value; /* NULL is Kafka's null */
	size_t key_len, value_len;
	int64_t ts; /* ms since 1970; 0: when it is sent */
	const rd_kafka_headers_t *headers; /* NULL for none; not the record's own */
	bool copy;  /* the value does not lie in the line */
};

/* The rows that a tool which makes records has in its table. */
#define RECORD_OPTIONS \
	{ 'K', "key-delimiter", "BYTES", "what ends the key at the start of each record" }, \
	{ 'k', "key", "KEY", "the key of every record" }, \
	{ 'H', "header", "NAME=VALUE", "a header for every record; may be repeated" }, \
	{ 'J', "json", NULL, "lines are the JSON envelopes of kcons -J" }, \
	{ 'Z', "null", NULL, "an empty key or value is null" }

/* How lines are written; { 0 } is a value a line. */
struct record_format {
	const char *key;                /* of every record, or NULL */
	char key_delim[LINES_DELIM_MAX]; /* ends the key in each line, if */
	size_t nkey_delim;              /* this is not 0; a line without it has no key */
	bool json;                      /* envelopes (kafka/envelope.h) */
	bool null;                      /* an empty key or value is null */
	rd_kafka_headers_t *headers;    /* of every record, or NULL */
};

/* Take one of RECORD_OPTIONS: 1 if c is one, 0 if not, -1 if its argument is wrong.  A
 * header without a "=" has the value null. */
int record_opt(struct record_format *f, int c, const char *arg, struct err *e);

/* 64 for options that do not go together. */
int record_check(const struct record_format *f, struct err *e);
void record_format_free(struct record_format *f);

/* Fill in r, which points into the line, f, and (only with json) envelope; the caller
 * frees that after use, also after an error.  -1 with 65 if the line is no envelope. */
int record_read(const struct record_format *f, const struct line *line,
    struct envelope *envelope, struct record *r, struct err *e);

#endif
