/* SPDX-License-Identifier: MIT */
/* SSH (RFC 4251 to 4254): what SFTP and SCP share. libssh2 packs and encrypts; its session never
 * blocks: where it has to wait, the fiber does, and the call is made again. */
#ifndef PROTOCOLS_SSH_H
#define PROTOCOLS_SSH_H

#include "base/buf.h"
#include "base/list.h"
#include "protocols/hop.h"

#include <libssh2.h>
#include <libssh2_sftp.h>
#include <stdbool.h>
#include <stdint.h>

/* What is known of a connection that is logged in: connection->memory. */
struct ssh_memory {
    struct connection *c;
    LIBSSH2_SESSION *session;
    struct list pieces;          /* of its memory */
    LIBSSH2_SFTP *sftp;          /* NULL: not begun */
    LIBSSH2_SFTP_HANDLE *handle; /* the open file or folder; NULL: none */
    LIBSSH2_CHANNEL *channel;    /* of SCP; NULL: none */
    char *home;                  /* where SFTP has put us; owned */
    bool has_keys;               /* the handshake is through */
    bool is_cut;                 /* nothing is sent or received any more */
    bool is_short;               /* memory ran out in the library */
    unsigned stalls;             /* of the stream, since the library was called */
    const char *password;        /* for questions of the server's; while it is logged in */
};

struct ssh {
    struct hop *hop;
    struct connection *c;
    struct ssh_memory *memory; /* the connection's */
    struct buf path;           /* the file as the server has it */
    int64_t deadline;          /* us: for the call that is running */
    bool answered;             /* the server said something in this transfer */
};

/* ---- ssh_session.c ---- */

/* A session on the connection, in its memory. CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT. */
CURLcode ssh_session_new(struct ssh *);

/* Memory for the library to free; NULL: there is none, and the session ends. */
void *ssh_take_memory(struct ssh_memory *, size_t size);

/* ---- ssh_talk.c ---- */

/* Says why and returns the code. */
CURLcode ssh_fail(struct ssh *, CURLcode, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ssh_log(const struct ssh *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A call of the library begins: it has CURLOPT_SERVER_RESPONSE_TIMEOUT, or all the time. */
void ssh_begin(struct ssh *);
void ssh_begin_data(struct ssh *);

/* The library was called: it wants to wait (`again`), then this does; true: call it once more.
 * Otherwise *result: CURLE_OK, CURLE_OPERATION_TIMEDOUT, CURLE_ABORTED_BY_CALLBACK. */
WAITS bool ssh_waits(struct ssh *, bool again, CURLcode *result);

/* The last call of the library wants to wait. */
bool ssh_wants(const struct ssh *);

/* The last failure of the library as a code. */
CURLcode ssh_error(const struct ssh *);

/* Says what the library says of it. */
CURLcode ssh_say_error(struct ssh *, const char *what);

/* Lines for the header callback, and the log. */
WAITS CURLcode ssh_tell(struct ssh *, const struct buf *lines);

/* ---- ssh_hostkey.c ---- */

/* Has the server show a key that we know, if we know any of it. */
CURLcode ssh_prefer_known_keys(struct ssh *);

/* Whether the server is who it should be: CURLE_PEER_FAILED_VERIFICATION, CURLE_SSH. */
WAITS CURLcode ssh_check_host(struct ssh *);

/* ---- ssh_login.c ---- */

/* Who we are. CURLE_LOGIN_DENIED. */
WAITS CURLcode ssh_log_in(struct ssh *);

/* ---- ssh_agent.c ---- */

/* With the keys of an agent, if there is one; *ret_done: the server knows us. */
WAITS CURLcode ssh_log_in_by_agent(struct ssh *, const char *user, bool *ret_done);

/* ---- ssh.c ---- */

/* The connection is ready: handshake, host key, login, unless it served before. */
WAITS CURLcode ssh_begin_connection(struct ssh *);

/* A transfer of either protocol: from the URL's path to what becomes of the connection. */
WAITS CURLcode ssh_run(struct hop *, CURLcode (*transfer)(struct ssh *));

/* Bytes of the file: source of an upload. Where it is to begin, which a reader that cannot seek
 * reads past. */
WAITS CURLcode ssh_skip_source(struct ssh *, curl_off_t skip);

/* Writes what the program's reader gives by `write`, which returns how much of it went, or an
 * error of the library's. */
WAITS CURLcode ssh_send_all(struct ssh *,
                            ssize_t (*write)(struct ssh_memory *, const char *bytes, size_t len));

/* Reads by `read` and gives it to the program: `most` bytes, -1: all. *ret_got: how many. */
WAITS CURLcode ssh_receive_all(struct ssh *,
                               ssize_t (*read)(struct ssh_memory *, char *bytes, size_t len),
                               curl_off_t most, curl_off_t *ret_got);

/* ---- sftp*.c ---- */

/* SFTP's last failure (LIBSSH2_FX_*), 0: it was none of SFTP's; in words; and as a code. */
unsigned long sftp_status(const struct ssh *);
const char *sftp_status_text(unsigned long number);
CURLcode sftp_error(const struct ssh *);

/* Closes the file or folder, if one is open. */
WAITS CURLcode sftp_close(struct ssh *);

/* CURLOPT_QUOTE, CURLOPT_POSTQUOTE. CURLE_QUOTE_ERROR. */
WAITS CURLcode sftp_quotes(struct ssh *, const struct curl_slist *);

WAITS CURLcode sftp_list(struct ssh *);
WAITS CURLcode sftp_download(struct ssh *);
WAITS CURLcode sftp_upload(struct ssh *);

#endif
