#include "store/hadoopconf.h"

#include <ctype.h>
#include <errno.h>
#include <expat.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define FILE_MAX (4 * 1024 * 1024)
#define EXPANSIONS 20           /* as Hadoop's MAX_SUBST */
#define VALUE_MAX (64 * 1024)   /* bytes of an expanded value */

struct property {
	char *name, *value;
	bool final;
};

struct hadoopconf {
	struct property *props;
	size_t n;
	bool included; /* an xi:include was passed over */
};

struct reader {
	struct hadoopconf *conf;
	XML_Parser xml;
	struct buf name, value, final;
	struct buf *into; /* the text of the element we are in, or NULL */
	const char *refused;
};

static struct property *
find(const struct hadoopconf *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->props[i].name, name) == 0)
			return &c->props[i];
	return NULL;
}

static char *
trimmed(struct buf *b)
{
	const char *p = buf_str(b);
	size_t n;

	while (isspace((unsigned char)*p))
		p++;
	for (n = strlen(p); n && isspace((unsigned char)p[n - 1]); n--)
		continue;
	return mem_dupn(p, n);
}

static void
set(struct hadoopconf *c, char *name, char *value, bool final)
{
	struct property *p = find(c, name);

	if (p && p->final) {
		free(name);
		free(value);
		return;
	}
	if (!p) {
		c->props = mem_resize(c->props, (c->n + 1) * sizeof *c->props);
		p = &c->props[c->n++];
	} else {
		free(p->name);
		free(p->value);
	}
	*p = (struct property){ name, value, final };
}

/* Where the text of an element or attribute of that name goes, or NULL. */
static struct buf *
place_of(struct reader *r, const char *name)
{
	return strcmp(name, "name") == 0 ? &r->name :
	    strcmp(name, "value") == 0 ? &r->value :
	    strcmp(name, "final") == 0 ? &r->final : NULL;
}

static void
on_start(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *r = ctx;
	struct buf *into;

	r->into = place_of(r, name);
	if (strcmp(name, "xi:include") == 0)
		r->conf->included = true;
	if (strcmp(name, "property") != 0)
		return;
	r->name.len = r->value.len = r->final.len = 0;
	for (; *attributes; attributes += 2)
		if ((into = place_of(r, attributes[0])) != NULL)
			buf_adds(into, attributes[1]);
}

static void
on_end(void *ctx, const XML_Char *name)
{
	struct reader *r = ctx;

	r->into = NULL;
	if (strcmp(name, "property") == 0 && r->name.len)
		set(r->conf, trimmed(&r->name), trimmed(&r->value),
		    strstr(buf_str(&r->final), "true") != NULL);
}

static void
on_text(void *ctx, const XML_Char *p, int len)
{
	struct reader *r = ctx;

	if (r->into)
		buf_add(r->into, p, (size_t)len);
}

static void
on_entity(void *ctx, const XML_Char *name, int is_parameter, const XML_Char *value, int len,
    const XML_Char *base, const XML_Char *system, const XML_Char *public, const XML_Char *notation)
{
	struct reader *r = ctx;

	(void)name, (void)is_parameter, (void)value, (void)len;
	(void)base, (void)system, (void)public, (void)notation;
	r->refused = "declares XML entities, which are not expanded";
	XML_StopParser(r->xml, XML_FALSE);
}

static int
parse(struct reader *r, const char *path, const char *text, size_t len, struct err *e)
{
	const char *why;

	r->xml = XML_ParserCreate(NULL);
	if (!r->xml)
		return err_set(e, EX_TEMPFAIL, "read: %s: not enough memory", path);
	XML_SetUserData(r->xml, r);
	XML_SetElementHandler(r->xml, on_start, on_end);
	XML_SetCharacterDataHandler(r->xml, on_text);
	XML_SetEntityDeclHandler(r->xml, on_entity);
	if (XML_Parse(r->xml, text, (int)len, 1) != XML_STATUS_OK) {
		why = r->refused ? r->refused : XML_ErrorString(XML_GetErrorCode(r->xml));
		err_set(e, EX_CONFIG, "read: %s: line %lu: %s", path,
		    (unsigned long)XML_GetCurrentLineNumber(r->xml), why);
		XML_ParserFree(r->xml);
		return -1;
	}
	XML_ParserFree(r->xml);
	return 0;
}

