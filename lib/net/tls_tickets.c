/* SPDX-License-Identifier: MIT */
#include "net/tls_tickets.h"

#include "base/mem.h"
#include "base/rand.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <time.h>

/* The bytes of a session: this, the end of its life in 8 bytes, OpenSSL's own form. */
static const unsigned char mark[4] = {'C', 'P', 'T', 1};

enum { DATA_HEAD = sizeof(mark) + 8 };

static const char certificate_mark[] = ":cert";

/* ---- Names ---- */

static bool append_digest(struct buf *to, const struct buf *of)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (!EVP_Digest(buf_text(of), of->len, digest, &len, EVP_sha256(), NULL))
        return false;
    for (unsigned i = 0; i < len; i++)
        buf_printf(to, "%02x", digest[i]);
    return !buf_failed(to);
}

bool tls_ticket_key(const struct tls_peer *peer, const struct tls_settings *s,
                    const struct buf *identity, struct buf *key)
{
    scoped(buf) all = {0};

    buf_append(&all, identity->bytes, identity->len);
    if (!tls_settings_key(s, &all))
        return false;
    buf_printf(key, "%s:%d:%s:", peer->host, peer->port, peer->alpn ? peer->alpn : "");
    if (!append_digest(key, &all))
        return false;
    buf_printf(key, ":%s", tls_version_text());
    return buf_append_text(key, s->cert || s->cert_blob ? certificate_mark : "");
}

static bool has_certificate(const char *key)
{
    size_t len = strlen(key), mark_len = sizeof(certificate_mark) - 1;

    return len > mark_len && !strcmp(key + len - mark_len, certificate_mark);
}

static bool hash(const unsigned char *salt, struct str key, unsigned char digest[32])
{
    unsigned len = 0;

    return HMAC(EVP_sha256(), salt, TICKET_SALT_SIZE, (const unsigned char *)key.at, key.len,
                digest, &len) != NULL;
}

bool tls_ticket_is_of(const unsigned char shmac[TICKET_SHMAC_SIZE], struct str key)
{
    unsigned char digest[EVP_MAX_MD_SIZE];

    return hash(shmac, key, digest) && !memcmp(digest, shmac + TICKET_SALT_SIZE, 32);
}

/* ---- Out ---- */

static void put_number(unsigned char bytes[8], uint64_t number)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(number >> (56 - 8 * i));
}

static uint64_t get_number(const unsigned char bytes[8])
{
    uint64_t number = 0;

    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

static CURLcode write_data(SSL_SESSION *session, int64_t valid_until, struct buf *data)
{
    unsigned char number[8], *at;
    int len = i2d_SSL_SESSION(session, NULL);

    put_number(number, (uint64_t)valid_until);
    buf_append(data, mark, sizeof(mark));
    buf_append(data, number, sizeof(number));
    if (len <= 0)
        return CURLE_BAD_FUNCTION_ARGUMENT; /* it has no such form */
    if (!buf_reserve(data, (size_t)len))
        return CURLE_OUT_OF_MEMORY;
    at = (unsigned char *)data->bytes + data->len;
    if (i2d_SSL_SESSION(session, &at) != len)
        return CURLE_OUT_OF_MEMORY;
    data->len += (size_t)len;
    return CURLE_OK;
}

static CURLcode export_one(const struct tls_session_copy *c, tls_ticket_taker *take, void *argument)
{
    const unsigned char *protocol = NULL;
    size_t protocol_len = 0;
    scoped(buf) data = {0}, alpn = {0};
    unsigned char shmac[TICKET_SHMAC_SIZE];
    struct tls_ticket ticket = {
        .key = c->hashed ? NULL : c->key,
        .shmac = shmac,
        .shmac_len = sizeof(shmac),
        .valid_until = (int64_t)time(NULL) + c->valid_s,
        .version = SSL_SESSION_get_protocol_version(c->session),
        .early_data = SSL_SESSION_get_max_early_data(c->session),
    };
    CURLcode result = write_data(c->session, ticket.valid_until, &data);

    if (result)
        return result == CURLE_OUT_OF_MEMORY ? result : CURLE_OK;
    if (c->hashed) {
        memcpy(shmac, c->key, sizeof(shmac));
    } else {
        rand_bytes(shmac, TICKET_SALT_SIZE);
        if (!hash(shmac, str_of(c->key), shmac + TICKET_SALT_SIZE))
            return CURLE_OUT_OF_MEMORY;
    }
    SSL_SESSION_get0_alpn_selected(c->session, &protocol, &protocol_len);
    if (protocol_len && !buf_append(&alpn, protocol, protocol_len))
        return CURLE_OUT_OF_MEMORY;
    ticket.alpn = alpn.bytes;
    ticket.data = (const unsigned char *)data.bytes;
    ticket.data_len = data.len;
    return take(argument, &ticket);
}

CURLcode tls_tickets_export(struct tls_sessions *all, tls_ticket_taker *take, void *argument)
{
    scoped(tls_sessions_copy) copy = {0};
    CURLcode result = tls_sessions_copy_all(all, &copy) ? CURLE_OK : CURLE_OUT_OF_MEMORY;

    for (size_t i = 0; i < copy.count && !result; i++) {
        if (copy.at[i].hashed || !has_certificate(copy.at[i].key))
            result = export_one(&copy.at[i], take, argument);
    }
    ERR_clear_error();
    return result;
}

/* ---- In ---- */

static CURLcode import(struct tls_sessions *all, const struct tls_ticket *t)
{
    const unsigned char *at = t->data + DATA_HEAD;
    int64_t valid_s = (int64_t)get_number(t->data + sizeof(mark)) - (int64_t)time(NULL);
    struct str key = t->key ? str_of(t->key) : (struct str){(const char *)t->shmac, t->shmac_len};
    SSL_SESSION *session;
    bool kept;

    if (valid_s <= 0)
        return CURLE_OK;
    session = d2i_SSL_SESSION(NULL, &at, (long)(t->data_len - DATA_HEAD));
    if (!session)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (!SSL_SESSION_is_resumable(session)) {
        SSL_SESSION_free(session);
        return CURLE_OK;
    }
    kept = tls_sessions_import(all, key, !t->key, session, valid_s);
    SSL_SESSION_free(session);
    return kept ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

CURLcode tls_tickets_import(struct tls_sessions *all, const struct tls_ticket *t)
{
    CURLcode result;

    if (t->data_len <= DATA_HEAD || t->data_len > TICKET_DATA_MAX ||
        memcmp(t->data, mark, sizeof(mark)) != 0 || get_number(t->data + sizeof(mark)) > INT64_MAX)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (t->key ? !*t->key : t->shmac_len != TICKET_SHMAC_SIZE)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    ERR_clear_error();
    result = import(all, t);
    ERR_clear_error();
    return result;
}
