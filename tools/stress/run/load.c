/* SPDX-License-Identifier: MIT */
/* The loop; see load.h. */
#include "run/load.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/library.h"
#include "run/slot.h"

enum {
    POLL_MAX_MS = 1000,
};

static const uint64_t never_ns = UINT64_MAX;

struct load_thread {
    /* Fixed after load_start. */
    struct load *load;
    pthread_t thread;
    CURLM *multi;
    struct slot *slots;
    size_t slot_count;
    int timer;
    /* The thread's own until it is over, but for what of the tally is live. */
    struct slot *free;      /* open loop: slots that do nothing */
    struct delays thinking; /* closed loop: slots that think */
    size_t running;
    double position;   /* open loop: of the next arrival in the plan */
    uint64_t due_ns;   /* when it is due; never_ns: there is none */
    uint64_t timer_ns; /* what the timer is set to */
    uint64_t random;
    uint64_t last_end_ns;
    double busy;         /* share of its time that it had the processor */
    const char *trouble; /* why it gave up; NULL: it did not */
    struct tally tally;
};

static bool is_open_loop(const struct load *load)
{
    return load->options->pace.count > 0;
}

static bool is_ending(const struct load *load)
{
    return atomic_load_explicit(&load->ending, memory_order_relaxed);
}

static uint64_t from_seconds(double seconds)
{
    return (uint64_t)llround(seconds * 1e9);
}

/* Whether a transfer that is due then may be; writes its number, by which it finds its target. */
static bool take_ticket(struct load *load, uint64_t due_ns, uint64_t *number)
{
    uint64_t limit = (uint64_t)load->options->requests;

    if (is_ending(load) || due_ns >= load->end_ns) {
        return false;
    }
    if (due_ns < load->counted_ns) {
        *number = atomic_fetch_add_explicit(&load->warm_tickets, 1, memory_order_relaxed);
        return true;
    }
    *number = atomic_fetch_add_explicit(&load->tickets, 1, memory_order_relaxed);
    return limit == 0 || *number < limit;
}

/* True if it runs. */
static bool start(struct load_thread *self, struct slot *slot, uint64_t due_ns, uint64_t number)
{
    const struct options *options = self->load->options;

    slot->counts = due_ns >= self->load->counted_ns;
    if (!is_open_loop(self->load) && options->think_s.most <= 0) {
        due_ns = never_ns; /* it is due when it is started */
    }
    bool runs = slot_start(slot, self->multi, target_list_at(self->load->targets, number), due_ns,
                           &self->tally);
    self->running += runs;
    return runs;
}

/* Open loop: the next arrival of this thread. */
static void plan_next(struct load_thread *self)
{
    const struct options *options = self->load->options;
    double step = (double)options->threads;

    if (options->poisson) {
        step *= -log(1 - slot_random(&self->random));
    }
    self->position += step;
    double due_s = pace_due(&options->pace, self->position);
    self->due_ns = isinf(due_s) ? never_ns : self->load->started_ns + from_seconds(due_s);
}

static struct slot *take_free(struct load_thread *self)
{
    struct slot *slot = self->free;

    self->free = slot->next_free;
    return slot;
}

static void give_free(struct load_thread *self, struct slot *slot)
{
    slot->next_free = self->free;
    self->free = slot;
}

/* Open loop: starts what is due, as far as there are free slots. */
static void start_due(struct load_thread *self)
{
    uint64_t number = 0;

    while (self->free != NULL && self->due_ns <= clock_now_ns()) {
        if (!take_ticket(self->load, self->due_ns, &number)) {
            self->due_ns = never_ns;
            return;
        }
        struct slot *slot = take_free(self);
        if (!start(self, slot, self->due_ns, number)) {
            give_free(self, slot);
        }
        plan_next(self);
    }
}

/* Closed loop: the next transfer of a slot, now. One that cannot even begin is the next one's
 * start, as long as there are any. */
static void start_next(struct load_thread *self, struct slot *slot, uint64_t due_ns)
{
    uint64_t number = 0;

    while (take_ticket(self->load, due_ns, &number)) {
        if (start(self, slot, due_ns, number)) {
            return;
        }
        due_ns = clock_now_ns();
    }
}

