/*
 * txn: put into a partition what a plain producer cannot.
 *
 *	txn [-p PARTITION] [-t MS] TOPIC STEP…
 *
 *	commit:N  abort:N  open:N   N records in a transaction that ends so, or not at all
 *	plain:N                     N records without one
 *	before:N                    delete the records before offset N, as retention does
 *	parts:N                     give the topic N partitions
 *
 * The values are the step's name and a number: "commit 1".  Brokers: KAFKA_BROKERS.
 */
#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASK_MS 20000

_Noreturn static void
die(const char *what, const char *why)
{
	fprintf(stderr, "txn: %s: %s\n", what, why);
	exit(1);
}

static void
check(const char *what, rd_kafka_resp_err_t code)
{
	if (code)
		die(what, rd_kafka_err2str(code));
}

static void
check_error(const char *what, rd_kafka_error_t *error)
{
	if (error)
		die(what, rd_kafka_error_string(error));
}

static const char *timeout_ms = "60000"; /* of transactions, -t */

static rd_kafka_t *
producer(const char *id)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	const char *brokers = getenv("KAFKA_BROKERS");
	char text[256];
	rd_kafka_t *rk;

	if (!brokers || rd_kafka_conf_set(conf, "bootstrap.servers", brokers, text, sizeof text))
		die("configure", "KAFKA_BROKERS");
	if (id && (rd_kafka_conf_set(conf, "transactional.id", id, text, sizeof text) ||
	    rd_kafka_conf_set(conf, "transaction.timeout.ms", timeout_ms, text, sizeof text)))
		die("configure", text);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
	if (!rk)
		die("start", text);
	return rk;
}

static void
produce(rd_kafka_t *rk, const char *topic, int32_t partition, const char *name, long n)
{
	char value[64];

	for (long i = 1; i <= n; i++) {
		int len = snprintf(value, sizeof value, "%s %ld", name, i);

		check("produce", rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic),
		    RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_VALUE(value, (size_t)len),
		    RD_KAFKA_V_KEY(name, strlen(name)), /* which a compacted topic wants */
		    RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END));
	}
	check("flush", rd_kafka_flush(rk, ASK_MS));
}

static void
in_transaction(const char *topic, int32_t partition, const char *name, long n)
{
	char id[64];
	rd_kafka_t *rk;

	snprintf(id, sizeof id, "txn-%ld-%s", (long)getpid(), name);
	rk = producer(id);
	check_error("init", rd_kafka_init_transactions(rk, ASK_MS));
	check_error("begin", rd_kafka_begin_transaction(rk));
	produce(rk, topic, partition, name, n);
	if (strcmp(name, "commit") == 0)
		check_error("commit", rd_kafka_commit_transaction(rk, ASK_MS));
	else if (strcmp(name, "abort") == 0)
		check_error("abort", rd_kafka_abort_transaction(rk, ASK_MS));
	rd_kafka_destroy(rk);
}

static rd_kafka_event_t *
answer(rd_kafka_queue_t *queue, const char *what)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ASK_MS);

	if (!event)
		die(what, "no answer");
	check(what, rd_kafka_event_error(event));
	return event;
}

static void
delete_before(const char *topic, int32_t partition, long offset)
{
	rd_kafka_t *rk = producer(NULL);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_DeleteRecords_t *request;
	rd_kafka_event_t *event;

	rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
	request = rd_kafka_DeleteRecords_new(list);
	rd_kafka_DeleteRecords(rk, &request, 1, NULL, queue);
	event = answer(queue, "delete");
	check("delete", rd_kafka_DeleteRecords_result_offsets(
	    rd_kafka_event_DeleteRecords_result(event))->elems[0].err);
	rd_kafka_event_destroy(event);
	rd_kafka_DeleteRecords_destroy(request);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(rk);
}

static void
add_partitions(const char *topic, long n)
{
	rd_kafka_t *rk = producer(NULL);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	char why[256];
	rd_kafka_NewPartitions_t *request =
	    rd_kafka_NewPartitions_new(topic, (size_t)n, why, sizeof why);
	rd_kafka_event_t *event;
	size_t unused;

	if (!request)
		die("parts", why);
	rd_kafka_CreatePartitions(rk, &request, 1, NULL, queue);
	event = answer(queue, "parts");
	check("parts", rd_kafka_topic_result_error(rd_kafka_CreatePartitions_result_topics(
	    rd_kafka_event_CreatePartitions_result(event), &unused)[0]));
	rd_kafka_event_destroy(event);
	rd_kafka_NewPartitions_destroy(request);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(rk);
}

static void
step(const char *topic, int32_t partition, char *text)
{
	char *colon = strchr(text, ':');
	long n = colon ? strtol(colon + 1, NULL, 10) : 0;

	if (!colon)
		die(text, "wants a number");
	*colon = '\0';
	if (strcmp(text, "before") == 0) {
		delete_before(topic, partition, n);
	} else if (strcmp(text, "parts") == 0) {
		add_partitions(topic, n);
	} else if (strcmp(text, "plain") == 0) {
		rd_kafka_t *rk = producer(NULL);

		produce(rk, topic, partition, text, n);
		rd_kafka_destroy(rk);
	} else {
		in_transaction(topic, partition, text, n);
	}
}

int
main(int argc, char **argv)
{
	int32_t partition = 0;
	int c;

	while ((c = getopt(argc, argv, "p:t:")) != -1)
		if (c == 'p')
			partition = (int32_t)strtol(optarg, NULL, 10);
		else if (c == 't')
			timeout_ms = optarg;
		else
			return 64;
	if (argc - optind < 2)
		die("usage", "txn [-p PARTITION] [-t MS] TOPIC STEP…");
	for (int i = optind + 1; i < argc; i++)
		step(argv[optind], partition, argv[i]);
	return 0;
}
