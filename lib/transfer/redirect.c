/* SPDX-License-Identifier: MIT */
/* Following a redirect (RFC 9110 15.4, as CURLOPT_FOLLOWLOCATION documents it): the next URL, the
 * next method, and what of the program's may still be sent there. */
#include "transfer/state.h"

#include "base/mem.h"
#include "protocols/http.h"
#include "wire/scheme.h"

#include <string.h>

/* ---- Where to ---- */

static bool is_absolute(const char *location)
{
    const char *at = location;

    while (ascii_is_alpha(*at) ||
           (at > location && (ascii_is_digit(*at) || strchr("+-.", *at)) && *at))
        at++;
    return at > location && !strncmp(at, "://", 3);
}

static CURLcode move_to(struct transfer *t, const char *location)
{
    CURLUcode why = url_set_whole(&t->url, location,
                                  CURLU_URLENCODE | CURLU_ALLOW_SPACE | CURLU_NON_SUPPORT_SCHEME);

    if (why == CURLUE_OUT_OF_MEMORY)
        return CURLE_OUT_OF_MEMORY;
    if (why)
        return transfer_fail(t, CURLE_URL_MALFORMAT,
                             "The redirect target URL could not be parsed: %s",
                             curl_url_strerror(why));
    if (!scheme_find(str_of(t->url.scheme)))
        return transfer_fail(t, CURLE_UNSUPPORTED_PROTOCOL,
                             "The redirect target URL could not be parsed: %s",
                             curl_url_strerror(CURLUE_UNSUPPORTED_SCHEME));
    if (is_absolute(location))
        t->hop.port = 0; /* CURLOPT_PORT was for the program's own URL */
    return CURLE_OK;
}

/* CURLOPT_AUTOREFERER: the URL that is left, without what is private in it. */
static CURLcode refer_to_here(struct transfer *t)
{
    scoped(url) url = {0};
    char *text;

    if (!t->settings->auto_referer)
        return CURLE_OK;
    if (url_copy(&t->url, &url) || url_set_part(&url, CURLUPART_USER, NULL, 0) ||
        url_set_part(&url, CURLUPART_PASSWORD, NULL, 0) ||
        url_set_part(&url, CURLUPART_FRAGMENT, NULL, 0) ||
        url_get_part(&url, CURLUPART_URL, &text, 0))
        return CURLE_OUT_OF_MEMORY;
    mem_free(t->referer);
    t->hop.referer = t->referer = text;
    return facts_set_text(&t->facts->referer, text, strlen(text)) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* What the program's own URL said, before the first redirect leaves it. */
static CURLcode remember_first(struct transfer *t)
{
    if (t->first_host)
        return CURLE_OK;
    t->first_host = mem_strdup(t->url.host ? t->url.host : "");
    if (!t->first_host || (!t->first_origin.len && !login_origin(t, &t->first_origin)))
        return CURLE_OUT_OF_MEMORY;
    return CURLE_OK;
}

/* Whether what the program gave for its own server may go to this one. */
static CURLcode judge_host(struct transfer *t)
{
    scoped(buf) origin = {0};

    if (!login_origin(t, &origin))
        return CURLE_OUT_OF_MEMORY;
    t->hop.trusted = t->settings->unrestricted_auth ||
                     str_equal((struct str){origin.bytes, origin.len},
                               (struct str){t->first_origin.bytes, t->first_origin.len});
    t->hop.first_host = t->url.host && text_equal_nocase(t->url.host, t->first_host);
    t->hop.http10 = t->hop.http10 && t->hop.first_host;
    return CURLE_OK;
}

/* ---- The method ---- */

/* A POST stays one after this status if CURLOPT_POSTREDIR says so. */
static bool keeps_post(const struct transfer *t, long status)
{
    long keep = t->settings->post_redirect;

    return (status == 301 && (keep & CURL_REDIR_POST_301)) ||
           (status == 302 && (keep & CURL_REDIR_POST_302)) ||
           (status == 303 && (keep & CURL_REDIR_POST_303));
}

/* True where the next request is a GET, whatever this one was. */
static bool becomes_get(const struct transfer *t, long status)
{
    enum method method = t->hop.method;

    if (status == 303)
        return method != METHOD_HEAD && !(method == METHOD_POST && keeps_post(t, status));
    return (status == 301 || status == 302) && method == METHOD_POST && !keeps_post(t, status);
}

static void choose_method(struct transfer *t, long status)
{
    struct hop *hop = &t->hop;
    long mode = t->settings->follow_location;
    bool get = becomes_get(t, status);

    if (get && hop->method != METHOD_GET && t->hooks.log)
        t->hooks.log(t->hooks.owner, "Switch to GET because of %ld response", status);
    if (get)
        hop->method = METHOD_GET;
    if (mode == CURLFOLLOW_FIRSTONLY || (mode == CURLFOLLOW_OBEYCODE && get))
        hop->own_method = false;
}

/* ---- All of it ---- */

/* Nothing of the response that is left shows in the next one's infos. */
static void begin_facts(struct facts *f)
{
    rstr_unref(f->redirect_url);
    rstr_unref(f->content_type);
    f->redirect_url = f->content_type = NULL;
    f->content_length = f->filetime = -1;
    f->retry_after_s = 0;
    f->downloaded = f->uploaded = 0;
}

static CURLcode check_limit(struct transfer *t)
{
    long most = t->settings->max_redirects;

    if (most == -1 || t->facts->redirect_count < most)
        return CURLE_OK;
    return transfer_fail(t, CURLE_TOO_MANY_REDIRECTS, "Maximum (%ld) redirects followed", most);
}

CURLcode redirect_follow(struct transfer *t)
{
    CURLcode result = check_limit(t);

    if (!result)
        result = remember_first(t);
    if (!result)
        result = refer_to_here(t);
    if (!result)
        result = move_to(t, buf_text(&t->hop.location));
    if (!result)
        result = upgrade_to_tls(t);
    if (!result)
        result = judge_host(t);
    if (result)
        return result;
    t->facts->redirect_count++;
    t->facts->redirect_time = hop_elapsed(&t->hop);
    if (t->hooks.log)
        t->hooks.log(t->hooks.owner, "Issue another request to this URL: '%s'",
                     t->facts->redirect_url ? rstr_text(t->facts->redirect_url) : "");
    choose_method(t, t->facts->response_code);
    begin_facts(t->facts);
    hop_next_request(&t->hop);
    t->hop.on_new_connection = t->hop.was_refused = false;
    t->hop.without_expect = t->hop.without_http2 = false;
    return t->hop.method == METHOD_GET || t->hop.method == METHOD_HEAD ? CURLE_OK
                                                                       : http_rewind(&t->hop);
}
