#include "store/location.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/hadoopconf.h"

struct scheme {
	const char *prefix, *http, *port;
};

static const struct scheme schemes[] = {
	{ "webhdfs://", "http://", ":9870" },
	{ "swebhdfs://", "https://", ":9871" },
	{ "http://", "http://", "" },
	{ "https://", "https://", "" },
};

char *
location_normal(const char *path)
{
	struct buf b = { 0 };

	for (const char *p = path; *p;) {
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		if (n == 2 && strncmp(p, "..", 2) == 0) {
			while (b.len && b.p[--b.len] != '/')
				continue;
		} else if (n && !(n == 1 && *p == '.')) {
			buf_addc(&b, '/');
			buf_add(&b, p, n);
		}
		p += n;
	}
	if (!b.len)
		buf_addc(&b, '/');
	buf_str(&b);
	return b.p;
}

void
location_add(struct location *l, const char *scheme, const char *host)
{
	if (l->n < LOCATION_NODES)
		l->nodes[l->n++] = mem_printf("%s%s", scheme, host);
}

void
location_free(struct location *l)
{
	while (l->n)
		free(l->nodes[--l->n]);
}

struct location
location_copy(const struct location *l)
{
	struct location copy = { 0 };

	for (size_t i = 0; i < l->n; i++)
		location_add(&copy, "", l->nodes[i]);
	return copy;
}

char *
location_shown(const char *text)
{
	const char *scheme = strstr(text, "://"), *host = scheme ? scheme + 3 : text, *at;
	size_t n = strcspn(host, "/"), kept = (size_t)(host - text);

	while ((at = memchr(host, '@', n)) != NULL) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	n = scheme ? strcspn(host, "?#") : strlen(host);
	return mem_printf("%.*s%.*s", (int)kept, text, (int)n, host);
}

static int
refuse(const char *url, const char *prefix, struct err *e)
{
	char *shown = location_shown(url);

	err_set(e, EX_USAGE, "open: %s: wants %shost:port/path and no user in it", shown, prefix);
	free(shown);
	return -1;
}

static bool
has_port(const char *host)
{
	const char *bracket = strrchr(host, ']'); /* [::1]:9870 */

	return strchr(bracket ? bracket : host, ':') != NULL;
}

static int
parse_url(const char *url, const struct scheme *scheme, struct location *l, const char **rest,
    struct err *e)
{
	const char *at = url + strlen(scheme->prefix);
	size_t n = strcspn(at, "/?#");
	char *host = mem_dupn(at, n);
	struct buf whole = { 0 };
	int status = 0;

	if (!n || strpbrk(host, "@ \t") || (at[n] && at[n] != '/'))
		status = refuse(url, scheme->prefix, e);
	buf_adds(&whole, host);
	if (!has_port(host))
		buf_adds(&whole, scheme->port);
	if (status == 0)
		location_add(l, scheme->http, buf_str(&whole));
	*rest = at + n;
	if (!*scheme->port && strncmp(*rest, "/webhdfs/v1", 11) == 0)
		*rest += 11;
	buf_free(&whole);
	free(host);
	return status;
}

static const struct scheme *
find_scheme(const char *text)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
			return &schemes[i];
	return NULL;
}

/* WEBHDFS_URL: one URL, or for a name service several with commas between. */
static int
from_environment(const char *urls, struct location *l, struct err *e)
{
	char *copy = mem_dup(urls), *save = NULL;
	const char *rest;
	int status = 0;

	for (char *u = strtok_r(copy, ", ", &save); u && status == 0; u = strtok_r(NULL, ", ", &save)) {
		const struct scheme *scheme = find_scheme(u);
		char *shown = location_shown(u);

		if (!scheme)
			status = err_set(e, EX_CONFIG, "open: WEBHDFS_URL: %s: wants webhdfs://host:port", shown);
		else if (parse_url(u, scheme, l, &rest, e) < 0)
			status = err_set(e, EX_CONFIG, "open: WEBHDFS_URL: %s: wants webhdfs://host:port and no "
			    "user in it", shown);
		else if (strspn(rest, "/") != strlen(rest))
			status = err_set(e, EX_CONFIG, "open: WEBHDFS_URL: %s: wants no path", shown);
		free(shown);
	}
	if (status == 0 && l->n == 0)
		status = err_set(e, EX_CONFIG, "open: WEBHDFS_URL: is empty");
	free(copy);
	return status;
}

/* hdfs://authority, or "" for the default file system. */
static int
resolve(const char *text, const char *authority, struct location *l, struct err *e)
{
	const char *urls = getenv("WEBHDFS_URL"), *dir = getenv("HADOOP_CONF_DIR");
	char *shown;

	if (urls && *urls)
		return from_environment(urls, l, e);
	if (dir && *dir)
		return hadoopconf_nodes(dir, authority, l, e);
	shown = location_shown(text);
	err_set(e, EX_CONFIG, "open: %s: set WEBHDFS_URL (webhdfs://host:9870) or HADOOP_CONF_DIR, or "
	    "write webhdfs://host:9870/path", shown);
	free(shown);
	return -1;
}

static int
parse_hdfs(const char *text, struct location *l, const char **rest, struct err *e)
{
	const char *at = text + strlen("hdfs://");
	size_t n = strcspn(at, "/");
	char *authority = mem_dupn(at, n);
	int status = strpbrk(authority, "@?#") ? refuse(text, "hdfs://", e) :
	    resolve(text, authority, l, e);

	*rest = at + n;
	free(authority);
	return status;
}

static int
unknown(const char *text, struct err *e)
{
	char *shown = location_shown(text);

	err_set(e, EX_USAGE, "open: %s: a PATH is /path, webhdfs://host:port/path, hdfs://host/path or "
	    "file:///path", shown);
	free(shown);
	return -1;
}

int
location_parse(const char *text, struct location *l, char **path, struct err *e)
{
	const struct scheme *scheme = find_scheme(text);
	const char *rest = text;
	int status = 0;

	*l = (struct location){ 0 };
	if (scheme)
		status = parse_url(text, scheme, l, &rest, e);
	else if (strncmp(text, "file:///", 8) == 0)
		rest = text + strlen("file://");
	else if (strncmp(text, "hdfs://", 7) == 0)
		status = parse_hdfs(text, l, &rest, e);
	else if (*text == '/')
		status = resolve(text, "", l, e);
	else
		status = unknown(text, e);
	if (status < 0)
		location_free(l);
	else
		*path = location_normal(rest);
	return status;
}
