/* SPDX-License-Identifier: MIT */
/* Due times; see pace.h. */
#include "run/pace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

static const double rate_max = 1e7;

bool pace_add(struct pace *pace, double from, double to, double seconds)
{
    bool makes_sense =
        from >= 0 && to >= 0 && from + to > 0 && from <= rate_max && to <= rate_max && seconds > 0;

    if (!makes_sense || pace->count == PACE_STAGES) {
        return false;
    }
    pace->stages[pace->count++] = (struct pace_stage){from, to, seconds};
    return true;
}

bool pace_add_first(struct pace *pace, double seconds)
{
    double rate = pace->count > 0 ? pace->stages[0].from : 0;

    if (pace->count == 0 || pace->count == PACE_STAGES || seconds <= 0) {
        return false;
    }
    memmove(pace->stages + 1, pace->stages, pace->count * sizeof(pace->stages[0]));
    if (rate <= 0) { /* a ramp from nothing: its middle */
        rate = pace->stages[0].to / 2;
    }
    pace->stages[0] = (struct pace_stage){rate, rate, seconds};
    pace->count++;
    return true;
}

/* "FROM-TO" or "RATE" up to the colon. */
static bool read_rates(const char *text, double *from, double *to, const char **rest)
{
    char *end = NULL;

    *from = strtod(text, &end);
    if (end == text) {
        return false;
    }
    *to = *from;
    if (*end == '-') {
        text = end + 1;
        *to = strtod(text, &end);
        if (end == text) {
            return false;
        }
    }
    *rest = end;
    return *end == ':';
}

bool pace_read(struct pace *pace, const char *text)
{
    char span[32];
    double from = 0;
    double to = 0;
    double seconds = 0;

    for (;;) {
        if (!read_rates(text, &from, &to, &text)) {
            return false;
        }
        size_t len = strcspn(++text, ",");
        if (len == 0 || len >= sizeof(span)) {
            return false;
        }
        memcpy(span, text, len);
        span[len] = '\0';
        if (!units_read_seconds(span, &seconds) || !pace_add(pace, from, to, seconds)) {
            return false;
        }
        text += len;
        if (*text == '\0') {
            return true;
        }
        text++;
    }
}

static double stage_total(const struct pace_stage *stage)
{
    return (stage->from + stage->to) / 2 * stage->seconds;
}

/*
 * Within a stage, after t seconds, from * t + slope * t^2 / 2 requests have been due. This is that
 * solved for t, in the form that loses no digits when the slope is small.
 */
static double stage_due(const struct pace_stage *stage, double position)
{
    double slope = (stage->to - stage->from) / stage->seconds;
    double root = stage->from * stage->from + 2 * slope * position;
    double divisor = stage->from + sqrt(root > 0 ? root : 0);

    return divisor > 0 ? fmin(2 * position / divisor, stage->seconds) : 0;
}

double pace_due(const struct pace *pace, double position)
{
    double before = 0;

    position = position > 0 ? position : 0;
    for (size_t i = 0; i < pace->count; i++) {
        double total = stage_total(&pace->stages[i]);
        if (position < total) {
            return before + stage_due(&pace->stages[i], position);
        }
        position -= total;
        before += pace->stages[i].seconds;
    }
    return INFINITY;
}

double pace_total(const struct pace *pace)
{
    double total = 0;

    for (size_t i = 0; i < pace->count; i++) {
        total += stage_total(&pace->stages[i]);
    }
    return total;
}

double pace_seconds(const struct pace *pace)
{
    double seconds = 0;

    for (size_t i = 0; i < pace->count; i++) {
        seconds += pace->stages[i].seconds;
    }
    return seconds;
}

double pace_rate(const struct pace *pace, double seconds)
{
    for (size_t i = 0; i < pace->count; i++) {
        const struct pace_stage *stage = &pace->stages[i];
        if (seconds < stage->seconds) {
            return stage->from + (stage->to - stage->from) * seconds / stage->seconds;
        }
        seconds -= stage->seconds;
    }
    return 0;
}
