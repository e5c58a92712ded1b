/*
 * ledger: the topic in which producers keep the positions of what they took in.
 *
 * The topic is LEDGER_TOPIC, compacted, and only its partition 0 is used.  A record's
 * key is "id/stream/shard", its value {"topic","position","state"}: the topic that the
 * id feeds, the position up to which all is there, and "open" or "done".  A null value
 * forgets the shard.  A position is written in the same transaction as the records
 * before it; committed offsets of a group would not do, for they expire.
 *
 * Reading takes care of transactions.  The end is asked for as the end of everything,
 * committed or not, and the last stable offset is waited for until it has passed that:
 * asked for as read_committed, the end would stand still at any open transaction,
 * whosever it is, and hide committed positions behind it.
 */
#ifndef KAFKA_LEDGER_H
#define KAFKA_LEDGER_H

#include "base/buf.h"
#include "kafka/conf.h"
#include "kafka/shards.h"

#define LEDGER_TOPIC "kpipe-positions"

struct ledger {
	const struct kafka_opts *kafka;
	const char *id;    /* satisfies ledger_id */
	const char *topic; /* that it feeds */
};

/* An id is 1 to 200 of A-Z a-z 0-9 . _ -, so that no key can be another's: else 64. */
int ledger_id(const char *id, struct err *e);

/* See that there is the topic and that it is compacted: 78 if it is not, 69, 75, 77. */
int ledger_make(const struct ledger *l, struct err *e);

/* Read what is committed for the id into s; a topic that does not exist says nothing.
 * Waits for open transactions, --timeout at most: then 75.  78 if the topic is not
 * compacted or the id feeds another topic, 65 for a record that is no position. */
int ledger_read(const struct ledger *l, struct shards *s, struct err *e);

/* Append what ledger_read finds as a list of frame/positions.h. */
int ledger_list(const struct ledger *l, struct buf *list, struct err *e);

/* What to write for a shard: key, and value, which is left empty to forget it. */
void ledger_record(const struct ledger *l, const struct shard *s, struct buf *key,
    struct buf *value);

#endif
