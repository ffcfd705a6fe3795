/* SPDX-License-Identifier: MIT */
/* See watch.h. */
#include "cli/watch.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/display.h"
#include "run/usage.h"

static const uint64_t redraw_ns = NS_PER_S / 5;

struct watch {
    struct load *load;
    struct result *result;
    struct outputs *outputs;
    struct recorder recorder;
    struct display display;
    int signals;
    bool counts; /* the warm-up is over */
    bool interrupted;
    uint64_t second_ns; /* the end of this second */
};

static void fill_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
}

void watch_block_signals(void)
{
    sigset_t signals;

    fill_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

bool watch_has_signal(void)
{
    sigset_t pending;

    sigpending(&pending);
    return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
}

/* Ignored is what a shell without job control makes of SIGINT in the background: not what is meant
 * here. */
static void restore_signals(void)
{
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t signals;

    sigaction(SIGINT, &usual, NULL);
    sigaction(SIGTERM, &usual, NULL);
    fill_signals(&signals);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

/* The warm-up is over: what is used from here on counts. */
static void begin_counting(struct watch *watch)
{
    struct usage usage;

    usage_reset_peak();
    usage_read(&usage);
    watch->counts = true;
    watch->result->usage.user_s = -usage.user_s;
    watch->result->usage.system_s = -usage.system_s;
    watch->result->started_at = outputs_now_s();
    watch->second_ns = watch->load->counted_ns + NS_PER_S;
    recorder_begin(&watch->recorder, watch->load->counted_ns);
}

static void end_second(struct watch *watch, uint64_t now)
{
    struct interval interval;
    struct usage usage;

    recorder_cut(&watch->recorder, watch->load, now, &interval);
    usage_read(&usage);
    if (usage.threads > watch->result->usage.threads) {
        watch->result->usage.threads = usage.threads;
    }
    if (!series_add(&watch->result->series, &interval)) {
        result_note(watch->result, "there was no memory for all seconds");
    }
    display_second(&watch->display, watch->load, &interval);
    outputs_interval(watch->outputs, watch->result->plan.title, watch->result->started_at,
                     &interval, watch->recorder.interval, watch->recorder.now);
}

/* Until something is to be done by itself. */
static int milliseconds_to_wait(const struct watch *watch, uint64_t now)
{
    uint64_t next = watch->counts ? watch->second_ns : watch->load->counted_ns;

    if (watch->display.on && watch->display.on_terminal && next > now + redraw_ns) {
        next = now + redraw_ns;
    }
    return next <= now ? 0 : (int)((next - now) / NS_PER_MS) + 1;
}

/* Waits for the end, a signal or the next moment; true while the load goes on. */
static bool wait_a_bit(struct watch *watch)
{
    struct pollfd fds[] = {
        {.fd = watch->load->done, .events = POLLIN},
        {.fd = watch->signals,    .events = POLLIN},
    };
    struct signalfd_siginfo info;

    if (poll(fds, 2, milliseconds_to_wait(watch, clock_now_ns())) <= 0) {
        return true;
    }
    if ((fds[1].revents & POLLIN) != 0) {
        watch->interrupted = read(watch->signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
    }
    return (fds[0].revents & POLLIN) == 0 && !watch->interrupted;
}

static void run(struct watch *watch)
{
    while (wait_a_bit(watch)) {
        uint64_t now = clock_now_ns();
        if (!watch->counts && now >= watch->load->counted_ns) {
            begin_counting(watch);
        }
        if (watch->counts && now >= watch->second_ns) {
            end_second(watch, now);
            while (watch->second_ns <= now) {
                watch->second_ns += NS_PER_S;
            }
        }
        display_now(&watch->display, watch->load);
    }
}

/* What came after the last whole second; without a whole one, also what there were of threads. */
static void end_last(struct watch *watch)
{
    uint64_t now = clock_now_ns();

    if (!watch->counts) {
        begin_counting(watch);
        watch->recorder.at_ns = now < watch->load->counted_ns ? now : watch->load->counted_ns;
    }
    end_second(watch, now);
}

void watch_load(struct load *load, struct result *result, struct outputs *outputs)
{
    struct watch watch = {.load = load, .result = result, .outputs = outputs};
    sigset_t set;

    if (!recorder_init(&watch.recorder)) {
        result_note(result, "there was no memory for the seconds");
        load_end(load);
        return;
    }
    fill_signals(&set);
    watch.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    display_begin(&watch.display, !outputs->options->quiet);
    if (clock_now_ns() >= load->counted_ns) {
        begin_counting(&watch);
    }
    run(&watch);
    if (watch.interrupted) {
        restore_signals();
        load_end(load);
        result->interrupted = true;
        struct pollfd done = {.fd = load->done, .events = POLLIN};
        poll(&done, 1, 500);
    }
    display_end(&watch.display);
    end_last(&watch);
    if (watch.signals >= 0) {
        close(watch.signals);
    }
    recorder_release(&watch.recorder);
}
