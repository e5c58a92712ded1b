/* Locations, Hadoop's configuration, and what refusals mean. */
#define _GNU_SOURCE /* mkdtemp, setenv */
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/hadoopconf.h"
#include "store/location.h"
#include "store/web.h"

/* "node node path", or "status" where it is refused. */
static const char *
parsed(const char *text)
{
	static char out[1024];
	struct location l;
	struct err e;
	char *path;
	int n = 0;

	if (location_parse(text, &l, &path, &e) < 0) {
		snprintf(out, sizeof out, "%d", e.status);
		return out;
	}
	for (size_t i = 0; i < l.n; i++)
		n += snprintf(out + n, sizeof out - (size_t)n, "%s ", l.nodes[i]);
	snprintf(out + n, sizeof out - (size_t)n, "%s", path);
	location_free(&l);
	free(path);
	return out;
}

/* Why it is refused. */
static const char *
refused(const char *text)
{
	static struct err e;
	struct location l;
	char *path;

	e = (struct err){ 0 };
	if (location_parse(text, &l, &path, &e) == 0) {
		location_free(&l);
		free(path);
	}
	return e.text;
}

static void
secret(const char *text, const char *shown, const char *what)
{
	const char *why = refused(text);

	ok(strstr(why, shown) && !strstr(why, "secret"), "%s: %s", what, why);
}

static void
secrets(void)
{
	unsetenv("HADOOP_CONF_DIR");
	unsetenv("WEBHDFS_URL");
	secret("webhdfs://u:secret@h:1/p", " webhdfs://h:1/p: ", "a password");
	secret("webhdfs://u:secret?@secret@h:1/p", " webhdfs://h:1/p: ", "an odd password");
	secret("webhdfs://h:1?delegation=secret", " webhdfs://h:1: ", "a token");
	secret("hdfs://u:secret@h:1/p", " hdfs://h:1/p: ", "a password on the cluster");
	secret("hdfs://h?delegation=secret", " hdfs://h: ", "a token on the cluster");
	secret("ftp://u:secret@h/p?secret", " ftp://h/p: ", "a password of another scheme");
	secret("u:secret@h:1/p", " h:1/p: ", "a password without a scheme");
	secret("hdfs://h/p?secret", " hdfs://h/p: ", "a query");
	secret("a/p?@", " a/p?@: a PATH ", "a plain name is shown as it is");
	setenv("WEBHDFS_URL", "hdfs://u:secret@nn:8020", 1);
	secret("/p", " hdfs://nn:8020: ", "a password in WEBHDFS_URL");
	secret("hdfs://u:secret@h/p", " hdfs://h/p: ", "a password that is not needed");
	setenv("WEBHDFS_URL", "webhdfs://nn:1?delegation=secret", 1);
	secret("/p", "WEBHDFS_URL", "a token in WEBHDFS_URL");
	setenv("WEBHDFS_URL", "webhdfs://nn:1/p?delegation=secret", 1);
	secret("/p", " webhdfs://nn:1/p: ", "a token behind a path in WEBHDFS_URL");
	unsetenv("WEBHDFS_URL");
}

static void
urls(void)
{
	is_str(parsed("file:///a//b/./c/../d/"), "/a/b/d", "a local path is made normal");
	is_str(parsed("file:///.."), "/", "nothing is above the root");
	is_str(parsed("webhdfs://h:1/p"), "http://h:1 /p", "webhdfs");
	is_str(parsed("webhdfs://h/p"), "http://h:9870 /p", "webhdfs without a port");
	is_str(parsed("swebhdfs://h/p"), "https://h:9871 /p", "swebhdfs");
	is_str(parsed("webhdfs://[::1]/p"), "http://[::1]:9870 /p", "an IPv6 address");
	is_str(parsed("webhdfs://h:1"), "http://h:1 /", "no path is the root");
	is_str(parsed("https://h/webhdfs/v1/p"), "https://h /p", "as a browser has it");
	is_str(parsed("webhdfs://h:1/a%20b #?é"), "http://h:1 /a%20b #?é", "a path as it stands");
	is_str(parsed("webhdfs://u:secret@h:1/p"), "64", "no user in a URL");
	is_str(parsed("webhdfs:///p"), "64", "no host");
	is_str(parsed("webhdfs://h:1?x"), "64", "a query");
	is_str(parsed("file://host/p"), "64", "file has no host");
	is_str(parsed("relative"), "64", "a relative path");
	is_str(parsed(""), "64", "an empty one");
	unsetenv("HADOOP_CONF_DIR");
	unsetenv("WEBHDFS_URL");
	is_str(parsed("/p"), "78", "a plain path with nothing set");
	setenv("WEBHDFS_URL", "webhdfs://h:1/", 1);
	is_str(parsed("/p"), "http://h:1 /p", "a plain path through WEBHDFS_URL");
	is_str(parsed("hdfs://other:8020/p"), "http://h:1 /p", "hdfs:// through WEBHDFS_URL");
	setenv("WEBHDFS_URL", "http://a:1,http://b:2", 1);
	is_str(parsed("/p"), "http://a:1 http://b:2 /p", "two name nodes");
	setenv("WEBHDFS_URL", "ftp://a", 1);
	is_str(parsed("/p"), "78", "a bad WEBHDFS_URL");
	setenv("WEBHDFS_URL", "http://a:1/some/dir", 1);
	is_str(parsed("/p"), "78", "WEBHDFS_URL with a path");
	unsetenv("WEBHDFS_URL");
}

