/* How long to go on, before and after a stop signal. */
#include "base/patience.h"

#include <signal.h>

#include "base/io.h"
#include "base/stop.h"
#include "tap.h"

static void
test_left(void)
{
	struct patience none = patience_begin(0), all = patience_begin(INT64_MAX);
	struct patience some = patience_begin(30);

	ok(!patience_left(&none), "none at all");
	ok(patience_left(&all), "without end");
	while (patience_left(&some))
		patience_pause(&some);
	ok(io_now() >= some.until, "it ends");
	ok(some.pauses < 2, "with the pause that is not over");
}

static void
test_stop(void)
{
	struct patience all = patience_begin(INT64_MAX), some = patience_begin(5000);
	int64_t before = some.until, now;
	struct err e;

	is_int(stop_begin(&e), 0, "signals are caught");
	raise(SIGTERM);
	now = io_now();
	patience_pause(&all);
	ok(io_now() - now >= 90, "a pause takes its time after a signal, too");
	ok(patience_left(&all) && all.until <= io_now() + STOP_GRACE_MS, "a signal shortens what is left");
	ok(patience_left(&some) && some.until == before, "but not what is shorter");
}

int
main(void)
{
	test_left();
	test_stop();
	return done();
}
