#include "weblog/mix.h"

#include <stdlib.h>

#include "base/mem.h"

void
mix_begin(struct mix *m, const uint32_t *weights, uint32_t n)
{
	uint64_t *left = mem_alloc(n * sizeof *left); /* what is still to be placed */
	uint32_t *todo = mem_alloc(n * sizeof *todo);
	uint32_t small = 0, large = n; /* todo[0, small) fit in a column, todo[large, n) do not */

	*m = (struct mix){ .n = n, .columns = mem_alloc(n * sizeof *m->columns) };
	for (uint32_t i = 0; i < n; i++)
		m->sum += weights[i];
	for (uint32_t i = 0; i < n; i++) {
		left[i] = (uint64_t)weights[i] * n;
		m->columns[i] = (struct mix_column){ m->sum, i };
		if (left[i] < m->sum)
			todo[small++] = i;
		else
			todo[--large] = i;
	}
	/* A small entry's column is filled up by a large one, which shrinks.  When either
	 * kind has run out, the rest fill their own columns exactly. */
	while (small && large < n) {
		uint32_t s = todo[--small], l = todo[large];

		m->columns[s] = (struct mix_column){ (uint32_t)left[s], l };
		left[l] -= m->sum - left[s];
		if (left[l] < m->sum) {
			large++;
			todo[small++] = l;
		}
	}
	free(left);
	free(todo);
}

void
mix_end(struct mix *m)
{
	free(m->columns);
	*m = (struct mix){ 0 };
}
