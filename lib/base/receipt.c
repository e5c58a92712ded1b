#include "base/receipt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

/* A device, a FIFO or a link is there to stay, and is written into. */
static bool
stays(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

/* What a standard stream goes to is not opened again: that would cut a log behind
 * /dev/stderr. */
static FILE *
open_into(const char *path)
{
	struct stat there, ours;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO && stat(path, &there) == 0; fd++)
		if (fstat(fd, &ours) == 0 && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
			return fdopen(dup(fd), "w");
	return fopen(path, "w");
}

static int
write_file(const char *tmp, const char *path, const char *text, struct err *e)
{
	bool into = stays(path), bad;
	FILE *f = into ? open_into(path) : fopen(tmp, "w");

	if (!f)
		return err_output(e, errno, "write receipt", path);
	bad = fprintf(f, "%s\n", text) < 0 || fflush(f) != 0 || (!into && fsync(fileno(f)) != 0);
	if (fclose(f) == 0 && !bad && (into || rename(tmp, path) == 0))
		return 0;
	err_sys(e, errno, "write receipt", path);
	e->status = EX_IOERR;
	if (!into)
		unlink(tmp);
	return -1;
}

int
receipt_write(const char *path, const char *tool, const struct receipt *r, json_t *positions,
    int status, struct err *e)
{
	json_t *o = json_pack("{s:s, s:i, s:f, s:I, s:I, s:I, s:I, s:I, s:O?}",
	    "tool", tool, "status", status, "seconds", (double)(io_now() - r->began) / 1000,
	    "records_in", (json_int_t)r->records_in, "bytes_in", (json_int_t)r->bytes_in,
	    "records_out", (json_int_t)r->records_out, "bytes_out", (json_int_t)r->bytes_out,
	    "rejected", (json_int_t)r->rejected, "positions", positions);
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	char *tmp = mem_printf("%s.tmp", path);
	int rc;

	if (text)
		rc = write_file(tmp, path, text, e);
	else
		rc = err_set(e, EX_SOFTWARE, "write receipt: %s: cannot be said in JSON", path);
	free(tmp);
	free(text);
	json_decref(o);
	return rc;
}
