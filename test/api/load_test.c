/* SPDX-License-Identifier: MIT */
/* A program under load: a crowd of easy handles that goes from thread to thread. Half of the
 * threads perform what they get by curl_easy_perform(), half in batches on a multi handle of their
 * own, which the other threads wake at any time and from which some handles are removed on their
 * way. All callbacks are set, and each must come on the thread that drives the handle just then;
 * each byte is looked at. Without a share, and with one, with and without lock functions. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

enum {
    THREADS = 8,
    HANDLES = 30,
    ROUNDS = 50,
    BATCH = 4,
    LARGE = 150000,
    SMALL = 10,
    UPLOAD = 40000,
};

/* ---- A handle of the crowd ---- */

struct member {
    CURL *easy;
    size_t expected;  /* bytes of the response */
    size_t uploading; /* and of the request */
    /* The thread that drives it and no other, from one taking to the next. */
    pthread_t driver;
    bool is_driven;
    size_t got, sent;
    unsigned lines, reports, calls;
    unsigned faults; /* other bytes than the pattern's, callbacks on other threads or at no time */
};

static void look_at_thread(struct member *m)
{
    m->calls++;
    if (!m->is_driven || !pthread_equal(m->driver, pthread_self())) {
        m->faults++;
    }
}

static size_t on_write(char *bytes, size_t size, size_t count, void *data)
{
    struct member *m = data;

    look_at_thread(m);
    for (size_t i = 0; i < size * count; i++) {
        m->faults += (unsigned char)bytes[i] != server_pattern(m->got + i);
    }
    m->got += size * count;
    return size * count;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
    struct member *m = data;

    (void)bytes;
    look_at_thread(m);
    m->lines++;
    return size * count;
}

static size_t on_read(char *bytes, size_t size, size_t count, void *data)
{
    struct member *m = data;
    size_t len = m->uploading - m->sent;

    look_at_thread(m);
    len = len < size * count ? len : size * count;
    memset(bytes, 'u', len);
    m->sent += len;
    return len;
}

