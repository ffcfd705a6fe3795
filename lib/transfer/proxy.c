/* SPDX-License-Identifier: MIT */
/* The way to a hop's origin: which proxies, by the options and the environment, and who the program
 * is to them. It is found anew for each URL, since a redirect may lead past a proxy or to another
 * one. */
#include "transfer/state.h"

#include "base/mem.h"
#include "wire/connect_to.h"
#include "wire/noproxy.h"

#include <string.h>

void proxies_free(struct proxies *p)
{
    if (!p)
        return;
    proxy_url_release(&p->socks_url);
    proxy_url_release(&p->http_url);
    login_release(&p->login);
    buf_release(&p->party);
    mem_free(p);
}

/* ---- Which ---- */

/* What the environment says under "NAME=". */
static const char *from_environment(const struct transfer *t, const char *name)
{
    const char *at = t->exchange->request->proxies;
    size_t len = strlen(name);

    for (; at && *at; at += strlen(at) + 1) {
        if (strncmp(at, name, len) != 0 || at[len] != '=')
            continue;
        if (t->hooks.log)
            t->hooks.log(t->hooks.owner, "Uses proxy env variable %s_proxy == '%s'", name,
                         at + len + 1);
        return at + len + 1;
    }
    return NULL;
}

/* WebSocket uses the proxies of HTTP where it has none of its own. */
static const char *environment_proxy(const struct transfer *t)
{
    const char *scheme = t->url.scheme, *found = from_environment(t, scheme);

    if (!found && !strcmp(scheme, "ws"))
        found = from_environment(t, "http");
    if (!found && !strcmp(scheme, "wss"))
        found = from_environment(t, "https");
    return found ? found : from_environment(t, "all");
}

/* There is nothing to go to (file:), or CURLOPT_NOPROXY or the environment says that none is used.
 */
static CURLcode is_direct(struct transfer *t, bool *ret_direct)
{
    const struct settings *s = t->settings;
    const char *list = s->noproxy ? rstr_text(s->noproxy) : from_environment(t, "no");
    scoped(buf) host = {0};
    CURLcode result;

    *ret_direct = s->unix_socket_path || !t->url.host || !*t->url.host;
    if (*ret_direct || !list)
        return CURLE_OK;
    result = transfer_host(t, &host);
    *ret_direct = !result && noproxy_covers(list, (struct str){buf_text(&host), host.len});
    return result;
}

static bool is_given(const char *text)
{
    return text && *text;
}

/* ---- What they are ---- */

static CURLcode parse(struct transfer *t, const char *text, long type, struct proxy_url *ret)
{
    switch (proxy_url_parse(text, type, t->settings->proxy_port, ret)) {
    case PROXY_URL_OK:
        return CURLE_OK;
    case PROXY_URL_SCHEME:
        return transfer_fail(t, CURLE_COULDNT_CONNECT, "Unsupported proxy scheme for \'%s\'", text);
    case PROXY_URL_SYNTAX:
        return transfer_fail(t, CURLE_COULDNT_RESOLVE_PROXY, "Unsupported proxy syntax in \'%s\'",
                             text);
    default:
        return CURLE_OUT_OF_MEMORY;
    }
}

static struct str str_of_buf(const struct buf *b)
{
    return (struct str){buf_text(b), b->len};
}

/* Some options are for all of TLS. */
static const struct tls_settings *tls_of(struct transfer *t)
{
    const struct tls_settings *all = &t->settings->tls;
    struct tls_settings *own = &t->proxies->tls;

    *own = t->settings->proxy_tls;
    own->alpn = all->alpn;
    own->session_cache = all->session_cache;
    own->ca_cache_timeout_s = all->ca_cache_timeout_s;
    return own;
}

static struct proxy proxy_of(struct transfer *t, const struct proxy_url *u)
{
    bool is_https = u->type == CURLPROXY_HTTPS || u->type == CURLPROXY_HTTPS2;

    return (struct proxy){.type = u->type,
                          .host = str_of_buf(&u->host),
                          .port = u->port,
                          .unix_path = u->unix_path.len ? u->unix_path.bytes : NULL,
                          .has_user = u->has_user,
                          .user = str_of_buf(&u->user),
                          .password = str_of_buf(&u->password),
                          .tls = is_https ? tls_of(t) : NULL};
}

/* CURLOPT_PROXYUSERNAME and CURLOPT_PROXYPASSWORD, where the URL names nobody. */
static void apply_login(const struct settings *s, struct proxy *p)
{
    if (p->has_user || (!s->proxy_username && !s->proxy_password))
        return;
    p->has_user = true;
    if (s->proxy_username)
        p->user = (struct str){s->proxy_username->bytes, s->proxy_username->len};
    if (s->proxy_password)
        p->password = (struct str){s->proxy_password->bytes, s->proxy_password->len};
}

static CURLcode find_main(struct transfer *t, const char *text)
{
    struct proxies *p = t->proxies;
    CURLcode result = parse(t, text, t->settings->proxy_type, &p->http_url);

    if (result)
        return result;
    if (!proxy_is_socks(p->http_url.type)) {
        p->http = proxy_of(t, &p->http_url);
        apply_login(t->settings, &p->http);
        t->way.http = &p->http;
        return CURLE_OK;
    }
    p->socks = proxy_of(t, &p->http_url);
    apply_login(t->settings, &p->socks);
    t->way.socks = &p->socks;
    return CURLE_OK;
}

