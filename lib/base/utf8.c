#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* The length of the character at p; if it is not well-formed, *whole is false and the
 * length that of its longest beginning that could have become one, or 1. */
static size_t
char_len(const unsigned char *p, size_t left, bool *whole)
{
	/* What the second byte may be depends on the first: this keeps overlong forms,
	 * surrogates and everything above U+10FFFF out (Unicode 15, table 3-7). */
	unsigned char low = 0x80, high = 0xbf;
	size_t len, n = 1;

	*whole = p[0] < 0x80;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 1;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	for (; n < len && n < left && p[n] >= low && p[n] <= high; n++) {
		low = 0x80;
		high = 0xbf;
	}
	*whole = n == len;
	return n;
}

/* How many bytes at p are ASCII, as far as whole words tell: nearly all there is in a
 * log. */
static size_t
ascii(const unsigned char *p, size_t len)
{
	size_t i = 0;
	uint64_t word;

	for (; len - i >= sizeof word; i += sizeof word) {
		memcpy(&word, p + i, sizeof word);
		if (word & 0x8080808080808080u)
			break;
	}
	return i;
}

bool
utf8_valid(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	bool whole = true;

	for (size_t i = ascii(p, len); i < len && whole; i += ascii(p + i, len - i))
		i += char_len(p + i, len - i, &whole);
	return whole;
}

void
utf8_mend(struct buf *b, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t from = 0, n;
	bool whole;

	for (size_t i = ascii(p, len); i < len; i += n + ascii(p + i + n, len - i - n)) {
		n = char_len(p + i, len - i, &whole);
		if (whole)
			continue;
		buf_add(b, s + from, i - from);
		buf_adds(b, "\xef\xbf\xbd");
		from = i + n;
	}
	buf_add(b, s + from, len - from);
}

void
utf8_json(struct buf *b, const char *p, size_t len)
{
	static const char names[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
	size_t from = 0;

	buf_reserve(b, len + 2);
	buf_addc(b, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];
		const char *at;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(b, p + from, i - from);
		from = i + 1;
		at = c ? strchr(names, c) : NULL;
		if (at)
			buf_add(b, (char[]){ '\\', letters[at - names] }, 2);
		else
			buf_printf(b, "\\u%04x", c);
	}
	buf_add(b, p + from, len - from);
	buf_addc(b, '"');
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_add(struct buf *b, const void *data, size_t len)
{
	const unsigned char *p = data;

	buf_reserve(b, (len + 2) / 3 * 4);
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		unsigned v = (unsigned)p[i] << 16 | (n > 1 ? (unsigned)p[i + 1] << 8 : 0) |
		    (n > 2 ? p[i + 2] : 0);

		buf_addc(b, alphabet[v >> 18]);
		buf_addc(b, alphabet[v >> 12 & 63]);
		buf_addc(b, n > 1 ? alphabet[v >> 6 & 63] : '=');
		buf_addc(b, n > 2 ? alphabet[v & 63] : '=');
	}
}

int
base64_decode(struct buf *b, const char *p, size_t len)
{
	size_t pad = 0, before = b->len;
	const char *at;

	if (len % 4)
		return -1;
	while (pad < 2 && pad < len && p[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len; i += 4) {
		size_t n = i + 4 == len ? 4 - pad : 4;
		unsigned v = 0;

		for (size_t k = 0; k < 4; k++) {
			at = k < n && p[i + k] ? strchr(alphabet, p[i + k]) : NULL;
			if (k < n && !at) {
				b->len = before;
				return -1;
			}
			v = v << 6 | (at ? (unsigned)(at - alphabet) : 0);
		}
		for (size_t k = 0; k + 1 < n; k++)
			buf_addc(b, (char)(v >> (16 - 8 * k)));
	}
	return 0;
}
