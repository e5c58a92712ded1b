/*
 * mix: weighted choice in constant time, by an alias table.
 *
 * Each of n columns is shared by at most two of the n entries (Walker; built as in
 * Vose, "A linear algorithm for generating random numbers with a given
 * distribution", 1991).  All arithmetic is in whole numbers, so an entry's
 * probability is exactly its weight over the sum, on every machine.
 */
#ifndef WEBLOG_MIX_H
#define WEBLOG_MIX_H

#include <stddef.h>
#include <stdint.h>

#include "weblog/rng.h"

struct mix {
	uint32_t n, sum; /* of the weights: what each column holds */
	struct mix_column {
		uint32_t cut;   /* a coin below it, of sum, means the column's own entry */
		uint32_t other; /* else this one */
	} *columns;
};

/* n > 0, and the sum of the weights from 1 to UINT32_MAX: the caller has checked.
 * mix_end frees. */
void mix_begin(struct mix *m, const uint32_t *weights, uint32_t n);
void mix_end(struct mix *m);

/* The index of an entry. */
static inline uint32_t
mix_draw(const struct mix *m, struct rng *r)
{
	uint32_t i;

	if (m->n == 1)
		return 0;
	i = rng_below(r, m->n);
	return rng_below(r, m->sum) < m->columns[i].cut ? i : m->columns[i].other;
}

#endif
