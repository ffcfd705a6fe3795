/* SPDX-License-Identifier: MIT */
/* How many connects a worker has under way at a time: a burst of thousands would overflow the
 * server's queue, and each SYN that is dropped costs its transfer a second. */
#ifndef NET_CONNECT_GATE_H
#define NET_CONNECT_GATE_H

#include "base/scope.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct connect_gate;

enum {
    CONNECT_GATE_PLACES = 256,
    /* A connect that takes longer is no burst any more and gives its place away, so that dead hosts
     * do not hold up the others. */
    CONNECT_GATE_MS = 200,
};

/* Gets a place on the current worker, in order of arrival. A fiber. */
WAITS CURLcode connect_gate_enter(int64_t deadline, struct connect_gate **ret_gate);

/* Gives it back and forgets it; nothing if that was done. */
void connect_gate_leave(struct connect_gate **);

#endif
