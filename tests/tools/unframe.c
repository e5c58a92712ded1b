/*
 * unframe: the plainest sink of a framed stream, for tests.
 *
 *	unframe [-c | -r] [-s FILE] [-k N] <stream
 *
 * It checks the stream as kpipe-stream(5) asks a sink to, cuts off what it has, refuses
 * gaps, and prints each new record: "stream shard offset value", where the offset is only
 * right for positions that count records.
 *
 *	-c       print the control lines instead, without RS and timestamps
 *	-r       print the values alone
 *	-s FILE  keep the positions there, as a list: read first, written at the end
 *	-k N     end by SIGKILL, with nothing written, after N batches
 *
 * It exits with the stream's status; 75 without one, 64 and 65 for a stream that is none.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "frame/frame.h"
#include "frame/positions.h"

struct shard {
	char stream[FRAME_NAME_MAX + 1], shard[FRAME_NAME_MAX + 1];
	int64_t position;
	bool assigned, done;
};

struct sink {
	struct shard *shards;
	size_t n;
	bool control, raw;
	long batches;
};

static struct shard *
find(struct sink *k, const char *stream, const char *shard)
{
	struct shard *s;

	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->shards[i].stream, stream) == 0 && strcmp(k->shards[i].shard, shard) == 0)
			return &k->shards[i];
	k->shards = realloc(k->shards, (k->n + 1) * sizeof *k->shards);
	if (!k->shards)
		exit(EX_TEMPFAIL);
	s = &k->shards[k->n++];
	*s = (struct shard){ .position = -1 };
	snprintf(s->stream, sizeof s->stream, "%s", stream);
	snprintf(s->shard, sizeof s->shard, "%s", shard);
	return s;
}

static int
known(void *ctx, const char *stream, const char *shard, int64_t position, bool done,
    struct err *e)
{
	struct shard *s = find(ctx, stream, shard);

	(void)e;
	s->position = position;
	s->done = done;
	return 0;
}

static void
print_control(const struct frame *f)
{
	static const char *const reasons[] = { "revoked", "lost", "done", "gone" };

	switch (f->kind) {
	case FRAME_ASSIGN:
		printf("A %s %s %" PRId64 "\n", f->stream, f->shard, f->base);
		break;
	case FRAME_BATCH:
		printf("B %s %s %" PRId64 " %" PRId64 " %zu %zu%s%.*s\n", f->stream, f->shard, f->base,
		    f->next, f->nrec, f->nbytes, f->lens ? " V " : "",
		    f->lens ? (int)strcspn(f->lens, " \n") : 0, f->lens ? f->lens : "");
		break;
	case FRAME_POSITION:
		printf("P %s %s %" PRId64 "\n", f->stream, f->shard, f->next);
		break;
	case FRAME_REVOKE:
		printf("R %s %s %s\n", f->stream, f->shard, reasons[f->reason]);
		break;
	case FRAME_END:
		printf("E %d\n", f->status);
		break;
	}
}

static void
print_records(const struct sink *k, const struct frame *f)
{
	struct frame_walk w = { 0 };
	const char *p;
	size_t len;

	for (int64_t at = f->base; frame_record(f, &w, &p, &len); at++) {
		if (!k->raw)
			printf("%s %s %" PRId64 " ", f->stream, f->shard, at);
		fwrite(p, 1, len + 1, stdout);
	}
}

static int
take_batch(const struct sink *k, struct shard *s, struct frame *f, struct err *e)
{
	int rc = frame_cut(f, s->position, e);

	if (rc < 0)
		return -1;
	s->position = f->next > s->position ? f->next : s->position;
	if (rc > 0 && !k->control)
		print_records(k, f);
	return 0;
}

static int
take(struct sink *k, struct frame *f, struct err *e)
{
	struct shard *s;

	if (k->control)
		print_control(f);
	if (f->kind == FRAME_END)
		return 0;
	s = find(k, f->stream, f->shard);
	if (f->kind != FRAME_ASSIGN && !s->assigned && f->reason != FRAME_GONE)
		return err_set(e, EX_DATAERR, "%s %s: not assigned", f->stream, f->shard);
	switch (f->kind) {
	case FRAME_ASSIGN:
		if (s->assigned)
			return err_set(e, EX_DATAERR, "%s %s: assigned twice", f->stream, f->shard);
		s->assigned = true;
		s->done = false;
		s->position = s->position < 0 ? f->base : s->position;
		return 0;
	case FRAME_BATCH: return take_batch(k, s, f, e);
	case FRAME_POSITION:
		s->position = f->next > s->position ? f->next : s->position;
		return 0;
	default:
		s->assigned = false;
		s->done = f->reason == FRAME_DONE;
		if (f->reason == FRAME_GONE)
			*s = k->shards[--k->n];
		return 0;
	}
}

/* The status to exit with. */
static int
take_stream(struct sink *k, struct err *e)
{
	struct frame_reader in;
	struct frame f;
	int rc, status = EX_TEMPFAIL;
	ssize_t n;

	err_set(e, EX_TEMPFAIL, "the stream has no end");
	frame_begin(&in, STDIN_FILENO, "standard input");
	do {
		n = chunk_read(&in.in, e);
		while ((rc = frame_next(&in, &f, e)) > 0) {
			if (take(k, &f, e) < 0) {
				rc = -1;
				break;
			}
			if (f.kind == FRAME_END) {
				status = f.status;
				e->text[0] = '\0';
			}
			if (f.kind == FRAME_BATCH && --k->batches == 0)
				raise(SIGKILL);
		}
		fflush(stdout);
	} while (n > 0 && rc == 0);
	frame_finish(&in);
	return rc < 0 || n < 0 ? e->status : status;
}

static void
load(struct sink *k, const char *path)
{
	struct err e;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		return;
	if (positions_read(fd, path, known, k, &e) < 0) {
		fprintf(stderr, "unframe: %s\n", e.text);
		exit(e.status);
	}
	close(fd);
}

static void
store(const struct sink *k, const char *path)
{
	struct buf b = { 0 };
	char *next;
	FILE *f;

	for (size_t i = 0; i < k->n; i++)
		positions_print(&b, k->shards[i].stream, k->shards[i].shard,
		    k->shards[i].position, k->shards[i].done);
	positions_end(&b);
	next = malloc(strlen(path) + 5);
	if (!next)
		exit(EX_TEMPFAIL);
	sprintf(next, "%s.new", path);
	f = fopen(next, "w");
	if (!f || fwrite(b.p, 1, b.len, f) != b.len || fclose(f) || rename(next, path)) {
		perror(path);
		exit(EX_IOERR);
	}
	free(next);
	buf_free(&b);
}

int
main(int argc, char **argv)
{
	struct sink k = { 0 };
	const char *path = NULL;
	struct err e;
	int c, status;

	while ((c = getopt(argc, argv, "crs:k:")) != -1)
		switch (c) {
		case 'c': k.control = true; break;
		case 'r': k.raw = true; break;
		case 's': path = optarg; break;
		case 'k': k.batches = strtol(optarg, NULL, 10); break;
		default: return EX_USAGE;
		}
	if (path)
		load(&k, path);
	status = take_stream(&k, &e);
	if (status && e.text[0])
		fprintf(stderr, "unframe: %s\n", e.text);
	if (path && status != EX_DATAERR && status != EX_USAGE)
		store(&k, path);
	free(k.shards);
	return status;
}
