/* The traffic: does it have the distributions of the model? */
#include "weblog/traffic.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tap.h"
#include "weblog/retail.h"

#define LINES 400000
#define CELLS 4096

/* How often each text was seen, beside how often it should be: an open hash table. */
struct tally {
	size_t n;
	struct cell {
		char text[160];
		double weight;
		uint32_t seen;
	} cell[CELLS];
	uint32_t strangers;
};

/* The text's cell, or the empty one where it belongs. */
static struct cell *
cell(struct tally *t, const char *text, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < len; i++)
		at = at * 31 + (unsigned char)text[i];
	for (;; at++) {
		struct cell *c = &t->cell[at % CELLS];

		if (!*c->text || (strlen(c->text) == len && memcmp(c->text, text, len) == 0))
			return c;
	}
}

static void
expect(struct tally *t, const char *text, double weight)
{
	struct cell *c = cell(t, text, strlen(text));

	if (*c->text)
		return; /* a repeated name counts once */
	snprintf(c->text, sizeof c->text, "%s", text);
	c->weight = weight;
	t->n++;
}

static void
count(struct tally *t, const char *text, size_t len)
{
	struct cell *c = cell(t, text, len);

	t->strangers += !*c->text;
	c->seen += *c->text != '\0';
}

/* Pearson's chi-square against the value that one run in a thousand exceeds (Wilson and
 * Hilferty's approximation).  The seed is fixed, so that this passes always or never. */
static void
check(const struct tally *t, const char *name)
{
	double sum = 0, total = 0, chi = 0, k = (double)t->n - 1;
	double limit = k * pow(1 - 2 / (9 * k) + 3.0902 * sqrt(2 / (9 * k)), 3);

	for (size_t i = 0; i < CELLS; i++) {
		sum += t->cell[i].weight;
		total += t->cell[i].seen;
	}
	for (size_t i = 0; i < CELLS; i++) {
		double want = total * t->cell[i].weight / sum;

		if (want > 0)
			chi += (t->cell[i].seen - want) * (t->cell[i].seen - want) / want;
	}
	is_int(t->strangers, 0, "%s: nothing else", name);
	ok(chi < limit, "%s: chi-square %.1f of %.0f lines, %zu cells, limit %.1f", name, chi, total,
	    t->n, limit);
}

/* All that is counted of a run. */
struct counts {
	struct tally status, agent, request, department, category, product, size, first, other;
	uint32_t address[LINES];
	uint32_t lines, same; /* the address of the line before */
};

static void
expect_object(struct tally *t, const json_t *model, const char *name)
{
	json_t *object = json_object_get(model, name), *v;
	const char *key;

	json_object_foreach(object, key, v)
		expect(t, key, (double)json_integer_value(v));
}

/* Lower case, and percent-encoded where the model's names need it. */
static void
expect_names(struct tally *t, const json_t *model, const char *name)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(model, name), i, v) {
		char text[100];
		size_t n = 0;

		for (const char *s = json_string_value(v); *s; s++)
			if (strchr(" &'!", *s))
				n += (size_t)snprintf(text + n, sizeof text - n, "%%%02X", (unsigned)*s);
			else
				text[n++] = (char)(*s >= 'A' && *s <= 'Z' ? *s + 32 : *s);
		text[n] = '\0';
		expect(t, text, 1);
	}
}

static void
expect_numbers(struct tally *t, int low, int high)
{
	char text[16];

	for (int i = low; i <= high; i++) {
		snprintf(text, sizeof text, "%d", i);
		expect(t, text, 1);
	}
}

static void
expect_all(struct counts *c)
{
	json_t *model = json_loads(retail_json, 0, NULL), *v;
	size_t i;

	expect_object(&c->status, model, "status");
	expect_object(&c->agent, model, "user_agents");
	expect_object(&c->request, model, "requests");
	expect_names(&c->department, model, "departments");
	expect_names(&c->category, model, "categories");
	json_array_foreach(json_object_get(model, "products"), i, v) {
		char id[24];

		snprintf(id, sizeof id, "%d", (int)json_integer_value(json_array_get(v, 0)));
		expect(&c->product, id, floor(5000 / json_number_value(json_array_get(v, 1))));
	}
	expect_numbers(&c->size, 192, 2239);
	expect_numbers(&c->first, 1, 223);
	expect_numbers(&c->other, 0, 254);
	json_decref(model);
}

/* A path has a name between prefix and suffix: count it and the kind of request. */
static bool
count_kind(struct counts *c, const char *path, size_t len, const char *prefix, const char *suffix,
    struct tally *names, const char *mark)
{
	size_t before = strlen(prefix), after = strlen(suffix);
	char kind[64];

	if (len < before + after || memcmp(path, prefix, before) != 0 ||
	    memcmp(path + len - after, suffix, after) != 0)
		return false;
	snprintf(kind, sizeof kind, "%s%s%s", prefix, mark, suffix);
	count(&c->request, kind, strlen(kind));
	count(names, path + before, len - before - after);
	return true;
}

static void
count_path(struct counts *c, const char *path, size_t len)
{
	if (!count_kind(c, path, len, "/department/", "/categories", &c->department, "*DEPARTMENT*") &&
	    !count_kind(c, path, len, "/department/", "/products", &c->department, "*DEPARTMENT*") &&
	    !count_kind(c, path, len, "/categories/", "/products", &c->category, "*CATEGORY*") &&
	    !count_kind(c, path, len, "/product/", "", &c->product, "*PRODUCT*") &&
	    !count_kind(c, path, len, "/add_to_cart/", "", &c->product, "*PRODUCT*"))
		count(&c->request, path, len);
}

