/* SPDX-License-Identifier: MIT */
/* Active mode (CURLOPT_FTPPORT): we name an address, and the server connects to it. EPRT first
 * (RFC 2428); PORT where that does not work. */
#include "protocols/ftp.h"

#include "base/clock.h"
#include "net/bind.h"
#include "net/socket.h"
#include "runtime/wait.h"
#include "wire/ftp_port.h"

#include <errno.h>
#include <string.h>

/* ---- Which address ---- */

static CURLcode first_of_family(struct ftp *f, const struct addresses *list, int family,
                                struct address *ret)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->list[i].at.any.sa_family == family) {
            *ret = list->list[i];
            return CURLE_OK;
        }
    }
    return ftp_fail(f, CURLE_FTP_PORT_FAILED, "No address of this end for the server's");
}

static WAITS CURLcode look_up(struct ftp *f, struct str host, int family, struct address *ret)
{
    struct addresses *list = NULL;
    CURLcode result = hop_resolve(f->hop, host, &list);

    if (result == CURLE_COULDNT_RESOLVE_HOST)
        return CURLE_FTP_PORT_FAILED;
    if (!result)
        result = first_of_family(f, list, family, ret);
    addresses_unref(list);
    return result;
}

/* What the program wants to be named: an interface, an address, a host; or our end of the control
 * connection. */
static WAITS CURLcode wanted_address(struct ftp *f, struct str host, struct address *ret)
{
    struct address here = socket_local_address(f->c->fd);
    char text[ADDRESS_TEXT_SIZE];

    if (!here.len || (here.at.any.sa_family != AF_INET && here.at.any.sa_family != AF_INET6))
        return ftp_fail(f, CURLE_FTP_PORT_FAILED, "This end has no address to name");
    *ret = here;
    if (!host.len || str_equal(host, STR("-")))
        return CURLE_OK;
    if (local_end_of_device(host, here.at.any.sa_family, ret))
        return CURLE_OK;
    if (host.len < sizeof(text)) {
        memcpy(text, host.at, host.len);
        text[host.len] = '\0';
        if (address_parse(text, ret))
            return CURLE_OK;
    }
    return look_up(f, host, here.at.any.sa_family, ret);
}

/* Listens there; where that address is not this machine's (but the one that the world sees), at our
 * end of the control connection. */
static WAITS CURLcode listen_at(struct ftp *f, const struct address *wanted,
                                const struct ftp_port *ports)
{
    const struct net_hooks *hooks = f->hop->hooks;
    struct socket_closer *closer = f->hop->exchange->request->closer;
    int64_t deadline = f->hop->exchange->deadline;
    struct address here;
    int error = 0;
    CURLcode result = listener_open(wanted, ports->first, ports->last, hooks, closer, deadline,
                                    &f->listener, &error);

    if (result == CURLE_FTP_PORT_FAILED && error == EADDRNOTAVAIL) {
        listener_close(&f->listener);
        here = socket_local_address(f->c->fd);
        result = listener_open(&here, ports->first, ports->last, hooks, closer, deadline,
                               &f->listener, &error);
    }
    if (result != CURLE_FTP_PORT_FAILED)
        return result;
    f->hop->facts->os_errno = error;
    return ftp_fail(f, result, "bind(port=%d) failed: %s", ports->last, strerrordesc_np(error));
}

/* ---- Telling the server ---- */

static WAITS CURLcode send_eprt(struct ftp *f, const struct address *a, int port)
{
    char host[ADDRESS_TEXT_SIZE];
    scoped(buf) text = {0};
    char *zone;

    address_text(a, host);
    zone = strchr(host, '%'); /* means nothing elsewhere */
    if (zone)
        *zone = '\0';
    if (!buf_printf(&text, "|%d|%s|%d|", a->at.any.sa_family == AF_INET6 ? 2 : 1, host, port))
        return CURLE_OUT_OF_MEMORY;
    return ftp_command(f, "EPRT", text.bytes);
}

static WAITS CURLcode send_port(struct ftp *f, const struct address *a, int port)
{
    const unsigned char *ip = (const unsigned char *)&a->at.in4.sin_addr;
    scoped(buf) text = {0};

    if (!buf_printf(&text, "%d,%d,%d,%d,%d,%d", ip[0], ip[1], ip[2], ip[3], port / 256, port % 256))
        return CURLE_OUT_OF_MEMORY;
    return ftp_command(f, "PORT", text.bytes);
}

