/* Lists of positions, whole and broken. */
#include "frame/positions.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static int
keep(void *ctx, const char *stream, const char *shard, int64_t position, bool done,
    struct err *e)
{
	if (position == 13)
		return err_set(e, EX_NOPERM, "not this one");
	buf_printf(ctx, "[%s|%s|%" PRId64 "%s]", stream, shard, position, done ? "|done" : "");
	return 0;
}

/* Read `len` bytes as a list: 0 or the status; got is what `keep` was told. */
static int
read_list(const char *text, size_t len, struct buf *got)
{
	struct err e = { 0 };
	int fd[2], rc;

	got->len = 0;
	if (pipe(fd) < 0 || write(fd[1], text, len) != (ssize_t)len)
		return -1;
	close(fd[1]);
	rc = positions_read(fd[0], "list", keep, got, &e);
	close(fd[0]);
	return rc < 0 ? e.status : 0;
}

static void
check(const char *text, int status, const char *told, const char *name)
{
	struct buf got = { 0 };

	is_int(read_list(text, strlen(text), &got), status, "%s: status", name);
	is_str(buf_str(&got), told, "%s: what was told", name);
	buf_free(&got);
}

int
main(void)
{
	struct buf b = { 0 }, got = { 0 };
	char line[700];

	positions_print(&b, "file", "8-1024-abc", 0, true);
	positions_print(&b, "t.x", "12", INT64_C(999999999999999999), false);
	positions_end(&b);
	check(buf_str(&b), 0, "[file|8-1024-abc|0|done][t.x|12|999999999999999999]", "printed and read");
	for (size_t cut = 0; cut < b.len; cut++)
		if (read_list(b.p, cut, &got) != EX_TEMPFAIL)
			ok(false, "cut after %zu bytes", cut);
	ok(true, "cut anywhere it is 75");
	check(".\n", 0, "", "an empty list");
	check("", 75, "", "nothing at all");
	check(".", 75, "", "half a dot");
	check(".\n.\n", 65, "", "two lists");
	check(".\na b 1\n", 65, "", "a line behind the dot");
	check("a b 13\n.\n", 77, "", "a line that is refused");
	check("a b\n.\n", 65, "", "two words");
	check("a b 1 2\n.\n", 65, "", "four words");
	check("a b 1 \n.\n", 65, "", "a space behind");
	check("a b 1 done 2\n.\n", 65, "", "five words");
	check("a  b 1\n.\n", 65, "", "two spaces");
	check(" a b 1\n.\n", 65, "", "a space before");
	check("a b -1\n.\n", 65, "", "a negative position");
	check("a b +1\n.\n", 65, "", "a sign");
	check("a b 1x\n.\n", 65, "", "not quite a number");
	check("a b 1000000000000000000\n.\n", 65, "", "19 digits");
	check("\n.\n", 65, "", "an empty line");
	is_int(read_list("a b\0c 1\n.\n", 10, &got), 65, "a NUL");
	is_int(read_list("a b 1\0 2\n.\n", 11, &got), 65, "a NUL behind the number");
	snprintf(line, sizeof line, "%0600d b 1\n.\n", 7);
	check(line, 65, "", "a name that is too long");
	buf_free(&b);
	buf_free(&got);
	return done();
}
