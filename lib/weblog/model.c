#include "weblog/model.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "weblog/retail.h"

enum { DEPARTMENT, CATEGORY, PRODUCT, PLACES };

static const struct place {
	const char *mark, *list;
} places[PLACES] = {
	{ "*DEPARTMENT*", "departments" },
	{ "*CATEGORY*", "categories" },
	{ "*PRODUCT*", "products" },
};

struct reader {
	const char *subject;
	json_t *root;
	struct choice names[PLACES]; /* percent-encoded already; not for drawing */
	size_t bytes;                /* that all texts so far take */
	struct err *e;
};

static int
bad(struct reader *r, const char *where, const char *why)
{
	return err_set(r->e, EX_CONFIG, "read the model: %s: %s: %s", r->subject, where, why);
}

/* A whole number from min to max; v may be NULL for a missing one. */
static int
whole(struct reader *r, const json_t *v, const char *where, int64_t min, int64_t max, uint32_t *out)
{
	char why[80];

	if (json_is_integer(v) && json_integer_value(v) >= min && json_integer_value(v) <= max) {
		*out = (uint32_t)json_integer_value(v);
		return 0;
	}
	snprintf(why, sizeof why, "wants a whole number from %lld to %lld", (long long)min,
	    (long long)max);
	return bad(r, where, why);
}

static int
range(struct reader *r, const json_t *v, const char *where, int64_t max, uint32_t *low,
    uint32_t *high)
{
	if (!json_is_array(v) || json_array_size(v) != 2)
		return bad(r, where, "wants [low, high]");
	if (whole(r, json_array_get(v, 0), where, 0, max, low) < 0)
		return -1;
	return whole(r, json_array_get(v, 1), where, *low, max, high);
}

static int
read_numbers(struct reader *r, struct model *m)
{
	const json_t *sessions = json_object_get(r->root, "sessions");
	const json_t *size = json_object_get(r->root, "size");

	if (whole(r, json_object_get(sessions, "open"), "sessions.open", 1, 100000, &m->open) < 0 ||
	    whole(r, json_object_get(sessions, "requests_each"), "sessions.requests_each", 1,
	        INT32_MAX, &m->requests_each) < 0 ||
	    range(r, json_object_get(sessions, "first_octet"), "sessions.first_octet", 255,
	        &m->first_low, &m->first_high) < 0 ||
	    range(r, json_object_get(sessions, "other_octets"), "sessions.other_octets", 255,
	        &m->other_low, &m->other_high) < 0 ||
	    whole(r, json_object_get(size, "min"), "size.min", 0, INT32_MAX, &m->size_min) < 0)
		return -1;
	return whole(r, json_object_get(size, "max"), "size.max", m->size_min, INT32_MAX,
	    &m->size_max);
}

/* What any text must be: of some length, and without control characters. */
static int
check_text(struct reader *r, const char *s, const char *where)
{
	size_t len = strlen(s);

	if (!len || len > MODEL_TEXT_MAX)
		return bad(r, where, "a text of 1 to 1024 bytes is wanted");
	for (const char *p = s; *p; p++)
		if (iscntrl((unsigned char)*p))
			return bad(r, where, "there is a control character in a text");
	return 0;
}

static int
add(struct reader *r, struct choice *c, const char *s, size_t len, uint32_t weight,
    const char *where)
{
	/* About what the tables and the allocator take beside the text. */
	r->bytes += len + 80;
	if (r->bytes > MODEL_BYTES_MAX || !choice_add(c, s, len, weight))
		return bad(r, where, "the model is too big");
	return 0;
}

static int
seal(struct reader *r, struct choice *c, const char *where)
{
	return choice_seal(c) ? 0 : bad(r, where, "there is nothing to choose from");
}

/* The path's bytes as a browser sends them, in lower case. */
static void
encode(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int c = tolower((unsigned char)s[i]);

		if (isalnum(c) || strchr("-_.~/", c))
			buf_addc(b, (char)c);
		else
			buf_printf(b, "%%%02X", (unsigned)c);
	}
}

static int
add_encoded(struct reader *r, struct choice *c, const char *s, uint32_t weight, const char *where)
{
	struct buf b = { 0 };
	int status;

	encode(&b, s, strlen(s));
	status = add(r, c, b.p, b.len, weight, where);
	buf_free(&b);
	return status;
}

/* An object of texts and weights. */
static int
read_choice(struct reader *r, const char *name, struct choice *c)
{
	json_t *object = json_object_get(r->root, name), *v;
	const char *key;
	uint32_t weight;

	json_object_foreach(object, key, v)
		if (check_text(r, key, name) < 0 ||
		    whole(r, v, name, 0, MODEL_WEIGHT_MAX, &weight) < 0 ||
		    add(r, c, key, strlen(key), weight, name) < 0)
			return -1;
	return seal(r, c, name);
}

static int
read_names(struct reader *r, const char *where, struct choice *c)
{
	json_t *seen = json_object(), *v;
	size_t i;
	int status = 0;

	json_array_foreach(json_object_get(r->root, where), i, v) {
		const char *name = json_string_value(v);

		if (!name)
			status = bad(r, where, "a name is not a text");
		else if (json_object_get(seen, name))
			continue;
		else if ((status = check_text(r, name, where)) == 0)
			status = add_encoded(r, c, name, 1, where);
		if (status < 0 || json_object_set_new(seen, name, json_true()) < 0)
			break;
	}
	json_decref(seen);
	return status;
}

