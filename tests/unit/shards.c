/* The table of shards, and how the ledger writes one down. */
#include "kafka/ledger.h"

#include "tap.h"

static void
check_table(void)
{
	static const char *const names[] = { "m", "b", "z", "a", "n", "c" };
	struct shards s = { 0 };
	struct shard *m = shards_add(&s, "file", "m");
	bool sorted = true;

	for (size_t i = 0; i < 6; i++)
		shards_add(&s, "file", names[i])->position = (int64_t)i;
	is_int((int64_t)s.n, 6, "each shard is there once");
	ok(shards_find(&s, "file", "m") == m, "and stays where it is");
	is_int(shards_find(&s, "file", "c")->position, 5, "found");
	ok(!shards_find(&s, "other", "c") && !shards_find(&s, "file", "cc"), "or not");
	for (size_t i = 1; i < s.n; i++)
		sorted &= strcmp(s.list[i - 1]->name, s.list[i]->name) < 0;
	ok(sorted, "in order");
	shards_drop(&s, "file", "a");
	shards_drop(&s, "file", "a");
	ok(s.n == 5 && !shards_find(&s, "file", "a"), "dropped");
	shards_free(&s);
}

static void
check_record(void)
{
	const struct ledger l = { NULL, "web1", "retail" };
	char stream[] = "file", name[] = "8-1/2";
	struct shard s = { .stream = stream, .name = name, .position = 12 };
	struct buf key = { 0 }, value = { 0 };

	ledger_record(&l, &s, &key, &value);
	is_str(buf_str(&key), "web1/file/8-1/2", "a key");
	is_str(buf_str(&value), "{\"topic\":\"retail\",\"position\":12,\"state\":\"open\"}", "a value");
	s.done = true;
	ledger_record(&l, &s, &key, &value);
	is_str(buf_str(&value), "{\"topic\":\"retail\",\"position\":12,\"state\":\"done\"}", "of a done one");
	s.gone = true;
	ledger_record(&l, &s, &key, &value);
	ok(key.len > 0 && value.len == 0, "and none of one that is gone");
	buf_free(&key);
	buf_free(&value);
}

static void
check_id(void)
{
	struct err e;

	is_int(ledger_id("web-1.a_B", &e), 0, "an id");
	ok(ledger_id("", &e) < 0 && ledger_id("a/b", &e) < 0 && ledger_id("a b", &e) < 0, "and none");
	is_int(e.status, EX_USAGE, "which is wrong usage");
}

int
main(void)
{
	check_table();
	check_record();
	check_id();
	return done();
}
