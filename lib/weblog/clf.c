#include "weblog/clf.h"

#include <string.h>

static const char months[12][3] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
	"Oct", "Nov", "Dec" };

/* Two digits at p, or -1. */
static inline int
two(const char *p)
{
	unsigned tens = (unsigned char)p[0] - (unsigned)'0', ones = (unsigned char)p[1] - (unsigned)'0';

	return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

/* The sum of its last two letters tells each month from the others. */
static inline int
month(const char *p)
{
	static const unsigned char by_sum[32] = { [15] = 1, [7] = 2, [19] = 3, [2] = 4, [26] = 5,
		[3] = 6, [1] = 7, [28] = 8, [21] = 9, [23] = 10, [5] = 11, [8] = 12 };
	int n = by_sum[((unsigned char)p[1] + (unsigned char)p[2]) & 31];

	return n && memcmp(p, months[n - 1], 3) == 0 ? n : -1;
}

/* The CLF_TIME bytes at p: dd/Mon/yyyy:HH:MM:SS ?hhmm */
static bool
parse_time(const char *p, struct when *out)
{
	int century = two(p + 7), year = two(p + 9), zone_hours = two(p + 22), zone_minutes = two(p + 24);
	struct when w = {
		.day = two(p), .month = month(p + 3), .year = century * 100 + year,
		.hour = two(p + 12), .minute = two(p + 15), .second = two(p + 18),
	};

	if (p[2] != '/' || p[6] != '/' || p[11] != ':' || p[14] != ':' || p[17] != ':' ||
	    p[20] != ' ' || (p[21] != '+' && p[21] != '-') || zone_hours < 0 ||
	    zone_minutes < 0 || zone_minutes > 59 || century < 0 || year < 0)
		return false;
	w.zone = (p[21] == '-' ? -1 : 1) * (zone_hours * 60 + zone_minutes);
	if (!when_valid(&w))
		return false;
	*out = w;
	return true;
}

/* Behind the n-th space, or NULL. */
static const char *
skip_fields(const char *p, const char *end, int n)
{
	while (p && n--) {
		p = memchr(p, ' ', (size_t)(end - p));
		if (p)
			p++;
	}
	return p;
}

/* Where from p on the time of the request begins, behind its bracket; or NULL. */
static const char *
find_time(const char *p, const char *end, struct when *out)
{
	while ((p = memchr(p, '[', (size_t)(end - p))) != NULL) {
		const char *after;

		p++;
		if (end - p <= CLF_TIME || p[CLF_TIME] != ']')
			continue;
		after = p + CLF_TIME;
		if ((after + 1 == end || (end - after > 2 && memcmp(after + 1, " \"", 2) == 0)) &&
		    parse_time(p, out))
			return p;
	}
	return NULL;
}

bool
clf_time(const char *line, size_t len, struct when *out)
{
	const char *end = line + len;
	/* The host may be an IPv6 address in brackets, so look behind two fields only. */
	const char *p = skip_fields(line, end, 2);

	return p && find_time(p, end, out);
}

static struct clf_text
text(const char *from, const char *to)
{
	if (to - from == 1 && *from == '-')
		return (struct clf_text){ 0 };
	return (struct clf_text){ from, (size_t)(to - from) };
}

/* "name:80", "[::1]:80": what %v:%p writes, and no address looks like. */
static bool
has_port(const char *host, const char *end)
{
	const char *digit = end;

	while (digit > host && digit[-1] >= '0' && digit[-1] <= '9')
		digit--;
	if (digit == end || digit - host < 2 || digit[-1] != ':')
		return false;
	return digit[-2] == ']' || !memchr(host, ':', (size_t)(digit - 1 - host));
}

/* The three fields before the time's bracket, which stands at `stop`. */
static const char *
parse_who(const char *line, const char *stop, struct clf *out)
{
	const char *ident = skip_fields(line, stop, 1), *user = ident ? skip_fields(ident, stop, 1) : NULL;

	if (!user || stop - user < 2 || stop[-1] != ' ' || user - ident < 2 || ident - line < 2)
		return "not host, ident and user before the time";
	for (const char *p = line; p < ident - 1; p++)
		if ((unsigned char)*p < ' ')
			return "a control character in the host";
	out->host = text(line, ident - 1);
	out->ident = text(ident, user - 1);
	out->user = text(user, stop - 1);
	/* With a field more in front, the user begins with what is the ident. */
	if (has_port(line, ident - 1) ||
	    (out->ident.p && out->user.len > 2 && memcmp(out->user.p, "- ", 2) == 0))
		return "a virtual host before the host";
	return NULL;
}

/* A field in quotes at *p, which moves on behind it. */
static bool
quoted(const char **p, const char *end, struct clf_text *out)
{
	const char *from = *p + 1, *quote = from;

	if (end - *p < 2 || **p != '"')
		return false;
	for (;; quote++) {
		const char *slash;

		quote = memchr(quote, '"', (size_t)(end - quote));
		if (!quote)
			return false;
		for (slash = quote; slash > from && slash[-1] == '\\'; slash--)
			continue;
		if ((quote - slash) % 2 == 0)
			break;
	}
	*out = text(from, quote);
	*p = quote + 1;
	return true;
}

static bool
space(const char **p, const char *end)
{
	return *p < end && *(*p)++ == ' ';
}

/* From min to max digits at *p, which moves on behind them; "-" is -1. */
static bool
number(const char **p, const char *end, int min, int max, int64_t *out)
{
	const char *from = *p;

	*out = -1;
	if (from < end && *from == '-') {
		*p = from + 1;
		return true;
	}
	*out = 0;
	for (; *p < end && **p >= '0' && **p <= '9' && *p - from < max; ++*p)
		*out = *out * 10 + (**p - '0');
	return *p - from >= min;
}

const char *
clf_parse(const char *line, size_t len, struct clf *out)
{
	const char *end = line + len - (len && line[len - 1] == '\r');
	const char *p = skip_fields(line, end, 2), *why;
	int64_t status;

	if (line == end)
		return "it is empty";
	if (p)
		p = find_time(p, end, &out->time);
	if (!p)
		return "no time in brackets with a request in quotes behind it";
	why = parse_who(line, p - 1, out);
	if (why)
		return why;
	p += CLF_TIME + 1;
	if (!space(&p, end) || !quoted(&p, end, &out->request))
		return "no quote at the end of the request";
	if (!space(&p, end) || !number(&p, end, 3, 3, &status))
		return "no status of three digits behind the request";
	out->status = (int)status;
	if (!space(&p, end) || !number(&p, end, 1, 18, &out->size))
		return "no size behind the status";
	out->referer = out->agent = out->more = (struct clf_text){ 0 };
	if (p == end)
		return NULL;
	if (!space(&p, end) || !quoted(&p, end, &out->referer))
		return "no referer in quotes behind the size";
	if (!space(&p, end) || !quoted(&p, end, &out->agent))
		return "no agent in quotes behind the referer";
	if (p < end && !space(&p, end))
		return "no space behind the agent";
	if (p < end)
		out->more = (struct clf_text){ p, (size_t)(end - p) };
	return NULL;
}

/* RFC 9110, 5.6.2, without what no method has. */
static bool
is_method(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((p[i] >= 'A' && p[i] <= 'Z') || (p[i] >= 'a' && p[i] <= 'z') ||
		    (i && (p[i] == '-' || p[i] == '_'))))
			return false;
	return len > 0;
}

