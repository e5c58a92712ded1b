/*
 * follow: what the parts of tail share.  Not for users of the library.
 *
 * follow.c reads, look.c hears of changes, names.c expands patterns and looks at names,
 * rotate.c finds out what has become of a name's files (claim.c which is which, copy.c what is
 * a copy, loss.c what is gone), memory.c turns files into a state and back, listed.c finds files
 * by their identities alone, fate.c tells what becomes of them.
 */
#ifndef TAIL_FOLLOW_H
#define TAIL_FOLLOW_H

#include "tail/seen.h"
#include "tail/siblings.h"
#include "tail/state.h"
#include "tail/tail.h"
#include "tail/watch.h"

#define TAIL_WATCHED 1024

struct tail_name {
	char *path;             /* as given, or as the pattern gave it */
	uint64_t hash;          /* of path */
	char *key;              /* absolute, for the state; NULL without one */
	struct tail_file *file; /* which has the name now, or NULL */
	size_t nfiles;          /* that one, the older ones and others beside them */
	int dir_wd;             /* of the directory; -1: look every interval */
	struct timespec dir_time; /* unwatched: when the directory last changed */
	int trouble;            /* the errno that was last said, 0 for none */
	int error;              /* why the last survey found no file */
	bool link;              /* a symbolic link, whose target's rotation no watch tells */
	bool look, survey;      /* to be looked at; its siblings too */
	bool known;             /* its siblings have been seen, now or by the state */
	bool rotated;           /* while blind: nobody's siblings had the name */
	int blind;              /* why not all siblings could be looked at; survey again later */
	struct tail_id gone;    /* of its last file, kept back by fate.c; n = 0: none */
	bool listed;            /* who is told of files has one of it */
	bool given;             /* named by the user, not by a pattern */
};

struct tail {
	const struct tail_opts *o;
	struct watch watch;
	struct tail_name **names;
	size_t nnames;
	struct tail_file **files; /* a name's oldest first */
	size_t nfiles;
	struct tail_file *watched[TAIL_WATCHED]; /* lists, by the watch modulo their number */
	struct seen inodes, paths; /* of files, of names */
	char *const *patterns;    /* of all operands those that are patterns */
	size_t npatterns;
	int *pattern_wd;
	bool expand;              /* patterns are to be evaluated again */
	struct listing listing;
	struct tail_state pending; /* of names that are not followed (yet) */
	struct tail_id gone;      /* as in a name, of one that nobody knows */
	struct tail_totals totals;
	struct stat output;        /* standard output: never an input */
	char *state_key;
	char *buf;
	struct tail_file *giving;  /* in the middle of a long line */
	size_t turn, first, from;  /* batches since the last look; the file to begin with; how many after it */
	int64_t next_poll, next_sweep, next_save, next_linger; /* io_now() */
	bool changed, save_failed, begun;
	bool polls;                /* something is to be looked at every interval */
	struct tail_file *only;    /* no other is dirty; NULL: look at all, if any is ready */
	bool ready;                /* a file may be dirty */
	bool heard;                /* looked since tail_next has last said that there is nothing */
	bool stir;                 /* more may have changed than that files have grown */
	bool moved;                /* a file was renamed while it was surveyed */
	int blind;                 /* why one could not be looked at, so that nothing is known of it */
};

