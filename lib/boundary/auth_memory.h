/* SPDX-License-Identifier: MIT */
/* What an easy handle remembers of a server's Digest challenge, so that its next transfer need not
 * ask for another one. It goes to the worker with the request and comes back with the end. */
#ifndef BOUNDARY_AUTH_MEMORY_H
#define BOUNDARY_AUTH_MEMORY_H

#include "base/buf.h"
#include "wire/digest.h"

struct auth_memory {
    struct buf origin; /* whose challenge it is: nobody else is answered with it */
    struct buf user;   /* who was asked: nobody else answers it */
    struct digest digest;
    bool refused; /* its last answer was */
};

void auth_memory_free(struct auth_memory *); /* takes NULL */

#endif
