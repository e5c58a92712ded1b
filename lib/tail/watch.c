#include "tail/watch.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/mem.h"

#define EVENTS (64 * 1024)

/* File systems that change without our kernel knowing; the numbers are those of
 * linux/magic.h and statfs(2). */
static bool
is_remote(const char *path)
{
	static const uint32_t remote[] = {
		0x6969,     /* nfs */
		0x517b,     /* smb */
		0xff534d42, /* cifs */
		0xfe534d42, /* smb2 */
		0x65735546, /* fuse */
		0x01021997, /* 9p */
		0x00c36400, /* ceph */
		0x0bd00bd0, /* lustre */
		0x5346414f, /* afs */
		0x73757245, /* coda */
		0x47504653, /* gpfs */
		0x7461636f, /* ocfs2 */
		0x01161970, /* gfs2 */
		0x786f4256, /* vboxsf */
	};
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return true;
	for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
		if ((uint32_t)fs.f_type == remote[i])
			return true;
	return false;
}

void
watch_begin(struct watch *w, bool never)
{
	*w = (struct watch){ .fd = never ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC) };
	if (w->fd >= 0)
		w->events = mem_alloc(EVENTS);
}

void
watch_end(struct watch *w)
{
	if (w->fd >= 0)
		close(w->fd);
	free(w->events);
	free(w->dir);
}

int
watch_file(struct watch *w, const char *path, const struct stat *st)
{
	if (w->fd < 0)
		return -1;
	if (!w->asked || w->dev != st->st_dev) {
		w->remote = is_remote(path);
		w->dev = st->st_dev;
		w->asked = true;
	}
	return w->remote ? -1 : inotify_add_watch(w->fd, path, IN_MODIFY);
}

void
watch_renew(struct watch *w)
{
	free(w->dir);
	w->dir = NULL;
}

int
watch_dir(struct watch *w, const char *path)
{
	if (w->fd < 0)
		return -1;
	if (w->dir && strcmp(w->dir, path) == 0)
		return w->dir_wd;
	watch_renew(w);
	if (is_remote(path))
		return -1;
	w->dir_wd = inotify_add_watch(w->fd, path, IN_CREATE | IN_DELETE | IN_MOVE | IN_ATTRIB |
	    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
	if (w->dir_wd >= 0)
		w->dir = mem_dup(path);
	return w->dir_wd;
}

void
watch_drop(struct watch *w, int wd)
{
	if (wd >= 0)
		inotify_rm_watch(w->fd, wd);
}

bool
watch_next(struct watch *w, struct watch_event *ev)
{
	const struct inotify_event *in;
	ssize_t n;

	if (w->at == w->len) {
		/* A read that has left room has told all there was. */
		if (w->len > 0 && w->len <= EVENTS - sizeof *in - NAME_MAX - 1) {
			w->at = w->len = 0;
			return false;
		}
		n = w->fd < 0 ? 0 : read(w->fd, w->events, EVENTS);
		w->at = 0;
		w->len = n > 0 ? (size_t)n : 0;
		if (!w->len)
			return false;
	}
	/* The kernel keeps each event aligned, and EVENTS is from malloc. */
	in = (const void *)(w->events + w->at);
	w->at += sizeof *in + in->len;
	*ev = (struct watch_event){
		.wd = in->mask & IN_Q_OVERFLOW ? -1 : in->wd,
		.name = in->len ? in->name : "",
		.gone = (in->mask & (IN_IGNORED | IN_MOVE_SELF)) != 0,
	};
	/* What the path leads to may be another directory now. */
	if (ev->gone || ev->wd < 0)
		watch_renew(w);
	return true;
}
