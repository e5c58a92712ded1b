#include "sink/sweep.h"

#include <stdlib.h>

#include "base/mem.h"

#define AT_ONCE 64 /* what is left is for the next run */

struct found {
	const char *dir;
	int64_t before;
	char *old[AT_ONCE];
	size_t n;
};

static int
each(void *ctx, const char *name, const struct store_stat *st, struct err *e)
{
	struct found *f = ctx;

	(void)e;
	if (*name && st->mtime < f->before && f->n < AT_ONCE)
		f->old[f->n++] = mem_printf("%s/%s", f->dir, name);
	return 0;
}

void
sweep(struct store *s, const char *dir, const char *own)
{
	struct found f = { .dir = dir };
	struct store_stat st;
	struct err ignored;

	if (store_stat(s, own, &st, &ignored) < 0)
		return;
	f.before = st.mtime - SWEEP_AGE_MS;
	store_list(s, dir, each, &f, &ignored);
	for (size_t i = 0; i < f.n; i++) {
		store_delete(s, f.old[i], true, &ignored);
		free(f.old[i]);
	}
}

void
sweep_own(struct store *s, const char *own, bool was_away, void (*note)(const char *text))
{
	struct err e;
	char *text;

	if (was_away)
		store_set_timeout(s, STORE_HASTE_MS);
	if (store_delete(s, own, true, &e) == 0 || !note)
		return;
	text = mem_printf("%s: hdfsrm -r --skip-trash removes it", e.text);
	note(text);
	free(text);
}
