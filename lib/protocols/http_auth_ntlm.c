/* SPDX-License-Identifier: MIT */
/* NTLM: a greeting, the server's challenge, an answer, and the connection is the user's. What is
 * known of it hangs on the connection. */
#include "protocols/http_auth_method.h"

#include "base/mem.h"
#include "base/rand.h"
#include "base/wall.h"
#include "wire/base64.h"
#include "wire/ntlm.h"

struct ntlm {
    struct ntlm_challenge challenge;
    bool greeted, challenged, answered, accepted;
};

static void ntlm_free(void *state)
{
    struct ntlm *n = state;

    ntlm_challenge_release(&n->challenge);
    mem_free(n);
}

/* The connection's state; NULL when memory is short. */
static struct ntlm *state_of(const struct http_auth *a, struct connection *c)
{
    struct connection_auth *slot = &c->auth[a->party];

    if (slot->release != ntlm_free) {
        connection_auth_release(slot);
        slot->state = mem_calloc(1, sizeof(struct ntlm));
        slot->release = slot->state ? ntlm_free : NULL;
    }
    return slot->state;
}

static void begin_again(struct ntlm *n)
{
    n->greeted = n->challenged = n->answered = n->accepted = false;
}

static CURLcode write_message(const struct http_auth *a, struct ntlm *n, struct buf *to)
{
    const struct login *l = a->login;
    struct ntlm_answer answer = {
        .user = {buf_text(&l->user),     l->user.len    },
        .password = {buf_text(&l->password), l->password.len},
        .workstation = STR("WORKSTATION"),
        .time = ((uint64_t)wall_clock_of_signatures() + 11644473600u) *
                10000000u, /* the years from 1601 */
    };

    if (!n->challenged)
        return ntlm_write_greeting(to) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    rand_bytes(answer.entropy, sizeof(answer.entropy));
    switch (ntlm_write_answer(&n->challenge, &answer, to)) {
    case NTLM_OK:
        return CURLE_OK;
    case NTLM_TOO_LARGE:
        return a->hooks->fail(a->hooks->owner, CURLE_TOO_LARGE,
                              "user + domain + hostname too big for NTLM");
    default:
        return CURLE_OUT_OF_MEMORY;
    }
}

CURLcode auth_write_ntlm(struct http_auth *a, const struct auth_message *message,
                         struct connection *c, struct buf *line, bool *ret_more)
{
    struct ntlm *n = state_of(a, c);
    scoped(buf) bytes = {0};
    CURLcode result;

    (void)message;
    *ret_more = false;
    if (!n)
        return CURLE_OUT_OF_MEMORY;
    if (n->answered) {
        n->accepted = true; /* nobody spoke against it */
        return CURLE_OK;
    }
    result = write_message(a, n, &bytes);
    if (result)
        return result;
    *ret_more = !n->challenged;
    n->greeted = true;
    n->answered = n->challenged;
    c->auth[a->party].method = n->answered ? CURLAUTH_NTLM : 0;
    buf_append_text(line, "NTLM ");
    return base64_append(line, bytes.bytes, bytes.len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

/* The answer to our greeting; one that comes after our answer refuses that. */
static CURLcode take_challenge(struct ntlm *n, struct str text, enum auth_reading *ret)
{
    scoped(buf) bytes = {0};

    if (n->greeted && !n->answered && base64_decode_append(&bytes, text) &&
        ntlm_read_challenge((struct str){bytes.bytes, bytes.len}, &n->challenge)) {
        n->challenged = true;
        return CURLE_OK;
    }
    begin_again(n);
    *ret = AUTH_READ_REFUSED;
    return buf_failed(&bytes) || buf_failed(&n->challenge.target_info) ? CURLE_OUT_OF_MEMORY
                                                                       : CURLE_OK;
}

CURLcode auth_read_ntlm(struct http_auth *a, struct connection *c, struct str text,
                        enum auth_reading *ret)
{
    struct ntlm *n = state_of(a, c);

    if (!n)
        return CURLE_OUT_OF_MEMORY;
    if (text.len)
        return take_challenge(n, text, ret);
    if (n->greeted && !n->accepted)
        *ret = AUTH_READ_REFUSED;
    begin_again(n);
    c->auth[a->party].method = 0;
    return CURLE_OK;
}
