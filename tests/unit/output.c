/* output: the thread that writes, with readers that are slow, gone or asleep. */
#include "tap.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "kafka/output.h"

struct rig {
	struct output *o;
	int data[2], wake[2];
	struct output_written total;
	struct err e;
};

static int64_t last; /* of the marks that were reached */
static int owner, disordered;

static void
reached(const struct output_mark *mark)
{
	disordered += mark->owner != &owner || mark->next < last;
	last = mark->next;
}

static void
begin(struct rig *r)
{
	*r = (struct rig){ .o = NULL };
	last = 0;
	if (pipe(r->data) < 0 || pipe(r->wake) < 0)
		exit(1);
	fcntl(r->wake[1], F_SETFL, O_NONBLOCK);
	fcntl(r->wake[0], F_SETFL, O_NONBLOCK);
	r->o = output_open(r->data[1], "a pipe", r->wake[1], &r->e);
}

static void
end(struct rig *r)
{
	output_close(r->o);
	for (int i = 0; i < 2; i++) {
		close(r->data[i]);
		close(r->wake[i]);
	}
}

/* Wait for the thread to report, at most ten seconds; then reap. */
static int
next_report(struct rig *r)
{
	struct pollfd p = { .fd = r->wake[0], .events = POLLIN };
	char bytes[64];

	if (poll(&p, 1, 10000) != 1 || read(r->wake[0], bytes, sizeof bytes) < 0)
		return -2;
	return output_reap(r->o, reached, &r->total, &r->e);
}

static void
add(struct rig *r, const char *text, int64_t next)
{
	buf_adds(output_room(r->o), text);
	output_record(r->o, &owner, next);
}

static void
at_once(void)
{
	struct rig r;
	char got[8] = "";

	begin(&r);
	ok(output_idle(r.o), "nothing is idle");
	add(&r, "one\n", 1);
	ok(!output_idle(r.o), "a record is not");
	output_push(r.o);
	ok(read(r.data[0], got, sizeof got) == 4, "a pushed record is written at once");
	is_int(next_report(&r), 0, "and reported");
	is_int(last, 1, "with its mark");
	output_mark(r.o, &owner, 5);
	output_push(r.o);
	is_int(next_report(&r), 0, "a mark alone");
	is_int(last, 5, "comes back");
	ok(output_idle(r.o) && r.total.records == 1 && r.total.bytes == 4, "and all is idle");
	end(&r);
}

static void
in_batches(void)
{
	static char text[1024], got[OUTPUT_SIZE];
	struct rig r;
	uint64_t bytes = 0, records = 0;

	memset(text, 'x', sizeof text - 1);
	begin(&r);
	while (output_room(r.o))
		add(&r, text, (int64_t)++records);
	ok(records * (sizeof text - 1) > (OUTPUT_BUFFERS - 1) * (OUTPUT_SIZE / 2),
	    "an unread output takes its buffers' worth");
	is_int(output_reap(r.o, reached, &r.total, &r.e), 0, "which are no failure");
	is_int(last, 0, "and not reached yet");
	while (bytes < records * (sizeof text - 1)) {
		ssize_t n = read(r.data[0], got, sizeof got);

		if (n <= 0)
			break;
		bytes += (uint64_t)n;
	}
	while (!output_idle(r.o) && next_report(&r) == 0)
		output_push(r.o);
	ok(r.total.bytes == bytes && r.total.records == records, "all of it is written");
	ok(last == (int64_t)records && !disordered, "in order");
	ok(output_room(r.o) != NULL, "and there is room again");
	end(&r);
}

static void
gone(void)
{
	struct rig r;

	begin(&r);
	close(r.data[0]);
	r.data[0] = -1;
	add(&r, "one\n", 1);
	output_push(r.o);
	is_int(next_report(&r), -1, "a reader that has gone is a failure");
	ok(r.e.status == EX_IOERR && output_gone(r.o), "which says so");
	is_int(last, 0, "and nothing was reached");
	end(&r);
}

static void
asleep(void)
{
	static char text[100000];
	struct rig r;

	memset(text, 'x', sizeof text - 1);
	begin(&r);
	add(&r, text, 1); /* more than a pipe holds */
	output_push(r.o);
	output_close(r.o);
	ok(true, "closing does not wait for a reader that sleeps");
	close(r.data[0]); /* the other ends are in use */
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	alarm(60);
	at_once();
	in_batches();
	gone();
	asleep();
	return done();
}
