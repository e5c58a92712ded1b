/* format and range: what the command line says of records. */
#include "tap.h"

#include "kafka/format.h"
#include "kafka/range.h"

static void
prints(const char *text, const rd_kafka_message_t *m, const char *want, size_t len)
{
	struct err e = { 0 };
	struct buf out = { 0 };
	struct format *f = format_compile(text, &e);

	if (ok(f != NULL, "%s compiles", text)) {
		format_record(f, m, &out);
		ok(out.len == len && (!len || memcmp(out.p, want, len) == 0), "%s prints what it should", text);
	}
	format_free(f);
	buf_free(&out);
}

static void
formats(void)
{
	static char value[] = "a\0b\n", key[] = "";
	rd_kafka_message_t m = { .payload = value, .len = 4, .key = key, .key_len = 0,
		.partition = 7, .offset = INT64_MAX };
	rd_kafka_message_t null = { .offset = 0 };
	static const char *const bad[] = { "%", "%q", "\\", "\\q", "\\x", "\\x4", "\\xg0", "%%%" };

	prints("", &m, "", 0);
	prints("%s", &m, "a\0b\n", 4);
	prints("%S,%K", &m, "4,0", 3);
	prints("%R", &m, "\0\0\0\4", 4);
	prints("%p:%o", &m, "7:9223372036854775807", 21);
	prints("%%s\\x25s\\t\\n\\r\\0\\\\", &m, "%s%s\t\n\r\0\\", 9);
	prints("[%s%k]%S %K", &null, "[]-1 -1", 7);
	prints("%R", &null, "\377\377\377\377", 4);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err e = { 0 };

		ok(!format_compile(bad[i], &e) && e.status == EX_USAGE, "%s is refused", bad[i]);
	}
}

static void
starts(const char *text, enum range_kind kind, int64_t n)
{
	struct range_start s = { RANGE_BEGINNING, -1 };
	int64_t until = -1;
	struct err e;

	is_int(range_parse(text, &s, &until, &e), 0, "-o %s", text);
	is_int(s.kind, kind, "-o %s: kind", text);
	is_int(s.n, n, "-o %s: value", text);
	is_int(until, -1, "-o %s: no end", text);
}

static void
offsets(void)
{
	static const char *const bad[] = { "", "1x", "-", "--1", "begin", "@", "@x", "s@", "e@", "+",
		"9223372036854775807", "-9223372036854775808" };
	struct range_start s = { RANGE_END, 0 };
	int64_t until = -1;
	struct err e;

	starts("beginning", RANGE_BEGINNING, 0);
	starts("end", RANGE_END, 0);
	starts("stored", RANGE_STORED, 0);
	starts("0", RANGE_OFFSET, 0);
	starts("17", RANGE_OFFSET, 17);
	starts("-10", RANGE_LAST, 10);
	starts("@5", RANGE_TIME, 5);
	starts("s@5", RANGE_TIME, 5);
	starts("@1970-01-01T00:00:01Z", RANGE_TIME, 1000);
	is_int(range_parse("e@7", &s, &until, &e), 0, "-o e@7");
	ok(until == 7 && s.kind == RANGE_END, "is an end, not a start");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ok(range_parse(bad[i], &s, &until, &e) < 0 && e.status == EX_USAGE, "-o '%s' is refused",
		    bad[i]);
}

static void
partitions(void)
{
	static const char *const bad[] = { "", ",", "1,", ",1", "1,,2", "1-", "-1", "2-1", "a", "1 ",
		"2147483647", "99999999999999999999" };
	struct range_parts p = { .n = 0 };
	struct err e;

	ok(range_has(&p, 5), "without a list every partition is wanted");
	is_int(range_parts("0,2,5-7", &p, &e), 0, "-p 0,2,5-7");
	ok(range_has(&p, 0) && range_has(&p, 2) && range_has(&p, 5) && range_has(&p, 7), "has its own");
	ok(!range_has(&p, 1) && !range_has(&p, 4) && !range_has(&p, 8), "and no others");
	is_int(p.highest, 7, "knows the highest");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct range_parts q = { .n = 0 };

		ok(range_parts(bad[i], &q, &e) < 0 && e.status == EX_USAGE, "-p '%s' is refused", bad[i]);
	}
}

int
main(void)
{
	formats();
	offsets();
	partitions();
	return done();
}
