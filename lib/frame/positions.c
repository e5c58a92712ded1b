#include "frame/positions.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/lines.h"
#include "base/num.h"
#include "frame/frame.h"

#define LINE_MAX_BYTES (2 * FRAME_NAME_MAX + 2 + 18 + 5) /* two names, a number, "done" */

struct list {
	const char *subject;
	positions_each *each;
	void *ctx;
	bool ended; /* the dot was there */
};

static int
bad(const struct list *l, const struct line *line, const char *why, struct err *e)
{
	return err_set(e, EX_DATAERR, "read positions: %s line %" PRIu64 ": %s", l->subject,
	    line->number, why);
}

static int
take(struct list *l, const struct line *line, struct err *e)
{
	char text[LINE_MAX_BYTES + 1], *shard, *number, *word;
	int64_t position;

	if (l->ended)
		return bad(l, line, "something follows the dot", e);
	l->ended = line->len == 1 && *line->p == '.';
	if (l->ended)
		return 0;
	memcpy(text, line->p, line->len);
	text[line->len] = '\0';
	shard = strchr(text, ' ');
	number = shard ? strchr(shard + 1, ' ') : NULL;
	if (!number || strlen(text) != line->len)
		return bad(l, line, "wants: stream shard position", e);
	*shard++ = '\0';
	*number++ = '\0';
	word = strchr(number, ' ');
	if (word)
		*word++ = '\0';
	if (word && strcmp(word, "done") != 0)
		return bad(l, line, "only \"done\" may follow the position", e);
	if (!frame_name_ok(text) || !frame_name_ok(shard))
		return bad(l, line, "a stream or shard has no proper name", e);
	if (*number < '0' || *number > '9' ||
	    num_int(number, "", 0, FRAME_POSITION_MAX, &position, e) < 0)
		return bad(l, line, "the position is no number", e);
	return l->each(l->ctx, text, shard, position, word != NULL, e);
}

static int
take_lines(struct list *l, struct lines *lines, struct err *e)
{
	struct line line;
	enum line_kind kind;

	while ((kind = lines_next(lines, &line)) != LINE_NONE) {
		if (kind != LINE_WHOLE)
			return bad(l, &line, "too long", e);
		if (!line.delimited)
			return 0; /* torn: the dot is missing */
		if (take(l, &line, e) < 0)
			return -1;
	}
	return 0;
}

int
positions_read(int fd, const char *subject, positions_each *each, void *ctx, struct err *e)
{
	struct list l = { subject, each, ctx, false };
	struct lines lines;
	ssize_t n;
	int rc;

	lines_begin(&lines, fd, subject, "\n", 1, LINE_MAX_BYTES);
	do {
		n = lines_read(&lines, e);
		rc = n < 0 ? -1 : take_lines(&l, &lines, e);
	} while (n > 0 && rc == 0);
	lines_end(&lines);
	if (rc == 0 && !l.ended)
		rc = err_set(e, EX_TEMPFAIL,
		    "read positions: %s: the list ends without its dot: what wrote it has failed", subject);
	return rc;
}

void
positions_print(struct buf *b, const char *stream, const char *shard, int64_t position,
    bool done)
{
	buf_printf(b, "%s %s %" PRId64 "%s\n", stream, shard, position, done ? " done" : "");
}

void
positions_end(struct buf *b)
{
	buf_adds(b, ".\n");
}
