/* SPDX-License-Identifier: MIT */
/* The loop; see load.h. */
#include "load.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"

enum {
    POLL_MAX_MS = 1000,
};

static const uint64_t grace_ns = 1 * NS_PER_S; /* for what runs when the time is over */

struct load_thread {
    struct load *load;
    pthread_t thread;
    CURLM *multi;
    struct slot *slots;
    size_t slot_count;
    /* The thread's own until it is over, but for the live part of the tally. */
    size_t running;
    size_t next_target;
    uint64_t last_end_ns;
    const char *trouble; /* why it gave up; NULL: it did not */
    struct tally tally;
};

static bool time_is_over(const struct load *load, uint64_t now_ns, uint64_t extra_ns)
{
    double limit_ns = load->options->duration_s * (double)NS_PER_S;

    return limit_ns > 0 && (double)(now_ns - load->started_ns) >= limit_ns + (double)extra_ns;
}

/* Whether one more transfer is to be started; counts it as handed out. */
static bool take_ticket(struct load *load)
{
    uint64_t limit = (uint64_t)load->options->requests;

    if (atomic_load_explicit(&load->ending, memory_order_relaxed) ||
        time_is_over(load, clock_now_ns(), 0)) {
        return false;
    }
    return limit == 0 || atomic_fetch_add_explicit(&load->tickets, 1, memory_order_relaxed) < limit;
}

static void start_next(struct load_thread *self, struct slot *slot)
{
    const struct target_list *targets = self->load->targets;

    if (take_ticket(self->load)) {
        const struct target *target = &targets->items[self->next_target];
        self->next_target = (self->next_target + 1) % targets->count;
        self->running += slot_start(slot, self->multi, target, &self->tally);
    }
}

static void collect(struct load_thread *self)
{
    CURLMsg *message = NULL;
    int left = 0;

    while ((message = curl_multi_info_read(self->multi, &left)) != NULL) {
        struct slot *slot = NULL;
        CURLcode code = message->data.result; /* the message ends with the removal */
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        slot_finish(slot, self->multi, code, &self->tally);
        self->last_end_ns = clock_now_ns();
        self->running--;
        start_next(self, slot);
    }
}

/* How long to wait for something to happen before the clock is looked at. */
static int milliseconds_to_wait(const struct load *load)
{
    double limit_ms = load->options->duration_s * 1000;
    double passed_ms = (double)(clock_now_ns() - load->started_ns) / (double)NS_PER_MS;

    if (limit_ms <= 0) {
        return POLL_MAX_MS;
    }
    if (passed_ms >= limit_ms) {
        limit_ms += (double)grace_ns / (double)NS_PER_MS;
    }
    double left_ms = limit_ms - passed_ms;
    return left_ms >= POLL_MAX_MS ? POLL_MAX_MS : left_ms <= 0 ? 0 : (int)left_ms + 1;
}

static void drive(struct load_thread *self)
{
    while (self->running > 0) {
        int running = 0;
        CURLMcode code = curl_multi_perform(self->multi, &running);
        if (code == CURLM_OK) {
            collect(self);
            if (atomic_load_explicit(&self->load->ending, memory_order_relaxed) ||
                time_is_over(self->load, clock_now_ns(), grace_ns)) {
                return;
            }
            if (self->running > 0) {
                code =
                    curl_multi_poll(self->multi, NULL, 0, milliseconds_to_wait(self->load), NULL);
            }
        }
        if (code != CURLM_OK) {
            self->trouble = curl_multi_strerror(code);
            return;
        }
    }
}

static void *thread_main(void *argument)
{
    struct load_thread *self = argument;
    struct load *load = self->load;

    for (size_t i = 0; i < self->slot_count; i++) {
        start_next(self, &self->slots[i]);
    }
    drive(self);
    for (size_t i = 0; i < self->slot_count; i++) {
        if (self->slots[i].running) {
            slot_cut_off(&self->slots[i], self->multi, &self->tally);
            self->last_end_ns = clock_now_ns();
        }
    }
    if (atomic_fetch_sub_explicit(&load->alive, 1, memory_order_release) == 1) {
        eventfd_write(load->done, 1);
    }
    return NULL;
}

static bool prepare_thread(struct load_thread *thread, struct load *load, size_t slots)
{
    thread->load = load;
    thread->multi = curl_multi_init();
    thread->slots = calloc(slots, sizeof(*thread->slots));
    if (thread->multi == NULL || thread->slots == NULL) {
        return false;
    }
    /* Every transfer may leave its connection to the next one. */
    curl_multi_setopt(thread->multi, CURLMOPT_MAXCONNECTS, (long)slots);
    for (; thread->slot_count < slots; thread->slot_count++) {
        struct slot *slot = &thread->slots[thread->slot_count];
        if (!slot_open(slot, &load->settings)) {
            slot_close(slot);
            return false;
        }
    }
    return true;
}

