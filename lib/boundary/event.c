/* SPDX-License-Identifier: MIT */
#include "boundary/event.h"

#include "base/mem.h"
#include "boundary/ask.h"
#include "boundary/exchange.h"
#include "boundary/push.h"
#include "net/connection.h"
#include "net/tls.h"

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
