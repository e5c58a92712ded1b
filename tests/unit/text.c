/* UTF-8, base64, and the buffer that they write to. */
#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "tap.h"

/* The same, written down from the definition: decode, then look whether the shortest
 * form of the character is as long. */
static bool
valid_slowly(const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len;) {
		unsigned c = p[i++];
		int more = c < 0x80 ? 0 : c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : c >> 3 == 30 ? 3 : -1;
		static const unsigned mask[] = { 0x7f, 0x1f, 0x0f, 0x07 };
		static const unsigned least[] = { 0, 0x80, 0x800, 0x10000 };

		if (more < 0)
			return false;
		c &= mask[more];
		for (int k = 0; k < more; k++, i++) {
			if (i == len || p[i] >> 6 != 2)
				return false;
			c = c << 6 | (p[i] & 0x3f);
		}
		if (c < least[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

/* Every sequence of up to three bytes, and of four where the last two are at the edges. */
static void
test_utf8_all(void)
{
	static const unsigned char edge[] = { 0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff };
	unsigned wrong = 0;

	for (unsigned v = 0; v < 1u << 24; v++) {
		unsigned char s[3] = { (unsigned char)(v >> 16), (unsigned char)(v >> 8), (unsigned char)v };

		wrong += utf8_valid((char *)s, 3) != valid_slowly(s, 3);
	}
	is_int(wrong, 0, "all sequences of three bytes");
	wrong = 0;
	for (unsigned v = 0; v < 1u << 16; v++)
		for (size_t k = 0; k < sizeof edge * sizeof edge; k++) {
			unsigned char s[4] = { (unsigned char)(v >> 8), (unsigned char)v,
				edge[k / sizeof edge], edge[k % sizeof edge] };

			wrong += utf8_valid((char *)s, 4) != valid_slowly(s, 4);
			wrong += utf8_valid((char *)s, 2) != valid_slowly(s, 2);
		}
	is_int(wrong, 0, "sequences of four and two bytes");
}

/* A bad byte anywhere is seen, also where eight are looked at together. */
static void
mends(const char *bytes, const char *want, const char *name)
{
	struct buf b = { 0 };

	utf8_mend(&b, bytes, strlen(bytes));
	is_str(buf_str(&b), want, "mended: %s", name);
	buf_free(&b);
}

#define BAD "\xef\xbf\xbd"

/* Unicode 15, section 3.9, tables 3-8 to 3-11. */
static void
test_utf8_mend(void)
{
	mends("", "", "nothing");
	mends("12345678\xe2\x82\xac" "12345678", "12345678\xe2\x82\xac" "12345678", "good text");
	mends("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82" "A", BAD BAD BAD BAD BAD BAD BAD BAD "A", "overlong forms");
	mends("\xed\xa0\x80\xed\xbf\xbf\xed\xaf" "A", BAD BAD BAD BAD BAD BAD BAD BAD "A", "surrogates");
	mends("\xf4\x91\x92\x93\xff" "A\x80\xbf" "B", BAD BAD BAD BAD BAD "A" BAD BAD "B", "too high");
	mends("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf" "A", BAD BAD BAD BAD "A", "cut characters");
	mends("12345678a\xe2\x82", "12345678a" BAD, "cut at the end");
}

static void
test_utf8_words(void)
{
	char text[40];
	bool seen = true;

	for (size_t len = 0; len <= sizeof text; len++) {
		char *exact = mem_alloc(len + !len);

		memset(text, 'a', sizeof text);
		memcpy(exact, text, len);
		seen = seen && utf8_valid(exact, len);
		for (size_t i = 0; i < len; i++) {
			exact[i] = (char)0xff;
			seen = seen && !utf8_valid(exact, len);
			exact[i] = 'a';
		}
		if (len >= 2) {
			exact[len - 2] = (char)0xc3, exact[len - 1] = (char)0xa9;
			seen = seen && utf8_valid(exact, len) && !utf8_valid(exact, len - 1);
		}
		free(exact);
	}
	ok(seen, "ASCII of any length, with a bad byte or an end within a character");
	ok(utf8_valid("", 0), "nothing is valid");
	ok(utf8_valid("\0", 1), "a NUL is valid");
}

static void
test_json(void)
{
	struct buf b = { 0 };

	utf8_json(&b, "a\"b\\c\n\r\t\b\f\x01\x1f\0\x7f\xc3\xa9", 16);
	is_str(buf_str(&b), "\"a\\\"b\\\\c\\n\\r\\t\\b\\f\\u0001\\u001f\\u0000\x7f\xc3\xa9\"",
	    "a JSON string");
	b.len = 0;
	utf8_json(&b, "", 0);
	is_str(buf_str(&b), "\"\"", "an empty one");
	buf_free(&b);
}

static void
test_base64(void)
{
	static const struct {
		const char *plain, *coded;
	} rfc4648[] = { { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" } };
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zg===", "====", "=g==", "Zg==Zg==", "Zm9v\n",
		"Zm9vZm9*", "Zm=v", "Z===", "Zm9vZm9v " };
	struct buf b = { 0 };

	for (size_t i = 0; i < sizeof rfc4648 / sizeof *rfc4648; i++) {
		b.len = 0;
		base64_add(&b, rfc4648[i].plain, strlen(rfc4648[i].plain));
		is_str(buf_str(&b), rfc4648[i].coded, "base64 of '%s'", rfc4648[i].plain);
		b.len = 0;
		is_int(base64_decode(&b, rfc4648[i].coded, strlen(rfc4648[i].coded)), 0, "and back");
		is_str(buf_str(&b), rfc4648[i].plain, "to the same");
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		b.len = 0;
		is_int(base64_decode(&b, bad[i], strlen(bad[i])), -1, "bad base64 %zu is refused", i);
		is_int(b.len, 0, "and adds nothing");
	}
	is_int(base64_decode(&b, "Zm\0v", 4), -1, "a NUL is refused");
	buf_free(&b);
}

static void
test_base64_bytes(void)
{
	struct buf plain = { 0 }, coded = { 0 }, back = { 0 };
	bool same = true;

	for (int i = 0; i < 256; i++)
		buf_addc(&plain, (char)i);
	for (size_t len = 0; len <= plain.len; len++) {
		coded.len = back.len = 0;
		base64_add(&coded, plain.p, len);
		same = same && base64_decode(&back, coded.p, coded.len) == 0 && back.len == len &&
		    (!len || memcmp(back.p, plain.p, len) == 0);
	}
	ok(same, "all bytes there and back");
	buf_free(&plain);
	buf_free(&coded);
	buf_free(&back);
}

static void
test_buf(void)
{
	struct buf b = { 0 };
	char *long_text = mem_alloc(100001);

	is_str(buf_str(&b), "", "an empty buffer is an empty string");
	buf_add(&b, "a\0b", 3);
	buf_adds(&b, "cd");
	buf_addc(&b, 'e');
	buf_printf(&b, "%d%s", 42, "x");
	ok(b.len == 9 && memcmp(b.p, "a\0bcde42x", 9) == 0, "bytes, also NULs");
	buf_add(&b, NULL, 0);
	buf_printf(&b, "%s", "");
	is_int(b.len, 9, "nothing adds nothing");
	memset(long_text, 'z', 100000);
	buf_printf(&b, "%s", long_text);
	is_int(b.len, 100009, "a long text");
	is_int(strlen(buf_str(&b) + 3), 100006, "has a NUL behind it");
	buf_free(&b);
	ok(!b.p && !b.len && !b.cap, "freed to { 0 }");
	for (int i = 0; i < 1000000; i++)
		buf_addc(&b, (char)i);
	ok(b.len == 1000000 && b.cap <= 2 * 1000000, "growth is not more than twofold");
	buf_free(&b);
	free(long_text);
}

int
main(void)
{
	test_utf8_all();
	test_utf8_words();
	test_utf8_mend();
	test_json();
	test_base64();
	test_base64_bytes();
	test_buf();
	return done();
}
