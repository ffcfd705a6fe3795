/* SPDX-License-Identifier: MIT */
/* curl_global_*: initialisation is counted and may be done by any thread; the last clean-up ends
 * the workers and frees what the process keeps. */
#include "api/global.h"

#include "api/ssl_backends.h"
#include "base/chunk.h"
#include "base/lock.h"
#include "base/mem.h"
#include "net/ares_library.h"
#include "net/tls.h"
#include "runtime/workers.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

static struct lock lock = LOCK_INITIALIZER(LOCK_GLOBAL);
static int users; /* any thread, under lock */

CURLcode curl_global_init(long flags)
{
    (void)flags; /* OpenSSL 1.1 and later initialise themselves */
    lock_take(&lock);
    users++;
    lock_drop(&lock);
    return CURLE_OK;
}

void global_init_if_needed(void)
{
    lock_take(&lock);
    if (!users)
        users = 1;
    lock_drop(&lock);
}

CURLcode curl_global_init_mem(long flags, curl_malloc_callback m, curl_free_callback f,
                              curl_realloc_callback r, curl_strdup_callback s,
                              curl_calloc_callback c)
{
    if (!m || !f || !r || !s || !c)
        return CURLE_FAILED_INIT;
    lock_take(&lock);
    if (!users) {
        struct mem_functions functions = {
            .malloc = m, .free = f, .realloc = r, .strdup = s, .calloc = c};
        mem_use(&functions);
    }
    lock_drop(&lock);
    return curl_global_init(flags);
}

void curl_global_cleanup(void)
{
    bool last;

    lock_take(&lock);
    last = users > 0 && --users == 0;
    lock_drop(&lock);
    if (!last)
        return;
    workers_stop();
    tls_forget_all();
    ares_library_forget();
    chunk_forget_spares();
}

CURLsslset curl_global_sslset(curl_sslbackend id, const char *name, const curl_ssl_backend ***avail)
{
    if (avail)
        *avail = ssl_backends;
    for (const curl_ssl_backend **b = ssl_backends; *b; b++) {
        if (id == (*b)->id || (name && !strcasecmp(name, (*b)->name)))
            return CURLSSLSET_OK;
    }
    return CURLSSLSET_UNKNOWN_BACKEND;
}

/* The library has one verbose log, without components to choose from. */
CURLcode curl_global_trace(const char *config)
{
    (void)config;
    return CURLE_OK;
}
