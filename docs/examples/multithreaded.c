/* SPDX-License-Identifier: MIT */
/*
 * Transfers from several threads:
 *
 *     multithreaded THREADS URL...
 *
 * Some libraries let several threads use ONE multi handle; they list the feature
 * "threadsafe-multi". There the threads add their transfers to one multi handle and this one drives
 * it: all callbacks run here. Elsewhere a multi handle belongs to one thread at a time, so each
 * thread drives one of its own.
 *
 * In either case a share object lets all transfers use the names that one has resolved and the TLS
 * sessions that one has made; its lock functions make that safe. Prints the way taken, and a line
 * for each transfer that ended: status, bytes, milliseconds, URL.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

enum {
    THREADS_MAX = 64,
    AT_A_TIME = 3, /* transfers of a thread with a multi handle of its own */
};

struct program {
    CURLSH *share;
    CURLM *multi; /* that all threads use; NULL: each has its own */
    char **urls;
    int count;
    atomic_int next;       /* URL that no thread has taken */
    atomic_int unfinished; /* transfers that have not ended or failed to begin */
    atomic_int failures;
    pthread_mutex_t locks[CURL_LOCK_DATA_LAST]; /* one for each kind of shared data */
};

static void lock_shared(CURL *easy, curl_lock_data kind, curl_lock_access access, void *userdata)
{
    struct program *program = userdata;

    (void)easy;
    (void)access;
    pthread_mutex_lock(&program->locks[kind]);
}

static void unlock_shared(CURL *easy, curl_lock_data kind, void *userdata)
{
    struct program *program = userdata;

    (void)easy;
    pthread_mutex_unlock(&program->locks[kind]);
}

static int prepare_share(struct program *program)
{
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) {
        pthread_mutex_init(&program->locks[i], NULL);
    }
    program->share = curl_share_init();
    if (program->share == NULL) {
        return 0;
    }
    curl_share_setopt(program->share, CURLSHOPT_USERDATA, program);
    curl_share_setopt(program->share, CURLSHOPT_LOCKFUNC, lock_shared);
    curl_share_setopt(program->share, CURLSHOPT_UNLOCKFUNC, unlock_shared);
    curl_share_setopt(program->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(program->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return 1;
}

/* Whether the library lets several threads use one multi handle at the same time. */
static int can_share_a_multi(void)
{
#if LIBCURL_VERSION_NUM >= 0x075700 /* 7.87.0 names its features */
    const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

    if (info->age >= CURLVERSION_ELEVENTH && info->feature_names != NULL) {
        for (const char *const *name = info->feature_names; *name != NULL; name++) {
            if (strcmp(*name, "threadsafe-multi") == 0) {
                return 1;
            }
        }
    }
#endif
    return 0;
}

static size_t throw_away(char *bytes, size_t size, size_t count, void *userdata)
{
    (void)bytes;
    (void)userdata;
    return size * count;
}

static void print_result(struct program *program, CURL *easy, CURLcode result)
{
    char *url = NULL;
    long status = 0;
    curl_off_t bytes = 0;
    curl_off_t us = 0;

    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &url);
    if (result != CURLE_OK) {
        printf("error %d (%s) %s\n", (int)result, curl_easy_strerror(result), url);
        program->failures++;
        return;
    }
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &us);
    printf("%ld %" CURL_FORMAT_CURL_OFF_T " bytes %.1f ms %s\n", status, bytes, (double)us / 1000,
           url);
}

/* Adds a transfer of the next URL to `multi`; 0: there is none left. */
static int add_next(struct program *program, CURLM *multi)
{
    int number = program->next++;

    if (number >= program->count) {
        return 0;
    }
    CURL *easy = curl_easy_init();
    if (easy != NULL) {
        curl_easy_setopt(easy, CURLOPT_URL, program->urls[number]);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, program->urls[number]);
        curl_easy_setopt(easy, CURLOPT_SHARE, program->share);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L); /* signals and threads do not go together */
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, throw_away);
    }
    if (easy == NULL || curl_multi_add_handle(multi, easy) != CURLM_OK) {
        curl_easy_cleanup(easy);
        program->failures++;
        program->unfinished--;
    }
    return 1;
}

