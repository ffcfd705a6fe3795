/* SPDX-License-Identifier: MIT */
/* NTLM's three messages (MS-NLMP), without signing or sealing: the client's greeting, the server's
 * challenge, the client's answer. NTLMv2 where the server gives target information, else the first
 * version. Bytes, not yet in base64. */
#ifndef WIRE_NTLM_H
#define WIRE_NTLM_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct ntlm_challenge {
    uint32_t flags;
    unsigned char nonce[8];
    struct buf target_info; /* empty: none */
};
void ntlm_challenge_release(struct ntlm_challenge *);
DEFINE_SCOPED(ntlm_challenge)

/* The first message: no names in it. */
bool ntlm_write_greeting(struct buf *);

/* Reads the second message; false when it is none. `c` is zeroed or used, and replaced. A failed
 * allocation shows in buf_failed(&c->target_info). */
bool ntlm_read_challenge(struct str message, struct ntlm_challenge *c);

struct ntlm_answer {
    struct str user; /* "name", "DOMAIN\name" or "DOMAIN/name"; UTF-8 */
    struct str password;
    struct str workstation;
    uint64_t time;            /* 100 ns since 1601 */
    unsigned char entropy[8]; /* unpredictable */
};

enum { NTLM_NAMES_MAX = 1024 }; /* bytes of user, domain and workstation together */

enum ntlm_outcome {
    NTLM_OK,
    NTLM_TOO_LARGE, /* names beyond NTLM_NAMES_MAX, or a field beyond 64 KiB */
    NTLM_FAILED,    /* memory is short, or the sums are not to be had */
};

/* The third message. */
enum ntlm_outcome ntlm_write_answer(const struct ntlm_challenge *, const struct ntlm_answer *,
                                    struct buf *);

#endif
