#include "stat/tally.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/mem.h"
#include "base/siphash.h"

#define BUCKETS_MIN 1024
#define HAS_MANY 16  /* counters: a window with fewer gives none up */
#define OVERHEAD 16  /* of malloc, for each counter */

struct counter {
	struct counter *chain, *next; /* in the bucket; of the window */
	struct window *window;
	uint64_t hash, count;
	uint32_t len;
	bool none;
	char key[];
};

struct window {
	int64_t begin;
	uint64_t lines, error;
	size_t n, bytes;
	struct counter *counters;
};

struct tally {
	struct tally_options o;
	struct counter **buckets;
	size_t nbuckets, ncounters; /* nbuckets is a power of two */
	struct window **windows;    /* by begin */
	size_t nwindows, room;
	struct window *last;        /* the one found last, or NULL */
	size_t bytes;               /* of counters and windows */
	int64_t latest, watermark;
	uint64_t early, secret[2];
};

struct tally *
tally_begin(const struct tally_options *o)
{
	struct tally *t = mem_alloc(sizeof *t);

	t->o = *o;
	t->nbuckets = BUCKETS_MIN;
	t->buckets = mem_alloc(t->nbuckets * sizeof *t->buckets);
	t->latest = t->watermark = INT64_MIN;
	if (getrandom(t->secret, sizeof t->secret, 0) < 0)
		t->secret[0] = (uintptr_t)t;
	return t;
}

static struct counter **
bucket(const struct tally *t, uint64_t hash)
{
	return &t->buckets[hash & (t->nbuckets - 1)];
}

static void
grow(struct tally *t)
{
	struct counter **old = t->buckets, *c, *next;
	size_t n = t->nbuckets;

	t->nbuckets *= 2;
	t->buckets = mem_alloc(t->nbuckets * sizeof *t->buckets);
	for (size_t i = 0; i < n; i++)
		for (c = old[i]; c; c = next) {
			next = c->chain;
			c->chain = *bucket(t, c->hash);
			*bucket(t, c->hash) = c;
		}
	free(old);
}

static size_t
cost(size_t len)
{
	return sizeof(struct counter) + len + OVERHEAD + sizeof(struct counter *);
}

static void
drop_counter(struct tally *t, struct counter *c)
{
	struct counter **at = bucket(t, c->hash);

	while (*at != c)
		at = &(*at)->chain;
	*at = c->chain;
	t->ncounters--;
	t->bytes -= cost(c->len);
	c->window->n--;
	c->window->bytes -= cost(c->len);
	free(c);
}

static void
drop_counters(struct tally *t, struct window *w)
{
	while (w->counters) {
		struct counter *c = w->counters;

		w->counters = c->next;
		drop_counter(t, c);
	}
}

/* The window's counter for the key, made with `count` if there is none. */
static struct counter *
find(struct tally *t, struct window *w, const char *key, size_t len, uint64_t count)
{
	/* Keys come from outside: without a secret they could be made to collide. */
	uint64_t hash = siphash(t->secret, (uint64_t)w->begin, key, len);
	struct counter *c = *bucket(t, hash);

	while (c && (c->hash != hash || c->window != w || c->len != len || c->none != !key ||
	    (key && memcmp(c->key, key, len) != 0)))
		c = c->chain;
	if (c)
		return c;
	if (t->ncounters >= t->nbuckets)
		grow(t);
	c = mem_resize(NULL, sizeof *c + len);
	*c = (struct counter){ *bucket(t, hash), w->counters, w, hash, count, (uint32_t)len, !key };
	if (key)
		memcpy(c->key, key, len);
	*bucket(t, hash) = w->counters = c;
	t->ncounters++;
	w->n++;
	w->bytes += cost(len);
	t->bytes += cost(len);
	return c;
}

