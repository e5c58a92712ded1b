/*
 * location: which store a PATH of the command line means.
 *
 *	file:///p                     a local directory
 *	webhdfs://host:port/p         HDFS over http (9870 where no port is given)
 *	swebhdfs://host:port/p        the same over https (9871)
 *	http://, https://host:port/p  the same, as a browser has it; /webhdfs/v1 is left out
 *	hdfs://host/p, /p             through WEBHDFS_URL, else the configuration in
 *	                              HADOOP_CONF_DIR
 *
 * A path is taken as it stands: '%41' is three characters, as for hdfs dfs; only "//",
 * "." and ".." are resolved.
 */
#ifndef STORE_LOCATION_H
#define STORE_LOCATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define LOCATION_NODES 8 /* name nodes of one name service */

struct location {
	size_t n;                    /* name nodes; 0 for a local directory */
	char *nodes[LOCATION_NODES]; /* "http://host:port" or "https://host:port" */
};

/* *path is the place inside, which the caller frees. */
int location_parse(const char *text, struct location *l, char **path, struct err *e);
void location_free(struct location *l);

/* An absolute path without "//", "." and "..", as Hadoop's Path does it.  The caller frees it. */
char *location_normal(const char *path);

/* What was typed, fit to be shown: without a user and a password, and if it is a URL without a query.
 * The caller frees it. */
char *location_shown(const char *text);

/* Another name node, "http://" or "https://" and host:port; ignored when there are
 * LOCATION_NODES of them. */
void location_add(struct location *l, const char *scheme, const char *host);
struct location location_copy(const struct location *l);

#endif
