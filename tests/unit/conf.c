/* Configuration of the Kafka clients: what wins, what is refused, what is said. */
#include "kafka/conf.h"

#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static char path[] = "/tmp/kpipe-conf.XXXXXX";

static void
write_file(const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		exit(2);
}

/* What the property is with these options; "" and e set on error. */
static const char *
value_of(const struct kafka_opts *k, const char *name, struct err *e)
{
	static const char *const defaults[] = { "linger.ms", "7", NULL };
	static char value[300];
	size_t len = sizeof value;
	rd_kafka_conf_t *conf = kafka_conf(k, defaults, e);

	value[0] = '\0';
	if (!conf)
		return value;
	if (rd_kafka_conf_get(conf, name, value, &len) != RD_KAFKA_CONF_OK)
		snprintf(value, sizeof value, "(unknown)");
	rd_kafka_conf_destroy(conf);
	return value;
}

static void
check_precedence(void)
{
	struct kafka_opts k;
	struct err e = { 0 };

	kafka_opts_begin(&k);
	is_str(value_of(&k, "bootstrap.servers", &e), "", "no broker is named");
	is_int(e.status, EX_CONFIG, "which is bad configuration");
	is_str(e.text, "configure: no broker given: say where the cluster is with -b or KAFKA_BROKERS",
	    "and the message says how");
	write_file("bootstrap.servers=confighost:1\n");
	setenv("KAFKA_CONFIG", path, 1);
	is_str(value_of(&k, "bootstrap.servers", &e), "confighost:1", "KAFKA_CONFIG names a file");
	setenv("KAFKA_BROKERS", "envhost:1", 1);
	is_str(value_of(&k, "bootstrap.servers", &e), "envhost:1", "KAFKA_BROKERS is before it");
	k.file = path;
	is_str(value_of(&k, "bootstrap.servers", &e), "confighost:1", "-F is before that");
	is_int(kafka_opt(&k, 'b', "opthost:1", &e), 1, "-b is one of ours");
	is_str(value_of(&k, "bootstrap.servers", &e), "opthost:1", "-b is before -F");
	kafka_opt(&k, 'X', "metadata.broker.list=xhost:1", &e);
	is_str(value_of(&k, "bootstrap.servers", &e), "xhost:1", "-X is before all");
	is_str(value_of(&k, "linger.ms", &e), "7", "the tool's default holds");
	is_str(value_of(&k, "allow.auto.create.topics", &e), "false", "topics are not made by asking");
	kafka_opt(&k, 'X', "queue.buffering.max.ms = 9", &e);
	is_str(value_of(&k, "linger.ms", &e), "9", "unless the user sets it, by whatever name");
	unsetenv("KAFKA_BROKERS");
	unsetenv("KAFKA_CONFIG");
}

static void
check_file(void)
{
	struct kafka_opts k;
	struct err e = { 0 };
	char want[200];

	kafka_opts_begin(&k);
	k.file = path;
	write_file("# a comment\r\n\n  bootstrap.servers =  h:1,h:2  \r\n sasl.password=a=b #c\n");
	is_str(value_of(&k, "bootstrap.servers", &e), "h:1,h:2", "spaces and CR are trimmed");
	is_str(value_of(&k, "sasl.password", &e), "a=b #c", "a value may hold = and #");
	write_file("bootstrap.servers=h:1\nnonsense\n");
	value_of(&k, "acks", &e);
	snprintf(want, sizeof want, "configure: %s line 2: wants name=value", path);
	is_str(e.text, want, "a line without = is named");
	k.file = "/none";
	value_of(&k, "acks", &e);
	is_int(e.status, EX_CONFIG, "a file that is not there");
	is_str(e.text, "read configuration: /none: no such file or directory", "is named");
}

