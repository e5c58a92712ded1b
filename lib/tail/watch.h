/*
 * watch: hear of changes through inotify, where it works.
 *
 * One inotify descriptor for all files and directories.  A file is watched by its
 * name, a directory for names that come and go.  A watch is a number >= 0; -1
 * means "cannot be watched, look yourself": no inotify, no more watches (the limit
 * fs.inotify.max_user_watches), or a file system that other machines write to.
 */
#ifndef TAIL_WATCH_H
#define TAIL_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct watch {
	int fd;       /* to wait for; -1: everything must be looked at */
	char *dir;    /* watched last, for names side by side; NULL: none */
	int dir_wd;
	uint64_t dev; /* asked about last: whether it is of a remote file system */
	bool asked, remote;
	char *events; /* read but not told yet */
	size_t at, len;
};

struct watch_event {
	int wd;           /* -1: events were lost, look at everything */
	const char *name; /* in a directory: which name; "" for the thing itself */
	bool gone;        /* the watch has ended */
};

/* never: do not use inotify at all. */
void watch_begin(struct watch *w, bool never);
void watch_end(struct watch *w);

/* st: what path led to just now.  Open the file after that and see that it is still the same:
 * then it is the one that is watched, and what is written from its opening on is told. */
int watch_file(struct watch *w, const char *path, const struct stat *st);
int watch_dir(struct watch *w, const char *path);
void watch_renew(struct watch *w); /* watch_dir asks anew: a path may lead elsewhere untold */
void watch_drop(struct watch *w, int wd);

/* The next event, without waiting; false if there is none. */
bool watch_next(struct watch *w, struct watch_event *ev);

#endif
