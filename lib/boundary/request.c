/* SPDX-License-Identifier: MIT */
#include "boundary/request.h"

#include "base/mem.h"

void request_free(struct request *r)
{
    if (!r)
        return;
    push_end(r->pushed);
    settings_unref(r->settings);
    mem_free(r->url);
    mem_free(r->proxies);
    rstr_unref(r->netrc);
    rstr_unref(r->form_head);
    auth_memory_free(r->auth);
    cookies_unref(r->cookies);
    hsts_store_unref(r->hsts);
    pool_unref(r->stores.pool);
    dns_cache_unref(r->stores.dns);
    tls_sessions_unref(r->stores.sessions);
    pool_unref(r->doh_pool);
    altsvc_store_unref(r->altsvc);
    if (r->closer)
        r->closer->unref(r->closer);
    mem_free(r);
}
