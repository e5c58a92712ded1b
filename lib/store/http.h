/*
 * http: one request at a time over a kept connection.
 *
 * It tells apart what a file system must know: whether the request can have reached
 * the server.  Redirects are not followed, for the caller decides where its data may
 * go.  Everything that a server sends is bounded.
 */
#ifndef STORE_HTTP_H
#define STORE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "store/store.h"

#define HTTP_BODY_MAX (16 * 1024 * 1024) /* a listing's page is about 0.5 MB */
#define HTTP_HEADERS_MAX (256 * 1024)

struct http;

enum http_result {
	HTTP_ANSWERED,
	HTTP_UNSENT,   /* no connection: the server has not seen the request */
	HTTP_LOST,     /* it may have: the answer is missing or torn */
	HTTP_HOPELESS, /* no use to repeat: another protocol, TLS refused, too much sent */
	HTTP_REFUSED,  /* by give */
	HTTP_STOPPED,  /* nothing has moved for STOP_GRACE_MS since a stop signal */
};

struct http_ask {
	const char *method, *url;
	const char *body; /* NULL: none */
	size_t len;
	bool once;        /* send it at most once: libcurl repeats on its own what it sent over
	                   * a kept connection that turns out to be dead */
	bool tls;         /* speak nothing but https */
	int64_t stall_ms; /* give up when nothing moves for so long */
	store_give *give; /* a 200's bytes (application/octet-stream) go here, all else to body */
	void *ctx;
};

struct http_answer {
	long code;
	bool json;       /* by its Content-Type */
	bool data;       /* a 200 with a file's bytes, by the same */
	struct buf body; /* at most HTTP_BODY_MAX */
	char *location;  /* where a redirect leads; holds tokens: never show it */
};

struct http *http_open(struct err *e);
void http_close(struct http *h);

/* Whatever comes back, e.text is set to the reason unless HTTP_ANSWERED ("connection
 * refused"), without subject; after HTTP_REFUSED it is what give said.  The
 * answer is overwritten; http_answer_free it in the end. */
enum http_result http_do(struct http *h, const struct http_ask *ask, struct http_answer *a,
    struct err *e);

void http_answer_free(struct http_answer *a);

/* "host:port" of a URL, fit to be shown; the caller frees it. */
char *http_host(const char *url);

/* Append text with everything but unreserved characters and those in `keep` as %XX. */
void http_escape(struct buf *b, const char *text, const char *keep);

#endif
