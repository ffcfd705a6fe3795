/* SPDX-License-Identifier: MIT */
#include "api/meter.h"

#include "api/handle.h"
#include "base/clock.h"

#include <stdio.h>

enum { SIZE_TEXT = 24, TIME_TEXT = 64, PERCENT = 100 };

/* Five characters: "12345", "1234k", "12.3M", rounded down. */
static void size_text(curl_off_t bytes, char text[SIZE_TEXT])
{
    static const char units[] = " kMGTP";
    curl_off_t whole = bytes, tenths = 0;
    int unit = 0;

    while (whole >= (unit ? 10000 : 100000) && unit < 5) {
        tenths = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit++;
    }
    if (!unit)
        snprintf(text, SIZE_TEXT, "%5" CURL_FORMAT_CURL_OFF_T, whole);
    else if ((unit == 2 || unit == 3) && whole < 100)
        snprintf(text, SIZE_TEXT, "%2d.%d%c", (int)whole, (int)tenths, units[unit]);
    else
        snprintf(text, SIZE_TEXT, "%4d%c", (int)whole, units[unit]);
}

/* Eight characters: "12:34:56", "12d 34h", "1234567d". */
static void time_text(int64_t seconds, char text[TIME_TEXT])
{
    long long minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

    if (seconds <= 0)
        snprintf(text, TIME_TEXT, "--:--:--");
    else if (hours <= 99)
        snprintf(text, TIME_TEXT, "%2lld:%02lld:%02lld", hours, minutes % 60, seconds % 60LL);
    else if (days <= 999)
        snprintf(text, TIME_TEXT, "%3lldd %02lldh", days, hours % 24);
    else
        snprintf(text, TIME_TEXT, "%7lldd", days <= 9999999 ? days : 9999999);
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
    curl_off_t down_size = down_total ? down_total : down, up_size = up_total ? up_total : up;
    int64_t spent = (int64_t)seconds, left = -1;
    char sizes[6][SIZE_TEXT], times[3][TIME_TEXT];
    FILE *out = e->settings->stderr_file ? e->settings->stderr_file : stderr;

    if (down_total && down_speed > 0)
        left = (int64_t)((double)(down_total - down) / down_speed);
    else if (up_total && up_speed > 0)
        left = (int64_t)((double)(up_total - up) / up_speed);
    size_text(down_size + up_size, sizes[0]);
    size_text(down, sizes[1]);
    size_text(up, sizes[2]);
    size_text((curl_off_t)down_speed, sizes[3]);
    size_text((curl_off_t)up_speed, sizes[4]);
    size_text((curl_off_t)(down_speed + up_speed), sizes[5]);
    time_text(left < 0 ? -1 : spent + left, times[0]);
    time_text(spent, times[1]);
    time_text(left, times[2]);
    fprintf(out, "\r%3d %s  %3d %s  %3d %s  %s  %s %s %s %s %s",
            percent(down + up, down_size + up_size), sizes[0], percent(down, down_total), sizes[1],
            percent(up, up_total), sizes[2], sizes[3], sizes[4], times[0], times[1], times[2],
            sizes[5]);
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
