/* Any bytes as an access line: the time that is found is a real one. */
#include <stdint.h>
#include <stdlib.h>

#include "weblog/clf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct when w;

	if (clf_time((const char *)data, size, &w) && !when_valid(&w))
		abort();
	return 0;
}
