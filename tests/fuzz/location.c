/* Any bytes as a PATH and as WEBHDFS_URL: refused with a status, or the path is normal. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/location.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
parse(const char *text)
{
	struct location l;
	struct err e = { 0 };
	char *path, *again;

	if (location_parse(text, &l, &path, &e) < 0) {
		if (!e.status)
			abort();
		return;
	}
	again = location_normal(path);
	if (*path != '/' || strcmp(path, again) != 0)
		abort();
	free(again);
	free(path);
	location_free(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_dupn((const char *)data, size);

	parse(text);
	setenv("WEBHDFS_URL", text, 1);
	parse("/p");
	unsetenv("WEBHDFS_URL");
	free(text);
	return 0;
}
