/* SPDX-License-Identifier: MIT */
/* From events to callbacks: what a worker told of a transfer is brought to the program, in order,
 * on the thread that drives. What getinfo and the header functions see moves along with it. */
#include "api/deliver.h"

#include "api/handle.h"
#include "api/log.h"
#include "base/clock.h"
#include "boundary/ws.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    CREDIT_STEP = 256 * 1024
}; /* bytes after which a waiting worker is told during a long delivery */

void deliver_override(struct easy *e, CURLcode code, const char *format, ...)
{
    va_list arguments;

    if (e->override)
        return;
    e->override = code;
    va_start(arguments, format);
    vsnprintf(e->override_text, sizeof(e->override_text), format, arguments);
    va_end(arguments);
    if (e->exchange)
        exchange_cancel(e->exchange);
}

/* ---- The write and header callbacks ---- */

size_t deliver_write(const struct settings *s, char *bytes, size_t len)
{
    if (s->write_function)
        return s->write_function(bytes, 1, len, s->write_data);
    return fwrite(bytes, 1, len, s->write_data ? s->write_data : stdout);
}

size_t deliver_header(const struct settings *s, char *line, size_t len)
{
    if (s->header_function)
        return s->header_function(line, 1, len, s->header_data);
    if (!s->header_data)
        return len;
    if (s->write_function)
        return s->write_function(line, 1, len, s->header_data);
    return fwrite(line, 1, len, s->header_data);
}

CURLcode deliver_judge(size_t returned, size_t len, bool is_header, char text[CURL_ERROR_SIZE])
{
    if (returned == CURL_WRITEFUNC_PAUSE)
        return CURLE_AGAIN;
    if (returned == len)
        return CURLE_OK;
    if (is_header)
        snprintf(text, CURL_ERROR_SIZE, "Failed writing header");
    else if (returned == CURL_WRITEFUNC_ERROR)
        snprintf(text, CURL_ERROR_SIZE, "Failure writing output to destination");
    else
        snprintf(text, CURL_ERROR_SIZE,
                 "Failure writing output to destination, passed %zu returned %zu", len, returned);
    return CURLE_WRITE_ERROR;
}

static CURLcode judge_write(struct easy *e, size_t returned, size_t len, bool is_header)
{
    char text[CURL_ERROR_SIZE];
    CURLcode result = deliver_judge(returned, len, is_header, text);

    if (result == CURLE_WRITE_ERROR)
        deliver_override(e, result, "%s", text);
    return result;
}

static CURLcode deliver_slice(struct easy *e, const struct event_body *body, char *bytes,
                              size_t len)
{
    char nothing[1] = "";
    size_t returned;

    ws_session_enter_write(e, body, len);
    returned = deliver_write(e->settings, bytes ? bytes : nothing, len);
    ws_session_leave_write(e);
    return judge_write(e, returned, len, false);
}

/* Hands out a piece of the body in slices of at most CURLOPT_BUFFERSIZE. The event remembers how
 * far it came. */
static CURLcode deliver_body(struct easy *e, struct event_body *body)
{
    char *bytes = body->chunk ? body->chunk->bytes : body->small;
    size_t most = (size_t)e->settings->buffer_size, since_credit = 0;

    if (body->ws.flags && !body->len) { /* an empty frame is told of, too */
        CURLcode result = deliver_slice(e, body, NULL, 0);

        if (!result)
            exchange_delivered(e->exchange, WS_EVENT_COST);
        return result;
    }
    while (body->len) {
        size_t len = body->len < most ? body->len : most;
        CURLcode result = deliver_slice(e, body, bytes + body->offset, len);

        if (result)
            return result;
        body->offset += len;
        body->ws.offset += (curl_off_t)len;
        body->len -= len;
        e->progress.delivered += (curl_off_t)len;
        atomic_fetch_add_explicit(&e->multi->guest.bytes, len, memory_order_relaxed);
        exchange_delivered(e->exchange, len);
        since_credit += len;
        if (since_credit >= CREDIT_STEP) {
            exchange_credit(e->exchange);
            since_credit = 0;
        }
        if (e->recv_paused && body->len)
            return CURLE_AGAIN; /* curl_easy_pause from inside the callback */
    }
    if (body->ws.flags)
        exchange_delivered(e->exchange, WS_EVENT_COST);
    return CURLE_OK;
}

/* A line to all who want it. What a pause left undone is done when it comes again. */
static CURLcode deliver_line(struct easy *e, struct event_head *head, char *line, size_t len)
{
    CURLcode result = CURLE_OK;

    if (!head->line_kept && head->origin) {
        if (!headers_add(&e->headers, (struct str){line, len}, head->origin, head->request)) {
            deliver_override(e, CURLE_OUT_OF_MEMORY, "Out of memory for the headers");
            return CURLE_OUT_OF_MEMORY;
        }
        log_bytes(e, CURLINFO_HEADER_IN, line, len);
    }
    head->line_kept = true;
    if (head->called)
        return CURLE_OK;
    if (e->settings->include_header && head->origin && !head->line_written)
        result = judge_write(e, deliver_write(e->settings, line, len), len, false);
    if (result)
        return result;
    head->line_written = true;
    return judge_write(e, deliver_header(e->settings, line, len), len, true);
}

/* Header lines one by one; what a pause left is found again at `delivered`. */
static CURLcode deliver_head(struct easy *e, struct event_head *head)
{
    while (head->delivered < head->len) {
        char *line = head->lines + head->delivered;
        size_t len = event_head_line(head);
        char after = line[len];
        CURLcode result;

        if (!head->applied) {
            facts_move(&e->facts, &head->facts);
            head->applied = true;
        }
        line[len] = '\0'; /* nothing promises it, but programs count on it */
        result = deliver_line(e, head, line, len);
        line[len] = after;
        if (result)
            return result;
        head->delivered += len;
        head->line_kept = head->line_written = false;
        if (!head->called && e->recv_paused && head->delivered < head->len)
            return CURLE_AGAIN;
    }
    return CURLE_OK;
}