static int
by_count(const void *x, const void *y)
{
	const struct tally_row *a = x, *b = y;
	size_t len = a->len < b->len ? a->len : b->len;
	int order;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	if (!a->key || !b->key)
		return (a->key == NULL) - (b->key == NULL);
	order = memcmp(a->key, b->key, len);
	return order ? order : (a->len > b->len) - (a->len < b->len);
}

static void
give(const struct window *w, tally_closed *to, void *ctx)
{
	struct tally_row *rows = mem_alloc(w->n * sizeof *rows);
	size_t n = 0;

	for (const struct counter *c = w->counters; c; c = c->next)
		rows[n++] = (struct tally_row){ c->none ? NULL : c->key, c->len, c->count };
	qsort(rows, n, sizeof *rows, by_count);
	to(ctx, &(struct tally_window){ w->begin, w->lines, w->error, n, rows });
	free(rows);
}

static void
close_window(struct tally *t, struct window *w)
{
	give(w, t->o.closed, t->o.ctx);
	drop_counters(t, w);
	t->bytes -= sizeof *w + OVERHEAD;
	free(w);
}

static int64_t
window_end(const struct tally *t, const struct window *w)
{
	return t->o.width ? w->begin + t->o.width : INT64_MAX;
}

/* The n oldest windows. */
static void
close_oldest(struct tally *t, size_t n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n; i++)
		close_window(t, t->windows[i]);
	t->nwindows -= n;
	memmove(t->windows, t->windows + n, t->nwindows * sizeof(struct window *));
	t->last = NULL;
}

static void
close_due(struct tally *t)
{
	size_t n = 0;

	while (n < t->nwindows && window_end(t, t->windows[n]) <= t->watermark)
		n++;
	close_oldest(t, n);
}

void
tally_each(const struct tally *t, tally_closed *each, void *ctx)
{
	for (size_t i = 0; i < t->nwindows; i++)
		give(t->windows[i], each, ctx);
}

void
tally_flush(struct tally *t)
{
	close_oldest(t, t->nwindows);
	t->latest = t->watermark = INT64_MIN;
}

void
tally_end(struct tally *t)
{
	close_oldest(t, t->nwindows);
	free(t->windows);
	free(t->buckets);
	free(t);
}

static int
by_number(const void *x, const void *y)
{
	uint64_t a, b;

	memcpy(&a, x, sizeof a);
	memcpy(&b, y, sizeof b);
	return (a > b) - (a < b);
}

/* Give up all counters up to the median. */
static void
halve(struct tally *t, struct window *w)
{
	uint64_t *counts = mem_alloc(w->n * sizeof *counts);
	struct counter **at = &w->counters;
	size_t n = 0;

	for (const struct counter *c = w->counters; c; c = c->next)
		counts[n++] = c->count;
	qsort(counts, n, sizeof *counts, by_number);
	w->error = counts[n / 2];
	free(counts);
	while (*at) {
		struct counter *c = *at;

		if (c->count > w->error) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		drop_counter(t, c);
	}
}

/* Back to three quarters of the memory or less, so that this is rare.  The windows of at
 * least half the average size hold at least half of it all. */
static void
make_room(struct tally *t)
{
	size_t fair = t->bytes / t->nwindows / 2, aim = t->o.memory / 4 * 3, n = 0, left;

	for (size_t i = 0; i < t->nwindows; i++)
		if (t->windows[i]->n >= HAS_MANY && t->windows[i]->bytes >= fair)
			halve(t, t->windows[i]);
	for (left = t->bytes; left > aim && n + 1 < t->nwindows; n++)
		left -= t->windows[n]->bytes + sizeof(struct window) + OVERHEAD;
	if (!n)
		return;
	t->watermark = window_end(t, t->windows[n - 1]);
	t->early += n;
	close_oldest(t, n);
}

/* Spans that people count in; each is a multiple of the one before. */
static int64_t
wider(int64_t width)
{
	static const int seconds[] = { 1, 5, 15, 30, 60, 300, 900, 1800, 3600, 10800, 21600, 43200,
		86400 };

	for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++)
		if (seconds[i] * INT64_C(1000) > width && seconds[i] * INT64_C(1000) % width == 0)
			return seconds[i] * INT64_C(1000);
	return width * 2;
}

