/* SPDX-License-Identifier: MIT */
/* Runs one conversation and compares everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/library.h"
#include "talk.h"

enum { TALK_LIMIT_MS = 5000 };

/* The body of an upload, as the read and the seek callback see it. */
struct upload {
    const struct text *text;
    size_t at;
};

static size_t read_upload(char *into, size_t size, size_t count, void *data)
{
    struct upload *upload = data;
    size_t left = upload->text->len - upload->at, len = size * count < left ? size * count : left;

    if (len > 0) {
        memcpy(into, upload->text->bytes + upload->at, len);
    }
    upload->at += len;
    return len;
}

static int seek_upload(void *data, curl_off_t offset, int origin)
{
    (void)origin;
    ((struct upload *)data)->at = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static char file_path[256]; /* %FILE; empty: there is none */

/* Appends a text, with `what` where the word of five bytes stands. */
static void add_with(const struct text *text, const char *word, const char *what,
                     struct text *ret_text)
{
    const char *from = text->bytes;
    size_t left = text->len;

    while (left > 0) {
        const char *place = memmem(from, left, word, 5);
        size_t plain = place ? (size_t)(place - from) : left;

        text_add(ret_text, from, plain);
        if (place) {
            text_add(ret_text, what, strlen(what));
            plain += 5;
        }
        from += plain;
        left -= plain;
    }
}

/* The same with the server's address where %HOST stands. */
static void add_with_host(const struct text *text, uint16_t port, struct text *ret_text)
{
    char host[32];

    snprintf(host, sizeof host, "127.0.0.1:%u", port);
    add_with(text, "%HOST", host, ret_text);
}

static void write_file(const struct talk *talk)
{
    int fd;

    file_path[0] = 0;
    if (talk->file.len == 0) {
        return;
    }
    snprintf(file_path, sizeof file_path, "%s/talk-XXXXXX", P_tmpdir);
    fd = mkstemp(file_path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, talk->file.bytes, talk->file.len), talk->file.len);
    close(fd);
}

static void remove_file(void)
{
    if (file_path[0]) {
        unlink(file_path);
    }
}

static void expected_bytes(const struct talk_connection *connection, uint16_t port,
                           struct text *ret_text)
{
    for (unsigned i = 0; i < connection->count; i++) {
        if (connection->steps[i].kind == STEP_READ) {
            add_with_host(&connection->texts[i], port, ret_text);
        }
    }
}

static size_t expected_len(const struct text *text, uint16_t port)
{
    struct talk_connection one = {.count = 1, .texts = {*text}};
    struct text bytes = {0};
    size_t len;

    one.steps[0].kind = STEP_READ;
    expected_bytes(&one, port, &bytes);
    len = bytes.len;
    text_release(&bytes);
    return len;
}

static bool same(const char *what, const char *have, size_t have_len, const struct text *expected)
{
    if (have_len == expected->len &&
        (have_len == 0 || memcmp(have, expected->bytes, have_len) == 0)) {
        return true;
    }
    print_error("%s is %zu bytes:\n%.*s\nexpected %zu bytes:\n%.*s\n", what, have_len,
                have_len > 2000 ? 2000 : (int)have_len, have ? have : "", expected->len,
                expected->len > 2000 ? 2000 : (int)expected->len,
                expected->bytes ? expected->bytes : "");
    return false;
}

/* Builds the server's scripts. A port is bound before the server starts, so READ lengths, which
 * depend on the digits of the port, are made for five digits and others are waited out by taking
 * another port. */
static struct server *start_server(const struct talk *talk, enum talk_mode mode, size_t cut_at)
{
    static struct step steps[TALK_CONNECTIONS_MAX][TALK_STEPS_MAX];
    const struct step *scripts[TALK_CONNECTIONS_MAX + 1] = {NULL};
    struct server *server;

