/*
 * siblings: the files that lie beside a name and may once have had it.
 *
 * For access.log these are access.log.1, access.log-20260101, access.log_old, what
 * begins with the name and one of ".-_"; access-20260101.log and access.1.log, where a
 * date or number stands before the extension; and, if the name is a symbolic link, the
 * files beside its target that differ from it in nothing but numbers.
 */
#ifndef TAIL_SIBLINGS_H
#define TAIL_SIBLINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

struct tail_file;

struct sibling {
	char *path;
	struct stat st;
	bool packed;            /* compressed: cannot be read */
	bool named;             /* is followed under a name of its own */
	struct tail_file *file; /* whose it is, or NULL */
};

struct siblings {
	struct sibling *at;
	size_t n;
	int failed; /* the errno for which not all could be seen, or 0 */
};

/* The names in one directory, sorted: read once for many files in it. */
struct listing {
	char *dir, **names;
	size_t n, cap;
};

void listing_forget(struct listing *l);

/* All regular siblings of path, the oldest first, without path itself; link: it is a symbolic
 * link.  l may be NULL: read the directory now, and nothing is kept.  One that is not there
 * has none. */
void siblings_find(struct listing *l, const char *path, bool link, struct siblings *out);
void siblings_free(struct siblings *s);
struct sibling *siblings_add(struct siblings *s, const char *path, const struct stat *st);

/* `name` could be a rotated `base`: both without directories. */
bool sibling_name(const char *base, const char *name);

/* How many bytes a compressed file unpacks to, modulo 2^32; -1 if it does not tell. */
int64_t sibling_unpacked(const struct sibling *s);

#endif
