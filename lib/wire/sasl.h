/* SPDX-License-Identifier: MIT */
/* Mechanisms of SASL (RFC 4422): their names, and what a client says in each. All texts are bytes,
 * not yet in base64. The appending ones return false when memory is short (or the sum is not to be
 * had). */
#ifndef WIRE_SASL_H
#define WIRE_SASL_H

#include "base/buf.h"
#include "base/str.h"

#include <stdbool.h>

/* A set of mechanisms is a sum of these. */
enum {
    SASL_LOGIN = 1 << 0,
    SASL_PLAIN = 1 << 1,      /* RFC 4616 */
    SASL_CRAM_MD5 = 1 << 2,   /* RFC 2195 */
    SASL_DIGEST_MD5 = 1 << 3, /* RFC 2831 */
    SASL_NTLM = 1 << 4,
    SASL_EXTERNAL = 1 << 5, /* RFC 4422 A */
    SASL_XOAUTH2 = 1 << 6,
    SASL_OAUTHBEARER = 1 << 7, /* RFC 7628 */
    SASL_ALL = (1 << 8) - 1,
    SASL_DEFAULT = SASL_ALL & ~SASL_EXTERNAL, /* what is used without being asked for */
};

/* The mechanism of a name in any case; 0: not known here. */
unsigned sasl_find(struct str name);

/* Its name. */
const char *sasl_name(unsigned mechanism);

/* Those of a list of words. */
unsigned sasl_read_list(struct str words);

/* The best of a set: 0 for none that can be used. */
struct sasl_means {
    bool user, password, bearer; /* there is one */
};
unsigned sasl_choose(unsigned set, const struct sasl_means *);

/* Who the program is. Parts that are empty are not there. */
struct sasl_who {
    struct str user, password, bearer;
    struct str authzid; /* whom it acts for */
    struct str host;
    int port;
};

bool sasl_append_plain(struct buf *, const struct sasl_who *);
bool sasl_append_xoauth2(struct buf *, const struct sasl_who *);
bool sasl_append_oauthbearer(struct buf *, const struct sasl_who *);
bool sasl_append_cram(struct buf *, const struct sasl_who *, struct str challenge);

/* DIGEST-MD5. `cnonce`: unpredictable, without quotes; `uri`: "service/host". */
enum sasl_outcome {
    SASL_OK,
    SASL_UNUSABLE, /* the challenge is none */
    SASL_NO_MEMORY,
};
enum sasl_outcome sasl_append_digest(struct buf *, const struct sasl_who *, struct str challenge,
                                     struct str cnonce, struct str uri);

#endif
