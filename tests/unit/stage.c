/* A stage whose store is away: how often it is tried, and with how much patience. */
#define _GNU_SOURCE /* mkdtemp */
#include "sink/stage.h"

#include <poll.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/mem.h"
#include "store/ops.h"
#include "tap.h"

#define FILES 5
#define TIMEOUT_MS 20

static const struct store_ops *real;
static struct store_ops away;
static int64_t patience = TIMEOUT_MS; /* of the only thread's store */
static int tries, patient;

static struct store *
clone(const struct store *s, struct err *e)
{
	struct store *made = real->clone(s, e);

	if (made)
		made->ops = &away;
	return made;
}

static void
set_timeout(struct store *s, int64_t timeout_ms)
{
	(void)s;
	patience = timeout_ms;
}

/* A server that stays away for as long as it is waited for. */
static int
put(struct store *s, const char *path, const char *p, size_t len, struct err *e)
{
	int64_t until = io_now() + TIMEOUT_MS;

	(void)s, (void)path, (void)p, (void)len;
	tries++;
	if (patience == TIMEOUT_MS) {
		patient++;
		while (io_now() < until)
			poll(NULL, 0, 1);
	}
	return err_set(e, EX_TEMPFAIL, "away");
}

static void
fill(struct stage *g, const char *dir, int i)
{
	struct staged *f = stage_file(g, NULL);
	char *path = mem_printf("%s/%d", dir, i);
	size_t room;
	char *to = stage_room(f, 1, &room);

	if (ok(to != NULL, "there is room for file %d", i)) {
		*to = 'x';
		stage_wrote(f, 1);
	}
	stage_land(f, path, 0);
	free(path);
}

int
main(void)
{
	char tmp[] = "/tmp/kpipe-stage.XXXXXX", *location, *dir, *staging;
	struct store_opts so = { .timeout_ms = TIMEOUT_MS };
	struct stage_opts o = { .memory = 1 << 20, .part = 1 << 16, .threads = 1, .retry = so };
	struct stage_totals totals;
	struct err e = { 0 };
	struct store *s;
	struct stage *g;

	location = mem_printf("file://%s", mkdtemp(tmp));
	s = store_open(location, &so, &dir, &e);
	staging = mem_printf("%s/.staging", dir);
	o.dir = staging;
	real = s->ops;
	away = *real;
	away.clone = clone;
	away.set_timeout = set_timeout;
	away.put = put;
	s->ops = &away;
	g = stage_open(s, &o, &e);
	for (int i = 0; g && i < FILES; i++)
		fill(g, dir, i);
	ok(g && stage_close(g, &totals, &e) < 0 && e.status == EX_TEMPFAIL, "the stage fails: %s", e.text);
	is_int(totals.files, 0, "nothing has landed");
	is_int(patient, 1, "the store's patience is that of the stage");
	is_int(tries, FILES, "each file has one try, the others without patience");
	store_delete(s, dir, true, &e);
	store_close(s);
	free(dir);
	free(staging);
	free(location);
	return done();
}
