#define _GNU_SOURCE /* renameat2 */
/* A local directory: names, and what is known of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/local.h"

#define PAGE 16384            /* names held while a directory is listed */
#define WALK_FDS 32           /* directories open at once in a recursive delete */

int
local_fail(struct err *e, int errnum, const char *what, const char *path)
{
	char *name = mem_printf("file://%s", path);

	err_sys(e, errnum, what, name);
	if (errnum == EEXIST || errnum == ENOTEMPTY || errnum == EISDIR)
		e->status = EX_NO;
	free(name);
	return -1;
}

static struct store *
local_clone(const struct store *s, struct err *e)
{
	(void)s, (void)e;
	return local_open();
}

static void
local_close(struct store *s)
{
	free(s);
}

char *
local_name(const struct store *s, const char *path)
{
	(void)s;
	return mem_printf("file://%s", path);
}

static bool
local_same(const struct store *a, const struct store *b)
{
	return a->ops == b->ops;
}

int
local_sync_parent(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == path ? mem_dup("/") : mem_dupn(path, (size_t)(slash - path));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = 0;

	/* Some file systems cannot sync a directory and say EINVAL: nothing to be done. */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		status = local_fail(e, errno, "sync", dir);
	if (fd >= 0)
		close(fd);
	free(dir);
	return status;
}

static void
look_up_owner(struct local *l, uid_t uid, gid_t gid)
{
	char room[4096];
	struct passwd pw, *user;
	struct group gr, *group;

	if (l->known && l->uid == uid && l->gid == gid)
		return;
	if (getpwuid_r(uid, &pw, room, sizeof room, &user) == 0 && user)
		snprintf(l->owner, sizeof l->owner, "%s", user->pw_name);
	else
		snprintf(l->owner, sizeof l->owner, "%u", (unsigned)uid);
	if (getgrgid_r(gid, &gr, room, sizeof room, &group) == 0 && group)
		snprintf(l->group, sizeof l->group, "%s", group->gr_name);
	else
		snprintf(l->group, sizeof l->group, "%u", (unsigned)gid);
	l->known = true;
	l->uid = uid;
	l->gid = gid;
}

