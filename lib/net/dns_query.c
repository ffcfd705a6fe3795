/* SPDX-License-Identifier: MIT */
/* One name's way through the hosts file and DNS. Both families are asked for at once, as two
 * questions, and an answer for one does not wait long for the other (RFC 8305 3): some servers
 * never answer for a family that they do not have. */
#include "net/dns_query.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/ares_channels.h"
#include "net/dns_cache.h"
#include "runtime/worker.h"

#include <ares.h>
#include <string.h>

enum { RESOLUTION_DELAY = 50 * CLOCK_MS }; /* us that an answer waits for the other family's */

enum place { PLACE_6, PLACE_4, PLACES }; /* the order of the addresses */

struct query {
    struct dns_cache *cache; /* counted */
    struct worker *worker;
    int unanswered;     /* questions, and the one who starts it */
    bool told;          /* the store has the answer */
    int status[PLACES]; /* ARES_*; ARES_SUCCESS where nothing is known */
    struct addresses *found[PLACES];
    struct timer delay;
    size_t key_len;
    char key[];
};

static struct query *query_new(struct dns_cache *cache, struct str key)
{
    struct query *q = mem_calloc(1, sizeof(*q) + key.len);

    if (!q)
        return NULL;
    q->cache = dns_cache_ref(cache);
    q->worker = worker_current();
    q->unanswered = 1;
    q->key_len = key.len;
    memcpy(q->key, key.at, key.len);
    return q;
}

static void query_free(struct query *q)
{
    timer_disarm(worker_timers(q->worker), &q->delay);
    addresses_unref(q->found[PLACE_6]);
    addresses_unref(q->found[PLACE_4]);
    dns_cache_unref(q->cache);
    mem_free(q);
}

/* ---- The answer ---- */

/* NULL without memory. */
static struct addresses *join(const struct addresses *first, const struct addresses *second)
{
    size_t count = (first ? first->count : 0) + (second ? second->count : 0), at = 0;
    struct addresses *all = addresses_new(count);

    for (size_t i = 0; all && first && i < first->count; i++)
        all->list[at++] = first->list[i];
    for (size_t i = 0; all && second && i < second->count; i++)
        all->list[at++] = second->list[i];
    return all;
}

/* What a status of c-ares means, the more telling ones last. The texts of c-ares are for those who
 * know DNS; SERVFAIL and REFUSED of all servers come as ECONNREFUSED. */
static const struct outcome {
    int status;
    CURLcode result;
    bool is_lasting;
    const char *reason; /* NULL: c-ares' own */
} outcomes[] = {
    {ARES_SUCCESS,      CURLE_COULDNT_RESOLVE_HOST, false, "no answer"                             },
    {ARES_ENOTFOUND,    CURLE_COULDNT_RESOLVE_HOST, true,  "no such name"                          },
    {ARES_ENODATA,      CURLE_COULDNT_RESOLVE_HOST, true,  "the name has no address"               },
    {-1,                CURLE_COULDNT_RESOLVE_HOST, false, NULL                                    },
    {ARES_EBADNAME,     CURLE_COULDNT_RESOLVE_HOST, false, "not a valid name"                      },
    {ARES_ECONNREFUSED, CURLE_COULDNT_RESOLVE_HOST, false, "all DNS servers failed or refused"     },
    {ARES_ETIMEOUT,     CURLE_COULDNT_RESOLVE_HOST, false, "the DNS servers did not answer in time"},
    {ARES_ENOMEM,       CURLE_OUT_OF_MEMORY,        false, "out of memory"                         },
    {ARES_ECANCELLED,   CURLE_AGAIN,                false, ""                                      },
    {ARES_EDESTRUCTION, CURLE_AGAIN,                false, ""                                      },
};
enum { OUTCOMES = sizeof(outcomes) / sizeof(outcomes[0]), OUTCOME_OTHER = 3 };

static size_t outcome_of(int status)
{
    for (size_t i = 0; i < OUTCOMES; i++) {
        if (outcomes[i].status == status)
            return i;
    }
    return OUTCOME_OTHER;
}

/* Why there are no addresses: the more telling of both families' outcomes. */
static struct dns_answer failure(const struct query *q, bool *ret_lasting)
{
    size_t of_6 = outcome_of(q->status[PLACE_6]), of_4 = outcome_of(q->status[PLACE_4]);
    enum place place = of_6 > of_4 ? PLACE_6 : PLACE_4;
    const struct outcome *o = &outcomes[of_6 > of_4 ? of_6 : of_4];

    *ret_lasting = o->is_lasting;
    return (struct dns_answer){.result = o->result,
                               .reason = o->reason ? o->reason : ares_strerror(q->status[place])};
}

static bool has_addresses(const struct query *q)
{
    return q->found[PLACE_6] || q->found[PLACE_4];
}

