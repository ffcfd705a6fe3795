/* SPDX-License-Identifier: MIT */
/*
 * Several URLs at a time under epoll and a timerfd, without any event library:
 *
 *     event_epoll URL...
 *
 * The socket callback keeps epoll's list of descriptors, the timer callback sets the timerfd, and
 * what epoll reports goes to curl_multi_socket_action. Prints a line for each transfer that ended:
 * status, bytes, milliseconds, URL.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <curl/curl.h>

enum {
    EVENTS = 64,
};

struct program {
    CURLM *multi;
    int epoll;
    int timer;
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
}

/*
 * The library: watch this descriptor from now on. Any non-NULL value that we assign tells us the
 * next time that epoll knows it. A descriptor that was closed has left epoll by itself.
 */
static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *userdata, void *known)
{
    struct program *program = userdata;
    struct epoll_event event = {.data.fd = socket};

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        epoll_ctl(program->epoll, EPOLL_CTL_DEL, socket, NULL);
        curl_multi_assign(program->multi, socket, NULL);
        return 0;
    }
    if ((what & CURL_POLL_IN) != 0) {
        event.events |= EPOLLIN;
    }
    if ((what & CURL_POLL_OUT) != 0) {
        event.events |= EPOLLOUT;
    }
    if (known != NULL) {
        return epoll_ctl(program->epoll, EPOLL_CTL_MOD, socket, &event);
    }
    curl_multi_assign(program->multi, socket, program);
    return epoll_ctl(program->epoll, EPOLL_CTL_ADD, socket, &event);
}

/* The library: call me after this time; 0: at once; -1: there is none. */
static int set_timer(CURLM *multi, long timeout_ms, void *userdata)
{
    struct program *program = userdata;
    struct itimerspec when = {0}; /* all zero stops the timer */

    (void)multi;
    if (timeout_ms > 0) {
        when.it_value.tv_sec = timeout_ms / 1000;
        when.it_value.tv_nsec = timeout_ms % 1000 * 1000000;
    } else if (timeout_ms == 0) {
        when.it_value.tv_nsec = 1; /* not from in here: the library must have returned first */
    }
    return timerfd_settime(program->timer, 0, &when, NULL);
}

/* What epoll saw at one descriptor. */
static CURLMcode act(struct program *program, const struct epoll_event *event)
{
    int what = 0;
    int running = 0;
    uint64_t ticks = 0;

    if (event->data.fd == program->timer) {
        if (read(program->timer, &ticks, sizeof(ticks)) != (ssize_t)sizeof(ticks)) {
            return CURLM_OK; /* it was set anew since */
        }
        return curl_multi_socket_action(program->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    if ((event->events & EPOLLIN) != 0) {
        what |= CURL_CSELECT_IN;
    }
    if ((event->events & EPOLLOUT) != 0) {
        what |= CURL_CSELECT_OUT;
    }
    if ((event->events & (EPOLLERR | EPOLLHUP)) != 0) {
        what |= CURL_CSELECT_ERR;
    }
    return curl_multi_socket_action(program->multi, event->data.fd, what, &running);
}

static void run(struct program *program)
{
    struct epoll_event events[EVENTS];
    CURLMcode code = CURLM_OK;

    while (code == CURLM_OK && program->transfers > 0) {
        int count = epoll_wait(program->epoll, events, EVENTS, -1);
        if (count < 0 && errno != EINTR) {
            perror("event_epoll");
            program->failures++;
            return;
        }
        for (int i = 0; code == CURLM_OK && i < count; i++) {
            code = act(program, &events[i]);
        }
        take_finished(program);
    }
    if (code != CURLM_OK) {
        fprintf(stderr, "event_epoll: %s\n", curl_multi_strerror(code));
        program->failures++;
    }
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
    struct epoll_event event = {.events = EPOLLIN};

    program->epoll = epoll_create1(EPOLL_CLOEXEC);
    program->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    program->multi = curl_multi_init();
    event.data.fd = program->timer;
    if (program->epoll < 0 || program->timer < 0 || program->multi == NULL ||
        epoll_ctl(program->epoll, EPOLL_CTL_ADD, program->timer, &event) != 0) {
        return 0;
    }
    curl_multi_setopt(program->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(program->multi, CURLMOPT_SOCKETDATA, program);
    curl_multi_setopt(program->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(program->multi, CURLMOPT_TIMERDATA, program);
    return 1;
}

int main(int argc, char **argv)
{
    struct program program = {0};

    if (argc < 2) {
        fprintf(stderr, "usage: event_epoll URL...\n");
        return 2;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 1;
    }
    int ready = prepare(&program);
    for (int i = 1; ready && i < argc; i++) {
        add(&program, argv[i]);
    }
    run(&program);
    curl_multi_cleanup(program.multi); /* first: its callbacks still use the others */
    if (program.timer >= 0) {
        close(program.timer);
    }
    if (program.epoll >= 0) {
        close(program.epoll);
    }
    curl_global_cleanup();
    return ready && program.failures == 0 ? 0 : 1;
}