static int64_t
to_ms(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
convert(struct store *s, const struct stat *from, struct store_stat *to)
{
	struct local *l = (struct local *)s;
	bool dir = S_ISDIR(from->st_mode);

	*to = (struct store_stat){
		.dir = dir,
		.len = dir ? 0 : from->st_size,
		.mtime = to_ms(from->st_mtim),
		.atime = to_ms(from->st_atim),
		.block = dir ? 0 : from->st_blksize,
		.replication = dir ? 0 : 1,
		.mode = from->st_mode & 01777,
	};
	look_up_owner(l, from->st_uid, from->st_gid);
	memcpy(to->owner, l->owner, sizeof to->owner);
	memcpy(to->group, l->group, sizeof to->group);
}

static int
local_stat(struct store *s, const char *path, struct store_stat *st, struct err *e)
{
	struct stat found;

	/* A link to nowhere is there itself. */
	if (stat(path, &found) < 0 && lstat(path, &found) < 0)
		return local_fail(e, errno, "look up", path);
	convert(s, &found, st);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sort the names and forget all but the first PAGE. */
static size_t
first_page(char **names, size_t n)
{
	qsort(names, n, sizeof *names, by_name);
	while (n > PAGE)
		free(names[--n]);
	return n;
}

/* The next names in order after `after`: at most PAGE of them, whatever the size of
 * the directory, which is read once a page. */
static int
read_page(DIR *d, const char *after, char **names, size_t *n)
{
	struct dirent *entry;
	int failed;

	*n = 0;
	rewinddir(d);
	while ((void)(errno = 0), (entry = readdir(d)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (after && strcmp(entry->d_name, after) <= 0)
			continue;
		if (*n == 2 * PAGE)
			*n = first_page(names, *n);
		names[(*n)++] = mem_dup(entry->d_name);
	}
	failed = errno;
	*n = first_page(names, *n);
	errno = failed;
	return failed ? -1 : 0;
}

static int
give_page(struct store *s, DIR *d, const char *path, char **names, size_t n, store_each *each,
    void *ctx, struct err *e)
{
	struct store_stat st;
	struct stat found;

	for (size_t i = 0; i < n; i++) {
		/* A link counts as the file it leads to.  One to nowhere, or to a directory, where
		 * a walk might never end, is listed as itself; what has gone meanwhile is not. */
		int followed = fstatat(dirfd(d), names[i], &found, 0);
		bool dir = followed == 0 && S_ISDIR(found.st_mode);

		if ((followed < 0 || dir) &&
		    fstatat(dirfd(d), names[i], &found, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue;
			return local_fail(e, errno, "list", path);
		}
		convert(s, &found, &st);
		st.link = dir && !st.dir;
		if (each(ctx, names[i], &st, e) < 0)
			return -1;
	}
	return 0;
}

static int
list_dir(struct store *s, DIR *d, const char *path, store_each *each, void *ctx, struct err *e)
{
	char **names = mem_alloc(2 * PAGE * sizeof *names);
	char *after = NULL;
	size_t n;
	int status;

	do {
		status = read_page(d, after, names, &n);
		if (status < 0)
			local_fail(e, errno, "list", path);
		else
			status = give_page(s, d, path, names, n, each, ctx, e);
		free(after);
		after = n ? mem_dup(names[n - 1]) : NULL;
		for (size_t i = 0; i < n; i++)
			free(names[i]);
	} while (status == 0 && n == PAGE);
	free(after);
	free(names);
	return status;
}

static int
local_list(struct store *s, const char *path, store_each *each, void *ctx, struct err *e)
{
	struct store_stat st;
	DIR *d;
	int status;

	if (local_stat(s, path, &st, e) < 0)
		return -1;
	if (!st.dir)
		return each(ctx, "", &st, e);
	d = opendir(path);
	if (!d)
		return local_fail(e, errno, "list", path);
	status = list_dir(s, d, path, each, ctx, e);
	closedir(d);
	return status;
}

/* One directory; already there is fine. */
static int
make_dir(const char *path, struct err *e)
{
	struct stat found;

	if (mkdir(path, 0777) == 0)
		return local_sync_parent(path, e);
	if (errno != EEXIST)
		return local_fail(e, errno, "make directory", path);
	if (stat(path, &found) < 0 || !S_ISDIR(found.st_mode))
		return local_fail(e, EEXIST, "make directory", path);
	return 0;
}

static int
local_mkdirs(struct store *s, const char *path, struct err *e)
{
	char *part = mem_dup(path);
	int status = 0;

	(void)s;
	for (char *p = part; status == 0 && (p = strchr(p + 1, '/')) != NULL; *p = '/') {
		*p = '\0';
		status = make_dir(part, e);
	}
	if (status == 0)
		status = make_dir(path, e);
	free(part);
	return status;
}

static int
rename_new(const char *from, const char *to)
{
	int why;

	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != ENOSYS && errno != EINVAL)
		return -1;
	/* Perhaps this file system cannot: a second name for a file is as exclusive. */
	why = errno;
	if (link(from, to) == 0)
		return unlink(from);
	if (errno == EPERM)
		errno = why; /* a directory has no second name */
	return -1;
}

static int
moved(const char *from, const char *to, struct err *e)
{
	return local_sync_parent(to, e) < 0 || local_sync_parent(from, e) < 0 ? -1 : 0;
}

/* Say which of the two it is about. */
static int
rename_fail(const char *from, const char *to, struct err *e)
{
	int why = errno;
	struct stat found;

	if (why == EXDEV)
		return err_set(e, EX_IOERR, "rename: file://%s: file://%s lies on another file system: "
		    "hdfscat | hdfsput copies", from, to);
	if (why == EEXIST || (why == ENOENT && lstat(from, &found) == 0))
		from = to;
	return local_fail(e, why, "rename", from);
}

static int
local_rename(struct store *s, const char *from, const char *to, bool *unsure, struct err *e)
{
	(void)s;
	*unsure = false;
	return rename_new(from, to) < 0 ? rename_fail(from, to, e) : moved(from, to, e);
}

static int
local_replace(struct store *s, const char *from, const char *to, struct err *e)
{
	(void)s;
	return rename(from, to) < 0 ? rename_fail(from, to, e) : moved(from, to, e);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)at;
	if (remove(path) == 0 || errno == ENOENT)
		return 0;
	if (kind == FTW_DNR)
		errno = EACCES; /* it is not empty because it could not be read */
	return -1;
}

/* Give a directory a name of its own beside it; NULL if it keeps its name.  The caller frees it. */
static char *
put_aside(const char *path)
{
	char *aside = mem_printf("%.*s" STORE_DOOMED "XXXXXX", (int)(strrchr(path, '/') + 1 - path), path);

	if (mkdtemp(aside)) {
		if (rename(path, aside) == 0)
			return aside;
		rmdir(aside);
	}
	free(aside);
	return NULL;
}

/* With all that is in it, and at once, as in HDFS: who still writes there would add something between
 * the look and the removal, and finds nothing instead. */
static int
remove_all(const char *path)
{
	char *aside = put_aside(path);
	int status = nftw(aside ? aside : path, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS);
	int why = errno;

	if (aside && status < 0 && why != ENOENT)
		rename_new(aside, path); /* what cannot be removed keeps its name */
	free(aside);
	errno = why;
	return status;
}

static int
local_delete(struct store *s, const char *path, bool recursive, struct err *e)
{
	int status = recursive ? remove_all(path) : remove(path);

	(void)s;
	if (status < 0)
		return errno == ENOENT ? 0 : local_fail(e, errno, "remove", path);
	return local_sync_parent(path, e);
}

/* A local directory has none. */
static int
local_trash(struct store *s, const char *path, char **where, struct err *e)
{
	(void)s, (void)path, (void)e;
	*where = NULL;
	return 0;
}

static const struct store_ops local_ops = {
	.clone = local_clone,
	.close = local_close,
	.name = local_name,
	.same = local_same,
	.stat = local_stat,
	.list = local_list,
	.mkdirs = local_mkdirs,
	.rename = local_rename,
	.replace = local_replace,
	.delete = local_delete,
	.read = local_read,
	.put = local_put,
	.concat = local_concat,
	.trash = local_trash,
};

struct store *
local_open(void)
{
	struct local *l = mem_alloc(sizeof *l);

	l->base.ops = &local_ops;
	return &l->base;
}
