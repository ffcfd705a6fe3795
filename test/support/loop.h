/* SPDX-License-Identifier: MIT */
/* An event loop on epoll for curl_multi_socket_action(), as an application writes it: the socket
 * callback keeps the epoll set, the timer callback the deadline. */
#ifndef TEST_SUPPORT_LOOP_H
#define TEST_SUPPORT_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

enum { LOOP_SOCKETS_MAX = 256 };

struct loop_socket {
    int fd;
    int what; /* CURL_POLL_IN ... as reported last */
};

struct loop {
    CURLM *multi;
    int epoll_fd;
    int64_t deadline_ms; /* -1: no timer */
    long timer_ms;       /* what the timer callback said last, -99: nothing yet */
    unsigned timer_calls;
    unsigned socket_calls;
    unsigned repeated; /* socket callbacks that told what was known already */
    unsigned watched;  /* sockets in the set */
    struct loop_socket sockets[LOOP_SOCKETS_MAX];
    int running;
    /* How the application behaves. */
    bool pass_no_events; /* ev_bitmask 0 */
    int socket_result;   /* what the callbacks return */
    int timer_result;
    void *assigned;          /* given to curl_multi_assign() for each new socket */
    unsigned seen_assigned;  /* and seen again in a later callback */
    CURL *pause_in_callback; /* curl_easy_pause() on it from the socket callback */
    CURLcode pause_result;
    unsigned messages;
    bool one_message_an_event; /* read one message, then wait for the next event */
};

void loop_open(struct loop *loop, CURLM *multi);
void loop_close(struct loop *loop);

/* One turn: wait up to timeout_ms for a socket or the timer, then act. Returns false if nothing
 * came. */
bool loop_turn(struct loop *loop, int timeout_ms);

/* Kicks the transfers off and turns until none runs; fails the test after 20 seconds. */
void loop_kick(struct loop *loop);
void loop_run(struct loop *loop);

#endif
