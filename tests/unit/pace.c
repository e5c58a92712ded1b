/* So many a second, on a clock of our own. */
#include "base/pace.h"

#include "tap.h"

/* Take all that is due at every `step` ms for `span` ms. */
static uint64_t
take(struct pace *p, int64_t from, int64_t span, int64_t step)
{
	uint64_t before = p->done;

	for (int64_t now = from; now < from + span; now += step)
		pace_took(p, pace_due(p, now));
	return p->done - before;
}

static void
test_rates(void)
{
	static const double rates[] = { 0.1, 1, 3, 7.5, 999, 1000, 1001, 10000, 1e6 };
	struct pace p;

	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		for (int step = 1; step <= 500; step += 499) {
			int64_t last = 100000 - step;

			pace_begin(&p, rates[i], 5000);
			is_int(take(&p, 5000, 100000, step), (double)last * rates[i] / 1000 + 1,
			    "%g a second, woken every %d ms", rates[i], step);
		}
	}
}

static void
test_wait(void)
{
	struct pace p;

	pace_begin(&p, 4, 1000);
	is_int(pace_wait(&p, 1000), 0, "the first is due at once");
	is_int(pace_due(&p, 1000), 1, "and alone");
	pace_took(&p, 1);
	is_int(pace_due(&p, 1249), 0, "the second is not due");
	is_int(pace_wait(&p, 1249), 1, "but soon");
	is_int(pace_due(&p, 1250), 1, "now it is");
	pace_took(&p, 1);
	is_int(pace_wait(&p, 1300), 200, "times do not shift");
	is_int(pace_wait(&p, 9000), 0, "what is overdue does not wait");
}

static void
test_debt(void)
{
	struct pace p;

	pace_begin(&p, 100, 0);
	is_int(take(&p, 0, 10000, 10), 1000, "ten seconds in step");
	is_int(pace_due(&p, 70000), 101, "after a minute's sleep a second is made up for");
	pace_took(&p, 101);
	is_int(pace_due(&p, 70000), 0, "and no more");
	is_int(take(&p, 70010, 10000, 10), 1000, "then it is in step again");
	is_int(pace_due(&p, 80910), 91, "less than a second is made up for in full");

	pace_begin(&p, 0.01, 0);
	pace_took(&p, pace_due(&p, 0));
	is_int(pace_due(&p, 1000000), 1, "a slow one owes one at most");
}

int
main(void)
{
	test_rates();
	test_wait();
	test_debt();
	return done();
}
