/* SPDX-License-Identifier: MIT */
/* Where else an origin is served (RFC 7838 2): a connection goes there, while the name that the
 * certificate is checked for stays the origin's. When nobody answers there, the origin is asked. */
#include "transfer/state.h"

#include "base/test_hooks.h"
#include "boundary/altsvc_store.h"

/* The protocols that the transfer can speak, of those that the program wants. */
static long wanted_protocols(const struct settings *s)
{
    long able = CURLALTSVC_H1;

#ifdef HAVE_NGHTTP2
    if (s->http_version == CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
        able = CURLALTSVC_H2;
    else if (s->http_version != CURL_HTTP_VERSION_1_0 && s->http_version != CURL_HTTP_VERSION_1_1)
        able |= CURLALTSVC_H2;
#endif
    return able & s->altsvc_control;
}

static struct str without_brackets(struct str host)
{
    if (host.len > 2 && host.at[0] == '[')
        host = (struct str){host.at + 1, host.len - 2};
    return host;
}

CURLcode altsvc_choose(struct transfer *t, struct target *target)
{
    struct altsvc_store *store = t->exchange->request->altsvc;
    struct dial_target *d = &target->dial;
    scoped(buf) found = {0};
    struct str host;
    long protocol = 0;
    int port = 0;
    CURLcode result;

    buf_clear(&t->alt_used);
    t->hop.alt_used = NULL;
    if (!store || t->without_altsvc || d->unix_path ||
        (!t->protocol->tls && !test_hook("CURL_ALTSVC_HTTP")) || d->connect_host.at != d->host.at ||
        d->connect_port != d->port)
        return CURLE_OK;
    result = altsvc_store_find(store, str_of(t->url.host), d->port, wanted_protocols(t->settings),
                               &found, &port, &protocol);
    if (result || !found.len || dial_would_reuse(d, &t->exchange->request->stores))
        return result; /* a connection to the origin that is there goes before a new one */
    host = without_brackets((struct str){found.bytes, found.len});
    buf_printf(&t->alt_used, "%s:%d", found.bytes, port);
    if (!buf_append(&target->connect_host, host.at, host.len) || buf_failed(&t->alt_used))
        return CURLE_OUT_OF_MEMORY;
    if (t->hooks.log)
        t->hooks.log(t->hooks.owner, "Alt-svc connecting from %s:%d to [%s]%s", t->url.host,
                     d->port, altsvc_protocol_name(protocol), t->alt_used.bytes);
    d->connect_host = (struct str){target->connect_host.bytes, target->connect_host.len};
    d->connect_port = port;
    t->hop.alt_used = t->alt_used.bytes;
    return CURLE_OK;
}

bool altsvc_failed(struct transfer *t, CURLcode result)
{
    bool is_its_fault = result == CURLE_COULDNT_RESOLVE_HOST || result == CURLE_COULDNT_CONNECT ||
                        result == CURLE_SSL_CONNECT_ERROR ||
                        result == CURLE_PEER_FAILED_VERIFICATION;

    if (!t->hop.alt_used || !is_its_fault)
        return false;
    if (t->hooks.log)
        t->hooks.log(t->hooks.owner, "Alt-svc at %s does not serve: connecting to the origin",
                     t->hop.alt_used);
    t->without_altsvc = true;
    t->error_text[0] = '\0';
    return true;
}
