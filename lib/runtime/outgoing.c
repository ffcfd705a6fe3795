/* SPDX-License-Identifier: MIT */
/* What a worker sends is kept until the end of its turn and then posted, one step and one wake-up a
 * box: that is most of what handing results over costs. A turn sends to few boxes; when there are
 * more than fit, all are posted early. */
#include "runtime/worker_state.h"

static void post_out(struct outgoing *o)
{
    mailbox_post_chain(o->to, o->first, o->last);
    mailbox_unref(o->to);
}

void outgoing_flush(struct worker *w)
{
    for (int i = 0; i < w->outgoing_count; i++)
        post_out(&w->outgoing[i]);
    w->outgoing_count = 0;
}

static struct outgoing *find(struct worker *w, const struct mailbox *to)
{
    for (int i = w->outgoing_count - 1; i >= 0; i--) {
        if (w->outgoing[i].to == to)
            return &w->outgoing[i];
    }
    return NULL;
}

void worker_send(struct mailbox *to, struct post *p)
{
    struct worker *w = worker_current();
    struct outgoing *o;

    if (!w) {
        mailbox_post(to, p);
        return;
    }
    w->something_seen = true;
    p->next = NULL;
    o = find(w, to);
    if (o) {
        o->last->next = p;
        o->last = p;
        return;
    }
    if (w->outgoing_count == WORKER_OUTGOING)
        outgoing_flush(w);
    w->outgoing[w->outgoing_count++] =
        (struct outgoing){.to = mailbox_ref(to), .first = p, .last = p};
}

void worker_flush(struct mailbox *to)
{
    struct worker *w = worker_current();
    struct outgoing *o = w ? find(w, to) : NULL;

    if (!o)
        return;
    post_out(o);
    *o = w->outgoing[--w->outgoing_count];
}
