#include "tail/state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "tail/path.h"

#define MAGIC "kpipe-tail 1\n"
#define STATE_MAX (64 * 1024 * 1024)
#define FIELDS 5

static const char *const kinds[] = { "current", "left", "done", "other", "none" };

void
tail_state_add(struct tail_state *s, const struct tail_id *id, int64_t pos, enum tail_kind kind,
    const char *name)
{
	s->at = mem_resize(s->at, (s->n + 1) * sizeof *s->at);
	s->at[s->n++] = (struct tail_entry){ .id = *id, .pos = pos, .kind = kind,
		.name = mem_dup(name) };
}

void
tail_state_free(struct tail_state *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->at[i].name);
	free(s->at);
	*s = (struct tail_state){ 0 };
}

/* Undo the escapes of a name in place. */
static int
unescape(char *name)
{
	char *to = name;

	for (const char *from = name; *from; from++) {
		if (*from == '\\') {
			from++;
			if (*from != 'n' && *from != '\\')
				return -1;
			*to++ = *from == 'n' ? '\n' : '\\';
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return *name == '/' ? 0 : -1;
}

/* One line without its newline; changes it. */
static int
parse_line(struct tail_state *s, char *line)
{
	struct tail_id id;
	uint64_t dev;
	char *field[FIELDS], *end;
	int64_t pos;
	struct err unused;
	size_t kind = 0;

	for (size_t i = 0; i < FIELDS - 1; i++) {
		field[i] = line;
		line = strchr(line, ' ');
		if (!line)
			return -1;
		*line++ = '\0';
	}
	field[FIELDS - 1] = line;
	errno = 0;
	dev = strtoull(field[1], &end, 10);
	if (errno || *end || field[1][strspn(field[1], "0123456789")] || !*field[1] ||
	    num_int(field[2], "position", 0, INT64_MAX, &pos, &unused) < 0 ||
	    tail_id_parse(field[0], &id) < 0 || unescape(field[4]) < 0)
		return -1;
	id.dev = dev;
	while (kind < sizeof kinds / sizeof *kinds && strcmp(field[3], kinds[kind]) != 0)
		kind++;
	if (kind == sizeof kinds / sizeof *kinds)
		return -1;
	tail_state_add(s, &id, pos, (enum tail_kind)kind, field[4]);
	return 0;
}

static int
parse(struct tail_state *s, struct buf *text, const char *path, struct err *e)
{
	size_t magic = sizeof MAGIC - 1, line = 2;
	char *p = text->p, *end = text->p + text->len, *nl;

	if (text->len < magic || memcmp(p, MAGIC, magic) != 0)
		return err_set(e, EX_CONFIG, "state: %s: not a state file of ktail, which begins "
		    "with \"kpipe-tail 1\": name another file", path);
	for (p += magic; p < end; p = nl + 1, line++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl)
			*nl = '\0';
		if (!nl || strlen(p) != (size_t)(nl - p) || parse_line(s, p) < 0)
			return err_set(e, EX_CONFIG, "state: %s: line %zu is damaged: move the file "
			    "away to begin anew, or put the line right", path, line);
	}
	return 0;
}

static int
read_all(int fd, struct buf *text, const char *path, struct err *e)
{
	ssize_t n;

	do {
		buf_reserve(text, 65536);
		n = read(fd, text->p + text->len, 65536);
		if (n > 0)
			text->len += (size_t)n;
	} while ((n > 0 && text->len <= STATE_MAX) || (n < 0 && errno == EINTR));
	if (n < 0)
		return err_sys(e, errno, "state", path);
	if (text->len > STATE_MAX)
		return err_set(e, EX_CONFIG, "state: %s: larger than any state file: name another file",
		    path);
	return 0;
}

/* There is no state yet: 0 if there can be one. */
static int
check_absent(const char *path, struct err *e)
{
	char *dir = path_dir(path);
	int status = access(dir, F_OK);

	if (status < 0)
		err_set(e, EX_CONFIG, "state: %s: %s", dir, err_reason(errno));
	free(dir);
	return status;
}

int
tail_state_load(struct tail_state *s, const char *path, struct err *e)
{
	struct buf text = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), status;

	*s = (struct tail_state){ 0 };
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return check_absent(path, e);
	if (fd < 0)
		return err_sys(e, errno, "state", path);
	status = read_all(fd, &text, path, e);
	close(fd);
	if (status == 0)
		status = parse(s, &text, path, e);
	buf_free(&text);
	return status;
}

static void
format(const struct tail_state *s, struct buf *text)
{
	char id[TAIL_ID_TEXT];

	buf_adds(text, MAGIC);
	for (size_t i = 0; i < s->n; i++) {
		const struct tail_entry *t = &s->at[i];

		tail_id_text(&t->id, id);
		buf_printf(text, "%s %" PRIu64 " %" PRId64 " %s ", id, t->id.dev, t->pos, kinds[t->kind]);
		for (const char *p = t->name; *p; p++)
			if (*p == '\n' || *p == '\\')
				buf_adds(text, *p == '\n' ? "\\n" : "\\\\");
			else
				buf_addc(text, *p);
		buf_addc(text, '\n');
	}
}

static int
write_synced(const char *path, const struct buf *text, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return err_output(e, errno, "state", path);
	if (io_write(fd, text->p, text->len, path, e) < 0) {
		close(fd);
		return -1;
	}
	if (fsync(fd) < 0) {
		err_output(e, errno, "state", path);
		close(fd);
		return -1;
	}
	return close(fd) < 0 ? err_output(e, errno, "state", path) : 0;
}

/* A rename is on disk once its directory is. */
static int
sync_directory(const char *path, struct err *e)
{
	char *dir = path_dir(path);
	int fd = open(dir, O_RDONLY | O_CLOEXEC), status = 0;

	/* Some file systems cannot sync a directory; they say EINVAL. */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		status = err_output(e, errno, "state", dir);
	if (fd >= 0)
		close(fd);
	free(dir);
	return status;
}

int
tail_state_save(const struct tail_state *s, const char *path, struct err *e)
{
	struct buf text = { 0 };
	char *temp = mem_printf("%s.tmp", path);
	int status;

	format(s, &text);
	status = write_synced(temp, &text, e);
	if (status == 0 && rename(temp, path) < 0)
		status = err_output(e, errno, "state", path);
	if (status == 0)
		status = sync_directory(path, e);
	else
		unlink(temp);
	free(temp);
	buf_free(&text);
	return status;
}
