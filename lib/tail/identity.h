/*
 * identity: which file it is, whatever its name is now.
 *
 * A file is known by its inode number and a 64-bit hash (FNV-1a) of its first n bytes,
 * n <= TAIL_ID_BYTES.  n is fixed when the file's first line is handed out and is part
 * of the identity, for a hash of "up to 1 KiB" would change while the file grows.
 * The device number changes over a reboot, so it only breaks ties.  n = 0 is a file
 * of which nothing has been handed out.
 *
 * The hash is no defence against somebody who makes files to collide; whoever can do
 * that can write into the log as well.
 */
#ifndef TAIL_IDENTITY_H
#define TAIL_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#define TAIL_ID_BYTES 1024
#define TAIL_ID_TEXT 64 /* room for tail_id_text */

struct tail_id {
	uint64_t ino, dev, hash;
	unsigned n;
};

uint64_t tail_hash(const void *p, unsigned n);

/* Hash the first n bytes of fd into id->n and id->hash: 0, or -1 with errno, which is
 * 0 where the file is shorter than that. */
int tail_id_take(int fd, unsigned n, struct tail_id *id);

/* Make id one of the first n bytes, which are at `first`; n >= id->n.  False, and id as it was,
 * if they do not begin with those that it is of. */
bool tail_id_extend(struct tail_id *id, const void *first, unsigned n);

/* The same in everything but the device. */
bool tail_id_same(const struct tail_id *a, const struct tail_id *b);

/* The file's first bytes are still those of id. */
bool tail_id_holds(const struct tail_id *id, int fd);

/* "inode-n-hash", of [0-9a-f-] only and without the device; parse takes all of
 * s, and no device. */
void tail_id_text(const struct tail_id *id, char text[TAIL_ID_TEXT]);
int tail_id_parse(const char *s, struct tail_id *id);

#endif
