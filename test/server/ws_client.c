/* SPDX-License-Identifier: MIT */
/* A program that speaks WebSocket: ws_client MODE URL [NAME=VALUE]...
 *
 *   callback   frames come to the write callback of curl_easy_perform
 *   multi      the same in a multi handle, beside as many others as `others` says
 *   connect    CURLOPT_CONNECT_ONLY 2: curl_ws_recv and curl_ws_send
 *
 * options=N (CURLOPT_WS_OPTIONS), echo=1 (sends each frame back, from where it is received),
 * size=N (of the receive buffer), send=N (with `connect`: first a binary frame of N bytes),
 * burst=N (from the callback that gets the first bytes: N binary frames of 1000 bytes; one that is
 * refused ends the transfer), late=1 (the callback that gets the first bytes waits for the end of
 * standard input), quiet=1 (pieces are not shown), upload=TEXT (words of it as frames: "t:word"
 * text, "b:word" binary, "w:word" as the callback's own), proxy=, cafile=, user=, cookies=1,
 * redirects=SCHEMES. Each piece that comes is a line: flags, offset, bytes left, length,
 * hexadecimal bytes. In the end a line says how much memory the library had at most.
 */
#include <curl/curl.h>

#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_MOST = 1 << 20, OTHERS_MOST = 100 };

static struct {
    long options;
    int echo, others, burst, late, quiet, cookies;
    size_t size, send;
    const char *upload, *proxy, *cafile, *user, *redirects;
} want = {.size = 65536};

struct state {
    CURL *easy;
    char error[CURL_ERROR_SIZE];
    const char *upload;
    bool burst_done, late_done;
    pthread_t thread;
};

/* ---- Memory ---- */

static atomic_size_t in_use, most_in_use;

static void *count(void *pointer)
{
    size_t now, most = atomic_load(&most_in_use);

    if (pointer) {
        now = atomic_fetch_add(&in_use, malloc_usable_size(pointer)) + malloc_usable_size(pointer);
        while (now > most && !atomic_compare_exchange_weak(&most_in_use, &most, now))
            continue;
    }
    return pointer;
}

static void uncount(void *pointer)
{
    if (pointer)
        atomic_fetch_sub(&in_use, malloc_usable_size(pointer));
}

static void *counted_malloc(size_t size)
{
    return count(malloc(size));
}

static void *counted_calloc(size_t number, size_t size)
{
    return count(calloc(number, size));
}

static void *counted_realloc(void *pointer, size_t size)
{
    uncount(pointer);
    return count(realloc(pointer, size));
}

static char *counted_strdup(const char *text)
{
    return count(strdup(text));
}

static void counted_free(void *pointer)
{
    uncount(pointer);
    free(pointer);
}

static void show(const struct curl_ws_frame *meta, const char *bytes, size_t len)
{
    static const struct curl_ws_frame none;

    if (want.quiet)
        return;
    meta = meta ? meta : &none;
    printf("%d %lld %lld %zu ", meta->flags, (long long)meta->offset, (long long)meta->bytesleft,
           meta->len);
    for (size_t i = 0; i < len; i++)
        printf("%02x", (unsigned char)bytes[i]);
    printf("\n");
}

/* ---- Callbacks ---- */

static bool send_burst(struct state *s)
{
    char bytes[1000];

    memset(bytes, 'b', sizeof(bytes));
    for (int i = 0; i < want.burst; i++) {
        size_t sent;
        CURLcode result = curl_ws_send(s->easy, bytes, sizeof(bytes), &sent, 0, CURLWS_BINARY);

        if (result)
            printf("burst %d at %d\n", result, i);
        if (result)
            return false;
    }
    return true;
}

static void wait_for_input_end(struct state *s)
{
    char byte;

    s->late_done = true;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
}

