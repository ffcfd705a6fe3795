/* SPDX-License-Identifier: MIT */
/* Digest (RFC 7616): needs a challenge first, and uses its nonce from then on. */
#include "protocols/http_auth_method.h"

#include "base/rand.h"
#include "wire/base64.h"
#include "wire/sum.h"

/* 128 unpredictable bits, as text. */
static bool make_cnonce(struct buf *to)
{
    unsigned char bytes[16];
    scoped(buf) hex = {0};

    rand_bytes(bytes, sizeof(bytes));
    return sum_append_hex(&hex, bytes, sizeof(bytes)) && base64_append(to, hex.bytes, hex.len);
}

CURLcode auth_write_digest(struct http_auth *a, const struct auth_message *message,
                           struct connection *c, struct buf *line, bool *ret_more)
{
    const struct login *l = a->login;
    scoped(buf) cnonce = {0};
    struct digest_request r = {
        .user = {buf_text(&l->user),     l->user.len    },
        .password = {buf_text(&l->password), l->password.len},
        .method = str_of(message->method),
        .uri = message->target,
    };

    (void)c;
    *ret_more = !a->digest.nonce.len;
    if (*ret_more)
        return CURLE_OK;
    if (!make_cnonce(&cnonce))
        return CURLE_OUT_OF_MEMORY;
    r.cnonce = (struct str){cnonce.bytes, cnonce.len};
    a->digest_sent = true;
    return digest_write(&a->digest, &r, line) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

CURLcode auth_read_digest(struct http_auth *a, struct connection *c, struct str text,
                          enum auth_reading *ret)
{
    enum digest_outcome outcome = digest_read(text, &a->digest);
    bool refused = a->digest_sent && !a->digest.stale;

    (void)c;
    if (outcome == DIGEST_NO_MEMORY)
        return CURLE_OUT_OF_MEMORY;
    if (outcome == DIGEST_UNUSABLE)
        *ret = AUTH_READ_UNUSABLE;
    else if (refused)
        *ret = AUTH_READ_REFUSED;
    return CURLE_OK;
}