static WAITS CURLcode tell_server(struct ftp *f, const struct address *a, int port)
{
    bool is_ip6 = a->at.any.sa_family == AF_INET6;
    bool extended = is_ip6 || (f->hop->settings->ftp_use_eprt && !f->memory->no_eprt);
    CURLcode result = CURLE_OK;

    if (extended)
        result = send_eprt(f, a, port);
    if (extended && !result && ftp_class(f) != 2 && !is_ip6) {
        ftp_log(f, "disabling EPRT usage");
        f->memory->no_eprt = true;
        extended = false;
    }
    if (!result && !extended)
        result = send_port(f, a, port);
    if (!result && ftp_class(f) != 2)
        result = ftp_fail(f, CURLE_FTP_PORT_FAILED, "Failed to do PORT");
    return result;
}

CURLcode ftp_active(struct ftp *f)
{
    struct ftp_port ports = ftp_port_parse(rstr_text(f->hop->settings->ftp_port));
    struct address wanted;
    CURLcode result = wanted_address(f, ports.host, &wanted);

    if (result == CURLE_FTP_PORT_FAILED)
        return ftp_fail(f, result, "failed to resolve the address provided to PORT: %.*s",
                        (int)ports.host.len, ports.host.at);
    if (!result)
        result = listen_at(f, &wanted, &ports);
    if (!result)
        result = tell_server(f, &wanted, address_port(&f->listener.address));
    return result ? result : ftp_accept_early(f);
}

/* ---- The server's connection ---- */

static WAITS CURLcode try_accept(struct ftp *f, int64_t deadline)
{
    CURLcode result = listener_accept(&f->listener, f->c->name, f->hop->hooks, deadline, &f->data);

    if (result == CURLE_FTP_ACCEPT_FAILED)
        return ftp_fail(f, result, "Error accept()ing server connect");
    if (f->data)
        listener_close(&f->listener);
    return result;
}

CURLcode ftp_accept_early(struct ftp *f)
{
    if (f->data || f->listener.fd == CURL_SOCKET_BAD)
        return CURLE_OK;
    return try_accept(f, CLOCK_NEVER);
}

static void wake_fiber(struct watch *w, void *fiber)
{
    (void)w;
    fiber_wake(fiber);
}

static void listen_to(struct watch *w, struct fiber *fiber)
{
    w->on_event = fiber ? wake_fiber : NULL;
    w->argument = fiber;
}

/* What the server says meanwhile: that it cannot connect; or nothing. An end that it tells already
 * is kept for later. */
static CURLcode look_at_control(struct ftp *f)
{
    CURLcode result = f->reply.code >= 200 ? CURLE_OK : ftp_try_reply(f);

    if (!result && f->reply.code >= 400)
        result = ftp_fail(f, CURLE_FTP_ACCEPT_FAILED,
                          "The server could not make the data connection: %03d", f->reply.code);
    return result;
}

static WAITS CURLcode wait_for_server(struct ftp *f, int64_t deadline)
{
    for (;;) {
        CURLcode result = try_accept(f, deadline);

        if (!result && !f->data)
            result = look_at_control(f);
        if (result || f->data)
            return result;
        result = exchange_result(f->hop->exchange, wait_wake(deadline));
        if (result == CURLE_OPERATION_TIMEDOUT && clock_now() >= deadline)
            return ftp_fail(f, CURLE_FTP_ACCEPT_TIMEOUT,
                            "Accept timeout occurred while waiting server connect");
        if (result)
            return result;
    }
}

CURLcode ftp_accept(struct ftp *f)
{
    int64_t deadline = clock_after(clock_now(), f->hop->settings->accept_timeout_ms * CLOCK_MS);
    CURLcode result;

    if (f->data)
        return CURLE_OK;
    ftp_log(f, "Preparing for accepting server on data port");
    listen_to(&f->listener.watch->watch, fiber_current());
    listen_to(f->c->stream->watch, fiber_current());
    f->takes_421 = true;
    result = wait_for_server(f, deadline);
    f->takes_421 = false;
    listen_to(f->c->stream->watch, NULL);
    if (f->listener.watch)
        listen_to(&f->listener.watch->watch, NULL);
    return result;
}
