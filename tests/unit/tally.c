/* Counts in windows of event time, within bounded memory. */
#include "stat/tally.h"

#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "tap.h"

#define MINUTE 60000

/* "begin/lines:key=count,key=count;" for each window. */
static void
note(void *ctx, const struct tally_window *w)
{
	struct buf *b = ctx;

	buf_printf(b, "%" PRId64 "/%" PRIu64 ":", w->begin / 1000, w->lines);
	for (size_t i = 0; i < w->n; i++)
		buf_printf(b, "%s%.*s=%" PRIu64, i ? "," : "", w->rows[i].key ? (int)w->rows[i].len : 4,
		    w->rows[i].key ? w->rows[i].key : "null", w->rows[i].count);
	buf_addc(b, ';');
}

static struct tally *
begin(struct buf *b, int64_t width, int64_t lateness)
{
	b->len = 0;
	return tally_begin(&(struct tally_options){ width, lateness, 64 << 20, 0, note, b });
}

static bool
add(struct tally *t, int64_t seconds, const char *key)
{
	return tally_add(t, seconds * 1000, key, key ? strlen(key) : 0, 1);
}

static void
test_windows(struct buf *b)
{
	struct tally *t = begin(b, MINUTE, 30000);

	add(t, -1, NULL), add(t, 0, "a"), add(t, 59, "b"), add(t, 1, "b");
	is_str(buf_str(b), "-60/1:null=1;", "a window that the watermark has passed is closed");
	add(t, 61, "c"), add(t, 89, "c");
	is_str(buf_str(b), "-60/1:null=1;", "none is closed while a line may be late");
	ok(add(t, 30, "a"), "a line within the lateness counts");
	add(t, 90, "c");
	is_str(buf_str(b), "-60/1:null=1;0/4:a=2,b=2;", "the watermark is the latest time less the lateness");
	ok(!add(t, 59, "a"), "what is later is late");
	ok(add(t, 60, ""), "and the window after it is open");
	tally_flush(t);
	is_str(buf_str(b), "-60/1:null=1;0/4:a=2,b=2;60/4:c=3,=1;", "all is closed at the end");
	ok(add(t, 0, "a"), "and nothing late behind it");
	tally_end(t);

	t = begin(b, MINUTE, TALLY_FOREVER);
	add(t, 120, "a"), add(t, 0, "b"), add(t, 60, "c"), add(t, 1, "a");
	tally_end(t);
	is_str(buf_str(b), "0/2:a=1,b=1;60/1:c=1;120/1:a=1;", "without a limit: in the order of time");
	t = begin(b, 0, 0);
	add(t, 86400 * 365, "a"), add(t, -5, "b"), add(t, 0, "a");
	tally_end(t);
	is_str(buf_str(b), "0/3:a=2,b=1;", "one window for everything");
}

static void
test_keys(struct buf *b)
{
	char key[2 * TALLY_KEY_MAX];
	struct tally *t = begin(b, 0, TALLY_FOREVER);

	memset(key, 'x', sizeof key);
	tally_add(t, 0, key, sizeof key, 1);
	tally_add(t, 0, key, TALLY_KEY_MAX, 1);
	memcpy(key + TALLY_KEY_MAX - 2, "€", 3);
	tally_add(t, 0, key, sizeof key, 1);
	tally_end(t);
	is_int(b->len, strlen("0/3:") + TALLY_KEY_MAX + 3 + TALLY_KEY_MAX - 2 + 3, "long keys are cut before a character");
}

struct check {
	uint64_t *truth;
	uint64_t lines, error, most, kept;
	size_t n;
	int wrong;
};

static void
check_counts(void *ctx, const struct tally_window *w)
{
	struct check *c = ctx;
	uint64_t sum = 0;

	c->lines += w->lines;
	c->error = w->error;
	c->n = w->n;
	for (size_t i = 0; i < w->n; i++) {
		long k = strtol(w->rows[i].key, NULL, 10); /* up to the '.' behind it */

		c->wrong += w->rows[i].count < c->truth[k] || w->rows[i].count - w->error > c->truth[k];
		sum += c->truth[k];
		c->truth[k] = 0;
	}
	c->kept += sum;
}

