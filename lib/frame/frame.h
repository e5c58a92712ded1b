/*
 * frame: the framed stream of kpipe-stream(5), both ends.
 *
 * A framed stream carries batches of records together with where in their source they
 * lie, so that a sink can store the position in the same act as the records.  Control
 * lines begin with RS (0x1e):
 *
 *	RS KPIPE 1 <run-uuid>
 *	RS A stream shard position
 *	RS B stream shard base next nrec nbytes ts [V len,len…] [M]   and nbytes bytes
 *	RS P stream shard next
 *	RS R stream shard revoked|lost|done|gone
 *	RS E status
 *
 * A batch is nrec records, each ended by LF.  base and next are positions: record
 * offsets (then nrec = next - base) or byte offsets (then nbytes = next - base, but for
 * a last record that had no newline, which travels alone).
 *
 * The writer appends control lines to a buf; the payload of a batch is the caller's to
 * write behind its line.  The reader hands out frames as pointers into chunks
 * (base/chunk.h) and believes nothing: every number, name and length is checked.
 */
#ifndef FRAME_FRAME_H
#define FRAME_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/chunk.h"
#include "base/err.h"

#define FRAME_RS '\x1e'
#define FRAME_MAGIC "\x1eKPIPE "
#define FRAME_UUID 37              /* a UUID as text, with its NUL */
#define FRAME_NAME_MAX 255         /* bytes of a stream's or shard's name: no space, no control */
#define FRAME_BATCH_BEST (256 * 1024)
#define FRAME_BATCH_MAX (64 * 1024 * 1024)
#define FRAME_LINE_MAX (8 * 1024 * 1024)
#define FRAME_POSITION_MAX INT64_C(999999999999999999) /* 18 digits */

enum frame_kind {
	FRAME_ASSIGN = 'A',
	FRAME_BATCH = 'B',
	FRAME_POSITION = 'P',
	FRAME_REVOKE = 'R',
	FRAME_END = 'E',
};

enum frame_reason { FRAME_REVOKED, FRAME_LOST, FRAME_DONE, FRAME_GONE };
#define FRAME_REASONS 4
extern const char *const frame_reasons[FRAME_REASONS]; /* as the stream has them */

struct frame {
	enum frame_kind kind;
	char stream[FRAME_NAME_MAX + 1], shard[FRAME_NAME_MAX + 1];
	int64_t base;      /* A: the position; B: of the first record */
	int64_t next;      /* B, P: the position behind the last record */
	int64_t ts;        /* B: the last record's timestamp, ms since 1970; -1: none */
	size_t nrec, nbytes;
	bool mapped;       /* B: kmap has been at it, so it cannot be cut */
	const char *lens;  /* B: the lengths where values hold newlines, "12,0,7 …"; or NULL */
	const char *data;  /* B: nbytes bytes, in the reader's chunk */
	enum frame_reason reason;
	int status;        /* E */
};

/* Writing.  Names must satisfy frame_name_ok. */
bool frame_name_ok(const char *name);
int frame_uuid(char uuid[FRAME_UUID], struct err *e); /* a random one */
void frame_hello(struct buf *b, const char *uuid);
void frame_assign(struct buf *b, const char *stream, const char *shard, int64_t position);
void frame_batch(struct buf *b, const struct frame *f); /* the line; lens as text or NULL */
void frame_position(struct buf *b, const char *stream, const char *shard, int64_t next);
void frame_revoke(struct buf *b, const char *stream, const char *shard, enum frame_reason why);
void frame_end(struct buf *b, int status);

/* Reading. */
struct frame_reader {
	struct chunk_reader in;
	bool hello;     /* the first line has been seen */
	bool ended;     /* and E */
	size_t scanned;
	char uuid[FRAME_UUID];
};

void frame_begin(struct frame_reader *r, int fd, const char *subject);
void frame_finish(struct frame_reader *r);

/* 1: *f is the next frame, its data valid until the next chunk_read(&r->in) unless the
 * chunk is held; 0: read more; -1: not a framed stream (64) or a corrupt one (65).
 * After E nothing may come. */
int frame_next(struct frame_reader *r, struct frame *f, struct err *e);

/* Leave of a batch what lies at or behind `position`.  1: something does; 0: nothing, it
 * is all known; -1: there is a gap before it (65), or it would have to be cut where
 * that cannot be done (mapped: 75; else 65). */
int frame_cut(struct frame *f, int64_t position, struct err *e);

/* Walk over a batch: start with { 0 }; false at its end.  The record is without its LF. */
struct frame_walk {
	size_t at;
	const char *lens;
};
bool frame_record(const struct frame *f, struct frame_walk *w, const char **p, size_t *len);

#endif
