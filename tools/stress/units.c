/* SPDX-License-Identifier: MIT */
/* Numbers as people read them; three digits say enough. */
#include "units.h"

#include <stdio.h>
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
