/* SPDX-License-Identifier: MIT */
#include "boundary/event.h"

#include "base/mem.h"
#include "boundary/ask.h"
#include "boundary/exchange.h"
#include "boundary/push.h"
#include "net/connection.h"
#include "net/tls.h"

#include <string.h>

static void done_free(struct event_done *done)
{
    facts_release(&done->facts);
    certinfo_free(done->certinfo);
    auth_memory_free(done->auth);
    connection_free(done->kept);
    mem_free(done);
}

void event_free(struct event *e)
{
    switch (e->kind) {
    case EVENT_HEAD:
        facts_release(&((struct event_head *)e)->facts);
        break;
    case EVENT_BODY:
        chunk_drop(((struct event_body *)e)->chunk);
        break;
    case EVENT_FACTS:
        facts_release(&((struct event_facts *)e)->facts);
        break;
    case EVENT_ASK:
        ask_free((struct ask *)e);
        return;
    case EVENT_PUSH:
        push_end((struct push *)e);
        return;
    case EVENT_DONE:
        done_free((struct event_done *)e);
        return;
    case EVENT_LOG:
    case EVENT_CLOSE:
        break;
    }
    mem_free(e);
}

size_t event_head_line(const struct event_head *head)
{
    const char *line = head->lines + head->delivered;
    const char *end = memchr(line, '\n', head->len - head->delivered);

    return end ? (size_t)(end - line) + 1 : head->len - head->delivered;
}