/* Move *p behind the next `stop`, and give what was before it. */
static const char *
field(const char **p, char stop, size_t *len)
{
	const char *from = *p;

	*len = strcspn(from, (char[]){ stop, '\0' });
	*p = from + *len + (from[*len] != '\0');
	return from;
}

static void
count_line(struct counts *c, const char *line)
{
	uint32_t address = 0;
	const char *at;
	size_t len;

	for (int i = 0; i < 4; i++) {
		at = field(&line, i < 3 ? '.' : ' ', &len);
		address = address << 8 | (uint32_t)atoi(at);
	}
	c->same += c->lines && address == c->address[c->lines - 1];
	c->address[c->lines++] = address;
	field(&line, '"', &len); /* ident, user, time */
	field(&line, ' ', &len); /* GET */
	at = field(&line, ' ', &len);
	count_path(c, at, len);
	field(&line, ' ', &len); /* HTTP/1.1 */
	at = field(&line, ' ', &len);
	count(&c->status, at, len);
	at = field(&line, ' ', &len);
	count(&c->size, at, len);
	field(&line, ' ', &len); /* "-" */
	field(&line, '"', &len);
	at = field(&line, '"', &len);
	count(&c->agent, at, len);
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void
count_address(struct counts *c, uint32_t address)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		char text[16];
		int len = snprintf(text, sizeof text, "%u", address >> shift & 255);

		count(shift == 24 ? &c->first : &c->other, text, (size_t)len);
	}
}

/* Every visitor has ten lines, but for the hundred that are still there. */
static void
check_sessions(struct counts *c)
{
	uint32_t whole = 0, open = 0, run = 1;
	double want = (double)c->lines * 0.9 / 100; /* a tenth has just left */

	qsort(c->address, c->lines, sizeof *c->address, by_number);
	for (uint32_t i = 1; i <= c->lines; i++, run++)
		if (i == c->lines || c->address[i] != c->address[i - 1]) {
			count_address(c, c->address[i - 1]);
			whole += run == 10;
			open += run != 10;
			run = 0;
		}
	check(&c->first, "first octet");
	check(&c->other, "other octets");
	ok(whole > LINES / 10 - 100 && open <= 100, "sessions: %u with ten lines, %u others", whole,
	    open);
	ok(fabs(c->same - want) < 4 * sqrt(want), "sessions: %u pairs of one visitor, %.0f expected",
	    c->same, want);
}

static void
test_marginals(const struct model *m, uint64_t seed)
{
	struct counts *c = mem_alloc(sizeof *c);
	struct traffic *t = traffic_begin(m, &(struct traffic_options){ .seed = seed });
	char *line = mem_alloc(traffic_line_max(t) + 1);
	bool bounded = true;

	expect_all(c);
	is_int(c->category.n, 55, "repeated categories count once");
	for (int i = 0; i < LINES; i++) {
		char *end = traffic_line(t, line, i);

		bounded = bounded && (size_t)(end - line) <= traffic_line_max(t) && end[-1] == '\n';
		*end = '\0';
		count_line(c, line);
	}
	ok(bounded, "no line is longer than traffic_line_max");
	check(&c->status, "status");
	check(&c->agent, "agent");
	check(&c->request, "request");
	check(&c->department, "department");
	check(&c->category, "category");
	check(&c->product, "product");
	check(&c->size, "size");
	check_sessions(c);
	traffic_end(t);
	free(line);
	free(c);
}

/* A few lines with their stamps, one after the other. */
static const char *
some(const struct model *m, const struct traffic_options *o, int64_t from, int64_t step)
{
	static char text[4096];
	struct traffic *t = traffic_begin(m, o);
	char *p = text;

	for (int i = 0; i < 5; i++)
		p = traffic_line(t, p, from + i * step);
	*p = '\0';
	traffic_end(t);
	return text;
}

static void
test_same(const struct model *m)
{
	struct traffic_options o = { .seed = 7, .sequence = true };
	char *before = mem_dup(some(m, &o, 0, 1000));

	is_str(some(m, &o, 0, 1000), before, "the same seed, the same bytes");
	o.seed = 8;
	ok(strcmp(some(m, &o, 0, 1000), before) != 0, "another seed, other bytes");
	free(before);
}

static void
test_stamps(const struct model *m)
{
	struct traffic_options o = { .zone = 60 };

	ok(strstr(some(m, &o, 999, 1), "[01/Jan/1970:01:00:00 +0100]") != NULL,
	    "the last millisecond of a second");
	ok(strstr(some(m, &o, 999, 1), "[01/Jan/1970:01:00:01 +0100]") != NULL, "the next second");
	ok(strstr(some(m, &o, 86400000, -1000), "[02/Jan/1970:00:59:59 +0100]") != NULL,
	    "a clock that is set back");
	o.format = TRAFFIC_JSON;
	o.zone = -570;
	ok(strstr(some(m, &o, 0, 1), "\"time\":\"1969-12-31T14:30:00-09:30\"") != NULL, "in JSON");
}

int
main(void)
{
	struct model m;
	struct err e;

	if (!ok(model_retail(&m, &e) == 0, "the model that is built in"))
		return done();
	test_marginals(&m, 2026);
	test_same(&m);
	test_stamps(&m);
	model_end(&m);
	return done();
}
