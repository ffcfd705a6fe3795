/* SPDX-License-Identifier: MIT */
/* Why no wake-up is lost. An application's box: each change from empty to not empty is followed by
 * exactly one write, and the drain reads the eventfd before it takes the mail, so it never eats the
 * write for mail that it leaves. A drain can take mail whose write is still on its way; `unread`
 * remembers that, and the next drain eats the late write even though the box may be empty then.
 *
 * A loop's box: the poster pushes and then looks at `asleep`, the loop sets `asleep` and then looks
 * for mail. All four are sequentially consistent, so one of the two sees the other. */
#include "runtime/mailbox.h"

#include "base/mem.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static struct mailbox *box_new(int wake_fd)
{
    struct mailbox *box = mem_calloc(1, sizeof(*box));

    if (!box)
        return NULL;
    box->wake_fd = wake_fd;
    atomic_init(&box->references, 1);
    return box;
}

static struct mailbox *box_new_sleeper(void)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct mailbox *box;

    if (fd < 0)
        return NULL;
    box = box_new(fd);
    if (!box)
        close(fd);
    return box;
}

struct mailbox *mailbox_new(bool sleeper)
{
    return sleeper ? box_new_sleeper() : box_new(-1);
}

struct mailbox *mailbox_new_loop(void)
{
    struct mailbox *box = box_new_sleeper();

    if (box) {
        box->is_loop = true;
        atomic_init(&box->asleep, true);
    }
    return box;
}

struct mailbox *mailbox_ref(struct mailbox *box)
{
    atomic_fetch_add_explicit(&box->references, 1, memory_order_relaxed);
    return box;
}

void mailbox_unref(struct mailbox *box)
{
    if (!box || atomic_fetch_sub_explicit(&box->references, 1, memory_order_acq_rel) != 1)
        return;
    if (box->wake_fd >= 0)
        close(box->wake_fd);
    mem_free(box);
}

static void write_wake(struct mailbox *box)
{
    uint64_t one = 1;

    /* The counter cannot overflow: there are at most 2^64 - 2 sleeps. */
    if (box->wake_fd >= 0 && write(box->wake_fd, &one, sizeof(one)) < 0)
        return;
}

/* The box has the newest on top: a chain goes onto it upside down, and comes off it so. */
static struct post *turn_around(struct post *p)
{
    struct post *turned = NULL;

    while (p) {
        struct post *next = p->next;

        p->next = turned;
        turned = p;
        p = next;
    }
    return turned;
}

void mailbox_ring(struct mailbox *box)
{
    if (atomic_load(&box->asleep) && atomic_exchange(&box->asleep, false))
        write_wake(box);
}

void mailbox_post_chain(struct mailbox *box, struct post *first, struct post *last)
{
    struct post *old = atomic_load_explicit(&box->newest, memory_order_relaxed);

    last->next = NULL;
    turn_around(first);
    do
        first->next = old;
    while (!atomic_compare_exchange_weak(&box->newest, &old, last));
    if (box->is_loop)
        mailbox_ring(box);
    else if (!old)
        write_wake(box);
}

static void read_wake(struct mailbox *box)
{
    uint64_t writes;

    if (read(box->wake_fd, &writes, sizeof(writes)) == sizeof(writes))
        box->unread -= (int)writes;
}

struct post *mailbox_drain(struct mailbox *box)
{
    bool mail = !mailbox_empty(box);

    if (box->wake_fd >= 0 && !box->is_loop) {
        box->unread += mail;
        if (box->unread > 0)
            read_wake(box);
    }
    if (!mail)
        return NULL;
    return turn_around(atomic_exchange_explicit(&box->newest, NULL, memory_order_acquire));
}

void mailbox_wake(struct mailbox *box)
{
    box->unread++;
    write_wake(box);
}

bool mailbox_sleep(struct mailbox *box)
{
    atomic_store(&box->asleep, true);
    if (!atomic_load(&box->newest))
        return true;
    mailbox_awake(box);
    return false;
}

void mailbox_awake(struct mailbox *box)
{
    atomic_store_explicit(&box->asleep, false, memory_order_relaxed);
}
