/*
 * format: a record as text, in kcat's -f language.
 *
 *	%s value   %S its length   %R its length as 4 bytes, big-endian
 *	%k key     %K its length   %h headers, name=value,…  (NULL for a null value)
 *	%t topic   %p partition    %o offset   %T timestamp in ms   %% a percent sign
 *	\n \t \r \0 \\ \xNN
 *
 * A key or value that is null is printed as nothing and has the length -1; a record
 * without a timestamp has -1.  The text is compiled once; to print a record is then a
 * loop over a few steps without allocation.
 */
#ifndef KAFKA_FORMAT_H
#define KAFKA_FORMAT_H

#include <librdkafka/rdkafka.h>

#include "base/buf.h"
#include "base/err.h"

struct format;

/* NULL with status 64 if the text has an unknown token or a broken escape. */
struct format *format_compile(const char *text, struct err *e);

/* What is printed without a format: the key and key_delim, if that is not NULL, then
 * the value and delim.  Delimiters are bytes, as they are. */
struct format *format_delimited(const char *key_delim, size_t nkey, const char *delim, size_t n);

/* Append the record to out. */
void format_record(const struct format *f, const rd_kafka_message_t *m, struct buf *out);
void format_free(struct format *f);

#endif
