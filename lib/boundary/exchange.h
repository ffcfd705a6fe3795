/* SPDX-License-Identifier: MIT */
/* One transfer as both sides see it: the thread of commands one way, of events the other. It is
 * counted; each side holds a reference until the transfer's end has crossed.
 *
 * Commands are: start, cancel, kick (look again: credit, pause bits), and the replies to asks. */
#ifndef BOUNDARY_EXCHANGE_H
#define BOUNDARY_EXCHANGE_H

#include "base/list.h"
#include "boundary/ask.h"
#include "boundary/event.h"
#include "boundary/request.h"
#include "runtime/worker.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    WINDOW_BYTES = 1 << 20,       /* how far a worker may run ahead of the write callback */
    WINDOW_BYTES_SHORT = 1 << 16, /* the same while much is under way in the whole process */
};

struct exchange;

/* The program's data callbacks, when they run on the worker (CURLMOPT_X_CALLBACKS_ON_WORKERS): each
 * is called on the worker's own stack. CURLE_AGAIN: the program paused; the rest comes again when
 * it resumes. Anything else but CURLE_OK ends the transfer; the text is then in done->error_text.
 */
struct direct {
    /* *ret_taken bytes of them were taken. */
    CURLcode (*body)(struct exchange *, char *bytes, size_t len, size_t *ret_taken);
    /* The head remembers how far it came. */
    CURLcode (*head)(struct exchange *, struct event_head *);
};

struct exchange {
    /* Fixed after start; any thread reads. */
    struct request *request; /* counted */
    struct mailbox *events;  /* counted: where the application's side drains */
    struct worker *worker;
    void (*run)(struct exchange *); /* the fiber's body */
    void *owner;                    /* the application's easy handle: theirs to look into */
    bool log;                       /* EVENT_LOG is wanted */
    const struct direct *direct;    /* NULL: data callbacks run on the program's thread */
    void (*take)(struct exchange *, struct event *); /* a transfer of the worker's own: gets the
                                                        events there; then there is no mailbox */

    /* Any thread. */
    atomic_int references;
    atomic_size_t
        delivered; /* body bytes that the program has taken: published to the worker as credit */
    atomic_bool stalled;                  /* the worker waits for credit */
    atomic_bool recv_paused, send_paused; /* the program paused: its clocks stand still */
    atomic_uint resumes;                  /* of receiving, counted by the program's side */
    atomic_bool kicked;                   /* `kick` is on its way */
    atomic_int phase;                     /* enum net_phase: where the worker is with it */
    atomic_bool ended;                    /* the worker has let go of it and of the request */
    atomic_bool cancelled;                /* `cancel` was posted */
    atomic_bool ws_open;                  /* boundary/ws: the program may send frames */
    atomic_size_t ws_posted, ws_backlog;  /* bytes of them: under way, waiting for the socket */
    struct worker_post start, kick, cancel;

    /* Application side, under its multi handle's lock. */
    struct post *queue, **queue_end; /* events drained and not delivered */
    bool end_queued;                 /* the last one is among them: the worker has let go */

    /* Worker side. */
    struct fiber *fiber;
    size_t sent;          /* body bytes sent as events */
    int64_t deadline;     /* us: CURLOPT_TIMEOUT */
    CURLcode cancel_code; /* why the fiber was cancelled; CURLE_OK: it was not */
    bool silent;          /* cancelled by the application: nothing more is sent but the end */
    struct ws_sink *ws;   /* takes the program's frames; NULL: none are wanted */
    struct gate *gate;    /* who waits for the end */
    void *ssl; /* SSL * of the connection in use. With an inline worker the program's thread may
                  look at it between two turns: nobody else uses it then */
    struct event_done *done; /* allocated ahead, so that the end can always be told */
};

/* Application side. A new exchange with one reference, which takes over `request`; NULL when memory
 * is short (the request is released). `events` is NULL for one with `take`. */
