/*
 * entry: one commit of a shard, as the log keeps it.
 *
 *	{"seq":7,"type":"data","writer":"<uuid>","next":4200,"ts":1763805600123,
 *	 "applied":6,"done":false,
 *	 "files":[{"tmp":"w/<seq>-<uuid>/3","dst":"year=2026/…/part-….log","len":812}]}
 *
 * type is "open" (a writer took the shard over), "data" (files were landed) or "note" (all of
 * them are in place).  next is the position behind all that has landed, ts the timestamp of the
 * record before it or -1; done says that the source will give no more of this shard.  applied is
 * always the seq before, and nobody reads it: a record is written when the files of all before it
 * are in place.  tmp is relative to the shard's directory, dst to the data directory.
 */
#ifndef SINK_ENTRY_H
#define SINK_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ENTRY_MAX (16 * 1024 * 1024) /* bytes of one as JSON */
#define ENTRY_WRITER 37

struct entry_file {
	char *tmp, *dst;
	int64_t len;
};

enum entry_type { ENTRY_OPEN, ENTRY_DATA, ENTRY_NOTE };

struct entry {
	int64_t seq;     /* from 1 */
	enum entry_type type;
	char writer[ENTRY_WRITER];
	int64_t next;    /* -1: nothing has landed yet */
	int64_t ts;
	bool done;
	struct entry_file *files;
	size_t nfiles;
};

/* As JSON without a newline; the caller frees it.  NULL if a name is not UTF-8. */
char *entry_text(const struct entry *r);

/* Nothing in the text is believed: names that would lead out of the directories are status 65,
 * as all else that is not a record.  The caller frees *r with entry_free. */
int entry_parse(const char *text, size_t len, struct entry *r, struct err *e);
void entry_free(struct entry *r);

#endif
