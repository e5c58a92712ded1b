/* Any bytes as a JSON envelope: refused with a status, or taken whole. */
#include <stdint.h>
#include <stdlib.h>

#include "kafka/envelope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct envelope v;
	struct err e = { 0 };

	if (envelope_read((const char *)data, size, &v, &e) < 0 && !e.status)
		abort();
	envelope_free(&v);
	return 0;
}