/* A few keys that come often among very many that come once. */
static void
test_bound(void)
{
	enum { KEYS = 400000, LINES = 1000000 };
	struct check c = { .truth = calloc(KEYS, sizeof *c.truth) };
	struct tally *t = tally_begin(&(struct tally_options){ 0, TALLY_FOREVER, TALLY_MEMORY_MIN, 0,
	    check_counts, &c });
	uint32_t random = 1;
	char key[24];

	for (int i = 0; i < LINES; i++) {
		uint32_t k;

		random = random * 1664525 + 1013904223;
		k = i % 2 ? (random >> 8) % 10 : (random >> 8) % KEYS;
		c.truth[k]++;
		tally_add(t, 0, key, (size_t)snprintf(key, sizeof key, "%u.", k), 1);
	}
	tally_end(t);
	is_int(c.lines, LINES, "bounded: every line is counted");
	is_int(c.wrong, 0, "bounded: no count is too low, nor too high by more than the error");
	ok(c.error > 0 && c.error < LINES / 1000, "bounded: the error is told, and small: %" PRIu64, c.error);
	for (size_t k = 0; k < KEYS; k++)
		c.most = c.truth[k] > c.most ? c.truth[k] : c.most;
	ok(c.most <= c.error, "bounded: what is not there came at most that often");
	ok(c.n < TALLY_MEMORY_MIN / sizeof(void *) / 8, "bounded: %zu counters", c.n);
	free(c.truth);
}

static void
count_windows(void *ctx, const struct tally_window *w)
{
	uint64_t *sums = ctx;

	sums[0]++;
	sums[1] += w->lines;
}

static void
test_many_windows(void)
{
	enum { LINES = 200000 };
	uint64_t sums[2] = { 0 }, late = 0;
	struct tally *t = tally_begin(&(struct tally_options){ 1000, TALLY_FOREVER, TALLY_MEMORY_MIN, 0,
	    count_windows, sums });

	for (int64_t i = 0; i < LINES; i++)
		late += !add(t, i, "x");
	ok(tally_early(t) > 0, "too many windows: the oldest are closed early");
	late += !add(t, 0, "x");
	tally_end(t);
	is_int(late, 1, "and what comes for them is late");
	is_int(sums[1], LINES, "but nothing is lost");
	is_int(sums[0], LINES, "each window is given once");
}

static void
test_columns(struct buf *b)
{
	struct tally *t;

	b->len = 0;
	t = tally_begin(&(struct tally_options){ 1000, TALLY_FOREVER, 64 << 20, 4, note, b });
	add(t, 100, "a"), add(t, 103, "b"), add(t, 101, "a");
	is_int(tally_width(t), 1000, "columns: as wide as was asked for");
	add(t, 98, "a");
	is_int(tally_width(t), 5000, "columns: wider where they do not fit");
	add(t, 86400 * 30, NULL);
	tally_add(t, 99000, "b", 1, 5);
	is_int(tally_width(t), 86400000LL * 8, "columns: days are doubled");
	tally_end(t);
	is_str(buf_str(b), "0/9:b=6,a=3;2073600/1:null=1;", "columns: nothing is lost");
}

/* Windows that are estimates, merged: still within the error. */
static void
test_merged(void)
{
	enum { KEYS = 30000 };
	struct check c = { .truth = calloc(KEYS, sizeof *c.truth) };
	struct tally *t = tally_begin(&(struct tally_options){ 1000, TALLY_FOREVER, TALLY_MEMORY_MIN, 2,
	    check_counts, &c });
	uint32_t random = 1;
	char key[24];

	for (int i = 0; i < 300000; i++) {
		uint32_t k;

		random = random * 1664525 + 1013904223;
		k = i % 3 ? (random >> 8) % 10 + (i > 150000 ? 5 : 0) : (random >> 8) % KEYS;
		c.truth[k]++;
		tally_add(t, i / 150000 * 1000, key, (size_t)snprintf(key, sizeof key, "%u.", k), 1);
	}
	c.truth[0]++;
	tally_add(t, 4000, "0.", 2, 1);
	is_int(tally_width(t), 5000, "merged: into one window");
	tally_end(t);
	is_int(c.wrong, 0, "merged: no count is too low, nor too high by more than the error");
	ok(c.error > 0, "merged: with an error of %" PRIu64, c.error);
	free(c.truth);
}

/* 2^16 keys that a hash of multiplications alone gives one value, whatever its seed: in each of
 * 16 pairs of words a change of the first one's highest bit is undone by the second. */
static void
test_hostile(struct buf *b)
{
	struct tally *t = begin(b, 0, TALLY_FOREVER);
	unsigned char key[256];
	clock_t from = clock();

	for (unsigned k = 0; k < 1u << 16; k++) {
		memset(key, 'x', sizeof key);
		for (unsigned i = 0; i < 16; i++)
			if (k >> i & 1) {
				key[16 * i + 7] ^= 0x80;
				key[16 * i + 12] ^= 0x04;
				key[16 * i + 15] ^= 0x80;
			}
		tally_add(t, 0, (const char *)key, sizeof key, 1);
	}
	ok((clock() - from) / CLOCKS_PER_SEC < 10, "keys made to collide are found as fast as others");
	tally_end(t);
}

int
main(void)
{
	struct buf b = { 0 };

	test_windows(&b);
	test_keys(&b);
	test_bound();
	test_many_windows();
	test_columns(&b);
	test_merged();
	test_hostile(&b);
	buf_free(&b);
	return done();
}
