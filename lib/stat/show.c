#include "stat/show.h"

#include <inttypes.h>

#include "base/utf8.h"
#include "base/when.h"

static size_t
shown(const struct show *s, const struct tally_window *w)
{
	return s->top && s->top < w->n ? s->top : w->n;
}

void
show_time(struct buf *b, int64_t ms)
{
	struct when w;

	when_split(ms, 0, &w);
	buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02dZ", w.year, w.month, w.day, w.hour, w.minute,
	    w.second);
}

void
show_span(struct buf *b, int64_t ms)
{
	static const struct { int seconds; char unit; } units[] = { { 86400, 'd' }, { 3600, 'h' },
		{ 60, 'm' }, { 1, 's' } };
	size_t i = 0;

	while (ms / 1000 % units[i].seconds)
		i++;
	buf_printf(b, "%" PRId64 "%c", ms / 1000 / units[i].seconds, units[i].unit);
}

void
show_key(const struct show *s, const struct tally_row *row, struct buf *b)
{
	if (!row->len)
		buf_adds(b, row->key ? "\"\"" : "-");
	for (size_t i = 0; i < row->len; i++) {
		unsigned char c = (unsigned char)row->key[i];
		/* U+0080 to U+009F are control characters too. */
		bool c1 = c == 0xc2 && i + 1 < row->len && (unsigned char)row->key[i + 1] < 0xa0;

		if (c < ' ' || c == 0x7f || c1 || (c >= 0x80 && !s->utf8))
			buf_printf(b, "\\x%02x", c);
		else
			buf_addc(b, (char)c);
		if (c1)
			buf_printf(b, "\\x%02x", (unsigned char)row->key[++i]);
	}
}

static double
percent(uint64_t part, uint64_t whole)
{
	return whole ? 100 * (double)part / (double)whole : 0;
}

void
show_table(const struct show *s, const struct tally_window *w, struct buf *b)
{
	size_t n = shown(s, w);
	uint64_t rest = w->lines;

	if (s->width) {
		show_time(b, w->begin);
		buf_addc(b, ' ');
		show_span(b, s->width);
		buf_addc(b, ' ');
	}
	buf_printf(b, "%" PRIu64 " lines by %s", w->lines, s->by);
	if (w->error)
		buf_printf(b, ", each count too high by %" PRIu64 " at most", w->error);
	buf_addc(b, '\n');
	for (size_t i = 0; i < n; i++) {
		uint64_t count = w->rows[i].count;

		rest -= count < rest ? count : rest;
		buf_printf(b, "%12" PRIu64 " %5.1f%%  ", count, percent(count, w->lines));
		show_key(s, &w->rows[i], b);
		buf_addc(b, '\n');
	}
	if (rest && !w->error)
		buf_printf(b, "%12" PRIu64 " %5.1f%%  (%zu more)\n", rest, percent(rest, w->lines), w->n - n);
}

void
show_json(const struct show *s, const struct tally_window *w, struct buf *b)
{
	for (size_t i = 0; i < shown(s, w); i++) {
		const struct tally_row *row = &w->rows[i];

		buf_adds(b, "{\"window\":");
		if (s->width) {
			buf_addc(b, '"');
			show_time(b, w->begin);
			buf_printf(b, "\",\"seconds\":%" PRId64, s->width / 1000);
		} else {
			buf_adds(b, "null,\"seconds\":null");
		}
		buf_printf(b, ",\"by\":\"%s\",\"key\":", s->by);
		if (row->key)
			utf8_json(b, row->key, row->len);
		else
			buf_adds(b, "null");
		buf_printf(b, ",\"count\":%" PRIu64 ",\"error\":%" PRIu64 ",\"lines\":%" PRIu64 "}\n",
		    row->count, w->error, w->lines);
	}
}
