#include "sink/outage.h"

#include <stdlib.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/stop.h"

static void
note(const struct outage *o, const struct store_opts *retry, const struct err *e)
{
	char *text;

	if (!retry->note || (o->since && !retry->verbose))
		return;
	text = mem_printf("%s: trying again under another name", e->text);
	retry->note(text);
	free(text);
}

/* The store has its own patience, so the first failure may come late: what counts is when the
 * upload was begun. */
bool
outage_left(struct outage *o, const struct store_opts *retry, int64_t begun, const struct err *e)
{
	int64_t now = io_now(), since = begun > o->succeeded ? begun : o->succeeded;
	bool left;

	if (o->since)
		since = o->since;
	if (stop_signal() && !o->stop_at)
		o->stop_at = now + STOP_GRACE_MS;
	left = (!o->stop_at || now < o->stop_at) && now - since < retry->timeout_ms;
	if (left)
		note(o, retry, e);
	o->since = since;
	return left;
}

void
outage_over(struct outage *o)
{
	o->since = 0;
	o->succeeded = io_now();
}
