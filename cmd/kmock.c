/* kmock: a Kafka broker in one small process, for as long as a command runs. */
#include <errno.h>
#include <librdkafka/rdkafka.h> /* which rdkafka_mock.h needs before it */
#include <librdkafka/rdkafka_mock.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/tool.h"
#include "kafka/admin.h"

#define PARTITIONS_MAX 1000
#define TOPICS_MAX 256
#define CANNOT_RUN 126 /* as the shell says it */
#define NOT_FOUND 127

extern char **environ;

static const struct opt options[] = {
	{ 't', "topic", "TOPIC[:N]", "make a topic of N partitions (default: 1); may be repeated" },
	OPT_STANDARD,
	OPT_END,
};

static const struct opt_usage usage = { "[-t TOPIC[:N]]… [--] COMMAND [ARG…]",
	"Run a command with a small Kafka broker of its own.", options };

/* NULL with e set on failure.  The end of the process takes the broker down. */
static rd_kafka_mock_cluster_t *
broker_start(struct err *e)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_mock_cluster_t *cluster;
	rd_kafka_t *host; /* what librdkafka hangs a mock on; speaks to nobody */
	char why[256];

	rd_kafka_conf_set_log_cb(conf, NULL);
	host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
	if (!host) {
		rd_kafka_conf_destroy(conf);
		err_set(e, EX_TEMPFAIL, "start: broker: %s", why);
		return NULL;
	}
	cluster = rd_kafka_mock_cluster_new(host, 1);
	if (!cluster)
		err_set(e, EX_TEMPFAIL, "start: broker: no port on 127.0.0.1 can be opened");
	return cluster;
}

/* "TOPIC" or "TOPIC:N". */
static int
make_topic(rd_kafka_mock_cluster_t *cluster, const char *spec, struct err *e)
{
	const char *colon = strrchr(spec, ':');
	char *name = colon ? mem_dupn(spec, (size_t)(colon - spec)) : mem_dup(spec);
	int64_t partitions = 1;
	rd_kafka_resp_err_t code;
	int failed = admin_topic_name(name, e);

	if (colon && !failed)
		failed = num_int(colon + 1, "--topic: partitions", 1, PARTITIONS_MAX, &partitions, e);
	if (!failed) {
		code = rd_kafka_mock_topic_create(cluster, name, (int)partitions, 1);
		if (code)
			failed = err_set(e, EX_USAGE, "topic: %s: %s", spec, rd_kafka_err2str(code));
	}
	free(name);
	return failed;
}

/* Wait for the child, handing on the signals that ask us to end.  Those that the
 * terminal sends (no sender's pid) have reached the child already. */
static int
attend(pid_t child, const sigset_t *awaited)
{
	siginfo_t info;
	int how;

	for (;;) {
		int sig = sigwaitinfo(awaited, &info);

		if (sig > 0 && sig != SIGCHLD && info.si_code <= 0)
			kill(child, sig);
		/* A child that was only stopped is no end. */
		if (waitpid(child, &how, WNOHANG) == child)
			return WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
	}
}

/* Blocked before there is any thread, and so in all of them: one that is not blocked
 * could take the child's end from the thread that waits for it. */
static void
block_signals(sigset_t *awaited, sigset_t *before)
{
	sigemptyset(awaited);
	sigaddset(awaited, SIGCHLD);
	sigaddset(awaited, SIGTERM);
	sigaddset(awaited, SIGINT);
	sigaddset(awaited, SIGHUP);
	sigprocmask(SIG_BLOCK, awaited, before);
}

/* Run the command with the signals as `before` and wait for it: its status, or -1. */
static int
run(char **command, const sigset_t *awaited, const sigset_t *before, struct err *e)
{
	posix_spawnattr_t attr;
	pid_t child;
	int failed;

	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, before);
	failed = posix_spawnp(&child, *command, NULL, &attr, command, environ);
	posix_spawnattr_destroy(&attr);
	if (failed) {
		err_sys(e, failed, "run", *command);
		e->status = failed == ENOENT ? NOT_FOUND : CANNOT_RUN;
		return -1;
	}
	return attend(child, awaited);
}

/* All options; -1 to go on, else the status to exit with. */
static int
parse(struct opts *o, const char *topics[TOPICS_MAX + 1])
{
	int c, n = 0;

	while ((c = opt_next(o)) != -1)
		switch (c) {
		case 't':
			if (n == TOPICS_MAX) {
				tool_warn("--topic: %s: more than %d topics", optarg, TOPICS_MAX);
				return EX_USAGE;
			}
			topics[n++] = optarg;
			break;
		case 'h': return opt_help(o);
		case 'V': return opt_version();
		default: return opt_bad(o);
		}
	if (optind < o->argc)
		return -1;
	tool_warn("operands: none given: which command is to run?");
	return opt_bad(o);
}

int
main(int argc, char **argv)
{
	const char *topics[TOPICS_MAX + 1] = { NULL };
	rd_kafka_mock_cluster_t *cluster;
	sigset_t awaited, before;
	struct opts o;
	struct err e;
	int status;

	tool_begin();
	opt_begin(&o, &usage, argc, argv);
	opt_stop_at_operand(&o);
	status = parse(&o, topics);
	if (status >= 0)
		return status;
	block_signals(&awaited, &before);
	cluster = broker_start(&e);
	status = cluster ? 0 : -1;
	for (const char **t = topics; *t && status == 0; t++)
		status = make_topic(cluster, *t, &e);
	if (status == 0) {
		setenv("KAFKA_BROKERS", rd_kafka_mock_cluster_bootstraps(cluster), 1);
		unsetenv("KAFKA_CONFIG");
		status = run(argv + optind, &awaited, &before, &e);
	}
	/* librdkafka could need a second to take the broker down in good order. */
	_exit(status < 0 ? tool_fail(&e) : status);
}
