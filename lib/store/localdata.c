/* A local directory: the bytes of its files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "store/local.h"

#define PIECE (256 * 1024) /* bytes read at once */

/* As far as `len`. */
static int
read_up_to(const char *path, int64_t len, store_give *give, void *ctx, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *piece = mem_alloc(PIECE);
	int status = 0;
	ssize_t n;

	if (fd < 0)
		status = local_fail(e, errno, "open", path);
	while (status == 0 && len > 0) {
		n = read(fd, piece, len > PIECE ? PIECE : (size_t)len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			status = local_fail(e, errno, "read", path);
		if (n <= 0)
			break;
		status = give(ctx, piece, (size_t)n, e);
		len -= n;
	}
	if (fd >= 0)
		close(fd);
	free(piece);
	return status;
}

int
local_read(struct store *s, const char *path, store_give *give, void *ctx, struct err *e)
{
	(void)s;
	return read_up_to(path, INT64_MAX, give, ctx, e);
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
		status = local_fail(e, errno, "write", path);
	if (close(fd) < 0 && status == 0)
		status = local_fail(e, errno, "write", path);
	if (status == 0 && found.st_size != (off_t)len)
		status = err_set(e, EX_TEMPFAIL, "write: %s: short file: %lld of %zu bytes", name,
		    (long long)found.st_size, len);
	free(name);
	return status;
}

int
local_put(struct store *s, const char *path, const char *p, size_t len, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	(void)s;
	if (fd < 0)
		return local_fail(e, errno, "create", path);
	if (write_all(fd, path, p, len, e) < 0) {
		unlink(path);
		return -1;
	}
	return local_sync_parent(path, e);
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
append_file(struct append *a, const char *path, struct err *e)
{
	struct stat found;

	if (stat(path, &found) < 0)
		return local_fail(e, errno, "append", path);
	return read_up_to(path, found.st_size, append_piece, a, e);
}

int
local_concat(struct store *s, const char *target, const char *const *files, size_t n, bool *unsure,
    struct err *e)
{
	struct append a = { .fd = open(target, O_WRONLY | O_APPEND | O_CLOEXEC) };
	int status = 0;

	*unsure = false;
	if (a.fd < 0)
		return local_fail(e, errno, "append to", target);
	a.name = local_name(s, target);
	for (size_t i = 0; i < n && status == 0; i++)
		status = append_file(&a, files[i], e);
	if (status == 0 && fsync(a.fd) < 0)
		status = local_fail(e, errno, "append to", target);
	if (close(a.fd) < 0 && status == 0)
		status = local_fail(e, errno, "append to", target);
	for (size_t i = 0; i < n && status == 0; i++)
		if (unlink(files[i]) < 0)
			status = local_fail(e, errno, "remove", files[i]);
	free(a.name);
	return status;
}