static void
write_file(const char *name, const char *body)
{
	FILE *f = fopen(name, "w");

	if (!f || fputs(body, f) < 0 || fclose(f) != 0)
		ok(false, "write %s", name);
}

static void
configure(const char *core, const char *hdfs)
{
	char *text = mem_printf("<configuration>%s</configuration>", core);

	write_file("core-site.xml", text);
	free(text);
	text = mem_printf("<configuration>%s</configuration>", hdfs);
	write_file("hdfs-site.xml", text);
	free(text);
}

#define P(name, value) "<property><name>" name "</name><value>" value "</value></property>"

static void
configurations(void)
{
	setenv("HADOOP_CONF_DIR", ".", 1);
	is_str(parsed("/p"), "78", "an empty directory");
	configure(P("fs.defaultFS", " hdfs://nn:8020 \n"), "");
	is_str(parsed("/p"), "http://nn:9870 /p", "the default port");
	is_str(parsed("hdfs://nn/p"), "http://nn:9870 /p", "the same by name");
	is_str(parsed("hdfs:///p"), "http://nn:9870 /p", "and without one");
	is_str(parsed("hdfs://elsewhere/p"), "78", "another name node");
	configure("<property name='fs.defaultFS' value='hdfs://nn:1' final='true'/>",
	    "<property name='dfs.namenode.http-address'><value>nn:7</value></property>"
	    "<property value='hdfs://x' name='fs.defaultFS'/>");
	is_str(parsed("hdfs://nn/p"), "http://nn:7 /p", "attributes");
	configure(P("fs.defaultFS", "hdfs://nn:8020"), P("dfs.namenode.http-address", "0.0.0.0:1"));
	is_str(parsed("/p"), "http://nn:1 /p", "a wildcard address");
	configure(P("fs.defaultFS", "hdfs://nn:8020") P("dfs.http.policy", "HTTPS_ONLY"),
	    P("dfs.namenode.https-address", "w:2"));
	is_str(parsed("/p"), "https://w:2 /p", "https only");
	configure(P("fs.defaultFS", "hdfs://ha"), P("dfs.nameservices", "x, ha")
	    P("dfs.ha.namenodes.ha", "n1, n2") P("dfs.namenode.http-address.ha.n1", "a:1")
	    P("dfs.namenode.http-address.ha.n2", "b:2"));
	is_str(parsed("/p"), "http://a:1 http://b:2 /p", "a name service");
	is_str(parsed("hdfs://x/p"), "78", "a name service without addresses");
	configure(P("fs.defaultFS", "file:///"), "");
	is_str(parsed("/p"), "78", "no HDFS by default");
	setenv("NN", "envhost", 1);
	configure(P("fs.defaultFS", "hdfs://${a}:${b.port}") P("a", "${env.NN}") P("b.port", "8020")
	    P("loop", "${loop}x"), "");
	is_str(parsed("/p"), "http://envhost:9870 /p", "variables");
}

static char *
value_of(const char *name)
{
	struct err e;
	struct hadoopconf *c = hadoopconf_read(".", &e);
	char *value = c ? hadoopconf_get(c, name) : NULL;

	hadoopconf_free(c);
	return value;
}

