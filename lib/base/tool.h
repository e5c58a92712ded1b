/*
 * tool: how a command speaks and how it ends.
 *
 * Only commands use this.  Messages go to standard error as one line, "tool: what
 * failed: subject: why", where tool is the name the program was called by, without control
 * characters.
 */
#ifndef BASE_TOOL_H
#define BASE_TOOL_H

#include <stddef.h>

#include "base/err.h"

/* Before anything else in main: standard descriptors that were closed are taken, so that no
 * file of ours ever becomes standard output by accident; to use one fails with EBADF. */
void tool_begin(void);

void tool_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Make control characters '?': a stranger's name must not speak to the user's terminal. */
void tool_mask(char *text);

/* Print e and give its status, so that a command can `return tool_fail(&e)`. */
int tool_fail(const struct err *e);

/* The status that a run over several operands has: the graver of the two.  Any
 * failure outweighs EX_NO, and of two failures the first stays. */
int tool_worse(int before, int now);

/* Flush and close standard output, which may be the first to hear of a full disk.
 * A closed reader ends the process by SIGPIPE, as in every filter.  Gives `status`,
 * or 74 and a message if data was lost and status was 0. */
int tool_end(int status);

/* Write to standard output, past stdio.  A closed reader ends the process by SIGPIPE; other failures
 * are -1 and 74. */
int tool_write(const void *p, size_t len, struct err *e);

/* End by SIGPIPE, after the caller has cleaned up. */
_Noreturn void tool_die_of_sigpipe(void);

#endif
