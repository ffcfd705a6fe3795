/* SPDX-License-Identifier: MIT */
/*
 * Several URLs at a time as guests of an event loop (libevent):
 *
 *     event_loop URL...
 *
 * The loop is the program's; the library only asks it for two things. Its socket callback says
 * which descriptors to watch, and for what; its timer callback says when to call at the latest.
 * Whatever happens then goes to curl_multi_socket_action. Prints a line for each transfer that
 * ended: status, bytes, milliseconds, URL.
 */
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>
#include <event2/event.h>

struct program {
    struct event_base *loop;
    struct event *timer;
    CURLM *multi;
    int transfers; /* that have not ended */
    int failures;
};

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

static void take_finished(struct program *program)
{
    CURLMsg *message = NULL;
    int left = 0;

    while ((message = curl_multi_info_read(program->multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        if (message->msg == CURLMSG_DONE) {
            print_result(program, easy, message->data.result);
            curl_multi_remove_handle(program->multi, easy);
            curl_easy_cleanup(easy);
            program->transfers--;
        }
    }
    if (program->transfers == 0) {
        event_base_loopbreak(program->loop);
    }
}

static void act(struct program *program, curl_socket_t socket, int what)
{
    int running = 0;
    CURLMcode code = curl_multi_socket_action(program->multi, socket, what, &running);

    if (code != CURLM_OK) {
        fprintf(stderr, "event_loop: %s\n", curl_multi_strerror(code));
        program->failures++;
        event_base_loopbreak(program->loop);
        return;
    }
    take_finished(program);
}

/* The loop: a descriptor is ready. */
static void on_ready(evutil_socket_t socket, short events, void *argument)
{
    int what = ((events & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
               ((events & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0);

    act(argument, socket, what);
}

/* The loop: the time has come. */
static void on_time(evutil_socket_t unused, short events, void *argument)
{
    (void)unused;
    (void)events;
    act(argument, CURL_SOCKET_TIMEOUT, 0);
}

/* The library: watch this descriptor from now on. `watcher` is what we assigned to it before. */
static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *userdata, void *watcher)
{
    struct program *program = userdata;
    short events = EV_PERSIST;

    (void)easy;
    if (watcher != NULL) {
        event_free(watcher);
        curl_multi_assign(program->multi, socket, NULL);
    }
    if (what == CURL_POLL_REMOVE) {
        return 0;
    }
    if ((what & CURL_POLL_IN) != 0) {
        events |= EV_READ;
    }
    if ((what & CURL_POLL_OUT) != 0) {
        events |= EV_WRITE;
    }
    struct event *event = event_new(program->loop, socket, events, on_ready, program);
    if (event == NULL || event_add(event, NULL) != 0) {
        return -1;
    }
    curl_multi_assign(program->multi, socket, event);
    return 0;
}

/* The library: call me after this time; -1: there is none. */
static int set_timer(CURLM *multi, long timeout_ms, void *userdata)
{
    struct program *program = userdata;
    struct timeval timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

    (void)multi;
    if (timeout_ms < 0) {
        evtimer_del(program->timer);
    } else {
        evtimer_add(program->timer, &timeout);
    }
    return 0;
}

static void add(struct program *program, char *url)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL) {
        program->failures++;
        return;
    }
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, url);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, throw_away);
    /* Adding calls set_timer, which makes the loop begin with the transfer. */
    if (curl_multi_add_handle(program->multi, easy) != CURLM_OK) {
        curl_easy_cleanup(easy);
        program->failures++;
        return;
    }
    program->transfers++;
}

static int prepare(struct program *program)
{
    program->loop = event_base_new();
    program->multi = curl_multi_init();
    if (program->loop == NULL || program->multi == NULL) {
        return 0;
    }
    program->timer = evtimer_new(program->loop, on_time, program);
    curl_multi_setopt(program->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(program->multi, CURLMOPT_SOCKETDATA, program);
    curl_multi_setopt(program->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(program->multi, CURLMOPT_TIMERDATA, program);
    return program->timer != NULL;
}

/* The library first: its callbacks still use the loop. */
static void release(struct program *program)
{
    curl_multi_cleanup(program->multi);
    if (program->timer != NULL) {
        event_free(program->timer);
    }
    if (program->loop != NULL) {
        event_base_free(program->loop);
    }
    libevent_global_shutdown();
}

int main(int argc, char **argv)
{
    struct program program = {0};

    if (argc < 2) {
        fprintf(stderr, "usage: event_loop URL...\n");
        return 2;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 1;
    }
    int ready = prepare(&program);
    for (int i = 1; ready && i < argc; i++) {
        add(&program, argv[i]);
    }
    if (program.transfers > 0) {
        event_base_dispatch(program.loop);
    }
    release(&program);
    curl_global_cleanup();
    return ready && program.failures == 0 ? 0 : 1;
}
