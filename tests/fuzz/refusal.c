/* Any bytes as a server's refusal: a status and a text without control characters. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/web.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_answer a = { .code = 403 };
	struct err e = { 0 };

	buf_add(&a.body, data, size);
	web_refused("list", "webhdfs://h/p", &a, &e);
	if (!e.status || strncmp(e.text, "list: webhdfs://h/p: ", 21) != 0)
		abort();
	for (const char *p = e.text; *p; p++)
		if (iscntrl((unsigned char)*p))
			abort();
	http_answer_free(&a);
	return 0;
}
