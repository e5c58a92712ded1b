/*
 * file: one file, read as whole lines without holding any of it.
 *
 * What is not complete stays in the file: the place behind which no newline was found
 * is remembered, and once the newline is there the line is read again from its start.
 * So all files share one buffer of TAIL_CHUNK bytes, a batch ends behind the last
 * newline of a read and nothing is copied, and a line of any length costs no memory:
 * one that is longer than the buffer is handed out in pieces, but only once it is
 * complete.
 *
 * Before the bytes of a read are handed out, the file's first bytes are compared with what
 * they were, read after them or, where all of it is one page, with them: a file that was
 * truncated and written again between two reads is TAIL_CUT and not taken for the old one's
 * continuation.
 */
#ifndef TAIL_FILE_H
#define TAIL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "tail/identity.h"

#define TAIL_CHUNK (256 * 1024)

struct tail_batch {
	const struct tail_id *id; /* of the file; valid until the next call */
	const char *path;         /* where the file was last seen */
	int64_t base;             /* the file's offset at p[0] */
	const char *p;            /* in the shared buffer */
	size_t len;               /* > 0 */
	bool begins, ends;        /* false: the piece of a long line, which goes on before or after;
	                           * pieces of one line follow each other directly */
	bool torn;                /* the last line has no newline and there will be none */
};

/* Where to start in a file: its last n lines or bytes, or from the n-th on. */
struct tail_start {
	int64_t n;
	bool bytes, from_top;
};

struct tail_file {
	struct tail_name *name; /* whose line of files it belongs to */
	char *path;             /* where it was last seen */
	struct tail_id id;      /* fixed with the first line handed out; before that only the inode */
	struct tail_id head;    /* what it begins with, as far as handed out, for TAIL_CUT */
	uint64_t dev, ino;      /* where it is now: a copy has another inode than id says */
	int fd, wd;             /* -1: closed, not watched */
	struct tail_file *next_watched;

	/* Offsets, pos <= given <= end <= searched <= size: up to here written out (a
	 * line's start), handed out, known as whole lines, known to hold no other
	 * newline, seen to reach. */
	int64_t pos, given, end, searched, size;

	struct timespec mtime; /* when last looked at unwatched */
	int64_t limit;         /* with --once: how far it reached when opened, or left */
	bool dirty;            /* may have something to read */
	bool left;             /* has lost its name: newer lines come from another file */
	bool done;             /* left, and nothing was unread when last looked at */
	bool other;            /* never ours: it lay beside the name before we came */
	bool told;             /* TAIL_BEGUN, and nothing since */
	bool cut;              /* was truncated: only a copy can have its rest */
	int64_t quiet;         /* io_now() of its last growth, if left */
};

enum tail_read { TAIL_BATCH, TAIL_END, TAIL_CUT, TAIL_ERROR };

struct tail_file *tail_file_new(const char *path);
void tail_file_free(struct tail_file *f);

/* Open f->path and fill in dev, ino and size; -1 with errno, EINVAL for what is no
 * regular file.  Nothing is read. */
int tail_file_open(struct tail_file *f);
void tail_file_close(struct tail_file *f);

/* f is the file that st describes. */
bool tail_file_is(const struct tail_file *f, const struct stat *st);

/* Nothing that was read has changed, as far as the size and the first bytes tell: with errno, if
 * these cannot be read. */
bool tail_file_intact(const struct tail_file *f);

/* st, taken by name, is longer than what the descriptor shows: an overlay file system
 * has copied the file up, and the descriptor still shows the lower one.  Closes f. */
bool tail_file_hidden(struct tail_file *f, const struct stat *st);

/* Go to a position: at the start of all, or after tail_id_holds. */
void tail_file_seek(struct tail_file *f, int64_t pos);

/* Go where `start` says; buf has TAIL_CHUNK bytes.  -1 with errno.  A file that was watched before
 * it was opened is not dirty then if nothing follows. */
int tail_file_start(struct tail_file *f, const struct tail_start *start, char *buf);

/* The next lines into buf (TAIL_CHUNK bytes).  TAIL_END: no whole line more for now, or if f is
 * still dirty, none was found before a stop signal.
 * TAIL_ERROR: errno says why.  A batch must be taken before the next is asked for. */
enum tail_read tail_file_next(struct tail_file *f, char *buf, struct tail_batch *b);
void tail_file_take(struct tail_file *f, const struct tail_batch *b);

/* After TAIL_END: let the next call hand out the unfinished last line; false if there
 * is none. */
bool tail_file_rest(struct tail_file *f);

#endif
