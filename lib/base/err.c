#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
err_set(struct err *e, int status, const char *fmt, ...)
{
	va_list ap;

	e->status = status;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return -1;
}

const char *
err_reason(int errnum)
{
	static _Thread_local char text[128];

	/* "No such file" becomes "no such file", but "RPC …" stays. */
	snprintf(text, sizeof text, "%s", errnum == EBADF ? "it is closed" : strerror(errnum));
	if (islower((unsigned char)text[1]))
		text[0] = (char)tolower((unsigned char)text[0]);
	return text;
}

static int
status_of(int errnum)
{
	switch (errnum) {
	case EACCES:
	case EPERM:
	case EROFS:
		return EX_NOPERM;
	case ENOENT:
	case ENOTDIR:
		return EX_NO;
	default:
		return EX_IOERR;
	}
}

int
err_sys(struct err *e, int errnum, const char *what, const char *subject)
{
	return err_set(e, status_of(errnum), "%s: %s: %s", what, subject, err_reason(errnum));
}

int
err_output(struct err *e, int errnum, const char *what, const char *subject)
{
	err_sys(e, errnum, what, subject);
	if (e->status == EX_NO)
		e->status = EX_IOERR;
	return -1;
}
