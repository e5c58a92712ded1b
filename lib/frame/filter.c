#include "frame/filter.h"

#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"

struct filter {
	frame_map *map;
	void *ctx;
	size_t hold;
	struct frame_reader in;
	struct buf out, records;
	bool greeted;
	int status;
};

static int
write_out(struct filter *k, struct err *e)
{
	size_t len = k->out.len;

	k->out.len = 0;
	return len ? io_write(STDOUT_FILENO, k->out.p, len, "standard output", e) : 0;
}

static int
map_batch(struct filter *f, const struct frame *in, struct err *e)
{
	struct frame mapped = *in;
	struct buf *records = &f->records;

	records->len = 0;
	if (f->map(f->ctx, in, records, e) < 0)
		return -1;
	if (records->len > FRAME_BATCH_MAX)
		return err_set(e, EX_DATAERR, "run: filter: more than %d MiB out of one batch",
		    FRAME_BATCH_MAX >> 20);
	if (records->len == 0) {
		frame_position(&f->out, in->stream, in->shard, in->next);
		return 0;
	}
	mapped.mapped = true;
	mapped.lens = NULL;
	mapped.nbytes = records->len;
	mapped.nrec = lines_count(records->p, records->len);
	frame_batch(&f->out, &mapped);
	/* A large batch is in memory once. */
	if (records->len > f->hold)
		return write_out(f, e) < 0 ? -1 :
		    io_write(STDOUT_FILENO, records->p, records->len, "standard output", e);
	buf_add(&f->out, records->p, records->len);
	return 0;
}

static void
pass(const struct frame *f, struct buf *out)
{
	switch (f->kind) {
	case FRAME_ASSIGN: frame_assign(out, f->stream, f->shard, f->base); break;
	case FRAME_POSITION: frame_position(out, f->stream, f->shard, f->next); break;
	case FRAME_REVOKE: frame_revoke(out, f->stream, f->shard, f->reason); break;
	case FRAME_END: frame_end(out, f->status); break;
	case FRAME_BATCH: break;
	}
}

/* All frames that are there; what becomes of them goes to out.  -1 with e set. */
static int
map_frames(struct filter *k, struct err *e)
{
	struct frame f;
	int rc;

	while ((rc = frame_next(&k->in, &f, e)) > 0) {
		if (k->out.len > k->hold && write_out(k, e) < 0)
			return -1;
		if (!k->greeted)
			frame_hello(&k->out, k->in.uuid);
		k->greeted = true;
		if (f.kind != FRAME_BATCH)
			pass(&f, &k->out);
		else if (map_batch(k, &f, e) < 0)
			return -1;
		if (f.kind == FRAME_END)
			k->status = f.status;
	}
	return rc;
}

static int
map_stream(struct filter *k, struct err *e)
{
	struct err write;
	ssize_t n;
	int rc;

	for (;;) {
		if (io_wait_filter(STDIN_FILENO, "standard input", e) < 0)
			return -1;
		n = chunk_read(&k->in.in, e);
		if (n <= 0)
			return (int)n;
		rc = map_frames(k, e);
		/* The batches before one that failed are good. */
		if (write_out(k, &write) < 0) {
			*e = write;
			return -1;
		}
		if (rc < 0)
			return -1;
	}
}

int
frame_filter(frame_map *map, void *ctx, size_t hold, struct err *e)
{
	struct filter k = { .map = map, .ctx = ctx, .hold = hold, .status = EX_TEMPFAIL };
	int rc;

	frame_begin(&k.in, STDIN_FILENO, "standard input");
	rc = map_stream(&k, e);
	frame_finish(&k.in);
	buf_free(&k.out);
	buf_free(&k.records);
	return rc < 0 ? -1 : k.status;
}

int64_t
frame_where(const struct frame *f, size_t nth, size_t byte)
{
	int64_t span = f->next - f->base;

	return f->base + (f->mapped ? 0 : span == (int64_t)f->nrec ? (int64_t)nth : (int64_t)byte);
}