static void tell(struct query *q)
{
    struct dns_answer answer = {.result = CURLE_OK};
    bool is_lasting = true;

    if (q->told)
        return;
    q->told = true;
    if (has_addresses(q)) {
        answer.addresses = join(q->found[PLACE_6], q->found[PLACE_4]);
        if (!answer.addresses) {
            answer.result = CURLE_OUT_OF_MEMORY;
            is_lasting = false;
        }
    } else {
        answer = failure(q, &is_lasting);
    }
    dns_cache_answer(q->cache, (struct str){q->key, q->key_len}, &answer, is_lasting);
    addresses_unref(answer.addresses);
}

static void delay_is_over(struct timer *t)
{
    tell(CONTAINER_OF(t, struct query, delay));
}

/* A question is answered, or all are asked. That a name does not exist holds for both families, but
 * some servers say so of IPv6 when they only have none. */
static void conclude(struct query *q)
{
    q->unanswered--;
    if (!q->unanswered) {
        tell(q);
        query_free(q);
    } else if ((has_addresses(q) || q->status[PLACE_4] == ARES_ENOTFOUND) && !q->told &&
               !timer_arm(worker_timers(q->worker), &q->delay, clock_now() + RESOLUTION_DELAY)) {
        tell(q);
    }
}

/* ---- The questions ---- */

static bool is_one(const struct ares_addrinfo_node *n, int family)
{
    return n->ai_family == family && n->ai_addrlen <= sizeof(((struct address *)NULL)->at);
}

/* Takes one family's addresses out of an answer, if there are any. */
static void take_family(struct query *q, enum place place, const struct ares_addrinfo *info)
{
    int family = place == PLACE_6 ? AF_INET6 : AF_INET;
    struct addresses *list;
    size_t count = 0;

    for (const struct ares_addrinfo_node *n = info->nodes; n; n = n->ai_next)
        count += is_one(n, family);
    if (!count)
        return;
    list = addresses_new(count);
    if (!list) {
        q->status[place] = ARES_ENOMEM;
        return;
    }
    list->count = 0;
    for (const struct ares_addrinfo_node *n = info->nodes; n; n = n->ai_next) {
        struct address *a = &list->list[list->count];
        if (!is_one(n, family))
            continue;
        a->len = n->ai_addrlen;
        memcpy(&a->at, n->ai_addr, n->ai_addrlen);
        list->count++;
    }
    q->found[place] = list;
}

static void take_answer(struct query *q, enum place place, int status, struct ares_addrinfo *info)
{
    q->status[place] = status;
    if (status == ARES_SUCCESS && info) {
        q->status[place] = ARES_ENODATA;
        take_family(q, place, info);
    }
    ares_freeaddrinfo(info);
    conclude(q);
}

static void take_answer_6(void *argument, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    take_answer(argument, PLACE_6, status, info);
}

static void take_answer_4(void *argument, int status, int timeouts, struct ares_addrinfo *info)
{
    (void)timeouts;
    take_answer(argument, PLACE_4, status, info);
}

static void take_hosts(void *argument, int status, int timeouts, struct ares_addrinfo *info)
{
    struct query *q = argument;

    (void)timeouts;
    if (status == ARES_SUCCESS && info) {
        take_family(q, PLACE_6, info);
        take_family(q, PLACE_4, info);
    }
    ares_freeaddrinfo(info);
}

/* What the hosts file has is the whole answer: a name in it is not asked for in the other family.
 */
static CURLcode ask_hosts(struct query *q, const char *name, const struct dns_options *o)
{
    int family = o->ip_resolve == CURL_IPRESOLVE_V6   ? AF_INET6
                 : o->ip_resolve == CURL_IPRESOLVE_V4 ? AF_INET
                                                      : AF_UNSPEC;
    struct channel *hosts;
    CURLcode result = channels_find_hosts(&hosts);

    if (!result)
        channel_ask(hosts, name, family, take_hosts, q);
    return result;
}

static CURLcode ask_servers(struct query *q, const char *name, const struct dns_options *o,
                            struct buf *error)
{
    struct channel *channel = o->channel;
    CURLcode result = channel ? CURLE_OK : channels_find(o, &channel, error);

    if (result)
        return result;
    if (o->ip_resolve != CURL_IPRESOLVE_V4) {
        q->unanswered++;
        channel_ask(channel, name, AF_INET6, take_answer_6, q);
    }
    if (o->ip_resolve != CURL_IPRESOLVE_V6) {
        q->unanswered++;
        channel_ask(channel, name, AF_INET, take_answer_4, q);
    }
    return CURLE_OK;
}

CURLcode dns_query_start(struct dns_cache *cache, struct str key, const char *name,
                         const struct dns_options *o, struct buf *ret_error)
{
    struct query *q = query_new(cache, key);
    CURLcode result;

    if (!q)
        return CURLE_OUT_OF_MEMORY;
    q->delay.fire = delay_is_over;
    result = ask_hosts(q, name, o);
    if (!result && !has_addresses(q))
        result = ask_servers(q, name, o, ret_error);
    if (result)
        q->told = true;
    conclude(q);
    return result;
}
