#include "sink/entry.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char *const types[] = { "open", "data", "note" };

char *
entry_text(const struct entry *r)
{
	json_t *files = json_array(), *o;
	char *text;

	for (size_t i = 0; i < r->nfiles; i++) {
		o = json_pack("{s:s, s:s, s:I}", "tmp", r->files[i].tmp, "dst", r->files[i].dst,
		    "len", (json_int_t)r->files[i].len);
		/* A record without one of its files would lose that. */
		if (json_array_append_new(files, o) < 0) {
			json_decref(files);
			return NULL;
		}
	}
	o = json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:b, s:o}", "seq", (json_int_t)r->seq,
	    "type", types[r->type], "writer", r->writer, "next", (json_int_t)r->next,
	    "ts", (json_int_t)r->ts, "applied", (json_int_t)r->seq - 1,
	    "done", r->done, "files", files);
	text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	return text;
}

/* A relative path that stays below where it starts. */
static bool
inside(const char *path)
{
	const char *at = path;

	if (!*path)
		return false;
	for (;;) {
		size_t len = strcspn(at, "/");

		if (len == 0 || (at[0] == '.' && (len == 1 || (len == 2 && at[1] == '.'))))
			return false;
		if (!at[len])
			return true;
		at += len + 1;
	}
}

static bool
parse_file(json_t *o, struct entry_file *f)
{
	const char *tmp, *dst;
	json_int_t len;

	if (json_unpack(o, "{s:s, s:s, s:I}", "tmp", &tmp, "dst", &dst, "len", &len) < 0 ||
	    !inside(tmp) || !inside(dst) || len < 0)
		return false;
	*f = (struct entry_file){ mem_dup(tmp), mem_dup(dst), len };
	return true;
}

static bool
parse(json_t *o, struct entry *r)
{
	const char *type, *writer;
	json_int_t seq, next, ts;
	json_t *files;
	int done = 0;

	if (json_unpack(o, "{s:I, s:s, s:s, s:I, s:I, s?b, s:o}", "seq", &seq, "type", &type,
	    "writer", &writer, "next", &next, "ts", &ts, "done", &done, "files", &files) < 0)
		return false;
	if (seq < 1 || next < -1 || ts < -1 || strlen(writer) >= sizeof r->writer ||
	    !json_is_array(files))
		return false;
	*r = (struct entry){ .seq = seq, .next = next, .ts = ts, .done = done };
	memcpy(r->writer, writer, strlen(writer) + 1);
	for (r->type = ENTRY_OPEN; strcmp(type, types[r->type]) != 0; r->type++)
		if (r->type == ENTRY_NOTE)
			return false;
	r->files = mem_alloc(json_array_size(files) * sizeof *r->files);
	for (; r->nfiles < json_array_size(files); r->nfiles++)
		if (!parse_file(json_array_get(files, r->nfiles), &r->files[r->nfiles]))
			return false;
	return true;
}

int
entry_parse(const char *text, size_t len, struct entry *r, struct err *e)
{
	json_error_t where;
	json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	bool good;

	*r = (struct entry){ 0 };
	good = o && parse(o, r);
	json_decref(o);
	if (good)
		return 0;
	entry_free(r);
	return err_set(e, EX_DATAERR, "it is not a commit record");
}

void
entry_free(struct entry *r)
{
	for (size_t i = 0; i < r->nfiles; i++) {
		free(r->files[i].tmp);
		free(r->files[i].dst);
	}
	free(r->files);
	r->files = NULL;
	r->nfiles = 0;
}
