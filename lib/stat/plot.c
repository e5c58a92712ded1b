#define _XOPEN_SOURCE 700 /* wcwidth */
#include "stat/plot.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "base/mem.h"
#include "base/when.h"

#define HEIGHT 8
#define STEPS 8  /* of a cell */
#define NUMBERS 17 /* behind each row: count and share */

static const char *const up[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const up_ascii[] = { " ", ".", ".", ":", ":", ":", "#", "#", "#" };
static const char *const right[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█" };
static const char *const right_ascii[] = { "", "", "", "", "#", "#", "#", "#", "#" };

struct series {
	char *label;
	size_t cells;    /* that the label takes */
	char *key;       /* or NULL */
	size_t len;
	uint64_t count;
	uint64_t *lines; /* in each column */
};

struct plot {
	const struct show *s;
	struct tally *whole;
	struct series *top;
	size_t ntop, more;
	uint64_t all, rest, error;
	uint64_t *lines;
	int64_t first, last; /* the windows' begins */
	size_t columns;
	size_t left, stretch, cells; /* of the label; of a column; of all columns */
	struct buf *b;
};

int64_t
plot_columns(int width)
{
	int left = width / 5 < 24 ? width / 5 : 24;

	return width - left - 2 - NUMBERS;
}

/* Cut to as many cells as there may be; gives how many they are. */
static size_t
cut(struct buf *label, size_t most, bool utf8)
{
	const char *p = buf_str(label);
	mbstate_t state = { 0 };
	size_t cells = 0, n;
	wchar_t c;
	int w;

	for (; *p; p += n) {
		n = utf8 ? mbrtowc(&c, p, MB_LEN_MAX, &state) : 1;
		if (n == 0 || n > MB_LEN_MAX)
			break; /* not this locale's after all */
		w = utf8 ? wcwidth(c) : 1;
		if (w < 0 || cells + (size_t)w > most)
			break;
		cells += (size_t)w;
	}
	label->len = (size_t)(p - label->p);
	label->p[label->len] = '\0';
	return cells;
}

static void
add_row(struct plot *p, const struct tally_row *row, size_t most)
{
	struct series *s = &p->top[p->ntop++];
	struct buf label = { 0 };

	show_key(p->s, row, &label);
	s->cells = cut(&label, most, p->s->utf8);
	s->label = label.p;
	s->key = row->key ? mem_dupn(row->key, row->len) : NULL;
	s->len = row->len;
	s->count = row->count;
	s->lines = mem_alloc(p->columns * sizeof *s->lines);
	if (s->cells > p->left)
		p->left = s->cells;
}

/* What came most of all, out of the one window of `whole`. */
static void
choose(void *ctx, const struct tally_window *w)
{
	struct plot *p = ctx;
	size_t n = p->s->top && p->s->top < w->n ? p->s->top : w->n, most = p->left;

	p->top = mem_alloc(n * sizeof *p->top);
	p->rest = w->lines;
	p->more = w->n - n;
	p->error += w->error;
	p->left = (size_t)snprintf(NULL, 0, "%" PRIu64, p->all);
	p->left = p->left < 6 ? 6 : p->left < most ? p->left : most;
	for (size_t i = 0; i < n; i++) {
		add_row(p, &w->rows[i], most);
		p->rest -= w->rows[i].count < p->rest ? w->rows[i].count : p->rest;
	}
}

static void
sum_up(void *ctx, const struct tally_window *w)
{
	struct plot *p = ctx;

	p->first = p->all ? p->first : w->begin;
	p->last = w->begin;
	p->all += w->lines;
	p->error += w->error;
	for (size_t i = 0; i < w->n; i++)
		tally_add(p->whole, 0, w->rows[i].key, w->rows[i].len, w->rows[i].count);
}

static bool
same(const struct series *s, const struct tally_row *row)
{
	if (!s->key || !row->key)
		return !s->key && !row->key;
	return s->len == row->len && memcmp(s->key, row->key, row->len) == 0;
}

static void
fill(void *ctx, const struct tally_window *w)
{
	struct plot *p = ctx;
	size_t at = p->s->width ? (size_t)((w->begin - p->first) / p->s->width) : 0;

	p->lines[at] = w->lines;
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < p->ntop; k++)
			if (same(&p->top[k], &w->rows[i])) {
				p->top[k].lines[at] = w->rows[i].count;
				break;
			}
}

static uint64_t
highest(const struct plot *p, const uint64_t *lines)
{
	uint64_t max = 1;

	for (size_t i = 0; i < p->columns; i++)
		max = lines[i] > max ? lines[i] : max;
	return max;
}

/* n of max in whole steps; what is there is seen. */
static size_t
scale(uint64_t n, uint64_t max, size_t steps)
{
	size_t scaled = (size_t)((double)n / (double)max * (double)steps + 0.5);

	return n && !scaled ? 1 : scaled;
}

/* Row `row` from below of the area that is `height` rows high. */
static void
draw_row(const struct plot *p, const uint64_t *lines, uint64_t max, size_t row, size_t height)
{
	for (size_t i = 0; i < p->columns; i++) {
		size_t steps = scale(lines[i], max, height * STEPS), below = row * STEPS;
		size_t level = steps <= below ? 0 : steps - below > STEPS ? STEPS : steps - below;

		for (size_t k = 0; k < p->stretch; k++)
			buf_adds(p->b, (p->s->utf8 ? up : up_ascii)[level]);
	}
}

static void
draw_area(const struct plot *p)
{
	uint64_t max = highest(p, p->lines);

	for (size_t row = HEIGHT; row--;) {
		if (row == HEIGHT - 1 || row == HEIGHT / 2 - 1)
			buf_printf(p->b, "%*" PRIu64, (int)p->left, row == HEIGHT - 1 ? max : max / 2);
		else
			buf_printf(p->b, "%*s", (int)p->left, "");
		buf_adds(p->b, p->s->utf8 ? " ┤" : " |");
		draw_row(p, p->lines, max, row, HEIGHT);
		buf_addc(p->b, '\n');
	}
}

/* A time as short as the span and the width of the windows allow. */
static int
axis_time(const struct plot *p, int64_t ms, char *text, size_t size)
{
	int64_t span = p->last + p->s->width - p->first;
	struct when w;
	int n = 0;

	when_split(ms, 0, &w);
	if (span > 366 * INT64_C(86400000))
		return snprintf(text, size, "%04d-%02d-%02d", w.year, w.month, w.day);
	if (span > 86400000)
		n = snprintf(text, size, "%02d-%02d ", w.month, w.day);
	n += snprintf(text + n, size - (size_t)n, "%02d:%02d", w.hour, w.minute);
	if (p->s->width < 60000)
		n += snprintf(text + n, size - (size_t)n, ":%02d", w.second);
	return n;
}

static void
draw_axis(const struct plot *p)
{
	size_t marks = p->cells / 20 ? p->cells / 20 : 1, at = 0;
	char text[64];

	buf_printf(p->b, "%*s", (int)p->left, "0");
	buf_adds(p->b, p->s->utf8 ? " └" : " +");
	for (size_t i = 0; i < p->cells; i++)
		buf_adds(p->b, p->s->utf8 ? "─" : "-");
	buf_printf(p->b, "\n%*s", (int)p->left + 2, "");
	for (size_t i = 0; i < marks; i++) {
		size_t cell = i * p->cells / marks / p->stretch * p->stretch;
		int64_t ms = p->first + (int64_t)(cell / p->stretch) * p->s->width;

		if (i && cell <= at)
			continue; /* within the last one: a column is wider than a mark */
		buf_printf(p->b, "%*s", (int)(cell - at), "");
		at = cell + (size_t)axis_time(p, ms, text, sizeof text);
		buf_adds(p->b, text);
	}
	buf_addc(p->b, '\n');
}

static void
draw_label(const struct plot *p, const struct series *s)
{
	buf_adds(p->b, s->label);
	buf_printf(p->b, "%*s", (int)(p->left - s->cells + 2), "");
}

static void
draw_numbers(const struct plot *p, uint64_t count)
{
	buf_printf(p->b, " %8" PRIu64 " %5.1f%%\n", count, 100 * (double)count / (double)p->all);
}

static void
draw_bar(const struct plot *p, const struct series *s)
{
	size_t steps = scale(s->count, p->top[0].count, p->cells * STEPS), cells = 0;
	const char *const *cell = p->s->utf8 ? right : right_ascii;

	for (; steps; steps -= steps < STEPS ? steps : STEPS) {
		const char *c = cell[steps < STEPS ? steps : STEPS];

		buf_adds(p->b, c);
		cells += *c != '\0';
	}
	buf_printf(p->b, "%*s", (int)(p->cells - cells), "");
}

static void
draw(const struct plot *p)
{
	char more[40];

	buf_printf(p->b, "%" PRIu64 " lines by %s", p->all, p->s->by);
	if (p->s->width) {
		buf_adds(p->b, " from ");
		show_time(p->b, p->first);
		buf_adds(p->b, ", ");
		show_span(p->b, p->s->width);
		buf_adds(p->b, " each");
	}
	if (p->error)
		buf_printf(p->b, ", each count wrong by %" PRIu64 " at most", p->error);
	buf_addc(p->b, '\n');
	if (p->columns > 1) {
		draw_area(p);
		draw_axis(p);
	}
	for (size_t i = 0; i < p->ntop; i++) {
		draw_label(p, &p->top[i]);
		if (p->columns > 1)
			draw_row(p, p->top[i].lines, highest(p, p->top[i].lines), 0, 1);
		else
			draw_bar(p, &p->top[i]);
		draw_numbers(p, p->top[i].count);
	}
	if (p->more && !p->error) {
		snprintf(more, sizeof more, "(%zu more)", p->more);
		buf_printf(p->b, "%-*s", (int)(p->left + 2 + p->cells), more);
		draw_numbers(p, p->rest);
	}
}

void
plot_draw(const struct show *s, const struct tally *t, int width, size_t memory, struct buf *b)
{
	struct plot p = { .s = s, .b = b };
	const struct tally_options whole = { .lateness = TALLY_FOREVER, .memory = memory,
		.closed = choose, .ctx = &p };
	size_t fit = (size_t)plot_columns(width);

	p.whole = tally_begin(&whole);
	tally_each(t, sum_up, &p);
	p.columns = s->width ? (size_t)((p.last - p.first) / s->width) + 1 : 1;
	p.left = (size_t)width - fit - 2 - NUMBERS;
	p.lines = mem_alloc(p.columns * sizeof *p.lines);
	tally_end(p.whole);
	tally_each(t, fill, &p);
	fit = (size_t)width - p.left - 2 - NUMBERS;
	p.stretch = p.columns > 1 ? fit / p.columns : 1;
	p.cells = p.columns > 1 ? p.columns * p.stretch : fit;
	if (p.all)
		draw(&p);
	for (size_t i = 0; i < p.ntop; i++) {
		free(p.top[i].label);
		free(p.top[i].key);
		free(p.top[i].lines);
	}
	free(p.top);
	free(p.lines);
}
