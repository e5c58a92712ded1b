/*
 * hadoopconf: core-site.xml and hdfs-site.xml, for where the name nodes' web side is.
 *
 * As Hadoop reads them: later files override earlier ones except for what was <final>,
 * and ${name} and ${env.NAME} in a value are expanded, 20 times at most.  Entity
 * declarations and files over 4 MiB are refused; <xi:include> is not followed, which
 * the message says where something is missing.
 */
#ifndef STORE_HADOOPCONF_H
#define STORE_HADOOPCONF_H

#include "base/err.h"
#include "store/location.h"

struct hadoopconf;

/* The two files in `dir`; one of them may be missing.  Status 78 if they cannot be
 * read or are no configuration. */
struct hadoopconf *hadoopconf_read(const char *dir, struct err *e);
void hadoopconf_free(struct hadoopconf *c);

/* What to add to a message that something is missing: ", which uses xi:include, …" or "". */
const char *hadoopconf_note(const struct hadoopconf *c);

/* A value with its variables expanded, or NULL; the caller frees it. */
char *hadoopconf_get(const struct hadoopconf *c, const char *name);

/* The web addresses of the name nodes behind hdfs://authority, or behind fs.defaultFS
 * where authority is "": added to l. */
int hadoopconf_nodes(const char *dir, const char *authority, struct location *l, struct err *e);

#endif
