/* The time of an access line. */
#include "weblog/clf.h"

#include <stdlib.h>

#include "base/mem.h"
#include "tap.h"

/* The line is copied to the exact size, so that a sanitizer sees a read behind it. */
static bool
find(const char *line, struct when *w)
{
	size_t len = strlen(line);
	char *exact = mem_alloc(len ? len : 1);
	bool found;

	memcpy(exact, line, len);
	found = clf_time(exact, len, w);
	free(exact);
	return found;
}

static void
finds(const char *line, const char *iso, int zone, const char *name)
{
	struct when w;
	char text[WHEN_TEXT] = "none";

	if (find(line, &w))
		when_iso(when_ms(&w), text);
	if (is_str(text, iso, "%s", name))
		is_int(w.zone, zone, "%s: zone", name);
}

static void
finds_none(const char *line, const char *name)
{
	struct when w;

	ok(!find(line, &w), "%s", name);
}

#define REQUEST "\"GET / HTTP/1.1\" 200 1 \"-\" \"-\""

static void
test_lines(void)
{
	finds("1.2.3.4 - - [27/Jul/2026:10:00:05 -0800] " REQUEST, "2026-07-27T18:00:05.000Z", -480,
	    "combined");
	finds("1.2.3.4 - - [29/Feb/2024:00:00:00 +0530] \"GET / HTTP/1.0\" 200 1",
	    "2024-02-28T18:30:00.000Z", 330, "common, a leap day");
	finds("2001:db8::1 - - [27/Jul/2026:10:00:05 +0000] " REQUEST, "2026-07-27T10:00:05.000Z",
	    0, "IPv6");
	finds("[2001:db8::1] - - [27/Jul/2026:10:00:05 +0000] " REQUEST,
	    "2026-07-27T10:00:05.000Z", 0, "IPv6 in brackets");
	finds("h - John Q [x] Public [27/Jul/2026:10:00:05 +0000] " REQUEST,
	    "2026-07-27T10:00:05.000Z", 0, "a user with spaces and brackets");
	finds("h - \"\" [27/Jul/2026:10:00:05 +0000] " REQUEST, "2026-07-27T10:00:05.000Z", 0,
	    "an empty user");
	finds("h - x [01/Jan/2000:00:00:00 +0000] [27/Jul/2026:10:00:05 +0000] " REQUEST,
	    "2026-07-27T10:00:05.000Z", 0, "a user that looks like a time");
	finds("h - x [01/Jan/2000:00:00:00 +0000] \\\"[27/Jul/2026:10:00:05 +0000] " REQUEST,
	    "2026-07-27T10:00:05.000Z", 0, "a user that looks like a time and a request");
	finds("h - - [31/Dec/2016:23:59:60 +0000] " REQUEST, "2017-01-01T00:00:00.000Z", 0,
	    "a leap second");
	finds("h - - [27/Jul/2026:10:00:05 +0000]", "2026-07-27T10:00:05.000Z", 0,
	    "nothing behind the time");
}

static void
test_no_time(void)
{
	finds_none("", "an empty line");
	finds_none("[", "a bracket");
	finds_none("h - - [27/Jul/2026:10:00:05 +0000", "no closing bracket");
	finds_none("[27/Jul/2026:10:00:05 +0000] \"GET", "a time in the first field");
	finds_none("h - - [27/Jul/2026:10:00:05 +0000] GET", "no quote behind the time");
	finds_none("h - - [31/Jun/2026:10:00:05 +0000] " REQUEST, "no such day");
	finds_none("h - - [29/Feb/2026:10:00:05 +0000] " REQUEST, "no leap year");
	finds_none("h - - [27/jul/2026:10:00:05 +0000] " REQUEST, "no such month");
	finds_none("h - - [27/Jul/2026:24:00:05 +0000] " REQUEST, "no such hour");
	finds_none("h - - [27/Jul/2026:10:60:05 +0000] " REQUEST, "no such minute");
	finds_none("h - - [27/Jul/2026:10:00:61 +0000] " REQUEST, "no such second");
	finds_none("h - - [27/Jul/2026:10:00:05 +0060] " REQUEST, "no such zone");
	finds_none("h - - [27/Jul/2026:10:00:05 +9900] " REQUEST, "a zone beyond a day");
	finds_none("h - - [27/Jul/2026:10:00:05 00000] " REQUEST, "a zone without a sign");
	finds_none("h - - [27-Jul-2026:10:00:05 +0000] " REQUEST, "other separators");
	finds_none("h - - [ 7/Jul/2026:10:00:05 +0000] " REQUEST, "a space for a digit");
	finds_none("{\"time\":\"2026-07-27T10:00:05Z\", \"a\": [1, 2]}", "JSON");
}

