#include "kafka/conf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

#define TIMEOUT_MS (5 * 60 * 1000)

/* Properties of the Java clients that librdkafka does not know, and what stands for
 * them.  A name that ends in '.' stands for all that begin so. */
static const struct {
	const char *java, *instead;
} java_only[] = {
	{ "key.serializer", NULL },
	{ "value.serializer", NULL },
	{ "key.deserializer", NULL },
	{ "value.deserializer", NULL },
	{ "sasl.jaas.config", "sasl.username and sasl.password" },
	{ "sasl.client.callback.handler.class", NULL },
	{ "sasl.login.", NULL },
	{ "ssl.truststore.location", "ssl.ca.location (a PEM file)" },
	{ "ssl.truststore.certificates", "ssl.ca.pem" },
	{ "ssl.truststore.", NULL },
	{ "ssl.keystore.key", "ssl.key.pem" },
	{ "ssl.keystore.certificate.chain", "ssl.certificate.pem" },
	{ "ssl.keystore.type", NULL },
	{ "ssl.enabled.protocols", NULL },
	{ "ssl.protocol", NULL },
	{ "buffer.memory", "queue.buffering.max.kbytes" },
	{ "max.request.size", "message.max.bytes" },
	{ "max.block.ms", "the option --timeout" },
	{ "default.api.timeout.ms", "the option --timeout" },
	{ "partitioner.class", "partitioner" },
	{ "compression.lz4.level", "compression.level" },
	{ "compression.gzip.level", "compression.level" },
	{ "compression.zstd.level", "compression.level" },
	{ "fetch.max.wait.ms", "fetch.wait.max.ms" },
	{ "send.buffer.bytes", "socket.send.buffer.bytes" },
	{ "receive.buffer.bytes", "socket.receive.buffer.bytes" },
	{ "max.poll.records", NULL },
	{ "exclude.internal.topics", NULL },
	{ "interceptor.classes", NULL },
	{ "metric.reporters", NULL },
	{ "metrics.", NULL },
	{ "config.providers", NULL },
};

void
kafka_opts_begin(struct kafka_opts *k)
{
	*k = (struct kafka_opts){ .timeout_ms = TIMEOUT_MS };
}

int
kafka_opt(struct kafka_opts *k, int c, const char *arg, struct err *e)
{
	switch (c) {
	case 'b':
		k->brokers = arg;
		return 1;
	case 'F':
		k->file = arg;
		return 1;
	case 'X':
		if (!strchr(arg, '='))
			/* What follows a name may be a secret. */
			return err_set(e, EX_USAGE, "--property: %.*s: wants name=value",
			    (int)strcspn(arg, " \t:"), arg);
		if (k->nprops == KAFKA_PROPS_MAX)
			return err_set(e, EX_USAGE, "--property: more than %d; put them in a file, -F",
			    KAFKA_PROPS_MAX);
		k->props[k->nprops++] = arg;
		return 1;
	case KAFKA_OPT_TIMEOUT:
		k->timeout_given = true;
		return num_span(arg, "--timeout", 1, INT32_MAX, &k->timeout_ms, e) < 0 ? -1 : 1;
	default:
		return 0;
	}
}

int
kafka_codec(struct kafka_opts *k, const char *name, struct err *e)
{
#define CODEC "compression.codec="
	static const char *const codecs[] = { CODEC "none", CODEC "gzip", CODEC "snappy", CODEC "lz4",
		CODEC "zstd" };

	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
		if (strcmp(name, codecs[i] + sizeof CODEC - 1) == 0)
			return kafka_opt(k, 'X', codecs[i], e) < 0 ? -1 : 0;
	return err_set(e, EX_USAGE, "--compress: %s: wants none, gzip, snappy, lz4 or zstd", name);
}

static int
check_java(const char *name, const char *where, struct err *e)
{
	for (size_t i = 0; i < sizeof java_only / sizeof *java_only; i++) {
		const char *java = java_only[i].java, *instead = java_only[i].instead;
		size_t len = strlen(java);

		if (java[len - 1] == '.' ? strncmp(name, java, len) != 0 : strcmp(name, java) != 0)
			continue;
		if (instead)
			return err_set(e, EX_CONFIG,
			    "configure: %s: %s is known to Java clients only; use %s", where, name, instead);
		return err_set(e, EX_CONFIG,
		    "configure: %s: %s is known to Java clients only; leave it out", where, name);
	}
	return 0;
}

/* May the value be shown in a message? */
static bool
is_secret(const char *name)
{
	return strstr(name, "password") || strstr(name, "secret") || strstr(name, ".pem") ||
	    strstr(name, "sasl.oauthbearer");
}

