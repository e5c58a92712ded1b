/* Any bytes as a core-site.xml: refused with a status, or name nodes are found in it. */
#define _GNU_SOURCE /* memfd_create */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "store/hadoopconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file that no disk sees. */
static int
core_site(void)
{
	int fd = memfd_create("core-site.xml", 0);
	char path[64];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	unlink("core-site.xml");
	if (fd < 0 || symlink(path, "core-site.xml") < 0)
		abort();
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct location l = { 0 };
	struct err e = { 0 };

	if (fd < 0)
		fd = core_site();
	if (ftruncate(fd, (off_t)size) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if (hadoopconf_nodes(".", "", &l, &e) < 0 ? e.status != EX_CONFIG : l.n == 0)
		abort();
	location_free(&l);
	return 0;
}
