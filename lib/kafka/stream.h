/*
 * stream: records on their way out as a framed stream (frame/frame.h).
 *
 * Batches are of one partition, without a gap between offsets, and closed when the output's
 * buffer is full or may be given away, so that what is written ends between two frames.
 * A record is copied once, behind the place where its batch's line will stand.
 *
 * The record before the one a sink wants (part.given) is a batch of its own, by which the
 * sink can tell whether the topic is still the same.
 */
#ifndef KAFKA_STREAM_H
#define KAFKA_STREAM_H

#include "frame/frame.h"
#include "kafka/consumer.h"
#include "kafka/output.h"

struct stream {
	struct output *out;
	bool json;          /* envelopes instead of values */
	struct buf waiting; /* control lines for which the output has no room yet */
	bool ended;

	/* The open batch. */
	struct part *part;  /* NULL: there is none */
	struct frame batch;
	size_t at, kept;    /* its line: where, and how much room is kept for it */
	bool newlines;      /* within its records */
	size_t *lens, cap;  /* of its records */
	struct buf line, lens_text;
};

/* Begin the stream.  -1 with 75: no random numbers for its name. */
int stream_begin(struct stream *s, struct output *out, bool json, struct err *e);
void stream_free(struct stream *s);

/* p is ours from p->given on; it is not any more. */
void stream_assigned(struct stream *s, struct part *p);
void stream_revoked(struct stream *s, struct part *p, bool lost);

/* A record of p; or p moved on to `next` without one.  The output must have room.  A null
 * value is an empty record unless it is an envelope.  -1 with 65: too big for a frame. */
int stream_record(struct stream *s, struct part *p, const rd_kafka_message_t *m, struct err *e);
void stream_moved(struct stream *s, struct part *p, int64_t next);

/* As output_push and output_idle. */
void stream_push(struct stream *s);
bool stream_idle(const struct stream *s);

/* Nothing more comes, because of `status`.  The sink is told that by an E if it is 0, 64,
 * 65, 77 or 78. */
void stream_end(struct stream *s, int status);

#endif