/* Whole is the time alone, or with the quote behind it. */
static void
test_cut(void)
{
	char line[] = "h - - [27/Jul/2026:10:00:05 +0000] \"GET / HTTP/1.1\"", cut[sizeof line];
	size_t whole = strcspn(line, "]") + 1;
	struct when w;

	for (size_t len = 0; len < sizeof line; len++) {
		memcpy(cut, line, len);
		cut[len] = '\0';
		is_int(find(cut, &w), len == whole || len > whole + 1, "cut after %zu bytes", len);
	}
}

static void
test_hostile(void)
{
	size_t len = 4 * 1024 * 1024;
	char *line = mem_alloc(len);
	struct when w;

	memset(line, '[', len);
	memcpy(line, "h - ", 4);
	ok(!clf_time(line, len, &w), "nothing but brackets");
	ok(!clf_time("h - - [\0\0/Jul/2026:10:00:05 +0000] \"G", 37, &w), "NUL bytes");
	ok(!clf_time("h - - [27\0Jul/2026:10:00:05 +0000] \"G", 37, &w), "a NUL for a separator");
	free(line);
}

static void
test_text(void)
{
	struct when w;
	char text[CLF_TIME + 1] = { 0 };

	when_split(1785175205000, -480, &w);
	clf_time_text(&w, text);
	is_str(text, "27/Jul/2026:10:00:05 -0800", "written west");
	when_split(0, 345, &w);
	clf_time_text(&w, text);
	is_str(text, "01/Jan/1970:05:45:00 +0545", "written east");
}

/* A field as the bytes it stands for, NUL-ended; "(null)" for none. */
static const char *
field(struct clf_text t)
{
	static struct buf b;

	b.len = 0;
	if (!t.p)
		return "(null)";
	clf_bytes(t, &b);
	return buf_str(&b);
}

static const char *
parse(const char *line, struct clf *c)
{
	static char *exact;
	size_t len = strlen(line);

	free(exact);
	exact = mem_alloc(len);
	memcpy(exact, line, len);
	return clf_parse(exact, len, c);
}

#define TIME "[27/Jul/2026:10:00:05 -0800]"

static void
test_fields(void)
{
	struct clf c;

	is_str(parse("::1 id Jo Do " TIME " \"GET / HTTP/1.1\" 304 0 \"-\" \"\"", &c), NULL, "combined");
	is_str(field(c.host), "::1", "host");
	is_str(field(c.ident), "id", "ident");
	is_str(field(c.user), "Jo Do", "a user with a space");
	is_str(field(c.request), "GET / HTTP/1.1", "request");
	is_int(c.status, 304, "status");
	is_int(c.size, 0, "size");
	ok(!c.referer.p, "no referer");
	is_str(field(c.agent), "", "an empty agent");
	is_int(c.time.zone, -480, "zone");
	is_str(parse("h - - " TIME " \"-\" - -\r", &c), NULL, "common, with a CR");
	ok(!c.ident.p && !c.user.p && !c.request.p && !c.agent.p, "all dashes");
	is_int(c.status, -1, "no status");
	is_int(c.size, -1, "no size");
	is_str(parse("h - - " TIME " \"\" 000 999999999999999999", &c), NULL, "an empty request");
	is_int(c.size, 999999999999999999, "the largest size");
	is_int(c.status, 0, "status 000");
	is_str(parse("h - - " TIME " \"a\\\"b\\\\\" 200 1 \"\\\"\" \"\\\\\"", &c), NULL,
	    "quotes and backslashes");
	is_str(field(c.request), "a\"b\\", "in the request");
	is_str(field(c.referer), "\"", "a referer of a quote");
	is_str(field(c.agent), "\\", "an agent of a backslash");
	is_str(field((struct clf_text){ "\\x41\\xe9\\xZ1\\x4\\t\\q\\", 20 }), "A\xe9\\xZ1\\x4\t\\q\\",
	    "escapes, and what is none");
}

/* A line that is refused, and a word of the reason. */
static void
refuses(const char *line, const char *word)
{
	struct clf c;
	const char *why = parse(line, &c);

	ok(why && strstr(why, word), "refused, %s: %s", word, why ? why : line);
}

