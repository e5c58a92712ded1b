/* Numbers, sizes and spans of time as typed. */
#include "base/num.h"

#include "tap.h"

typedef int parse_fn(const char *, const char *, int64_t, int64_t, int64_t *, struct err *);

static void
gives(parse_fn *parse, const char *text, int64_t want)
{
	struct err e = { 0 };
	int64_t got = -1;

	is_int(parse(text, "--x", INT64_MIN, INT64_MAX, &got, &e), 0, "%s is taken", text);
	is_int(got, want, "%s", text);
}

static void
refuses(parse_fn *parse, const char *const *texts)
{
	for (; *texts; texts++) {
		struct err e = { 0 };
		int64_t got;

		is_int(parse(*texts, "--x", INT64_MIN, INT64_MAX, &got, &e), -1, "'%s' is refused",
		    *texts);
		is_int(e.status, EX_USAGE, "'%s': status", *texts);
	}
}

static void
test_int(void)
{
	struct err e = { 0 };
	int64_t v;

	gives(num_int, "0", 0);
	gives(num_int, "-17", -17);
	gives(num_int, "+17", 17);
	gives(num_int, "007", 7);
	gives(num_int, "9223372036854775807", INT64_MAX);
	gives(num_int, "-9223372036854775808", INT64_MIN);
	refuses(num_int, (const char *const[]){ "", " 1", "1 ", "1x", "0x1", "-", "--1", "+-1", "1.0",
	    ".5", "1e3", "9223372036854775808", "-9223372036854775809", "99999999999999999999", NULL });
	is_int(num_int("3", "-n", 3, 5, &v, &e), 0, "the least");
	is_int(num_int("5", "-n", 3, 5, &v, &e), 0, "the greatest");
	is_int(num_int("2", "-n", 3, 5, &v, &e), -1, "below");
	is_int(num_int("6", "-n", 3, 5, &v, &e), -1, "above");
	is_str(e.text, "-n: 6: wants a whole number from 3 to 5", "the message");
}

static void
test_size(void)
{
	struct err e = { 0 };
	int64_t v;

	gives(num_size, "0", 0);
	gives(num_size, "17", 17);
	gives(num_size, "64k", 65536);
	gives(num_size, "64K", 65536);
	gives(num_size, "128M", 134217728);
	gives(num_size, "128MB", 134217728);
	gives(num_size, "1G", 1073741824);
	gives(num_size, "8589934591G", 8589934591 << 30);
	refuses(num_size, (const char *const[]){ "", "k", "-1", "-1k", "1kk", "1kBB", "1B", "1T", "1 k",
	    "1.5M", "0x1k", "8589934592G", "9223372036854775808", NULL });
	is_int(num_size("1k", "-S", 1, 1023, &v, &e), -1, "the range is in bytes");
	is_int(num_size("1k", "-S", 1, 1024, &v, &e), 0, "and it is inclusive");
}

static void
test_span(void)
{
	struct err e = { 0 };
	int64_t v;

	gives(num_span, "0", 0);
	gives(num_span, "30", 30000);
	gives(num_span, "30s", 30000);
	gives(num_span, "250ms", 250);
	gives(num_span, "1.5m", 90000);
	gives(num_span, ".5", 500);
	gives(num_span, "0.0004", 0);
	gives(num_span, "2h", 7200000);
	gives(num_span, "1d", 86400000);
	refuses(num_span, (const char *const[]){ "", "s", "1x", "1 s", " 1", "inf", "nan", "0x10", "1e400",
	    "1e18", "9223372036854775807", "9223372036854775808ms", ".", ".s", "1.2.3", "1sm", "1S",
	    NULL });
	is_int(num_span("-1", "-d", 0, 1000, &v, &e), -1, "below");
	is_int(num_span("1.001", "-d", 0, 1000, &v, &e), -1, "above");
	is_int(num_span("1", "-d", 0, 1000, &v, &e), 0, "the greatest");
}

static void
test_real(void)
{
	static const char *const bad[] = { "", "x", "1x", " 1", "inf", "nan", "-1", "11", "0x1", "." };
	struct err e = { 0 };
	double v = 0;

	ok(num_real("2.5", "-r", 0, 10, &v, &e) == 0 && v == 2.5, "a fraction");
	ok(num_real(".25", "-r", 0, 10, &v, &e) == 0 && v == .25, "without a leading 0");
	ok(num_real("1e1", "-r", 0, 10, &v, &e) == 0 && v == 10, "an exponent");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		is_int(num_real(bad[i], "-r", 0, 10, &v, &e), -1, "'%s' is refused", bad[i]);
	is_str(e.text, "-r: .: wants a number from 0 to 10", "the message");
}

int
main(void)
{
	test_int();
	test_size();
	test_span();
	test_real();
	return done();
}