struct exchange *exchange_new(struct request *request, struct mailbox *events, void *owner);
struct exchange *exchange_ref(struct exchange *);
void exchange_unref(struct exchange *);

/* Hands the transfer to a worker, which runs `run(exchange)` on a fiber. To start many, link them
 * through start.post.next and post the chain: exchange_prepare returns the post. */
struct worker_post *exchange_prepare(struct exchange *, struct worker *,
                                     void (*run)(struct exchange *));

/* Credit: `len` more bytes of the body were taken by the program. exchange_credit tells a worker
 * that waits for it: after a few of them. */
void exchange_delivered(struct exchange *, size_t len);
void exchange_credit(struct exchange *);

/* Makes the worker look at pause bits and credit. */
void exchange_kick(struct exchange *);

/* Cancels the transfer; its end arrives as an event like any other (with
 * CURLE_ABORTED_BY_CALLBACK). Never fails: the command is part of the exchange. Application side;
 * repeated calls are fine. */
void exchange_cancel(struct exchange *);

/* Cancels and returns when the worker has let go: no callback of it is asked for any more, the
 * request's memory is the program's. Events it sent before are in the mailbox. With an inline
 * worker the calling thread turns it meanwhile, and another where its thread has stepped aside:
 * which `again` asks for, as more of this is to come. No lock may be held. */
void exchange_cancel_and_join(struct exchange *, bool again);

/* Appends a drained event to the queue; all queued events are released with exchange_drop_events.
 */
void exchange_queue(struct exchange *, struct event *);
void exchange_drop_events(struct exchange *);

/* Takes out the event at `*at`, a place in the queue. */
struct event *exchange_unqueue(struct exchange *, struct post **at);

/* Puts an event back in front. */
void exchange_requeue(struct exchange *, struct event *);

/* ---- Worker side: the transfer's fiber. ---- */

/* Sends an event (batched with what else the turn sends). */
void exchange_send(struct exchange *, struct event *);

/* Sends the end, `done`, in which the fiber has kept the facts and the reason of a failure. The
 * fiber must not touch it or the exchange's request afterwards and returns. */
void exchange_end(struct exchange *, CURLcode result);

/* Ends the running fiber's waits with this code from now on; the first one stays (limits,
 * watchdogs). Worker's thread. */
void exchange_abort(struct exchange *, CURLcode code);

/* Turns the result of a wait into the transfer's: why it was cancelled, if it was. */
CURLcode exchange_result(const struct exchange *, CURLcode wait_result);

/* Pauses the transfer until the program has resumed it more often than `resumes` times. */
WAITS CURLcode exchange_pause(struct exchange *, unsigned resumes, int64_t deadline);

/* Header lines; `len` bytes, each line ends in a line feed. */
WAITS CURLcode send_head(struct exchange *, const char *lines, size_t len, unsigned origin,
                         long request, const struct facts *);

/* The same for the log and the header API only: no callback gets them. */
CURLcode send_head_uncalled(struct exchange *, const char *lines, size_t len, unsigned origin,
                            long request, const struct facts *);

/* Parks while the window is full or the program paused: before an event with bytes. */
WAITS CURLcode exchange_wait_for_room(struct exchange *);

/* Waits until the program has taken all of the body that was sent. */
WAITS CURLcode exchange_wait_delivered(struct exchange *);

/* Bytes of the body; the chunk is given away (also on failure). Parks while the window is full or
 * the program paused. */
WAITS CURLcode send_body(struct exchange *, struct chunk *);

/* The same for a few bytes, which are copied (at most SEND_COPY_MAX). */
enum { SEND_COPY_MAX = 4096 };
WAITS CURLcode send_body_copy(struct exchange *, const char *bytes, size_t len);

/* News for getinfo. */
CURLcode send_facts(struct exchange *, const struct facts *);

/* For the debug callback; nothing when nobody listens. A failing allocation loses the line only. */
void send_log(struct exchange *, curl_infotype, const char *bytes, size_t len);

#endif
