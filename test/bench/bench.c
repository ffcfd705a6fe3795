/* SPDX-License-Identifier: MIT */
/* The client of the bench: one load a run, on whichever libcurl it is loaded with.
 *
 *     bench LOAD HTTP-URL HTTPS-URL HOLD-URL H2-URL CA-FILE [DIVISOR]
 *
 * A load is a row of the table below: so many easy handles in one multi handle, driven by the
 * documented loop of perform and poll. A finished handle is removed and added again until enough
 * transfers are done. What happened between the end of the warm-up and the last of the counted
 * transfers is printed as one line of JSON. bench.py starts the servers and compares. A divisor
 * makes every load smaller by it, for a test of the bench itself.
 *
 * For the loads that wait at the server without an answer, a line with the number of transfers is
 * printed first; a line on the standard input then says that the server has all of their requests.
 */
#include <curl/curl.h>
#include <curl/curlpool.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum server { HTTP, HTTPS, HOLD, H2, SERVERS };

struct load {
    const char *name;
    enum server server;
    const char *path;
    unsigned parallel;
    unsigned warm_up; /* transfers done before the count starts */
    unsigned count;   /* transfers, or without answers calls of perform, that are measured */
    bool fresh;       /* a new connection and a full handshake for each transfer */
    curl_off_t upload;
    unsigned away_ms; /* between two calls of perform */
    bool on_workers;  /* data callbacks run there, where the library can */
    bool multiplexed; /* all on one HTTP/2 connection */
};

static const struct load loads[] = {
    {"c1",             HTTP,  "/1k",      1,     500,   10000, false, 0,        0,  false, false},
    {"c10",            HTTP,  "/1k",      10,    1000,  40000, false, 0,        0,  false, false},
    {"c100",           HTTP,  "/1k",      100,   2000,  40000, false, 0,        0,  false, false},
    {"c1000",          HTTP,  "/1k",      1000,  5000,  40000, false, 0,        0,  false, false},
    {"c10000",         HTTP,  "/1k",      10000, 20000, 40000, false, 0,        0,  false, false},
    {"https_c100",     HTTPS, "/1k",      100,   2000,  30000, false, 0,        0,  false, false},
    {"https_c1000",    HTTPS, "/1k",      1000,  3000,  30000, false, 0,        0,  false, false},
    {"https_new",      HTTPS, "/1k",      10,    100,   1000,  true,  0,        0,  false, false},
    {"https_bulk",     HTTPS, "/64m",     4,     4,     32,    false, 0,        0,  false, false},
    {"https_direct",   HTTPS, "/64m",     4,     4,     32,    false, 0,        0,  true,  false},
    {"plain_bulk",     HTTP,  "/64m",     4,     4,     48,    false, 0,        0,  false, false},
    {"plain_direct",   HTTP,  "/64m",     4,     4,     48,    false, 0,        0,  true,  false},
    {"away",           HTTP,  "/1m",      8,     8,     160,   false, 0,        20, false, false},
    {"https_away",     HTTPS, "/1m",      8,     8,     160,   false, 0,        20, false, false},
    {"https_new_away", HTTPS, "/1m",      8,     8,     160,   true,  0,        20, false, false},
    {"upload",         HTTP,  "/up/file", 4,     4,     48,    false, 16 << 20, 0,  false, false},
    {"memory",         HOLD,  "/",        5000,  1,     100,   false, 0,        0,  false, false},
    {"h2_c100",        H2,    "/1k",      100,   2000,  40000, false, 0,        0,  false, true },
    {"h2_bulk",        H2,    "/64m",     8,     8,     48,    false, 0,        0,  false, true },
    {"h2_memory",      H2,    "/hold",    2000,  1,     100,   false, 0,        0,  false, true },
    {"idle",           HOLD,  "/",        10000, 1,     1000,  false, 0,        0,  false, false},
};

enum { SAMPLES_MAX = 1 << 20, ADDED_AT_ONCE = 500, STALL_S = 60, STREAMS = 4000, REST = 300 };

struct slot {
    CURL *easy;
    curl_off_t left; /* bytes still to upload */
};

