/* SPDX-License-Identifier: MIT */
/* The data callbacks as a worker runs them (CURLMOPT_X_CALLBACKS_ON_WORKERS). They see the
 * request's snapshot of the options and nothing of the easy handle, which is the program's
 * thread's. */
#include "api/deliver.h"
#include "boundary/exchange.h"

#include <string.h>

/* One slice of at most CURLOPT_BUFFERSIZE. */
static CURLcode take_slice(struct exchange *x, char *bytes, size_t len)
{
    const struct settings *s = x->request->settings;

    return deliver_judge(deliver_write(s, bytes, len), len, false, x->done->error_text);
}

static CURLcode take_body(struct exchange *x, char *bytes, size_t len, size_t *ret_taken)
{
    size_t most = (size_t)x->request->settings->buffer_size;
    CURLcode result = CURLE_OK;

    *ret_taken = 0;
    while (!result && *ret_taken < len && !atomic_load(&x->recv_paused)) {
        size_t slice = len - *ret_taken < most ? len - *ret_taken : most;
        result = take_slice(x, bytes + *ret_taken, slice);
        if (!result)
            *ret_taken += slice;
    }
    return result;
}

static CURLcode take_line(struct exchange *x, struct event_head *head, char *line, size_t len)
{
    const struct settings *s = x->request->settings;
    CURLcode result = CURLE_OK;

    if (s->include_header && head->origin && !head->line_written)
        result = take_slice(x, line, len);
    head->line_written = !result;
    if (!result)
        result = deliver_judge(deliver_header(s, line, len), len, true, x->done->error_text);
    return result;
}

static CURLcode take_head(struct exchange *x, struct event_head *head)
{
    CURLcode result = CURLE_OK;

    while (!result && head->delivered < head->len) {
        char *line = head->lines + head->delivered;
        size_t len = event_head_line(head);
        char after = line[len];

        line[len] = '\0'; /* as in api/deliver */
        result = take_line(x, head, line, len);
        line[len] = after;
        if (result)
            break;
        head->delivered += len;
        head->line_written = false;
        if (atomic_load(&x->recv_paused) && head->delivered < head->len)
            return CURLE_AGAIN;
    }
    return result;
}

const struct direct direct_callbacks = {.body = take_body, .head = take_head};
