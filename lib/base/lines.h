/*
 * lines: records out of a descriptor, without a copy and within a bound.
 *
 * Bytes are read into chunks of LINES_CHUNK; a record is handed out as a pointer into
 * its chunk.  A consumer that needs it longer than until the next lines_read takes a
 * reference (chunk_hold) and gives it back (chunk_drop, from any thread); without
 * references one chunk is used again and again.  Memory: one chunk, plus what the
 * consumer holds, plus a chunk of `max` bytes while a longer record than LINES_CHUNK
 * is being read.
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

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define LINES_CHUNK (1024 * 1024)
#define LINES_DELIM_MAX 16

struct chunk {
	atomic_uint refs;
	size_t cap;
	char data[];
};

void chunk_hold(struct chunk *c, unsigned n);
void chunk_drop(struct chunk *c, unsigned n); /* freed with the last */

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
	int fd;
	const char *subject; /* for messages: the file's name */
	char delim[LINES_DELIM_MAX];
	size_t ndelim, max;
	struct chunk *chunk; /* the bytes [begin, end) are not handed out yet */
	size_t begin, end, scanned;
	bool eof, in_part;
	uint64_t number;
};

/* delim has 1 to LINES_DELIM_MAX bytes; max is the longest record in bytes. */
void lines_begin(struct lines *l, int fd, const char *subject, const char *delim, size_t ndelim,
    size_t max);
enum line_kind lines_next(struct lines *l, struct line *out);

/* One read(2): the bytes read, 0 at the end, -1 with e set.  Pointers handed out
 * before are invalid after it unless their chunk is held. */
ssize_t lines_read(struct lines *l, struct err *e);
void lines_end(struct lines *l); /* frees; does not close fd */

/* A delimiter as typed: C escapes \n \r \t \0 \\ \xNN, everything else itself. */
int lines_delim(const char *typed, const char *what, char out[LINES_DELIM_MAX], size_t *len,
    struct err *e);

#endif