static size_t write_frame(char *bytes, size_t size, size_t number, void *argument)
{
    struct state *s = argument;
    const struct curl_ws_frame *meta = curl_ws_meta(s->easy);
    size_t len = size * number, sent;

    if (!pthread_equal(s->thread, pthread_self()))
        printf("strange thread\n");
    show(meta, bytes, len);
    if (want.late && !s->late_done)
        wait_for_input_end(s);
    if (want.burst && !s->burst_done && !send_burst(s))
        return CURL_WRITEFUNC_ERROR;
    s->burst_done = true;
    if (want.echo && meta) {
        unsigned flags = (unsigned)meta->flags;
        curl_off_t frame = 0;

        if (meta->offset || meta->bytesleft) {
            flags |= CURLWS_OFFSET;
            frame = meta->offset ? 0 : meta->bytesleft + (curl_off_t)len;
        }
        if (curl_ws_send(s->easy, bytes, len, &sent, frame, flags) || sent != len)
            printf("echo failed\n");
    }
    return len;
}

/* A word of the text, as a frame; the pause between two is the end of a call. */
static size_t read_frame(char *to, size_t size, size_t number, void *argument)
{
    struct state *s = argument;
    const char *word = s->upload;
    size_t len = strcspn(word, " ");

    (void)size;
    (void)number;
    if (!*word)
        return 0;
    s->upload += len + (word[len] == ' ');
    if (word[0] != 'w') {
        CURLcode result = curl_ws_start_frame(s->easy, word[0] == 't' ? CURLWS_TEXT : CURLWS_BINARY,
                                              (curl_off_t)len - 2);

        if (result)
            return CURL_READFUNC_ABORT;
        if (curl_ws_start_frame(s->easy, CURLWS_TEXT, 1) != CURLE_SEND_ERROR)
            printf("second frame begun\n");
    }
    memcpy(to, word + 2, len - 2);
    return len - 2;
}

/* ---- The handle ---- */

