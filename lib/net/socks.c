/* SPDX-License-Identifier: MIT */
/* The conversations with SOCKS proxies. A reply is read to its last byte and not further: what
 * comes behind it is the destination's. */
#include "net/socks_state.h"

#include "base/mem.h"
#include "wire/socks.h"

#include <string.h>

bool socks_resolves_here(long type)
{
    return type == CURLPROXY_SOCKS4 || type == CURLPROXY_SOCKS5;
}

/* ---- Bytes ---- */

CURLcode socks_send(struct socks *s, const struct buf *bytes, CURLproxycode why)
{
    CURLcode result = stream_send_all(*s->stream, bytes->bytes, bytes->len, s->deadline);

    return result == CURLE_SEND_ERROR ? FAIL(s, why, "Failed to send to the SOCKS proxy") : result;
}

CURLcode socks_receive(struct socks *s, void *bytes, size_t len, CURLproxycode why)
{
    char *to = bytes;

    while (len) {
        size_t got = 0;
        CURLcode result = stream_recv(*s->stream, to, len, s->deadline, &got);

        if (result == CURLE_RECV_ERROR)
            return FAIL(s, why, "Failed to receive from the SOCKS proxy");
        if (result)
            return result;
        if (!got)
            return FAIL(s, CURLPX_CLOSED, "connection to proxy closed");
        to += got;
        len -= got;
    }
    return CURLE_OK;
}

/* ---- The destination ---- */

static void take_address(struct socks *s, const struct address *a)
{
    address_text(a, s->text);
    if (a->at.any.sa_family == AF_INET) {
        s->target.kind = SOCKS_IP4;
        s->target.address = (struct str){(const char *)&a->at.in4.sin_addr, 4};
    } else {
        s->target.kind = SOCKS_IP6;
        s->target.address = (struct str){(const char *)&a->at.in6.sin6_addr, 16};
    }
}

/* Version 4 knows IPv4 only. */
static const struct address *choose_address(const struct socks *s)
{
    const struct addresses *all = s->way->addresses;

    for (size_t i = 0; i < all->count; i++) {
        if (s->proxy->type == CURLPROXY_SOCKS5 || all->list[i].at.any.sa_family == AF_INET)
            return &all->list[i];
    }
    return NULL;
}

/* A host that is a numeric address goes as one to a proxy that resolves names. */
static bool read_numeric(const struct socks *s, struct address *ret)
{
    char text[ADDRESS_TEXT_SIZE];

    if (s->way->host.len >= sizeof(text))
        return false;
    memcpy(text, s->way->host.at, s->way->host.len);
    text[s->way->host.len] = '\0';
    return address_parse(text, ret);
}

static CURLcode find_target(struct socks *s, struct address *numeric)
{
    const struct address *chosen = NULL;

    s->target.port = s->way->port;
    if (s->way->addresses) {
        chosen = choose_address(s);
        if (!chosen)
            return FAIL(s, CURLPX_BAD_ADDRESS_TYPE, "SOCKS4 connection to %.*s not supported",
                        (int)s->way->host.len, s->way->host.at);
    } else if (read_numeric(s, numeric)) {
        chosen = numeric;
    }
    if (chosen) {
        take_address(s, chosen);
        return CURLE_OK;
    }
    s->target.kind = SOCKS_NAME;
    s->target.address = s->way->host;
    return CURLE_OK;
}

/* Why a request cannot be written. */
static CURLcode refuse_request(struct socks *s, CURLproxycode why, const struct buf *request)
{
    if (buf_failed(request))
        return CURLE_OUT_OF_MEMORY;
    switch (why) {
    case CURLPX_LONG_HOSTNAME:
        return FAIL(s, why,
                    "SOCKS%d: the destination hostname is too long to be resolved remotely by the "
                    "proxy.",
                    s->proxy->type == CURLPROXY_SOCKS4A ? 4 : 5);
    case CURLPX_LONG_USER:
        return FAIL(s, why, "Excessive username length for proxy auth");
    case CURLPX_LONG_PASSWD:
        return FAIL(s, why, "Excessive password length for proxy auth");
    case CURLPX_BAD_ADDRESS_TYPE:
        return FAIL(s, why, "SOCKS4 connection to %s not supported", s->text);
    default:
        return FAIL(s, why, "A name that SOCKS cannot carry");
    }
}

