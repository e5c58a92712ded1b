/*
 * path: its two parts, the directory with its slash and the name.
 */
#ifndef TAIL_PATH_H
#define TAIL_PATH_H

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

/* How long the directory is, 0 where the path has none. */
static inline size_t
path_dir_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash + 1 - path) : 0;
}

/* "dir/", at least "./"; freed by the caller. */
static inline char *
path_dir(const char *path)
{
	size_t len = path_dir_len(path);

	return len ? mem_dupn(path, len) : mem_dup("./");
}

static inline const char *
path_base(const char *path)
{
	return path + path_dir_len(path);
}

#endif
