/* Where reading goes on when the broker does not have the position. */
#include "kafka/consumer.h"

#include "tap.h"

static int said;

__attribute__((format(printf, 1, 2))) static void
say(const char *fmt, ...)
{
	(void)fmt;
	said++;
}

/* Where to, from next in a topic that has 5 to 9; whether something was said. */
static void
goes(bool group, bool cut, int64_t next, int64_t to, bool tells, const char *name)
{
	struct consumer c = { .opts = { .group = group ? "g" : NULL, .say = say } };
	struct part p = { .consumer = &c, .topic = "t", .next = next, .cut = cut };

	said = 0;
	is_int(consumer_nearest(&p, "t[0]", 5, 9), to, "%s", name);
	is_int(said, tells, "and %s", tells ? "told" : "nothing to tell");
}

static void
resumes(bool cut, int64_t next, int64_t to, const char *name)
{
	struct part p = { .topic = "t", .next = next, .cut = cut, .first = 6, .known = true, .given = next };
	struct err e = { 0 };

	is_int(consumer_resume(&p, 5, 9, &e), to, "with a sink: %s", name);
	is_int(e.status, to < 0 ? EX_DATAERR : 0, "and the status");
}

int
main(void)
{
	goes(false, false, 3, 5, true, "retention was faster: the beginning");
	goes(false, false, 12, 9, true, "not written yet: the end");
	goes(true, false, 12, 5, true, "stored, and the topic is another: its beginning");
	goes(false, false, 7, 7, false, "written since then: there");
	goes(true, false, 9, 9, false, "the end is there, too");
	goes(true, true, 12, 9, true, "a log cut short: its end");
	goes(true, true, 7, 7, true, "and longer again: there");
	resumes(false, 7, 7, "a position that is there");
	resumes(false, 3, -1, "deleted by retention");
	resumes(true, 7, -1, "a log cut short, although the position is there again");
	return done();
}
