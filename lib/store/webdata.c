#define _GNU_SOURCE /* memmem */
/* HDFS over WebHDFS: what goes to and comes from the data nodes. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "store/webhdfs.h"

/* The reader's own give, and how much it has taken: after a broken connection the rest
 * is asked for. */
struct reading {
	store_give *give;
	void *ctx;
	int64_t offset;
	bool refused; /* give said stop */
};

static int
take(void *ctx, const char *p, size_t len, struct err *e)
{
	struct reading *r = ctx;

	r->refused = r->give(r->ctx, p, len, e) < 0;
	r->offset += (int64_t)len;
	return r->refused ? -1 : 0;
}

/* Nothing is left behind this offset: the name node says so with an exception.  At the beginning
 * it never does, however a file is called. */
static bool
past_the_end(const struct reading *r, const struct http_answer *a)
{
	return r->offset > 0 && a->code >= 400 && a->body.len &&
	    memmem(a->body.p, a->body.len, "out of the range", strlen("out of the range"));
}

/* One connection's worth. */
static int
read_once(struct web *w, const struct web_op *op, struct reading *r, struct err *e)
{
	struct http_ask ask = { .give = take, .ctx = r };
	struct http_answer a = { 0 };
	char *place = NULL;
	int status = web_try(w, op, &ask, &a, e);

	if (status < 0 && past_the_end(r, &a)) {
		http_answer_free(&a);
		return 0;
	}
	if (status == 0 && (a.json || a.location))
		status = (place = web_place(w, op, &a, e)) ? web_data(w, op, place, &ask, &a, e) : -1;
	/* Somebody else's page is not an empty file. */
	if (status == 0 && !a.data)
		status = web_alien(w, op, "the answer is no file", e);
	free(place);
	http_answer_free(&a);
	return status;
}

int
webhdfs_read(struct store *s, const char *path, store_give *give, void *ctx, struct err *e)
{
	struct web *w = (struct web *)s;
	struct reading r = { give, ctx, 0, false };
	struct web_tries tries = web_tries(w);
	char params[64];
	struct web_op op = { "read", "GET", "OPEN", path, params, NULL };

	if (webhdfs_check(s, op.what, path, false, e) < 0)
		return -1;
	for (;;) {
		int64_t before = r.offset;

		snprintf(params, sizeof params, "&noredirect=true&offset=%" PRId64, r.offset);
		if (read_once(w, &op, &r, e) == 0)
			return 0;
		if (r.offset > before)
			tries = web_tries(w);
		if (r.refused || !web_again(w, &tries, e))
			return -1;
	}
}

static int
verify(struct store *s, const char *path, size_t len, struct err *e)
{
	struct store_stat st;
	char *name;

	if (webhdfs_stat(s, path, &st, e) < 0)
		return -1;
	if (st.len == (int64_t)len)
		return 0;
	name = store_name(s, path);
	err_set(e, EX_TEMPFAIL, "write: %s: short file: %" PRId64 " of %zu bytes arrived", name, st.len,
	    len);
	free(name);
	return -1;
}

/* *again is set where the name node refused before there was a file, so that the same name may
 * be tried once more; behind a data node's refusal there may be one. */
static int
put_once(struct web *w, const struct web_op *op, struct http_ask *body, bool *again, struct err *e)
{
	struct http_ask ask = { 0 };
	struct http_answer a = { 0 };
	char *place = NULL;
	int status = web_try(w, op, &ask, &a, e);

	if (status == 0)
		status = (place = web_place(w, op, &a, e)) ? web_data(w, op, place, body, &a, e) : -1;
	*again = status < 0 && !place;
	free(place);
	http_answer_free(&a);
	return status;
}

int
webhdfs_put(struct store *s, const char *path, const char *p, size_t len, struct err *e)
{
	struct web *w = (struct web *)s;
	struct web_op op = { "write", "PUT", "CREATE", path,
		"&noredirect=true&overwrite=false&createparent=false", NULL };
	struct http_ask body = { .body = p ? p : "", .len = len };
	struct web_tries tries = web_tries(w);
	bool again;

	if (webhdfs_check(s, op.what, path, true, e) < 0)
		return -1;
	while (put_once(w, &op, &body, &again, e) < 0)
		if (!again || !web_again(w, &tries, e))
			return -1;
	return verify(s, path, len, e);
}
