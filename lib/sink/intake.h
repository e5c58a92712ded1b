/*
 * intake: one input on its way into a stage, as every way of putting has it.
 */
#ifndef SINK_INTAKE_H
#define SINK_INTAKE_H

#include <stdint.h>

#include "base/err.h"
#include "sink/put.h"
#include "sink/stage.h"

#define INTAKE_SUBJECT "standard input"
#define INTAKE_PART_MAX (32 * 1024 * 1024)

struct intake {
	struct put *p;
	struct stage *stage;
};

/* staging as in stage_opts; it must live on. */
int intake_begin(struct intake *in, struct put *p, const char *staging, struct err *e);

/* status is what went before; the first failure stays. */
int intake_end(struct intake *in, int status, struct err *e);

/* 1: there is input, 0: not for timeout_ms (< 0: no limit) or for long enough to look
 * again, -1: an upload has failed, or it is time to stop. */
int intake_wait(struct intake *in, int64_t timeout_ms, struct err *e);

/* In a directory no "no" is expected: 1 becomes 74, for something is where it should not be.
 * Always returns -1. */
int intake_no(struct err *e);

#endif
