/* SPDX-License-Identifier: MIT */
#include "net/ares_channels.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/ares_library.h"
#include "net/dns_servers.h"
#include "runtime/worker.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

enum {
    LOOK_PERIOD = CLOCK_SECOND,       /* us between two looks at the system's configuration */
    SPARE_PERIOD = 60 * CLOCK_SECOND, /* us that an unused channel is kept beside others */
};

const char *channels_resolver_file = "/etc/resolv.conf";

/* ---- The library ---- */

static atomic_bool library_is_ready;

/* c-ares counts who uses it, and does nothing else on this kind of system: nobody needs to wait
 * until it has. The memory functions stay those that the rest of the program sees. */
bool ares_library_ready(void)
{
    return atomic_exchange(&library_is_ready, true) ||
           ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
}

void ares_library_forget(void)
{
    if (atomic_exchange(&library_is_ready, false))
        ares_library_cleanup();
}

/* ---- A worker's channels ---- */

struct system_file {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
};

struct kept {
    struct channel channel;
    struct system_file made_from;
    int64_t looked; /* us: when that was compared last */
    int64_t used;   /* us */
    bool outdated;  /* made from what is not the configuration any more */
    bool own;       /* of one look-up */
    char key[];     /* the options */
};

struct channels {
    struct list list; /* of struct kept, through the channel's link */
};

static const char worker_key;

static struct kept *kept_at(struct list_link *link)
{
    return CONTAINER_OF(link, struct kept, channel.link);
}

static void kept_free(struct kept *k)
{
    list_remove(&k->channel.link);
    channel_close(&k->channel);
    mem_free(k);
}

static void channels_free(void *object)
{
    struct channels *all = object;

    while (!list_empty(&all->list))
        kept_free(kept_at(list_first(&all->list)));
    mem_free(all);
}

/* An inline worker that is not turned any more answers nobody: those who wait ask again elsewhere.
 */
static void hand_on(void *object)
{
    struct channels *all = object;

    list_for_each (link, &all->list) {
        if (!channel_is_idle(&kept_at(link)->channel))
            channel_cancel(&kept_at(link)->channel);
    }
}

static struct channels *channels_of(struct worker *w)
{
    struct channels *all = worker_local(w, &worker_key);

    if (all)
        return all;
    all = mem_calloc(1, sizeof(*all));
    if (!all)
        return NULL;
    list_init(&all->list);
    if (!worker_local_set(w, &worker_key, all, channels_free)) {
        mem_free(all);
        return NULL;
    }
    worker_on_idle(w, &worker_key, hand_on);
    return all;
}

/* ---- The options ---- */

/* An empty option is none. */
static const char *set(const char *option)
{
    return option && *option ? option : NULL;
}

static bool options_key(const struct dns_options *o, struct buf *key)
{
    const char *parts[] = {o->servers, o->interface, o->local_ip4, o->local_ip6};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_append_text(key, set(parts[i]) ? parts[i] : "");
        buf_append_char(key, '\n');
    }
    return !buf_failed(key);
}

static CURLcode refuse(struct buf *error, const char *what, const char *value)
{
    buf_printf(error, "%s is not usable: '%s'", what, value);
    return CURLE_BAD_FUNCTION_ARGUMENT;
}

