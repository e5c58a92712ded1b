#define ZLIB_CONST /* input is const */
#include "sink/gzip.h"

#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* 32 KiB, with a gzip header and trailer */
#define MEMORY_LEVEL 8
#define HEADER 18 /* what gzip's header and trailer have more than zlib's */

size_t
gzip_bound(size_t len)
{
	return compressBound(len) + HEADER;
}

int
gzip_member(const char *from, size_t len, char *to, size_t *n, struct err *e)
{
	z_stream z = {
		.next_in = (const Bytef *)from, .avail_in = (uInt)len,
		.next_out = (Bytef *)to, .avail_out = (uInt)gzip_bound(len),
	};
	int done;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		return err_set(e, EX_TEMPFAIL, "compress: no memory left");
	done = deflate(&z, Z_FINISH);
	*n = z.total_out;
	deflateEnd(&z);
	return done == Z_STREAM_END ? 0 : err_set(e, EX_SOFTWARE, "compress: zlib refused a block");
}