void tail_note(struct tail *t, enum tail_note kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* names.c */
void tail_expand(struct tail *t);                       /* patterns into names */
bool tail_waits(const struct tail *t);                  /* for what is not there yet */
void tail_tell_unmatched(struct tail *t);               /* patterns that give no name */
struct tail_name *tail_name_add(struct tail *t, const char *path, bool given);
void tail_name_look(struct tail *t, struct tail_name *n); /* is it still the same file? */
int tail_name_stat(struct tail_name *n, struct stat *st); /* and whether it is a link */
struct tail_name *tail_name_find(struct tail *t, const char *path);
char *tail_key(const char *path); /* an absolute name for the state; the caller frees it */

/* Standard output or the state file: never an input. */
bool tail_is_ours(const struct tail *t, const char *path, const struct stat *st);

/* A look has failed with errno: note in t->moved that the file has another name now, in
 * t->blind what may pass.  What may not be read is as good as not there. */
void tail_look_failed(struct tail *t);

/* rotate.c: find out what has become of n's files; rotated: it is known that lines may
 * be elsewhere although the name has the same inode; now: the file that n's name has just
 * been seen to lead to, or NULL. */
void tail_survey(struct tail *t, struct tail_name *n, bool rotated, const struct stat *now);
void tail_cut(struct tail *t, struct tail_file *f);     /* f was truncated */

/* claim.c: tell whose each sibling is.  `now` is the one that has n's name, or NULL. */
void tail_claim(struct tail *t, struct tail_name *n, struct siblings *s, struct sibling *now);
struct sibling *tail_place(const struct siblings *s, const struct tail_file *f);
/* A file of ours may have gone to a name that is followed on its own: added to s. */
struct sibling *tail_find_elsewhere(struct tail *t, struct tail_file *f, struct siblings *s);
/* Open a sibling for reading; -1 with errno, EAGAIN if its name has moved on since. */
int tail_open_sibling(struct tail *t, const struct sibling *s);

/* copy.c: c holds nothing that f, which is open or lies at `at`, does not. */
bool tail_is_copy(struct tail *t, const struct sibling *c, const struct tail_file *f,
    const struct sibling *at);
/* If the new f has all of another of its name, which was removed and had been read: go on there. */
void tail_replace(struct tail *t, struct tail_file *f);

/* loss.c: f is nowhere to be found; compressed siblings that were not there before. */
void tail_lose(struct tail *t, const struct tail_file *f);
void tail_lose_packed(struct tail *t, struct tail_name *n, struct siblings *s);

/* Remember a file that is none of ours, so that it is never taken for a rotated one. */
void tail_note_other(struct tail *t, struct tail_name *n, const struct sibling *c);

/* The siblings as they were while the name led to one and the same file *st; false: it
 * leads to none.  Where they cannot be looked at, t->blind is set.  now: see tail_survey. */
bool tail_find_siblings(struct tail *t, struct tail_name *n, const struct stat *now,
    struct siblings *s, struct stat *st);

/* What n's name leads to: false if to no file. */
bool tail_stat_name(struct tail *t, struct tail_name *n, struct stat *st);

/* The sibling's content goes on where f's was left; -1 with errno if it cannot be read. */
int tail_continues(struct tail *t, const struct sibling *s, const struct tail_file *f);

/* listed.c: make files of o->list. */
int tail_place_list(struct tail *t, struct err *e);

/* fate.c: tell o->told: before f's first batch; that f is finished; that a finished f is gone.
 * Without any position the next start would be a first one, which takes what was rotated for
 * history: so that the last file of a name is gone is kept back until a later one has begun. */
void tail_tell_begun(struct tail *t, struct tail_file *f);
void tail_tell_finished(struct tail *t, struct tail_file *f);
void tail_tell_gone(struct tail *t, const struct tail_file *f);
void tail_keep_gone(struct tail *t, struct tail_id *slot, const struct tail_id *id);

/* follow.c */
void tail_file_add(struct tail *t, struct tail_name *n, struct tail_file *f);
void tail_file_drop(struct tail *t, struct tail_file *f);
void tail_wake(struct tail *t, struct tail_file *f); /* it may have something to read */
void tail_grown(struct tail *t, struct tail_file *f); /* and with --once, whether that counts */
void tail_unwatch(struct tail *t, struct tail_file *f); /* its watch is gone, or another's */
/* Leave the middle of a long line for other files: it is given again, from its start. */
void tail_interrupt(struct tail *t);
/* Open and watch f, at f->path, which must lead to what st describes: -1 with errno,
 * EAGAIN if that has moved on. */
int tail_file_begin(struct tail *t, struct tail_file *f, const struct stat *st);

/* Leave a file that has lost its name for good, unless it grows again. */
void tail_retire(struct tail *t, struct tail_file *f);

/* look.c: everything that is due: events, polling, names, patterns.  Does not wait. */
void tail_look(struct tail *t);

/* memory.c */
void tail_remember(struct tail *t, struct tail_name *n); /* its files, from the state */

#endif