static int
read_products(struct reader *r, const char *where, struct choice *c)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(r->root, where), i, v) {
		const json_t *id = json_array_get(v, 0);
		double price = json_number_value(json_array_get(v, 1));
		char text[24];

		if (!json_is_integer(id) || !(price >= 0.01))
			return bad(r, where, "wants [number, price], the price at least 0.01");
		snprintf(text, sizeof text, "%lld", (long long)json_integer_value(id));
		if (add_encoded(r, c, text, (uint32_t)(5000 / price), where) < 0)
			return -1;
	}
	return 0;
}

/* Everything that the request `form` may become. */
static int
expand(struct reader *r, const char *form, struct choice *out)
{
	const char *star = strchr(form, '*');
	struct buf b = { 0 };
	size_t prefix;
	int place = 0, status = 0;

	if (*form != '/')
		return bad(r, "requests", "a path begins with /");
	if (!star)
		return add_encoded(r, out, form, 1, "requests") < 0 ? -1 :
		    seal(r, out, "requests");
	while (place < PLACES && strncmp(star, places[place].mark, strlen(places[place].mark)) != 0)
		place++;
	if (place == PLACES || strchr(star + strlen(places[place].mark), '*'))
		return bad(r, "requests",
		    "a path may hold one of *DEPARTMENT*, *CATEGORY* and *PRODUCT*, and no other *");
	encode(&b, form, (size_t)(star - form));
	prefix = b.len;
	for (uint32_t i = 0; i < r->names[place].n && status == 0; i++) {
		const char *rest = star + strlen(places[place].mark);

		b.len = prefix;
		buf_add(&b, r->names[place].texts[i].p, r->names[place].texts[i].len);
		encode(&b, rest, strlen(rest));
		status = add(r, out, b.p, b.len, r->names[place].weights[i], "requests");
	}
	buf_free(&b);
	return status < 0 ? -1 : seal(r, out, places[place].list);
}

static int
read_requests(struct reader *r, struct model *m)
{
	if (read_choice(r, "requests", &m->requests) < 0)
		return -1;
	m->paths = mem_alloc(m->requests.n * sizeof *m->paths);
	for (uint32_t i = 0; i < m->requests.n; i++)
		if (expand(r, m->requests.texts[i].p, &m->paths[i]) < 0)
			return -1;
	return 0;
}

static int
check_statuses(struct reader *r, const struct choice *c)
{
	for (uint32_t i = 0; i < c->n; i++) {
		const char *s = c->texts[i].p;

		if (c->texts[i].len != 3 || *s < '1' || *s > '5' || strspn(s, "0123456789") != 3)
			return bad(r, "status", "wants three digits, from 100 to 599");
	}
	return 0;
}

static int
read_model(struct reader *r, struct model *m)
{
	if (!json_is_object(r->root))
		return bad(r, "top", "wants an object");
	if (read_numbers(r, m) < 0 ||
	    read_names(r, places[DEPARTMENT].list, &r->names[DEPARTMENT]) < 0 ||
	    read_names(r, places[CATEGORY].list, &r->names[CATEGORY]) < 0 ||
	    read_products(r, places[PRODUCT].list, &r->names[PRODUCT]) < 0 ||
	    read_requests(r, m) < 0 || read_choice(r, "status", &m->statuses) < 0 ||
	    read_choice(r, "user_agents", &m->agents) < 0)
		return -1;
	return check_statuses(r, &m->statuses);
}

static int
parse(struct model *m, const char *text, size_t len, const char *subject, struct err *e)
{
	struct reader r = { .subject = subject, .e = e };
	json_error_t why;
	int status;

	*m = (struct model){ 0 };
	r.root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	if (!r.root)
		return err_set(e, EX_CONFIG, "read the model: %s: line %d: %s", subject, why.line,
		    why.text);
	status = read_model(&r, m);
	for (int i = 0; i < PLACES; i++)
		choice_end(&r.names[i]);
	json_decref(r.root);
	return status;
}

int
model_retail(struct model *m, struct err *e)
{
	return parse(m, retail_json, strlen(retail_json), "built in", e);
}

/* All of the file, or MODEL_FILE_MAX bytes and one more. */
static int
slurp(const char *path, struct buf *b, struct err *e)
{
	int fd = io_open(path, e);
	ssize_t n = 1;

	if (fd < 0)
		return -1;
	while (n > 0 && b->len <= MODEL_FILE_MAX) {
		buf_reserve(b, 65536);
		n = read(fd, b->p + b->len, 65536);
		if (n > 0)
			b->len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n < 0)
		err_sys(e, errno, "read", path);
	if (fd != STDIN_FILENO)
		close(fd);
	return n < 0 ? -1 : 0;
}

int
model_load(struct model *m, const char *path, struct err *e)
{
	struct buf text = { 0 };
	int status;

	*m = (struct model){ 0 };
	status = slurp(path, &text, e);
	if (status == 0 && text.len > MODEL_FILE_MAX)
		status = err_set(e, EX_CONFIG, "read the model: %s: it is over %d MiB", path,
		    MODEL_FILE_MAX >> 20);
	if (status == 0)
		status = parse(m, buf_str(&text), text.len, path, e);
	buf_free(&text);
	return status;
}

void
model_end(struct model *m)
{
	for (uint32_t i = 0; m->paths && i < m->requests.n; i++)
		choice_end(&m->paths[i]);
	free(m->paths);
	choice_end(&m->requests);
	choice_end(&m->statuses);
	choice_end(&m->agents);
	*m = (struct model){ 0 };
}
