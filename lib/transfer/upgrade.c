/* SPDX-License-Identifier: MIT */
/* Hosts that want TLS only are spoken to over TLS from the first byte (RFC 6797 8.3): plain URLs of
 * the program and of redirects are changed before anything is done with them. */
#include "transfer/state.h"

#include "base/mem.h"
#include "boundary/request.h"

#include <string.h>

static CURLcode change(struct transfer *t)
{
    struct url *u = &t->url;
    char *text;

    if (u->port_number == 80 && url_set_part(u, CURLUPART_PORT, NULL, 0))
        return CURLE_OUT_OF_MEMORY;
    if (url_set_part(u, CURLUPART_SCHEME, "https", 0))
        return CURLE_OUT_OF_MEMORY;
    if (!t->hooks.log)
        return CURLE_OK;
    if (url_get_part(u, CURLUPART_URL, &text, CURLU_GET_EMPTY))
        return CURLE_OUT_OF_MEMORY;
    t->hooks.log(t->hooks.owner, "Switched from HTTP to HTTPS due to HSTS => %s", text);
    mem_free(text);
    return CURLE_OK;
}

CURLcode upgrade_to_tls(struct transfer *t)
{
    struct hsts_store *hosts = t->exchange->request->hsts;
    CURLUcode why;
    char *host;
    bool wanted;

    if (!hosts || !t->url.host || strcmp(t->url.scheme, "http") != 0)
        return CURLE_OK;
    why = url_get_hostname(&t->url, &host);
    if (why == CURLUE_OUT_OF_MEMORY)
        return CURLE_OUT_OF_MEMORY;
    if (why)
        return CURLE_OK; /* it will be refused as a host */
    wanted = hsts_store_has(hosts, str_of(host));
    mem_free(host);
    return wanted ? change(t) : CURLE_OK;
}
