#include "tail/identity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t
hash_on(uint64_t h, const unsigned char *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3;
	return h;
}

uint64_t
tail_hash(const void *p, unsigned n)
{
	return hash_on(0xcbf29ce484222325, p, n);
}

int
tail_id_take(int fd, unsigned n, struct tail_id *id)
{
	char head[TAIL_ID_BYTES];
	ssize_t got = n ? pread(fd, head, n, 0) : 0;

	if (got >= 0 && got < (ssize_t)n)
		errno = 0;
	if (got < (ssize_t)n)
		return -1;
	id->n = n;
	id->hash = n ? tail_hash(head, n) : 0;
	return 0;
}

bool
tail_id_extend(struct tail_id *id, const void *first, unsigned n)
{
	uint64_t h = tail_hash(first, id->n);

	if (id->n && h != id->hash)
		return false;
	id->hash = n ? hash_on(h, (const unsigned char *)first + id->n, n - id->n) : 0;
	id->n = n;
	return true;
}

bool
tail_id_same(const struct tail_id *a, const struct tail_id *b)
{
	return a->ino == b->ino && a->n == b->n && a->hash == b->hash;
}

bool
tail_id_holds(const struct tail_id *id, int fd)
{
	struct tail_id now;

	return tail_id_take(fd, id->n, &now) == 0 && now.hash == id->hash;
}

void
tail_id_text(const struct tail_id *id, char text[TAIL_ID_TEXT])
{
	snprintf(text, TAIL_ID_TEXT, "%" PRIu64 "-%u-%016" PRIx64, id->ino, id->n, id->hash);
}

int
tail_id_parse(const char *s, struct tail_id *id)
{
	struct tail_id got = { 0 };
	char again[TAIL_ID_TEXT], *end;
	unsigned long n = 0;

	got.ino = strtoull(s, &end, 10);
	if (*end == '-')
		n = strtoul(end + 1, &end, 10);
	if (*end == '-')
		got.hash = strtoull(end + 1, &end, 16);
	if (n > TAIL_ID_BYTES)
		return -1;
	got.n = (unsigned)n;
	/* Only what we would write ourselves: strtoull takes spaces, signs and too much. */
	tail_id_text(&got, again);
	if (strcmp(s, again) != 0)
		return -1;
	*id = got;
	return 0;
}
