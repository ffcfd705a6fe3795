/* SPDX-License-Identifier: MIT */
#include "support/taker.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { WHILE = 10000 }; /* turns given away: long enough for a removal that does not wait */

static void *free_handle(void *data)
{
    struct taker *taker = data;

    while (!atomic_load(&taker->inside)) {
        sched_yield();
    }
    atomic_store(&taker->is_freeing, true);
    curl_easy_cleanup(taker->fetch->easy);
    taker->was_inside = atomic_load(&taker->inside);
    taker->fetch->easy = NULL;
    return NULL;
}

void taker_start(struct taker *taker, struct fetch *fetch)
{
    *taker = (struct taker){.fetch = fetch};
    assert_int_equal(pthread_create(&taker->thread, NULL, free_handle, taker), 0);
}

void taker_linger(struct taker *taker)
{
    if (atomic_load(&taker->is_freeing)) {
        return;
    }
    atomic_store(&taker->inside, true);
    while (!atomic_load(&taker->is_freeing)) {
        sched_yield();
    }
    for (int i = 0; i < WHILE; i++) {
        sched_yield();
    }
    atomic_store(&taker->inside, false);
}

void taker_join(struct taker *taker)
{
    pthread_join(taker->thread, NULL);
    assert_false(taker->was_inside);
}
