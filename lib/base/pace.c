#include "base/pace.h"

#include <math.h>

/* When the next record is due. */
static int64_t
next(const struct pace *p)
{
	return p->start + (int64_t)ceil((double)p->done * 1000 / p->rate);
}

void
pace_begin(struct pace *p, double rate, int64_t now)
{
	*p = (struct pace){ .rate = rate, .start = now };
}

uint64_t
pace_due(struct pace *p, int64_t now)
{
	int64_t late = now - next(p);

	if (late < 0)
		return 0;
	if (late > PACE_DEBT_MS)
		p->start += late - PACE_DEBT_MS;
	return (uint64_t)((double)(now - p->start) * p->rate / 1000) + 1 - p->done;
}

void
pace_took(struct pace *p, uint64_t n)
{
	p->done += n;
}

int64_t
pace_wait(const struct pace *p, int64_t now)
{
	int64_t left = next(p) - now;

	return left > 0 ? left : 0;
}
