#include <jansson.h>
#include <signal.h>

#include "base/receipt.h"
#include "kafka/pump.h"

static json_t *
positions(const struct consumer *c)
{
	json_t *all = json_array();

	for (size_t i = 0; i < c->nparts; i++) {
		const struct part *p = c->parts[i];

		if (p->first >= 0)
			json_array_append_new(all, json_pack("{s:s, s:i, s:I, s:I}", "topic", p->topic,
			    "partition", (int)p->partition, "first", (json_int_t)p->first,
			    "last", (json_int_t)p->last));
	}
	return all;
}

int
pump_receipt(const struct pump *p, const char *path, const char *tool, int64_t began,
    int status, struct err *e)
{
	const struct receipt receipt = { .began = began, .records_in = p->records_in,
		.bytes_in = p->bytes_in, .records_out = p->written.records,
		.bytes_out = p->written.bytes };
	json_t *where = positions(p->consumer);
	int rc = receipt_write(path, tool, &receipt, where, p->gone ? 128 + SIGPIPE : status, e);

	json_decref(where);
	return rc;
}
