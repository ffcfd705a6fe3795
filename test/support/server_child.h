/* SPDX-License-Identifier: MIT */
/* What the test and its server process share: see server.h. */
#ifndef TEST_SUPPORT_SERVER_CHILD_H
#define TEST_SUPPORT_SERVER_CHILD_H

#include "server.h"

/* A request as it stands in the record of its connection. */
struct server_record {
    uint32_t connection;
    uint32_t offset;
    uint32_t len;
};

/* Shared memory. The child writes, the test reads, except for the gates. Counters are stored last,
 * with release order, so what they count is complete. */
struct server_shared {
    uint32_t accepted;
    uint32_t requests;
    uint32_t gates; /* bits; written by the test */
    struct server_connection connections[SERVER_CONNECTIONS_MAX];
    struct server_record records[SERVER_REQUESTS_MAX];
    char bytes[SERVER_CONNECTIONS_MAX][SERVER_RECORD_MAX];
};

struct server_child {
    struct server_shared *shared;
    const struct server_plan *plan;
    int listener;
    int kick; /* eventfd: the test opened a gate */
    int news; /* eventfd: the child tells that something changed */
};

/* The life of the server process. Never returns. */
_Noreturn void server_child_run(const struct server_child *child);

#endif
