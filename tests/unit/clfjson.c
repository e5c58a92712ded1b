/* Access lines as JSON. */
#include "weblog/clfjson.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tap.h"

#define TIME "[27/Jul/2026:10:00:05 +0530] "
#define WHEN "\"time\":\"2026-07-27T10:00:05+05:30\","

static void
gives(struct clfjson *j, const char *line, const char *want, const char *name)
{
	struct clf c;
	const char *why = clf_parse(line, strlen(line), &c);

	j->out.len = 0;
	if (!why)
		clfjson_add(j, &c);
	is_str(why ? why : buf_str(&j->out), want, "%s", name);
}

static void
test_lines(struct clfjson *j)
{
	gives(j, "::1 - jo " TIME "\"GET /a?b HTTP/1.1\" 200 5 \"http://x/\" \"M\"",
	    "{\"host\":\"::1\",\"ident\":null,\"user\":\"jo\"," WHEN
	    "\"request\":\"GET /a?b HTTP/1.1\",\"status\":200,\"size\":5,\"referer\":\"http://x/\","
	    "\"agent\":\"M\",\"method\":\"GET\",\"path\":\"/a\",\"query\":\"b\",\"protocol\":\"HTTP/1.1\"}\n",
	    "all there is");
	gives(j, "h - - " TIME "\"-\" - -",
	    "{\"host\":\"h\",\"ident\":null,\"user\":null," WHEN
	    "\"request\":null,\"status\":null,\"size\":null,\"referer\":null,"
	    "\"agent\":null,\"method\":null,\"path\":null,\"query\":null,\"protocol\":null}\n",
	    "nothing that can be left out");
	gives(j, "h - - " TIME "\"\\x16\\x03\\x01\" 000 0 \"\xff\xc3\xa9\" \"\\\"\\\\\\xe2\\x82\\xac\\xe2\\x82\\x00\\t\"",
	    "{\"host\":\"h\",\"ident\":null,\"user\":null," WHEN
	    "\"request\":\"\\u0016\\u0003\\u0001\",\"status\":0,\"size\":0,\"referer\":\"\xef\xbf\xbd\xc3\xa9\","
	    "\"agent\":\"\\\"\\\\\xe2\x82\xac\xef\xbf\xbd\\u0000\\t\",\"method\":null,\"path\":null,"
	    "\"query\":null,\"protocol\":null}\n",
	    "escapes, control characters and what is not UTF-8");
	gives(j, "h - - [01/Jan/2026:00:00:00 -0030] \"-\" 200 1",
	    "{\"host\":\"h\",\"ident\":null,\"user\":null,\"time\":\"2026-01-01T00:00:00-00:30\","
	    "\"request\":null,\"status\":200,\"size\":1,\"referer\":null,"
	    "\"agent\":null,\"method\":null,\"path\":null,\"query\":null,\"protocol\":null}\n",
	    "another time");
}

/* The one special byte at each place of a field, so at each place of a word. */
static void
test_places(struct clfjson *j)
{
	static const char special[] = "\x01\x1f\\\x80\xff";
	char text[40], line[128];
	size_t wrong = 0;

	for (size_t at = 0; at < sizeof text - 1; at++)
		for (const char *s = special; *s; s++) {
			struct clf c;
			size_t len;

			memset(text, 'a', sizeof text - 1);
			text[sizeof text - 1] = '\0';
			text[at] = *s;
			snprintf(line, sizeof line, "h - - " TIME "\"%s\" 200 1", text);
			if (*s == '\\' && at == sizeof text - 2)
				continue; /* it would escape the quote */
			j->out.len = 0;
			if (!clf_parse(line, strlen(line), &c))
				clfjson_add(j, &c);
			len = strcspn(buf_str(&j->out), *s == '\\' ? "\x01" : (char[]){ *s, '\0' });
			wrong += j->out.len == 0 || len != j->out.len ||
			    (*s == '\\' && !strstr(j->out.p, "\\\\"));
		}
	is_int(wrong, 0, "a byte that must be rewritten, wherever it is");
}

static void
test_large(struct clfjson *j)
{
	size_t len = 1024 * 1024;
	char *line = mem_alloc(len + 1);
	struct clf c;

	memset(line, 1, len);
	memcpy(line, "h - - " TIME "\"", 7 + sizeof TIME - 1);
	memcpy(line + len - 7, "\" 200 1", 7);
	j->out.len = 0;
	is_str(clf_parse(line, len, &c), NULL, "a large line");
	clfjson_add(j, &c);
	ok(j->out.len <= 12 * len + 400, "is at most twelve times as large");
	free(line);
}

int
main(void)
{
	struct clfjson j = { 0 };

	test_lines(&j);
	test_places(&j);
	test_large(&j);
	clfjson_free(&j);
	return done();
}
