/* SPDX-License-Identifier: MIT */
/* What an easy handle remembers of how a server wants to be told who asks, its Digest challenge
 * included, so that the next transfer need not ask again. It goes to the worker with the request
 * and comes back with the end. */
#ifndef BOUNDARY_AUTH_MEMORY_H
#define BOUNDARY_AUTH_MEMORY_H

#include "base/buf.h"
#include "wire/digest.h"

struct auth_memory {
    struct buf origin;    /* whose challenge it is: nobody else is answered with it */
    struct buf user;      /* who was asked: nobody else answers it */
    unsigned long picked; /* CURLAUTH_*: the method, chosen among several; 0: none */
    struct digest digest; /* empty: there was no such challenge */
    bool refused;         /* its last answer was */
};

void auth_memory_free(struct auth_memory *); /* takes NULL */

#endif
