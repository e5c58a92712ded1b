#include "store/web.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/io.h"
#include "base/mem.h"

struct web_tries
web_tries(const struct web *w)
{
	return (struct web_tries){ .patience = patience_begin(w->opts.timeout_ms) };
}

static void
note(const struct web *w, const struct patience *p, const struct err *e)
{
	char *text;

	if (!w->opts.note || (p->pauses && !w->opts.verbose))
		return;
	if (w->opts.timeout_ms >= STORE_FOREVER_MS)
		text = mem_printf("%s: trying again", e->text);
	else
		text = mem_printf("%s: trying again for %lld s", e->text,
		    (long long)(p->until - io_now() + 999) / 1000);
	w->opts.note(text);
	free(text);
}

bool
web_again(struct web *w, struct web_tries *t, const struct err *e)
{
	bool elsewhere = w->hints & WEB_ELSEWHERE;

	if (elsewhere)
		w->node = (w->node + 1) % w->where.n;
	if (elsewhere && ++t->passed < w->where.n)
		return true;
	if (e->status != EX_TEMPFAIL || (w->hints & WEB_STOPPED) || !patience_left(&t->patience))
		return false;
	note(w, &t->patience, e);
	patience_pause(&t->patience);
	return true;
}

static char *
url_of(const struct web *w, const struct web_op *op)
{
	struct buf b = { 0 };

	buf_printf(&b, "%s/webhdfs/v1", w->where.nodes[w->node]);
	http_escape(&b, op->path, "/");
	buf_printf(&b, "?op=%s&user.name=%s%s", op->op, w->user, op->params ? op->params : "");
	buf_str(&b);
	return b.p;
}

static int64_t
stall_ms(const struct web *w)
{
	int64_t most = w->reached ? WEB_STALL_MS : WEB_FIRST_STALL_MS;

	return w->opts.timeout_ms < most ? w->opts.timeout_ms : most;
}

int
web_alien(const struct web *w, const struct web_op *op, const char *why, struct err *e)
{
	char *name = store_name(&w->base, op->path);

	err_set(e, EX_IOERR, "%s: %.300s: %s: not WebHDFS? check host and port; a name node's web port "
	    "is usually 9870", op->what, name, why);
	free(name);
	return -1;
}

static unsigned
hints_of(enum http_result r)
{
	switch (r) {
	case HTTP_UNSENT: return WEB_ELSEWHERE;
	case HTTP_LOST: return WEB_UNSURE | WEB_ELSEWHERE;
	case HTTP_STOPPED: return WEB_UNSURE | WEB_STOPPED;
	default: return 0;
	}
}

/* The request failed: say at which place, and whether to wait for it. */
static void
failed(struct web *w, const struct web_op *op, const char *name, enum http_result r, struct err *e)
{
	struct err why = *e;

	w->hints = hints_of(r);
	if (r == HTTP_HOPELESS)
		web_alien(w, op, why.text, e);
	else if (!w->reached && r != HTTP_STOPPED)
		err_set(e, EX_UNAVAILABLE, "connect: %s: %s", w->where.nodes[w->node], why.text);
	else if (r != HTTP_REFUSED)
		err_set(e, EX_TEMPFAIL, "%s: %.300s: name node: %s", op->what, name, why.text);
}

int
web_try(struct web *w, const struct web_op *op, struct http_ask *ask, struct http_answer *a,
    struct err *e)
{
	char *url = url_of(w, op), *name = store_name(&w->base, op->path);
	enum http_result r;

	ask->method = op->method;
	ask->url = url;
	ask->once = op->unsure != NULL;
	ask->tls = strncmp(url, "https:", 6) == 0;
	ask->stall_ms = stall_ms(w);
	r = http_do(w->http, ask, a, e);
	w->reached |= a->code != 0;
	w->hints = 0;
	if (r != HTTP_ANSWERED)
		failed(w, op, name, r, e);
	else if (a->code >= 400)
		w->hints = web_refused(op->what, name, a, e);
	if (op->unsure)
		*op->unsure = w->hints & WEB_UNSURE;
	free(url);
	free(name);
	return r == HTTP_ANSWERED && a->code < 400 ? 0 : -1;
}

int
web_call(struct web *w, const struct web_op *op, struct http_answer *a, struct err *e)
{
	struct web_tries tries = web_tries(w);

	for (;;) {
		struct http_ask ask = { 0 };

		if (web_try(w, op, &ask, a, e) == 0)
			return 0;
		http_answer_free(a);
		if ((op->unsure && *op->unsure) || !web_again(w, &tries, e))
			return -1;
	}
}

int
web_data(struct web *w, const struct web_op *op, const char *place, struct http_ask *ask,
    struct http_answer *a, struct err *e)
{
	char *host = http_host(place), *name = store_name(&w->base, op->path);
	enum http_result r;
	struct err why;

	ask->method = op->method;
	ask->url = place;
	ask->tls = strncmp(w->where.nodes[w->node], "https:", 6) == 0;
	ask->stall_ms = stall_ms(w);
	r = http_do(w->http, ask, a, e);
	why = *e;
	w->hints = hints_of(r) & WEB_STOPPED; /* another name node has no other data nodes */
	if (r == HTTP_ANSWERED && a->code >= 300)
		web_refused(op->what, name, a, e);
	else if (r != HTTP_ANSWERED && r != HTTP_REFUSED)
		err_set(e, r == HTTP_HOPELESS ? EX_IOERR : EX_TEMPFAIL, "%s: %.300s: data node %s: %s",
		    op->what, name, host, why.text);
	free(name);
	free(host);
	return r == HTTP_ANSWERED && a->code < 300 ? 0 : -1;
}

json_t *
web_json(const struct web *w, const struct web_op *op, const struct http_answer *a, struct err *e)
{
	json_t *root = a->body.len ? json_loadb(a->body.p, a->body.len, 0, NULL) : NULL;

	if (json_is_object(root))
		return root;
	json_decref(root);
	web_alien(w, op, "the answer is not JSON", e);
	return NULL;
}

char *
web_place(const struct web *w, const struct web_op *op, const struct http_answer *a, struct err *e)
{
	json_t *root = a->location ? NULL : web_json(w, op, a, e);
	const char *place = root ? json_string_value(json_object_get(root, "Location")) : a->location;
	bool tls = strncmp(w->where.nodes[w->node], "https:", 6) == 0;
	char *copy = NULL;

	if (!root && !a->location)
		return NULL;
	if (place && (strncasecmp(place, "https://", 8) == 0 ||
	    (!tls && strncasecmp(place, "http://", 7) == 0)))
		copy = mem_dup(place);
	else
		web_alien(w, op, tls ? "the answer leads to no https data node" :
		    "the answer leads to no data node", e);
	json_decref(root);
	return copy;
}

int
web_bool(struct web *w, const struct web_op *op, bool *answer, struct err *e)
{
	struct http_answer a = { 0 };
	json_t *root, *value;
	int status = 0;

	if (web_call(w, op, &a, e) < 0)
		return -1;
	*answer = true;
	if (a.body.len || a.code != 200) {
		root = web_json(w, op, &a, e);
		value = json_object_get(root, "boolean");
		w->gateway |= strcmp(op->op, "RENAME") == 0 && json_is_boolean(value);
		*answer = json_is_true(value);
		if (!root)
			status = -1;
		else if (!json_is_boolean(value))
			status = web_alien(w, op, "the answer has no boolean", e);
		json_decref(root);
	}
	http_answer_free(&a);
	return status;
}
