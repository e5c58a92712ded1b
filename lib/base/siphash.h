/*
 * siphash: a hash of text that comes from outside, for tables.
 *
 * SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): who does not
 * know the key cannot make texts collide.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* Of the 8 bytes of `first`, lowest first, and len bytes of text behind them. */
uint64_t siphash(const uint64_t key[2], uint64_t first, const char *text, size_t len);

#endif
