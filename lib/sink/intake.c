#include "sink/intake.h"

#include "base/io.h"
#include "base/stop.h"

#define UPLOADS 16  /* HDFS often takes 0.4 s to close a file: work on others then */
#define LOOK_MS 500 /* how soon a failed upload is noticed on a quiet input */

int
intake_begin(struct intake *in, struct put *p, const char *staging, struct err *e)
{
	/* With gzip there is a compressed part beside each plain one that is being uploaded. */
	int64_t memory = p->gzip ? p->memory / 2 : p->memory;
	int64_t part = memory / 8 < INTAKE_PART_MAX ? memory / 8 : INTAKE_PART_MAX;
	struct stage_opts o = {
		.dir = staging, .memory = (size_t)memory, .part = (size_t)part, .threads = UPLOADS,
		.gzip = p->gzip, .replace = p->replace, .retry = p->retry,
		.landed = p->landed, .ctx = p->ctx,
	};

	io_widen(p->fd);
	*in = (struct intake){ .p = p, .stage = stage_open(p->store, &o, e) };
	return in->stage ? 0 : -1;
}

int
intake_end(struct intake *in, int status, struct err *e)
{
	struct err why = { 0 };

	if (stage_close(in->stage, &in->p->totals, &why) == 0)
		return status;
	if (status == 0)
		*e = why;
	return -1;
}

int
intake_no(struct err *e)
{
	if (e->status == EX_NO)
		e->status = EX_IOERR;
	return -1;
}

int
intake_wait(struct intake *in, int64_t timeout_ms, struct err *e)
{
	enum io_event event;

	if (stage_check(in->stage, e) < 0)
		return -1;
	if (stage_busy(in->stage) && (timeout_ms < 0 || timeout_ms > LOOK_MS))
		timeout_ms = LOOK_MS;
	progress_show(in->p->progress, in->p->records, in->p->bytes);
	event = io_wait_sink(in->p->fd, timeout_ms);
	if (event == IO_STOP)
		return err_set(e, EX_TEMPFAIL, "stop: " INTAKE_SUBJECT ": has not ended within %d s of the signal",
		    STOP_GRACE_MS / 1000);
	return event == IO_INPUT;
}