static CURLcode apply_servers(ares_channel ares, const char *servers, struct buf *error)
{
    struct ares_addr_port_node nodes[DNS_SERVERS_MOST];

    if (!dns_servers_parse(servers, nodes))
        return refuse(error, "CURLOPT_DNS_SERVERS", servers);
    return ares_set_servers_ports(ares, nodes) == ARES_SUCCESS ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static CURLcode apply_options(ares_channel ares, const struct dns_options *o, struct buf *error)
{
    CURLcode result = set(o->servers) ? apply_servers(ares, o->servers, error) : CURLE_OK;
    struct in_addr local4;
    struct in6_addr local6;

    if (set(o->interface))
        ares_set_local_dev(ares, o->interface);
    if (!result && set(o->local_ip4)) {
        if (ares_inet_pton(AF_INET, o->local_ip4, &local4) != 1)
            return refuse(error, "CURLOPT_DNS_LOCAL_IP4", o->local_ip4);
        ares_set_local_ip4(ares, ntohl(local4.s_addr));
    }
    if (!result && set(o->local_ip6)) {
        if (ares_inet_pton(AF_INET6, o->local_ip6, &local6) != 1)
            return refuse(error, "CURLOPT_DNS_LOCAL_IP6", o->local_ip6);
        ares_set_local_ip6(ares, local6.s6_addr);
    }
    return result;
}

/* ---- Which one ---- */

/* What distinguishes a file from its next version; zeroes when there is none. */
static struct system_file look(const char *path)
{
    struct stat s;

    if (stat(path, &s) < 0)
        return (struct system_file){0};
    return (struct system_file){s.st_dev, s.st_ino, s.st_size, s.st_mtim};
}

static bool is_same(const struct system_file *a, const struct system_file *b)
{
    return a->device == b->device && a->number == b->number && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static void look_again(struct kept *k, int64_t now)
{
    struct system_file file;

    k->used = now;
    if (now - k->looked < LOOK_PERIOD)
        return;
    k->looked = now;
    file = look(channels_resolver_file);
    k->outdated = !is_same(&file, &k->made_from);
}

static CURLcode kept_new(struct channels *all, const char *key, const char *lookups,
                         struct kept **ret)
{
    size_t size = strlen(key) + 1;
    struct kept *k = mem_calloc(1, sizeof(*k) + size);
    CURLcode result = k && ares_library_ready() ? CURLE_OK : CURLE_OUT_OF_MEMORY;

    if (!result) {
        memcpy(k->key, key, size);
        k->used = k->looked = clock_now();
        k->made_from = look(channels_resolver_file);
        result = channel_open(&k->channel, lookups, channels_resolver_file);
    }
    if (result) {
        mem_free(k);
        return result;
    }
    list_append(&all->list, &k->channel.link);
    *ret = k;
    return CURLE_OK;
}

/* The one with this key, the others being tidied up. */
static struct kept *find(struct channels *all, const char *key)
{
    struct kept *found = NULL;
    int64_t now = clock_now();

    list_for_each (link, &all->list) {
        struct kept *k = kept_at(link);
        if (k->own)
            continue;
        if (!k->outdated && strcmp(k->key, key) == 0) {
            look_again(k, now);
            found = k->outdated ? NULL : k;
        }
        if (k != found && channel_is_idle(&k->channel) &&
            (k->outdated || now - k->used > SPARE_PERIOD))
            kept_free(k);
    }
    return found;
}

CURLcode channels_find(const struct dns_options *o, struct channel **ret, struct buf *ret_error)
{
    struct channels *all = channels_of(worker_current());
    scoped(buf) key = {0};
    struct kept *k;
    CURLcode result;

    if (!all || !options_key(o, &key))
        return CURLE_OUT_OF_MEMORY;
    k = find(all, key.bytes);
    if (!k) {
        result = kept_new(all, key.bytes, "b", &k);
        if (!result)
            result = apply_options(k->channel.ares, o, ret_error);
        if (result) {
            if (k)
                kept_free(k);
            return result;
        }
    }
    *ret = &k->channel;
    return CURLE_OK;
}

CURLcode channels_new_own(const struct dns_options *o, struct channel **ret, struct buf *ret_error)
{
    struct channels *all = channels_of(worker_current());
    struct kept *k;
    CURLcode result = all ? kept_new(all, "", "b", &k) : CURLE_OUT_OF_MEMORY;

    if (result)
        return result;
    k->own = true;
    result = apply_options(k->channel.ares, o, ret_error);
    if (result)
        kept_free(k);
    else
        *ret = &k->channel;
    return result;
}

void channels_free_own(struct channel *c)
{
    if (c)
        kept_free(CONTAINER_OF(c, struct kept, channel));
}

CURLcode channels_find_hosts(struct channel **ret)
{
    struct channels *all = channels_of(worker_current());
    struct kept *k;
    CURLcode result;

    if (!all)
        return CURLE_OUT_OF_MEMORY;
    k = find(all, "hosts");
    if (!k) {
        result = kept_new(all, "hosts", "f", &k);
        if (result)
            return result;
    }
    *ret = &k->channel;
    return CURLE_OK;
}
