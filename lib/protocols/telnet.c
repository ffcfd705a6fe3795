/* SPDX-License-Identifier: MIT */
/* telnet://: two directions at once. The transfer's fiber receives, another one sends what the
 * program's reader gives; answers to the server's commands go between its pieces. */
#include "wire/telnet.h"
#include "base/clock.h"
#include "base/mem.h"
#include "boundary/ask.h"
#include "protocols/body.h"
#include "protocols/login.h"
#include "protocols/source.h"
#include "protocols/talk.h"
#include "runtime/wait.h"
#include "runtime/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { ANSWERS_ENOUGH = 16384 }; /* bytes that wait to be sent before no more is received */

struct talk {
    struct hop *hop;
    struct telnet telnet;
    struct buf answers;     /* wait until what is being sent is sent */
    bool sending;           /* one of the fibers is at it */
    struct condition idle;  /* it no longer is */
    struct fiber *uploader; /* NULL when it has ended */
    struct fiber *stopper;  /* waits for that */
};

/* ---- What the program wants ---- */

static CURLcode say_bad_option(struct hop *hop, CURLcode why, const char *text)
{
    if (why == CURLE_OUT_OF_MEMORY)
        return why;
    if (why == CURLE_UNKNOWN_OPTION)
        return hop->hooks->fail(hop->hooks->owner, why, "Unknown telnet option %s", text);
    return hop->hooks->fail(hop->hooks->owner, why, "Syntax error in telnet option: %s", text);
}

static CURLcode read_options(struct talk *t)
{
    struct hop *hop = t->hop;
    const struct login *login = hop->login;
    CURLcode result = CURLE_OK;

    if (login->trusted && login->user.len)
        result = telnet_add_variable(&t->telnet, STR("USER"), login->user.bytes);
    if (result)
        return say_bad_option(hop, result, "USER");
    for (const struct curl_slist *l = hop->settings->telnet_options; l && !result; l = l->next) {
        result = telnet_set(&t->telnet, l->data);
        if (result)
            result = say_bad_option(hop, result, l->data);
    }
    return result;
}

/* ---- Sending ---- */

static WAITS CURLcode wait_for_turn(struct talk *t)
{
    CURLcode result = CURLE_OK;

    while (t->sending && !result)
        result = wait_on(&t->idle, CLOCK_NEVER);
    return exchange_result(t->hop->exchange, result);
}

/* With the turn to send: the bytes, and what came to be answered meanwhile. */
static WAITS CURLcode send_now(struct talk *t, struct buf *bytes)
{
    CURLcode result;

    t->sending = true;
    result = talk_send(t->hop, bytes->bytes, bytes->len, CURLINFO_DATA_OUT);
    while (!result && t->answers.len) {
        scoped(buf) answers = t->answers;

        t->answers = (struct buf){0};
        result = talk_send(t->hop, answers.bytes, answers.len, CURLINFO_DATA_OUT);
    }
    t->sending = false;
    condition_signal(&t->idle);
    return result;
}

/* Answers go behind what is being sent, or at once. */
static WAITS CURLcode answer(struct talk *t, struct buf *bytes)
{
    CURLcode result = CURLE_OK;

    if (!bytes->len)
        return CURLE_OK;
    if (t->sending && t->answers.len < ANSWERS_ENOUGH)
        return buf_append(&t->answers, bytes->bytes, bytes->len) ? CURLE_OK : CURLE_OUT_OF_MEMORY;
    result = wait_for_turn(t);
    return result ? result : send_now(t, bytes);
}

/* ---- The program's reader ---- */

/* The default reader's file, to wait for; -1: there is none, or it is always ready. */
static int open_file(const struct settings *s, struct watch *watch)
{
    int fd = s->read_function ? -1 : fileno(s->read_data ? s->read_data : stdin);
    int own = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (own >= 0 && watch_open(watch, own)) {
        close(own);
        return -1;
    }
    return own;
}

/* Edges are told, so what is there from before is looked for. */
static WAITS CURLcode wait_for_file(struct watch *watch)
{
    struct pollfd look = {.fd = watch->fd, .events = POLLIN};

    while (!poll(&look, 1, 0)) {
        CURLcode result;

        watch_blocked(watch, WAIT_READ);
        result = wait_fd(watch, WAIT_READ, CLOCK_NEVER);
        if (result)
            return result;
    }
    return CURLE_OK;
}

