#include "kafka/conf.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/stop.h"

#define UP_MS 3000         /* how long kafka_wait_up tries */
#define ASK_MS 250         /* its first question; the next ones are longer */
#define PROBE_EVERY_MS 1000
#define PROBE_MS 500
#define CAUSE_MAX 320
#define SLICE_EARLY_MS 100 /* what ends so much before its time may have taken all of it */

struct kafka {
	rd_kafka_t *rk;
	void *user;
	bool verbose;
	/* Set by librdkafka's callbacks, from whatever thread. */
	pthread_mutex_t lock;
	char cause[CAUSE_MAX];
	rd_kafka_resp_err_t broken; /* authentication, or a fatal error */
	rd_kafka_resp_err_t code;   /* that came with the cause */
	int64_t down_since;         /* io_now(), 0 while a broker is up */
	int64_t lost_at;            /* and of the last time */
	int64_t probed;
};

static void
lower_first(char *s)
{
	/* "Connect" becomes "connect", but "SSL" stays. */
	if (s[0] && islower((unsigned char)s[1]))
		s[0] = (char)tolower((unsigned char)s[0]);
}

/* What librdkafka says of a connection, as one of our messages would say it:
 * "sasl_ssl://h:1/bootstrap: Connect to … failed: Connection refused (after 0ms in
 * state CONNECT)". */
static void
tidy(const char *said, char *text, size_t len)
{
	static const char boot[] = "/bootstrap", after[] = " (after ";
	const char *scheme = strstr(said, "://");
	char *p;

	snprintf(text, len, "%s", scheme ? scheme + 3 : said);
	if ((p = strstr(text, boot)))
		memmove(p, p + sizeof boot - 1, strlen(p + sizeof boot - 1) + 1);
	if ((p = strstr(text, after)))
		*p = '\0';
	for (p = text; (p = strstr(p, ": ")); )
		lower_first(p += 2);
}

static void
keep_cause(struct kafka *k, rd_kafka_resp_err_t code, const char *said)
{
	tidy(said, k->cause, sizeof k->cause);
	k->code = code;
	/* Before 2.6.1 the client's nonce was sent twice, which Kafka 4 refuses exactly
	 * as it does a wrong password (librdkafka pull request 4895). */
	if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION && strstr(said, "SCRAM") &&
	    rd_kafka_version() < 0x020601ff)
		snprintf(k->cause + strlen(k->cause), sizeof k->cause - strlen(k->cause),
		    " (librdkafka %s cannot do SCRAM with Kafka 4, 2.6.1 can)", rd_kafka_version_str());
}

static void
on_error(rd_kafka_t *rk, int number, const char *said, void *opaque)
{
	struct kafka *k = opaque;
	rd_kafka_resp_err_t code = (rd_kafka_resp_err_t)number;
	char fatal[CAUSE_MAX];

	pthread_mutex_lock(&k->lock);
	if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
		k->lost_at = io_now();
		if (!k->down_since)
			k->down_since = k->lost_at;
	} else if (code == RD_KAFKA_RESP_ERR__FATAL) {
		k->broken = rd_kafka_fatal_error(rk, fatal, sizeof fatal);
		tidy(fatal, k->cause, sizeof k->cause);
	} else {
		keep_cause(k, code, said);
		if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION)
			k->broken = code;
	}
	pthread_mutex_unlock(&k->lock);
}

/* Some causes, such as a plain client on a TLS port, are only logged. */
static void
on_log(const rd_kafka_t *rk, int level, const char *facility, const char *said)
{
	struct kafka *k = rd_kafka_opaque(rk);
	const char *text = strstr(said, "]: ");

	if (k->verbose)
		fprintf(stderr, "librdkafka: %d: %s: %s\n", level, facility, said);
	if (strcmp(facility, "FAIL") != 0)
		return;
	pthread_mutex_lock(&k->lock);
	if (!k->cause[0])
		keep_cause(k, RD_KAFKA_RESP_ERR__TRANSPORT, text ? text + 3 : said);
	pthread_mutex_unlock(&k->lock);
}

/* Did the user ask for the log, by -v or with librdkafka's own properties? */
static bool
wants_log(const rd_kafka_conf_t *conf)
{
	char level[16] = "", debug[2] = "";
	size_t n = sizeof level, m = sizeof debug;

	rd_kafka_conf_get(conf, "log_level", level, &n);
	rd_kafka_conf_get(conf, "debug", debug, &m);
	return atoi(level) > 6 || m > 1;
}

