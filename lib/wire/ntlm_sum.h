/* SPDX-License-Identifier: MIT */
/* The responses of NTLM (MS-NLMP 3.3): what of the password goes over the wire. */
#ifndef WIRE_NTLM_SUM_H
#define WIRE_NTLM_SUM_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* Appends UTF-8 as UTF-16, little endian; bytes that are no UTF-8 count as Latin-1. */
bool ntlm_append_utf16(struct buf *, struct str text);

/* The first version: 24 bytes each. False when memory is short or a sum is not to be had. */
bool ntlm_respond(struct str password, const unsigned char nonce[8], struct buf *lm,
                  struct buf *nt);

struct ntlm_v2 {
    struct str user, domain, password, target_info;
    const unsigned char *nonce, *entropy; /* 8 bytes each */
    uint64_t time;                        /* 100 ns since 1601 */
};

/* The second one. */
bool ntlm_respond_v2(const struct ntlm_v2 *, struct buf *lm, struct buf *nt);

#endif
