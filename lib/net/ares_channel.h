/* SPDX-License-Identifier: MIT */
/* A c-ares channel in a worker's loop: it sends questions, the loop tells it of its sockets and
 * times. c-ares 1.18 is not thread-safe; a channel is its worker's alone, and so is every call
 * here. Answers come on the worker's own stack, or on the asking fiber's before channel_ask
 * returns, with nothing of the channel in use that they could disturb. */
#ifndef NET_ARES_CHANNEL_H
#define NET_ARES_CHANNEL_H

#include "base/list.h"
#include "runtime/timers.h"

#include <ares.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

struct channel {
    struct list_link link; /* whoever keeps it */
    ares_channel ares;
    struct worker *worker;
    struct list sockets; /* of struct channel_socket */
    struct list waiting; /* of struct question: more than are to be open at once */
    struct timer timer;  /* when c-ares wants to be called without an event; has a place reserved */
    int open;            /* questions sent and not answered */
    int64_t batch_start; /* us: of those that were sent at about the same time */
    unsigned batch;      /* its number */
    int batch_open;      /* how many of it are not answered */
    bool is_processing;  /* c-ares is at work: what changes is seen at its end */
    bool is_asking;      /* the waiting questions are being sent, by somebody further out */
    bool is_closing;     /* nothing is sent any more */
    bool is_blind;       /* a socket of it could not be watched */
    bool is_giving_up;   /* what is cancelled failed for want of memory */
};

/* `lookups` as c-ares has them: "f" the hosts file, "b" DNS. Of the current worker.
 * `resolver_file` is what resolv.conf(5) describes.
 * CURLE_OUT_OF_MEMORY, or CURLE_FAILED_INIT when c-ares refuses for another reason. */
CURLcode channel_open(struct channel *, const char *lookups, const char *resolver_file);

/* Answers what is open with ARES_EDESTRUCTION. */
void channel_close(struct channel *);

/* Answers what is open with ARES_ECANCELLED. */
void channel_cancel(struct channel *);

/* True when no question is open. */
bool channel_is_idle(const struct channel *);

/* Asks for the addresses of one family (AF_UNSPEC: of both); `done` is called exactly once. */
void channel_ask(struct channel *, const char *name, int family, ares_addrinfo_callback done,
                 void *argument);

#endif
