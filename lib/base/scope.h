/* SPDX-License-Identifier: MIT */
/* A local that owns something releases it when its scope ends: `scoped(buf) line = {0};`. */
#ifndef BASE_SCOPE_H
#define BASE_SCOPE_H

/* For a `struct thing` with a thing_release(struct thing *). */
#define DEFINE_SCOPED(thing)                                                                       \
    static inline void thing##_leave_scope(struct thing *t)                                        \
    {                                                                                              \
        thing##_release(t);                                                                        \
    }

#define scoped(thing) __attribute__((cleanup(thing##_leave_scope))) struct thing

/* Marks a prototype that can reach a wait: the fiber may be parked and other fibers may run. */
#define WAITS

#define CONTAINER_OF(pointer, type, member)                                                        \
    ((type *)(void *)((char *)(pointer) - __builtin_offsetof(type, member)))

#endif