/* The state of the process at one moment. */
struct moment {
    double wall_s;
    struct rusage usage;
};

struct run {
    const struct load *load;
    char *urls[SERVERS];
    const char *ca_file;
    unsigned divisor;
    unsigned parallel, warm_up, count; /* the load's, made smaller */
    CURLM *multi;
    struct slot *slots;
    unsigned added;   /* slots added for the first time */
    unsigned done;    /* transfers completed, warm-up included */
    uint64_t bytes;   /* of bodies, either way, while measuring */
    uint64_t reused;  /* transfers that opened no connection, while measuring */
    unsigned threads; /* the most seen */
    bool measuring;
    uint64_t bare;     /* resident bytes before there were handles */
    uint32_t *samples; /* ns that each perform took while measuring */
    unsigned sampled;
};

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct moment moment_now(void)
{
    struct moment moment = {.wall_s = now_s()};

    getrusage(RUSAGE_SELF, &moment.usage);
    return moment;
}

static double seconds(struct timeval from, struct timeval to)
{
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_usec - from.tv_usec) / 1e6;
}

static unsigned count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    unsigned count = 0;

    if (tasks == NULL) {
        die("/proc/self/task", strerror(errno));
    }
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(tasks);
    return count;
}

static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;

    if (file == NULL || fscanf(file, "%*u %lu", &pages) != 1) {
        die("/proc/self/statm", "cannot be read");
    }
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *with)
{
    struct run *run = with;

    (void)bytes;
    run->bytes += size * count;
    return size * count;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *with)
{
    struct slot *slot = with;
    size_t len = size * count;

    if ((curl_off_t)len > slot->left) {
        len = (size_t)slot->left;
    }
    memset(bytes, 'u', len);
    slot->left -= (curl_off_t)len;
    return len;
}

static void set_up(struct run *run, struct slot *slot, const char *url)
{
    const struct load *load = run->load;
    CURL *easy = slot->easy = curl_easy_init();

    if (easy == NULL || curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK ||
        curl_easy_setopt(easy, CURLOPT_CAINFO, run->ca_file) != CURLE_OK) {
        die(url, "no memory for a handle");
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, run);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    if (load->fresh) {
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
        curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    }
    if (load->multiplexed) {
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    }
    if (load->upload > 0) {
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, load->upload);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, slot);
    }
}

static void add(struct run *run, struct slot *slot)
{
    CURLMcode code;

    slot->left = run->load->upload;
    code = curl_multi_add_handle(run->multi, slot->easy);
    if (code != CURLM_OK) {
        die("curl_multi_add_handle", curl_multi_strerror(code));
    }
}

/* The handles start a few hundred a turn, so that the server's queue of connections takes them. */
static void add_more(struct run *run)
{
    for (unsigned i = 0; i < ADDED_AT_ONCE && run->added < run->parallel; i++) {
        add(run, &run->slots[run->added++]);
    }
}

/* One perform, timed. */
static void perform(struct run *run)
{
    int running;
    double start = now_s();
    CURLMcode code = curl_multi_perform(run->multi, &running);

    if (code != CURLM_OK) {
        die("curl_multi_perform", curl_multi_strerror(code));
    }
    if (run->measuring && run->sampled < SAMPLES_MAX) {
        run->samples[run->sampled++] = (uint32_t)((now_s() - start) * 1e9);
    }
}

/* Waits for the library, and for a line on the standard input if `input`; returns true for that. */
static bool poll_once(struct run *run, bool input, int timeout_ms)
{
    struct curl_waitfd line = {.fd = STDIN_FILENO, .events = CURL_WAIT_POLLIN};
    CURLMcode code = curl_multi_poll(run->multi, &line, input ? 1 : 0, timeout_ms, NULL);

    if (code != CURLM_OK) {
        die("curl_multi_poll", curl_multi_strerror(code));
    }
    return input && line.revents != 0;
}

/* Takes the messages; the handles of finished transfers go in again. Returns how many there were.
 */