static void start_thought(struct load_thread *self)
{
    struct delay *first = NULL;

    while ((first = delays_first(&self->thinking)) != NULL && first->due_ns <= clock_now_ns()) {
        struct slot *slot = (struct slot *)((char *)first - offsetof(struct slot, delay));
        uint64_t due_ns = first->due_ns;
        delays_remove(&self->thinking, first);
        start_next(self, slot, due_ns);
    }
}

/* What a slot does after a transfer. */
static void go_on(struct load_thread *self, struct slot *slot)
{
    const struct options_range *think = &self->load->options->think_s;

    if (is_open_loop(self->load)) {
        give_free(self, slot);
    } else if (think->most > 0) {
        double seconds = think->least + slot_random(&self->random) * (think->most - think->least);
        if (!delays_add(&self->thinking, &slot->delay, slot->free_ns + from_seconds(seconds))) {
            self->trouble = "out of memory";
        }
    } else {
        start_next(self, slot, slot->free_ns);
    }
}

static void collect(struct load_thread *self)
{
    CURLMsg *message = NULL;
    int left = 0;

    while ((message = lib.multi_info_read(self->multi, &left)) != NULL) {
        struct slot *slot = NULL;
        CURLcode code = message->data.result; /* the message ends with the removal */
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        lib.easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&slot);
        slot_finish(slot, self->multi, code, &self->tally);
        self->last_end_ns = slot->free_ns;
        self->running--;
        go_on(self, slot);
    }
}

/* When this thread has to act by itself next; never_ns: never. */
static uint64_t next_ns(const struct load_thread *self)
{
    const struct delay *first = delays_first(&self->thinking);

    if (first != NULL) {
        return first->due_ns;
    }
    return self->free != NULL && !is_ending(self->load) ? self->due_ns : never_ns;
}

static void set_timer(struct load_thread *self, uint64_t at_ns)
{
    struct itimerspec when = {0};

    if (at_ns == self->timer_ns) {
        return;
    }
    if (at_ns != never_ns) {
        when.it_value.tv_sec = (time_t)(at_ns / NS_PER_S);
        when.it_value.tv_nsec = (long)(at_ns % NS_PER_S);
    }
    timerfd_settime(self->timer, TFD_TIMER_ABSTIME, &when, NULL);
    self->timer_ns = at_ns;
}

/* How long to wait for something to happen before the clock is looked at. */
static int milliseconds_to_wait(const struct load *load, uint64_t now)
{
    uint64_t end = load->end_ns;

    if (end != never_ns && now >= end) {
        end += from_seconds(load->options->grace_s);
    }
    if (end == never_ns || end >= now + POLL_MAX_MS * NS_PER_MS) {
        return POLL_MAX_MS;
    }
    return end <= now ? 0 : (int)((end - now) / NS_PER_MS) + 1;
}

static CURLMcode wait_for_more(struct load_thread *self, uint64_t now)
{
    struct curl_waitfd timer = {.fd = self->timer, .events = CURL_WAIT_POLLIN};
    uint64_t next = next_ns(self);

    if (next <= now) {
        return CURLM_OK;
    }
    set_timer(self, next);
    bool timed = next != never_ns;
    return lib.multi_poll(self->multi, timed ? &timer : NULL, timed,
                          milliseconds_to_wait(self->load, now), NULL);
}

/* Whether there is nothing left to do, or no time left for it. */
static bool is_over(const struct load_thread *self, uint64_t now)
{
    const struct load *load = self->load;
    bool late = load->end_ns != never_ns && now >= load->end_ns;

    if (is_ending(load) || (late && now - load->end_ns >= from_seconds(load->options->grace_s))) {
        return true;
    }
    if (self->running > 0) {
        return false;
    }
    if (is_open_loop(load)) { /* without a free slot there would be running ones */
        return self->due_ns == never_ns || self->due_ns >= load->end_ns;
    }
    return late || delays_first(&self->thinking) == NULL;
}

static void drive(struct load_thread *self)
{
    while (self->trouble == NULL) {
        int running = 0;
        if (is_open_loop(self->load)) {
            start_due(self);
        } else {
            start_thought(self);
        }
        CURLMcode code = lib.multi_perform(self->multi, &running);
        if (code == CURLM_OK) {
            collect(self);
            uint64_t now = clock_now_ns();
            if (is_over(self, now)) {
                return;
            }
            code = wait_for_more(self, now);
        }
        if (code != CURLM_OK) {
            self->trouble = lib.multi_strerror(code);
        }
    }
}

