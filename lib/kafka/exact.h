/*
 * exact: a framed stream (kpipe-stream(5)) into a topic, each record once.
 *
 * The records of a batch and the position behind them are written in one transaction,
 * the position into the ledger.  What the ledger has already is cut off, and what is
 * missing before a batch is refused.  A transaction is committed when the input has a
 * pause, and under load after EXACT_OPEN_MS or REPLAY_HELD_MAX bytes; a shard's first
 * position before its first record, so that a shard is known as soon as it is taken up.
 */
#ifndef KAFKA_EXACT_H
#define KAFKA_EXACT_H

#include "base/progress.h"
#include "kafka/replay.h"

#define EXACT_OPEN_MS 1000

struct exact {
	struct replay out; /* the caller sets what replay.h says */
	struct progress progress;

	/* Its own. */
	struct frame_reader in;
	bool opening; /* a shard's first position is not committed yet */
	bool started; /* a batch, or a position, has come */
};

/* Take fd's stream to its end: gives the status that the end says.  -1 with e set: 64 if
 * it is not framed, 65 where it cannot be continued or a record is refused, 75 where it
 * ends without its end or this producer was shut out, or what kept the producer from
 * starting.  All whole batches before the trouble are committed then, but for a record
 * that is refused, which takes its transaction with it.  Either way the caller gives
 * `out` to replay_close. */
int exact_run(struct exact *x, int fd, const char *subject, struct err *e);

#endif
