#define _GNU_SOURCE /* renameat2 */
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

#include "base/io.h"
#include "base/mem.h"
#include "store/ops.h"

#define PAGE 16384            /* names held while a directory is listed */
#define PIECE (256 * 1024)    /* bytes read at once */
#define WALK_FDS 32           /* directories open at once in a recursive delete */

/* As err_sys, with the user's name for the path, and an expected no where the answer
 * is about what is or is not there. */
static int
fail(struct err *e, int errnum, const char *what, const char *path)
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

static char *
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

/* What is new, renamed or removed in a directory lasts only once that is synced. */
static int
sync_parent(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == path ? mem_dup("/") : mem_dupn(path, (size_t)(slash - path));
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = 0;

	/* Some file systems cannot sync a directory and say EINVAL: nothing to be done. */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		status = fail(e, errno, "sync", dir);
	if (fd >= 0)
		close(fd);
	free(dir);
	return status;
}

/* The names of the owner looked up last: a directory's files mostly have the same one. */
struct local {
	struct store base;
	bool known;
	uid_t uid;
	gid_t gid;
	char owner[64], group[64];
};

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

	if (stat(path, &found) < 0)
		return fail(e, errno, "look up", path);
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
		if ((fstatat(dirfd(d), names[i], &found, 0) < 0 || S_ISDIR(found.st_mode)) &&
		    fstatat(dirfd(d), names[i], &found, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue;
			return fail(e, errno, "list", path);
		}
		convert(s, &found, &st);
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
			fail(e, errno, "list", path);
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
		return fail(e, errno, "list", path);
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
		return sync_parent(path, e);
	if (errno != EEXIST)
		return fail(e, errno, "make directory", path);
	if (stat(path, &found) == 0 && !S_ISDIR(found.st_mode))
		return fail(e, EEXIST, "make directory", path);
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
	return sync_parent(to, e) < 0 || sync_parent(from, e) < 0 ? -1 : 0;
}

static int
local_rename(struct store *s, const char *from, const char *to, bool *unsure, struct err *e)
{
	(void)s;
	*unsure = false;
	if (rename_new(from, to) < 0)
		return fail(e, errno, "rename", errno == EEXIST ? to : from);
	return moved(from, to, e);
}

static int
local_replace(struct store *s, const char *from, const char *to, struct err *e)
{
	(void)s;
	if (rename(from, to) < 0)
		return fail(e, errno, "rename", from);
	return moved(from, to, e);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

static int
local_delete(struct store *s, const char *path, bool recursive, struct err *e)
{
	int status = recursive ? nftw(path, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS) : remove(path);

	(void)s;
	if (status < 0)
		return errno == ENOENT ? 0 : fail(e, errno, "remove", path);
	return sync_parent(path, e);
}

static int
read_span(int fd, const char *path, int64_t offset, int64_t len, store_give *give, void *ctx,
    struct err *e)
{
	char *piece = mem_alloc(PIECE);
	int status = 0;
	ssize_t n;

	while (status == 0 && len != 0) {
		n = pread(fd, piece, len < 0 || len > PIECE ? PIECE : (size_t)len, offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			status = fail(e, errno, "read", path);
		if (n <= 0)
			break;
		status = give(ctx, piece, (size_t)n, e);
		offset += n;
		len -= len < 0 ? 0 : n;
	}
	free(piece);
	return status;
}

static int
local_read(struct store *s, const char *path, int64_t offset, int64_t len, store_give *give,
    void *ctx, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int status;

	(void)s;
	if (fd < 0)
		return fail(e, errno, "open", path);
	status = read_span(fd, path, offset, len, give, ctx, e);
	close(fd);
	return status;
}

/* Bytes, sync, and a look at the length, which a full network file system may only
 * reveal now; closes fd. */
static int
write_all(int fd, const char *path, const char *p, size_t len, struct err *e)
{
	char *name = mem_printf("file://%s", path);
	struct stat found = { 0 };
	int status = io_write(fd, p, len, name, e);

	if (status == 0 && (fsync(fd) < 0 || fstat(fd, &found) < 0))
		status = fail(e, errno, "write", path);
	if (close(fd) < 0 && status == 0)
		status = fail(e, errno, "write", path);
	if (status == 0 && found.st_size != (off_t)len)
		status = err_set(e, EX_TEMPFAIL, "write: %s: short file: %lld of %zu bytes", name,
		    (long long)found.st_size, len);
	free(name);
	return status;
}

static int
local_put(struct store *s, const char *path, const char *p, size_t len, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	(void)s;
	if (fd < 0)
		return fail(e, errno, "create", path);
	if (write_all(fd, path, p, len, e) < 0) {
		unlink(path);
		return -1;
	}
	return sync_parent(path, e);
}

struct append {
	int fd;
	char *name;
};

static int
append_piece(void *ctx, const char *p, size_t len, struct err *e)
{
	const struct append *a = ctx;

	return io_write(a->fd, p, len, a->name, e);
}

/* As much as there is now: a file that is appended to itself would never end. */
static int
append_file(struct store *s, struct append *a, const char *path, struct err *e)
{
	struct stat found;

	if (stat(path, &found) < 0)
		return fail(e, errno, "append", path);
	return local_read(s, path, 0, found.st_size, append_piece, a, e);
}

static int
local_concat(struct store *s, const char *target, const char *const *files, size_t n, bool *unsure,
    struct err *e)
{
	struct append a = { .fd = open(target, O_WRONLY | O_APPEND | O_CLOEXEC) };
	int status = 0;

	*unsure = false;
	if (a.fd < 0)
		return fail(e, errno, "append to", target);
	a.name = local_name(s, target);
	for (size_t i = 0; i < n && status == 0; i++)
		status = append_file(s, &a, files[i], e);
	if (status == 0 && fsync(a.fd) < 0)
		status = fail(e, errno, "append to", target);
	if (close(a.fd) < 0 && status == 0)
		status = fail(e, errno, "append to", target);
	for (size_t i = 0; i < n && status == 0; i++)
		if (unlink(files[i]) < 0)
			status = fail(e, errno, "remove", files[i]);
	free(a.name);
	return status;
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