static void
test_refused(void)
{
	char line[] = "h - - " TIME " \"GET / HTTP/1.1\" 200 12 \"-\" \"x\"", *exact;
	struct clf c;
	size_t n = 0;

	refuses("", "empty");
	refuses("\r", "empty");
	refuses("{\"time\":1}", "no time");
	refuses("h - - [27/Jul/2026:10:00:05] \"GET / HTTP/1.1\" 200 1", "no time");
	refuses("h - " TIME " \"-\" 200 1", "not host");
	refuses(" - - " TIME " \"-\" 200 1", "not host");
	refuses("h  - " TIME " \"-\" 200 1", "not host");
	refuses("\1h - - " TIME " \"-\" 200 1", "control");
	refuses("www.example.com:80 1.2.3.4 - - " TIME " \"-\" 200 1", "virtual host");
	refuses("[::1]:443 1.2.3.4 - - " TIME " \"-\" 200 1", "virtual host");
	refuses("www.example.com 1.2.3.4 - - " TIME " \"-\" 200 1", "virtual host");
	refuses("h - - " TIME " \"GET / HTTP/1.1\\\" 200 1", "request");
	refuses("h - - " TIME " \"a\"b\" 200 1", "status");
	refuses("h - - " TIME " \"-\" 20 1", "status");
	refuses("h - - " TIME " \"-\" 2000 1", "size");
	refuses("h - - " TIME " \"-\" 200", "size");
	refuses("h - - " TIME " \"-\" 200 1000000000000000000", "referer");
	refuses("h - - " TIME " \"-\" 200 1 x", "referer");
	refuses("h - - " TIME " \"-\" 200 1 \"x\"", "agent");
	refuses("h - - " TIME " \"-\" 200 1 \"x\" \"y\"\"z\"", "no space behind the agent");
	is_str(clf_parse("\0\0h - - " TIME " \"-\" 200 1", 47, &c), "a control character in the host",
	    "NULs of a crash");
	/* Of the beginnings of a line, those that end at the size or behind the agent are lines. */
	for (size_t len = 0; len < sizeof line; len++) {
		exact = mem_alloc(len);
		memcpy(exact, line, len);
		n += clf_parse(exact, len, &c) == NULL;
		free(exact);
	}
	is_int(n, 3, "no cut line passes but where the size is cut or the common format ends");
}

static void
test_more(void)
{
	struct clf c;

	is_str(parse("h - - " TIME " \"-\" 200 1 \"x\" \"y\" \"z\" 0.5\r", &c), NULL, "more fields");
	is_int(c.more.p && c.more.len == 7 && memcmp(c.more.p, "\"z\" 0.5", 7) == 0, 1, "are told as they are");
	is_str(parse("h - - " TIME " \"-\" 200 1 \"x\" \"y\"", &c), NULL, "none");
	is_int(c.more.p == NULL, 1, "is NULL");
}

static void
splits(const char *request, const char *want)
{
	struct clf_request r;
	struct buf b = { 0 };

	clf_request((struct clf_text){ request, strlen(request) }, &r);
	buf_adds(&b, field(r.method));
	buf_printf(&b, "|%s", field(r.path));
	buf_printf(&b, "|%s", field(r.query));
	buf_printf(&b, "|%s", field(r.protocol));
	is_str(buf_str(&b), want, "%s", request);
	buf_free(&b);
}

static void
test_request(void)
{
	const char *none = "(null)|(null)|(null)|(null)";
	struct clf_request r;

	splits("GET / HTTP/1.1", "GET|/|(null)|HTTP/1.1");
	splits("GET /a?b?c=d HTTP/2.0", "GET|/a|b?c=d|HTTP/2.0");
	splits("GET /? HTTP/1.1", "GET|/||HTTP/1.1");
	splits("GET /a b c HTTP/1.1", "GET|/a b c|(null)|HTTP/1.1");
	splits("GET /", "GET|/|(null)|(null)");
	splits("OPTIONS * HTTP/1.0", "OPTIONS|*|(null)|HTTP/1.0");
	splits("M-SEARCH * HTTP/1.1", "M-SEARCH|*|(null)|HTTP/1.1");
	splits("CONNECT example.com:443 HTTP/1.1", "CONNECT|example.com:443|(null)|HTTP/1.1");
	splits("", none);
	splits("GET", none);
	splits("GET ", none);
	splits("GET  HTTP/1.1", none);
	splits(" / HTTP/1.1", none);
	splits("GET / a", none);
	splits("\\x16\\x03\\x01 \\x02", none);
	splits("SSH-2.0-OpenSSH_9.2", none);
	clf_request((struct clf_text){ 0 }, &r);
	ok(!r.method.p, "no request");
}

int
main(void)
{
	test_fields();
	test_refused();
	test_more();
	test_request();
	test_lines();
	test_no_time();
	test_cut();
	test_hostile();
	test_text();
	return done();
}
