#include "weblog/choice.h"

#include <stdlib.h>

#include "base/mem.h"

bool
choice_add(struct choice *c, const char *s, size_t len, uint32_t weight)
{
	if (c->sum + weight > UINT32_MAX)
		return false;
	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 16;
		c->texts = mem_resize(c->texts, c->cap * sizeof *c->texts);
		c->weights = mem_resize(c->weights, c->cap * sizeof *c->weights);
	}
	c->texts[c->n] = (struct text){ mem_dupn(s, len), len };
	c->weights[c->n++] = weight;
	c->sum += weight;
	return true;
}

bool
choice_seal(struct choice *c)
{
	if (!c->sum)
		return false;
	mix_begin(&c->mix, c->weights, c->n);
	return true;
}

void
choice_end(struct choice *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		free(c->texts[i].p);
	free(c->texts);
	free(c->weights);
	mix_end(&c->mix);
	*c = (struct choice){ 0 };
}
