/* SPDX-License-Identifier: MIT */
/* What was found out of a server outlives a transfer: the handle's next one to the same server uses
 * the method that was chosen, and answers the last Digest challenge at once, as long as it is for
 * the same user. Methods that are bound to a connection begin anew. */
#include "transfer/state.h"

#include "base/mem.h"

static bool is_same(const struct buf *a, const struct buf *b)
{
    return str_equal((struct str){buf_text(a), a->len}, (struct str){buf_text(b), b->len});
}

void auth_recall(struct transfer *t)
{
    struct auth_memory *m = t->exchange->request->auth;
    struct http_auth *a = &t->auth[AUTH_SERVER];

    if (!m || !t->origin.len || !is_same(&m->origin, &t->origin))
        return;
    if (m->digest.nonce.len && is_same(&m->user, &t->login.user))
        http_auth_recall(a, &m->digest, m->refused);
    if ((m->picked & a->wanted) && (m->picked != CURLAUTH_DIGEST || a->digest.nonce.len))
        a->picked = m->picked;
    m->picked = 0;
}

/* The method to begin with next time. */
static unsigned long method_to_remember(const struct http_auth *a)
{
    const unsigned long lasting = CURLAUTH_BASIC | CURLAUTH_DIGEST | CURLAUTH_BEARER;
    bool is_one = a->picked && !(a->picked & (a->picked - 1));

    return is_one && a->picked != a->wanted ? a->picked & lasting : 0;
}

struct auth_memory *auth_remember(struct transfer *t)
{
    struct digest *known = &t->auth[AUTH_SERVER].digest;
    unsigned long picked = method_to_remember(&t->auth[AUTH_SERVER]);
    struct auth_memory *m;

    if (!known->nonce.len && !picked)
        return NULL;
    m = mem_calloc(1, sizeof(*m));
    if (!m)
        return NULL; /* the next transfer asks again */
    m->picked = picked;
    m->digest = *known;
    m->refused = t->auth[AUTH_SERVER].problem && t->auth[AUTH_SERVER].picked &&
                 t->auth[AUTH_SERVER].picked != CURLAUTH_BASIC;
    m->origin = t->origin;
    m->user = t->login.user;
    t->login.user = (struct buf){0};
    *known = (struct digest){0};
    t->origin = (struct buf){0};
    return m;
}
