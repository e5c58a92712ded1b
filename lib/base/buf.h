/*
 * buf: bytes that grow.
 *
 * Start with { 0 }; p is NULL until something is added.  The bytes may hold NULs;
 * buf_str puts one behind them.  Growth doubles, so adding costs amortised O(1).
 * Whoever declares a buf frees it.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	char *p;
	size_t len, cap;
};

void buf_reserve(struct buf *b, size_t more); /* room for `more` bytes behind len */
void buf_add(struct buf *b, const void *p, size_t len);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_int(struct buf *b, int64_t n); /* in decimal, without the cost of printf */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *buf_str(struct buf *b);           /* as a C string, valid until the next change */
void buf_free(struct buf *b);                 /* back to { 0 } */

#endif
