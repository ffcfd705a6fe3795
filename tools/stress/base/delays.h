/* SPDX-License-Identifier: MIT */
/* What is due when: a heap of moments, each part of the thing that waits for it. */
#ifndef STRESS_DELAYS_H
#define STRESS_DELAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of whatever waits; zeroed, it waits for nothing. */
struct delay {
    uint64_t due_ns;
    size_t place; /* in the heap, from 1 on; 0 when not in it */
};

/* Zeroed, it is empty. */
struct delays {
    struct delay **heap;
    size_t count;
    size_t size;
};

/* Frees the heap, not what is in it. */
void delays_release(struct delays *delays);

/* Adds one that is not in. False when there is no memory. */
bool delays_add(struct delays *delays, struct delay *delay, uint64_t due_ns);

/* Removes one, whether it is in or not. */
void delays_remove(struct delays *delays, struct delay *delay);

/* The one that is due first; NULL when there is none. */
struct delay *delays_first(const struct delays *delays);

#endif
