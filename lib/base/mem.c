#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

static void *
check(void *p)
{
	if (p)
		return p;
	fputs("kpipe: memory: none left: lower the limits or free some and start again\n", stderr);
	exit(EX_TEMPFAIL);
}

void *
mem_alloc(size_t size)
{
	return check(calloc(1, size ? size : 1));
}

void *
mem_aligned(size_t alignment, size_t size)
{
	return check(aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment));
}

void *
mem_resize(void *p, size_t size)
{
	return check(realloc(p, size ? size : 1));
}

char *
mem_dupn(const void *p, size_t len)
{
	char *copy = check(malloc(len + 1));

	if (len)
		memcpy(copy, p, len);
	copy[len] = '\0';
	return copy;
}

char *
mem_dup(const char *s)
{
	return mem_dupn(s, strlen(s));
}

char *
mem_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = mem_alloc((size_t)(n < 0 ? 0 : n) + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)(n < 0 ? 0 : n) + 1, fmt, ap);
	va_end(ap);
	return s;
}
