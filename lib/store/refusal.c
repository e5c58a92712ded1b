/* What a WebHDFS server's refusals mean. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/web.h"

struct meaning {
	const char *text;
	int status;
	unsigned hints;
};

#define AWAY WEB_ELSEWHERE                  /* it cannot serve, or not reach who can */
#define CUT (WEB_UNSURE | WEB_ELSEWHERE)    /* a gateway was cut off from who may have done it */

static const struct meaning exceptions[] = {
	/* Transient: the server says that it will do it later, or cannot reach its peer. */
	{ "SafeModeException", EX_TEMPFAIL, 0 },
	{ "StandbyException", EX_TEMPFAIL, AWAY },
	{ "RetriableException", EX_TEMPFAIL, AWAY },
	{ "ObserverRetryOnActiveException", EX_TEMPFAIL, AWAY },
	{ "AlreadyBeingCreatedException", EX_TEMPFAIL, 0 },
	{ "RecoveryInProgressException", EX_TEMPFAIL, 0 },
	{ "BlockMissingException", EX_TEMPFAIL, 0 },
	{ "ConnectException", EX_TEMPFAIL, AWAY },
	{ "ConnectTimeoutException", EX_TEMPFAIL, AWAY },
	{ "NoRouteToHostException", EX_TEMPFAIL, AWAY },
	{ "SocketTimeoutException", EX_TEMPFAIL, CUT },
	{ "SocketException", EX_TEMPFAIL, CUT },
	{ "EOFException", EX_TEMPFAIL, CUT },
	{ "ClosedChannelException", EX_TEMPFAIL, CUT },
	{ "InterruptedIOException", EX_TEMPFAIL, CUT },
	{ "AccessControlException", EX_NOPERM, 0 },
	{ "SnapshotAccessControlException", EX_NOPERM, 0 },
	{ "AuthorizationException", EX_NOPERM, 0 },
	{ "AuthenticationException", EX_NOPERM, 0 },
	{ "SecurityException", EX_NOPERM, 0 },
	{ "InvalidToken", EX_NOPERM, 0 },
	{ "FileNotFoundException", EX_NO, 0 },
	{ "FileAlreadyExistsException", EX_NO, 0 },
	{ "ParentNotDirectoryException", EX_NO, 0 },
	{ "PathIsNotDirectoryException", EX_NO, 0 },
	{ "PathIsNotEmptyDirectoryException", EX_NO, 0 },
};

/* An IOException says what it is only in its text. */
static const struct meaning texts[] = {
	{ "Failed to find datanode", EX_TEMPFAIL, 0 }, /* no data node is alive */
	{ "No active nodes contain this block", EX_TEMPFAIL, 0 },
	{ "could only be written to", EX_TEMPFAIL, 0 }, /* none takes the block */
	{ "NameNode still not started", EX_TEMPFAIL, AWAY },
	{ "Namenode is in startup mode", EX_TEMPFAIL, AWAY },
	{ "All datanodes", EX_TEMPFAIL, 0 }, /* … are bad. Aborting… */
	{ "Failed to replace a bad datanode", EX_TEMPFAIL, 0 },
	{ "Unable to close file", EX_TEMPFAIL, 0 },
	{ "Unable to create new block", EX_TEMPFAIL, 0 },
	{ "Could not get block locations", EX_TEMPFAIL, 0 },
	{ "Failing write. Tried pipeline recovery", EX_TEMPFAIL, 0 }, /* … 5 times without success. */
	{ "Connection reset by peer", EX_TEMPFAIL, CUT }, /* or a data node's to the next one */
	{ "Broken pipe", EX_TEMPFAIL, CUT },
};

/* HDFS refuses a path below a file by the name of what is not allowed. */
static bool
below_file(const char *exception, const char *message)
{
	static const char end[] = " (is not a directory)";
	size_t n = strlen(message), tail = sizeof end - 1;

	return strcmp(exception, "AccessControlException") == 0 && n >= tail &&
	    strcmp(message + n - tail, end) == 0;
}

static struct meaning
meaning_of(const char *exception, const char *message)
{
	if (below_file(exception, message))
		return (struct meaning){ NULL, EX_NO, 0 };
	/* It is the active one that says so, in these words. */
	if (strcmp(exception, "RetriableException") == 0 && strstr(message, "SafeModeException"))
		exception = "SafeModeException";
	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
		if (strcmp(exception, exceptions[i].text) == 0)
			return exceptions[i];
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strstr(message, texts[i].text))
			return texts[i];
	return (struct meaning){ NULL, EX_IOERR, 0 };
}

/* The first line of a message, as ours are: in lower case, unless it is a name, and
 * without a full stop; where it is empty, the exception's name. */
static char *
first_line(const char *message, const char *exception)
{
	size_t n = strcspn(message, "\r\n");
	char *line;

	n -= n && message[n - 1] == '.';
	line = n ? mem_dupn(message, n) : mem_dup(exception);
	for (char *p = line; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	if (n && isupper((unsigned char)line[0]) && islower((unsigned char)line[1]))
		line[0] = (char)tolower((unsigned char)line[0]);
	return line;
}

static unsigned
by_exception(const char *what, const char *name, const char *exception, const char *message,
    struct err *e)
{
	char *line = first_line(message, exception);
	struct meaning m = meaning_of(exception, message);

	if (strcmp(exception, "FileNotFoundException") == 0 && strncmp(message, "File ", 5) == 0)
		err_set(e, m.status, "%s: %.300s: no such file or directory", what, name);
	else
		err_set(e, m.status, "%s: %.300s: %s", what, name, line);
	free(line);
	return m.hints;
}

static unsigned
by_code(const char *what, const char *name, long code, struct err *e)
{
	switch (code) {
	case 401:
		err_set(e, EX_NOPERM, "%s: %.300s: the server wants a login (HTTP 401); "
		    "HADOOP_USER_NAME alone is not enough for it", what, name);
		return 0;
	case 502:
	case 503:
	case 504:
		err_set(e, EX_TEMPFAIL, "%s: %.300s: the server is not ready (HTTP %ld)", what, name, code);
		return code == 503 ? AWAY : CUT;
	default:
		err_set(e, EX_IOERR, "%s: %.300s: the answer (HTTP %ld) is not WebHDFS: check host "
		    "and port; a name node's web port is usually 9870", what, name, code);
		return 0;
	}
}

unsigned
web_refused(const char *what, const char *name, const struct http_answer *a, struct err *e)
{
	json_t *root = a->body.len ? json_loadb(a->body.p, a->body.len, 0, NULL) : NULL;
	json_t *text = NULL;
	const char *exception = NULL, *message;
	unsigned hints;

	if (json_unpack(root, "{s:{s:s,s?o}}", "RemoteException", "exception", &exception, "message",
	    &text) == 0) {
		message = json_string_value(text); /* of some exceptions null */
		hints = by_exception(what, name, exception, message ? message : "", e);
	} else {
		hints = by_code(what, name, a->code, e);
	}
	json_decref(root);
	return hints;
}
