#define _DEFAULT_SOURCE /* getrandom */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "frame/frame.h"

const char *const frame_reasons[FRAME_REASONS] = { "revoked", "lost", "done", "gone" };

bool
frame_name_ok(const char *name)
{
	size_t len = strlen(name);

	for (const char *c = name; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f)
			return false;
	return len > 0 && len <= FRAME_NAME_MAX;
}

int
frame_uuid(char uuid[FRAME_UUID], struct err *e)
{
	unsigned char r[16];

	if (getrandom(r, sizeof r, 0) != sizeof r)
		return err_set(e, EX_TEMPFAIL, "start: random numbers: %s", err_reason(errno));
	r[6] = (unsigned char)((r[6] & 0x0f) | 0x40); /* RFC 9562, version 4 */
	r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
	snprintf(uuid, FRAME_UUID,
	    "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", r[0], r[1], r[2],
	    r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11], r[12], r[13], r[14], r[15]);
	return 0;
}

void
frame_hello(struct buf *b, const char *uuid)
{
	buf_printf(b, FRAME_MAGIC "1 %s\n", uuid);
}

void
frame_assign(struct buf *b, const char *stream, const char *shard, int64_t position)
{
	buf_printf(b, "%cA %s %s %" PRId64 "\n", FRAME_RS, stream, shard, position);
}

void
frame_batch(struct buf *b, const struct frame *f)
{
	buf_printf(b, "%cB %s %s %" PRId64 " %" PRId64 " %zu %zu %" PRId64, FRAME_RS, f->stream,
	    f->shard, f->base, f->next, f->nrec, f->nbytes, f->ts);
	if (f->lens) {
		buf_adds(b, " V ");
		buf_add(b, f->lens, strcspn(f->lens, " \n"));
	}
	buf_adds(b, f->mapped ? " M\n" : "\n");
}

void
frame_position(struct buf *b, const char *stream, const char *shard, int64_t next)
{
	buf_printf(b, "%cP %s %s %" PRId64 "\n", FRAME_RS, stream, shard, next);
}

void
frame_revoke(struct buf *b, const char *stream, const char *shard, enum frame_reason why)
{
	buf_printf(b, "%cR %s %s %s\n", FRAME_RS, stream, shard, frame_reasons[why]);
}

void
frame_end(struct buf *b, int status)
{
	buf_printf(b, "%cE %d\n", FRAME_RS, status);
}