static void take_finished(struct program *program, CURLM *multi)
{
    CURLMsg *message = NULL;
    int left = 0;

    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        if (message->msg == CURLMSG_DONE) {
            print_result(program, easy, message->data.result);
            curl_multi_remove_handle(multi, easy);
            curl_easy_cleanup(easy);
            program->unfinished--;
        }
    }
}

/* False after an error, which it has reported. */
static int is_fine(struct program *program, CURLMcode code)
{
    if (code != CURLM_OK) {
        fprintf(stderr, "multithreaded: %s\n", curl_multi_strerror(code));
        program->failures++;
    }
    return code == CURLM_OK;
}

static int perform(struct program *program, CURLM *multi, int *running)
{
    CURLMcode code = curl_multi_perform(multi, running);

    take_finished(program, multi);
    return is_fine(program, code);
}

static int wait_for_more(struct program *program, CURLM *multi)
{
    return is_fine(program, curl_multi_poll(multi, NULL, 0, 1000, NULL));
}

/* A thread where one multi handle serves all: adds transfers, and wakes the thread that drives
 * them. */
static void *add_to_shared(void *argument)
{
    struct program *program = argument;

    while (add_next(program, program->multi)) {
        curl_multi_wakeup(program->multi);
    }
    return NULL;
}

/* Where one multi handle serves all: this thread drives it, while others add to it. */
static void drive_shared(struct program *program)
{
    int running = 0;

    while (perform(program, program->multi, &running) && program->unfinished > 0 &&
           wait_for_more(program, program->multi)) {
    }
}

/* A thread with a multi handle of its own, which keeps some transfers running. */
static void *drive_own(void *argument)
{
    struct program *program = argument;
    CURLM *multi = curl_multi_init();
    int is_left = 1;
    int running = 0;

    if (multi == NULL) {
        program->failures++;
        return NULL;
    }
    while (perform(program, multi, &running)) {
        int is_new = 0;
        while (running < AT_A_TIME && is_left) {
            is_left = add_next(program, multi);
            is_new = is_new || is_left;
            running += is_left;
        }
        if (is_new) {
            continue;
        }
        if (running == 0 || !wait_for_more(program, multi)) {
            break;
        }
    }
    curl_multi_cleanup(multi);
    return NULL;
}

static void run(struct program *program, int count)
{
    pthread_t threads[THREADS_MAX];
    int started = 0;

    while (started < count &&
           pthread_create(&threads[started], NULL,
                          program->multi != NULL ? add_to_shared : drive_own, program) == 0) {
        started++;
    }
    if (started == 0) {
        fprintf(stderr, "multithreaded: no thread could be started\n");
        program->failures++;
        return;
    }
    if (program->multi != NULL) {
        drive_shared(program);
    }
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
}

int main(int argc, char **argv)
{
    static struct program program;
    long threads = argc > 1 ? strtol(argv[1], NULL, 10) : 0;

    if (argc < 3 || threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: multithreaded THREADS URL...\n");
        return 2;
    }
    /* Once, before there are threads. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 1;
    }
    program.urls = argv + 2;
    program.count = argc - 2;
    program.unfinished = program.count;
    if (!prepare_share(&program)) {
        program.failures++;
    } else {
        if (can_share_a_multi()) {
            program.multi = curl_multi_init();
        }
        printf("%ld threads with %s\n", threads,
               program.multi != NULL ? "one multi handle" : "a multi handle each");
        run(&program, (int)threads);
    }
    curl_multi_cleanup(program.multi);
    curl_share_cleanup(program.share);
    curl_global_cleanup();
    return program.failures == 0 ? 0 : 1;
}