/* ---- Progress ---- */

static void tell_progress(struct easy *e)
{
    if (progress_wanted(e) && !e->override && progress_call(e, clock_now()))
        deliver_override(e, CURLE_ABORTED_BY_CALLBACK, "Callback aborted");
}

/* A request that is sent once more begins from nothing: how far the one before came is told first,
 * however fast both went. */
static void deliver_facts(struct easy *e, struct facts *facts)
{
    bool begins_again = facts->uploaded < e->facts.uploaded;

    if (begins_again)
        tell_progress(e);
    facts_move(&e->facts, facts);
    if (begins_again)
        tell_progress(e);
}

/* ---- Events ---- */

/* CURLE_OK: done with it. CURLE_AGAIN: the program paused; the event stays. Anything else: the
 * transfer is being cancelled. */
static CURLcode deliver_event(struct easy *e, struct event *event)
{
    switch (event->kind) {
    case EVENT_HEAD:
        start_is_through(e);
        return deliver_head(e, (struct event_head *)event);
    case EVENT_BODY:
        return deliver_body(e, (struct event_body *)event);
    case EVENT_FACTS:
        deliver_facts(e, &((struct event_facts *)event)->facts);
        return CURLE_OK;
    case EVENT_LOG: {
        struct event_log *text = (struct event_log *)event;
        log_bytes(e, text->type, text->bytes, text->len);
        return CURLE_OK;
    }
    case EVENT_ASK:
    case EVENT_PUSH:
    case EVENT_CLOSE:
    case EVENT_DONE:
        break;
    }
    return CURLE_OK;
}

/* A transfer that failed before it had begun makes no progress to be told of. */
static bool began(const struct easy *e)
{
    return e->progress.told || e->facts.queue_time || e->facts.namelookup_time;
}

/* The end: what curl_easy_getinfo shows from now on, and the text for the program's error buffer.
 */
static CURLcode deliver_done(struct easy *e, struct event_done *done)
{
    CURLcode result = e->override ? e->override : done->result;
    const char *text = e->override ? e->override_text : done->error_text;

    facts_move(&e->facts, &done->facts);
    e->certinfo = done->certinfo;
    done->certinfo = NULL;
    e->auth = done->auth;
    done->auth = NULL;
    if (!result) {
        e->kept = done->kept;
        done->kept = NULL;
    }
    progress_look(e);
    e->progress.ended = true;
    if (progress_wanted(e) && e->override != CURLE_ABORTED_BY_CALLBACK && (!result || began(e)) &&
        progress_call(e, clock_now()) && !result) {
        result = CURLE_ABORTED_BY_CALLBACK;
        text = "Callback aborted";
    }
    if (result)
        log_error(e, result, text);
    return result;
}

/* Behind the body's bytes, as these are what it is about. */
static bool is_about_body(const struct ask *a)
{
    return a->kind == ASK_CHUNK_BEGIN || a->kind == ASK_CHUNK_END;
}

/* What passes while the program has paused receiving: questions, and the end of a transfer that
 * failed. */
static bool passes_pause(struct event *event)
{
    return (event->kind == EVENT_ASK && !is_about_body((struct ask *)event)) ||
           (event->kind == EVENT_DONE && ((struct event_done *)event)->result);
}

/* The oldest event of the queue that may be delivered now; NULL when there is none. */
static struct event *next_event_locked(struct easy *e)
{
    struct exchange *x = e->exchange;
    struct post **at = &x->queue;

    if (e->recv_paused && !e->override) {
        while (*at && !passes_pause(event_of_post(*at)))
            at = &(*at)->next;
    }
    return *at ? exchange_unqueue(x, at) : NULL;
}

static struct event *next_event(struct multi *m, struct easy *e)
{
    struct event *event;

    lock_take(&m->lock);
    event = next_event_locked(e);
    lock_drop(&m->lock);
    return event;
}

/* The program paused in the middle of an event: it comes again, from where it stands, when the
 * program resumes. */
static void pause_at(struct multi *m, struct easy *e, struct event *event)
{
    lock_take(&m->lock);
    e->recv_paused = true;
    atomic_store(&e->exchange->recv_paused, true);
    multi_note_pause_locked(m, e);
    exchange_requeue(e->exchange, event);
    lock_drop(&m->lock);
}

bool deliver(struct multi *m, struct easy *e, CURLcode *ret_result)
{
    struct event *event;
    bool news = false;

    if (e->held_ask && !e->send_paused) {
        struct ask *a = e->held_ask;
        e->held_ask = NULL;
        deliver_ask(e, a);
    }
    if (e->held_calls)
        deliver_held_calls(e);
    while ((event = next_event(m, e)) != NULL) {
        CURLcode result = CURLE_OK;

        if (event->kind == EVENT_DONE) {
            *ret_result = deliver_done(e, (struct event_done *)event);
            event_free(event);
            return true;
        }
        news = true;
        if (event->kind == EVENT_ASK) {
            deliver_ask(e, (struct ask *)event);
            continue;
        }
        if (event->kind == EVENT_PUSH) {
            deliver_push(m, e, (struct push *)event);
            continue;
        }
        if (!e->override)
            result = deliver_event(e, event);
        if (result == CURLE_AGAIN) {
            pause_at(m, e, event);
            continue;
        }
        event_free(event);
    }
    exchange_credit(e->exchange);
    if (news)
        tell_progress(e);
    return false;
}
