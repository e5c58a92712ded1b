#include "weblog/traffic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "base/when.h"
#include "weblog/clf.h"

#define NUMBER_MAX 20 /* digits of a uint64_t */

/* A line is: client, stamp, path, the sequence number, status, size, agent.  What stands
 * between them in a format belongs to one of the pieces. */
struct session {
	uint32_t left;
	unsigned char len;
	char client[31];
};

struct traffic {
	const struct model *model;
	struct traffic_options o;
	struct rng rng;
	struct session *sessions;
	struct text *statuses, *agents; /* as the format has them; by the model's index */
	int64_t second_begin, second_end; /* the ms for which the stamp is right */
	size_t stamp_len, line_max;
	uint64_t number;
	char stamp[96];
};

static inline char *
put(char *p, const char *from, size_t len)
{
	memcpy(p, from, len);
	return p + len;
}

static inline char *
put_text(char *p, const char *s)
{
	return put(p, s, strlen(s));
}

static inline char *
put_number(char *p, uint64_t v)
{
	char digits[NUMBER_MAX];
	size_t n = sizeof digits;

	do
		digits[--n] = (char)('0' + v % 10);
	while (v /= 10);
	return put(p, digits + n, sizeof digits - n);
}

static bool
is_json(const struct traffic *t)
{
	return t->o.format == TRAFFIC_JSON;
}

static void
open_session(struct traffic *t, struct session *s)
{
	const struct model *m = t->model;
	uint32_t low = m->first_low, span = m->first_high - low + 1;
	char *p = s->client;

	if (is_json(t))
		p = put_text(p, "{\"host\":\"");
	p = put_number(p, low + rng_below(&t->rng, span));
	low = m->other_low, span = m->other_high - low + 1;
	for (int i = 0; i < 3; i++) {
		*p++ = '.';
		p = put_number(p, low + rng_below(&t->rng, span));
	}
	s->len = (unsigned char)(p - s->client);
	s->left = m->requests_each;
}

static size_t
json_stamp(char *p, size_t size, const struct when *w)
{
	int zone = abs(w->zone);

	return (size_t)snprintf(p, size,
	    "\",\"ident\":null,\"user\":null,\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d\","
	    "\"request\":\"GET ", w->year, w->month, w->day, w->hour, w->minute, w->second,
	    w->zone < 0 ? '-' : '+', zone / 60, zone % 60);
}

static size_t
clf_stamp(char *p, const struct when *w)
{
	char *from = p;

	p = put_text(p, " - - [");
	clf_time_text(w, p);
	p = put_text(p + CLF_TIME, "] \"GET ");
	return (size_t)(p - from);
}

static void
new_stamp(struct traffic *t, int64_t ms)
{
	struct when w;

	when_split(ms, t->o.zone == TRAFFIC_LOCAL ? when_local(ms) : t->o.zone, &w);
	t->stamp_len =
	    is_json(t) ? json_stamp(t->stamp, sizeof t->stamp, &w) : clf_stamp(t->stamp, &w);
	t->second_begin = ms - w.ms;
	t->second_end = t->second_begin + 1000;
}

char *
traffic_line(struct traffic *t, char *p, int64_t ms)
{
	const struct model *m = t->model;
	struct session *s = &t->sessions[rng_below(&t->rng, m->open)];
	const struct text *path = choice_draw(&m->paths[mix_draw(&m->requests.mix, &t->rng)], &t->rng);
	const struct text *status = &t->statuses[mix_draw(&m->statuses.mix, &t->rng)];
	const struct text *agent = &t->agents[mix_draw(&m->agents.mix, &t->rng)];
	uint32_t size = m->size_min + rng_below(&t->rng, m->size_max - m->size_min + 1);

	if (ms < t->second_begin || ms >= t->second_end)
		new_stamp(t, ms);
	p = put(p, s->client, s->len);
	p = put(p, t->stamp, t->stamp_len);
	p = put(p, path->p, path->len);
	if (t->o.sequence) {
		p = put_text(p, "?seq=");
		p = put_number(p, t->number++);
	}
	p = put(p, status->p, status->len);
	p = put_number(p, size);
	p = put(p, agent->p, agent->len);
	if (--s->left == 0)
		open_session(t, s);
	return p;
}

/* As Apache and nginx write what a client sent. */
static void
escape(struct buf *b, const char *s)
{
	for (; *s; s++)
		if (*s == '"' || *s == '\\')
			buf_add(b, (char[]){ '\\', *s }, 2);
		else if ((unsigned char)*s < 0x80)
			buf_addc(b, *s);
		else
			buf_printf(b, "\\x%02x", (unsigned char)*s);
}

static void
status_piece(const struct traffic *t, const char *status, struct buf *b)
{
	buf_printf(b, is_json(t) ? " HTTP/1.1\",\"status\":%s,\"size\":" : " HTTP/1.1\" %s ", status);
}

static void
agent_piece(const struct traffic *t, const char *agent, struct buf *b)
{
	switch (t->o.format) {
	case TRAFFIC_COMBINED:
		buf_adds(b, " \"-\" \"");
		escape(b, agent);
		buf_adds(b, "\"\n");
		break;
	case TRAFFIC_COMMON:
		buf_adds(b, "\n");
		break;
	case TRAFFIC_JSON:
		buf_adds(b, ",\"referer\":null,\"agent\":");
		utf8_json(b, agent, strlen(agent));
		buf_adds(b, "}\n");
		break;
	}
}

/* A piece of the line for each text, and the length of the longest. */
static struct text *
pieces(const struct traffic *t, const struct choice *c,
    void (*make)(const struct traffic *, const char *, struct buf *), size_t *longest)
{
	struct text *made = mem_alloc(c->n * sizeof *made);

	*longest = 0;
	for (uint32_t i = 0; i < c->n; i++) {
		struct buf b = { 0 };

		make(t, c->texts[i].p, &b);
		made[i] = (struct text){ b.p, b.len };
		if (b.len > *longest)
			*longest = b.len;
	}
	return made;
}

static void
pieces_end(struct text *made, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		free(made[i].p);
	free(made);
}

struct traffic *
traffic_begin(const struct model *m, const struct traffic_options *o)
{
	struct traffic *t = mem_alloc(sizeof *t);
	size_t status, agent, path = 0;

	t->model = m;
	t->o = *o;
	rng_seed(&t->rng, o->seed);
	t->statuses = pieces(t, &m->statuses, status_piece, &status);
	t->agents = pieces(t, &m->agents, agent_piece, &agent);
	for (uint32_t i = 0; i < m->requests.n; i++)
		for (uint32_t k = 0; k < m->paths[i].n; k++)
			if (m->paths[i].texts[k].len > path)
				path = m->paths[i].texts[k].len;
	t->line_max = sizeof t->sessions->client + sizeof t->stamp + path + 5 + NUMBER_MAX +
	    status + NUMBER_MAX + agent;
	t->sessions = mem_alloc(m->open * sizeof *t->sessions);
	for (uint32_t i = 0; i < m->open; i++)
		open_session(t, &t->sessions[i]);
	return t;
}

size_t
traffic_line_max(const struct traffic *t)
{
	return t->line_max;
}

void
traffic_end(struct traffic *t)
{
	pieces_end(t->statuses, t->model->statuses.n);
	pieces_end(t->agents, t->model->agents.n);
	free(t->sessions);
	free(t);
}
