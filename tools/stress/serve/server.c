/* SPDX-License-Identifier: MIT */
/* Starts, announces and ends the loopback server; what it does meanwhile is in serve.c. */
#include "serve/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/certificate.h"
#include "serve/serve.h"

/* All that a running server holds. */
struct stage {
    struct server_address address;
    struct certificate certificate;
    struct serving serving;
    char folder[SERVER_PATH_MAX - 32]; /* empty: not made */
};

/* The first words of a server process to its parent. */
struct announcement {
    bool listens;
    char error[SERVER_ERROR_MAX]; /* if it does not */
    struct server_address address;
};

static bool fail(char error[SERVER_ERROR_MAX], const char *what)
{
    snprintf(error, SERVER_ERROR_MAX, "%s: %s", what, strerrordesc_np(errno));
    return false;
}

/* A socket that listens at a port of 127.0.0.1 that the system chooses; -1 with errno set. */
static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 &&
        (bind(fd, (const struct sockaddr *)&address, len) != 0 || listen(fd, SOMAXCONN) != 0 ||
         getsockname(fd, (struct sockaddr *)&address, &len) != 0)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

static bool make_folder(struct stage *stage)
{
    const char *parent = getenv("TMPDIR"); /* NOLINT(concurrency-mt-unsafe): there is one thread */

    if (parent == NULL || parent[0] == '\0') {
        parent = P_tmpdir;
    }
    int len = snprintf(stage->folder, sizeof(stage->folder), "%s/curlpool-stress-XXXXXX", parent);
    if (len < 0 || (size_t)len >= sizeof(stage->folder)) {
        stage->folder[0] = '\0';
        errno = ENAMETOOLONG;
        return false;
    }
    if (mkdtemp(stage->folder) == NULL) {
        stage->folder[0] = '\0';
        return false;
    }
    return true;
}

static bool stage_init(struct stage *stage, char error[SERVER_ERROR_MAX])
{
    memset(stage, 0, sizeof(*stage));
    stage->serving.http_fd = -1;
    stage->serving.https_fd = -1;
    stage->serving.lifeline_fd = -1;
    if (certificate_make(&stage->certificate)) {
        stage->serving.context = certificate_context(&stage->certificate);
    }
    if (stage->serving.context == NULL) {
        snprintf(error, SERVER_ERROR_MAX, "OpenSSL could not make a certificate");
        return false;
    }
    if (!make_folder(stage)) {
        return fail(error, "no temporary folder");
    }
    snprintf(stage->address.authority, sizeof(stage->address.authority), "%s/authority.pem",
             stage->folder);
    if (!certificate_write_authority(&stage->certificate, stage->address.authority)) {
        return fail(error, "cannot write the certificate");
    }
    stage->serving.http_fd = listen_somewhere(&stage->address.http_port);
    if (stage->serving.http_fd >= 0) {
        stage->serving.https_fd = listen_somewhere(&stage->address.https_port);
    }
    return stage->serving.https_fd >= 0 || fail(error, "cannot listen on 127.0.0.1");
}

static void stage_release(struct stage *stage)
{
    if (stage->serving.http_fd >= 0) {
        close(stage->serving.http_fd);
    }
    if (stage->serving.https_fd >= 0) {
        close(stage->serving.https_fd);
    }
    SSL_CTX_free(stage->serving.context);
    certificate_release(&stage->certificate);
    if (stage->folder[0] != '\0') {
        if (stage->address.authority[0] != '\0') {
            unlink(stage->address.authority);
        }
        rmdir(stage->folder);
    }
}

/* Blocks what would kill a server between two steps; `ends` are the signals that end it properly.
 */
static void block_signals(sigset_t *ends, bool also_interrupt)
{
    sigset_t blocked;

    sigemptyset(ends);
    sigaddset(ends, SIGTERM);
    if (also_interrupt) {
        sigaddset(ends, SIGINT);
        sigaddset(ends, SIGHUP);
    }
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGHUP);
    sigaddset(&blocked, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
}

/* The whole life of the server process. The parent's end of a terminal's signals is not its own. */
static bool run_as_child(int lifeline)
{
    struct stage stage;
    struct announcement announcement = {0};
    sigset_t ends;

    block_signals(&ends, false);
    announcement.listens = stage_init(&stage, announcement.error);
    announcement.address = stage.address;
    stage.serving.lifeline_fd = lifeline;
    stage.serving.signals = ends;
    bool works = send(lifeline, &announcement, sizeof(announcement), MSG_NOSIGNAL) ==
                 (ssize_t)sizeof(announcement);
    if (works && announcement.listens) {
        works = serve(&stage.serving);
    }
    stage_release(&stage);
    return works;
}

static bool receive_announcement(int lifeline, struct announcement *announcement)
{
    ssize_t received = 0;

    do {
        received = recv(lifeline, announcement, sizeof(*announcement), MSG_WAITALL);
    } while (received < 0 && errno == EINTR);
    return received == (ssize_t)sizeof(*announcement);
}

bool server_start(struct server *server, char error[SERVER_ERROR_MAX])
{
    struct announcement announcement;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return fail(error, "no socket pair");
    }
    fflush(NULL);
    server->lifeline = ends[0];
    server->process = fork();
    if (server->process < 0) {
        close(ends[0]);
        close(ends[1]);
        return fail(error, "no process for the server");
    }
    if (server->process == 0) {
        close(ends[0]);
        _exit(run_as_child(ends[1]) ? 0 : 1);
    }
    close(ends[1]);
    if (!receive_announcement(server->lifeline, &announcement)) {
        snprintf(error, SERVER_ERROR_MAX, "the server process ended at once");
    } else if (!announcement.listens) {
        memcpy(error, announcement.error, SERVER_ERROR_MAX);
    } else {
        server->address = announcement.address;
        return true;
    }
    server_stop(server);
    return false;
}

void server_stop(struct server *server)
{
    close(server->lifeline);
    while (waitpid(server->process, NULL, 0) < 0 && errno == EINTR) {
    }
}

bool server_run(void (*announce)(const struct server_address *address),
                char error[SERVER_ERROR_MAX])
{
    struct stage stage;
    sigset_t ends;

    block_signals(&ends, true);
    bool works = stage_init(&stage, error);
    if (works) {
        stage.serving.signals = ends;
        announce(&stage.address);
        works = serve(&stage.serving) || fail(error, "the server");
    }
    stage_release(&stage);
    return works;
}