static int
slurp(int fd, const char *path, struct buf *b, struct err *e)
{
	ssize_t n;

	do {
		buf_reserve(b, 64 * 1024);
		n = read(fd, b->p + b->len, 64 * 1024);
		if (n > 0)
			b->len += (size_t)n;
	} while (b->len <= FILE_MAX && (n > 0 || (n < 0 && errno == EINTR)));
	if (n < 0)
		return err_set(e, EX_CONFIG, "read: %s: %s", path, err_reason(errno));
	if (b->len > FILE_MAX)
		return err_set(e, EX_CONFIG, "read: %s: longer than 4 MiB", path);
	return 0;
}

/* 1 if the file is there, 0 if not. */
static int
read_file(struct hadoopconf *c, const char *dir, const char *file, struct err *e)
{
	struct reader r = { .conf = c };
	struct buf text = { 0 };
	char *path = mem_printf("%s/%s", dir, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int status = 0;

	if (fd < 0 && errno != ENOENT)
		status = err_set(e, EX_CONFIG, "open: %s: %s", path, err_reason(errno));
	if (fd >= 0) {
		status = slurp(fd, path, &text, e) < 0 || parse(&r, path, text.p, text.len, e) < 0 ? -1 : 1;
		close(fd);
	}
	buf_free(&r.name);
	buf_free(&r.value);
	buf_free(&r.final);
	buf_free(&text);
	free(path);
	return status;
}

struct hadoopconf *
hadoopconf_read(const char *dir, struct err *e)
{
	struct hadoopconf *c = mem_alloc(sizeof *c);
	int core = read_file(c, dir, "core-site.xml", e);
	int hdfs = core < 0 ? -1 : read_file(c, dir, "hdfs-site.xml", e);

	if (core == 0 && hdfs == 0)
		hdfs = err_set(e, EX_CONFIG, "read: %s: no core-site.xml and no hdfs-site.xml; "
		    "check HADOOP_CONF_DIR", dir);
	if (hdfs < 0) {
		hadoopconf_free(c);
		return NULL;
	}
	return c;
}

void
hadoopconf_free(struct hadoopconf *c)
{
	for (size_t i = 0; c && i < c->n; i++) {
		free(c->props[i].name);
		free(c->props[i].value);
	}
	if (c)
		free(c->props);
	free(c);
}

const char *
hadoopconf_note(const struct hadoopconf *c)
{
	return c->included ? " (whose xi:include is not followed)" : "";
}

/* What stands for ${name}, or NULL. */
static const char *
variable(const struct hadoopconf *c, const char *name)
{
	const struct property *p = find(c, name);

	if (strncmp(name, "env.", 4) == 0)
		return getenv(name + 4);
	return p ? p->value : NULL;
}

/* Replace the first innermost ${name} that is known; NULL if there is none. */
static char *
expand_once(const struct hadoopconf *c, const char *value)
{
	const char *open, *end = value;

	while ((end = strchr(end, '}')) != NULL) {
		const char *known = NULL;
		char *name;

		for (open = end; open > value && strncmp(open, "${", 2) != 0; open--)
			continue;
		if (strncmp(open, "${", 2) == 0) {
			name = mem_dupn(open + 2, (size_t)(end - open - 2));
			known = variable(c, name);
			free(name);
		}
		end++;
		if (known)
			return mem_printf("%.*s%s%s", (int)(open - value), value, known, end);
	}
	return NULL;
}

char *
hadoopconf_get(const struct hadoopconf *c, const char *name)
{
	const struct property *p = find(c, name);
	char *value, *next;

	if (!p)
		return NULL;
	value = mem_dup(p->value);
	for (int i = 0; i < EXPANSIONS && strlen(value) < VALUE_MAX; i++) {
		next = expand_once(c, value);
		if (!next)
			break;
		free(value);
		value = next;
	}
	return value;
}