static void
hostile(void)
{
	struct err e;
	char *value = value_of("loop");

	is_str(value, "${loop}xxxxxxxxxxxxxxxxxxxxx", "a variable that holds itself ends");
	free(value);
	configure(P("big", "${big}${big}"), "");
	value = value_of("big");
	ok(value && strlen(value) < 200000, "one that doubles itself is bounded");
	free(value);
	configure("<property><name>a</name><value>1</value><final> true </final></property>",
	    P("a", "2") P("b", "1") P("b", "${nobody}"));
	value = value_of("a");
	is_str(value, "1", "final stays");
	free(value);
	value = value_of("b");
	is_str(value, "${nobody}", "the later wins; an unknown variable stands");
	free(value);
	write_file("core-site.xml", "<!DOCTYPE c [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]>"
	    "<configuration>" P("x", "&b;") "</configuration>");
	ok(!hadoopconf_read(".", &e) && e.status == EX_CONFIG, "entities are refused");
	ok(strstr(e.text, "entities") != NULL, "by name: %s", e.text);
	write_file("core-site.xml", "<configuration><property>");
	ok(!hadoopconf_read(".", &e) && e.status == EX_CONFIG, "torn XML is refused");
	configure("<xi:include href='other.xml'/>", "");
	ok(hadoopconf_nodes(".", "", &(struct location){ 0 }, &e) < 0 && strstr(e.text, "xi:include"),
	    "an include that is not followed is named: %s", e.text);
	unlink("core-site.xml");
	unlink("hdfs-site.xml");
}

static int
refusal(long code, const char *body, struct err *e)
{
	struct http_answer a = { .code = code };

	buf_adds(&a.body, body);
	web_refused("list", "webhdfs://h/p", &a, e);
	http_answer_free(&a);
	return e->status;
}

/* A RemoteException whose message is any JSON. */
#define ODD(name, message) \
	"{\"RemoteException\":{\"exception\":\"" name "\",\"message\":" message "}}"
#define EXCEPTION(name, message) \
	ODD(name, "\"" message "\"")

static void
refusals(void)
{
	struct err e;

	is_int(refusal(403, EXCEPTION("SafeModeException", "Cannot\\n\\tat java"), &e), EX_TEMPFAIL,
	    "safe mode is transient");
	is_str(e.text, "list: webhdfs://h/p: cannot", "the Java stack is cut off");
	is_int(refusal(403, EXCEPTION("AccessControlException", "Permission denied: x"), &e), EX_NOPERM,
	    "so HTTP 403 alone says nothing");
	is_int(refusal(403, EXCEPTION("StandbyException", ""), &e), EX_TEMPFAIL, "standby");
	is_str(e.text, "list: webhdfs://h/p: StandbyException", "without a message: its name");
	is_int(refusal(404, EXCEPTION("FileNotFoundException", "File does not exist: /p"), &e), EX_NO,
	    "not there");
	is_str(e.text, "list: webhdfs://h/p: no such file or directory", "in our words");
	is_int(refusal(403, EXCEPTION("NSQuotaExceededException", "The quota"), &e), EX_IOERR, "quota");
	is_int(refusal(403, EXCEPTION("IOException", "Failed to find datanode, suggest"), &e),
	    EX_TEMPFAIL, "no data node");
	is_int(refusal(500, "<html>", &e), EX_IOERR, "HTML");
	ok(strstr(e.text, "not WebHDFS") != NULL, "has a hint: %s", e.text);
	is_int(refusal(403, "{\"RemoteException\":7}", &e), EX_IOERR, "wrong types");
	is_int(refusal(403, "{\"RemoteException\":{\"exception\":7,\"message\":[]}}", &e), EX_IOERR,
	    "wrong types inside");
	is_int(refusal(403, ODD("ClosedChannelException", "null"), &e), EX_TEMPFAIL, "no message");
	is_str(e.text, "list: webhdfs://h/p: ClosedChannelException", "its name, too");
	refusal(403, EXCEPTION("Odd\\nException", "."), &e);
	is_str(e.text, "list: webhdfs://h/p: Odd Exception", "an odd name");
	is_int(refusal(403, ODD("EOFException", "[7]"), &e), EX_TEMPFAIL, "a message of another type");
	is_int(refusal(403, EXCEPTION("InterruptedIOException", ""), &e), EX_TEMPFAIL, "interrupted");
	is_int(refusal(403, EXCEPTION("AccessControlException", "/f (is not a directory)"), &e), EX_NO,
	    "a path below a file");
	is_int(refusal(403, EXCEPTION("SnapshotAccessControlException", "Modification on a read-only"), &e),
	    EX_NOPERM, "a snapshot");
	is_int(refusal(503, "", &e), EX_TEMPFAIL, "a gateway that is not ready");
	is_int(refusal(401, "<html>", &e), EX_NOPERM, "a login");
}

int
main(void)
{
	char dir[] = "/tmp/kpipe-unit.XXXXXX";

	if (!mkdtemp(dir) || chdir(dir) < 0)
		return 1;
	urls();
	secrets();
	configurations();
	hostile();
	refusals();
	if (chdir("/") < 0 || rmdir(dir) < 0)
		ok(false, "clean up %s", dir);
	return done();
}
