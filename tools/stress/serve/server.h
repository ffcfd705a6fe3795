/* SPDX-License-Identifier: MIT */
/*
 * The loopback server as a process of its own, so that what it costs is not counted as the
 * client's. It listens on 127.0.0.1, at two ports that the system chooses, for HTTP and for HTTPS;
 * the certificate is made for the run and the folder that it is in goes away with the server.
 * Paths: see answer.h.
 */
#ifndef STRESS_SERVER_H
#define STRESS_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    SERVER_PATH_MAX = 512,
    SERVER_ERROR_MAX = 256,
};

/* What a client has to know. */
struct server_address {
    uint16_t http_port;
    uint16_t https_port;
    char authority[SERVER_PATH_MAX]; /* file with the certificate to trust */
};

struct server {
    struct server_address address;
    pid_t process;
    int lifeline; /* the server ends when this end is closed, however that comes about */
};

/*
 * Starts the process and waits until it listens. To be called before any thread exists. False:
 * `error` says why and nothing is left behind.
 */
bool server_start(struct server *server, char error[SERVER_ERROR_MAX]);

/* Ends the process and waits for it. */
void server_stop(struct server *server);

/*
 * Serves in this process until SIGINT, SIGTERM or SIGHUP; `announce` is called once it listens.
 * False: `error` says why.
 */
bool server_run(void (*announce)(const struct server_address *address),
                char error[SERVER_ERROR_MAX]);

#endif
