/* Any bytes as a framed stream: the reader must end them in peace, and what it hands out
 * must survive walking, cutting and being written again. */
#define _GNU_SOURCE /* memfd_create */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frame/frame.h"

#define HELLO FRAME_MAGIC "1 01234567-89ab-4def-8123-456789abcdef\n"

static void
use(struct frame *f)
{
	struct frame_walk w = { 0 };
	struct buf b = { 0 };
	struct err e;
	const char *p;
	size_t len, n = 0;

	while (frame_record(f, &w, &p, &len))
		n += p[len] == '\n';
	if (n != f->nrec)
		abort();
	frame_batch(&b, f);
	buf_free(&b);
	if (frame_cut(f, f->base + (f->next - f->base) / 2, &e) == 1 && f->nbytes < f->nrec)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_reader r;
	struct frame f;
	struct err e;
	int fd = memfd_create("frames", 0), rc;

	if (fd < 0 || write(fd, HELLO, sizeof HELLO - 1) < 0 || write(fd, data, size) < 0)
		abort();
	lseek(fd, 0, SEEK_SET);
	frame_begin(&r, fd, "fuzz");
	while ((rc = frame_next(&r, &f, &e)) >= 0)
		if (rc == 1 && f.kind == FRAME_BATCH)
			use(&f);
		else if (rc == 0 && chunk_read(&r.in, &e) <= 0)
			break;
	frame_finish(&r);
	close(fd);
	return 0;
}