/* The next piece, in its ask. */
static WAITS CURLcode read_piece(struct talk *t, struct watch *file, struct ask **ret)
{
    CURLcode result = file ? wait_for_file(file) : CURLE_OK;
    struct ask *a;

    if (result)
        return result;
    a = source_ask(t->hop, 0, 0);
    if (!a)
        return CURLE_OUT_OF_MEMORY;
    a->as_it_comes = true;
    ask_send(a);
    result = ask_wait(a, CLOCK_NEVER);
    *ret = result ? NULL : a;
    return result;
}

static WAITS CURLcode send_piece(struct talk *t, struct chunk *c)
{
    scoped(buf) out = {0};
    CURLcode result;

    if (!telnet_encode(&out, (struct str){chunk_at(c), chunk_len(c)}))
        return CURLE_OUT_OF_MEMORY;
    result = wait_for_turn(t);
    if (!result)
        result = send_now(t, &out);
    return result ? result : body_sent(t->hop, chunk_len(c));
}

static WAITS CURLcode upload(struct talk *t, struct watch *file)
{
    bool more = true;
    CURLcode result = CURLE_OK;

    while (!result && more) {
        struct ask *a = NULL;

        result = read_piece(t, file, &a);
        more = !result && chunk_len(a->chunk);
        if (more)
            result = send_piece(t, a->chunk);
        ask_free(a);
        if (more && !result)
            result = send_facts(t->hop->exchange, t->hop->facts);
    }
    return result;
}

static void run_uploader(void *argument)
{
    struct talk *t = argument;
    struct watch watch = {0};
    int file = open_file(t->hop->settings, &watch);
    CURLcode result = upload(t, file < 0 ? NULL : &watch);

    if (file >= 0) {
        watch_close(&watch);
        close(file);
    }
    if (result && !t->stopper)
        exchange_abort(t->hop->exchange, result);
    t->uploader = NULL;
    if (t->stopper)
        fiber_wake(t->stopper);
}

static WAITS void stop_uploader(struct talk *t)
{
    t->stopper = fiber_current();
    if (t->uploader)
        fiber_cancel(t->uploader);
    while (t->uploader)
        wait_wake_uncancellable();
}

/* ---- Receiving ---- */

static void log_verb(void *owner, bool sent, const char *verb, int option)
{
    const struct hop *hop = owner;
    const char *name = telnet_option_name(option), *way = sent ? "SENT" : "RCVD";

    if (!hop->hooks->log)
        return;
    if (name)
        hop->hooks->log(hop->hooks->owner, "%s %s %s", way, verb, name);
    else
        hop->hooks->log(hop->hooks->owner, "%s %s %d", way, verb, option);
}

static WAITS CURLcode take_received(struct talk *t, struct chunk *c)
{
    scoped(buf) answers = {0};
    CURLcode result;

    c->end =
        c->start + telnet_decode(&t->telnet, chunk_at(c), chunk_len(c), &answers, log_verb, t->hop);
    result = buf_failed(&answers) ? CURLE_OUT_OF_MEMORY : answer(t, &answers);
    if (!result && chunk_len(c))
        return body_write(t->hop, c);
    chunk_drop(c);
    return result;
}

static WAITS CURLcode receive(struct talk *t)
{
    for (;;) {
        struct chunk *c = NULL;
        CURLcode result = talk_receive(t->hop, &c);

        if (result || !c)
            return result;
        result = take_received(t, c);
        if (result)
            return result;
    }
}

/* ---- The whole ---- */

static WAITS CURLcode converse(struct talk *t)
{
    CURLcode result = read_options(t);

    if (!result)
        result = hop_ask_program(t->hop);
    if (!result)
        result = fiber_start(worker_current(), run_uploader, t, &t->uploader);
    if (!result)
        result = receive(t);
    stop_uploader(t);
    return result;
}

CURLcode telnet_run(struct hop *hop)
{
    struct talk *t = mem_calloc(1, sizeof(*t));
    CURLcode result;

    if (!t)
        return CURLE_OUT_OF_MEMORY;
    t->hop = hop;
    condition_init(&t->idle);
    result = converse(t);
    telnet_release(&t->telnet);
    buf_release(&t->answers);
    mem_free(t);
    return result;
}