    for (unsigned i = 0; i < talk->connections_count; i++) {
        const struct talk_connection *connection = &talk->connections[i];

        memset(steps[i], 0, sizeof steps[i]);
        scripts[i] = steps[i];
        for (unsigned j = 0; j < connection->count; j++) {
            steps[i][j] = connection->steps[j];
            steps[i][j].bytes = connection->texts[j].bytes;
            steps[i][j].len = connection->texts[j].len;
            if (steps[i][j].kind == STEP_READ) {
                steps[i][j].len = expected_len(&connection->texts[j], 10000);
            } else if (steps[i][j].kind == STEP_SEND) {
                steps[i][j].kind = mode == TALK_AT_ONCE ? STEP_SEND : STEP_TRICKLE;
                steps[i][j].len = cut_at < steps[i][j].len ? cut_at : steps[i][j].len;
            }
        }
        steps[i][connection->count].kind = cut_at == SIZE_MAX ? STEP_HOLD : STEP_END;
    }
    for (;;) {
        server = server_start(&(struct server_plan){.scripts = scripts});
        if (server_port(server) >= 10000) {
            return server;
        }
        server_stop(server);
    }
}

/* Whether the code is one of "8|56". */
static bool is_expected(const char *codes, CURLcode code)
{
    const char *at = codes ? codes : "0";

    while (at) {
        if (strtol(at, NULL, 10) == (long)code) {
            return true;
        }
        at = strchr(at, '|');
        at = at ? at + 1 : NULL;
    }
    return false;
}

static bool check_transfer(const struct talk_transfer *transfer, const struct fetch *fetch)
{
    bool good = true;

    if (!is_expected(transfer->result, fetch->result)) {
        print_error("the result is %d (%s), expected %s\n", (int)fetch->result, fetch->error,
                    transfer->result ? transfer->result : "0");
        good = false;
    }
    if (transfer->status >= 0 && fetch_long(fetch, CURLINFO_RESPONSE_CODE) != transfer->status) {
        print_error("the status is %ld, expected %ld\n", fetch_long(fetch, CURLINFO_RESPONSE_CODE),
                    transfer->status);
        good = false;
    }
    good &=
        transfer->body_any || same("the body", fetch->body.bytes, fetch->body.len, &transfer->body);
    if (transfer->head_checked) {
        good &= same("the head", fetch->head.bytes, fetch->head.len, &transfer->head);
    }
    for (unsigned i = 0; i < transfer->infos_count; i++) {
        good &= talk_check_info(fetch, &transfer->infos[i]);
    }
    return good;
}

/* Options of one list name go to one list. */
static unsigned list_of(const struct talk_transfer *transfer, unsigned setting)
{
    for (unsigned i = 0; i < setting; i++) {
        if (strcmp(transfer->settings[i].name, transfer->settings[setting].name) == 0) {
            return i;
        }
    }
    return setting;
}

static void set_url(const struct talk_transfer *transfer, struct fetch *fetch,
                    const struct server *server)
{
    const char *url = server_url(server, transfer->path ? transfer->path : "/");
    const char *authority = strstr(url, "://") + 3;
    char text[4096];

    snprintf(text, sizeof text, "%.*s%s%s%s", (int)(authority - url), url,
             transfer->userinfo ? transfer->userinfo : "", transfer->userinfo ? "@" : "",
             authority);
    curl_easy_setopt(fetch->easy, CURLOPT_URL, text);
}

/* A value with the server's address or the file in it is for options that copy it. */
static bool set_option(struct fetch *fetch, const struct talk_setting *setting, uint16_t port,
                       struct curl_slist **lists, unsigned index)
{
    struct talk_setting made = {.name = setting->name};
    struct text with_host = {0};
    bool known;

    if (!strstr(setting->value.bytes, "%HOST") && !strstr(setting->value.bytes, "%FILE")) {
        return talk_set_option(fetch->easy, setting, lists, index);
    }
    add_with_host(&setting->value, port, &with_host);
    add_with(&with_host, "%FILE", file_path, &made.value);
    known = talk_set_option(fetch->easy, &made, lists, index);
    text_release(&made.value);
    text_release(&with_host);
    return known;
}

