/* Random numbers and the alias table. */
#include "weblog/mix.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tap.h"

/* The first outputs of the authors' own C code. */
static void
test_reference(void)
{
	struct rng r = { { 1, 2, 3, 4 } };
	static const uint64_t first[] = { 11520, 0, 1509978240, 1215971899390074240u };
	static const uint64_t split[] = { 6457827717110365317u, 3203168211198807973u,
		9817491932198370423u, 4593380528125082431u };
	bool same = true;

	for (int i = 0; i < 4; i++)
		same = rng_next(&r) == first[i] && same;
	ok(same, "xoshiro256**");
	rng_seed(&r, 1234567);
	ok(memcmp(r.s, split, sizeof split) == 0, "the state is filled by SplitMix64");
}

static void
test_below(void)
{
	static const uint32_t bounds[] = { 1, 2, 3, 10, 1u << 31, (1u << 31) + 1, UINT32_MAX };
	struct rng r;

	rng_seed(&r, 3);
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		bool inside = true, upper = bounds[i] == 1;

		for (int k = 0; k < 10000; k++) {
			uint32_t v = rng_below(&r, bounds[i]);

			inside = inside && v < bounds[i];
			upper = upper || v >= bounds[i] / 2;
		}
		ok(inside && upper, "below %u", bounds[i]);
	}
}

/* What each entry gets in all columns must be its weight exactly: n times as much. */
static void
exact(const uint32_t *weights, uint32_t n, const char *name)
{
	uint64_t *got = mem_alloc(n * sizeof *got);
	struct mix m;
	bool same = true;

	mix_begin(&m, weights, n);
	for (uint32_t i = 0; i < n; i++) {
		got[i] += m.columns[i].cut;
		got[m.columns[i].other] += m.sum - m.columns[i].cut;
	}
	for (uint32_t i = 0; i < n; i++)
		same = same && got[i] == (uint64_t)weights[i] * n;
	ok(same, "exact: %s", name);
	mix_end(&m);
	free(got);
}

static void
test_exact(void)
{
	uint32_t *many = mem_alloc(100000 * sizeof *many);
	struct rng r;

	rng_seed(&r, 5);
	for (int i = 0; i < 100000; i++)
		many[i] = rng_below(&r, 40000);
	exact((uint32_t[]){ 5 }, 1, "one");
	exact((uint32_t[]){ 1, 1, 1 }, 3, "equal weights");
	exact((uint32_t[]){ 92, 5, 3 }, 3, "statuses");
	exact((uint32_t[]){ 0, 1, 0, 0, 7, 0 }, 6, "weights of 0");
	exact((uint32_t[]){ 1, UINT32_MAX - 1 }, 2, "the greatest sum");
	exact((uint32_t[]){ UINT32_MAX, 0, 0, 0, 0 }, 5, "all in one");
	exact(many, 100000, "a hundred thousand");
	free(many);
}

static void
test_draw(void)
{
	const uint32_t weights[] = { 0, 1, 0, 3 };
	uint32_t seen[4] = { 0 };
	struct mix m;
	struct rng r;

	rng_seed(&r, 9);
	mix_begin(&m, weights, 4);
	for (int i = 0; i < 40000; i++)
		seen[mix_draw(&m, &r)]++;
	ok(seen[0] == 0 && seen[2] == 0, "what has no weight is never drawn");
	ok(seen[1] > 9500 && seen[1] < 10500, "a quarter, %u of 40000", seen[1]);
	mix_end(&m);
}

int
main(void)
{
	test_reference();
	test_below();
	test_exact();
	test_draw();
	return done();
}
