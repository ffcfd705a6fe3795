/* SPDX-License-Identifier: MIT */
/* The multi interface: many transfers at once, driven by calls that do not block.
 * curl.h comes first, also when this header is included by itself: it includes this one in turn. */
#include "curl.h"

#ifndef CURLINC_MULTI_H
#define CURLINC_MULTI_H

#include <sys/select.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef CURL_STRICTER
typedef struct Curl_multi CURLM;
#else
typedef void CURLM;
#endif

typedef enum {
    CURLM_CALL_MULTI_PERFORM = -1,
    CURLM_OK = 0,
    CURLM_BAD_HANDLE = 1,
    CURLM_BAD_EASY_HANDLE = 2,
    CURLM_OUT_OF_MEMORY = 3,
    CURLM_INTERNAL_ERROR = 4,
    CURLM_BAD_SOCKET = 5,
    CURLM_UNKNOWN_OPTION = 6,
    CURLM_ADDED_ALREADY = 7,
    CURLM_RECURSIVE_API_CALL = 8,
    CURLM_WAKEUP_FAILURE = 9,
    CURLM_BAD_FUNCTION_ARGUMENT = 10,
    CURLM_ABORTED_BY_CALLBACK = 11,
    CURLM_UNRECOVERABLE_POLL = 12,
    CURLM_LAST /* not a code */
} CURLMcode;

#define CURLM_CALL_MULTI_SOCKET CURLM_CALL_MULTI_PERFORM

/* ---- Options ---- */

typedef enum {
    CURLMOPT_SOCKETFUNCTION = CURLOPTTYPE_FUNCTIONPOINT + 1,
    CURLMOPT_SOCKETDATA = CURLOPTTYPE_CBPOINT + 2,
    CURLMOPT_PIPELINING = CURLOPTTYPE_LONG + 3,
    CURLMOPT_TIMERFUNCTION = CURLOPTTYPE_FUNCTIONPOINT + 4,
    CURLMOPT_TIMERDATA = CURLOPTTYPE_CBPOINT + 5,
    CURLMOPT_MAXCONNECTS = CURLOPTTYPE_LONG + 6,
    CURLMOPT_MAX_HOST_CONNECTIONS = CURLOPTTYPE_LONG + 7,
    CURLMOPT_MAX_PIPELINE_LENGTH = CURLOPTTYPE_LONG + 8,
    CURLMOPT_CONTENT_LENGTH_PENALTY_SIZE = CURLOPTTYPE_OFF_T + 9,
    CURLMOPT_CHUNK_LENGTH_PENALTY_SIZE = CURLOPTTYPE_OFF_T + 10,
    CURLMOPT_PIPELINING_SITE_BL = CURLOPTTYPE_OBJECTPOINT + 11,
    CURLMOPT_PIPELINING_SERVER_BL = CURLOPTTYPE_OBJECTPOINT + 12,
    CURLMOPT_MAX_TOTAL_CONNECTIONS = CURLOPTTYPE_LONG + 13,
    CURLMOPT_PUSHFUNCTION = CURLOPTTYPE_FUNCTIONPOINT + 14,
    CURLMOPT_PUSHDATA = CURLOPTTYPE_CBPOINT + 15,
    CURLMOPT_MAX_CONCURRENT_STREAMS = CURLOPTTYPE_LONG + 16,
    CURLMOPT_NETWORK_CHANGED = CURLOPTTYPE_LONG + 17,
    CURLMOPT_NOTIFYFUNCTION = CURLOPTTYPE_FUNCTIONPOINT + 18,
    CURLMOPT_NOTIFYDATA = CURLOPTTYPE_CBPOINT + 19,
    CURLMOPT_RESOLVE_THREADS_MAX = CURLOPTTYPE_LONG + 20,
    CURLMOPT_QUICK_EXIT = CURLOPTTYPE_LONG + 21,
    CURLMOPT_LASTENTRY /* not an option */
} CURLMoption;

/* Bits of CURLMOPT_PIPELINING. */
#define CURLPIPE_NOTHING   0L
#define CURLPIPE_HTTP1     (1L << 0)
#define CURLPIPE_MULTIPLEX (1L << 1)

/* Bits of CURLMOPT_NETWORK_CHANGED. */
#define CURLMNWC_CLEAR_ALL   (1L << 0)
#define CURLMNWC_CLEAR_CONNS (1L << 1)
#define CURLMNWC_CLEAR_DNS   (1L << 2)

CURL_EXTERN CURLM *curl_multi_init(void);
CURL_EXTERN CURLMcode curl_multi_cleanup(CURLM *multi);
CURL_EXTERN CURLMcode curl_multi_setopt(CURLM *multi, CURLMoption option, ...);
CURL_EXTERN const char *curl_multi_strerror(CURLMcode code);

/* ---- Transfers ---- */

CURL_EXTERN CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy);
CURL_EXTERN CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy);

/* The handles that were added, NULL behind the last; to be freed with curl_free(). */
CURL_EXTERN CURL **curl_multi_get_handles(CURLM *multi);

CURL_EXTERN CURLMcode curl_multi_perform(CURLM *multi, int *running_handles);

