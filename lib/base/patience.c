#include "base/patience.h"

#include <poll.h>

#include "base/io.h"
#include "base/stop.h"

#define FIRST_MS 100
#define LONGEST_MS 5000
#define DOUBLINGS 6 /* until it is that long */

struct patience
patience_begin(int64_t timeout_ms)
{
	int64_t now = io_now();

	return (struct patience){ .until = timeout_ms > INT64_MAX - now ? INT64_MAX : now + timeout_ms };
}

bool
patience_left(struct patience *p)
{
	int64_t now = io_now();

	if (stop_signal() && p->until > now + STOP_GRACE_MS)
		p->until = now + STOP_GRACE_MS;
	return now < p->until;
}

void
patience_pause(struct patience *p)
{
	int64_t left = p->until - io_now();
	int64_t ms = p->pauses < DOUBLINGS ? FIRST_MS << p->pauses : LONGEST_MS;

	p->pauses++;
	if (ms > left)
		ms = left > 0 ? left : 0;
	/* Once there was a signal, io_wait waits for none. */
	if (stop_signal())
		poll(NULL, 0, (int)ms);
	else
		io_wait(-1, false, ms);
}
