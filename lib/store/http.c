#define _GNU_SOURCE /* strcasestr */
#include "store/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/stop.h"

#define CONNECT_S 5
#define UPLOAD_BUFFER (512 * 1024L) /* bytes handed to the socket at once */

struct http {
	CURL *curl;
	struct curl_slist *headers;
};

/* One transfer, for the callbacks. */
struct transfer {
	struct http *h;
	const struct http_ask *ask;
	struct http_answer *a;
	struct err *e;
	size_t sent, headers;
	curl_off_t moved; /* bytes there and back, as far as is known */
	int64_t moved_at; /* io_now() of the last of them, the start before the first */
	bool refused, stopped, too_much;
	bool whole;    /* the empty line behind the headers came */
	bool measured; /* they tell where the body ends */
};

static bool
begins(const char *line, size_t len, const char *what)
{
	size_t n = strlen(what);

	return len >= n && strncasecmp(line, what, n) == 0;
}

static size_t
on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * n;

	if (begins(p, len, "HTTP/"))
		t->whole = t->measured = false;
	t->whole |= begins(p, len, "\r") || begins(p, len, "\n");
	t->measured |= begins(p, len, "Content-Length:") || begins(p, len, "Transfer-Encoding:");
	t->headers += len;
	t->too_much = t->headers > HTTP_HEADERS_MAX;
	return t->too_much ? 0 : len;
}

static bool
content_is(CURL *curl, const char *type)
{
	char *found = NULL;

	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &found);
	return found && strcasestr(found, type);
}

/* The bytes of a file. */
static bool
is_data(CURL *curl)
{
	long code = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	return code == 200 && content_is(curl, "application/octet-stream");
}

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = size * n;

	if (t->ask->give && is_data(t->h->curl)) {
		t->refused = t->ask->give(t->ask->ctx, p, len, t->e) < 0;
		return t->refused ? 0 : len;
	}
	t->too_much = len > HTTP_BODY_MAX - t->a->body.len;
	if (t->too_much)
		return 0;
	buf_add(&t->a->body, p, len);
	return len;
}

static size_t
on_upload(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t len = t->ask->len - t->sent;

	if (len > size * n)
		len = size * n;
	memcpy(p, t->ask->body + t->sent, len);
	t->sent += len;
	return len;
}

/* Called at least once a second: after a stop signal nothing may stand still for long. */
static int
on_tick(void *ctx, curl_off_t a, curl_off_t down, curl_off_t b, curl_off_t up)
{
	struct transfer *t = ctx;
	int64_t now = io_now();

	(void)a, (void)b;
	if (down + up != t->moved) {
		t->moved = down + up;
		t->moved_at = now;
	}
	t->stopped = stop_signal() && now - t->moved_at > STOP_GRACE_MS && stop_left() < 0;
	return t->stopped;
}

static struct curl_slist *
headers(void)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	struct curl_slist *more = curl_slist_append(list, "Content-Type: application/octet-stream");

	if (!list || !more) {
		curl_slist_free_all(list);
		return NULL;
	}
	return more;
}

struct http *
http_open(struct err *e)
{
	struct http *h = mem_alloc(sizeof *h);

	h->headers = headers();
	h->curl = h->headers ? curl_easy_init() : NULL;
	if (!h->curl) {
		err_set(e, EX_TEMPFAIL, "start: libcurl: not enough memory");
		http_close(h);
		return NULL;
	}
	return h;
}

void
http_close(struct http *h)
{
	if (!h)
		return;
	curl_easy_cleanup(h->curl);
	curl_slist_free_all(h->headers);
	free(h);
}

/* libcurl counts in seconds, and takes 0 for "never". */
static long
stall_s(const struct http_ask *ask)
{
	return ask->stall_ms > 1000 ? (long)((ask->stall_ms + 999) / 1000) : 1;
}

static void
prepare(CURL *c, struct transfer *t)
{
	const struct http_ask *ask = t->ask;
	const char *ca = getenv("CURL_CA_BUNDLE");
	long seconds = stall_s(ask);

	curl_easy_reset(c); /* keeps the connections */
	curl_easy_setopt(c, CURLOPT_URL, ask->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, ask->tls ? "https" : "http,https");
	curl_easy_setopt(c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->h->headers);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, seconds < CONNECT_S ? seconds : CONNECT_S);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, seconds);
	curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, ask->once ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_tick);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	if (ca)
		curl_easy_setopt(c, CURLOPT_CAINFO, ca);
	if (ask->body) {
		curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(c, CURLOPT_READFUNCTION, on_upload);
		curl_easy_setopt(c, CURLOPT_READDATA, t);
		curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)ask->len);
		curl_easy_setopt(c, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER);
	} else if (strcmp(ask->method, "GET") != 0) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, "");
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, 0L);
	}
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, ask->method);
}