static void set_up(struct state *s, const char *url)
{
    s->easy = curl_easy_init();
    s->upload = want.upload;
    s->thread = pthread_self();
    curl_easy_setopt(s->easy, CURLOPT_URL, url);
    curl_easy_setopt(s->easy, CURLOPT_ERRORBUFFER, s->error);
    curl_easy_setopt(s->easy, CURLOPT_WS_OPTIONS, want.options);
    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, write_frame);
    curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    curl_easy_setopt(s->easy, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(s->easy, CURLOPT_PROXY, want.proxy ? want.proxy : "");
    curl_easy_setopt(s->easy, CURLOPT_CAINFO, want.cafile);
    curl_easy_setopt(s->easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(s->easy, CURLOPT_USERPWD, want.user);
    curl_easy_setopt(s->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_ANY);
    if (want.redirects)
        curl_easy_setopt(s->easy, CURLOPT_REDIR_PROTOCOLS_STR, want.redirects);
    if (want.cookies)
        curl_easy_setopt(s->easy, CURLOPT_COOKIEFILE, "");
    if (want.upload) {
        curl_easy_setopt(s->easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(s->easy, CURLOPT_READFUNCTION, read_frame);
        curl_easy_setopt(s->easy, CURLOPT_READDATA, s);
    }
}

static void report(struct state *s, CURLcode result)
{
    long code = 0;

    curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &code);
    printf("result %d %ld %s\n", result, code, s->error);
    curl_easy_cleanup(s->easy);
}

static void run_callback(const char *url)
{
    static struct state s;

    set_up(&s, url);
    report(&s, curl_easy_perform(s.easy));
}

static void run_multi(const char *url)
{
    static struct state states[OTHERS_MOST + 1];
    CURLM *multi = curl_multi_init();
    int running = 1;

    for (int i = 0; i <= want.others; i++) {
        set_up(&states[i], url);
        curl_multi_add_handle(multi, states[i].easy);
    }
    while (running) {
        curl_multi_perform(multi, &running);
        if (running)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    for (int i = 0; i <= want.others; i++) {
        int left;
        CURLMsg *message = curl_multi_info_read(multi, &left);
        CURLcode result = message->data.result;
        struct state *s = NULL;

        for (int j = 0; j <= want.others; j++)
            s = states[j].easy == message->easy_handle ? &states[j] : s;
        curl_multi_remove_handle(multi, s->easy);
        report(s, result);
        s->easy = NULL;
    }
    curl_multi_cleanup(multi);
}

/* ---- The connection as the program's own ---- */

static void wait_for(CURL *easy, short events)
{
    struct pollfd socket = {.events = events};
    curl_socket_t fd = CURL_SOCKET_BAD;

    curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
    socket.fd = fd;
    poll(&socket, 1, 20000);
}

static CURLcode send_all(CURL *easy, const char *bytes, size_t len, curl_off_t frame,
                         unsigned flags)
{
    for (;;) {
        size_t sent;
        CURLcode result = curl_ws_send(easy, bytes, len, &sent, frame, flags);

        bytes += sent;
        len -= sent;
        frame = sent ? 0 : frame;
        if (!result && !len)
            return CURLE_OK;
        if (result && result != CURLE_AGAIN)
            return result;
        wait_for(easy, POLLOUT);
    }
}

static CURLcode echo_piece(CURL *easy, const struct curl_ws_frame *meta, const char *bytes,
                           size_t len)
{
    unsigned flags = (unsigned)meta->flags;
    curl_off_t frame = 0;

    if (meta->offset || meta->bytesleft) {
        flags |= CURLWS_OFFSET;
        frame = meta->offset ? 0 : meta->bytesleft + (curl_off_t)len;
    }
    return send_all(easy, bytes, len, frame, flags);
}

static CURLcode converse(CURL *easy, char *buffer)
{
    CURLcode result = CURLE_OK;
    bool closed = false;

    if (want.send) {
        memset(buffer, 's', want.send);
        result = send_all(easy, buffer, want.send, 0, CURLWS_BINARY);
    }
    while (!result && !closed) {
        const struct curl_ws_frame *meta;
        size_t len;

        result = curl_ws_recv(easy, buffer, want.size, &len, &meta);
        if (result == CURLE_AGAIN) {
            wait_for(easy, POLLIN);
            result = CURLE_OK;
            continue;
        }
        if (result)
            return result;
        show(meta, buffer, len);
        closed = meta->flags & CURLWS_CLOSE && !meta->bytesleft;
        if (want.echo)
            result = echo_piece(easy, meta, buffer, len);
    }
    return result;
}

static void run_connect(const char *url)
{
    static struct state s;
    static char buffer[BUFFER_MOST];
    CURLcode result;

    set_up(&s, url);
    curl_easy_setopt(s.easy, CURLOPT_CONNECT_ONLY, 2L);
    result = curl_easy_perform(s.easy);
    if (!result)
        result = converse(s.easy, buffer);
    report(&s, result);
}

static void set_want(const char *name, size_t len, const char *value)
{
    struct {
        const char *name;
        const char **text;
        int *number;
    } const rows[] = {
        {"echo",      NULL,            &want.echo   },
        {"others",    NULL,            &want.others },
        {"burst",     NULL,            &want.burst  },
        {"late",      NULL,            &want.late   },
        {"quiet",     NULL,            &want.quiet  },
        {"cookies",   NULL,            &want.cookies},
        {"user",      &want.user,      NULL         },
        {"redirects", &want.redirects, NULL         },
        {"upload",    &want.upload,    NULL         },
        {"proxy",     &want.proxy,     NULL         },
        {"cafile",    &want.cafile,    NULL         },
    };

    if (!strncmp(name, "options", len))
        want.options = strtol(value, NULL, 10);
    else if (!strncmp(name, "size", len))
        want.size = strtoul(value, NULL, 10);
    else if (!strncmp(name, "send", len))
        want.send = strtoul(value, NULL, 10);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strncmp(rows[i].name, name, len) != 0)
            continue;
        if (rows[i].text)
            *rows[i].text = value;
        else
            *rows[i].number = (int)strtol(value, NULL, 10);
    }
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    for (int i = 3; i < argc; i++) {
        size_t len = strcspn(argv[i], "=");

        set_want(argv[i], len, argv[i] + len + 1);
    }
    if (want.size > BUFFER_MOST || want.send > BUFFER_MOST || want.others > OTHERS_MOST)
        return 2;
    curl_global_init_mem(CURL_GLOBAL_DEFAULT, counted_malloc, counted_free, counted_realloc,
                         counted_strdup, counted_calloc);
    if (!strcmp(argv[1], "connect"))
        run_connect(argv[2]);
    else if (!strcmp(argv[1], "multi"))
        run_multi(argv[2]);
    else
        run_callback(argv[2]);
    curl_global_cleanup();
    printf("memory %zu\n", atomic_load(&most_in_use));
    return 0;
}
