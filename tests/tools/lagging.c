/*
 * lagging: what is written to standard output can be read long before write(2) comes back.
 *
 *	LD_PRELOAD=lagging.so COMMAND…
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t
write(int fd, const void *bytes, size_t len)
{
	ssize_t rc = syscall(SYS_write, fd, bytes, len);
	int number = errno;

	if (fd == STDOUT_FILENO)
		poll(NULL, 0, 300);
	errno = number;
	return rc;
}
