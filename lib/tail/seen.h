/*
 * seen: a set of numbers that never says no of what it was given, but may say yes of what it was not.
 *
 * It spares a search that would find nothing: one bit for each number modulo SEEN_BITS.
 * Nothing is ever taken out.
 */
#ifndef TAIL_SEEN_H
#define TAIL_SEEN_H

#include <stdbool.h>
#include <stdint.h>

#define SEEN_BITS 65536u

struct seen {
	uint64_t bits[SEEN_BITS / 64];
};

static inline void
seen_add(struct seen *s, uint64_t key)
{
	s->bits[key % SEEN_BITS / 64] |= (uint64_t)1 << key % 64;
}

static inline bool
seen_has(const struct seen *s, uint64_t key)
{
	return (s->bits[key % SEEN_BITS / 64] >> key % 64 & 1) != 0;
}

#endif