static const struct {
	const char *property, *text;
} refused[] = {
	{ "sasl.jaas.config=secret",
	    "sasl.jaas.config is known to Java clients only; use sasl.username and sasl.password" },
	{ "key.serializer=x", "key.serializer is known to Java clients only; leave it out" },
	{ "ssl.truststore.location=x",
	    "ssl.truststore.location is known to Java clients only; use ssl.ca.location (a PEM file)" },
	{ "ssl.truststore.password=x",
	    "ssl.truststore.password is known to Java clients only; leave it out" },
	{ "buffer.memory=1",
	    "buffer.memory is known to Java clients only; use queue.buffering.max.kbytes" },
	{ "max.request.size=1",
	    "max.request.size is known to Java clients only; use message.max.bytes" },
	{ "max.block.ms=1", "max.block.ms is known to Java clients only; use the option --timeout" },
	{ "nonsense=1", "librdkafka has no property nonsense" },
	{ "ssl.key.password=\x01geheim", NULL },
	{ "batch.size=big", "Invalid value for configuration property \"batch.size\"" },
};

static void
check_refused(void)
{
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct kafka_opts k;
		struct err e = { 0 };
		char want[300];

		kafka_opts_begin(&k);
		k.brokers = "h:1";
		kafka_opt(&k, 'X', refused[i].property, &e);
		value_of(&k, "acks", &e);
		if (!refused[i].text) {
			ok(!strstr(e.text, "geheim"), "%s: no secret is shown", refused[i].property);
			continue;
		}
		snprintf(want, sizeof want, "configure: --property: %s", refused[i].text);
		is_int(e.status, EX_CONFIG, "refused: %s", refused[i].property);
		is_str(e.text, want, "and why");
	}
}

static void
check_options(void)
{
	struct kafka_opts k;
	struct err e = { 0 };

	kafka_opts_begin(&k);
	is_int(k.timeout_ms, 300000, "--timeout is 5 minutes");
	is_int(kafka_opt(&k, KAFKA_OPT_TIMEOUT, "1.5s", &e), 1, "--timeout is one of ours");
	is_int(k.timeout_ms, 1500, "and read");
	is_int(kafka_opt(&k, KAFKA_OPT_TIMEOUT, "soon", &e), -1, "a wrong one is refused");
	is_int(kafka_opt(&k, 'X', "acks", &e), -1, "-X wants a value");
	kafka_opt(&k, 'X', "sasl.password geheim", &e);
	is_str(e.text, "--property: sasl.password: wants name=value", "and no secret is shown");
	is_int(kafka_opt(&k, 'q', NULL, &e), 0, "others are not ours");
	for (int i = 0; i < KAFKA_PROPS_MAX; i++)
		kafka_opt(&k, 'X', "acks=all", &e);
	is_int(kafka_opt(&k, 'X', "acks=all", &e), -1, "there is an end to -X");
	is_int(e.status, EX_USAGE, "which is wrong usage");
}

static void
check_status(void)
{
	struct err e;

	is_int(kafka_status(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), EX_NO, "no such topic");
	is_int(kafka_status(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), EX_NOPERM, "not allowed");
	is_int(kafka_status(RD_KAFKA_RESP_ERR_POLICY_VIOLATION), EX_CONFIG, "against the broker's policy");
	is_int(kafka_status(RD_KAFKA_RESP_ERR_TOPIC_DELETION_DISABLED), EX_CONFIG, "the broker's settings");
	is_int(kafka_status(RD_KAFKA_RESP_ERR_INVALID_GROUP_ID), EX_CONFIG, "no group can be called so");
	is_int(kafka_status(RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE), EX_CONFIG,
	    "what the broker does not know");
	is_int(kafka_status(RD_KAFKA_RESP_ERR__TRANSPORT), EX_TEMPFAIL, "another try may do");
	kafka_err(&e, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "read", "t");
	is_str(e.text, "read: t: unknown topic or partition", "librdkafka's text as ours");
}

int
main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 2;
	close(fd);
	unsetenv("KAFKA_BROKERS");
	unsetenv("KAFKA_CONFIG");
	check_precedence();
	check_file();
	check_refused();
	check_options();
	check_status();
	unlink(path);
	return done();
}
