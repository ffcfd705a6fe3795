/* SPDX-License-Identifier: MIT */
/* The loop of the loopback server: one thread, one epoll instance, any number of connections. */
#ifndef STRESS_SERVE_H
#define STRESS_SERVE_H

#include <signal.h>
#include <stdbool.h>

#include <openssl/ssl.h>

struct serving {
    int http_fd;      /* listens, does not block; the caller's */
    int https_fd;     /* likewise */
    SSL_CTX *context; /* for https_fd; the caller's */
    int lifeline_fd;  /* serving ends when this one can be read or is closed; -1: none */
    sigset_t signals; /* or when one of these arrives; the caller has blocked them */
};

/* Serves until it is told to end. False when it could not begin or not go on (errno says why). */
bool serve(const struct serving *serving);

#endif
