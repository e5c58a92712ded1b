#include "kafka/shards.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* The place of a shard in the list, or where it belongs. */
static size_t
place(const struct shards *s, const char *stream, const char *name, bool *found)
{
	size_t from = 0, to = s->n;

	*found = false;
	while (from < to && !*found) {
		size_t mid = from + (to - from) / 2;
		int order = strcmp(s->list[mid]->stream, stream);

		if (order == 0)
			order = strcmp(s->list[mid]->name, name);
		*found = order == 0;
		if (order < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return to;
}

struct shard *
shards_find(const struct shards *s, const char *stream, const char *name)
{
	bool found;
	size_t at = place(s, stream, name, &found);

	return found ? s->list[at] : NULL;
}

struct shard *
shards_add(struct shards *s, const char *stream, const char *name)
{
	bool found;
	size_t at = place(s, stream, name, &found);

	if (found)
		return s->list[at];
	s->list = mem_resize(s->list, (s->n + 1) * sizeof *s->list);
	memmove(s->list + at + 1, s->list + at, (s->n - at) * sizeof *s->list);
	s->n++;
	s->list[at] = mem_alloc(sizeof *s->list[at]);
	s->list[at]->stream = mem_dup(stream);
	s->list[at]->name = mem_dup(name);
	s->list[at]->committed = -1;
	return s->list[at];
}

static void
free_shard(struct shard *s)
{
	free(s->stream);
	free(s->name);
	free(s);
}

void
shards_drop(struct shards *s, const char *stream, const char *name)
{
	bool found;
	size_t at = place(s, stream, name, &found);

	if (!found)
		return;
	free_shard(s->list[at]);
	s->n--;
	memmove(s->list + at, s->list + at + 1, (s->n - at) * sizeof *s->list);
}

void
shards_free(struct shards *s)
{
	for (size_t i = 0; i < s->n; i++)
		free_shard(s->list[i]);
	free(s->list);
	*s = (struct shards){ 0 };
}
