#include "kafka/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kafka/envelope.h"

#define RECORD_MAX (FRAME_BATCH_MAX - OUTPUT_SIZE) /* behind others in a batch, too */
#define LINE_GUESS 64 /* the first time; then as long as the one before */

static const char *
shard(const struct part *p, char text[12])
{
	snprintf(text, 12, "%" PRId32, p->partition);
	return text;
}

static const char *
lens_text(struct stream *s)
{
	struct buf *b = &s->lens_text;

	b->len = 0;
	for (size_t i = 0; i < s->batch.nrec; i++) {
		if (i)
			buf_addc(b, ',');
		buf_int(b, (int64_t)s->lens[i]);
	}
	return buf_str(b);
}

/* Write its line before the records; they move where it is not as long as was kept for it. */
static void
close_batch(struct stream *s)
{
	struct buf *out, *line = &s->line;
	char *records;

	if (!s->part)
		return;
	s->part = NULL;
	out = output_room(s->out);
	s->batch.nbytes = out->len - s->at - s->kept;
	s->batch.lens = s->newlines ? lens_text(s) : NULL;
	line->len = 0;
	frame_batch(line, &s->batch);
	if (line->len > s->kept)
		buf_reserve(out, line->len - s->kept);
	records = out->p + s->at + s->kept;
	if (line->len != s->kept)
		memmove(out->p + s->at + line->len, records, s->batch.nbytes);
	memcpy(out->p + s->at, line->p, line->len);
	out->len = s->at + line->len + s->batch.nbytes;
	s->kept = s->newlines ? LINE_GUESS : line->len;
}

/* The output's buffer, behind what has waited for it; NULL: there is none. */
static struct buf *
room(struct stream *s)
{
	struct buf *out = output_room(s->out);

	if (!out || !s->waiting.len)
		return out;
	buf_add(out, s->waiting.p, s->waiting.len);
	s->waiting.len = 0;
	output_mark(s->out, s, 0);
	return out;
}

/* Where to append a control line. */
static struct buf *
control(struct stream *s)
{
	struct buf *out;

	close_batch(s);
	out = room(s);
	if (!out)
		return &s->waiting;
	output_mark(s->out, s, 0);
	return out;
}

int
stream_begin(struct stream *s, struct output *out, bool json, struct err *e)
{
	char run[FRAME_UUID];

	*s = (struct stream){ .out = out, .json = json, .kept = LINE_GUESS };
	if (frame_uuid(run, e) < 0)
		return -1;
	frame_hello(control(s), run);
	return 0;
}

void
stream_free(struct stream *s)
{
	buf_free(&s->waiting);
	buf_free(&s->line);
	buf_free(&s->lens_text);
	free(s->lens);
}

void
stream_assigned(struct stream *s, struct part *p)
{
	char text[12];

	p->told = p->given;
	if (!s->ended)
		frame_assign(control(s), p->topic, shard(p, text), p->given);
}

void
stream_revoked(struct stream *s, struct part *p, bool lost)
{
	char text[12];

	if (!s->ended)
		frame_revoke(control(s), p->topic, shard(p, text), lost ? FRAME_LOST : FRAME_REVOKED);
}

void
stream_moved(struct stream *s, struct part *p, int64_t next)
{
	char text[12];

	if (next <= p->told)
		return;
	p->told = next;
	frame_position(control(s), p->topic, shard(p, text), next);
}

static void
open_batch(struct stream *s, struct part *p, int64_t base, struct buf *out)
{
	s->part = p;
	s->at = out->len;
	s->newlines = false;
	s->batch = (struct frame){ .base = base };
	snprintf(s->batch.stream, sizeof s->batch.stream, "%s", p->topic);
	shard(p, s->batch.shard);
	buf_reserve(out, s->kept);
	out->len += s->kept;
}

/* Append the record. */
static int
append(struct stream *s, const rd_kafka_message_t *m, struct buf *out, struct err *e)
{
	size_t from = out->len, len;

	if (s->json)
		envelope_write(out, m);
	else
		buf_add(out, m->payload, m->len);
	len = out->len - from;
	if (len >= RECORD_MAX) {
		out->len = from;
		return err_set(e, EX_DATAERR, "frame: %s[%" PRId32 "]: the record at %" PRId64
		    " has %zu bytes: a framed stream takes %d", rd_kafka_topic_name(m->rkt), m->partition,
		    m->offset, len, RECORD_MAX - 1);
	}
	s->newlines |= memchr(out->p + from, '\n', len) != NULL;
	if (s->batch.nrec == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 1024;
		s->lens = mem_resize(s->lens, s->cap * sizeof *s->lens);
	}
	s->lens[s->batch.nrec] = len;
	buf_addc(out, '\n');
	return 0;
}

int
stream_record(struct stream *s, struct part *p, const rd_kafka_message_t *m, struct err *e)
{
	struct frame *b = &s->batch;
	rd_kafka_timestamp_type_t type;
	int64_t ts = rd_kafka_message_timestamp(m, &type);
	struct buf *out;

	if (s->part && (s->part != p || b->next != m->offset || m->offset == p->given))
		close_batch(s);
	stream_moved(s, p, m->offset);
	out = room(s);
	if (!s->part)
		open_batch(s, p, m->offset, out);
	if (append(s, m, out, e) < 0) {
		if (!b->nrec) {
			out->len = s->at;
			s->part = NULL;
		}
		return -1;
	}
	b->nrec++;
	b->next = m->offset + 1;
	b->ts = ts < 0 || ts > FRAME_POSITION_MAX ? -1 : ts; /* who knows what a producer wrote */
	if (p->told < b->next)
		p->told = b->next;
	if (output_full(s->out))
		close_batch(s);
	output_record(s->out, p, b->next);
	return 0;
}

void
stream_push(struct stream *s)
{
	if (!output_free(s->out))
		return;
	close_batch(s);
	room(s);
	output_push(s->out);
}

bool
stream_idle(const struct stream *s)
{
	return !s->waiting.len && output_idle(s->out);
}

void
stream_end(struct stream *s, int status)
{
	struct buf *out;

	if (s->ended)
		return;
	s->ended = true;
	out = control(s);
	switch (status) {
	case 0: case EX_USAGE: case EX_DATAERR: case EX_NOPERM: case EX_CONFIG:
		frame_end(out, status);
	}
}
