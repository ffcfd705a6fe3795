/* SPDX-License-Identifier: MIT */
/* A call that may block (another library's, over which we have no power), made on a thread of its
 * own while the fiber waits. */
#ifndef RUNTIME_ERRAND_H
#define RUNTIME_ERRAND_H

#include "base/scope.h"

#include <curl/curl.h>
#include <stdint.h>

/* Runs `work(argument)` on a new thread, which blocks all signals. CURLE_OK: it is done, and
 * `argument` is the caller's again. Otherwise the wait ended first (CURLE_OPERATION_TIMEDOUT,
 * CURLE_ABORTED_BY_CALLBACK) or there is no thread to be had (CURLE_OUT_OF_MEMORY): the argument is
 * released with `release(argument)`, at once or when the work ends, and not the caller's any more.
 * A fiber. */
WAITS CURLcode errand_run(void (*work)(void *argument), void (*release)(void *argument),
                          void *argument, int64_t deadline);

#endif
