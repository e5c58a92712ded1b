/* The time and a column of a log line, of both kinds. */
#include "weblog/column.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/when.h"
#include "tap.h"
#include "weblog/clfjson.h"

#define LINE "::1 - jo [27/Jul/2026:10:00:05 +0530] \"GET /a\\\"\\xc3\\xa9?b HTTP/1.1\" 200 5 \"-\" \"\\xff\\t\""
#define TIME "\"time\":\"2026-07-27T10:00:05+05:30\""

/* "2026-07-27T04:30:05.000Z key", "… null" or why there is none. */
static const char *
read_line(const char *name, const char *line)
{
	static struct buf b;
	size_t len = strlen(line);
	char *exact = mem_alloc(len), iso[WHEN_TEXT];
	struct column_value v = { 0 };
	struct column c;
	const char *why;

	memcpy(exact, line, len);
	if (column_begin(&c, name) < 0)
		why = "no such column";
	else
		why = column_read(&c, exact, len, &v);
	b.len = 0;
	if (!why) {
		when_iso(v.ms, iso);
		buf_printf(&b, "%s ", iso);
		buf_add(&b, v.key ? v.key : "null", v.key ? v.len : 4);
	}
	column_end(&c);
	free(exact);
	return why ? why : buf_str(&b);
}

#define AT "2026-07-27T04:30:05.000Z "

static void
test_access(void)
{
	static const char *const want[] = { AT "::1", AT "null", AT "jo", AT "GET /a\"é?b HTTP/1.1",
		AT "200", AT "5", AT "null", AT "\xef\xbf\xbd\t", AT "GET", AT "/a\"é", AT "b",
		AT "HTTP/1.1" };
	struct clfjson j = { 0 };
	struct clf f;

	clf_parse(LINE, strlen(LINE), &f);
	clfjson_add(&j, &f);
	for (int i = 0; column_names[i]; i++) {
		is_str(read_line(column_names[i], LINE), want[i], "%s of an access line", column_names[i]);
		j.out.p[j.out.len - 1] = '\0';
		is_str(read_line(column_names[i], j.out.p), want[i], "%s of its JSON", column_names[i]);
	}
	is_str(read_line("path", LINE " \t\r"), AT "/a\"é", "white space at the end");
	is_str(read_line("time", LINE), "no such column", "a column that is none");
	is_str(read_line("status", "x"), "no time in brackets with a request in quotes behind it",
	    "not an access line");
	is_str(read_line("status", ""), "it is empty", "an empty line");
	clfjson_free(&j);
}

static void
test_json(void)
{
	is_str(read_line("host", "{" TIME ",\"host\":\"h\"}\t"), AT "h", "Hadoop's tab behind it");
	is_str(read_line("host", "{ \"x\" : [1,\"]\\\"\",{}] , " TIME ", \"host\" : true , \"y\":{\"host\":1}} "),
	    AT "true", "spaces and nested values");
	is_str(read_line("host", "{\"host\":\"a\\u00e9\\ud83d\\ude00x\\u0000\\/\"," TIME "}"),
	    AT "aé\xf0\x9f\x98\x80x", "escapes, a NUL");
	is_str(read_line("host", "{\"host\":\"\"," TIME "}"), AT, "an empty text");
	is_str(read_line("status", "{\"status\":-1.5e+3," TIME "}"), AT "-1500.0", "a number that is not whole");
	is_str(read_line("host", "{" TIME "}"), "the column is not among its members", "a member that is missing");
	is_str(read_line("host", "{" TIME ",\"host\":[]}"), "the column is not among its members", "a list");
	is_str(read_line("host", "{\"host\":1}"), "no member \"time\" in ISO 8601", "no time");
	is_str(read_line("host", "{\"host\":1,\"time\":5}"), "no member \"time\" in ISO 8601", "time as a number");
	is_str(read_line("host", "{\"host\":1,\"time\":\"2026-07-27T10:00:05Zx\"}"),
	    "no member \"time\" in ISO 8601", "more behind the time");
}

static void
test_long(void)
{
	struct buf b = { 0 };

	/* 100,000 values, and as many commas in a text. */
	buf_adds(&b, "{" TIME ",\"host\":\"h\",\"a\":[1");
	for (int i = 0; i < 99995; i++)
		buf_adds(&b, ",1");
	buf_adds(&b, "],\"b\":\"\\\"");
	for (int i = 0; i < 100000; i++)
		buf_addc(&b, ',');
	is_str(read_line("host", (buf_adds(&b, "\"}"), buf_str(&b))), AT "h", "very many values");
	b.len--;
	buf_adds(&b, ",\"c\":1}");
	is_str(read_line("host", buf_str(&b)), "more than 100000 values", "and one more");
	buf_free(&b);
	is_str(read_line("host", "{\"host\":1," TIME ",\"id\":18446744073709551615}"), "a number beyond 64 bits",
	    "a number that is too big");
}

static void
test_broken(void)
{
	static const char *const lines[] = { "{", "{\"", "{\"host\"", "{\"host\":", "{\"host\":\"",
		"{\"host\":\"\\\"}", "{\"host\":1", "{\"host\":1," TIME, "{\"host\":1," TIME "} x",
		"{\"host\":1,," TIME "}", "{\"host\":," TIME "}", "{\"host\":[1," TIME "}",
		"{\"host\":\"\\q\"," TIME "}", "{\"host\":\"\\u12\"," TIME "}", "{host:1," TIME "}",
		"{\"x\":[\"," TIME "}", "{\"host\":abc-1," TIME "}", "{\"x\":[}," TIME "}",
		"{\"host\":\"a\tb\"," TIME "}", "{\"host\":\"\\ud83dx\"," TIME "}", "{\"host\":\"\xff\"," TIME "}" };
	char line[] = "{" TIME ",\"a\":[{\"b\":\"\\\"\"}],\"host\":\"\\u00e9\"}", cut[sizeof line];
	size_t passed = 0;

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		is_str(read_line("host", lines[i]), "not JSON", "%s", lines[i]);
	for (size_t len = 1; len < sizeof line; len++) {
		memcpy(cut, line, len);
		cut[len] = '\0';
		passed += strcmp(read_line("host", cut), "not JSON") != 0;
	}
	is_int(passed, 1, "no object that is cut passes");
}

int
main(void)
{
	test_access();
	test_json();
	test_long();
	test_broken();
	return done();
}
