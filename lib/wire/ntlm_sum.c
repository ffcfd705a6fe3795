/* SPDX-License-Identifier: MIT */
#include "wire/ntlm_sum.h"

#include "wire/sum.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

enum { BLOCK = 8, HASH = 16, KEY = 7, RESPONSE = 24 };

/* ---- UTF-16 ---- */

/* The character at the start of `s`, which is cut off. */
static uint32_t take_character(struct str *s)
{
    const unsigned char *at = (const unsigned char *)s->at;
    size_t more = at[0] >= 0xf0 && at[0] < 0xf5   ? 3
                  : at[0] >= 0xe0 && at[0] < 0xf0 ? 2
                  : at[0] >= 0xc2 && at[0] < 0xe0 ? 1
                                                  : 0;
    uint32_t c = at[0];

    if (more && more < s->len) {
        uint32_t whole = at[0] & (0x3fu >> more);
        size_t i = 1;
        while (i <= more && (at[i] & 0xc0) == 0x80)
            whole = whole << 6 | (at[i++] & 0x3fu);
        if (i > more && whole < 0x110000) {
            c = whole;
            s->at += more;
            s->len -= more;
        }
    }
    s->at++;
    s->len--;
    return c;
}

static void add_unit(struct buf *to, uint32_t unit)
{
    buf_append_char(to, (char)(unit & 0xff));
    buf_append_char(to, (char)(unit >> 8 & 0xff));
}

bool ntlm_append_utf16(struct buf *to, struct str text)
{
    while (text.len) {
        uint32_t c = take_character(&text);
        if (c >= 0x10000) {
            add_unit(to, 0xd800 | (c - 0x10000) >> 10);
            c = 0xdc00 | ((c - 0x10000) & 0x3ff);
        }
        add_unit(to, c);
    }
    return !buf_failed(to);
}

/* ---- The first version ---- */

/* DES with 56 bits of key. OpenSSL 3 has it only in its legacy provider, but three rounds of it
 * with one key are one round. */
static bool encrypt_block(const unsigned char key[KEY], const unsigned char in[BLOCK],
                          unsigned char out[BLOCK])
{
    unsigned char thrice[3 * BLOCK];
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    unsigned bits = 0;
    int len = 0;
    bool done;

    for (int i = 0; i < BLOCK; i++) { /* seven bits a byte, the lowest one is parity */
        unsigned char spread = (unsigned char)(bits << (8 - i));
        if (i < KEY)
            spread = (unsigned char)(spread | key[i] >> i);
        bits = i < KEY ? key[i] : 0;
        thrice[i] = thrice[BLOCK + i] = thrice[2 * BLOCK + i] = spread & 0xfe;
    }
    done = context && EVP_EncryptInit_ex(context, EVP_des_ede3_ecb(), NULL, thrice, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
           EVP_EncryptUpdate(context, out, &len, in, BLOCK) == 1 && len == BLOCK;
    EVP_CIPHER_CTX_free(context);
    if (!done)
        ERR_clear_error();
    return done;
}

/* Three blocks of the server's nonce, with the hash as the key. */
static bool append_response(struct buf *to, const unsigned char hash[HASH],
                            const unsigned char nonce[BLOCK])
{
    unsigned char keys[3 * KEY] = {0}, response[RESPONSE];

    memcpy(keys, hash, HASH);
    for (size_t i = 0; i < 3; i++) {
        if (!encrypt_block(keys + KEY * i, nonce, response + BLOCK * i))
            return false;
    }
    return buf_append(to, response, sizeof(response));
}

static bool hash_lm(struct str password, unsigned char ret_hash[HASH])
{
    static const unsigned char magic[BLOCK] = {'K', 'G', 'S', '!', '@', '#', '$', '%'};
    unsigned char upper[2 * KEY] = {0};

    for (size_t i = 0; i < password.len && i < sizeof(upper); i++)
        upper[i] = (unsigned char)ascii_upper(password.at[i]);
    return encrypt_block(upper, magic, ret_hash) &&
           encrypt_block(upper + KEY, magic, ret_hash + BLOCK);
}

static bool hash_nt(struct str password, unsigned char ret_hash[HASH])
{
    scoped(buf) wide = {0};

    return ntlm_append_utf16(&wide, password) &&
           sum_of(SUM_MD4, buf_text(&wide), wide.len, ret_hash);
}

bool ntlm_respond(struct str password, const unsigned char nonce[8], struct buf *lm, struct buf *nt)
{
    unsigned char hash[HASH];

    return hash_lm(password, hash) && append_response(lm, hash, nonce) && hash_nt(password, hash) &&
           append_response(nt, hash, nonce);
}

/* ---- The second version ---- */

static bool hash_v2(const struct ntlm_v2 *v, unsigned char ret_hash[HASH])
{
    scoped(buf) upper = {0}, wide = {0};
    unsigned char nt[HASH];

    for (size_t i = 0; i < v->user.len; i++)
        buf_append_char(&upper, ascii_upper(v->user.at[i]));
    if (buf_failed(&upper))
        return false;
    return ntlm_append_utf16(&wide, (struct str){buf_text(&upper), upper.len}) &&
           ntlm_append_utf16(&wide, v->domain) && hash_nt(v->password, nt) &&
           sum_keyed(SUM_MD5, nt, HASH, buf_text(&wide), wide.len, ret_hash);
}

/* The keyed sum of the server's nonce and `rest`, and `rest` behind it. */
static bool append_proof(struct buf *to, const unsigned char hash[HASH],
                         const unsigned char nonce[8], const void *rest, size_t len)
{
    scoped(buf) all = {0};
    unsigned char proof[HASH];

    if (!buf_append(&all, nonce, 8) || !buf_append(&all, rest, len) ||
        !sum_keyed(SUM_MD5, hash, HASH, all.bytes, all.len, proof))
        return false;
    return buf_append(to, proof, HASH) && buf_append(to, rest, len);
}

bool ntlm_respond_v2(const struct ntlm_v2 *v, struct buf *lm, struct buf *nt)
{
    static const char zeros[8];
    unsigned char hash[HASH];
    scoped(buf) blob = {0};

    buf_append(&blob, "\1\1", 2);
    buf_append(&blob, zeros, 6);
    for (int i = 0; i < 8; i++)
        buf_append_char(&blob, (char)(v->time >> (8 * i) & 0xff));
    buf_append(&blob, v->entropy, 8);
    buf_append(&blob, zeros, 4);
    buf_append(&blob, v->target_info.at, v->target_info.len);
    if (!buf_append(&blob, zeros, 4) || !hash_v2(v, hash))
        return false;
    return append_proof(lm, hash, v->nonce, v->entropy, 8) &&
           append_proof(nt, hash, v->nonce, blob.bytes, blob.len);
}
