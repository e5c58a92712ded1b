/*
 * consumer: read topics, alone or as a member of a group.
 *
 *	c = consumer_open(&kafka, &opts, &e);
 *	for each topic: consumer_add(c, topic, &e);      // 1: no such topic, go on
 *	consumer_start(c, &e);
 *	while (!consumer_over(c)) {
 *		consumer_serve(c, &e);                   // membership, errors, time-outs
 *		if (consumer_revoking(c)) … consumer_give_up(c, &e);
 *		if (consumer_poll(c, take, arg, &e) == 0)
 *			consumer_wait(c, true, ms);
 *	}
 *	consumer_commit(c, &e);
 *	consumer_close(c);
 *
 * Records and membership come on two queues.  Whoever cannot take more records stops
 * calling consumer_poll and goes on calling consumer_serve: the member then stays in its
 * group however long its reader sleeps, while librdkafka stops fetching at
 * queued.max.messages.kbytes (CONSUMER_QUEUE_KB unless set).  Partitions are not paused
 * for that, because resuming one throws away and fetches again what was queued.
 *
 * A position that the broker no longer has (retention, a recreated topic) is skipped to
 * the nearest that it has, and said.  Partitions that are added while a topic is read alone,
 * all of it and without an end, are begun at their beginning; it is asked for them every
 * topic.metadata.refresh.interval.ms.
 *
 * All functions are for one thread.
 */
#ifndef KAFKA_CONSUMER_H
#define KAFKA_CONSUMER_H

#include "base/io.h"
#include "kafka/conf.h"
#include "kafka/range.h"

#define CONSUMER_QUEUE_KB "16384"
#define CONSUMER_ASK_MS 10000 /* for the answer to one question */

struct part;

/* For a framed stream: partitions begin at the positions of its sink, one record earlier
 * where there is one; a position that the broker does not have ends the run with 65; and
 * nothing is committed because it was read. */
struct consumer_exact {
	int (*ask)(void *arg, struct err *e); /* learn the positions: partitions are coming */
	int64_t (*position)(void *arg, const char *topic, int32_t partition); /* -1: none */
	void (*begun)(void *arg, struct part *p);
	void (*left)(void *arg, struct part *p, bool lost);
	void *arg;
};

struct consumer_opts {
	const char *group;  /* NULL: read alone, all partitions or `parts` */
	const char *member; /* static membership, or NULL */
	struct range_start start; /* in a group: where nothing is stored */
	bool start_given;   /* by the user: say so where a stored position wins */
	struct range_parts parts;
	bool ends;          /* a partition is over at its end */
	int64_t until;      /* or at its first record of this time (ms) or later; < 0: no such */
	void (*say)(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
	bool verbose;       /* say assignments and ends, too */
	const struct consumer_exact *exact; /* or NULL */
};

struct part {
	struct consumer *consumer;
	char *topic;
	int32_t partition;
	rd_kafka_topic_t *handle; /* when reading alone */
	int64_t first, last; /* the records handed out; -1: none yet */
	int64_t next;        /* the position behind them */
	int64_t end;         /* with ends: where the partition ended when first seen */
	bool assigned, at_end, over, lost;
	bool cut; /* with lost: the log was cut short before next */
	int64_t from; /* where it was told to begin, as an offset or what stands for one */
	int64_t written; /* in a group: to be committed; -1: nothing yet */
	bool stray;   /* started again in a group, and its records may be on another queue */

	/* With exact. */
	bool known;          /* the sink has a position */
	int64_t given;       /* that, or else where `start` is */
	int64_t told;        /* stream.h's: how far the stream is */
};

/* A record of p, or with m == NULL only p's new position, `next`.  False: hand out no
 * more for now. */
typedef bool consumer_take(void *arg, struct part *p, const rd_kafka_message_t *m, int64_t next);

struct consumer {
	/* For everybody to read. */
	struct part **parts; /* all that ever were ours */
	size_t nparts;

	/* The module's own. */
	struct consumer_opts opts;
	int64_t timeout_ms;
	bool patient;   /* once it has begun, wait for brokers for ever */
	struct kafka *kafka;
	rd_kafka_t *rk;
	rd_kafka_queue_t *records, *events;
	int wake[2];
	struct part *recent; /* of the last record: its handle stays the same for a batch */
	rd_kafka_topic_t *recent_handle;
	consumer_take *take;
	void *arg;
	size_t taken;
	size_t burst; /* bytes taken since the queue was last empty */
	struct err err; /* with a status: an error in a callback that ends the run */
	int64_t look_ms, look_at; /* for added partitions: how often (0: never), and io_now() of the next time */
	bool away;      /* no server is to be waited for any more */
	bool stop_told;

