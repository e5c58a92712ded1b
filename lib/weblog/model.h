/*
 * model: what a shop's web traffic looks like, read from JSON.
 *
 * The shape is that of retail.json, which is compiled in:
 *
 *	sessions     {open, requests_each, first_octet: [low, high], other_octets: [low, high]}
 *	size         {min, max}: bytes of an answer, uniform
 *	requests     {path: weight}; a path may hold *DEPARTMENT*, *CATEGORY* or *PRODUCT*
 *	status       {"200": weight}
 *	user_agents  {text: weight}
 *	departments  [name], each as likely; a repeated name counts once
 *	categories   likewise
 *	products     [[id, price]]; the weight is floor(5000 / price)
 *
 * Other members are notes for the reader.  Weights are whole numbers.  A user's file is
 * hostile: what is out of range is refused with its name (status 78), and the texts of a
 * model take at most MODEL_BYTES_MAX.
 */
#ifndef WEBLOG_MODEL_H
#define WEBLOG_MODEL_H

#include <stdint.h>

#include "base/err.h"
#include "weblog/choice.h"

#define MODEL_FILE_MAX (4 * 1024 * 1024)
#define MODEL_BYTES_MAX (64 * 1024 * 1024) /* all texts */
#define MODEL_TEXT_MAX 1024                /* one text of the file */
#define MODEL_WEIGHT_MAX 1000000

struct model {
	uint32_t open, requests_each;
	uint32_t first_low, first_high, other_low, other_high;
	uint32_t size_min, size_max;
	struct choice statuses, agents;
	struct choice requests; /* the paths as the file has them … */
	struct choice *paths;   /* … and what each becomes in a line: lower case, with the
	                           names put in and percent-encoded */
};

/* Both give 0 or -1 with e set; the caller ends what they have begun. */
int model_retail(struct model *m, struct err *e);
int model_load(struct model *m, const char *path, struct err *e);
void model_end(struct model *m);

#endif
