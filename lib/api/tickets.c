/* SPDX-License-Identifier: MIT */
/* curl_easy_ssls_export and curl_easy_ssls_import: TLS sessions that outlive the process. They are
 * those of the share object, of the multi handle that the handle is in, or of its own. */
#include "api/handle.h"

#include "api/share.h"
#include "net/tls.h"
#include "runtime/workers.h"

/* NULL when memory is short. */
static struct tls_sessions *sessions_of(struct easy *e)
{
    struct tls_sessions *shared = share_sessions(e->share);

    if (shared)
        return shared;
    if (e->multi)
        return e->multi->sessions;
    if (!e->own_multi)
        e->own_multi = multi_new(true);
    return e->own_multi ? e->own_multi->sessions : NULL;
}

/* One reference of the sessions; the program's lock is taken around it. */
static struct tls_sessions *take_sessions(struct easy *e)
{
    struct tls_sessions *all;

    share_lock(e->share, e, CURL_LOCK_DATA_SSL_SESSION);
    all = tls_sessions_ref(sessions_of(e));
    share_unlock(e->share, e, CURL_LOCK_DATA_SSL_SESSION);
    return all;
}

struct taker {
    CURL *easy;
    curl_ssls_export_cb *take;
    void *user;
};

static CURLcode give(void *argument, const struct tls_ticket *t)
{
    const struct taker *to = argument;

    return to->take(to->easy, to->user, t->key, t->shmac, t->shmac_len, t->data, t->data_len,
                    (curl_off_t)t->valid_until, t->version, t->alpn, t->early_data);
}

CURLcode curl_easy_ssls_export(CURL *handle, curl_ssls_export_cb *take, void *user)
{
    struct easy *e = easy_of(handle);
    struct taker to = {.easy = handle, .take = take, .user = user};
    struct tls_sessions *all;
    CURLcode result;

    if (!e || !take)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    all = take_sessions(e);
    if (!all)
        return CURLE_OUT_OF_MEMORY;
    result = tls_tickets_export(all, give, &to);
    tls_sessions_unref(all);
    return result;
}

CURLcode curl_easy_ssls_import(CURL *handle, const char *session_key, const unsigned char *shmac,
                               size_t shmac_len, const unsigned char *session, size_t session_len)
{
    struct easy *e = easy_of(handle);
    struct tls_ticket ticket = {
        .key = session_key,
        .shmac = shmac,
        .shmac_len = shmac ? shmac_len : 0,
        .data = session,
        .data_len = session_len,
    };
    struct tls_sessions *all;
    CURLcode result;

    if (!e || !session || (!session_key && !shmac))
        return CURLE_BAD_FUNCTION_ARGUMENT;
    all = take_sessions(e);
    if (!all)
        return CURLE_OUT_OF_MEMORY;
    result = tls_tickets_import(all, &ticket);
    tls_sessions_unref(all);
    return result;
}
