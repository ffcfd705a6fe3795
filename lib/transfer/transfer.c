/* SPDX-License-Identifier: MIT */
/* The whole life of a transfer, top to bottom: understand the URL, get a connection, have the
 * protocol's conversation, once more where that is due, tell the end. */
#include "transfer/transfer.h"

#include "transfer/state.h"

#include "base/clock.h"
#include "base/mem.h"
#include "protocols/http.h"
#include "wire/scheme.h"

#include <string.h>

enum {
    MOST_RETRIES = 5, /* dead kept connections in a row */
    HOST_MAX = 65535, /* bytes of a host's name */
    URL_ROOM = 256,   /* most URLs fit */
};

/* ---- The URL ---- */

static CURLcode url_failed(struct transfer *t, CURLUcode why)
{
    switch (why) {
    case CURLUE_OUT_OF_MEMORY:
        return CURLE_OUT_OF_MEMORY;
    case CURLUE_UNSUPPORTED_SCHEME:
        return transfer_fail(t, CURLE_UNSUPPORTED_PROTOCOL,
                             "Protocol not supported or disabled in libcurl");
    case CURLUE_USER_NOT_ALLOWED:
        return transfer_fail(t, CURLE_LOGIN_DENIED, "URL rejected: %s", curl_url_strerror(why));
    default:
        return transfer_fail(t, CURLE_URL_MALFORMAT, "URL rejected: %s", curl_url_strerror(why));
    }
}

static unsigned url_flags(const struct settings *s)
{
    return CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME |
           (s->disallow_username_in_url ? CURLU_DISALLOW_USER : 0u) |
           (s->path_as_is ? CURLU_PATH_AS_IS : 0u) | (s->curlu ? CURLU_ALLOW_SPACE : 0u);
}

/* CURLOPT_URL with CURLOPT_DEFAULT_PROTOCOL in front of it where it has no scheme. */
static CURLcode parse_url(struct transfer *t)
{
    const struct settings *s = t->settings;
    const char *text = t->exchange->request->url;
    scoped(buf) with_scheme = {0};
    CURLUcode why;

    if (!text)
        return transfer_fail(t, CURLE_URL_MALFORMAT, "No URL set");
    if (s->default_protocol && !strstr(text, "://")) {
        buf_append_text(&with_scheme, rstr_text(s->default_protocol));
        buf_append_text(&with_scheme, "://");
        if (!buf_append_text(&with_scheme, text))
            return CURLE_OUT_OF_MEMORY;
        text = with_scheme.bytes;
    }
    why = url_set_whole(&t->url, text, url_flags(s));
    return why ? url_failed(t, why) : CURLE_OK;
}

/* An HTTP proxy fetches from FTP servers for whoever asks in HTTP. */
static bool is_ftp_by_proxy(const struct transfer *t)
{
    return t->hop.forwards && !strcmp(t->url.scheme, "ftp");
}

/* All are more than CURLPROTO_ALL has bits for. */
static bool has_protocol(long allowed, long protocol)
{
    return allowed == (long)CURLPROTO_ALL || (allowed & protocol);
}

/* Whether the program lets transfers, and redirects, use what the URL asks for. */
static bool is_allowed(const struct transfer *t)
{
    const struct settings *s = t->settings;
    long protocol = is_ftp_by_proxy(t) ? CURLPROTO_FTP : t->protocol->number;

    return has_protocol(s->allowed_protocols, protocol) &&
           (!t->facts->redirect_count || has_protocol(s->redirect_protocols, protocol));
}

/* Most often it is the program's own text. */
static bool note_effective_url(struct transfer *t, const char *text)
{
    struct rstr *given = t->settings->url, **url = &t->facts->effective_url;

    if (!given || strcmp(given->bytes, text) != 0)
        return facts_set_text(url, text, strlen(text));
    rstr_unref(*url);
    *url = rstr_ref(given);
    return true;
}

void transfer_note_protocol(struct transfer *t)
{
    t->facts->protocol = t->protocol->number;
    t->facts->scheme = t->protocol->scheme;
}