static int on_seek(void *data, curl_off_t offset, int origin)
{
    struct member *m = data;

    look_at_thread(m);
    m->sent = (size_t)offset;
    return origin == SEEK_SET ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static int on_progress(void *data, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now)
{
    struct member *m = data;

    (void)total;
    (void)now;
    (void)up_total;
    (void)up_now;
    look_at_thread(m);
    m->reports++;
    return 0;
}

static int on_debug(CURL *easy, curl_infotype type, char *bytes, size_t len, void *data)
{
    struct member *m = data;

    (void)type;
    (void)bytes;
    (void)len;
    look_at_thread(m);
    m->faults += easy != m->easy;
    return 0;
}

static void set_up(struct member *m, const char *url, CURLSH *share, unsigned number)
{
    m->easy = curl_easy_init();
    m->expected = number % 3 ? SMALL : LARGE;
    m->uploading = number % 4 == 1 ? UPLOAD : 0;
    curl_easy_setopt(m->easy, CURLOPT_URL, url);
    curl_easy_setopt(m->easy, CURLOPT_PRIVATE, m);
    curl_easy_setopt(m->easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(m->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(m->easy, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(m->easy, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(m->easy, CURLOPT_WRITEDATA, m);
    curl_easy_setopt(m->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(m->easy, CURLOPT_HEADERDATA, m);
    curl_easy_setopt(m->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(m->easy, CURLOPT_XFERINFODATA, m);
    curl_easy_setopt(m->easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(m->easy, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(m->easy, CURLOPT_DEBUGDATA, m);
    curl_easy_setopt(m->easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(m->easy, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(m->easy, CURLOPT_SHARE, share);
    if (m->uploading) {
        curl_easy_setopt(m->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(m->easy, CURLOPT_POSTFIELDSIZE, (long)UPLOAD);
        curl_easy_setopt(m->easy, CURLOPT_READFUNCTION, on_read);
        curl_easy_setopt(m->easy, CURLOPT_READDATA, m);
        curl_easy_setopt(m->easy, CURLOPT_SEEKFUNCTION, on_seek);
        curl_easy_setopt(m->easy, CURLOPT_SEEKDATA, m);
    }
}

static void begin(struct member *m)
{
    m->driver = pthread_self();
    m->is_driven = true;
    m->got = m->sent = 0;
    m->lines = m->reports = 0;
}

/* Counts as a fault what is not as it has to be after a transfer. */
static void end(struct member *m, CURLcode result)
{
    long status = 0;
    curl_off_t down = -1, up = -1;

    m->is_driven = false;
    curl_easy_getinfo(m->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(m->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
    curl_easy_getinfo(m->easy, CURLINFO_SIZE_UPLOAD_T, &up);
    m->faults += result != CURLE_OK || status != 200;
    m->faults += m->got != m->expected || down != (curl_off_t)m->expected;
    m->faults += m->sent != m->uploading || up != (curl_off_t)m->uploading;
    m->faults += m->lines < 3 || m->reports == 0;
}

/* ---- The crowd: who is free ---- */

struct crowd {
    struct member members[HANDLES];
    CURLM *multis[THREADS];
    atomic_int finished, removed;
    atomic_int faults; /* of calls */
    /* Any thread, under the mutex. */
    pthread_mutex_t mutex;
    struct member *idle[HANDLES]; /* the first to be taken first: they go round */
    unsigned first, count;
};

static unsigned take(struct crowd *crowd, struct member *taken[], unsigned most)
{
    unsigned count = 0;

    pthread_mutex_lock(&crowd->mutex);
    for (; count < most && crowd->count; count++, crowd->count--) {
        taken[count] = crowd->idle[crowd->first];
        crowd->first = (crowd->first + 1) % HANDLES;
    }
    pthread_mutex_unlock(&crowd->mutex);
    return count;
}

static void give_back(struct crowd *crowd, struct member *m)
{
    pthread_mutex_lock(&crowd->mutex);
    crowd->idle[(crowd->first + crowd->count++) % HANDLES] = m;
    pthread_mutex_unlock(&crowd->mutex);
}

/* ---- The threads ---- */

struct worker {
    struct crowd *crowd;
    unsigned number;
};

static __thread bool calls_library;

static void wake_neighbour(struct worker *w, unsigned round)
{
    CURLM *other = w->crowd->multis[(w->number + round) % THREADS];

    if (other && curl_multi_wakeup(other) != CURLM_OK) {
        atomic_fetch_add(&w->crowd->faults, 1);
    }
}

static void perform_alone(struct worker *w)
{
    struct member *m;

    if (take(w->crowd, &m, 1)) {
        begin(m);
        end(m, curl_easy_perform(m->easy));
        atomic_fetch_add(&w->crowd->finished, 1);
        give_back(w->crowd, m);
    }
}

/* Removes the handles whose messages have come; returns how many. */
static unsigned take_messages(struct worker *w, CURLM *multi)
{
    CURLMsg *message;
    int left;
    unsigned count = 0;

    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        struct member *m = NULL;

        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&m);
        atomic_fetch_add(&w->crowd->faults, curl_multi_remove_handle(multi, easy) != CURLM_OK);
        end(m, result);
        atomic_fetch_add(&w->crowd->finished, 1);
        give_back(w->crowd, m);
        count++;
    }
    return count;
}

/* One that is taken out wherever it has got to: no callback may come any more. */
static void take_out(struct worker *w, CURLM *multi, struct member *m)
{
    atomic_fetch_add(&w->crowd->faults, curl_multi_remove_handle(multi, m->easy) != CURLM_OK);
    m->is_driven = false;
    atomic_fetch_add(&w->crowd->removed, 1);
    give_back(w->crowd, m);
}

static void perform_together(struct worker *w, unsigned round)
{
    CURLM *multi = w->crowd->multis[w->number];
    struct member *batch[BATCH];
    unsigned count = take(w->crowd, batch, BATCH), done = 0;
    int running = 0;

    for (unsigned i = 0; i < count; i++) {
        begin(batch[i]);
        atomic_fetch_add(&w->crowd->faults,
                         curl_multi_add_handle(multi, batch[i]->easy) != CURLM_OK);
    }
    if (count && round % 3 == 0) {
        curl_multi_perform(multi, &running);
        done += take_messages(w, multi);
        if (done == 0) {
            take_out(w, multi, batch[0]);
            done++;
        }
    }
    while (done < count) {
        CURLMcode code = curl_multi_perform(multi, &running);

        done += take_messages(w, multi);
        if (code == CURLM_OK && done < count) {
            code = curl_multi_poll(multi, NULL, 0, 1000, NULL);
        }
        if (code != CURLM_OK) {
            atomic_fetch_add(&w->crowd->faults, 1);
            break;
        }
    }
}

static void *work(void *data)
{
    struct worker *w = data;

    calls_library = true;
    for (unsigned round = 0; round < ROUNDS; round++) {
        wake_neighbour(w, round + 1);
        if (w->crowd->multis[w->number]) {
            perform_together(w, round);
        } else {
            perform_alone(w);
        }
    }
    return NULL;
}

/* ---- The share, and the program's locks for it ---- */

static struct guards {
    pthread_mutex_t mutex[CURL_LOCK_DATA_LAST];
    atomic_uint locks, unlocks;
    atomic_uint strays; /* calls on threads that are none of the program's */
} guards;

static void on_lock(CURL *easy, curl_lock_data what, curl_lock_access access, void *data)
{
    (void)easy;
    (void)access;
    (void)data;
    pthread_mutex_lock(&guards.mutex[what]);
    atomic_fetch_add(&guards.locks, 1);
    atomic_fetch_add(&guards.strays, !calls_library);
}

static void on_unlock(CURL *easy, curl_lock_data what, void *data)
{
    (void)easy;
    (void)data;
    atomic_fetch_add(&guards.unlocks, 1);
    pthread_mutex_unlock(&guards.mutex[what]);
}

static CURLSH *share_new(bool locks)
{
    /* Stock libcurl promises threads the first two only. */
    static const curl_lock_data kinds[] = {CURL_LOCK_DATA_DNS,    CURL_LOCK_DATA_SSL_SESSION,
                                           CURL_LOCK_DATA_COOKIE, CURL_LOCK_DATA_CONNECT,
                                           CURL_LOCK_DATA_PSL,    CURL_LOCK_DATA_HSTS};
    size_t count = library()->is_curlpool ? sizeof kinds / sizeof kinds[0] : 2;
    CURLSH *share = curl_share_init();

    for (size_t i = 0; i < count; i++) {
        assert_int_equal(curl_share_setopt(share, CURLSHOPT_SHARE, kinds[i]), CURLSHE_OK);
    }
    memset(&guards, 0, sizeof guards);
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) {
        pthread_mutex_init(&guards.mutex[i], NULL);
    }
    if (locks) {
        curl_share_setopt(share, CURLSHOPT_LOCKFUNC, on_lock);
        curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, on_unlock);
    }
    return share;
}

static void share_end(CURLSH *share, bool locks)
{
    assert_int_equal(curl_share_cleanup(share), CURLSHE_OK);
    assert_int_equal(guards.locks, guards.unlocks);
    assert_int_equal(guards.strays, 0);
    assert_true(!locks || guards.locks > 0);
    for (int i = 0; i < CURL_LOCK_DATA_LAST; i++) {
        pthread_mutex_destroy(&guards.mutex[i]);
    }
}

/* ---- The tests ---- */

static struct server *start_server(void)
{
    static const struct step small[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nSet-Cookie: s=1\r\nContent-Length: 10\r\n\r\n"),
        AT_FILL(SMALL), AT_LOOP, AT_END};
    static const struct step large[] = {
        AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nSet-Cookie: l=1\r\nContent-Length: 150000\r\n\r\n"),
        AT_FILL(LARGE), AT_LOOP, AT_END};
    /* A connection follows the script of its first request. */
    static const struct route routes[] = {
        {"/large", large},
        {"/small", small},
        {NULL,     NULL }
    };

    return server_start_routes(routes);
}

static void crowd_open(struct crowd *crowd, struct server *servers[2], CURLSH *share)
{
    pthread_mutex_init(&crowd->mutex, NULL);
    for (unsigned i = 0; i < HANDLES; i++) {
        set_up(&crowd->members[i], server_url(servers[i % 3 ? 0 : 1], i % 3 ? "/small" : "/large"),
               share, i);
        give_back(crowd, &crowd->members[i]);
    }
    for (unsigned i = 0; i < THREADS; i += 2) {
        crowd->multis[i] = multi_new();
    }
}

static unsigned crowd_close(struct crowd *crowd)
{
    unsigned calls = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        curl_multi_cleanup(crowd->multis[i]);
    }
    for (unsigned i = 0; i < HANDLES; i++) {
        assert_int_equal(crowd->members[i].faults, 0);
        calls += crowd->members[i].calls;
        curl_easy_cleanup(crowd->members[i].easy);
    }
    pthread_mutex_destroy(&crowd->mutex);
    return calls;
}

static void put_under_load(CURLSH *share)
{
    /* One server a size: kept connections know one script only. */
    struct server *servers[2] = {start_server(), start_server()};
    struct crowd crowd = {0};
    struct worker workers[THREADS];
    pthread_t threads[THREADS];

    calls_library = true;
    crowd_open(&crowd, servers, share);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.crowd = &crowd, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(crowd.faults, 0);
    assert_int_equal(crowd.count, HANDLES);
    assert_true(crowd.finished > THREADS * ROUNDS);
    assert_true(crowd.removed > 0);
    assert_true(crowd_close(&crowd) > (unsigned)crowd.finished * 4);
    server_stop(servers[0]);
    server_stop(servers[1]);
}

static void handles_go_from_thread_to_thread(void **state)
{
    (void)state;
    put_under_load(NULL);
}

static void handles_go_from_thread_to_thread_with_a_locked_share(void **state)
{
    CURLSH *share = share_new(true);

    (void)state;
    put_under_load(share);
    share_end(share, true);
}

static void handles_go_from_thread_to_thread_with_a_share_that_has_no_locks(void **state)
{
    CURLSH *share;

    (void)state;
    only_curlpool_promises_this();
    share = share_new(false);
    put_under_load(share);
    share_end(share, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_go_from_thread_to_thread),
        cmocka_unit_test(handles_go_from_thread_to_thread_with_a_locked_share),
        cmocka_unit_test(handles_go_from_thread_to_thread_with_a_share_that_has_no_locks),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
