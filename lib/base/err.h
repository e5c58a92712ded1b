/*
 * err: what went wrong, handed up for the command to report.
 *
 * A library function that can fail takes a struct err *, and on failure returns
 * -1 (or NULL) with both fields set.  The text reads "what failed: subject: why"
 * and says what the user can do; the command puts its own name before it and
 * exits with the status.  A library never prints and never exits.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <sysexits.h>

/* The statuses of the suite, beside those of sysexits.h that it uses as they are:
 * EX_USAGE 64, EX_DATAERR 65, EX_UNAVAILABLE 69, EX_SOFTWARE 70, EX_IOERR 74,
 * EX_TEMPFAIL 75, EX_NOPERM 77, EX_CONFIG 78. */
#define EX_NO 1 /* an expected no: not found, target exists, some records rejected */

struct err {
	int status;
	char text[512]; /* no newline; cut when longer */
};

/* Fill in e; always returns -1, so that a caller can `return err_set(…)`. */
int err_set(struct err *e, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The same from an errno: "what: subject: reason".  Permission is 77, absence 1,
 * everything else 74. */
int err_sys(struct err *e, int errnum, const char *what, const char *subject);

/* The same for what was to be made or written: that its directory is absent is no expected
 * no, but 74. */
int err_output(struct err *e, int errnum, const char *what, const char *subject);

/* The reason for an errno in lower case, as messages use it.  The text is valid
 * until the next call in this thread. */
const char *err_reason(int errnum);

#endif
