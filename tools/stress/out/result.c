/* SPDX-License-Identifier: MIT */
/* What is known of a run; see result.h. */
#include "out/result.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool result_init(struct result *result)
{
    *result = (struct result){.parts = 1, .slo_met = true};
    result->tally = calloc(1, sizeof(*result->tally));
    return result->tally != NULL;
}

void result_release(struct result *result)
{
    if (result->tally != NULL) {
        tally_release(result->tally);
        free(result->tally);
        result->tally = NULL;
    }
    series_release(&result->series);
}

void result_note(struct result *result, const char *format, ...)
{
    va_list arguments;

    if (result->note_count == RESULT_NOTES) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(result->notes[result->note_count++], RESULT_TEXT, format, arguments);
    va_end(arguments);
}

uint64_t result_ended(const struct result *result)
{
    return result->tally->live.fine + result->tally->live.failed;
}

double result_rate(const struct result *result, uint64_t count)
{
    return result->elapsed_s > 0 ? (double)count / result->elapsed_s : 0;
}

static double figure(const struct slo_item *item, const void *from)
{
    const struct result *result = from;
    const struct histogram *latency = &result->tally->times[TIME_LATENCY];
    uint64_t ended = result_ended(result);

    switch (item->figure) {
    case SLO_ERRORS:
        return ended > 0 ? 100.0 * (double)result->tally->live.failed / (double)ended : NAN;
    case SLO_RATE:
        return result_rate(result, result->tally->live.fine);
    case SLO_THROUGHPUT:
        return result_rate(result, result->tally->live.received);
    default:
        break;
    }
    if (latency->count == 0) {
        return NAN;
    }
    if (item->figure == SLO_MEAN) {
        return (double)histogram_mean(latency);
    }
    return (double)histogram_percentile(latency,
                                        item->figure == SLO_PERCENTILE ? item->percent : 100);
}

void result_check(struct result *result, const char *text)
{
    char error[SLO_ERROR_MAX];

    result->slo_met = text == NULL || (slo_read(&result->slo, text, error) &&
                                       slo_check(&result->slo, figure, result));
}
