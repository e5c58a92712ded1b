/*
 * utf8 and base64: what JSON needs to know about bytes.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Well-formed UTF-8: no overlong form, no surrogate, nothing above U+10FFFF. */
bool utf8_valid(const char *p, size_t len);

/* Append the text, each sequence that is not well-formed (its longest beginning that could
 * have become a character, or one byte) replaced by U+FFFD. */
void utf8_mend(struct buf *b, const char *p, size_t len);

/* Append a JSON string, quotes included; p must be valid UTF-8. */
void utf8_json(struct buf *b, const char *p, size_t len);

void base64_add(struct buf *b, const void *p, size_t len);

/* Append the bytes that the text stands for; -1, and nothing, if it is not base64 with
 * padding. */
int base64_decode(struct buf *b, const char *p, size_t len);

#endif
