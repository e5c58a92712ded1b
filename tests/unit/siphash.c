/* SipHash-1-3.  Without a key the values are those of hash() in CPython 3.11 under
 * PYTHONHASHSEED=0, with a key those of a model in Python that agrees with it. */
#include "base/siphash.h"

#include "tap.h"

int
main(void)
{
	static const uint64_t none[2] = { 0, 0 };
	static const uint64_t key[2] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	const uint64_t first = 0x0807060504030201;
	const char bytes[] = "\10\11\12\13\14\15\16\17";

	ok(siphash(none, 0, NULL, 0) == 0xbd60acb658c79e45, "nothing");
	ok(siphash(none, first, "a", 1) == 0xebc01ed6df5a2405, "a byte");
	ok(siphash(none, first, "/index.html?12345", 17) == 0xedffc42ec5fca01b, "two words and a byte");
	ok(siphash(none, UINT64_MAX, "12345678", 8) == 0x6980b073571abd6c, "a word");
	ok(siphash(key, key[0], bytes, 0) == 0x369095118d299a8e, "with a key: nothing");
	ok(siphash(key, key[0], bytes, 7) == 0xd320d86d2a519956, "with a key: seven bytes");
	ok(siphash(key, key[0], bytes, 8) == 0xcc4fdd1a7d908b66, "with a key: a word");
	return done();
}
