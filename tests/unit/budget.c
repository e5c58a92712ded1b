/* The memory budget: never above the limit, and always a way on. */
#include "sink/budget.h"

#include "tap.h"

#define K ((size_t)1024)

static size_t
total(const struct budget *b)
{
	return b->filling + b->sent + b->spared;
}

/* Grow until told otherwise. */
static void
fill(struct budget *b, struct block *k)
{
	while (k->cap < b->max && block_grow(b, k, 1))
		k->len = k->cap;
}

int
main(void)
{
	struct budget b;
	struct block *k[8], *again;
	size_t most = 0;

	budget_begin(&b, 1024 * K, 256 * K);
	k[0] = budget_take(&b, false);
	ok(block_grow(&b, k[0], 100), "a block grows");
	is_int(k[0]->cap, 8 * K, "in steps");
	ok(block_grow(&b, k[0], 100000), "to what is wanted");
	ok(k[0]->cap >= 100000 && k[0]->cap < 100000 + 8 * K, "and no more");
	ok(block_grow(&b, k[0], 1024 * K), "and no further");
	is_int(k[0]->cap, 256 * K, "than the maximum");
	ok(!budget_wait(&b), "nothing is sent: nothing to wait for");

	for (int i = 1; i < 8; i++) {
		k[i] = budget_take(&b, false);
		fill(&b, k[i]);
		most = total(&b) > most ? total(&b) : most;
	}
	ok(most <= 768 * K, "with nothing on its way a quarter is kept back");
	ok(budget_hungry(&b), "for the uploads are hungry");
	budget_send(&b, k[0]);
	ok(!budget_hungry(&b), "one quarter is sent");
	fill(&b, k[7]);
	ok(total(&b) <= 1024 * K && total(&b) > 960 * K, "and the last quarter is there to be used");
	ok(!block_grow(&b, k[6], 8 * K * 8), "but no more");
	budget_send(&b, k[1]);
	ok(!budget_take(&b, true), "half is on its way: one that comes back will do");
	budget_done(&b, k[0]);
	again = budget_take(&b, true);
	ok(again == k[0] && again->len == 0 && again->cap == 256 * K, "a spare block is used again");
	budget_drop(&b, again);
	fill(&b, k[6]);
	ok(total(&b) <= 1024 * K, "spare memory is given up for others");
	for (int i = 2; i < 8; i++)
		budget_drop(&b, k[i]);
	budget_done(&b, k[1]);
	is_int(b.filling + b.sent, 0, "all of it came back");
	ok(budget_wait(&b), "so nothing is to be waited for");
	budget_end(&b);
	return done();
}
