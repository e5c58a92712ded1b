/* What a WebHDFS server's refusals mean. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/web.h"

struct meaning {
	const char *exception;
	int status;
};

static const struct meaning meanings[] = {
	/* Transient: the server says that it will do it later, or cannot reach its peer. */
	{ "SafeModeException", EX_TEMPFAIL },
	{ "StandbyException", EX_TEMPFAIL },
	{ "RetriableException", EX_TEMPFAIL },
	{ "ObserverRetryOnActiveException", EX_TEMPFAIL },
	{ "AlreadyBeingCreatedException", EX_TEMPFAIL },
	{ "RecoveryInProgressException", EX_TEMPFAIL },
	{ "BlockMissingException", EX_TEMPFAIL },
	{ "ConnectException", EX_TEMPFAIL },
	{ "ConnectTimeoutException", EX_TEMPFAIL },
	{ "NoRouteToHostException", EX_TEMPFAIL },
	{ "SocketTimeoutException", EX_TEMPFAIL },
	{ "SocketException", EX_TEMPFAIL },
	{ "EOFException", EX_TEMPFAIL },
	{ "ClosedChannelException", EX_TEMPFAIL },
	{ "InterruptedIOException", EX_TEMPFAIL },
	{ "AccessControlException", EX_NOPERM },
	{ "SnapshotAccessControlException", EX_NOPERM },
	{ "AuthorizationException", EX_NOPERM },
	{ "AuthenticationException", EX_NOPERM },
	{ "SecurityException", EX_NOPERM },
	{ "InvalidToken", EX_NOPERM },
	{ "FileNotFoundException", EX_NO },
	{ "FileAlreadyExistsException", EX_NO },
	{ "ParentNotDirectoryException", EX_NO },
	{ "PathIsNotDirectoryException", EX_NO },
	{ "PathIsNotEmptyDirectoryException", EX_NO },
};

/* An IOException says what it is only in its text. */
static const char *const transient_texts[] = {
	"Failed to find datanode",          /* no data node is alive */
	"No active nodes contain this block",
	"could only be written to",         /* none takes the block */
	"NameNode still not started",
	"Namenode is in startup mode",
	"All datanodes",                    /* … are bad. Aborting… */
	"Failed to replace a bad datanode",
	"Unable to close file",
	"Unable to create new block",
	"Could not get block locations",
	"Failing write. Tried pipeline recovery", /* … 5 times without success. */
	"Connection reset by peer",         /* of a data node's to the next one */
	"Broken pipe",
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

static int
status_of(const char *exception, const char *message)
{
	if (below_file(exception, message))
		return EX_NO;
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (strcmp(exception, meanings[i].exception) == 0)
			return meanings[i].status;
	for (size_t i = 0; i < sizeof transient_texts / sizeof *transient_texts; i++)
		if (strstr(message, transient_texts[i]))
			return EX_TEMPFAIL;
	return EX_IOERR;
}

/* The first line of a message, as ours are: in lower case, unless it is a name, and
 * without a full stop. */
static char *
first_line(const char *message)
{
	size_t n = strcspn(message, "\r\n");
	char *line = mem_dupn(message, n && message[n - 1] == '.' ? n - 1 : n);

	for (char *p = line; *p; p++)
		if (iscntrl((unsigned char)*p))
			*p = ' ';
	if (isupper((unsigned char)line[0]) && islower((unsigned char)line[1]))
		line[0] = (char)tolower((unsigned char)line[0]);
	return line;
}

static int
by_exception(const char *what, const char *name, const char *exception, const char *message,
    struct err *e)
{
	char *line = first_line(message);
	int status = status_of(exception, message);

	if (strcmp(exception, "FileNotFoundException") == 0 && strncmp(message, "File ", 5) == 0)
		err_set(e, status, "%s: %.300s: no such file or directory", what, name);
	else
		err_set(e, status, "%s: %.300s: %s", what, name, *line ? line : exception);
	free(line);
	return -1;
}

static int
by_code(const char *what, const char *name, long code, struct err *e)
{
	switch (code) {
	case 401:
		return err_set(e, EX_NOPERM, "%s: %.300s: the server wants a login (HTTP 401); "
		    "HADOOP_USER_NAME alone is not enough for it", what, name);
	case 502:
	case 503:
	case 504:
		return err_set(e, EX_TEMPFAIL, "%s: %.300s: the server is not ready (HTTP %ld)", what, name,
		    code);
	default:
		return err_set(e, EX_IOERR, "%s: %.300s: the answer (HTTP %ld) is not WebHDFS: check host "
		    "and port; a name node's web port is usually 9870", what, name, code);
	}
}

int
web_refused(const char *what, const char *name, const struct http_answer *a, struct err *e)
{
	json_t *root = a->body.len ? json_loadb(a->body.p, a->body.len, 0, NULL) : NULL;
	json_t *text = NULL;
	const char *exception = NULL, *message;
	int status;

	if (json_unpack(root, "{s:{s:s,s?o}}", "RemoteException", "exception", &exception, "message",
	    &text) == 0) {
		message = json_string_value(text); /* of some exceptions null */
		status = by_exception(what, name, exception, message ? message : "", e);
	} else {
		status = by_code(what, name, a->code, e);
	}
	json_decref(root);
	return status;
}