static int64_t
begin_of(const struct tally *t, int64_t ms)
{
	int64_t rest;

	if (!t->o.width)
		return 0;
	rest = ms % t->o.width;
	return ms - rest - (rest < 0 ? t->o.width : 0);
}

/* Where the window that begins then is, or would have to be. */
static size_t
place(const struct tally *t, int64_t begin)
{
	size_t low = 0, high = t->nwindows;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->windows[middle]->begin < begin)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct window *
window_at(struct tally *t, int64_t begin)
{
	size_t at = place(t, begin);
	struct window *w;

	if (at < t->nwindows && t->windows[at]->begin == begin)
		return t->windows[at];
	if (t->nwindows == t->room) {
		t->room = t->room * 2 + 16;
		t->windows = mem_resize(t->windows, t->room * sizeof *t->windows);
	}
	memmove(t->windows + at + 1, t->windows + at, (t->nwindows - at) * sizeof(struct window *));
	w = t->windows[at] = mem_alloc(sizeof *w);
	w->begin = begin;
	t->nwindows++;
	t->bytes += sizeof *w + OVERHEAD;
	return w;
}

/* Put what `from` has into the window of its time.  What only one of them has may have come
 * as often in the other as that one's error says. */
static void
merge(struct tally *t, struct window *from)
{
	struct window *to = window_at(t, begin_of(t, from->begin));

	to->lines += from->lines;
	to->error += from->error;
	for (struct counter *c = from->error ? to->counters : NULL; c; c = c->next)
		c->count += from->error;
	for (struct counter *c = from->counters; c; c = c->next)
		find(t, to, c->none ? NULL : c->key, c->len, to->error)->count += c->count - from->error;
	drop_counters(t, from);
	t->bytes -= sizeof *from + OVERHEAD;
	free(from);
}

/* Make the windows so wide that one for ms is within the columns. */
static void
widen(struct tally *t, int64_t ms)
{
	struct window **old = t->windows;
	size_t n = t->nwindows;
	int64_t first = ms, last = ms, before = t->o.width;

	if (n) {
		first = old[0]->begin < ms ? old[0]->begin : ms;
		last = old[n - 1]->begin > ms ? old[n - 1]->begin : ms;
	}
	while ((begin_of(t, last) - begin_of(t, first)) / t->o.width >= t->o.columns)
		t->o.width = wider(t->o.width);
	if (t->o.width == before)
		return;
	t->windows = NULL;
	t->nwindows = t->room = 0;
	t->last = NULL;
	for (size_t i = 0; i < n; i++)
		merge(t, old[i]);
	free(old);
}

bool
tally_add(struct tally *t, int64_t ms, const char *key, size_t len, uint64_t lines)
{
	struct window *w = t->last;

	if (!w || ms < w->begin || ms >= window_end(t, w)) {
		if (t->o.columns)
			widen(t, ms);
		if (t->o.width && begin_of(t, ms) + t->o.width <= t->watermark)
			return false;
		w = t->last = window_at(t, begin_of(t, ms));
	}
	if (len > TALLY_KEY_MAX)
		for (len = TALLY_KEY_MAX; len > TALLY_KEY_MAX - 3 && (key[len] & 0xc0) == 0x80;)
			len--;
	w->lines += lines;
	find(t, w, key, len, w->error)->count += lines;
	if (t->bytes > t->o.memory)
		make_room(t);
	if (ms > t->latest) {
		t->latest = ms;
		if (t->o.lateness != TALLY_FOREVER && ms - t->o.lateness > t->watermark) {
			t->watermark = ms - t->o.lateness;
			close_due(t);
		}
	}
	return true;
}

int64_t
tally_width(const struct tally *t)
{
	return t->o.width;
}

uint64_t
tally_early(const struct tally *t)
{
	return t->early;
}