/* Open loop: what was due and found no slot to the end. */
static void count_unstarted(struct load_thread *self)
{
    uint64_t limit = (uint64_t)self->load->options->requests;
    uint64_t now = clock_now_ns();

    while (self->due_ns <= now && self->due_ns < self->load->end_ns) {
        if (self->due_ns >= self->load->counted_ns) {
            uint64_t number =
                atomic_fetch_add_explicit(&self->load->tickets, 1, memory_order_relaxed);
            if (limit != 0 && number >= limit) {
                return;
            }
            self->tally.unstarted++;
        }
        plan_next(self);
    }
}

/* What still runs is left in the multi handle: to remove it may take time that the summary need not
 * wait for. */
static void cut_off(struct load_thread *self)
{
    for (size_t i = 0; i < self->slot_count; i++) {
        if (self->slots[i].running) {
            self->tally.cut_off += self->slots[i].counts;
            self->last_end_ns = clock_now_ns();
        }
    }
}

static double thread_cpu_s(void)
{
    struct timespec used = {0};

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void begin(struct load_thread *self)
{
    if (is_open_loop(self->load)) {
        for (size_t i = self->slot_count; i > 0; i--) {
            give_free(self, &self->slots[i - 1]);
        }
        if (self->load->options->poisson) {
            self->position = 0;
        } else {
            self->position -= (double)self->load->options->threads; /* one step before its first */
        }
        plan_next(self);
        return;
    }
    for (size_t i = 0; i < self->slot_count; i++) {
        start_next(self, &self->slots[i], clock_now_ns());
    }
}

static void *thread_main(void *argument)
{
    struct load_thread *self = argument;
    struct load *load = self->load;

    while (sem_wait(&load->go) != 0) {
    }
    double cpu_s = thread_cpu_s();
    uint64_t began = clock_now_ns();
    if (!is_ending(load)) {
        begin(self);
        drive(self);
    }
    double passed_s = (double)(clock_now_ns() - began) / (double)NS_PER_S;
    self->busy = passed_s > 0.01 ? (thread_cpu_s() - cpu_s) / passed_s : 0;
    count_unstarted(self);
    cut_off(self);
    if (atomic_fetch_sub_explicit(&load->alive, 1, memory_order_release) == 1) {
        eventfd_write(load->done, 1);
    }
    return NULL;
}

static bool prepare_thread(struct load_thread *thread, struct load *load, size_t index)
{
    size_t threads = (size_t)load->options->threads;
    size_t all = (size_t)load->options->concurrency;
    size_t count = all / threads + (index < all % threads);

    thread->load = load;
    thread->position = (double)index;
    thread->due_ns = never_ns;
    thread->timer_ns = never_ns;
    thread->random = clock_now_ns() + index;
    thread->multi = lib.multi_init();
    thread->slots = calloc(count, sizeof(*thread->slots));
    thread->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (thread->multi == NULL || thread->slots == NULL || thread->timer < 0) {
        return false;
    }
    /* Every transfer may leave its connection to the next one. */
    lib.multi_setopt(thread->multi, CURLMOPT_MAXCONNECTS, (long)count);
    for (; thread->slot_count < count; thread->slot_count++) {
        struct slot *slot = &thread->slots[thread->slot_count];
        if (!slot_open(slot, &load->setup, thread->random + thread->slot_count * 7919)) {
            slot_close(slot);
            return false;
        }
    }
    return true;
}

static void release_thread(struct load_thread *thread)
{
    for (size_t i = 0; i < thread->slot_count; i++) {
        if (thread->slots[i].running) {
            lib.multi_remove_handle(thread->multi, thread->slots[i].easy);
        }
        slot_close(&thread->slots[i]);
    }
    free(thread->slots);
    if (thread->multi != NULL) {
        lib.multi_cleanup(thread->multi);
    }
    if (thread->timer >= 0) {
        close(thread->timer);
    }
    delays_release(&thread->thinking);
    tally_release(&thread->tally);
}

void load_release(struct load *load)
{
    for (long i = 0; load->threads != NULL && i < load->options->threads; i++) {
        release_thread(&load->threads[i]);
    }
    free(load->threads);
    setup_release(&load->setup);
    sem_destroy(&load->go);
    if (load->done >= 0) {
        close(load->done);
    }
}

static bool prepare(struct load *load)
{
    size_t threads = (size_t)load->options->threads;

    load->threads = calloc(threads, sizeof(*load->threads));
    for (size_t i = 0; load->threads != NULL && i < threads; i++) {
        load->threads[i].timer = -1;
    }
    for (size_t i = 0; load->threads != NULL && i < threads; i++) {
        if (!prepare_thread(&load->threads[i], load, i)) {
            return false;
        }
    }
    load->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return load->threads != NULL && load->done >= 0;
}

static void fix_times(struct load *load)
{
    const struct options *options = load->options;

    load->started_ns = clock_now_ns();
    load->counted_ns = load->started_ns + from_seconds(options->warmup_s);
    load->end_ns =
        options->duration_s > 0 ? load->counted_ns + from_seconds(options->duration_s) : never_ns;
}

/* True if all threads run. They wait until the times are fixed, or are told to end. */
static bool start_threads(struct load *load)
{
    const struct options *options = load->options;

    atomic_init(&load->alive, options->threads);
    for (; load->thread_count < options->threads; load->thread_count++) {
        struct load_thread *thread = &load->threads[load->thread_count];
        if (pthread_create(&thread->thread, NULL, thread_main, thread) != 0) {
            break;
        }
    }
    bool all = load->thread_count == options->threads;
    fix_times(load);
    atomic_store_explicit(&load->ending, !all, memory_order_relaxed);
    for (long i = 0; i < load->thread_count; i++) {
        sem_post(&load->go);
    }
    return all;
}

static void join(struct load *load)
{
    for (long i = 0; i < load->thread_count; i++) {
        pthread_join(load->threads[i].thread, NULL);
    }
}

bool load_start(struct load *load, const struct options *options, const struct target_list *targets,
                const char *authority, char error[SETUP_ERROR_MAX])
{
    *load = (struct load){.options = options, .targets = targets, .done = -1};
    sem_init(&load->go, 0, 0);
    snprintf(error, SETUP_ERROR_MAX, "not enough memory or descriptors for so many transfers");
    if (!setup_init(&load->setup, options, authority) || !setup_try(&load->setup, error) ||
        !prepare(load)) {
        load_release(load);
        return false;
    }
    if (!start_threads(load)) {
        snprintf(error, SETUP_ERROR_MAX, "a thread could not be started");
        join(load);
        load_release(load);
        return false;
    }
    return true;
}

static uint64_t look(const atomic_uint_least64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void load_look(const struct load *load, struct load_view *view)
{
    *view = (struct load_view){0};
    for (long i = 0; i < load->thread_count; i++) {
        const struct tally_live *live = &load->threads[i].tally.live;
        view->fine += look(&live->fine);
        view->failed += look(&live->failed);
        view->received += look(&live->received);
        view->sent += look(&live->sent);
        view->started += look(&live->started);
        view->running += look(&live->running);
    }
}

void load_look_latency(const struct load *load, struct histogram *into)
{
    histogram_copy(into, &load->threads[0].tally.times[TIME_LATENCY]);
    for (long i = 1; i < load->thread_count; i++) {
        histogram_merge(into, &load->threads[i].tally.times[TIME_LATENCY]);
    }
}

void load_end(struct load *load)
{
    atomic_store_explicit(&load->ending, true, memory_order_relaxed);
    for (long i = 0; i < load->thread_count; i++) {
        lib.multi_wakeup(load->threads[i].multi);
    }
}

void load_finish(struct load *load, struct tally *sum, struct load_result *result)
{
    *result = (struct load_result){.first_ns = load->counted_ns, .last_ns = load->counted_ns + 1};
    join(load);
    for (long i = 0; i < load->thread_count; i++) {
        const struct load_thread *thread = &load->threads[i];
        tally_merge(sum, &thread->tally);
        if (thread->last_end_ns > result->last_ns) {
            result->last_ns = thread->last_end_ns;
        }
        result->busiest = fmax(result->busiest, thread->busy);
        result->trouble = thread->trouble != NULL ? thread->trouble : result->trouble;
    }
}