/* One curl_easy_perform(). False if this library lacks an option. */
static bool perform_transfer(const struct talk_transfer *transfer, struct fetch *fetch,
                             const struct server *server)
{
    struct curl_slist *lists[TALK_SETTINGS_MAX] = {NULL};
    struct upload upload = {.text = &transfer->upload};
    bool known = true;

    set_url(transfer, fetch, server);
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, (long)TALK_LIMIT_MS);
    if (transfer->uploads) {
        curl_easy_setopt(fetch->easy, CURLOPT_READFUNCTION, read_upload);
        curl_easy_setopt(fetch->easy, CURLOPT_READDATA, &upload);
        curl_easy_setopt(fetch->easy, CURLOPT_SEEKFUNCTION, seek_upload);
        curl_easy_setopt(fetch->easy, CURLOPT_SEEKDATA, &upload);
    }
    for (unsigned i = 0; i < transfer->settings_count; i++) {
        known &= set_option(fetch, &transfer->settings[i], server_port(server), lists,
                            list_of(transfer, i));
    }
    if (known) {
        fetch->result = curl_easy_perform(fetch->easy);
    }
    curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(fetch->easy, CURLOPT_PROXYHEADER, NULL);
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_TO, NULL);
    for (unsigned i = 0; i < TALK_SETTINGS_MAX; i++) {
        curl_slist_free_all(lists[i]);
    }
    return known;
}

static bool check_requests(const struct talk *talk, struct server *server)
{
    bool good = true;

    server_wait(server, server_has_accepted, talk->connections_count);
    if (server_accepted(server) != talk->connections_count) {
        print_error("there were %u connections, expected %u\n", server_accepted(server),
                    talk->connections_count);
        return false;
    }
    server_wait(server, server_saw_closes, talk->connections_count);
    for (unsigned i = 0; i < talk->connections_count; i++) {
        struct text expected = {0};
        size_t len;
        const char *bytes = server_bytes(server, i, &len);

        expected_bytes(&talk->connections[i], server_port(server), &expected);
        if (!talk->connections[i].anything) {
            good &= same("what the client sent", bytes, len, &expected);
        }
        text_release(&expected);
    }
    return good;
}

static bool server_resets(const struct talk *talk)
{
    for (unsigned i = 0; i < talk->connections_count; i++) {
        for (unsigned j = 0; j < talk->connections[i].count; j++) {
            if (talk->connections[i].steps[j].kind == STEP_RESET) {
                return true;
            }
        }
    }
    return false;
}

void talk_run(const struct talk *talk, enum talk_mode mode)
{
    struct server *server = start_server(talk, mode, SIZE_MAX);
    struct fetch *fetch = fetch_new(server, "/");
    bool good = true, known = true;

    write_file(talk);

    for (unsigned i = 0; i < talk->transfers_count && known; i++) {
        fetch_clear(fetch);
        known = perform_transfer(&talk->transfers[i], fetch, server);
        if (known) {
            good &= check_transfer(&talk->transfers[i], fetch);
        }
    }
    fetch_free(fetch); /* closes the connections, so that all that was sent is there */
    if (known && !server_resets(talk)) {
        good &= check_requests(talk, server);
    }
    server_stop(server);
    remove_file();
    if (!known) {
        skip();
    }
    assert_true(good);
}

/* The answer of the first connection, cut after each number of bytes: nothing at all is
 * GOT_NOTHING, a cut in the body is PARTIAL_FILE with the bytes that came, and one in a line of the
 * head is some error (a head that ends with a line is taken as it is). */
void talk_run_cut_everywhere(const struct talk *talk)
{
    const struct text *answer = &talk->connections[0].texts[1];
    const char *end = memmem(answer->bytes, answer->len, "\r\n\r\n", 4);
    size_t head = (size_t)(end - answer->bytes) + 4;
    bool good = true;

    for (size_t cut = 0; cut < answer->len; cut++) {
        struct server *server = start_server(talk, TALK_AT_ONCE, cut);
        struct fetch *fetch = fetch_new(server, "/");

        perform_transfer(&talk->transfers[0], fetch, server);
        if (cut == 0 ? fetch->result != CURLE_GOT_NOTHING
                     : cut >= head && fetch->result != CURLE_PARTIAL_FILE) {
            print_error("cut after %zu bytes the result is %d\n", cut, (int)fetch->result);
            good = false;
        }
        if (cut >= head && (fetch->body.len > cut - head ||
                            (fetch->body.len != cut - head && library()->is_curlpool))) {
            print_error("cut after %zu bytes the body has %zu bytes\n", cut, fetch->body.len);
            good = false;
        }
        if (cut > 0 && cut < head && answer->bytes[cut - 1] != '\n' && fetch->result == CURLE_OK &&
            library()->is_curlpool) {
            print_error("cut after %zu bytes of the head passes as good\n", cut);
            good = false;
        }
        fetch_free(fetch);
        server_stop(server);
    }
    assert_true(good);
}
