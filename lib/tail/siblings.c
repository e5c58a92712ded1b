#define _XOPEN_SOURCE 700 /* realpath */
#include "tail/siblings.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "tail/path.h"

static char *
dir_of(const char *path)
{
	return mem_dupn(path, path_dir_len(path));
}

/* The length of a name without the suffix that a compressor gave it. */
static size_t
unpacked_len(const char *name)
{
	static const char *const suffixes[] = { ".gz", ".bz2", ".xz", ".zst", ".lz4", ".lzma",
		".lzo", ".Z", ".zip" };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && dot > name && i < sizeof suffixes / sizeof *suffixes; i++)
		if (strcmp(dot, suffixes[i]) == 0)
			return (size_t)(dot - name);
	return strlen(name);
}

static size_t
stem_len(const char *base)
{
	const char *dot = strrchr(base, '.');

	return dot && dot > base ? (size_t)(dot - base) : strlen(base);
}

/* A date or number as it stands between stem and extension. */
static bool
is_number(const char *p, size_t len)
{
	bool digit = false;

	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)p[i]) && !strchr(".-_:+TZ", p[i]))
			return false;
		digit |= isdigit((unsigned char)p[i]) != 0;
	}
	return digit && strchr(".-_", *p) != NULL;
}

bool
sibling_name(const char *base, const char *name)
{
	size_t stem = stem_len(base), nbase, ext, len;

	/* One of these follows, whichever it is. */
	if (strncmp(name, base, stem) != 0 || !name[stem] || !strchr(".-_", name[stem]))
		return false;
	nbase = strlen(base);
	ext = nbase - stem;
	len = unpacked_len(name);
	if (len > nbase + 1 && strncmp(name, base, nbase) == 0)
		return strchr(".-_", name[nbase]) != NULL;
	if (len == nbase && name[len] && strncmp(name, base, nbase) == 0)
		return true;
	return ext && len > nbase &&
	    strncmp(name + len - ext, base + stem, ext) == 0 &&
	    is_number(name + stem, len - nbase);
}

static bool
same_shape(const char *a, const char *b)
{
	if (strcmp(a, b) == 0)
		return false;
	for (; *a && *b; a++, b++) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0123456789") - 1;
			b += strspn(b, "0123456789") - 1;
		} else if (*a != *b) {
			return false;
		}
	}
	return !*a && (!*b || b[unpacked_len(b)]);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
listing_forget(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->names[i]);
	free(l->names);
	free(l->dir);
	l->dir = NULL;
	l->names = NULL;
	l->n = l->cap = 0;
}

/* What is not there holds nothing: that is no failure. */
static int
failure(int errnum)
{
	return errnum == ENOENT || errnum == ENOTDIR ? 0 : errnum;
}

/* Call each(to, name) for every name in dir.  An errno, or 0. */
static int
for_each_name(const char *dir, int (*each)(void *to, const char *name), void *to)
{
	DIR *d = opendir(*dir ? dir : ".");
	struct dirent *entry;
	int why = 0;

	if (!d)
		return failure(errno);
	while (errno = 0, (entry = readdir(d)) != NULL) {
		int one = each(to, entry->d_name);

		why = why ? why : one;
	}
	why = why ? why : failure(errno);
	closedir(d);
	return why;
}

static int
list_name(void *to, const char *name)
{
	struct listing *l = to;

	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->names = mem_resize(l->names, l->cap * sizeof *l->names);
	}
	l->names[l->n++] = mem_dup(name);
	return 0;
}

static int
listing_read(struct listing *l, const char *dir)
{
	int why;

	if (l->dir && strcmp(l->dir, dir) == 0)
		return 0;
	listing_forget(l);
	why = for_each_name(dir, list_name, l);
	/* The next file looks for itself. */
	if (why) {
		listing_forget(l);
		return why;
	}
	l->dir = mem_dup(dir);
	if (l->n)
		qsort(l->names, l->n, sizeof *l->names, by_name);
	return 0;
}