static struct str user_of(const struct proxy *p)
{
    return p->has_user ? p->user : STR("");
}

/* ---- Version 4 ---- */

static CURLcode refused_4(struct socks *s, CURLproxycode why, unsigned code)
{
    const char *text = "Unknown";

    if (why == CURLPX_BAD_VERSION)
        return FAIL(s, why, "SOCKS4 reply has wrong version, version should be 0.");
    if (why == CURLPX_REQUEST_FAILED)
        text = "request rejected or failed";
    else if (why == CURLPX_IDENTD)
        text = "request rejected because SOCKS server cannot connect to identd on the client";
    else if (why == CURLPX_IDENTD_DIFFER)
        text = "request rejected because the client program and identd report different user-ids";
    return FAIL(s, why, "[SOCKS] cannot complete SOCKS4 connection to %.*s:%d. (%u), %s.",
                (int)s->way->host.len, s->way->host.at, s->way->port, code, text);
}

static WAITS CURLcode connect_4(struct socks *s)
{
    unsigned char reply[SOCKS4_REPLY];
    scoped(buf) request = {0};
    CURLproxycode why;
    CURLcode result;

    LOG(s->hooks, "SOCKS4 communication to %.*s:%d", (int)s->way->host.len, s->way->host.at,
        s->way->port);
    why = socks4_request(&s->target, user_of(s->proxy), &request);
    if (why)
        return refuse_request(s, why, &request);
    if (s->way->addresses)
        LOG(s->hooks, "SOCKS4 connect to IPv4 %s (locally resolved)", s->text);
    result = socks_send(s, &request, CURLPX_SEND_CONNECT);
    if (!result)
        result = socks_receive(s, reply, sizeof(reply), CURLPX_RECV_CONNECT);
    if (result)
        return result;
    why = socks4_read_reply(reply);
    if (why)
        return refused_4(s, why, reply[1]);
    LOG(s->hooks, "SOCKS4%s request granted.", s->proxy->type == CURLPROXY_SOCKS4A ? "a" : "");
    return CURLE_OK;
}

/* ---- Version 5 ---- */

static WAITS CURLcode log_in_5(struct socks *s)
{
    unsigned char reply[SOCKS5_LOGIN_REPLY];
    scoped(buf) request = {0};
    CURLproxycode why = socks5_login(s->proxy->user, s->proxy->password, &request);
    CURLcode result;

    if (why)
        return refuse_request(s, why, &request);
    result = socks_send(s, &request, CURLPX_SEND_AUTH);
    if (!result)
        result = socks_receive(s, reply, sizeof(reply), CURLPX_RECV_AUTH);
    if (result)
        return result;
    why = socks5_read_login(reply);
    if (why)
        return FAIL(s, why, "User was rejected by the SOCKS5 server (%d %d).", reply[0], reply[1]);
    return CURLE_OK;
}

static CURLcode refused_greeting(struct socks *s, CURLproxycode why, unsigned method)
{
    if (why == CURLPX_BAD_VERSION)
        return FAIL(s, why, "Received invalid version in initial SOCKS5 response.");
    if (why == CURLPX_NO_AUTH && method == SOCKS5_PASSWORD)
        return FAIL(s, why, "BASIC authentication proposed but not enabled.");
    if (why == CURLPX_NO_AUTH)
        return FAIL(s, why, "No authentication method was acceptable.");
    if (why == CURLPX_GSSAPI_PERMSG)
        return FAIL(s, why, "SOCKS5 GSSAPI per-message authentication is not enabled.");
    return FAIL(s, why, "Unknown SOCKS5 mode attempted to be used by server.");
}

