/*
 * chunk: a descriptor read into shared blocks, so that records and frames are handed
 * out as pointers and never copied.
 *
 * Bytes are read into a chunk of CHUNK_SIZE.  A consumer that needs them longer than
 * until the next chunk_read takes a reference (chunk_hold) and gives it back
 * (chunk_drop, from any thread); without references one chunk is used again and again.
 * What has not been consumed is contiguous: an unfinished record moves along into the
 * next chunk, which grows to the power of two that holds it, or at once to what it needs
 * where that is known.
 */
#ifndef BASE_CHUNK_H
#define BASE_CHUNK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define CHUNK_SIZE (1024 * 1024)

struct chunk {
	atomic_uint refs;
	size_t cap;
	char data[];
};

void chunk_hold(struct chunk *c, unsigned n);
void chunk_drop(struct chunk *c, unsigned n); /* freed with the last */

struct chunk_reader {
	int fd;
	const char *subject; /* for messages: the file's name */
	struct chunk *chunk;
	size_t begin, end;   /* the bytes [begin, end) of chunk are not consumed yet */
	size_t need;         /* set by the user: so many from begin on belong together; 0: unknown */
	bool eof;
};

void chunk_begin(struct chunk_reader *r, int fd, const char *subject);
void chunk_end(struct chunk_reader *r); /* frees; does not close fd */

/* One read(2): the bytes read, 0 at the end, -1 with e set. */
ssize_t chunk_read(struct chunk_reader *r, struct err *e);

#endif
