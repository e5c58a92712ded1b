/*
 * thread: threads that leave signals alone.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>

/* Start a thread with all signals blocked, so that they find the one that waits for them
 * (base/stop.h).  0, or an errno as pthread_create gives it. */
int thread_start(pthread_t *thread, void *(*run)(void *arg), void *arg);

#endif
