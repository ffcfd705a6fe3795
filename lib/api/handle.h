/* SPDX-License-Identifier: MIT */
/* The easy and multi handles as the files of this room see them. Application side only.
 *
 * One lock a multi handle guards its lists and queues; it is held for a few lines and never during
 * a callback. The thread that is inside a driving call (perform, socket_action, ...) is the
 * performer: callbacks run on it, one at a time; another thread that wants to drive waits for its
 * turn, and a call of the performer itself that would drive or change the handle is a recursion. */
#ifndef API_HANDLE_H
#define API_HANDLE_H

#include "api/altsvc_engine.h"
#include "api/cookie_engine.h"
#include "api/guest.h"
#include "api/headers.h"
#include "api/host_memo.h"
#include "api/hsts_engine.h"
#include "api/progress.h"
#include "api/ws_session.h"
#include "base/list.h"
#include "base/lock.h"
#include "boundary/exchange.h"
#include "boundary/facts.h"
#include "boundary/settings.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct curl_mimepart;
struct mime_reader;
struct share;
struct multi;

enum {
    EASY_MAGIC = 0x65617379,
    MULTI_MAGIC = 0x6d756c74,
    GONE_MAGIC = 0x676f6e65,
};

enum easy_state {
    EASY_IDLE,    /* in no multi handle */
    EASY_ADDED,   /* starts with the next driving call */
    EASY_RUNNING, /* has an exchange whose end was not delivered */
    EASY_ENDED,   /* its CURLMsg is in the queue, or was read */
};

struct easy {
    unsigned magic;

    /* The caller's thread. */
    struct settings *settings; /* counted; cloned before a write when a transfer has it too */
    struct share *share;       /* CURLOPT_SHARE; counted */
    struct cookie_engine cookies;
    struct altsvc_engine altsvc;
    struct hsts_engine hsts;
    struct multi *own_multi;         /* drives curl_easy_perform; NULL before the first */
    struct curl_mimepart *form_root; /* holds the structure of CURLOPT_MIMEPOST; owned, or NULL */
    struct connection *kept;         /* CURLOPT_CONNECT_ONLY: ours after the transfer */
    struct ws_session ws;

    /* The performer's, between start and end of a transfer; the caller's otherwise. */
    struct facts facts;
    struct headers headers;
    struct progress progress;
    struct curl_certinfo *certinfo;
    struct auth_memory *auth; /* what the next transfer may know of its server */
    struct push *pushed;      /* what the transfer that is to start takes its answer from; owned */
    struct curl_tlssessioninfo tls_session;
    CURLcode result;   /* of the transfer that ended last */
    CURLcode override; /* what a callback made of the transfer; CURLE_OK: nothing */
    char override_text[CURL_ERROR_SIZE];
    struct mime_reader *form_reader;      /* what the running transfer uploads, if that is a form */
    struct curl_mimepart *form_list_root; /* made for it of CURLOPT_HTTPPOST */
    bool upload_after_cr;                 /* CURLOPT_CRLF: the last byte that was read is a CR */
    struct ask *held_ask;                 /* a read callback paused: asked again on resume */
    struct ask *held_calls;               /* that were put off until the program resumes */
    bool perform_active;                  /* inside curl_easy_perform */
    curl_off_t transfer_id;

    /* Any thread, under the multi's lock. */
    struct multi *multi;
    enum easy_state state;
    struct exchange *exchange;
    bool heavy; /* how workers_take was asked */
    bool recv_paused, send_paused;
    bool resume;                    /* was unpaused: look again though no event came */
    bool delivering;                /* the performer is in its callbacks */
    struct list_link link;          /* multi.all */
    struct list_link start_link;    /* multi.to_start */
    struct list_link ready_link;    /* multi.ready */
    struct list_link message_link;  /* multi.messages */
    struct list_link progress_link; /* multi.progressing */
    struct list_link notify_link;   /* multi.notify_done */
    struct list_link paused_link;   /* multi.paused */
    CURLMsg message;
};

