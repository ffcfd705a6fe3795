/* SPDX-License-Identifier: MIT */
/* Progress goes to stderr: a line that changes on a terminal, else a line a second. */
#include "watch.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "units.h"
#include "usage.h"

enum {
    TICK_TERMINAL_MS = 100,
    TICK_LINES_MS = 1000,
};

struct progress {
    bool on_terminal;
    uint64_t at_ns; /* of the last line, and what it showed */
    struct load_view view;
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

static void show(struct progress *progress, const struct load *load)
{
    struct load_view view;
    uint64_t now = clock_now_ns();
    double passed_s = (double)(now - progress->at_ns) / (double)NS_PER_S;
    char count[UNITS_MAX];
    char per_second[UNITS_MAX];
    char down[UNITS_MAX];
    char up[UNITS_MAX];

    load_look(load, &view);
    uint64_t ended = view.fine + view.failed;
    uint64_t before = progress->view.fine + progress->view.failed;
    double speed = passed_s > 0 ? 1 / passed_s : 0;
    fprintf(stderr,
            "%s  %.1f s  %s requests (%s/s)  %llu running  %llu failed  %s/s in  %s/s out%s",
            progress->on_terminal ? "\r" : "", (double)(now - load->started_ns) / (double)NS_PER_S,
            units_count(count, ended),
            units_count(per_second, (uint64_t)((double)(ended - before) * speed)),
            (unsigned long long)(view.started > ended ? view.started - ended : 0),
            (unsigned long long)view.failed,
            units_bytes(down, (double)(view.received - progress->view.received) * speed),
            units_bytes(up, (double)(view.sent - progress->view.sent) * speed),
            progress->on_terminal ? "\x1b[K" : "\n");
    progress->view = view;
    progress->at_ns = now;
}

static void count_threads(unsigned *threads)
{
    struct usage usage;

    usage_read(&usage);
    if (usage.threads > *threads) {
        *threads = usage.threads;
    }
}

/* Waits for the end, a signal or the next tick; true while the load goes on. */
static bool wait_a_tick(const struct load *load, int signals, int tick_ms, bool *interrupted)
{
    struct pollfd fds[] = {
        {.fd = load->done, .events = POLLIN},
        {.fd = signals,    .events = POLLIN},
    };
    struct signalfd_siginfo info;

    if (poll(fds, 2, tick_ms) <= 0) {
        return true;
    }
    if (signals >= 0 && (fds[1].revents & POLLIN) != 0) {
        *interrupted = read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
    }
    return (fds[0].revents & POLLIN) == 0 && !*interrupted;
}

bool watch_load(struct load *load, bool show_progress, unsigned *threads)
{
    struct progress progress = {.on_terminal = isatty(STDERR_FILENO) == 1,
                                .at_ns = load->started_ns};
    int tick_ms = progress.on_terminal ? TICK_TERMINAL_MS : TICK_LINES_MS;
    bool interrupted = false;
    sigset_t set;

    fill_signals(&set);
    int signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    count_threads(threads);
    while (wait_a_tick(load, signals, tick_ms, &interrupted)) {
        count_threads(threads);
        if (show_progress) {
            show(&progress, load);
        }
    }
    if (show_progress && progress.on_terminal) {
        fputs("\r\x1b[K", stderr);
    }
    if (signals >= 0) {
        close(signals);
    }
    if (interrupted) {
        restore_signals();
        load_end(load);
    }
    return !interrupted;
}