struct kafka *
kafka_open(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *e)
{
	struct kafka *k = mem_alloc(sizeof *k);
	char text[300];

	pthread_mutex_init(&k->lock, NULL);
	k->verbose = wants_log(conf);
	rd_kafka_conf_set_opaque(conf, k);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	k->rk = rd_kafka_new(type, conf, text, sizeof text);
	if (k->rk)
		return k;
	err_set(e, EX_CONFIG, "configure: %s", text);
	rd_kafka_conf_destroy(conf);
	kafka_close(k);
	return NULL;
}

rd_kafka_t *
kafka_client(struct kafka *k)
{
	return k->rk;
}

void
kafka_set_user(struct kafka *k, void *user)
{
	k->user = user;
}

void *
kafka_user(struct kafka *k)
{
	return k->user;
}

void
kafka_close(struct kafka *k)
{
	if (!k)
		return;
	if (k->rk)
		rd_kafka_destroy(k->rk);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

/* Ask for the list of brokers, which is answered as soon as one is up. */
static bool
probe(struct kafka *k, int timeout_ms)
{
	const struct rd_kafka_metadata *md;

	if (rd_kafka_metadata(k->rk, 0, NULL, &md, timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	rd_kafka_metadata_destroy(md);
	pthread_mutex_lock(&k->lock);
	k->down_since = 0;
	k->broken = RD_KAFKA_RESP_ERR_NO_ERROR;
	k->cause[0] = '\0';
	pthread_mutex_unlock(&k->lock);
	return true;
}

static int
unreachable(struct kafka *k, struct err *e)
{
	char text[CAUSE_MAX] = "?";
	size_t size = sizeof text;

	kafka_cause(k, text, sizeof text);
	if (text[0])
		return err_set(e, EX_UNAVAILABLE, "connect: %s", text);
	rd_kafka_conf_get(rd_kafka_conf(k->rk), "bootstrap.servers", text, &size);
	return err_set(e, EX_UNAVAILABLE, "connect: %s: no answer within %d s", text, UP_MS / 1000);
}

int
kafka_wait_up(struct kafka *k, struct err *e)
{
	int64_t until = io_now() + UP_MS, left;
	int ask = ASK_MS;
	bool hopeless = false;

	while (!hopeless && (left = until - io_now()) > 0) {
		if (probe(k, ask < left ? ask : (int)left))
			return 0;
		/* The question itself hides the cause: only the error callback tells. */
		rd_kafka_poll(k->rk, 0);
		if (kafka_broken(k, e) < 0)
			return -1;
		pthread_mutex_lock(&k->lock);
		hopeless = k->code == RD_KAFKA_RESP_ERR__SSL;
		pthread_mutex_unlock(&k->lock);
		ask *= 2;
	}
	return unreachable(k, e);
}

int64_t
kafka_down_ms(struct kafka *k)
{
	int64_t now = io_now(), since;
	bool ask;

	pthread_mutex_lock(&k->lock);
	since = k->down_since;
	ask = since && now >= k->probed + PROBE_EVERY_MS;
	if (ask)
		k->probed = now;
	pthread_mutex_unlock(&k->lock);
	/* librdkafka tells when the last broker went, not when one came back. */
	if (!since || (ask && probe(k, PROBE_MS)))
		return 0;
	return now > since ? now - since : 1;
}

int64_t
kafka_lost_at(struct kafka *k)
{
	int64_t at;

	pthread_mutex_lock(&k->lock);
	at = k->lost_at;
	pthread_mutex_unlock(&k->lock);
	return at;
}

void
kafka_cause(struct kafka *k, char *text, size_t len)
{
	pthread_mutex_lock(&k->lock);
	snprintf(text, len, "%s", k->cause);
	pthread_mutex_unlock(&k->lock);
}

int
kafka_broken(struct kafka *k, struct err *e)
{
	int rc = 0;

	pthread_mutex_lock(&k->lock);
	if (k->broken == RD_KAFKA_RESP_ERR__AUTHENTICATION)
		rc = err_set(e, EX_NOPERM, "connect: %s", k->cause);
	else if (k->broken)
		rc = err_set(e, kafka_status(k->broken), "kafka: %s%s", k->cause,
		    kafka_status(k->broken) == EX_TEMPFAIL ? "; start it again" : "");
	pthread_mutex_unlock(&k->lock);
	return rc;
}

int
kafka_status(rd_kafka_resp_err_t code)
{
	switch ((int)code) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return 0;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
	case RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND:
	case RD_KAFKA_RESP_ERR_NON_EMPTY_GROUP:
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_INVALID_MSG:
		return EX_NO;
	case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
	case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
	case RD_KAFKA_RESP_ERR_INVALID_REPLICA_ASSIGNMENT:
	case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
	case RD_KAFKA_RESP_ERR__INVALID_ARG:
		return EX_USAGE;
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
	case RD_KAFKA_RESP_ERR_TOPIC_DELETION_DISABLED:
	case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
	case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
	case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
	case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
	case RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
	case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
		return EX_CONFIG;
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
		return EX_DATAERR;
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
		return EX_NOPERM;
	default: /* time-outs, elections, transport, fencing: another try may do */
		return EX_TEMPFAIL;
	}
}

void
kafka_reason(rd_kafka_resp_err_t code, char *text, size_t len)
{
	const char *said = rd_kafka_err2str(code), *from = strstr(said, ": ");

	/* "Broker: Unknown topic" and "Local: Timed out": where it was found is no help. */
	snprintf(text, len, "%s", from ? from + 2 : said);
	lower_first(text);
}

int
kafka_err(struct err *e, rd_kafka_resp_err_t code, const char *what, const char *subject)
{
	char reason[200];

	kafka_reason(code, reason, sizeof reason);
	return err_set(e, kafka_status(code), "%s: %s: %s", what, subject, reason);
}

/* librdkafka's own waiting does not hear a stop signal, so what may take until io_now() is `until` is
 * asked in slices.  Gives how long the next one may take, in ms.  0: the one before failed ahead of
 * its time, or time is over, STOP_GRACE_MS after such a signal at the latest. */
struct slices {
	int64_t until, end;
};

static int
slice(struct slices *s)
{
	int64_t now = io_now(), ms = s->until - now, grace = stop_left();

	if (now < s->end - SLICE_EARLY_MS)
		return 0;
	ms = ms < grace ? ms : grace;
	ms = ms < STOP_GRACE_MS ? ms : STOP_GRACE_MS;
	s->end = now + ms;
	return ms > 0 ? (int)ms : 0;
}

rd_kafka_resp_err_t
kafka_metadata(rd_kafka_t *rk, bool all, rd_kafka_topic_t *topic,
    const struct rd_kafka_metadata **md, int timeout_ms)
{
	struct slices slices = { .until = io_now() + timeout_ms };
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
	int ms;

	while (code && (ms = slice(&slices)) > 0)
		code = rd_kafka_metadata(rk, all, topic, md, ms);
	return code;
}

static int
count_partitions(const struct rd_kafka_metadata *md, const char *topic, struct err *e)
{
	rd_kafka_resp_err_t code =
	    md->topic_cnt ? md->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;

	if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
		return err_set(e, EX_NO, "topic: %s: there is no such topic", topic);
	/* Fresh topics have partitions without a leader for a moment: they count. */
	if (code && code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
		return kafka_err(e, code, "topic", topic);
	return md->topics[0].partition_cnt;
}

int
kafka_partitions(struct kafka *k, const char *topic, int timeout_ms, struct err *e)
{
	rd_kafka_topic_t *handle = rd_kafka_topic_new(k->rk, topic, NULL);
	const struct rd_kafka_metadata *md;
	rd_kafka_resp_err_t code;
	int n;

	if (!handle)
		return kafka_err(e, rd_kafka_last_error(), "topic", topic);
	code = kafka_metadata(k->rk, false, handle, &md, timeout_ms);
	if (code) {
		n = kafka_err(e, code, "look for topic", topic);
	} else {
		n = count_partitions(md, topic, e);
		rd_kafka_metadata_destroy(md);
	}
	rd_kafka_topic_destroy(handle);
	return n;
}

/* The question is wanted where the offset will be, and the protocol's own numbers for the first
 * (-2) and the last (-1) are handed through. */
static void
set_offsets(rd_kafka_topic_partition_list_t *list, int64_t which)
{
	for (int i = 0; i < list->cnt; i++) {
		list->elems[i].offset = which;
		list->elems[i].err = RD_KAFKA_RESP_ERR_NO_ERROR;
	}
}

rd_kafka_resp_err_t
kafka_offsets(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int64_t which, int timeout_ms)
{
	struct slices slices = { .until = io_now() + timeout_ms };
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
	int ms;

	while (code && (ms = slice(&slices)) > 0) {
		set_offsets(list, which);
		code = rd_kafka_offsets_for_times(rk, list, ms);
	}
	return code;
}