static unsigned take_messages(struct run *run)
{
    unsigned taken = 0;
    int left;

    for (CURLMsg *message; (message = curl_multi_info_read(run->multi, &left)) != NULL; taken++) {
        CURL *easy = message->easy_handle;
        CURLcode result = message->data.result;
        struct slot *slot = NULL;
        long connects = 0;

        if (result != CURLE_OK) {
            die(run->load->name, curl_easy_strerror(result));
        }
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&slot);
        curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
        run->reused += connects == 0;
        run->bytes += (uint64_t)run->load->upload;
        curl_multi_remove_handle(run->multi, easy);
        add(run, slot);
    }
    run->done += taken;
    return taken;
}

static int by_value(const void *a, const void *b)
{
    const uint32_t *one = a, *two = b;

    return (*one > *two) - (*one < *two);
}

static double percentile_us(const struct run *run, double share)
{
    if (run->sampled == 0) {
        return 0;
    }
    return run->samples[(unsigned)((run->sampled - 1) * share)] / 1e3;
}

/* The fields that all loads have. */
static void print_fields(struct run *run, const struct moment *start, const struct moment *end)
{
    qsort(run->samples, run->sampled, sizeof *run->samples, by_value);
    printf("{\"load\": \"%s\", \"library\": \"%s\", \"parallel\": %u", run->load->name,
           curl_version(), run->parallel);
    printf(", \"wall_s\": %.6f, \"user_s\": %.6f, \"sys_s\": %.6f", end->wall_s - start->wall_s,
           seconds(start->usage.ru_utime, end->usage.ru_utime),
           seconds(start->usage.ru_stime, end->usage.ru_stime));
    printf(", \"switches\": %ld", end->usage.ru_nvcsw - start->usage.ru_nvcsw +
                                      end->usage.ru_nivcsw - start->usage.ru_nivcsw);
    printf(", \"threads\": %u, \"performs\": %u", run->threads, run->sampled);
    printf(", \"perform_p50_us\": %.3f, \"perform_p99_us\": %.3f", percentile_us(run, 0.5),
           percentile_us(run, 0.99));
}

static void note_threads(struct run *run)
{
    unsigned threads = count_threads();

    if (threads > run->threads) {
        run->threads = threads;
    }
}

/* Turns of the loop until `done` transfers have ended. */
static void drive(struct run *run, unsigned done)
{
    struct timespec away = {.tv_nsec = (long)run->load->away_ms * 1000000};
    double progress_s = now_s();

    while (run->done < done) {
        add_more(run);
        perform(run);
        if (take_messages(run) > 0) {
            progress_s = now_s();
        } else if (now_s() - progress_s > STALL_S) {
            die(run->load->name, "no transfer has ended for a minute");
        }
        if (away.tv_nsec > 0) {
            nanosleep(&away, NULL);
        } else {
            poll_once(run, false, 1000);
        }
    }
    note_threads(run);
}

static void run_transfers(struct run *run)
{
    struct moment start, end;
    unsigned counted;

    drive(run, run->warm_up);
    run->bytes = run->reused = 0;
    counted = run->done;
    run->measuring = true;
    start = moment_now();
    drive(run, run->done + run->count);
    end = moment_now();
    counted = run->done - counted;
    print_fields(run, &start, &end);
    printf(", \"transfers\": %u, \"reused\": %llu, \"bytes\": %llu", counted,
           (unsigned long long)run->reused, (unsigned long long)run->bytes);
}

/* One whole transfer, so that what the library makes once a process is there already. */
static void transfer_once(struct run *run)
{
    struct slot slot = {0};
    int running = 1;
    char *url;

    if (asprintf(&url, "%s/1k", run->urls[run->load->server == H2 ? H2 : HTTP]) < 0) {
        die(run->load->name, "no memory");
    }
    set_up(run, &slot, url);
    add(run, &slot);
    while (running > 0) {
        if (curl_multi_perform(run->multi, &running) != CURLM_OK) {
            die("curl_multi_perform", "failed");
        }
        poll_once(run, false, 1000);
    }
    curl_multi_remove_handle(run->multi, slot.easy);
    curl_easy_cleanup(slot.easy);
    free(url);
}

