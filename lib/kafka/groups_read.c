#include "kafka/groups.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/mem.h"
#include "base/num.h"

#define LINE_MAX_LEN 1024

/* One line, in memory of our own that is cut up. */
static int
parse(char *text, rd_kafka_topic_partition_list_t *list, struct err *e)
{
	char *rest = NULL;
	const char *topic = strtok_r(text, " \t", &rest);
	const char *partition = strtok_r(NULL, " \t", &rest);
	const char *offset = strtok_r(NULL, " \t", &rest);
	int64_t p, o;

	if (!offset || strtok_r(NULL, " \t", &rest))
		return err_set(e, EX_DATAERR, "wants: topic partition offset");
	if (admin_topic_name(topic, e) < 0 ||
	    num_int(partition, "partition", 0, INT32_MAX, &p, e) < 0 ||
	    num_int(offset, "offset", 0, INT64_MAX, &o, e) < 0)
		return -1;
	rd_kafka_topic_partition_list_add(list, topic, (int32_t)p)->offset = o;
	return 0;
}

static int
add_line(const struct line *line, enum line_kind kind, const char *subject,
    rd_kafka_topic_partition_list_t *list, struct err *e)
{
	struct err why;
	char *text;
	int failed;

	if (list->cnt >= GROUPS_READ_MAX)
		return err_set(e, EX_DATAERR, "read: %s: more than %d lines", subject, GROUPS_READ_MAX);
	if (kind != LINE_WHOLE || memchr(line->p, '\0', line->len))
		return err_set(e, EX_DATAERR, "read: %s: line %" PRIu64 ": no text, or too long", subject,
		    line->number);
	text = mem_dupn(line->p, line->len);
	failed = parse(text, list, &why);
	free(text);
	return failed ? err_set(e, EX_DATAERR, "read: %s: line %" PRIu64 ": %.300s", subject,
	    line->number, why.text) : 0;
}

/* A partition with two offsets would get one of them by chance. */
static int
refuse_twice(rd_kafka_topic_partition_list_t *list, const char *subject, struct err *e)
{
	rd_kafka_topic_partition_list_sort(list, NULL, NULL);
	for (int i = 1; i < list->cnt; i++)
		if (list->elems[i].partition == list->elems[i - 1].partition &&
		    strcmp(list->elems[i].topic, list->elems[i - 1].topic) == 0)
			return err_set(e, EX_DATAERR, "read: %s: partition %" PRId32 " of %s is there twice",
			    subject, list->elems[i].partition, list->elems[i].topic);
	return 0;
}

int
groups_read(int fd, const char *subject, rd_kafka_topic_partition_list_t *list, struct err *e)
{
	struct lines l;
	struct line line;
	enum line_kind kind;
	ssize_t n;
	int failed = 0;

	lines_begin(&l, fd, subject, "\n", 1, LINE_MAX_LEN);
	do {
		n = lines_read(&l, e);
		while (!failed && (kind = lines_next(&l, &line)) != LINE_NONE)
			failed = add_line(&line, kind, subject, list, e);
	} while (n > 0 && !failed);
	lines_end(&l);
	return n < 0 || failed ? -1 : refuse_twice(list, subject, e);
}
