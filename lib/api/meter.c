/* SPDX-License-Identifier: MIT */
#include "api/meter.h"

#include "api/handle.h"
#include "base/clock.h"

#include <stdio.h>

enum { SIZE_TEXT = 8, TIME_TEXT = 16, PERCENT = 100 };

/* At most five characters: "12345", "1234k", "12.3M". */
static void size_text(curl_off_t bytes, char text[SIZE_TEXT])
{
    static const char units[] = "kMGTP";
    double value = (double)bytes;
    int unit = -1;

    while (value >= (unit < 0 ? 100000.0 : 10000.0) && unit < 4) {
        value /= 1024.0;
        unit++;
    }
    if (unit < 0)
        snprintf(text, SIZE_TEXT, "%5.0f", value);
    else if (value < 100.0)
        snprintf(text, SIZE_TEXT, "%4.1f%c", value, units[unit]);
    else
        snprintf(text, SIZE_TEXT, "%4.0f%c", value, units[unit]);
}

static void time_text(int64_t seconds, char text[TIME_TEXT])
{
    if (seconds < 0 || seconds > INT64_C(99) * 3600)
        snprintf(text, TIME_TEXT, "--:--:--");
    else
        snprintf(text, TIME_TEXT, "%2lld:%02lld:%02lld", (long long)(seconds / 3600),
                 (long long)(seconds / 60 % 60), (long long)(seconds % 60));
}

static int percent(curl_off_t done, curl_off_t total)
{
    return total > 0 ? (int)((double)done * PERCENT / (double)total) : 0;
}

static void draw(struct easy *e, int64_t now)
{
    const struct facts *f = &e->facts;
    curl_off_t down = e->progress.delivered, up = f->uploaded;
    curl_off_t down_total = f->content_length > 0 ? f->content_length : 0;
    curl_off_t up_total = f->upload_length > 0 ? f->upload_length : 0;
    double seconds = (double)(now - e->progress.started) / (double)CLOCK_SECOND;
    double down_speed = seconds > 0 ? (double)down / seconds : 0;
    double up_speed = seconds > 0 ? (double)up / seconds : 0;
    int64_t spent = (int64_t)seconds, left = -1;
    char sizes[6][SIZE_TEXT], times[3][TIME_TEXT];
    FILE *out = e->settings->stderr_file ? e->settings->stderr_file : stderr;

    if (down_total && down_speed > 0)
        left = (int64_t)((double)(down_total - down) / down_speed);
    else if (up_total && up_speed > 0)
        left = (int64_t)((double)(up_total - up) / up_speed);
    size_text(down_total + up_total ? down_total + up_total : down + up, sizes[0]);
    size_text(down, sizes[1]);
    size_text(up, sizes[2]);
    size_text((curl_off_t)down_speed, sizes[3]);
    size_text((curl_off_t)up_speed, sizes[4]);
    size_text((curl_off_t)(down_speed + up_speed), sizes[5]);
    time_text(left < 0 ? -1 : spent + left, times[0]);
    time_text(spent, times[1]);
    time_text(left, times[2]);
    fprintf(out, "\r%3d %s  %3d %s  %3d %s  %s  %s %s %s %s %s",
            percent(down + up, down_total + up_total), sizes[0], percent(down, down_total),
            sizes[1], percent(up, up_total), sizes[2], sizes[3], sizes[4], times[0], times[1],
            times[2], sizes[5]);
    if (e->progress.ended)
        fputc('\n', out);
    fflush(out);
}

void meter_show(struct easy *e, int64_t now)
{
    FILE *out = e->settings->stderr_file ? e->settings->stderr_file : stderr;

    if (!e->progress.ended && e->progress.meter_begun &&
        now - e->progress.meter_shown < CLOCK_SECOND)
        return;
    if (!e->progress.meter_begun)
        fputs("  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
              "                                 Dload  Upload   Total   Spent    Left  Speed\n",
              out);
    e->progress.meter_begun = true;
    e->progress.meter_shown = now;
    draw(e, now);
}