/* Its requests get no answer. */
static bool is_held(const struct load *load)
{
    return load->server == HOLD || strcmp(load->path, "/hold") == 0;
}

static unsigned smaller(unsigned value, unsigned divisor)
{
    return value / divisor > 0 ? value / divisor : 1;
}

static void run_held(struct run *run)
{
    struct moment start, end;
    uint64_t before = resident_bytes(), after;
    double limit_s = now_s() + STALL_S;

    printf("%u\n", run->parallel);
    fflush(stdout);
    do {
        add_more(run);
        perform(run);
        if (now_s() > limit_s) {
            die(run->load->name, "the server has not got all requests after a minute");
        }
    } while (!poll_once(run, run->added == run->parallel, run->added < run->parallel ? 0 : 1000));
    for (unsigned quiet = 0; quiet < smaller(REST, run->divisor);
         quiet++) { /* what the library still finds to do */
        perform(run);
        poll_once(run, false, 10);
    }
    after = resident_bytes();
    note_threads(run);
    run->measuring = true;
    start = moment_now();
    for (unsigned i = 0; i < run->count; i++) {
        perform(run);
    }
    end = moment_now();
    print_fields(run, &start, &end);
    printf(", \"bytes_each\": %.0f, \"bytes_with_handle\": %.0f",
           ((double)after - (double)before) / run->parallel,
           ((double)after - (double)run->bare) / run->parallel);
}

static void prepare(struct run *run)
{
    char *url;

    if (asprintf(&url, "%s%s", run->urls[run->load->server], run->load->path) < 0) {
        die(run->load->name, "no memory");
    }
    run->parallel = smaller(run->load->parallel, run->divisor);
    run->warm_up = smaller(run->load->warm_up, run->divisor);
    run->count = smaller(run->load->count, run->divisor);
    run->slots = calloc(run->parallel, sizeof *run->slots);
    run->samples = calloc(SAMPLES_MAX, sizeof *run->samples);
    run->multi = curl_multi_init();
    /* Another library does not know the option. */
    if (run->multi && run->load->on_workers)
        (void)curl_multi_setopt(run->multi, CURLMOPT_X_CALLBACKS_ON_WORKERS, 1L);
    if (run->multi && run->load->multiplexed)
        curl_multi_setopt(run->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS);
    if (run->slots == NULL || run->samples == NULL || run->multi == NULL) {
        die(run->load->name, "no memory");
    }
    memset(run->samples, 1, SAMPLES_MAX * sizeof *run->samples); /* so that they are resident */
    if (is_held(run->load)) {
        transfer_once(run);
    }
    run->bare = resident_bytes();
    for (unsigned i = 0; i < run->parallel; i++) {
        set_up(run, &run->slots[i], url);
    }
    free(url);
}

int main(int argc, char **argv)
{
    static struct run run;
    double end_s;

    for (size_t i = 0; argc >= 7 && i < sizeof loads / sizeof *loads; i++) {
        if (strcmp(loads[i].name, argv[1]) == 0) {
            run.load = &loads[i];
        }
    }
    if (run.load == NULL) {
        die("usage", "bench LOAD HTTP-URL HTTPS-URL HOLD-URL H2-URL CA-FILE [DIVISOR]");
    }
    for (int server = 0; server < SERVERS; server++) {
        run.urls[server] = argv[2 + server];
    }
    run.ca_file = argv[6];
    run.divisor = argc > 7 ? (unsigned)strtoul(argv[7], NULL, 10) : 1;
    if (run.divisor == 0 || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        die("start", "no divisor of 0, and a library that starts");
    }
    prepare(&run);
    if (is_held(run.load)) {
        run_held(&run);
    } else {
        run_transfers(&run);
    }
    end_s = now_s();
    for (unsigned i = 0; i < run.parallel; i++) {
        curl_multi_remove_handle(run.multi, run.slots[i].easy);
        curl_easy_cleanup(run.slots[i].easy);
    }
    curl_multi_cleanup(run.multi);
    printf(", \"clean_up_ms\": %.1f}\n", (now_s() - end_s) * 1e3);
    free(run.slots);
    free(run.samples);
    curl_global_cleanup();
    return 0;
}
