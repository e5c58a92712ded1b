/*
 * web: what the WebHDFS calls have in common: the name nodes, one connection, the
 * patience with servers that are away, and what their refusals mean.
 *
 * Measured on Hadoop 3.4.1: nearly every refusal is HTTP 403, so the name of the
 * exception in the JSON body decides, not the code; its message may hold a Java stack,
 * of which the first line is shown.  noredirect=true makes the name node answer with
 * JSON where to send or fetch the data instead of a 307, which older ones give anyway.
 */
#ifndef STORE_WEB_H
#define STORE_WEB_H

#include <jansson.h>

#include "base/patience.h"
#include "store/http.h"
#include "store/location.h"
#include "store/ops.h"

#define WEB_STALL_MS 60000      /* a server that says nothing for so long is given up */
#define WEB_FIRST_STALL_MS 15000 /* the same before it ever answered: it may be busy */

/* What a failure tells of another try. */
enum web_hint {
	WEB_UNSURE = 1,    /* it may have been done */
	WEB_ELSEWHERE = 2, /* another name node may do it */
	WEB_STOPPED = 4,   /* none: a stop signal has ended it */
};

struct web {
	struct store base;
	struct store_opts opts;
	struct location where; /* the name nodes; one of them is active */
	size_t node;           /* the one that is asked */
	unsigned hints;        /* of the failure last */
	char *user;            /* percent-encoded */
	struct http *http;
	bool reached;          /* some name node has answered */
	bool gateway;          /* and it is HttpFS: it answers a rename with options with a boolean */
};

/* One operation on a path. */
struct web_op {
	const char *what;   /* how it is called in messages: "list" */
	const char *method, *op, *path;
	const char *params; /* the rest of the query, "&name=value"…, or NULL */
	bool *unsure;       /* not idempotent: sent at most once, and set if the answer was lost */
};

/* How long a call goes on when a server is away. */
struct web_tries {
	struct patience patience;
	size_t passed; /* name nodes that could not serve */
};

struct web_tries web_tries(const struct web *w);

/* After a failure: true if it was transient and there is time left.  All name nodes are
 * asked in turn before it waits. */
bool web_again(struct web *w, struct web_tries *t, const struct err *e);

/* Ask the name node, with patience.  a is set on success and freed otherwise. */
int web_call(struct web *w, const struct web_op *op, struct http_answer *a, struct err *e);

/* The same once, and whatever `ask` sets beyond the URL is kept. */
int web_try(struct web *w, const struct web_op *op, struct http_ask *ask, struct http_answer *a,
    struct err *e);

/* The data node's part of an operation, at the place that the name node gave; the
 * message names its host and no more of it. */
int web_data(struct web *w, const struct web_op *op, const char *place, struct http_ask *ask,
    struct http_answer *a, struct err *e);

/* Where an answer sends us, as JSON or as a redirect; NULL with e set if nowhere or to
 * a place that is not http(s).  The caller frees it and never shows it. */
char *web_place(const struct web *w, const struct web_op *op, const struct http_answer *a,
    struct err *e);

/* The answer as a JSON object, which the caller decrefs. */
json_t *web_json(const struct web *w, const struct web_op *op, const struct http_answer *a,
    struct err *e);

/* web_call for what answers {"boolean": …} or, meaning true, nothing. */
int web_bool(struct web *w, const struct web_op *op, bool *answer, struct err *e);

/* Messages show the first 300 bytes of a name, so that the reason is never cut off.
 * A server that answers, but not as WebHDFS does. */
int web_alien(const struct web *w, const struct web_op *op, const char *why, struct err *e);

/* What an answer other than 2xx or 3xx means: e with "what: name: reason".  Gives its hints. */
unsigned web_refused(const char *what, const char *name, const struct http_answer *a, struct err *e);

#endif
