/* SPDX-License-Identifier: MIT */
/* See display.h. */
#include "cli/display.h"

#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"

enum {
    COLUMNS_LEAST = 40,
    BAR_MOST = 40,
    LINE_MAX_BYTES = 512,
};

void display_begin(struct display *display, bool on)
{
    *display = (struct display){.on = on, .on_terminal = isatty(STDERR_FILENO) == 1};
}

void display_second(struct display *display, const struct load *load,
                    const struct interval *interval)
{
    char text[6][UNITS_MAX];
    struct load_view view;
    double length_s = interval->length_s > 0 ? interval->length_s : 1;

    if (display->has_last && length_s < 0.25) {
        return; /* what is left over after the last whole second: too short for a rate */
    }
    display->last = *interval;
    display->has_last = true;
    if (!display->on || display->on_terminal) {
        return;
    }
    load_look(load, &view);
    fprintf(stderr,
            "  %.1f s  %s requests (%s/s)  %llu running  %llu failed  p50 %s  p99 %s  max %s  %s/s "
            "in\n",
            interval->from_s + interval->length_s, units_count(text[0], view.fine + view.failed),
            units_count(text[1],
                        (uint64_t)llround((double)(interval->fine + interval->failed) / length_s)),
            (unsigned long long)interval->running, (unsigned long long)view.failed,
            units_time(text[2], (double)interval->p50_ns),
            units_time(text[3], (double)interval->p99_ns),
            units_time(text[4], (double)interval->max_ns),
            units_bytes(text[5], (double)interval->received / length_s));
}

static int columns(void)
{
    struct winsize size = {0};

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < COLUMNS_LEAST) {
        return 80;
    }
    return size.ws_col;
}

/* How much of the load is done, 0 to 1; less than 0: nobody knows. */
static double progress(const struct load *load, const struct load_view *view, double passed_s)
{
    const struct options *options = load->options;
    double done = -1;

    if (options->duration_s > 0) {
        done = passed_s / options->duration_s;
    }
    if (options->requests > 0) {
        done = fmax(done, (double)(view->fine + view->failed) / (double)options->requests);
    }
    return fmin(done, 1);
}

/* One line; what is wider than the terminal is left out, for a line that wraps cannot be written
 * over. */
static void put_line(struct display *display, int width, const char *text)
{
    fprintf(stderr, "%.*s\x1b[K\n", width - 1, text);
    display->lines++;
}

static void put_bar(struct display *display, int width, double done, double passed_s,
                    double whole_s)
{
    char bar[BAR_MOST + 1];
    char line[LINE_MAX_BYTES];
    int most = width / 2 < BAR_MOST ? width / 2 : BAR_MOST;
    int full = (int)(done * most);

    for (int i = 0; i < most; i++) {
        bar[i] = i < full ? '#' : '.';
    }
    bar[most] = '\0';
    int len = snprintf(line, sizeof(line), "  [%s] %3.0f %%  %.1f s", bar, done * 100, passed_s);
    if (whole_s > 0 && len > 0) {
        snprintf(line + len, sizeof(line) - (size_t)len, " of %g s", whole_s);
    }
    put_line(display, width, line);
}

static void put_first(struct display *display, int width, const struct load *load,
                      const struct load_view *view)
{
    uint64_t now = clock_now_ns();
    char line[LINE_MAX_BYTES];

    if (now < load->counted_ns) {
        snprintf(line, sizeof(line), "  warming up, %.1f s left",
                 (double)(load->counted_ns - now) / (double)NS_PER_S);
        put_line(display, width, line);
        return;
    }
    double passed_s = (double)(now - load->counted_ns) / (double)NS_PER_S;
    double done = progress(load, view, passed_s);
    if (done >= 0) {
        put_bar(display, width, done, passed_s, load->options->duration_s);
    } else {
        snprintf(line, sizeof(line), "  %.1f s", passed_s);
        put_line(display, width, line);
    }
}

static void put_counts(struct display *display, int width, const struct load *load,
                       const struct load_view *view)
{
    const struct interval *last = &display->last;
    uint64_t ended = view->fine + view->failed;
    double length_s = last->length_s > 0 ? last->length_s : 1;
    char line[LINE_MAX_BYTES];
    char text[5][UNITS_MAX];
    char wanted[64] = "";

    if (load->options->pace.count > 0) {
        double at_s = (double)(clock_now_ns() - load->started_ns) / (double)NS_PER_S;
        at_s = fmin(at_s, pace_seconds(&load->options->pace) * 0.999999); /* not past its end */
        snprintf(wanted, sizeof(wanted), " of %.0f", pace_rate(&load->options->pace, at_s));
    }
    snprintf(line, sizeof(line), "  %s done   %s%s/s   %llu running   errors %s (%.2f %%)",
             units_count(text[0], ended),
             units_count(text[1], (uint64_t)((double)(last->fine + last->failed) / length_s)),
             wanted, (unsigned long long)view->running, units_count(text[2], view->failed),
             ended > 0 ? 100.0 * (double)view->failed / (double)ended : 0.0);
    put_line(display, width, line);
    if (!display->has_last) {
        return;
    }
    snprintf(line, sizeof(line), "  now   p50 %s   p90 %s   p99 %s   p99.9 %s   max %s",
             units_time(text[0], (double)last->p50_ns), units_time(text[1], (double)last->p90_ns),
             units_time(text[2], (double)last->p99_ns), units_time(text[3], (double)last->p999_ns),
             units_time(text[4], (double)last->max_ns));
    put_line(display, width, line);
    snprintf(line, sizeof(line), "        %s/s in   %s/s out   %.2f processors   %s",
             units_bytes(text[0], (double)last->received / length_s),
             units_bytes(text[1], (double)last->sent / length_s), last->cpu,
             units_bytes(text[2], (double)last->memory_bytes));
    put_line(display, width, line);
}

static void go_up(struct display *display)
{
    if (display->lines > 0) {
        fprintf(stderr, "\r\x1b[%dA", display->lines);
    }
    display->lines = 0;
}

void display_now(struct display *display, const struct load *load)
{
    struct load_view view;
    int width = columns();

    if (!display->on || !display->on_terminal) {
        return;
    }
    load_look(load, &view);
    go_up(display);
    put_first(display, width, load, &view);
    put_counts(display, width, load, &view);
    fflush(stderr);
}

void display_end(struct display *display)
{
    if (display->on && display->on_terminal) {
        go_up(display);
        fputs("\r\x1b[J", stderr);
        fflush(stderr);
    }
}
