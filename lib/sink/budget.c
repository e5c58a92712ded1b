#define _GNU_SOURCE /* mremap */
#include "sink/budget.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/mem.h"

#define STEP (size_t)(8 * 1024)
#define HUGE_PAGES (size_t)(4 * 1024 * 1024) /* blocks from here on are worth them */

void
budget_begin(struct budget *b, size_t limit, size_t max)
{
	*b = (struct budget){ .limit = limit, .max = max };
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->freed, NULL);
}

static void
block_free(struct block *k)
{
	if (k->p)
		munmap(k->p, k->cap);
	free(k);
}

/* Locked. */
static struct block *
pop_spare(struct budget *b)
{
	struct block *k = b->spare;

	if (k) {
		b->spare = k->next;
		b->spared -= k->cap;
	}
	return k;
}

/* Locked. */
static void
free_spares(struct budget *b)
{
	struct block *k;

	while ((k = pop_spare(b)) != NULL)
		block_free(k);
}

void
budget_end(struct budget *b)
{
	free_spares(b);
	pthread_cond_destroy(&b->freed);
	pthread_mutex_destroy(&b->lock);
}

struct block *
budget_take(struct budget *b, bool used)
{
	struct block *k = NULL;
	bool fresh;

	pthread_mutex_lock(&b->lock);
	if (used && (k = pop_spare(b)) != NULL) {
		b->filling += k->cap;
		k->len = 0;
	}
	fresh = !k && !(used && b->sent >= b->limit / 2);
	pthread_mutex_unlock(&b->lock);
	return fresh ? mem_alloc(sizeof *k) : k;
}

/* Locked. */
static bool
hungry(const struct budget *b)
{
	return b->sent < b->limit / 4;
}

static bool
reserve(struct budget *b, size_t more)
{
	bool granted;
	size_t used;

	pthread_mutex_lock(&b->lock);
	used = b->filling + b->sent + more;
	granted = used <= b->limit && !(used > b->limit / 4 * 3 && hungry(b));
	while (granted && used + b->spared > b->limit)
		block_free(pop_spare(b));
	if (granted)
		b->filling += more;
	pthread_mutex_unlock(&b->lock);
	return granted;
}

/* Straight from the kernel, so that what is given back is really gone. */
static char *
resize(char *p, size_t old, size_t cap)
{
	void *q = p ? mremap(p, old, cap, MREMAP_MAYMOVE) :
	    mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (q == MAP_FAILED)
		return NULL;
	if (cap >= HUGE_PAGES)
		madvise(q, cap, MADV_HUGEPAGE);
	return q;
}

bool
block_grow(struct budget *b, struct block *k, size_t want)
{
	size_t cap = k->cap + k->cap / 2;
	char *p;

	if (cap < k->len + want)
		cap = k->len + want;
	cap = (cap + STEP - 1) / STEP * STEP;
	if (cap > b->max)
		cap = b->max;
	if (!reserve(b, cap - k->cap))
		return false;
	p = resize(k->p, k->cap, cap);
	if (!p) {
		/* The machine has less than we may use: live with what came so far. */
		pthread_mutex_lock(&b->lock);
		b->filling -= cap - k->cap;
		free_spares(b);
		pthread_mutex_unlock(&b->lock);
		return false;
	}
	k->p = p;
	k->cap = cap;
	return true;
}

void
budget_send(struct budget *b, struct block *k)
{
	pthread_mutex_lock(&b->lock);
	b->filling -= k->cap;
	b->sent += k->cap;
	pthread_mutex_unlock(&b->lock);
}

void
budget_done(struct budget *b, struct block *k)
{
	pthread_mutex_lock(&b->lock);
	b->sent -= k->cap;
	b->spared += k->cap;
	k->next = b->spare;
	b->spare = k;
	pthread_cond_signal(&b->freed);
	pthread_mutex_unlock(&b->lock);
}

void
budget_drop(struct budget *b, struct block *k)
{
	budget_send(b, k);
	budget_done(b, k);
}

bool
budget_hungry(struct budget *b)
{
	bool answer;

	pthread_mutex_lock(&b->lock);
	answer = hungry(b);
	pthread_mutex_unlock(&b->lock);
	return answer;
}

bool
budget_wait(struct budget *b)
{
	size_t before;
	bool some;

	pthread_mutex_lock(&b->lock);
	before = b->sent;
	while (b->sent && b->sent == before)
		pthread_cond_wait(&b->freed, &b->lock);
	some = before || b->spare;
	pthread_mutex_unlock(&b->lock);
	return some;
}
