/* SPDX-License-Identifier: MIT */
#include "net/bind.h"

#include "net/socket.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

/* ---- What the option says ---- */

struct local_end local_end_parse(const char *interface)
{
    struct str s = str_of(interface);
    struct local_end end = {0};

    if (str_starts_nocase(s, STR("if!"))) {
        end.device = (struct str){s.at + 3, s.len - 3};
    } else if (str_starts_nocase(s, STR("host!"))) {
        end.host = (struct str){s.at + 5, s.len - 5};
    } else if (str_starts_nocase(s, STR("ifhost!"))) {
        const char *both = s.at + 7, *mark = strchr(both, '!');
        end.device = mark ? (struct str){both, (size_t)(mark - both)} : str_of(both);
        end.host = str_of(mark ? mark + 1 : "");
    } else {
        end.unknown = s;
    }
    return end;
}

/* The name as the system wants it; false when it is too long to be one. */
static bool device_name(struct str s, char name[IF_NAMESIZE])
{
    if (!s.len || s.len >= IF_NAMESIZE)
        return false;
    memcpy(name, s.at, s.len);
    name[s.len] = '\0';
    return true;
}

static bool is_device(struct str s)
{
    char name[IF_NAMESIZE];

    return device_name(s, name) && if_nametoindex(name) != 0;
}

static bool parse_numeric(struct str s, struct address *ret)
{
    char text[ADDRESS_TEXT_SIZE];

    if (!s.len || s.len >= sizeof(text))
        return false;
    memcpy(text, s.at, s.len);
    text[s.len] = '\0';
    return address_parse(text, ret);
}

struct str local_end_name(const char *interface)
{
    struct local_end end = local_end_parse(interface);
    struct str host = end.unknown.len && !is_device(end.unknown) ? end.unknown : end.host;
    struct address numeric;

    return host.len && !parse_numeric(host, &numeric) ? host : STR("");
}

/* ---- Binding ---- */

static struct address any_of(int family)
{
    struct address a = {.at.any.sa_family = (sa_family_t)family};

    a.len = family == AF_INET6 ? sizeof(a.at.in6) : sizeof(a.at.in4);
    return a;
}

/* An address of this end for the family: false when it has none. */
static bool address_of_host(struct str host, int family, const struct addresses *resolved,
                            struct address *ret)
{
    if (parse_numeric(host, ret))
        return ret->at.any.sa_family == family;
    for (size_t i = 0; resolved && i < resolved->count; i++) {
        if (resolved->list[i].at.any.sa_family == family) {
            *ret = resolved->list[i];
            return true;
        }
    }
    return false;
}

static bool address_of_device(const char *name, int family, struct address *ret)
{
    struct ifaddrs *all, *a;
    bool found = false;

    if (getifaddrs(&all))
        return false;
    for (a = all; a && !found; a = a->ifa_next) {
        if (!a->ifa_addr || a->ifa_addr->sa_family != family || strcmp(a->ifa_name, name) != 0)
            continue;
        *ret = any_of(family);
        memcpy(&ret->at, a->ifa_addr, ret->len);
        found = true;
    }
    freeifaddrs(all);
    return found;
}

bool local_end_of_device(struct str name, int family, struct address *ret)
{
    char text[IF_NAMESIZE];

    return device_name(name, text) && address_of_device(text, family, ret);
}

/* Ties the socket to the interface; where that is not permitted, to its address, which goes to
 * `ret`. */
static CURLcode use_device(curl_socket_t fd, struct str device, int family, struct address *ret,
                           struct buf *ret_text, int *ret_errno)
{
    char name[IF_NAMESIZE];
    int error;

    if (!is_device(device) || !device_name(device, name)) {
        *ret_errno = ENODEV;
        buf_printf(ret_text, "Could not bind to interface '%.*s'", (int)device.len, device.at);
        return CURLE_INTERFACE_FAILED;
    }
    error = socket_bind_device(fd, name);
    if (!error || address_of_device(name, family, ret))
        return CURLE_OK;
    *ret_errno = -error;
    return CURLE_COULDNT_CONNECT;
}

static CURLcode use_host(struct str host, int family, const struct addresses *resolved,
                         struct address *ret, struct buf *ret_text, int *ret_errno)
{
    struct address numeric;

    if (address_of_host(host, family, resolved, ret))
        return CURLE_OK;
    if (parse_numeric(host, &numeric) || resolved) {
        *ret_errno = EAFNOSUPPORT;
        return CURLE_COULDNT_CONNECT;
    }
    *ret_errno = EADDRNOTAVAIL;
    buf_printf(ret_text, "Could not bind to '%.*s'", (int)host.len, host.at);
    return CURLE_INTERFACE_FAILED;
}

/* Tries one port after the other, up to the end of the range. */
static CURLcode bind_ports(curl_socket_t fd, struct address *local,
                           const struct socket_settings *settings, struct buf *ret_text,
                           int *ret_errno)
{
    int port = settings->local_port, tries = port ? settings->local_port_range : 1, error;

    if (!port)
        (void)socket_set_number(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    do {
        address_set_port(local, port);
        error = socket_bind(fd, local);
    } while (error && --tries > 0 && ++port <= 65535);
    if (!error)
        return CURLE_OK;
    *ret_errno = -error;
    buf_printf(ret_text, "bind failed with errno %d: %s", -error, strerrordesc_np(-error));
    return CURLE_INTERFACE_FAILED;
}

CURLcode local_end_bind(curl_socket_t fd, int family, const struct socket_settings *settings,
                        struct buf *ret_text, int *ret_errno)
{
    struct address local = any_of(family), any = local;
    struct local_end end = local_end_parse(settings->interface);
    CURLcode result = CURLE_OK;

    if (family != AF_INET && family != AF_INET6)
        return CURLE_OK;
    if (end.unknown.len && is_device(end.unknown))
        end.device = end.unknown;
    else if (end.unknown.len)
        end.host = end.unknown;
    if (end.device.len)
        result = use_device(fd, end.device, family, &local, ret_text, ret_errno);
    if (!result && end.host.len)
        result =
            use_host(end.host, family, settings->interface_addresses, &local, ret_text, ret_errno);
    if (result)
        return result;
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): both were zeroed, padding and all */
    if (!settings->local_port && memcmp(&local.at, &any.at, sizeof(any.at)) == 0)
        return CURLE_OK;
    return bind_ports(fd, &local, settings, ret_text, ret_errno);
}