static void release_thread(struct load_thread *thread)
{
    for (size_t i = 0; i < thread->slot_count; i++) {
        slot_close(&thread->slots[i]);
    }
    free(thread->slots);
    if (thread->multi != NULL) {
        curl_multi_cleanup(thread->multi);
    }
    tally_release(&thread->tally);
}

static void release(struct load *load)
{
    for (long i = 0; load->threads != NULL && i < load->options->threads; i++) {
        release_thread(&load->threads[i]);
    }
    free(load->threads);
    curl_slist_free_all(load->settings.headers);
    curl_slist_free_all(load->settings.resolves);
    if (load->done >= 0) {
        close(load->done);
    }
}

static bool make_list(struct curl_slist **list, const char *const *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct curl_slist *longer = curl_slist_append(*list, items[i]);
        if (longer == NULL) {
            return false;
        }
        *list = longer;
    }
    return true;
}

static bool prepare(struct load *load, const char *authority)
{
    const struct options *options = load->options;
    size_t share = (size_t)(options->concurrency / options->threads);
    size_t rest = (size_t)(options->concurrency % options->threads);

    load->settings.options = options;
    load->settings.authority = authority;
    if (!make_list(&load->settings.headers, options->headers, options->header_count) ||
        !make_list(&load->settings.resolves, options->resolves, options->resolve_count)) {
        return false;
    }
    load->threads = calloc((size_t)options->threads, sizeof(*load->threads));
    for (size_t i = 0; load->threads != NULL && i < (size_t)options->threads; i++) {
        load->threads[i].next_target = i % load->targets->count;
        if (!prepare_thread(&load->threads[i], load, share + (i < rest))) {
            return false;
        }
    }
    load->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return load->threads != NULL && load->done >= 0;
}

static void join(struct load *load)
{
    for (long i = 0; i < load->thread_count; i++) {
        pthread_join(load->threads[i].thread, NULL);
    }
}

bool load_start(struct load *load, const struct options *options, const struct target_list *targets,
                const char *authority, const char **why)
{
    *load = (struct load){.options = options, .targets = targets, .done = -1};
    if (!prepare(load, authority)) {
        *why = "not enough memory or descriptors for so many transfers";
        release(load);
        return false;
    }
    atomic_init(&load->alive, options->threads);
    load->started_ns = clock_now_ns();
    for (; load->thread_count < options->threads; load->thread_count++) {
        struct load_thread *thread = &load->threads[load->thread_count];
        if (pthread_create(&thread->thread, NULL, thread_main, thread) != 0) {
            *why = "a thread could not be started";
            load_end(load);
            join(load);
            release(load);
            return false;
        }
    }
    return true;
}

void load_look(const struct load *load, struct load_view *view)
{
    *view = (struct load_view){0};
    for (long i = 0; i < load->thread_count; i++) {
        const struct tally_live *live = &load->threads[i].tally.live;
        view->fine += atomic_load_explicit(&live->fine, memory_order_relaxed);
        view->failed += atomic_load_explicit(&live->failed, memory_order_relaxed);
        view->received += atomic_load_explicit(&live->received, memory_order_relaxed);
        view->sent += atomic_load_explicit(&live->sent, memory_order_relaxed);
        view->started += atomic_load_explicit(&live->started, memory_order_relaxed);
    }
}

void load_end(struct load *load)
{
    atomic_store_explicit(&load->ending, true, memory_order_relaxed);
    for (long i = 0; i < load->thread_count; i++) {
        curl_multi_wakeup(load->threads[i].multi);
    }
}

const char *load_finish(struct load *load, struct tally *sum, double *elapsed_s)
{
    const char *trouble = NULL;
    uint64_t last_ns = load->started_ns + 1;

    join(load);
    for (long i = 0; i < load->thread_count; i++) {
        const struct load_thread *thread = &load->threads[i];
        tally_merge(sum, &thread->tally);
        if (thread->last_end_ns > last_ns) {
            last_ns = thread->last_end_ns;
        }
        trouble = thread->trouble != NULL ? thread->trouble : trouble;
    }
    *elapsed_s = (double)(last_ns - load->started_ns) / (double)NS_PER_S;
    release(load);
    return trouble;
}
