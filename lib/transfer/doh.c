/* SPDX-License-Identifier: MIT */
/* DNS over HTTPS (RFC 8484). A question is a transfer like any other, on a fiber of its own of the
 * same worker, whose events stay here: one for each family. The transfer that wants the name waits
 * for them and takes them along when it is cancelled.
 *
 * They have settings of their own, into which little of the program's is taken over: what it
 * trusts, not who it is. Their connections are in a pool of their own, as the transfer that waits
 * has its place in the other one already. */
#include "transfer/state.h"

#include "base/clock.h"
#include "base/mem.h"
#include "runtime/wait.h"
#include "transfer/transfer.h"
#include "wire/dns_message.h"

#include <string.h>

enum {
    QUESTIONS = 2,
    PATIENCE = CLOCK_SECOND, /* us that an answer waits for the other family's */
};

struct look_up;

struct question {
    struct look_up *of;
    enum dns_type type;
    struct exchange *exchange; /* NULL: not asked */
    struct buf query, reply;
    bool ended, got_reply;
    CURLcode result;
};

struct look_up {
    struct transfer *t;
    struct fiber *fiber; /* that waits for it */
    int running;
    struct question questions[QUESTIONS]; /* in the order of their addresses */
};

/* ---- What comes from a question's transfer; on the worker ---- */

static CURLcode take_body(struct exchange *x, char *bytes, size_t len, size_t *ret_taken)
{
    struct question *q = x->owner;

    if (q->reply.len + len > DNS_MESSAGE_MAX)
        return CURLE_WRITE_ERROR;
    if (!buf_append(&q->reply, bytes, len))
        return CURLE_OUT_OF_MEMORY;
    *ret_taken = len;
    return CURLE_OK;
}

static CURLcode take_head(struct exchange *x, struct event_head *head)
{
    (void)x;
    head->delivered = head->len;
    return CURLE_OK;
}

static const struct direct keep_reply = {.body = take_body, .head = take_head};

static void take_end(struct question *q, const struct event_done *done)
{
    const struct transfer *t = q->of->t;

    q->ended = true;
    q->result = done->result;
    q->got_reply = !done->result && done->facts.response_code == 200;
    if (done->result && t->hooks.log)
        t->hooks.log(t->hooks.owner, "DoH request failed: %s",
                     done->error_text[0] ? done->error_text : curl_easy_strerror(done->result));
    q->of->running--;
    fiber_wake(q->of->fiber);
}

/* What it asks of the program and what it says goes by the transfer that waits. */
static void take_event(struct exchange *x, struct event *e)
{
    struct question *q = x->owner;
    struct exchange *parent = q->of->t->exchange;
    const struct event_log *line = (const struct event_log *)e;

    if (e->kind == EVENT_ASK) {
        e->exchange = parent;
        exchange_send(parent, e);
        return;
    }
    if (e->kind == EVENT_LOG && line->type == CURLINFO_TEXT)
        send_log(parent, CURLINFO_TEXT, line->bytes, line->len);
    if (e->kind == EVENT_DONE)
        take_end(q, (const struct event_done *)e);
    event_free(e);
}

/* ---- A question's request ---- */

static void inherit_trust(struct settings *to, const struct settings *from)
{
    to->tls.verify_peer = from->doh_verify_peer;
    to->tls.verify_host = from->doh_verify_host;
    to->tls.verify_status = from->doh_verify_status;
    to->tls.ca_file = rstr_ref(from->tls.ca_file);
    to->tls.ca_path = rstr_ref(from->tls.ca_path);
    to->tls.ca_file_set = from->tls.ca_file_set;
    to->tls.ca_path_set = from->tls.ca_path_set;
    to->tls.ca_blob = rstr_ref(from->tls.ca_blob);
    to->tls.crl_file = rstr_ref(from->tls.crl_file);
    to->tls.curves = rstr_ref(from->tls.curves);
    to->tls.options = from->tls.options;
    to->tls.ca_cache_timeout_s = from->tls.ca_cache_timeout_s;
    to->ssl_ctx_function = from->ssl_ctx_function;
    to->ssl_ctx_data = from->ssl_ctx_data;
}

/* How the server's own name is found. */
static void inherit_names(struct settings *to, const struct settings *from)
{
    to->dns_servers = rstr_ref(from->dns_servers);
    to->dns_interface = rstr_ref(from->dns_interface);
    to->dns_local_ip4 = rstr_ref(from->dns_local_ip4);
    to->dns_local_ip6 = rstr_ref(from->dns_local_ip6);
    to->dns_cache_timeout_s = from->dns_cache_timeout_s;
}

