#include "sink/put.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"
#include "base/mem.h"
#include "frame/frame.h"
#include "sink/intake.h"
#include "sink/land.h"
#include "sink/sweep.h"

#define PIECE CHUNK_SIZE /* longer lines are read in pieces, and are still one line */
#define MAGIC_LEN (sizeof FRAME_MAGIC - 1)

static int
refuse_frames(struct err *e)
{
	return err_set(e, EX_USAGE, "read: " INTAKE_SUBJECT ": is a framed stream, which is not for plain "
	    "files: leave out -E upstream");
}

/* Read straight into the parts. */
static int
copy(struct intake *in, struct staged *f, struct err *e)
{
	uint64_t *total = &in->p->bytes;
	size_t room;
	ssize_t n = 1;

	while (n) {
		char *to = stage_room(f, INTAKE_PART_MAX, &room);
		int ready = to ? intake_wait(in, -1, e) : stage_make_room(in->stage, e);

		if (ready < 0)
			return -1;
		if (!to || !ready)
			continue;
		n = read(in->p->fd, to, room);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, EX_IOERR, "read: " INTAKE_SUBJECT ": %s", err_reason(errno));
		if (*total < MAGIC_LEN && *total + (size_t)n >= MAGIC_LEN &&
		    memcmp(to - *total, FRAME_MAGIC, MAGIC_LEN) == 0)
			return refuse_frames(e);
		stage_wrote(f, (size_t)n);
		*total += (uint64_t)n;
	}
	return 0;
}

/* An expected no before anything is read; the rename asks again. */
static int
check_target(struct put *p, const char *path, struct err *e)
{
	struct store_stat st;
	char *name;

	if (store_stat(p->store, path, &st, e) < 0)
		return e->status == EX_NO ? 0 : -1;
	if (p->replace && !st.dir)
		return 0;
	name = store_name(p->store, path);
	err_set(e, EX_NO, st.dir ? "write: %s: is a directory: name a file in it, or use -d" :
	    "write: %s: exists: -f replaces it", name);
	free(name);
	return -1;
}

int
put_file(struct put *p, const char *path, struct err *e)
{
	struct intake in;
	struct staged *f;
	char uuid[FRAME_UUID], *parent, *staging;
	int status;

	if (check_target(p, path, e) < 0 || frame_uuid(uuid, e) < 0)
		return -1;
	parent = land_parent(path);
	staging = mem_printf("%s/.kpipe-%s", parent[1] ? parent : "", uuid);
	status = store_joins(p->store, parent, e);
	if (status == 0)
		status = intake_begin(&in, p, staging, e);
	if (status == 0) {
		f = stage_file(in.stage, NULL);
		status = copy(&in, f, e);
		if (status == 0)
			stage_land(f, path, 0);
		else
			stage_drop(f);
		status = intake_end(&in, status, e);
	}
	free(staging);
	free(parent);
	return status;
}

static int
roll_one(struct put *p, struct roll *r, const struct stamp *st, const struct line *line,
    struct err *e)
{
	size_t len = line->len + line->delimited;
	struct when w;
	bool timed;

	p->bytes += len;
	if (line->number == p->records) /* another piece of a long line */
		return roll_more(r, line->p, len, e);
	if (line->number == 1 && line->len >= MAGIC_LEN &&
	    memcmp(line->p, FRAME_MAGIC, MAGIC_LEN) == 0)
		return refuse_frames(e);
	p->records = line->number;
	timed = stamp_find(st, line->p, line->len, &w);
	return roll_line(r, timed ? &w : NULL, line->p, len, e);
}

/* All the lines that are buffered. */
static int
roll_lines(struct put *p, struct roll *r, const struct stamp *st, struct lines *l, struct err *e)
{
	enum line_kind kind;
	struct line line;

	while ((kind = lines_next(l, &line)) != LINE_NONE) {
		if (roll_one(p, r, st, &line, e) < 0)
			return -1;
		if (!line.delimited && kind != LINE_PART && roll_more(r, "\n", 1, e) < 0)
			return -1;
	}
	return roll_flush(r, e);
}

static int
roll_input(struct intake *in, struct roll *r, const struct stamp *st, struct err *e)
{
	struct lines l;
	ssize_t n = 1;
	int status = 0;

	lines_begin(&l, in->p->fd, INTAKE_SUBJECT, "\n", 1, PIECE);
	while (n && status >= 0) {
		status = intake_wait(in, l.in_part ? -1 : roll_wait(r), e);
		if (status > 0 && (n = lines_read(&l, e)) < 0)
			status = -1;
		if (status > 0)
			status = roll_lines(in->p, r, st, &l, e);
		if (status >= 0 && !l.in_part)
			roll_due(r);
	}
	if (l.in_part) /* a bad end, in the middle of a line */
		roll_cut(r);
	lines_end(&l);
	return status < 0 ? -1 : 0;
}

int
put_dir(struct put *p, const char *dir, const struct stamp *st, const struct roll_opts *o,
    struct err *e)
{
	struct roll_opts full = *o;
	char uuid[FRAME_UUID], writer[PUT_WRITER + 1], *shared, *staging;
	struct intake in;
	struct roll *r;
	int status;

	if (store_joins(p->store, dir, e) < 0 || frame_uuid(uuid, e) < 0)
		return -1;
	snprintf(writer, sizeof writer, "%.*s", PUT_WRITER, uuid);
	full.dir = dir[1] ? dir : "";
	full.writer = writer;
	full.suffix = p->gzip ? ".log.gz" : ".log";
	shared = mem_printf("%s/_kpipe_tmp", full.dir);
	staging = mem_printf("%s/%s", shared, uuid);
	status = intake_begin(&in, p, staging, e);
	if (status == 0) {
		r = roll_open(in.stage, &full);
		sweep(p->store, shared, staging);
		status = roll_input(&in, r, st, e);
		roll_all(r);
		roll_close(r);
		status = intake_end(&in, status, e);
	}
	if (status < 0)
		status = intake_no(e);
	free(staging);
	free(shared);
	return status;
}