static unsigned methods_of(const struct socks *s)
{
    unsigned methods = SOCKS5_NONE;

    if (s->way->login->gss && socks_has_gss())
        methods |= SOCKS5_GSS;
    if (s->way->login->password && s->proxy->has_user)
        methods |= SOCKS5_PASSWORD;
    return methods;
}

static WAITS CURLcode greet_5(struct socks *s)
{
    unsigned char reply[SOCKS5_GREETING_REPLY];
    unsigned offered = methods_of(s), method = 0;
    scoped(buf) request = {0};
    CURLproxycode why;
    CURLcode result;

    if (socks5_greeting(offered, &request))
        return CURLE_OUT_OF_MEMORY;
    result = socks_send(s, &request, CURLPX_SEND_CONNECT);
    if (!result)
        result = socks_receive(s, reply, sizeof(reply), CURLPX_RECV_CONNECT);
    if (result)
        return result;
    why = socks5_read_greeting(reply, offered, &method);
    if (why)
        return refused_greeting(s, why, method);
    if (method == SOCKS5_GSS)
        return socks_log_in_gss(s);
    return method == SOCKS5_PASSWORD ? log_in_5(s) : CURLE_OK;
}

static CURLcode refused_5(struct socks *s, CURLproxycode why, unsigned code)
{
    if (why == CURLPX_BAD_VERSION)
        return FAIL(s, why, "SOCKS5 reply has wrong version, version should be 5.");
    if (why == CURLPX_BAD_ADDRESS_TYPE)
        return FAIL(s, why, "SOCKS5 reply has wrong address type.");
    return FAIL(s, why, "cannot complete SOCKS5 connection to %.*s. (%u)", (int)s->way->host.len,
                s->way->host.at, code);
}

/* The address behind it is of no use. */
static WAITS CURLcode read_reply_5(struct socks *s)
{
    unsigned char reply[SOCKS5_REPLY_MAX];
    CURLproxycode why;
    size_t len;
    CURLcode result = socks_receive(s, reply, SOCKS5_REPLY_START, CURLPX_RECV_REQACK);

    if (result)
        return result;
    why = socks5_read_reply(reply, &len);
    if (why)
        return refused_5(s, why, reply[1]);
    return socks_receive(s, reply, len - SOCKS5_REPLY_START, CURLPX_RECV_ADDRESS);
}

static void log_request_5(const struct socks *s)
{
    if (s->target.kind == SOCKS_NAME)
        LOG(s->hooks, "SOCKS5 connect to %.*s:%d (remotely resolved)", (int)s->way->host.len,
            s->way->host.at, s->way->port);
    else
        LOG(s->hooks, "SOCKS5 connect to %s%s%s:%d (locally resolved)",
            s->target.kind == SOCKS_IP4 ? "" : "[", s->text, s->target.kind == SOCKS_IP4 ? "" : "]",
            s->way->port);
}

static WAITS CURLcode connect_5(struct socks *s)
{
    scoped(buf) request = {0};
    CURLproxycode why = socks5_request(&s->target, &request);
    CURLcode result;

    if (why)
        return refuse_request(s, why, &request);
    result = greet_5(s);
    if (result)
        return result;
    log_request_5(s);
    result = socks_send(s, &request, CURLPX_SEND_REQUEST);
    if (!result)
        result = read_reply_5(s);
    if (!result)
        LOG(s->hooks, "SOCKS5 request granted.");
    return result;
}

CURLcode socks_connect(struct stream **stream, const struct proxy *proxy,
                       const struct socks_way *way, const struct net_hooks *hooks, int64_t deadline,
                       CURLproxycode *ret_reason)
{
    struct socks s = {.stream = stream,
                      .proxy = proxy,
                      .way = way,
                      .hooks = hooks,
                      .deadline = deadline,
                      .reason = ret_reason};
    struct address numeric;
    CURLcode result = find_target(&s, &numeric);

    if (result)
        return result;
    if (proxy->type == CURLPROXY_SOCKS4 || proxy->type == CURLPROXY_SOCKS4A)
        return connect_4(&s);
    return connect_5(&s);
}