#ifdef TEST_HOOKS
static const long allowed = CURLPROTO_HTTPS | CURLPROTO_HTTP;
#else
static const long allowed = CURLPROTO_HTTPS;
#endif

static struct settings *question_settings(const struct question *q)
{
    static char type[] = "Content-Type: application/dns-message";
    static struct curl_slist headers = {.data = type};
    struct settings *s = settings_new();

    if (!s)
        return NULL;
    inherit_trust(s, q->of->t->settings);
    inherit_names(s, q->of->t->settings);
    s->default_protocol = rstr_new("https", 5);
    s->allowed_protocols = allowed;
    s->method = METHOD_POST;
    s->post_fields = q->query.bytes;
    s->post_field_size = (curl_off_t)q->query.len;
    s->http_headers = &headers;
    s->no_progress = true;
    if (s->default_protocol)
        return s;
    settings_unref(s);
    return NULL;
}

static struct request *question_request(const struct question *q)
{
    const struct request *of = q->of->t->exchange->request;
    struct request *r = mem_calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->settings = question_settings(q);
    r->url = mem_strdup(rstr_text(of->settings->doh_url));
    r->stores.pool = pool_ref(of->doh_pool);
    r->doh_pool = NULL;
    r->stores.dns = dns_cache_ref(of->stores.dns);
    r->stores.sessions = of->stores.sessions ? tls_sessions_ref(of->stores.sessions) : NULL;
    r->started = clock_now();
    if (r->settings && r->url)
        return r;
    request_free(r);
    return NULL;
}

/* ---- Asking ---- */

static CURLcode ask(struct question *q, const char *name)
{
    CURLcode result = dns_query_write(&q->query, str_of(name), q->type);
    struct request *r;
    struct exchange *x;

    if (result)
        return result;
    r = question_request(q);
    x = r ? exchange_new(r, NULL, q) : NULL;
    if (!x)
        return CURLE_OUT_OF_MEMORY;
    x->take = take_event;
    x->direct = &keep_reply;
    x->log = q->of->t->exchange->log;
    q->exchange = x;
    q->of->running++;
    worker_post(q->of->t->exchange->worker,
                exchange_prepare(x, q->of->t->exchange->worker, transfer_run));
    return CURLE_OK;
}

static CURLcode ask_both(struct look_up *l, const char *name, long ip_resolve)
{
    CURLcode result = CURLE_OK;

    if (ip_resolve != CURL_IPRESOLVE_V4)
        result = ask(&l->questions[0], name);
    if (!result && ip_resolve != CURL_IPRESOLVE_V6)
        result = ask(&l->questions[1], name);
    return result;
}

static bool one_is_answered(const struct look_up *l)
{
    return l->questions[0].got_reply || l->questions[1].got_reply;
}

/* Both answers; one of them does not wait long for the other. */
static WAITS CURLcode wait_for_answers(struct look_up *l, int64_t deadline)
{
    int64_t patience = CLOCK_NEVER;
    CURLcode result = CURLE_OK;

    while (!result && l->running) {
        if (one_is_answered(l) && patience == CLOCK_NEVER)
            patience = clock_after(clock_now(), PATIENCE);
        result = wait_wake(clock_earlier(deadline, patience));
    }
    return result == CURLE_OPERATION_TIMEDOUT && patience < deadline ? CURLE_OK : result;
}

static WAITS void end_all(struct look_up *l)
{
    for (int i = 0; i < QUESTIONS; i++) {
        struct question *q = &l->questions[i];
        if (q->exchange && !q->ended)
            exchange_abort(q->exchange, CURLE_ABORTED_BY_CALLBACK);
    }
    while (l->running)
        wait_wake_uncancellable();
    for (int i = 0; i < QUESTIONS; i++) {
        exchange_unref(l->questions[i].exchange);
        buf_release(&l->questions[i].query);
    }
}

/* ---- The answer ---- */

static void add_address(struct addresses *list, enum dns_type type, const unsigned char *bytes)
{
    struct address *a = &list->list[list->count++];

    if (type == DNS_TYPE_A) {
        a->len = sizeof(a->at.in4);
        a->at.in4.sin_family = AF_INET;
        memcpy(&a->at.in4.sin_addr, bytes, sizeof(a->at.in4.sin_addr));
    } else {
        a->len = sizeof(a->at.in6);
        a->at.in6.sin6_family = AF_INET6;
        memcpy(&a->at.in6.sin6_addr, bytes, sizeof(a->at.in6.sin6_addr));
    }
}

