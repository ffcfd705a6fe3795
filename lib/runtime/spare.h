/* SPDX-License-Identifier: MIT */
/* How much of the machine's processors nobody uses. */
#ifndef RUNTIME_SPARE_H
#define RUNTIME_SPARE_H

#include <stdint.h>

struct spare_processors {
    int64_t looked;     /* us: when the counters below were read; 0: never */
    int64_t idle_ticks; /* of all processors together */
    int spare;          /* thousandths of one processor, over the last span */
};

/* Thousandths of a processor that were idle lately, all processors together: reads /proc/stat at
 * most twenty times a second, so the first answers of a busy time are what was known before. Where
 * that cannot be read, as if there were room. One thread at a time. */
int spare_processors_look(struct spare_processors *);

#endif