struct multi {
    unsigned magic;

    /* Fixed after creation. */
    unsigned generation;    /* of the process: another one in the child of a fork */
    struct mailbox *events; /* its descriptor is what programs wait for */
    int wakeup_fd;          /* eventfd of curl_multi_wakeup; -1 in an easy handle's own */
    bool is_own;            /* an easy handle's own */
    struct pool *pool;
    struct dns_cache *dns;
    struct tls_sessions *sessions;
    struct closer *closer; /* brings sockets back for CURLOPT_CLOSESOCKETFUNCTION */

    /* The performer's. */
    struct pool
        *doh_pool; /* of connections to CURLOPT_DOH_URL, which are in nobody's way: a look-up
                      of a transfer that has its place must not wait for one; NULL: none */
    struct host_memo last_host;   /* of a transfer that started */
    struct worker *inline_worker; /* turned by driving calls; NULL with a pool of threads */

    atomic_bool woken; /* curl_multi_wakeup was called and not seen yet; any thread */

    struct worker *pipe_worker; /* of transfers that are to share a connection; counted, or NULL */

    /* Any thread, under lock. */
    struct lock lock;
    pthread_cond_t changed; /* the performer left, a delivery or a callback of the handle ended */
    int waiting;            /* threads that wait for `changed` */
    bool performing;
    bool in_notify;     /* the performer is in the notify callback: add and remove are allowed */
    struct easy *shown; /* the member that a notify or socket callback is called with, or NULL */
    bool in_socket_callback;
    bool dead;           /* a socket or timer callback said stop: CURLM_ABORTED_BY_CALLBACK */
    pthread_t performer; /* while performing */
    struct list all, to_start, ready, messages, progressing;
    struct list paused; /* with a CURLOPT_TIMEOUT, which is looked after here meanwhile */
    size_t added, running, to_start_count, messages_count, added_total;
    struct guest guest;      /* the program as the one who turns the worker */
    unsigned removed_in_row; /* transfers that had not ended, since it was driven */
    bool started_unshown;    /* transfers, since the socket callback was last to be called */
    bool messages_moved;     /* some were put or read since the timer callback was last called */
    bool more_messages;      /* the program read one and left others: its loop must come back */

    /* The program's settings: changed by curl_multi_setopt, under lock. */
    curl_socket_callback socket_function;
    void *socket_data;
    curl_multi_timer_callback timer_function;
    void *timer_data;
    curl_notify_callback notify_function;
    void *notify_data;
    unsigned notify_enabled; /* bit a CURLMNOTIFY_* */
    bool notify_info_read;   /* a message came into an empty queue */
    struct list notify_done; /* whose end is to be told */
    long max_connects, max_host_connections, max_total_connections, max_concurrent_streams;
    long pipelining;
    long host_workers; /* that may have HTTP/2 connections to one host */
    curl_push_callback push_function;
    void *push_data;
    bool callbacks_on_workers;

    /* Event-based use. */
    bool socket_shown; /* the socket callback knows the descriptor */
    curl_socket_t shown_fd;
    void *socket_assigned;  /* curl_multi_assign */
    int64_t timer_reported; /* us: what the timer callback last heard; CLOCK_NEVER for -1 */
};

/* A valid handle, or NULL. */
struct easy *easy_of(CURL *);

/* True inside a callback of the handle's transfer. */
bool easy_is_in_callback(struct easy *);
struct multi *multi_of(CURLM *);

static inline CURL *easy_public(struct easy *e)
{
    return (CURL *)e;
}

static inline CURLM *multi_public(struct multi *m)
{
    return (CURLM *)m;
}

/* ---- multi.c ---- */
struct multi *multi_new(bool own);
void multi_free(struct multi *);
CURLMcode multi_add(struct multi *, struct easy *);
void multi_add_locked(struct multi *m, struct easy *) REQUIRES(m->lock);
CURLMcode multi_remove(struct multi *, struct easy *);

/* ---- easy.c ---- */

