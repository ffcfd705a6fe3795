/* SPDX-License-Identifier: MIT */
#include "wire/ntlm.h"

#include "wire/ntlm_sum.h"

static const char signature[8] = "NTLMSSP";

enum {
    UNICODE = 1 << 0,
    OEM = 1 << 1,
    REQUEST_TARGET = 1 << 2,
    NTLM_KEY = 1 << 9,
    ALWAYS_SIGN = 1 << 15,
    NTLM2_KEY = 1 << 19,
    TARGET_INFO = 1 << 23,
};

enum { CHALLENGE_MIN = 32, CHALLENGE_WITH_INFO = 48, ANSWER_HEADER = 64 };

void ntlm_challenge_release(struct ntlm_challenge *c)
{
    buf_release(&c->target_info);
}

/* ---- Little endian ---- */

static unsigned read_16(const char *at)
{
    return (unsigned)(unsigned char)at[0] | (unsigned)(unsigned char)at[1] << 8;
}

static uint32_t read_32(const char *at)
{
    return (uint32_t)read_16(at) | (uint32_t)read_16(at + 2) << 16;
}

static void add_number(struct buf *to, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_append_char(to, (char)(number >> (8 * i) & 0xff));
}

/* Where a field lies in the message. */
static void add_place(struct buf *to, size_t len, size_t offset)
{
    add_number(to, len, 2);
    add_number(to, len, 2);
    add_number(to, offset, 4);
}

/* ---- The first and the second message ---- */

bool ntlm_write_greeting(struct buf *to)
{
    buf_append(to, signature, sizeof(signature));
    add_number(to, 1, 4);
    add_number(to, OEM | REQUEST_TARGET | NTLM_KEY | ALWAYS_SIGN | NTLM2_KEY, 4);
    add_place(to, 0, 0); /* domain */
    add_place(to, 0, 0); /* workstation */
    return !buf_failed(to);
}

static bool read_target_info(struct str message, struct ntlm_challenge *c)
{
    size_t len, offset;

    if (!(c->flags & TARGET_INFO) || message.len < CHALLENGE_WITH_INFO)
        return true;
    len = read_16(message.at + 40);
    offset = read_32(message.at + 44);
    if (!len)
        return true;
    if (offset < CHALLENGE_WITH_INFO || offset > message.len || len > message.len - offset)
        return false;
    return buf_append(&c->target_info, message.at + offset, len);
}

bool ntlm_read_challenge(struct str message, struct ntlm_challenge *c)
{
    buf_clear(&c->target_info);
    if (message.len < CHALLENGE_MIN || memcmp(message.at, signature, sizeof(signature)) != 0 ||
        read_32(message.at + 8) != 2)
        return false;
    c->flags = read_32(message.at + 20);
    memcpy(c->nonce, message.at + 24, sizeof(c->nonce));
    return read_target_info(message, c);
}

/* ---- The third message ---- */

/* Who the user is, apart. */
struct names {
    struct str domain, user;
};

static struct names split(struct str user)
{
    for (size_t i = 0; i < user.len; i++) {
        if (user.at[i] == '\\' || user.at[i] == '/')
            return (struct names){
                .domain = {user.at,         i               },
                  .user = {user.at + i + 1, user.len - i - 1}
            };
    }
    return (struct names){
        .domain = {"", 0},
          .user = user
    };
}

static bool add_name(struct buf *to, struct str name, bool unicode)
{
    return unicode ? ntlm_append_utf16(to, name) : buf_append(to, name.at, name.len);
}

static bool respond(const struct ntlm_challenge *c, const struct ntlm_answer *a,
                    const struct names *names, struct buf *lm, struct buf *nt)
{
    if (!c->target_info.len)
        return ntlm_respond(a->password, c->nonce, lm, nt);
    return ntlm_respond_v2(
        &(struct ntlm_v2){
            .user = names->user,
            .domain = names->domain,
            .password = a->password,
            .nonce = c->nonce,
            .entropy = a->entropy,
            .time = a->time,
            .target_info = {buf_text(&c->target_info), c->target_info.len}
    },
        lm, nt);
}

enum ntlm_outcome ntlm_write_answer(const struct ntlm_challenge *c, const struct ntlm_answer *a,
                                    struct buf *to)
{
    struct names names = split(a->user);
    bool unicode = c->flags & UNICODE;
    uint32_t flags = c->target_info.len ? c->flags : c->flags & ~(uint32_t)NTLM2_KEY;
    scoped(buf) domain = {0}, user = {0}, workstation = {0}, lm = {0}, nt = {0};
    const struct buf *const fields[] = {&lm, &nt, &domain, &user, &workstation};
    size_t offset = ANSWER_HEADER;

    if (!add_name(&domain, names.domain, unicode) || !add_name(&user, names.user, unicode) ||
        !add_name(&workstation, a->workstation, unicode) || !respond(c, a, &names, &lm, &nt))
        return NTLM_FAILED;
    if (domain.len + user.len + workstation.len > NTLM_NAMES_MAX)
        return NTLM_TOO_LARGE;
    buf_append(to, signature, sizeof(signature));
    add_number(to, 3, 4);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i]->len > UINT16_MAX)
            return NTLM_TOO_LARGE;
        add_place(to, fields[i]->len, offset);
        offset += fields[i]->len;
    }
    add_place(to, 0, 0); /* session key */
    add_number(to, flags, 4);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        buf_append(to, fields[i]->bytes, fields[i]->len);
    return buf_failed(to) ? NTLM_FAILED : NTLM_OK;
}