static int
set(rd_kafka_conf_t *conf, const char *name, const char *value, const char *where, struct err *e)
{
	char text[256];

	if (check_java(name, where, e) < 0)
		return -1;
	switch (rd_kafka_conf_set(conf, name, value, text, sizeof text)) {
	case RD_KAFKA_CONF_OK:
		return 0;
	case RD_KAFKA_CONF_UNKNOWN:
		return err_set(e, EX_CONFIG, "configure: %s: librdkafka has no property %s", where, name);
	default:
		return err_set(e, EX_CONFIG, "configure: %s: %s", where,
		    is_secret(name) ? "a secret's value is not accepted" : text);
	}
}

static char *
trim(char *s)
{
	size_t len;

	while (isspace((unsigned char)*s))
		s++;
	len = strlen(s);
	while (len && isspace((unsigned char)s[len - 1]))
		s[--len] = '\0';
	return s;
}

/* One "name = value"; line is cut up. */
static int
set_line(rd_kafka_conf_t *conf, char *line, const char *where, struct err *e)
{
	char *value = strchr(line, '=');

	if (!value)
		return err_set(e, EX_CONFIG, "configure: %s: wants name=value", where);
	*value++ = '\0';
	return set(conf, trim(line), trim(value), where, e);
}

static int
set_file(rd_kafka_conf_t *conf, const char *path, struct err *e)
{
	FILE *f = fopen(path, "r");
	char *line = NULL, where[300];
	size_t size = 0;
	int rc = 0;

	if (!f) {
		err_sys(e, errno, "read configuration", path);
		e->status = EX_CONFIG;
		return -1;
	}
	for (unsigned n = 1; rc == 0 && getline(&line, &size, f) >= 0; n++) {
		char *text = trim(line);

		snprintf(where, sizeof where, "%s line %u", path, n);
		if (*text && *text != '#')
			rc = set_line(conf, text, where, e);
	}
	if (rc == 0 && ferror(f))
		rc = err_set(e, EX_CONFIG, "read configuration: %s: %s", path, err_reason(errno));
	fclose(f);
	free(line);
	return rc;
}

static int
set_props(rd_kafka_conf_t *conf, const struct kafka_opts *k, struct err *e)
{
	for (size_t i = 0; i < k->nprops; i++) {
		char *line = strdup(k->props[i]);
		int rc = line ? set_line(conf, line, "--property", e) : err_sys(e, errno, "configure", "-X");

		free(line);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int
set_defaults(rd_kafka_conf_t *conf, const char *const *defaults, struct err *e)
{
	for (; defaults && *defaults; defaults += 2)
		if (set(conf, defaults[0], defaults[1], "default", e) < 0)
			return -1;
	return 0;
}

/* Later settings win, so what has precedence comes last. */
static int
set_all(rd_kafka_conf_t *conf, const struct kafka_opts *k, const char *const *defaults,
    struct err *e)
{
	/* Reading or writing a topic never makes it, and a broker that comes back is
	 * found within a second and not within ten. */
	const char *const ours[] = { "client.id", "kpipe", "allow.auto.create.topics", "false",
		"reconnect.backoff.max.ms", "1000", "log_level", k->verbose ? "7" : "6", NULL };
	const char *brokers = getenv("KAFKA_BROKERS"), *file = getenv("KAFKA_CONFIG");
	size_t size = 0;

	if (set_defaults(conf, ours, e) < 0 || set_defaults(conf, defaults, e) < 0)
		return -1;
	if (!k->file && file && *file && set_file(conf, file, e) < 0)
		return -1;
	if (brokers && *brokers && set(conf, "bootstrap.servers", brokers, "KAFKA_BROKERS", e) < 0)
		return -1;
	if (k->file && set_file(conf, k->file, e) < 0)
		return -1;
	if (k->brokers && set(conf, "bootstrap.servers", k->brokers, "--brokers", e) < 0)
		return -1;
	if (set_props(conf, k, e) < 0)
		return -1;
	if (rd_kafka_conf_get(conf, "bootstrap.servers", NULL, &size) != RD_KAFKA_CONF_OK || size <= 1)
		return err_set(e, EX_CONFIG,
		    "configure: no broker given: say where the cluster is with -b or KAFKA_BROKERS");
	return 0;
}

rd_kafka_conf_t *
kafka_conf(const struct kafka_opts *k, const char *const *defaults, struct err *e)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	if (set_all(conf, k, defaults, e) == 0)
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}