/* The outcomes by how much they tell; the last one that a family has decides. */
static const struct {
    const char *reason;
    bool is_lasting;
} outcomes[] = {
    [DNS_ADDRESSES] = {NULL,                                   true },
    [DNS_NO_ADDRESS] = {"the name has no address",              true },
    [DNS_NO_NAME] = {"no such name",                         true },
    [DNS_REFUSED] = {"the DoH server failed or refused",     false},
    [DNS_MALFORMED] = {"the DoH server gave no answer of DNS", false},
};

/* Reads one answer into the list, whose room is for both. */
static enum dns_outcome read_answer(const struct question *q, struct dns_reply *scratch,
                                    struct dns_answer *ret)
{
    struct str message = {q->reply.bytes, q->reply.len};
    enum dns_outcome outcome =
        q->got_reply ? dns_reply_read(message, q->type, scratch) : DNS_MALFORMED;
    int64_t lifetime = (int64_t)scratch->ttl_s * CLOCK_SECOND;

    if (outcome != DNS_ADDRESSES)
        return outcome;
    for (size_t i = 0; i < scratch->count; i++)
        add_address(ret->addresses, q->type, scratch->addresses[i]);
    if (!ret->lifetime_us || lifetime < ret->lifetime_us)
        ret->lifetime_us = lifetime;
    return outcome;
}

/* An answer that holds for no time at all serves those who wait. */
static CURLcode conclude(const struct look_up *l, struct dns_answer *ret, bool *ret_keep)
{
    struct dns_reply *scratch = mem_calloc(1, sizeof(*scratch));
    enum dns_outcome worst = DNS_ADDRESSES;

    *ret = (struct dns_answer){.addresses = addresses_new((size_t)QUESTIONS * DNS_ADDRESSES_MAX)};
    if (!scratch || !ret->addresses) {
        mem_free(scratch);
        addresses_unref(ret->addresses);
        return CURLE_OUT_OF_MEMORY;
    }
    ret->addresses->count = 0;
    for (int i = 0; i < QUESTIONS; i++) {
        enum dns_outcome outcome = DNS_ADDRESSES;
        if (l->questions[i].exchange)
            outcome = read_answer(&l->questions[i], scratch, ret);
        if (outcome > worst)
            worst = outcome;
    }
    mem_free(scratch);
    *ret_keep = outcomes[worst].is_lasting;
    if (ret->addresses->count) {
        *ret_keep = *ret_keep && ret->lifetime_us;
        return CURLE_OK;
    }
    addresses_unref(ret->addresses);
    *ret =
        (struct dns_answer){.result = CURLE_COULDNT_RESOLVE_HOST, .reason = outcomes[worst].reason};
    return CURLE_OK;
}

static void release_replies(struct look_up *l)
{
    for (int i = 0; i < QUESTIONS; i++)
        buf_release(&l->questions[i].reply);
}

static bool is_out_of_memory(const struct look_up *l)
{
    return l->questions[0].result == CURLE_OUT_OF_MEMORY ||
           l->questions[1].result == CURLE_OUT_OF_MEMORY;
}

static WAITS CURLcode ask_for_name(void *owner, const char *name, long ip_resolve, int64_t deadline,
                                   struct dns_answer *ret, bool *ret_keep)
{
    struct look_up l = {.t = owner, .fiber = fiber_current()};
    CURLcode result;

    l.questions[0] = (struct question){.of = &l, .type = DNS_TYPE_AAAA};
    l.questions[1] = (struct question){.of = &l, .type = DNS_TYPE_A};
    result = ask_both(&l, name, ip_resolve);
    if (!result)
        result = wait_for_answers(&l, deadline);
    end_all(&l);
    if (result == CURLE_URL_MALFORMAT) {
        *ret =
            (struct dns_answer){.result = CURLE_COULDNT_RESOLVE_HOST, .reason = "not a valid name"};
        *ret_keep = false;
        return CURLE_OK;
    }
    if (!result && is_out_of_memory(&l) && !one_is_answered(&l))
        result = CURLE_OUT_OF_MEMORY;
    if (!result)
        result = conclude(&l, ret, ret_keep);
    release_replies(&l);
    return result;
}

CURLcode doh_init(struct transfer *t)
{
    const struct settings *s = t->settings;
    struct buf *identity = &t->doh_identity;

    if (!s->doh_url || identity->len)
        return CURLE_OK;
    buf_printf(identity, "%s\n%d%d%d\n", rstr_text(s->doh_url), s->doh_verify_peer,
               s->doh_verify_host, s->doh_verify_status);
    if (!tls_settings_key(&s->tls, identity) || buf_failed(identity))
        return CURLE_OUT_OF_MEMORY;
    t->doh = (struct dns_https){
        .identity = {identity->bytes, identity->len},
          .owner = t, .ask = ask_for_name
    };
    return CURLE_OK;
}
