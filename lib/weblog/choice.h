/*
 * choice: texts to choose from, each with a weight.
 *
 * Start with { 0 }, add, and seal before the first draw.
 */
#ifndef WEBLOG_CHOICE_H
#define WEBLOG_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weblog/mix.h"

struct text {
	char *p; /* with a NUL behind it */
	size_t len;
};

struct choice {
	struct text *texts;
	uint32_t *weights;
	uint32_t n, cap;
	uint64_t sum; /* of the weights */
	struct mix mix;
};

/* The text is copied.  False if the weights would exceed UINT32_MAX in all. */
bool choice_add(struct choice *c, const char *s, size_t len, uint32_t weight);

/* False if no text has a weight above 0. */
bool choice_seal(struct choice *c);
void choice_end(struct choice *c);

static inline const struct text *
choice_draw(const struct choice *c, struct rng *r)
{
	return &c->texts[mix_draw(&c->mix, r)];
}

#endif