static const char *
last_space(const char *from, const char *end)
{
	while (end > from && end[-1] != ' ')
		end--;
	return end > from ? end - 1 : NULL;
}

void
clf_request(struct clf_text request, struct clf_request *out)
{
	const char *from = request.p, *end, *target, *stop, *mark;

	*out = (struct clf_request){ 0 };
	if (!from)
		return;
	end = from + request.len;
	target = skip_fields(from, end, 1);
	if (!target || !is_method(from, (size_t)(target - 1 - from)))
		return;
	stop = last_space(target, end);
	if (stop ? end - stop < 6 || memcmp(stop + 1, "HTTP/", 5) != 0 : target == end)
		return;
	if (stop == target)
		return;
	out->method = (struct clf_text){ from, (size_t)(target - 1 - from) };
	if (stop)
		out->protocol = (struct clf_text){ stop + 1, (size_t)(end - stop - 1) };
	else
		stop = end;
	mark = memchr(target, '?', (size_t)(stop - target));
	out->path = (struct clf_text){ target, (size_t)((mark ? mark : stop) - target) };
	if (mark)
		out->query = (struct clf_text){ mark + 1, (size_t)(stop - mark - 1) };
}

static int
hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	    c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void
clf_bytes(struct clf_text t, struct buf *b)
{
	static const char names[] = "\"\\bnrtv", bytes[] = "\"\\\b\n\r\t\v";
	const char *p = t.p, *end = p + t.len;
	char *to;

	buf_reserve(b, t.len + 1);
	to = b->p + b->len;
	while (p < end) {
		const char *at = *p == '\\' && end - p > 1 && p[1] ? strchr(names, p[1]) : NULL;

		if (at) {
			*to++ = bytes[at - names];
			p += 2;
		} else if (*p == '\\' && end - p > 3 && p[1] == 'x' && hex(p[2]) >= 0 && hex(p[3]) >= 0) {
			*to++ = (char)(hex(p[2]) * 16 + hex(p[3]));
			p += 4;
		} else {
			*to++ = *p++;
		}
	}
	b->len = (size_t)(to - b->p);
}

static void
put(char *p, int v, int n)
{
	for (; n--; v /= 10)
		p[n] = (char)('0' + v % 10);
}

void
clf_time_text(const struct when *w, char text[CLF_TIME])
{
	int zone = w->zone < 0 ? -w->zone : w->zone;

	memcpy(text, "dd/Mon/yyyy:HH:MM:SS +hhmm", CLF_TIME);
	put(text, w->day, 2);
	memcpy(text + 3, months[w->month - 1], 3);
	put(text + 7, w->year, 4);
	put(text + 12, w->hour, 2);
	put(text + 15, w->minute, 2);
	put(text + 18, w->second, 2);
	text[21] = w->zone < 0 ? '-' : '+';
	put(text + 22, zone / 60 * 100 + zone % 60, 4);
}