/* The first name that is not before `prefix`. */
static size_t
listing_from(const struct listing *l, const char *prefix, size_t len)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strncmp(l->names[mid], prefix, len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct sibling *
siblings_add(struct siblings *s, const char *path, const struct stat *st)
{
	s->at = mem_resize(s->at, (s->n + 1) * sizeof *s->at);
	s->at[s->n] = (struct sibling){ .path = mem_dup(path), .st = *st,
		.packed = path[unpacked_len(path)] != '\0' };
	return &s->at[s->n++];
}

/* Those in dir for which is(base, name), where that implies the first `prefix` bytes. */
struct wanted {
	const char *dir, *base;
	size_t prefix;
	bool (*is)(const char *, const char *);
	struct siblings *out;
};

static int
add_wanted(void *to, const char *name)
{
	const struct wanted *w = to;
	struct stat st;
	int why = 0;
	char *path;

	if (!w->is(w->base, name))
		return 0;
	path = mem_printf("%s%s", w->dir, name);
	/* Not a link: it leads to a file that has a place of its own. */
	if (lstat(path, &st) < 0)
		why = failure(errno);
	else if (S_ISREG(st.st_mode))
		siblings_add(w->out, path, &st);
	free(path);
	return why;
}

static int
add_all(struct listing *l, struct wanted *w)
{
	int why;

	if (!l)
		return for_each_name(w->dir, add_wanted, w);
	why = listing_read(l, w->dir);
	for (size_t i = listing_from(l, w->base, w->prefix);
	    i < l->n && strncmp(l->names[i], w->base, w->prefix) == 0; i++) {
		int one = add_wanted(w, l->names[i]);

		why = why ? why : one;
	}
	return why;
}

/* The number of a rotation, as the 2 of access.log.2; 0 for a date or none. */
static int
rotation(const char *path)
{
	size_t len = strlen(path), digits = 0;

	while (digits < len && isdigit((unsigned char)path[len - digits - 1]))
		digits++;
	return digits > 0 && digits < 4 ? atoi(path + len - digits) : 0;
}

/* access.log.2 is older than access.log.1, but -20260101 is older than -20260102. */
static int
by_suffix(const char *a, const char *b)
{
	int na = rotation(a), nb = rotation(b);

	if (na != nb)
		return na > nb ? -1 : 1;
	return strcmp(a, b);
}

static int
by_age(const void *left, const void *right)
{
	const struct sibling *a = left, *b = right;
	const struct timespec *ta = &a->st.st_mtim, *tb = &b->st.st_mtim;

	if (ta->tv_sec != tb->tv_sec)
		return ta->tv_sec < tb->tv_sec ? -1 : 1;
	if (ta->tv_nsec != tb->tv_nsec)
		return ta->tv_nsec < tb->tv_nsec ? -1 : 1;
	return by_suffix(a->path, b->path);
}

/* What lies beside the target of a link. */
static int
add_beside_target(struct listing *l, const char *path, struct siblings *out)
{
	char *target = realpath(path, NULL), *dir;
	struct wanted w = { .is = same_shape, .out = out };
	int why;

	if (!target)
		return failure(errno);
	w.base = path_base(target);
	w.dir = dir = dir_of(target);
	w.prefix = strcspn(w.base, "0123456789");
	why = add_all(l, &w);
	free(dir);
	free(target);
	return why;
}

void
siblings_find(struct listing *l, const char *path, bool link, struct siblings *out)
{
	const char *base = path_base(path);
	char *dir = dir_of(path);
	struct wanted w = { dir, base, stem_len(base), sibling_name, out };
	int why;

	*out = (struct siblings){ 0 };
	why = add_all(l, &w);
	free(dir);
	if (!why && link)
		why = add_beside_target(l, path, out);
	if (out->n)
		qsort(out->at, out->n, sizeof *out->at, by_age);
	out->failed = why;
}

void
siblings_free(struct siblings *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->at[i].path);
	free(s->at);
}

int64_t
sibling_unpacked(const struct sibling *s)
{
	unsigned char tail[4];
	size_t len = strlen(s->path);
	int fd;
	bool ok;

	/* RFC 1952: a gzip file ends with its length before compression, low byte first. */
	if (len < 3 || strcmp(s->path + len - 3, ".gz") != 0 || s->st.st_size < 18)
		return -1;
	fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ok = pread(fd, tail, sizeof tail, s->st.st_size - 4) == 4;
	close(fd);
	return ok ? tail[0] | tail[1] << 8 | tail[2] << 16 | (int64_t)tail[3] << 24 : -1;
}
