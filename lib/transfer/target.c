/* SPDX-License-Identifier: MIT */
/* Where a transfer connects to: the URL's host and port, or what CURLOPT_CONNECT_TO makes of them.
 */
#include "transfer/state.h"

#include "base/clock.h"
#include "base/mem.h"
#include "wire/connect_to.h"

#include <string.h>

void target_release(struct target *target)
{
    buf_release(&target->host);
    buf_release(&target->connect_host);
    buf_release(&target->identity);
    buf_release(&target->origin);
}

int transfer_port(const struct transfer *t)
{
    if (t->hop.port)
        return (int)t->hop.port;
    return t->url.port_number ? t->url.port_number : url_default_port(t->url.scheme);
}

CURLcode transfer_host(struct transfer *t, struct buf *ret_host)
{
    char *name;
    CURLUcode why = url_get_hostname(&t->url, &name);

    if (why == CURLUE_OUT_OF_MEMORY)
        return CURLE_OUT_OF_MEMORY;
    if (why)
        return transfer_fail(t, CURLE_URL_MALFORMAT, "URL rejected: %s", curl_url_strerror(why));
    buf_append_text(ret_host, name);
    mem_free(name);
    if (t->url.zone_id) {
        buf_append_char(ret_host, '%');
        buf_append_text(ret_host, t->url.zone_id);
    }
    return buf_failed(ret_host) ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

static struct socket_settings socket_settings(const struct settings *s)
{
    return (struct socket_settings){
        .interface = rstr_text(s->interface),
        .local_port = (int)s->local_port,
        .local_port_range = (int)s->local_port_range,
        .address_scope = (unsigned)s->address_scope,
        .tcp_nodelay = s->tcp_nodelay,
        .keepalive = s->tcp_keepalive,
        .keep_idle_s = s->tcp_keepidle_s,
        .keep_interval_s = s->tcp_keepintvl_s,
        .keep_count = s->tcp_keepcnt,
        .fastopen = s->tcp_fastopen,
        .eyeballs_ms = s->happy_eyeballs_timeout_ms,
    };
}

static struct dns_options dns_options(const struct transfer *t)
{
    const struct settings *s = t->settings;

    return (struct dns_options){
        .servers = rstr_text(s->dns_servers),
        .interface = rstr_text(s->dns_interface),
        .local_ip4 = rstr_text(s->dns_local_ip4),
        .local_ip6 = rstr_text(s->dns_local_ip6),
        .cache_timeout_s = s->dns_cache_timeout_s,
        .ip_resolve = s->ip_resolve,
        .shuffle = s->dns_shuffle_addresses,
        .https = s->doh_url ? &t->doh : NULL,
    };
}

static const char *offered_alpn(const struct transfer *t)
{
    if (t->hop.forwards)
        return NULL;
    if (t->protocol->tls && !t->settings->tls.alpn)
        return NULL;
    return t->protocol->alpn ? t->protocol->alpn(&t->hop) : NULL;
}

/* CURLOPT_CONNECT_TO. */
static CURLcode find_connect_to(struct transfer *t, struct target *ret)
{
    struct dial_target *d = &ret->dial;
    struct str bad = {0};
    CURLcode result = connect_to_find(t->settings->connect_to, d->host, d->port, &ret->connect_host,
                                      &d->connect_port, &bad);

    if (result == CURLE_SETOPT_OPTION_SYNTAX)
        return transfer_fail(t, result, "No valid port number in connect to host string (%.*s)",
                             (int)bad.len, bad.at);
    return result;
}

/* Connections on which the program is logged in from their beginning. */
static bool logs_in(const struct transfer *t)
{
    return (t->protocol->number &
            (CURLPROTO_FTP | CURLPROTO_FTPS | CURLPROTO_IMAP | CURLPROTO_IMAPS | CURLPROTO_POP3 |
             CURLPROTO_POP3S | CURLPROTO_SCP | CURLPROTO_SFTP | CURLPROTO_SMTP |
             CURLPROTO_SMTPS)) != 0;
}

static void add_text(struct buf *key, const char *text)
{
    buf_append_number(key, (long long)(text ? strlen(text) : 0));
    buf_append_char(key, text ? ':' : '-');
    buf_append_text(key, text ? text : "");
}

/* Such a connection knows how it got there. */
static bool add_login_identity(const struct transfer *t, struct buf *key)
{
    const struct settings *s = t->settings;

    buf_append_char(key, t->login.given ? 'u' : 'a');
    add_text(key, buf_text(&t->login.user));
    add_text(key, buf_text(&t->login.password));
    add_text(key, rstr_text(s->ftp_account));
    add_text(key, rstr_text(s->ftp_alternative));
    add_text(key, t->login.bearer);
    add_text(key, rstr_text(s->sasl_authzid));
    buf_append_number(key, s->use_ssl);
    buf_append_char(key, ',');
    buf_append_number(key, s->ftp_ssl_ccc);
    return !s->use_ssl || tls_settings_key(&s->tls, key);
}

/* Whose the connection is, or may become; false when memory is short. */
static bool set_identity(struct transfer *t, struct target *ret)
{
    struct dial_target *d = &ret->dial;

    if (!logs_in(t))
        return login_origin(t, &ret->origin) &&
               http_auth_owner(&t->auth[AUTH_SERVER],
                               (struct str){ret->origin.bytes, ret->origin.len}, &d->owner);
    if (!add_login_identity(t, &ret->identity) || buf_failed(&ret->identity))
        return false;
    d->identity = (struct str){ret->identity.bytes, ret->identity.len};
    return true;
}

/* TLS now or later. */
static bool may_use_tls(const struct transfer *t)
{
    return t->protocol->tls || (t->hop.proxy && t->hop.proxy->tls) ||
           (logs_in(t) && t->settings->use_ssl);
}

CURLcode target_for(struct transfer *t, struct target *ret)
{
    const struct settings *s = t->settings;
    struct dial_target *d = &ret->dial;
    CURLcode result = doh_init(t);

    if (result)
        return result;
    *d = (struct dial_target){
        .scheme = t->url.scheme,
        .port = transfer_port(t),
        .unix_path = rstr_text(s->unix_socket_path),
        .unix_abstract = s->abstract_unix_socket,
        .tls = t->protocol->tls ? &s->tls : NULL,
        .alpn = offered_alpn(t),
        .alone = t->exchange->request->most_streams <= 1,
        .pipewait = s->pipewait,
        .proxies = t->way,
        .socket = socket_settings(s),
        .dns = dns_options(t),
        .fresh = s->fresh_connect || s->connect_only,
        .forbid_reuse = s->forbid_reuse,
        .max_idle_us = clock_after(0, s->maxage_conn_s * CLOCK_SECOND),
        .max_life_us = clock_after(0, s->maxlifetime_conn_s * CLOCK_SECOND),
    };
    d->proxies.http_alpn = http_proxy_alpn(&t->hop);
    if (may_use_tls(t) && s->ssl_ctx_function) {
        d->shaped_by[0] = (uintptr_t)s->ssl_ctx_function;
        d->shaped_by[1] = (uintptr_t)s->ssl_ctx_data;
    }
    result = transfer_host(t, &ret->host);
    if (result)
        return result;
    d->host = d->connect_host = (struct str){ret->host.bytes, ret->host.len};
    d->connect_port = d->port;
    if (!set_identity(t, ret))
        return CURLE_OUT_OF_MEMORY;
    result = find_connect_to(t, ret);
    if (result)
        return result;
    if (ret->connect_host.len)
        d->connect_host = (struct str){ret->connect_host.bytes, ret->connect_host.len};
    return altsvc_choose(t, ret);
}