/* Frees what curl_easy_perform left with the handle: the program drives it from now on. */
void easy_drop_own_multi(struct easy *);

/* ---- multi_fork.c ---- */

/* In the child of a fork: makes the handle this process's own. Transfers that ran belong to the
 * parent and end here with CURLE_ABORTED_BY_CALLBACK; nothing of the parent's is written to. False
 * when memory or descriptors are short. */
bool multi_adopt_after_fork(struct multi *);

/* ---- drive.c ---- */

/* One driving pass: start, (with an inline worker: turn it, waiting until `wait_until` when nothing
 * is ready,) take what is ready, deliver. CURLM_RECURSIVE_API_CALL from a callback; otherwise waits
 * while another thread drives. The caller holds no lock. */
CURLMcode multi_drive(struct multi *, int64_t wait_until, int *ret_running);

/* Takes the handle for a change that must not run beside a driving pass. */
CURLMcode multi_begin_driving(struct multi *);
void multi_end_driving(struct multi *);

/* A notify or socket callback with member `e` (or NULL) begins or ends: meanwhile no other thread
 * takes `e` out. The driving thread. */
void multi_show_locked(struct multi *m, struct easy *e) REQUIRES(m->lock);
void multi_unshow_locked(struct multi *m) REQUIRES(m->lock);

/* True when the calling thread is inside a callback of this handle. */
bool multi_is_recursion_locked(struct multi *m) REQUIRES(m->lock);

/* The handle's pause has changed. */
void multi_note_pause_locked(struct multi *m, struct easy *e) REQUIRES(m->lock);

/* Moves what the workers posted into the queues of its exchanges. */
void multi_drain_locked(struct multi *m) REQUIRES(m->lock);

/* The descriptor says again what was taken off it without being delivered. */
void multi_keep_readable_locked(struct multi *m) REQUIRES(m->lock);

/* us at which a driving call has something to do of its own: 0 now, CLOCK_NEVER: not before an
 * event. Takes the lock. */
int64_t multi_due(struct multi *);

/* The descriptor to wait for: the mailbox's, or an inline worker's. */
int multi_poll_fd(struct multi *);

/* ---- start.c ---- */

/* Transfers on their way to workers: one post and one wake-up a worker. */
enum { START_BATCH_WORKERS = 16 };
struct start_batch {
    int count;
    struct {
        struct worker *worker;
        struct post *first, *last;
    } at[START_BATCH_WORKERS];
};

/* Takes the snapshot, makes the exchange and puts it in the batch; an error means that the transfer
 * ends at once with it. Performer. */
CURLcode start_transfer(struct multi *, struct easy *, struct start_batch *);
void start_batch_post(struct start_batch *);

/* What comes is an answer: if a handshake was to be expected it is over. Performer. */
void start_is_through(struct easy *);

/* Lets go of an exchange whose end has been delivered, or that was joined. */
void start_release(struct multi *, struct easy *, struct exchange *);

/* ---- deliver.c ---- */

/* Runs the callbacks for what the exchange's queue holds. True with *ret_result when the transfer's
 * end was delivered. Performer, without the lock. */
bool deliver(struct multi *, struct easy *, CURLcode *ret_result);

/* A callback decided: the transfer will end with this. The first decision stays. */
void deliver_override(struct easy *, CURLcode, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- push.c ---- */

/* The push callback for what came with this transfer; a handle for it joins the multi handle, or
 * nobody wants it. Takes the push. Performer, without the lock. */
void deliver_push(struct multi *, struct easy *parent, struct push *);

/* ---- multi_socket.c ---- */

/* Tells the socket and timer callbacks what changed; after each call that may change it, without
 * the lock. CURLM_ABORTED_BY_CALLBACK when one of them said so. */
CURLMcode multi_report(struct multi *);

/* ---- notify.c ---- */
void notify_done_locked(struct multi *m, struct easy *e) REQUIRES(m->lock);
void notify_now(struct multi *); /* the performer, without the lock */

#endif
