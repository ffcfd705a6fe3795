/* SPDX-License-Identifier: MIT */
/* What the tests of streams, connects, the pool and dialing share: fibers on an inline worker and
 * on real ones, listeners on loopback, hooks that remember. */
#ifndef TEST_UNIT_NET_CONNECTIONS_H
#define TEST_UNIT_NET_CONNECTIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/connect.h"
#include "net/socket.h"
#include "runtime/wait.h"
#include "runtime/workers.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A time that no test reaches unless it hangs. */
static inline int64_t far(void)
{
    return clock_now() + 20 * CLOCK_SECOND;
}

/* ---- Fibers ---- */

/* A fiber to be started on a worker by a message, and its end told to any thread. */
struct job {
    struct worker_post post;
    void (*run)(void *argument);
    void *argument;
    struct fiber *fiber;
    atomic_int done;
};

static inline void job_main(void *argument)
{
    struct job *job = argument;

    job->run(job->argument);
    atomic_store(&job->done, 1);
}

static inline void job_arrived(struct worker_post *post, struct worker *worker)
{
    struct job *job = CONTAINER_OF(post, struct job, post);

    if (fiber_start(worker, job_main, job, &job->fiber))
        abort();
}

static inline void job_post(struct worker *worker, struct job *job, void (*run)(void *),
                            void *argument)
{
    *job = (struct job){.post = {.deliver = job_arrived}, .run = run, .argument = argument};
    worker_post(worker, &job->post);
}

/* For a worker with a thread of its own. */
static inline void job_join(struct job *job)
{
    int64_t end = far();

    while (!atomic_load(&job->done) && clock_now() < end)
        usleep(200);
    assert_true(atomic_load(&job->done));
}

/* Runs one fiber on an inline worker to its end. */
static inline void run_here(struct worker *worker, void (*run)(void *), void *argument)
{
    struct job job;
    int64_t end = far();

    job_post(worker, &job, run, argument);
    while (!atomic_load(&job.done) && clock_now() < end)
        worker_turn(worker, end);
    assert_true(atomic_load(&job.done));
}

static inline int with_worker(void **state)
{
    *state = worker_new_inline();
    return *state ? 0 : -1;
}

static inline int without_worker(void **state)
{
    worker_free_inline(*state);
    return 0;
}

/* ---- Sockets ---- */

/* How many descriptors are open. */
static inline int count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static inline struct address parsed(const char *text, int port)
{
    struct address a;

    assert_true(address_parse(text, &a));
    address_set_port(&a, port);
    return a;
}

/* Listens at an address (port 0: any); the port in *ret_port. */
static inline int listen_at(const char *text, int port, int backlog, int *ret_port)
{
    struct address a = parsed(text, port);
    int fd = socket_open(a.at.any.sa_family), on = 1;

    *ret_port = -1;

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (socket_bind(fd, &a) || listen(fd, backlog)) {
        close(fd);
        return -1;
    }
    a = socket_local_address(fd);
    *ret_port = address_port(&a);
    return fd;
}

/* A listener whose queue is full: connects to it get no answer. */
struct silent {
    int listener, filler;
};

static inline struct silent silent_at(const char *text, int port, int *ret_port)
{
    struct silent s;
    struct address a;

    s.listener = listen_at(text, port, 0, ret_port);
    assert_true(s.listener >= 0);
    a = parsed(text, *ret_port);
    s.filler = socket(a.at.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(s.filler, &a.at.any, a.len), 0);
    return s;
}

static inline void silent_end(struct silent *s)
{
    close(s->filler);
    close(s->listener);
}

static inline int accept_from(int listener)
{
    int64_t end = far();
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) < 0 && clock_now() < end)
        usleep(200);
    assert_true(fd >= 0);
    return fd;
}

/* ---- Hooks ---- */

struct heard {
    char text[512]; /* the first failure */
    char log[4096];
};

__attribute__((format(printf, 3, 4))) static inline CURLcode
hear_failure(void *owner, CURLcode code, const char *format, ...)
{
    struct heard *heard = owner;
    va_list arguments;

    if (heard->text[0])
        return code;
    va_start(arguments, format);
    vsnprintf(heard->text, sizeof(heard->text), format, arguments);
    va_end(arguments);
    return code;
}

__attribute__((format(printf, 2, 3))) static inline void hear_log(void *owner, const char *format,
                                                                  ...)
{
    struct heard *heard = owner;
    size_t len = strlen(heard->log);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(heard->log + len, sizeof(heard->log) - len, format, arguments);
    va_end(arguments);
    len = strlen(heard->log);
    snprintf(heard->log + len, sizeof(heard->log) - len, "\n");
}

static inline struct net_hooks hooks_of(struct heard *heard)
{
    return (struct net_hooks){.owner = heard, .fail = hear_failure, .log = hear_log};
}

/* ---- Memory that runs short ---- */

/* Allocation number `memory_left` from now on fails. */
static int memory_left = -1;

static inline void *short_malloc(size_t size)
{
    return memory_left >= 0 && memory_left-- == 0 ? NULL : malloc(size);
}

static inline void *short_realloc(void *p, size_t size)
{
    return memory_left >= 0 && memory_left-- == 0 ? NULL : realloc(p, size);
}

static inline void *short_calloc(size_t count, size_t size)
{
    return memory_left >= 0 && memory_left-- == 0 ? NULL : calloc(count, size);
}

static inline void use_short_memory(void)
{
    static const struct mem_functions functions = {short_malloc, free, short_realloc, strdup,
                                                   short_calloc};

    mem_use(&functions);
}

#endif
