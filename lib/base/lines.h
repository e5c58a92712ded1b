/*
 * lines: records out of a descriptor, without a copy and within a bound.
 *
 * A record is a pointer into the chunk it was read into (base/chunk.h): a consumer that
 * needs it longer than until the next lines_read holds lines_chunk().  Memory: one
 * chunk, what the consumer holds, and a chunk that fits `max` while a record longer
 * than CHUNK_SIZE is being read.
 *
 * A record longer than max comes in pieces (LINE_PART … LINE_PART_END), so that a
 * 1 GB line costs no more memory than a short one and can still be copied to a reject
 * file.
 *
 *	for (;;) {
 *		while ((kind = lines_next(&l, &line)) != LINE_NONE) …
 *		n = lines_read(&l, &e);     // blocks: io_wait(fd, …) first where that matters
 *		if (n <= 0) break;          // 0: the end; a last record without delimiter
 *	}                                   // has then been made whole, so ask lines_next once more
 */
#ifndef BASE_LINES_H
#define BASE_LINES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/chunk.h"
#include "base/err.h"

#define LINES_DELIM_MAX 16

enum line_kind {
	LINE_NONE,     /* no whole record is buffered */
	LINE_WHOLE,
	LINE_PART,     /* a piece of a record that is longer than max */
	LINE_PART_END, /* its last piece (may be empty) */
};

struct line {
	const char *p;
	size_t len;      /* without the delimiter */
	bool delimited;  /* false: the input ended without a delimiter */
	uint64_t number; /* 1 for the first record */
};

struct lines {
	struct chunk_reader in;
	char delim[LINES_DELIM_MAX];
	size_t ndelim, max;
	size_t scanned; /* bytes behind in.begin that are known to hold no delimiter */
	bool in_part;
	uint64_t number;
};

/* delim has 1 to LINES_DELIM_MAX bytes; max is the longest record in bytes. */
void lines_begin(struct lines *l, int fd, const char *subject, const char *delim, size_t ndelim,
    size_t max);
enum line_kind lines_next(struct lines *l, struct line *out);

/* One read(2): the bytes read, 0 at the end, -1 with e set.  Pointers handed out
 * before are invalid after it unless their chunk is held. */
ssize_t lines_read(struct lines *l, struct err *e);
struct chunk *lines_chunk(const struct lines *l); /* what the records given last lie in */
void lines_end(struct lines *l); /* frees; does not close fd */

/* A delimiter as typed: C escapes \n \r \t \0 \\ \xNN, everything else itself. */
int lines_delim(const char *typed, const char *what, char out[LINES_DELIM_MAX], size_t *len,
    struct err *e);

/* The byte that the escape at *s stands for, *s being behind its backslash and moved on
 * past it; -1 for one that is not in the list above. */
int lines_escape(const char **s, char *out);

/* How many newlines there are in len bytes at p. */
size_t lines_count(const char *p, size_t len);

#endif
