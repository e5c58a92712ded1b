/*
 * io: descriptors without short counts, and the two clocks.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Write all of it, going on after EINTR and waiting where fd is non-blocking.
 * `subject` names the file in the message.  A closed reader is status 74 with errno
 * left at EPIPE. */
int io_write(int fd, const void *p, size_t len, const char *subject, struct err *e);

/* If fd is a pipe, let it hold 1 MiB instead of 64 KiB: fewer system calls and switches.  A wish,
 * no more. */
void io_widen(int fd);

/* Open an operand for reading; "-" is standard input.  75 if a stop signal came while a
 * FIFO had no writer. */
int io_open(const char *path, struct err *e);

/* Wait until one of: fd can be read (IO_INPUT; fd < 0: never), a stop signal came
 * (IO_STOP, only with stop_begin), the reader of standard output has gone (IO_GONE,
 * only where watch_stdout), timeout_ms are over (IO_TIMEOUT; < 0: no limit).
 * Input is told before a stop. */
enum io_event { IO_INPUT, IO_STOP, IO_GONE, IO_TIMEOUT };
enum io_event io_wait(int fd, bool watch_stdout, int64_t timeout_ms);

/* The same for a sink, which reads on to the end of its input after a stop signal:
 * IO_STOP only when that is STOP_GRACE_MS ago. */
enum io_event io_wait_sink(int fd, int64_t timeout_ms);

/* The same for a filter, whose reader counts, too, as input may be hours away: 0, or -1 with
 * e set, to 75 where it is time to stop, or as io_write does where the reader has gone. */
int io_wait_filter(int fd, const char *subject, struct err *e);
int io_gone(struct err *e); /* what io_write gives then */

int64_t io_now(void);  /* a monotonic clock, ms: for spans */
int64_t io_wall(void); /* the wall clock, ms since 1970: for timestamps */

#endif
