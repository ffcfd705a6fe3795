/* SPDX-License-Identifier: MIT */
/* Reads and checks objectives; see slo.h. */
#include "out/slo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

static const double ns_a_second = 1e9;

static bool fail(char error[SLO_ERROR_MAX], const char *what)
{
    snprintf(error, SLO_ERROR_MAX, "%s", what);
    return false;
}

/* "p99.9" and the other words before the sign. */
static bool read_figure(struct slo_item *item, const char *word)
{
    static const struct {
        const char *name;
        enum slo_figure figure;
    } names[] = {
        {"mean",       SLO_MEAN       },
        {"max",        SLO_LATENCY_MAX},
        {"errors",     SLO_ERRORS     },
        {"rate",       SLO_RATE       },
        {"throughput", SLO_THROUGHPUT },
    };
    char *end = NULL;

    if (word[0] == 'p' && word[1] >= '0' && word[1] <= '9') {
        item->figure = SLO_PERCENTILE;
        item->percent = strtod(word + 1, &end);
        return *end == '\0' && item->percent <= 100;
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i].name) == 0) {
            item->figure = names[i].figure;
            return true;
        }
    }
    return false;
}

static bool read_limit(struct slo_item *item, const char *text)
{
    char *end = NULL;
    int64_t bytes = 0;

    switch (item->figure) {
    case SLO_ERRORS:
        item->limit = strtod(text, &end);
        return end != text && strcmp(end, "%") == 0 && item->limit >= 0 && item->limit <= 100;
    case SLO_RATE:
        item->limit = strtod(text, &end);
        return end != text && *end == '\0' && item->limit >= 0 && isfinite(item->limit);
    case SLO_THROUGHPUT:
        if (!units_read_bytes(text, &bytes)) {
            return false;
        }
        item->limit = (double)bytes;
        return true;
    default:
        if (!units_read_seconds(text, &item->limit)) {
            return false;
        }
        item->limit *= ns_a_second;
        return true;
    }
}

static bool read_item(struct slo_item *item, char error[SLO_ERROR_MAX])
{
    char copy[SLO_TEXT_MAX];

    memcpy(copy, item->text, sizeof(copy));
    char *sign = strpbrk(copy, "<>");
    if (sign == NULL) {
        return fail(error, "an objective needs < or >");
    }
    item->at_most = *sign == '<';
    item->or_equal = sign[1] == '=';
    const char *limit = sign + 1 + item->or_equal;
    *sign = '\0';
    if (!read_figure(item, copy)) {
        return fail(error, "an objective is for pN, mean, max, errors, rate or throughput");
    }
    return read_limit(item, limit) ||
           fail(error,
                "an objective's limit is a time, errors' a percentage (0.1%), rate's a number, "
                "throughput's a size");
}

bool slo_read(struct slo *slo, const char *text, char error[SLO_ERROR_MAX])
{
    memset(slo, 0, sizeof(*slo));
    for (;;) {
        text += strspn(text, " ");
        size_t len = strcspn(text, ", ");
        if (slo->count == SLO_MAX || len == 0 || len >= SLO_TEXT_MAX) {
            return fail(error, "not objectives with commas between");
        }
        struct slo_item *item = &slo->items[slo->count++];
        memcpy(item->text, text, len);
        if (!read_item(item, error)) {
            return false;
        }
        text += len;
        text += strspn(text, " ");
        if (*text == '\0') {
            return true;
        }
        if (*text++ != ',') {
            return fail(error, "not objectives with commas between");
        }
    }
}

static bool is_met(const struct slo_item *item)
{
    if (isnan(item->value)) {
        return false;
    }
    if (item->value == item->limit) { /* NOLINT: to the last digit is meant */
        return item->or_equal;
    }
    return item->at_most ? item->value < item->limit : item->value > item->limit;
}

bool slo_check(struct slo *slo, double (*look)(const struct slo_item *item, const void *from),
               const void *from)
{
    bool all = true;

    for (size_t i = 0; i < slo->count; i++) {
        slo->items[i].value = look(&slo->items[i], from);
        slo->items[i].met = is_met(&slo->items[i]);
        all = all && slo->items[i].met;
    }
    return all;
}
