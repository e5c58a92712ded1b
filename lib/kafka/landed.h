/*
 * landed: where the sink of a framed stream stands, read from a file or asked of a command.
 *
 *	l = landed_open(NULL, "hdfsput --offsets -d DIR");
 *	landed_ask(l, true, -1, &e);
 *	position = landed_position(l, "retaildg", 0);
 *
 * The answer is a list of positions (frame/positions.h).  A list without its dot, and a
 * command that fails, are status 75: nothing is known then, and no position is assumed.
 * The command is run by sh -c in a process group of its own, with the null device as
 * standard input.  A thread waits for it, so that a question can also be put in passing
 * (landed_begin, landed_poll); a new question makes the one before it void.
 */
#ifndef KAFKA_LANDED_H
#define KAFKA_LANDED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct landed;

/* One of path ("-" is standard input, which is read only once) and command. */
struct landed *landed_open(const char *path, const char *command);
void landed_close(struct landed *l); /* l may be NULL */

/* Ask and wait for the answer, at most timeout_ms (< 0: any time), and with `watch` only
 * until a stop signal comes or the reader of standard output goes.  -1: 75, or as of
 * positions_read; what was known before is known still. */
int landed_ask(struct landed *l, bool watch, int timeout_ms, struct err *e);

/* Ask in passing: -1 if that could not be begun.  landed_poll then gives 0 until there is
 * an answer, 1 once it is there, and -1 if there will be none. */
int landed_begin(struct landed *l, struct err *e);
int landed_poll(struct landed *l, struct err *e);
bool landed_asking(const struct landed *l);

/* The position of a partition in the last answer; -1: it is not in it. */
int64_t landed_position(const struct landed *l, const char *topic, int32_t partition);

/* Has there been an answer that no other question can better? */
bool landed_once(const struct landed *l);

#endif
