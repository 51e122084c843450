/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void shared_enter(void)
{
    (void)pthread_mutex_lock(&lock);
}

void shared_leave(void)
{
    (void)pthread_mutex_unlock(&lock);
}
