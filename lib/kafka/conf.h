/*
 * conf: how every Kafka tool finds and speaks to its cluster.
 *
 * Options common to the tools, from them librdkafka's configuration, and a client
 * that knows why it cannot reach a broker.  Precedence: -X, then -b, then -F, then
 * the environment (KAFKA_BROKERS, KAFKA_CONFIG).  Secrets come from the file and are
 * never printed.
 */
#ifndef KAFKA_CONF_H
#define KAFKA_CONF_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"

#if RD_KAFKA_VERSION < 0x020002ff
#error librdkafka 2.0.2 or newer is needed: Debian 12 and Ubuntu 24.04 have it
#endif

enum { KAFKA_OPT_TIMEOUT = OPT_LONG + 100 };

/* The rows that every Kafka tool has in its table, and the usage of them. */
#define KAFKA_OPTIONS \
	{ 'b', "brokers", "HOST:PORT,…", "where the cluster is (default: $KAFKA_BROKERS)" }, \
	{ 'F', "config", "FILE", "librdkafka properties (default: $KAFKA_CONFIG)" }, \
	{ 'X', "property", "NAME=VALUE", "one librdkafka property; may be repeated" }, \
	{ KAFKA_OPT_TIMEOUT, "timeout", "TIME", "how long a server may be away (default: 5m)" }

#define KAFKA_PROPS_MAX 64

struct kafka_opts {
	const char *brokers, *file;
	const char *props[KAFKA_PROPS_MAX]; /* name=value, as given */
	size_t nprops;
	int64_t timeout_ms;
	bool timeout_given; /* by the user */
	bool verbose; /* librdkafka's log goes to standard error; the tool's -v sets it */
};

void kafka_opts_begin(struct kafka_opts *k);

/* Take one of KAFKA_OPTIONS: 1 if c is one, 0 if not, -1 if its argument is wrong. */
int kafka_opt(struct kafka_opts *k, int c, const char *arg, struct err *e);

/* Compress what is sent: none, gzip, snappy, lz4 or zstd, else 64. */
int kafka_codec(struct kafka_opts *k, const char *name, struct err *e);

/* librdkafka's configuration from k and then `defaults` (name, value, …, NULL), which
 * apply where the user set nothing.  NULL on error: 78 for a property that does not
 * exist (a Java-only one names librdkafka's counterpart) or a file that cannot be
 * read.  The caller owns it until kafka_open. */
rd_kafka_conf_t *kafka_conf(const struct kafka_opts *k, const char *const *defaults,
    struct err *e);

/* A client and what it last heard of its cluster. */
struct kafka;

/* Always takes conf over.  NULL on error, 78 mostly. */
struct kafka *kafka_open(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *e);
rd_kafka_t *kafka_client(struct kafka *k);

/* The opaque of every callback of librdkafka is the struct kafka.  A module that sets
 * callbacks leaves its own state here, after kafka_open and before the first poll. */
void kafka_set_user(struct kafka *k, void *user);
void *kafka_user(struct kafka *k);

void kafka_close(struct kafka *k); /* destroys the client; k may be NULL */

/* Wait for the first broker to answer, at most a few seconds.  69 with the address and the true
 * cause (refused, TLS, authentication: 77) if none does. */
int kafka_wait_up(struct kafka *k, struct err *e);

/* How long, in ms, no broker has been reachable; 0 while one is. */
int64_t kafka_down_ms(struct kafka *k);

/* io_now() of when the last reachable broker was lost, 0 if that never was; a client tells
 * it when it is polled next. */
int64_t kafka_lost_at(struct kafka *k);

/* The cause that librdkafka last gave for not reaching a broker ("connect to …
 * refused"), never the bare "all brokers down"; "" if there was none.  Into a buffer
 * of len bytes. */
void kafka_cause(struct kafka *k, char *text, size_t len);

/* A non-transient trouble that will not mend by waiting (authentication, a fatal
 * producer error): -1 with e set as by kafka_status, else 0. */
int kafka_broken(struct kafka *k, struct err *e);

/* Our status for one of librdkafka's codes: unknown topic 1, authorization 77,
 * transport and time-outs 75, … */
int kafka_status(rd_kafka_resp_err_t code);

/* librdkafka's text for one, as our messages have it, into a buffer of len bytes. */
void kafka_reason(rd_kafka_resp_err_t code, char *text, size_t len);

/* "what: subject: reason" with that status. */
int kafka_err(struct err *e, rd_kafka_resp_err_t code, const char *what, const char *subject);

/* rd_kafka_metadata, which ends STOP_GRACE_MS after a stop signal at the latest. */
rd_kafka_resp_err_t kafka_metadata(rd_kafka_t *rk, bool all, rd_kafka_topic_t *topic,
    const struct rd_kafka_metadata **md, int timeout_ms);

/* The partitions of a topic: their number, or -1: 1 if there is no such topic (asking
 * never creates it), 75 if no answer came in timeout_ms, 77 if it may not be seen. */
int kafka_partitions(struct kafka *k, const char *topic, int timeout_ms, struct err *e);

/* Where the partitions of list begin (which: RD_KAFKA_OFFSET_BEGINNING), end (…_END) or have reached
 * a time, into its offsets, with an err for each.  rd_kafka_query_watermark_offsets of librdkafka before
 * 2.3 does not keep to its time-out while the broker is away; this does, and ends as kafka_metadata. */
rd_kafka_resp_err_t kafka_offsets(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
    int64_t which, int timeout_ms);

#endif
