#include "sink/pool.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/thread.h"

struct worker {
	struct pool *pool;
	struct store *store;
	pthread_t thread;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct job *first, **last;
	bool closing;
	unsigned n; /* workers that run */
	struct worker worker[];
};

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	struct job *j;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->first && !p->closing)
			pthread_cond_wait(&p->work, &p->lock);
		j = p->first;
		if (!j)
			break;
		p->first = j->next;
		if (!p->first)
			p->last = &p->first;
		pthread_mutex_unlock(&p->lock);
		j->run(j, w->store);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct pool *
pool_open(const struct store *s, unsigned threads, struct err *e)
{
	struct pool *p = mem_alloc(sizeof *p + threads * sizeof *p->worker);
	int failed;

	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	p->last = &p->first;
	while (p->n < threads) {
		struct worker *w = &p->worker[p->n];

		*w = (struct worker){ .pool = p, .store = store_clone(s, e) };
		if (!w->store)
			break;
		failed = thread_start(&w->thread, worker_main, w);
		if (failed) {
			store_close(w->store);
			err_set(e, EX_TEMPFAIL, "start: thread: %s", err_reason(failed));
			break;
		}
		p->n++;
	}
	if (p->n == threads)
		return p;
	pool_close(p);
	return NULL;
}

void
pool_push(struct pool *p, struct job *j)
{
	j->next = NULL;
	pthread_mutex_lock(&p->lock);
	*p->last = j;
	p->last = &j->next;
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void
pool_close(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->closing = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n; i++) {
		pthread_join(p->worker[i].thread, NULL);
		store_close(p->worker[i].store);
	}
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
