/* SPDX-License-Identifier: MIT */
/* What a response says of where else its origin is served (RFC 7838 3). */
#include "protocols/http.h"

#include "base/test_hooks.h"
#include "boundary/altsvc_store.h"

#include <string.h>

static int port_of(const struct http *h)
{
    const struct url *url = h->hop->url;
    int port = h->hop->settings->port ? (int)h->hop->settings->port : url->port_number;

    return port ? port : url_default_port(url->scheme);
}

/* Each line of it for itself. */
static void say(const struct net_hooks *hooks, const struct buf *log)
{
    const char *at = buf_text(log), *end;

    for (; hooks->log && (end = strchr(at, '\n')) != NULL; at = end + 1)
        hooks->log(hooks->owner, "%.*s", (int)(end - at), at);
}

CURLcode http_note_altsvc(struct http *h, struct str value)
{
    struct hop *hop = h->hop;
    struct altsvc_store *store = hop->exchange->request->altsvc;
    long protocol = h->status.major == 2 ? CURLALTSVC_H2 : CURLALTSVC_H1;
    scoped(buf) log = {0};
    CURLcode result;

    if (!store || (strcmp(hop->url->scheme, "https") != 0 && !test_hook("CURL_ALTSVC_HTTP")))
        return CURLE_OK; /* anybody on the way could have said it */
    result = altsvc_store_note(store, protocol, str_of(hop->url->host), port_of(h), value, &log);
    say(hop->hooks, &log);
    return result;
}
