/*
 * rng: random numbers that are the same on every machine.
 *
 * xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2018), its state filled by SplitMix64 as its authors advise.  Fast,
 * and of no use for secrets.
 */
#ifndef WEBLOG_RNG_H
#define WEBLOG_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);

static inline uint64_t
rng_rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static inline uint64_t
rng_next(struct rng *r)
{
	uint64_t *s = r->s, result = rng_rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rng_rotate(s[3], 45);
	return result;
}

/* From 0 to n - 1, n > 0, each exactly as likely: the few products that would favour
 * some numbers are drawn again (Lemire, "Fast random integer generation in an
 * interval", 2019). */
static inline uint32_t
rng_below(struct rng *r, uint32_t n)
{
	uint64_t product = (rng_next(r) >> 32) * n;

	if ((uint32_t)product < n)
		while ((uint32_t)product < -n % n)
			product = (rng_next(r) >> 32) * n;
	return (uint32_t)(product >> 32);
}

#endif
