/* SPDX-License-Identifier: MIT */
#include "net/address.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct addresses *addresses_new(size_t count)
{
    struct addresses *a;

    if (count > (SIZE_MAX - sizeof(*a)) / sizeof(a->list[0]))
        return NULL;
    a = mem_calloc(1, sizeof(*a) + count * sizeof(a->list[0]));
    if (!a)
        return NULL;
    a->references = 1;
    a->count = count;
    return a;
}

struct addresses *addresses_ref(struct addresses *a)
{
    atomic_fetch_add_explicit(&a->references, 1, memory_order_relaxed);
    return a;
}

void addresses_unref(struct addresses *a)
{
    if (a && atomic_fetch_sub_explicit(&a->references, 1, memory_order_acq_rel) == 1)
        mem_free(a);
}

static void add_scope(const struct address *a, char text[ADDRESS_TEXT_SIZE])
{
    size_t len = strlen(text);

    if (a->at.in6.sin6_scope_id)
        snprintf(text + len, ADDRESS_TEXT_SIZE - len, "%%%u", a->at.in6.sin6_scope_id);
}

void address_text(const struct address *a, char text[ADDRESS_TEXT_SIZE])
{
    text[0] = '\0';
    if (a->at.any.sa_family == AF_INET)
        inet_ntop(AF_INET, &a->at.in4.sin_addr, text, ADDRESS_TEXT_SIZE);
    if (a->at.any.sa_family == AF_INET6 &&
        inet_ntop(AF_INET6, &a->at.in6.sin6_addr, text, ADDRESS_TEXT_SIZE))
        add_scope(a, text);
}

int address_port(const struct address *a)
{
    if (a->at.any.sa_family == AF_INET)
        return ntohs(a->at.in4.sin_port);
    return a->at.any.sa_family == AF_INET6 ? ntohs(a->at.in6.sin6_port) : 0;
}

void address_set_port(struct address *a, int port)
{
    if (a->at.any.sa_family == AF_INET)
        a->at.in4.sin_port = htons((uint16_t)port);
    if (a->at.any.sa_family == AF_INET6)
        a->at.in6.sin6_port = htons((uint16_t)port);
}

/* A zone is a number or the name of an interface. */
static bool parse_zone(const char *zone, uint32_t *ret_scope)
{
    char *end;
    unsigned long number = strtoul(zone, &end, 10);

    if (*zone && !*end && number <= UINT32_MAX)
        *ret_scope = (uint32_t)number;
    else
        *ret_scope = if_nametoindex(zone);
    return *ret_scope != 0;
}

bool address_parse(const char *text, struct address *ret)
{
    char plain[INET6_ADDRSTRLEN];
    const char *zone = strchr(text, '%');
    size_t len = zone ? (size_t)(zone - text) : strlen(text);

    *ret = (struct address){0};
    if (len >= sizeof(plain))
        return false;
    memcpy(plain, text, len);
    plain[len] = '\0';
    if (!zone && inet_pton(AF_INET, plain, &ret->at.in4.sin_addr) == 1) {
        ret->at.in4.sin_family = AF_INET;
        ret->len = sizeof(ret->at.in4);
        return true;
    }
    if (inet_pton(AF_INET6, plain, &ret->at.in6.sin6_addr) != 1)
        return false;
    ret->at.in6.sin6_family = AF_INET6;
    ret->len = sizeof(ret->at.in6);
    return !zone || parse_zone(zone + 1, &ret->at.in6.sin6_scope_id);
}