/* Why there is no answer; connected: it is not that nobody listens. */
static void
explain(const struct transfer *t, CURLcode rc, bool connected)
{
	long os = 0, seconds = stall_s(t->ask);

	curl_easy_getinfo(t->h->curl, CURLINFO_OS_ERRNO, &os);
	if (!connected && seconds > CONNECT_S)
		seconds = CONNECT_S;
	if (rc == CURLE_OPERATION_TIMEDOUT)
		err_set(t->e, EX_TEMPFAIL, "no answer within %ld s", seconds);
	else if (rc == CURLE_COULDNT_RESOLVE_HOST)
		err_set(t->e, EX_TEMPFAIL, "no such host");
	else if (rc == CURLE_COULDNT_CONNECT && os)
		err_set(t->e, EX_TEMPFAIL, "%s", err_reason((int)os));
	else if (rc == CURLE_GOT_NOTHING || rc == CURLE_SEND_ERROR || rc == CURLE_RECV_ERROR ||
	    rc == CURLE_PARTIAL_FILE)
		err_set(t->e, EX_TEMPFAIL, "connection lost");
	else if (rc == CURLE_SSL_CONNECT_ERROR)
		err_set(t->e, EX_TEMPFAIL, "the TLS handshake failed: is it a port for https?");
	else
		err_set(t->e, EX_TEMPFAIL, "%s", curl_easy_strerror(rc));
}

/* libcurl takes the end of the connection for that of an answer which does not tell its own.  JSON
 * that was cut is seen to be, but a file or a body that should be empty is not. */
static bool
torn(const struct transfer *t)
{
	const struct http_answer *a = t->a;

	return !t->whole || (a->code == 200 && !t->measured && (a->data || !a->body.len));
}

static enum http_result
judge(const struct transfer *t, CURLcode rc)
{
	curl_off_t connected = 0;

	if (rc == CURLE_OK && torn(t))
		rc = CURLE_PARTIAL_FILE;
	if (rc == CURLE_OK)
		return HTTP_ANSWERED;
	if (t->refused)
		return HTTP_REFUSED;
	if (t->stopped) {
		err_set(t->e, EX_TEMPFAIL, "nothing has moved since a stop signal");
		return HTTP_STOPPED;
	}
	if (t->too_much) {
		err_set(t->e, EX_IOERR, "the answer is too long");
		return HTTP_HOPELESS;
	}
	curl_easy_getinfo(t->h->curl, CURLINFO_CONNECT_TIME_T, &connected);
	explain(t, rc, connected > 0);
	switch (rc) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR: /* a server that is being restarted cuts handshakes */
		return HTTP_UNSENT;
	case CURLE_OPERATION_TIMEDOUT:
		return connected > 0 ? HTTP_LOST : HTTP_UNSENT;
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_FAIL_REWIND:
		return HTTP_LOST;
	default:
		return HTTP_HOPELESS;
	}
}

enum http_result
http_do(struct http *h, const struct http_ask *ask, struct http_answer *a, struct err *e)
{
	struct transfer t = { .h = h, .ask = ask, .a = a, .e = e, .moved_at = io_now() };
	const char *location = NULL;
	CURLcode rc;

	http_answer_free(a);
	prepare(h->curl, &t);
	rc = curl_easy_perform(h->curl);
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &a->code);
	curl_easy_getinfo(h->curl, CURLINFO_REDIRECT_URL, &location);
	a->location = location ? mem_dup(location) : NULL;
	a->json = content_is(h->curl, "json");
	a->data = is_data(h->curl);
	/* A server that refuses an upload half way answers and hangs up: the answer counts. */
	if (rc == CURLE_SEND_ERROR && a->code >= 400)
		rc = CURLE_OK;
	return judge(&t, rc);
}

void
http_answer_free(struct http_answer *a)
{
	buf_free(&a->body);
	free(a->location);
	*a = (struct http_answer){ 0 };
}

char *
http_host(const char *url)
{
	const char *p = strstr(url, "://"), *at;
	size_t n;

	p = p ? p + 3 : url;
	n = strcspn(p, "/?#");
	while ((at = memchr(p, '@', n)) != NULL) { /* a password may stand before it */
		n -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	return mem_dupn(p, n);
}

void
http_escape(struct buf *b, const char *text, const char *keep)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text; text++)
		if (strchr(plain, *text) || strchr(keep, *text))
			buf_addc(b, *text);
		else
			buf_printf(b, "%%%02X", (unsigned char)*text);
}