/* In front of an HTTP proxy, or alone. */
static CURLcode find_before(struct transfer *t, const char *text)
{
    struct proxies *p = t->proxies;
    CURLcode result;

    if (t->way.socks)
        return CURLE_OK; /* one SOCKS proxy at most */
    result = parse(t, text, CURLPROXY_SOCKS4, &p->socks_url);
    if (result)
        return result;
    if (!proxy_is_socks(p->socks_url.type))
        return transfer_fail(t, CURLE_COULDNT_CONNECT, "Unsupported proxy scheme for \'%s\'", text);
    p->socks = proxy_of(t, &p->socks_url);
    if (!t->way.http)
        apply_login(t->settings, &p->socks);
    t->way.socks = &p->socks;
    return CURLE_OK;
}

/* ---- The way ---- */

/* The destination is another one than the URL's: what the proxy would make of that is wrong. */
static CURLcode is_diverted(struct transfer *t, bool *ret_diverted)
{
    scoped(buf) host = {0}, other = {0};
    int port = transfer_port(t), other_port = port;
    struct str bad;
    CURLcode result;

    *ret_diverted = false;
    if (!t->settings->connect_to)
        return CURLE_OK;
    result = transfer_host(t, &host);
    if (result)
        return result;
    result = connect_to_find(t->settings->connect_to, str_of_buf(&host), port, &other, &other_port,
                             &bad);
    if (result)
        return result == CURLE_SETOPT_OPTION_SYNTAX ? CURLE_OK : result; /* the target tells */
    *ret_diverted = other_port != port ||
                    (other.len && !str_equal_nocase(str_of_buf(&other), str_of_buf(&host)));
    return CURLE_OK;
}

/* What an HTTP proxy passes on for us, it has to understand. */
static bool is_forwardable(const struct transfer *t)
{
    return !strcmp(t->url.scheme, "http") || !strcmp(t->url.scheme, "ftp");
}

static CURLcode find_way(struct transfer *t)
{
    const struct settings *s = t->settings;
    struct proxy_way *way = &t->way;
    bool diverted = false;
    CURLcode result = way->http ? is_diverted(t, &diverted) : CURLE_OK;

    way->tunnel = way->http && (s->proxy_tunnel || diverted || !is_forwardable(t));
    way->socks_login =
        (struct socks_login){.password = (s->socks5_auth & (long)CURLAUTH_BASIC) != 0,
                             .gss = (s->socks5_auth & (long)CURLAUTH_GSSAPI) != 0,
                             .service = rstr_text(s->proxy_service_name),
                             .nec = s->socks5_gssapi_nec};
    way->haproxy = s->haproxy_protocol || s->haproxy_client_ip;
    way->haproxy_client_ip = rstr_text(s->haproxy_client_ip);
    return result;
}

static CURLcode find_proxies(struct transfer *t)
{
    const struct settings *s = t->settings;
    const char *text = rstr_text(s->proxy), *before = rstr_text(s->pre_proxy);
    bool direct = false;
    CURLcode result = is_direct(t, &direct);

    if (!s->proxy && !s->pre_proxy)
        text = environment_proxy(t);
    if (result || direct || !(is_given(text) || is_given(before)))
        return result ? result : find_way(t);
    t->proxies = mem_calloc(1, sizeof(*t->proxies));
    if (!t->proxies)
        return CURLE_OUT_OF_MEMORY;
    if (is_given(text))
        result = find_main(t, text);
    if (!result && is_given(before))
        result = find_before(t, before);
    return result ? result : find_way(t);
}

/* ---- Who the program is there ---- */

/* What was agreed on with a proxy stays while that and the credentials do. */
static CURLcode find_login(struct transfer *t, const struct buf *before)
{
    struct proxies *p = t->proxies;
    const struct proxy *http = t->way.http;

    if (!p) {
        http_auth_use(&t->auth[AUTH_PROXY], NULL);
        return CURLE_OK;
    }
    if (http) {
        buf_printf(&p->party, "%ld %d %d %zu:%zu:", http->type, http->port, http->has_user,
                   http->user.len, http->password.len);
        buf_append(&p->party, http->user.at, http->user.len);
        buf_append(&p->party, http->password.at, http->password.len);
        buf_append(&p->party, http->host.at, http->host.len);
        if (http->has_user && !login_set(&p->login, http->user, http->password))
            return CURLE_OUT_OF_MEMORY;
    }
    if (buf_failed(&p->party))
        return CURLE_OUT_OF_MEMORY;
    if (str_equal(str_of_buf(&p->party), str_of_buf(before)))
        t->auth[AUTH_PROXY].login = http && http->has_user ? &p->login : NULL;
    else
        http_auth_use(&t->auth[AUTH_PROXY], http && http->has_user ? &p->login : NULL);
    return CURLE_OK;
}

CURLcode proxies_find(struct transfer *t)
{
    struct proxies *last = t->proxies;
    CURLcode result;

    t->way = (struct proxy_way){0};
    t->proxies = NULL;
    result = find_proxies(t);
    if (!result)
        result = find_login(t, last ? &last->party : &(struct buf){0});
    proxies_free(last);
    if (result)
        return result;
    t->hop.proxy = t->way.http;
    t->hop.forwards = t->way.http && !t->way.tunnel;
    t->facts->used_proxy = t->way.http || t->way.socks;
    return CURLE_OK;
}
