/* SPDX-License-Identifier: MIT */
/* Digest challenges outlive a transfer: the handle's next one to the same server answers the last
 * one at once, as long as it is for the same user. */
#include "transfer/state.h"

#include "base/mem.h"

static bool is_same(const struct buf *a, const struct buf *b)
{
    return str_equal((struct str){buf_text(a), a->len}, (struct str){buf_text(b), b->len});
}

void auth_recall(struct transfer *t)
{
    struct auth_memory *m = t->exchange->request->auth;

    if (!m || !m->digest.nonce.len || !t->origin.len || !is_same(&m->origin, &t->origin) ||
        !is_same(&m->user, &t->login.user))
        return;
    http_auth_recall(&t->auth[AUTH_SERVER], &m->digest, m->refused);
}

struct auth_memory *auth_remember(struct transfer *t)
{
    struct digest *known = &t->auth[AUTH_SERVER].digest;
    struct auth_memory *m;

    if (!known->nonce.len)
        return NULL;
    m = mem_calloc(1, sizeof(*m));
    if (!m)
        return NULL; /* the next transfer asks again */
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
