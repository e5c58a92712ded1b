/* retail: the text of retail.json, as it was when this was built. */
#ifndef WEBLOG_RETAIL_H
#define WEBLOG_RETAIL_H

extern const char retail_json[]; /* with a NUL behind it */

#endif
