#include "base/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/io.h"

#define INTERVAL_MS 500

void
progress_begin(struct progress *p, bool quiet, int data)
{
	p->on = !quiet && isatty(STDERR_FILENO) && !isatty(data);
	p->shown = false;
	p->began = io_now();
	p->next = p->began + INTERVAL_MS;
}

void
progress_show(struct progress *p, uint64_t records, uint64_t bytes)
{
	int64_t now;
	double seconds;

	if (!p->on || (now = io_now()) < p->next)
		return;
	p->next = now + INTERVAL_MS;
	p->shown = true;
	seconds = (double)(now - p->began) / 1000;
	fprintf(stderr, "\r%12.0f records %10.1f MB  %10.0f/s %8.1f MB/s ", (double)records,
	    (double)bytes / 1e6, (double)records / seconds, (double)bytes / 1e6 / seconds);
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
