/*
 * state: positions that outlast the process, in a text file.
 *
 *	kpipe-tail 1
 *	<inode>-<n>-<hash> <device> <position> <kind> <name>
 *	…
 *
 * One line a file, a name's oldest file first.  kind: "current" has the name, "left"
 * had it and may go on, "done" had it and was read to its end, "other" was never ours,
 * "none" says only that the name was followed while no file had it.  name is an
 * absolute path with newline and backslash written as \n and \\.
 *
 * The file is replaced in one step: written beside itself as NAME.tmp, synced, renamed.
 */
#ifndef TAIL_STATE_H
#define TAIL_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "tail/identity.h"

enum tail_kind { TAIL_CURRENT, TAIL_LEFT, TAIL_DONE, TAIL_OTHER, TAIL_NONE };

struct tail_entry {
	struct tail_id id;
	int64_t pos;
	enum tail_kind kind;
	char *name; /* owned */
};

struct tail_state {
	struct tail_entry *at;
	size_t n;
};

/* name is copied. */
void tail_state_add(struct tail_state *s, const struct tail_id *id, int64_t pos,
    enum tail_kind kind, const char *name);
void tail_state_free(struct tail_state *s);

/* A file that does not exist is an empty state.  78 for one whose directory does not, and
 * with the line for anything that we would not have written. */
int tail_state_load(struct tail_state *s, const char *path, struct err *e);
int tail_state_save(const struct tail_state *s, const char *path, struct err *e);

#endif
