#include "kafka/source.h"

static int
ask(void *arg, struct err *e)
{
	struct source *x = arg;

	x->ask_at = io_now() + SOURCE_ASK_MS;
	if (!x->landed || landed_once(x->landed))
		return 0;
	/* Alone, all partitions begin together. */
	if (!x->consumer->opts.group && x->consumer->nparts)
		return 0;
	return landed_ask(x->landed, true, -1, e);
}

static int64_t
position(void *arg, const char *topic, int32_t partition)
{
	const struct source *x = arg;

	return x->landed ? landed_position(x->landed, topic, partition) : -1;
}

static void
begun(void *arg, struct part *p)
{
	struct source *x = arg;

	stream_assigned(&x->stream, p);
}

static void
left(void *arg, struct part *p, bool lost)
{
	struct source *x = arg;

	stream_revoked(&x->stream, p, lost);
}

void
source_begin(struct source *x, const char *path, const char *command)
{
	/* The first assignment asks, too. */
	*x = (struct source){ .hooks = { ask, position, begun, left, x },
		.ask_at = io_now() + SOURCE_ASK_MS };
	if (path || command)
		x->landed = landed_open(path, command);
}

int
source_start(struct source *x, struct consumer *c, struct output *out, bool json, struct err *e)
{
	x->consumer = c;
	return stream_begin(&x->stream, out, json, e);
}

/* Is there a group to tell, and somebody to ask? */
static bool
watched(const struct source *x)
{
	return x->landed && x->consumer->opts.group && !landed_once(x->landed);
}

void
source_serve(struct source *x)
{
	struct err e;
	int rc = 0;

	if (!watched(x))
		return;
	if (landed_asking(x->landed)) {
		rc = landed_poll(x->landed, &e);
	} else if (io_now() >= x->ask_at) {
		x->ask_at = io_now() + SOURCE_ASK_MS;
		rc = landed_begin(x->landed, &e);
	}
	if (rc > 0)
		consumer_commit_landed(x->consumer);
	if (rc < 0 && !x->failed)
		x->consumer->opts.say("%s: the group's positions are not brought up to date", e.text);
	if (rc)
		x->failed = rc < 0;
}

void
source_finish(struct source *x)
{
	struct err unused;

	if (watched(x) && landed_ask(x->landed, false, SOURCE_LAST_MS, &unused) == 0)
		consumer_commit_landed(x->consumer);
}

void
source_free(struct source *x)
{
	landed_close(x->landed);
	stream_free(&x->stream);
}
