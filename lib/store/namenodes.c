/* Which web addresses a Hadoop configuration gives for hdfs://authority. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "store/hadoopconf.h"

struct search {
	const struct hadoopconf *conf;
	const char *dir;
	bool https;
	struct location *into;
};

static bool
lists(const char *list, const char *item)
{
	size_t n = strlen(item);

	for (const char *p = list; p && *p; p += strcspn(p, ", "), p += strspn(p, ", "))
		if (strcspn(p, ", ") == n && strncmp(p, item, n) == 0)
			return true;
	return false;
}

/* Add one address: dfs.namenode.http-address and the suffix of its name node.  A
 * wildcard host is where the name node is said to be. */
static bool
add(struct search *s, const char *suffix, const char *host)
{
	char *name = mem_printf("dfs.namenode.%s-address%s", s->https ? "https" : "http", suffix);
	char *address = hadoopconf_get(s->conf, name);
	bool wild = !address || strncmp(address, "0.0.0.0:", 8) == 0;
	const char *port = address ? strrchr(address, ':') : NULL;
	char *place = NULL;

	if (!wild)
		place = mem_dup(address);
	else if (host)
		place = mem_printf("%s%s", host, port ? port : s->https ? ":9871" : ":9870");
	if (place)
		location_add(s->into, s->https ? "https://" : "http://", place);
	free(place);
	free(address);
	free(name);
	return s->into->n > 0;
}

/* A logical name: one name node, or several that stand in for each other. */
static bool
add_service(struct search *s, const char *service)
{
	char *name = mem_printf("dfs.ha.namenodes.%s", service);
	char *nodes = hadoopconf_get(s->conf, name), *save = NULL;

	free(name);
	if (!nodes) {
		char *suffix = mem_printf(".%s", service);

		add(s, suffix, NULL);
		free(suffix);
	}
	for (char *n = nodes ? strtok_r(nodes, ", ", &save) : NULL; n; n = strtok_r(NULL, ", ", &save)) {
		char *suffix = mem_printf(".%s.%s", service, n);

		add(s, suffix, NULL);
		free(suffix);
	}
	free(nodes);
	return s->into->n > 0;
}

static bool
same_host(const char *a, const char *b)
{
	size_t n = strcspn(a, ":");

	return n == strcspn(b, ":") && strncasecmp(a, b, n) == 0;
}

static int
unknown(const struct search *s, const char *authority, const char *why, struct err *e)
{
	return err_set(e, EX_CONFIG, "open: hdfs://%s: %s in %s%s; write "
	    "webhdfs://host:port/path or set WEBHDFS_URL", authority, why, s->dir,
	    hadoopconf_note(s->conf));
}

/* own is fs.defaultFS's authority, or NULL. */
static int
search(struct search *s, const char *authority, const char *own, struct err *e)
{
	char *services = hadoopconf_get(s->conf, "dfs.nameservices");
	bool logical = lists(services, authority);

	free(services);
	if (logical)
		return add_service(s, authority) ? 0 :
		    unknown(s, authority, "this name service has no dfs.namenode.http-address", e);
	if (!own || !same_host(own, authority))
		return unknown(s, authority, "this name node is not the one described", e);
	char *host = mem_dupn(authority, strcspn(authority, ":"));
	add(s, "", host);
	free(host);
	return 0;
}

static int
nodes(const struct hadoopconf *c, const char *dir, const char *authority, struct location *l,
    struct err *e)
{
	char *fs = hadoopconf_get(c, "fs.defaultFS"), *policy = hadoopconf_get(c, "dfs.http.policy");
	struct search s = { c, dir, policy && strcmp(policy, "HTTPS_ONLY") == 0, l };
	char *own = NULL;
	int status;

	if (fs && strncmp(fs, "hdfs://", 7) == 0)
		own = mem_dupn(fs + 7, strcspn(fs + 7, "/"));
	if (!*authority && !own)
		status = err_set(e, EX_CONFIG, "open: %s%s: fs.defaultFS is %s; write "
		    "webhdfs://host:port/path or set WEBHDFS_URL", dir, hadoopconf_note(c),
		    fs ? "no hdfs:// address" : "not set");
	else
		status = search(&s, *authority ? authority : own, own, e);
	free(own);
	free(policy);
	free(fs);
	return status;
}

int
hadoopconf_nodes(const char *dir, const char *authority, struct location *l, struct err *e)
{
	struct hadoopconf *c = hadoopconf_read(dir, e);
	int status = c ? nodes(c, dir, authority, l, e) : -1;

	hadoopconf_free(c);
	return status;
}
