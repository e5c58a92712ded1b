/*
 * mem: allocation that does not fail.
 *
 * Every buffer of the suite is bounded by an option or a constant, so running out
 * of memory means that the machine has none left, and no caller could do better
 * than to stop.  These functions are the one exception to "libraries return
 * errors": they write one sentence and exit with 75, for the run can be repeated.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size);              /* zeroed */
void *mem_aligned(size_t alignment, size_t size); /* a power of two; not zeroed */
void *mem_resize(void *p, size_t size);
char *mem_dup(const char *s);
char *mem_dupn(const void *p, size_t len); /* a copy with a NUL behind it */
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2), nonnull(1)));

#endif