/* What has happened to a transfer. */
typedef enum {
    CURLMSG_NONE,
    CURLMSG_DONE,
    CURLMSG_LAST /* not a value */
} CURLMSG;

struct CURLMsg {
    CURLMSG msg;
    CURL *easy_handle;
    union {
        void *whatever;
        CURLcode result; /* CURLMSG_DONE: of the transfer */
    } data;
};
typedef struct CURLMsg CURLMsg;

/* The next message, NULL when there is none. It is valid until the handle is removed. */
CURL_EXTERN CURLMsg *curl_multi_info_read(CURLM *multi, int *messages_left);

/* Counters of curl_multi_get_offt. */
typedef enum {
    CURLMINFO_NONE,
    CURLMINFO_XFERS_CURRENT,
    CURLMINFO_XFERS_RUNNING,
    CURLMINFO_XFERS_PENDING,
    CURLMINFO_XFERS_DONE,
    CURLMINFO_XFERS_ADDED,
    CURLMINFO_LASTENTRY /* not a value */
} CURLMinfo_offt;

CURL_EXTERN CURLMcode curl_multi_get_offt(CURLM *multi, CURLMinfo_offt info, curl_off_t *value);

/* ---- Waiting ---- */

/* What to wait for on a descriptor of the program's. */
#define CURL_WAIT_POLLIN  (1 << 0)
#define CURL_WAIT_POLLPRI (1 << 1)
#define CURL_WAIT_POLLOUT (1 << 2)

struct curl_waitfd {
    curl_socket_t fd;
    short events;  /* CURL_WAIT_* */
    short revents; /* what came */
};

CURL_EXTERN CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd extra_fds[],
                                      unsigned int extra_count, int timeout_ms, int *ready);
CURL_EXTERN CURLMcode curl_multi_wait(CURLM *multi, struct curl_waitfd extra_fds[],
                                      unsigned int extra_count, int timeout_ms, int *ready);

/* Ends a curl_multi_poll that waits or that comes next; from any thread. */
CURL_EXTERN CURLMcode curl_multi_wakeup(CURLM *multi);

CURL_EXTERN CURLMcode curl_multi_fdset(CURLM *multi, fd_set *read_fds, fd_set *write_fds,
                                       fd_set *error_fds, int *max_fd);
CURL_EXTERN CURLMcode curl_multi_waitfds(CURLM *multi, struct curl_waitfd *fds, unsigned int size,
                                         unsigned int *count);
CURL_EXTERN CURLMcode curl_multi_timeout(CURLM *multi, long *timeout_ms);

/* ---- Under an event loop ---- */

/* What the socket callback is asked to wait for. */
#define CURL_POLL_NONE   0
#define CURL_POLL_IN     1
#define CURL_POLL_OUT    2
#define CURL_POLL_INOUT  3
#define CURL_POLL_REMOVE 4

/* What curl_multi_socket_action is told has happened. */
#define CURL_CSELECT_IN  (1 << 0)
#define CURL_CSELECT_OUT (1 << 1)
#define CURL_CSELECT_ERR (1 << 2)

#define CURL_SOCKET_TIMEOUT CURL_SOCKET_BAD

typedef int (*curl_socket_callback)(CURL *easy, curl_socket_t fd, int what, void *user,
                                    void *assigned);
typedef int (*curl_multi_timer_callback)(CURLM *multi, long timeout_ms, void *user);

CURL_EXTERN CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int ev_bitmask,
                                               int *running_handles);
CURL_EXTERN CURLMcode curl_multi_assign(CURLM *multi, curl_socket_t fd, void *assigned);

CURL_EXTERN CURLMcode CURL_DEPRECATED(7.19.5, "Use curl_multi_socket_action()")
    curl_multi_socket(CURLM *multi, curl_socket_t fd, int *running_handles);
CURL_EXTERN CURLMcode CURL_DEPRECATED(7.19.5, "Use curl_multi_socket_action()")
    curl_multi_socket_all(CURLM *multi, int *running_handles);

/* ---- Notifications ---- */

#define CURLMNOTIFY_INFO_READ 0
#define CURLMNOTIFY_EASY_DONE 1

typedef void (*curl_notify_callback)(CURLM *multi, unsigned int notification, CURL *easy,
                                     void *user);

CURL_EXTERN CURLMcode curl_multi_notify_enable(CURLM *multi, unsigned int notification);
CURL_EXTERN CURLMcode curl_multi_notify_disable(CURLM *multi, unsigned int notification);

/* ---- Server push ---- */

/* What the push callback decides. */
#define CURL_PUSH_OK       0
#define CURL_PUSH_DENY     1
#define CURL_PUSH_ERROROUT 2

struct curl_pushheaders;

typedef int (*curl_push_callback)(CURL *parent, CURL *easy, size_t header_count,
                                  struct curl_pushheaders *headers, void *user);

CURL_EXTERN char *curl_pushheader_bynum(struct curl_pushheaders *headers, size_t index);
CURL_EXTERN char *curl_pushheader_byname(struct curl_pushheaders *headers, const char *name);

#ifdef __cplusplus
}
#endif

#endif
