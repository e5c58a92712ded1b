/* Any bytes as an entry of a commit log: refused in peace, or equal after a round trip. */
#include <stdlib.h>
#include <string.h>

#include "sink/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entry a, b;
	struct err e;
	char *text, *again;

	if (entry_parse((const char *)data, size, &a, &e) < 0)
		return 0;
	text = entry_text(&a);
	if (!text || entry_parse(text, strlen(text), &b, &e) < 0)
		abort();
	again = entry_text(&b);
	if (!again || strcmp(text, again) != 0)
		abort();
	free(text);
	free(again);
	entry_free(&a);
	entry_free(&b);
	return 0;
}