	/* In a group. */
	rd_kafka_topic_partition_list_t *topics, *leaving;
	size_t assigned;
	int64_t assigned_at; /* io_now() of the last assignment; 0 while there is one to come */
	rd_kafka_queue_t *commits; /* answers to them */
	size_t unanswered;
	int64_t commit_ms, commit_at; /* how often (0: only at the end), and io_now() of the next time */
	bool uncommitted, closing, stored_said;
};

/* Connect.  NULL on error: 69 if no broker answers, 77, 78. */
struct consumer *consumer_open(const struct kafka_opts *k, const struct consumer_opts *opts,
    struct err *e);

/* Read this topic too.  -1: 1 if it or one of `parts` does not exist, 77, 75. */
int consumer_add(struct consumer *c, const char *topic, struct err *e);
int consumer_start(struct consumer *c, struct err *e);

/* Hand out what is waiting; gives the number of records and events, 0 if there was
 * nothing.  -1 with e set if a partition cannot be read on. */
int consumer_poll(struct consumer *c, consumer_take *take, void *arg, struct err *e);

/* A partition is to go on at another position with the next consumer_poll: write out what was
 * taken first, or the position behind that would pass for one of what comes then. */
bool consumer_lost(const struct consumer *c);

/* Call it at least every few seconds.  -1 with e set: the servers were away for longer
 * than the time-out (75), or will not have us. */
int consumer_serve(struct consumer *c, struct err *e);

/* Every partition is over.  A member without partitions is, two seconds after it was
 * told so. */
bool consumer_over(struct consumer *c);

/* Sleep until there are records or events, or a byte is written to consumer_wake_fd()
 * (all three IO_INPUT), or as in io_wait; but a stop signal is told only once. */
enum io_event consumer_wait(struct consumer *c, bool watch_stdout, int timeout_ms);
int consumer_wake_fd(const struct consumer *c);

/* The records of p before next have been written out: next may be committed. */
void consumer_written(struct part *p, int64_t next);

/* Partitions are to be given to other members.  Finish what was taken, then give up. */
bool consumer_revoking(const struct consumer *c);
int consumer_give_up(struct consumer *c, struct err *e);

/* Commit now what was written.  -1: 75 if that could not be done. */
int consumer_commit(struct consumer *c, struct err *e);

/* With exact: commit to the group what the sink has; nobody waits for the answer. */
void consumer_commit_landed(struct consumer *c);

/* Where the partitions of list begin (which: RD_KAFKA_OFFSET_BEGINNING), end (…_END), are for
 * the group (…_STORED) or have a time (ms), into its offsets.  As long as it is only that a server
 * is away, asked again until io_now() is `until` or a stop signal came STOP_GRACE_MS ago. */
rd_kafka_resp_err_t consumer_ask(struct consumer *c, rd_kafka_topic_partition_list_t *list,
    int64_t which, int64_t until);
int64_t consumer_until(const struct consumer *c); /* io_now() after the time-out */

/* Leave the group (a static member stays in it) and free; c may be NULL. */
void consumer_close(struct consumer *c);

/* For consumer*.c. */
struct part *consumer_part(struct consumer *c, const char *topic, int32_t partition);
void consumer_begin_part(struct part *p);
void consumer_look(struct consumer *c); /* for added partitions */
void consumer_tell_begun(struct part *p); /* the stream, with exact */
int consumer_resolve(struct consumer *c, rd_kafka_topic_partition_list_t *list, struct err *e);
int consumer_ends(struct consumer *c, rd_kafka_topic_partition_list_t *low,
    rd_kafka_topic_partition_list_t *high, struct err *e);
void consumer_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
    rd_kafka_topic_partition_list_t *list, void *opaque);
int consumer_place(struct consumer *c, rd_kafka_topic_partition_list_t *list, struct err *e);
int64_t consumer_resume(const struct part *p, int64_t low, int64_t high, struct err *e);
int64_t consumer_nearest(const struct part *p, const char *subject, int64_t low, int64_t high);
int consumer_status(const struct consumer *c, rd_kafka_resp_err_t code);
int consumer_restart_member(struct part *p, int64_t offset, struct err *e);
void consumer_fetch_strays(struct consumer *c);
bool consumer_leave(struct consumer *c); /* false: c->rk cannot be destroyed */
void consumer_commit_soon(struct consumer *c); /* when it is time */

#endif
