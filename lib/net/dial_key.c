/* SPDX-License-Identifier: MIT */
/* Every part of the key is written with its length in front, so that no part can look like the end
 * of another. */
#include "net/dial_key.h"

static void add_part(struct buf *key, struct str part)
{
    buf_append_number(key, (long long)part.len);
    buf_append_char(key, ':');
    buf_append(key, part.at, part.len);
}

/* Names are equal without regard to case. */
static void add_name(struct buf *key, struct str name)
{
    buf_append_number(key, (long long)name.len);
    buf_append_char(key, ':');
    for (size_t i = 0; i < name.len; i++)
        buf_append_char(key, ascii_lower(name.at[i]));
}

static void add_number(struct buf *key, long long number)
{
    buf_append_number(key, number);
    buf_append_char(key, ',');
}

static void add_local_end(struct buf *key, const struct socket_settings *s)
{
    add_part(key, str_of(s->interface));
    add_number(key, s->local_port);
    add_number(key, s->local_port ? s->local_port_range : 0);
    add_number(key, s->address_scope);
}

static bool add_proxy(struct buf *key, const struct proxy *p)
{
    if (!p) {
        buf_append_char(key, '-');
        return true;
    }
    add_number(key, p->type);
    add_name(key, p->host);
    add_number(key, p->port);
    add_part(key, str_of(p->unix_path));
    add_number(key, p->has_user);
    add_part(key, p->user);
    add_part(key, p->password);
    return !p->tls || tls_settings_key(p->tls, key);
}

/* A proxy that passes requests on serves all origins. */
static bool is_passed_on(const struct dial_target *t)
{
    return t->proxies.http && !t->proxies.tunnel;
}

static void add_origin(struct buf *key, const struct dial_target *t)
{
    add_name(key, str_of(t->scheme));
    add_name(key, t->host);
    add_number(key, t->port);
}

bool dial_key(const struct dial_target *t, struct buf *key)
{
    const struct proxy_way *w = &t->proxies;

    buf_append_char(key, is_passed_on(t) ? 'p' : 'o');
    if (!add_proxy(key, w->socks) || !add_proxy(key, w->http))
        return false;
    if (w->socks) { /* to whom it has proved what, and how well */
        add_part(key, str_of(w->socks_login.service));
        add_number(key, w->socks_login.nec);
    }
    add_part(key, str_of(w->http && w->http->tls ? w->http_alpn : NULL));
    add_number(key, w->haproxy);
    add_part(key, str_of(w->haproxy ? w->haproxy_client_ip : NULL));
    if (!is_passed_on(t) || t->identity.len)
        add_origin(key, t);
    if (is_passed_on(t)) {
        add_number(key, t->dns.ip_resolve);
        add_local_end(key, &t->socket);
    } else if (t->unix_path) {
        buf_append_char(key, t->unix_abstract ? 'a' : 'u');
        add_part(key, str_of(t->unix_path));
    } else {
        buf_append_char(key, 't');
        add_name(key, t->connect_host);
        add_number(key, t->connect_port);
        add_number(key, t->dns.ip_resolve);
        add_local_end(key, &t->socket);
    }
    add_part(key, t->identity);
    add_number(key, (long long)t->shaped_by[0]);
    add_number(key, (long long)t->shaped_by[1]);
    add_part(key, str_of(t->alpn));
    if (!t->tls)
        return !buf_failed(key);
    return tls_settings_key(t->tls, key) && !buf_failed(key);
}

bool dial_host_key(const struct dial_target *t, struct buf *key)
{
    if (is_passed_on(t)) {
        buf_append_char(key, 'p');
        add_name(key, t->proxies.http->host);
        add_number(key, t->proxies.http->port);
        return !buf_failed(key);
    }
    add_name(key, str_of(t->scheme));
    if (t->unix_path) {
        add_part(key, str_of(t->unix_path));
        add_number(key, t->unix_abstract);
    } else {
        add_name(key, t->host);
        add_number(key, t->port);
    }
    return !buf_failed(key);
}