/* The URL interface knows no such limit. */
static CURLcode check_host(struct transfer *t)
{
    if (!t->url.host || strlen(t->url.host) <= HOST_MAX)
        return CURLE_OK;
    return transfer_fail(t, CURLE_URL_MALFORMAT, "Too long host name (maximum is %d)", HOST_MAX);
}

/* The protocol by the URL's scheme. */
static CURLcode choose_protocol(struct transfer *t)
{
    char memory[URL_ROOM];
    scoped(buf) text = BUF_IN(memory);
    bool follows = t->facts->redirect_count > 0;
    CURLcode result = check_host(t);

    if (!result)
        result = proxies_find(t);
    if (result)
        return result;
    t->protocol = protocol_find(is_ftp_by_proxy(t) ? "http" : t->url.scheme);
    if (!t->protocol || !is_allowed(t))
        return transfer_fail(t, CURLE_UNSUPPORTED_PROTOCOL, "Protocol \"%s\" %s%s", t->url.scheme,
                             t->protocol ? "disabled" : "not supported",
                             follows ? " in redirect" : "");
    if (t->protocol->local)
        transfer_note_protocol(t);
    if (url_append_part(&text, &t->url, CURLUPART_URL, CURLU_GET_EMPTY) || buf_failed(&text))
        return CURLE_OUT_OF_MEMORY;
    return note_effective_url(t, buf_text(&text)) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* ---- A connection ---- */

/* A report's absolute time on top of what earlier requests took. */
static int64_t added(const struct transfer *t, int64_t earlier, int64_t time)
{
    return time ? hop_add_time(&t->hop, earlier, time) : earlier;
}

static void note_connection(struct transfer *t, const struct connection *c)
{
    struct facts *f = t->facts;

    memcpy(f->remote_ip, c->remote_ip, sizeof(f->remote_ip));
    memcpy(f->local_ip, c->local_ip, sizeof(f->local_ip));
    f->remote_port = c->remote_port;
    f->local_port = c->local_port;
    f->connection_id = c->id;
    f->ssl_verify_result = c->verify_result;
    f->proxy_verify_result = c->proxy_verify_result;
    f->active_socket = c->fd;
}

static CURLcode note_dial(struct transfer *t, struct dial_report *report, struct connection *c)
{
    struct facts *f = t->facts;
    const struct curl_certinfo *certinfo = c ? c->certinfo : report->certinfo;
    const struct earlier_times *earlier = &t->hop.earlier;

    f->queue_time = added(t, earlier->queue, report->queued_until);
    f->namelookup_time = added(t, earlier->namelookup, report->name_resolved);
    f->connect_time = added(t, earlier->connect, report->connected);
    f->appconnect_time = added(t, earlier->appconnect, report->secured);
    f->connects += report->new_connects;
    f->os_errno = report->os_errno;
    f->ssl_verify_result = report->verify_result;
    f->proxy_verify_result = report->proxy_verify_result;
    f->proxy_error = (long)report->proxy_error;
    if (c) {
        transfer_note_protocol(t);
        note_connection(t, c);
    }
    certinfo_free(t->certinfo);
    t->certinfo = certinfo_copy(certinfo);
    certinfo_free(report->certinfo);
    return certinfo && !t->certinfo ? CURLE_OUT_OF_MEMORY : CURLE_OK;
}

static WAITS CURLcode dial_once(struct transfer *t, bool fresh, struct connection **ret)
{
    const struct request *r = t->exchange->request;
    scoped(target) target = {0};
    struct dial_report report = {0};
    CURLcode result = target_for(t, &target), noted;

    if (result)
        return result;
    target.dial.fresh = target.dial.fresh || fresh;
    result = dial(&target.dial, &r->stores, &t->hooks, r->closer, CLOCK_NEVER,
                  t->settings->connect_timeout_ms * CLOCK_MS, &report, ret);
    result = exchange_result(t->exchange, result);
    noted = note_dial(t, &report, result ? NULL : *ret);
    t->hop.reused = report.reused;
    if (!result && noted) {
        pool_return(*ret, false);
        return noted;
    }
    return result;
}

static WAITS CURLcode get_connection(struct transfer *t, bool fresh, struct connection **ret)
{
    CURLcode result = dial_once(t, fresh, ret);

    return altsvc_failed(t, result) ? dial_once(t, fresh, ret) : result;
}

/* ---- The conversation ---- */

/* CURLINFO_TLS_SSL_PTR is for callbacks that see what the connection brought: where they run on
 * this thread, the connection stays until they have. */
static WAITS void stop_showing_tls(struct transfer *t)
{
    struct exchange *x = t->exchange;

    if (x->ssl && worker_is_inline(x->worker) && !x->take && !x->silent)
        ask_until_delivered(x);
    x->ssl = NULL;
}

static WAITS CURLcode talk(struct transfer *t, struct connection *c)
{
    struct hop *hop = &t->hop;
    CURLcode result;

    hop->connection = c;
    t->hooks.phase(t, PHASE_TALK);
    hop->reusable = hop->retry = hop->discards_body = false;
    hop->on_new_connection = hop->on_any_connection = false;
    hop->redirect = hop->hands_over = hop->logs_body_itself = false;
    buf_clear(&hop->location);
    t->facts->pretransfer_time = hop_add_time(hop, hop->earlier.pretransfer, clock_now());
    t->exchange->ssl = c->ssl;
    result = t->protocol->run(hop);
    stop_showing_tls(t);
    if (hop->pushed)
        push_drop_stream(hop->pushed);
    hop->pushed = NULL;
    hop->connection = NULL;
    if (hop->hands_over)
        t->kept = c;
    else if (hop->retry && hop->reusable && !hop->on_new_connection && !hop->on_any_connection)
        t->held = c; /* for the next round, whose answer may depend on the connection */
    else
        dial_return(c, hop->reusable && !t->settings->forbid_reuse, &t->hooks);
    return result;
}

/* The connection that was held between two rounds, or is of what was pushed, or another one. */
static WAITS CURLcode next_connection(struct transfer *t, struct connection **ret)
{
    struct push *pushed = t->exchange->request->pushed;

    *ret = t->held;
    t->held = NULL;
    if (pushed && pushed->connection) {
        *ret = push_take_connection(pushed);
        t->hop.pushed = pushed;
        note_connection(t, *ret);
    }
    if (!*ret)
        return get_connection(t, t->hop.on_new_connection, ret);
    t->hop.reused = true;
    return CURLE_OK;
}

static void drop_held(struct transfer *t)
{
    if (t->held)
        dial_return(t->held, !t->settings->forbid_reuse, &t->hooks);
    t->held = NULL;
}

/* What was uploaded counts for its round; a progress callback sees both. */
static CURLcode begin_round(struct transfer *t)
{
    CURLcode result;

    if (!t->facts->uploaded)
        return CURLE_OK;
    result = send_facts(t->exchange, t->facts);
    t->facts->uploaded = 0;
    return result ? result : send_facts(t->exchange, t->facts);
}

/* CURLOPT_CONNECT_ONLY: up to where the program goes on. */
static WAITS CURLcode greet(struct transfer *t, struct connection *c)
{
    CURLcode result = CURLE_OK;

    t->hop.connection = c;
    if (t->protocol->greet)
        result = t->protocol->greet(&t->hop);
    t->hop.connection = NULL;
    c->memory.farewell = NULL; /* the program's to say */
    return result;
}

/* One request, again on a new connection while kept ones turn out dead. */
static WAITS CURLcode run_request(struct transfer *t)
{
    for (int retries = 0;; retries++) {
        struct connection *c;
        CURLcode result = next_connection(t, &c);

        if (result)
            return result;
        if (t->settings->connect_only == 1) {
            t->kept = c;
            return greet(t, c);
        }
        result = talk(t, c);
        if (!t->hop.retry || retries >= MOST_RETRIES)
            return result;
        t->error_text[0] = '\0';
        result = begin_round(t);
        if (result)
            return result;
        hop_next_request(&t->hop);
        result = http_rewind(&t->hop);
        if (result)
            return result;
    }
}

/* A protocol of this machine has nobody to log in to, and nothing to connect. */
static WAITS CURLcode run_remote(struct transfer *t)
{
    CURLcode result = login_find(t);

    if (result)
        return result;
    auth_recall(t);
    return run_request(t);
}

/* The request for the transfer's URL as it is now. */
static WAITS CURLcode run_url(struct transfer *t)
{
    CURLcode result = choose_protocol(t);

    if (!result)
        result = t->protocol->local ? t->protocol->run(&t->hop) : run_remote(t);
    drop_held(t);
    return result;
}

/* What options mean together. */
static CURLcode check_options(struct transfer *t)
{
    const struct settings *s = t->settings;

    if (s->method == METHOD_POST && s->post_fields && s->resume_from)
        return transfer_fail(t, CURLE_BAD_FUNCTION_ARGUMENT,
                             "CURLOPT_POSTFIELDS and CURLOPT_RESUME_FROM do not go together");
    return CURLE_OK;
}

static WAITS CURLcode run(struct transfer *t)
{
    CURLcode result = limits_start(t);

    if (!result)
        result = check_options(t);
    if (!result)
        result = parse_url(t);
    if (!result)
        result = upgrade_to_tls(t);
    if (!result)
        result = run_url(t);
    while (!result && t->hop.redirect) {
        result = redirect_follow(t);
        if (!result)
            result = run_url(t);
    }
    limits_stop(t);
    /* A limit that was reached decides, whatever the code made of its waits. */
    return t->exchange->cancel_code ? t->exchange->cancel_code : result;
}

/* ---- Birth and end ---- */

static void transfer_release(struct transfer *t)
{
    url_release(&t->url);
    buf_release(&t->hop.location);
    mem_free(t->first_host);
    mem_free(t->referer);
    buf_release(&t->first_origin);
    buf_release(&t->origin);
    buf_release(&t->doh_identity);
    buf_release(&t->alt_used);
    login_release(&t->login);
    http_auth_release(&t->auth[AUTH_SERVER]);
    http_auth_release(&t->auth[AUTH_PROXY]);
    proxies_free(t->proxies);
    certinfo_free(t->certinfo);
}

/* CURLOPT_CONNECT_ONLY: the connection goes to the program with the end. */
static CURLcode hand_over(struct transfer *t, CURLcode result)
{
    struct connection *c = t->kept;

    if (!c)
        return result;
    if (result || t->exchange->silent) {
        pool_return(c, false);
        return result;
    }
    t->exchange->done->kept = pool_release_to_program(c);
    return t->exchange->done->kept ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static void end(struct transfer *t, CURLcode result)
{
    struct exchange *x = t->exchange;

    result = hand_over(t, result);
    t->facts->total_time = hop_elapsed(&t->hop);
    x->done->auth = auth_remember(t);
    x->done->certinfo = t->certinfo;
    t->certinfo = NULL;
    exchange_end(x, result);
}

void transfer_run(struct exchange *x)
{
    struct transfer on_stack, *t = &on_stack;

    *t = (struct transfer){.exchange = x,
                           .settings = x->request->settings,
                           .facts = &x->done->facts,
                           .error_text = x->done->error_text};
    transfer_set_hooks(t);
    http_auth_init(&t->auth[AUTH_SERVER], AUTH_SERVER, x, &t->hooks, t->facts);
    t->login.trusted = true;
    http_auth_use(&t->auth[AUTH_SERVER], &t->login);
    http_auth_init(&t->auth[AUTH_PROXY], AUTH_PROXY, x, &t->hooks, t->facts);
    t->hop = (struct hop){
        .exchange = x,
        .settings = t->settings,
        .facts = t->facts,
        .hooks = &t->hooks,
        .url = &t->url,
        .login = &t->login,
        .auth = {&t->auth[AUTH_SERVER], &t->auth[AUTH_PROXY]},
        .started = x->request->started,
        .request_started = x->request->started,
        .most_streams = x->request->most_streams,
        .method = t->settings->method,
        .own_method = t->settings->custom_request != NULL,
        .port = t->settings->port,
        .referer = rstr_text(t->settings->referer),
        .trusted = true,
        .first_host = true,
    };
    end(t, run(t));
    transfer_release(t);
}
