/* SPDX-License-Identifier: MIT */
/* Numbers as people read and write them; three digits say enough. */
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value and the unit that leaves it the fewest digits before the point. */
static const char *scaled(char out[UNITS_MAX], double value, const char *const *names, int count)
{
    int unit = 0;

    while (value >= 999.5 && unit + 1 < count) {
        value /= 1000;
        unit++;
    }
    int digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(out, UNITS_MAX, "%.*f %s", digits, value, names[unit]);
    return out;
}

const char *units_bytes(char out[UNITS_MAX], double bytes)
{
    static const char *const names[] = {"B", "kB", "MB", "GB", "TB", "PB"};

    return scaled(out, bytes, names, 6);
}

const char *units_time(char out[UNITS_MAX], double ns)
{
    static const char *const names[] = {"ns", "us", "ms", "s"};

    return scaled(out, ns, names, 4);
}

const char *units_count(char out[UNITS_MAX], uint64_t count)
{
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
    int at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

bool units_read_seconds(const char *text, double *seconds)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {
        {"",   1   },
        {"s",  1   },
        {"ms", 1e-3},
        {"us", 1e-6},
        {"m",  60  },
        {"h",  3600},
    };
    char *end = NULL;
    double value = strtod(text, &end);

    if (end == text || !isfinite(value)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].name) == 0) {
            *seconds = value * units[i].seconds;
            return *seconds >= 1e-6 && *seconds <= 366.0 * 86400;
        }
    }
    return false;
}

bool units_read_bytes(const char *text, int64_t *bytes)
{
    static const char units[] = "kMG";
    char *end = NULL;
    double value = strtod(text, &end);

    if (end == text || !isfinite(value)) {
        return false;
    }
    if (*end != '\0') {
        const char *unit = strchr(units, *end == 'K' ? 'k' : *end);
        bool binary = strcmp(end + 1, "i") == 0;
        if (unit == NULL || (!binary && end[1] != '\0')) {
            return false;
        }
        value *= pow(binary ? 1024 : 1000, (double)(unit - units + 1));
    }
    if (value < 0 || value > 1e15) {
        return false;
    }
    *bytes = llround(value);
    return true;
}
