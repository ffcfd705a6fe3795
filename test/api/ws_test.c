/* SPDX-License-Identifier: MIT */
/* WebSocket as programs use it: curl_ws_* in and out of place, a connection of the program's own in
 * a multi handle, pauses, the end of a handle in the middle of a frame. The key is given, so that
 * the server's answer is a constant (RFC 6455 1.3 has both). */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

#define AGREES                                                                                     \
    "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                      \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
#define AT_UPGRADE AT_HEAD, AT_SEND(AGREES)

static struct curl_slist *key;

static struct fetch *open_fetch(const struct server *server)
{
    char url[64];
    struct fetch *fetch;

    snprintf(url, sizeof url, "ws://127.0.0.1:%d/chat", server_port(server));
    fetch = fetch_new_url(url);
    curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, key);
    return fetch;
}

static struct fetch *connected(const struct server *server)
{
    struct fetch *fetch = open_fetch(server);

    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_ONLY, 2L);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    return fetch;
}

static CURLcode receive(struct fetch *fetch, void *buffer, size_t size, size_t *len,
                        const struct curl_ws_frame **meta)
{
    struct pollfd ready = {.events = POLLIN};
    curl_socket_t fd;
    CURLcode result;

    while ((result = curl_ws_recv(fetch->easy, buffer, size, len, meta)) == CURLE_AGAIN) {
        curl_easy_getinfo(fetch->easy, CURLINFO_ACTIVESOCKET, &fd);
        ready.fd = fd;
        assert_int_equal(poll(&ready, 1, 20000), 1);
    }
    return result;
}

static void assert_piece(const struct curl_ws_frame *meta, int flags, curl_off_t offset,
                         curl_off_t left, size_t len)
{
    assert_non_null(meta);
    assert_int_equal(meta->age, 0);
    assert_int_equal(meta->flags, flags);
    assert_int_equal(meta->offset, offset);
    assert_int_equal(meta->bytesleft, left);
    assert_int_equal(meta->len, len);
}

/* ---- Out of place ---- */

static void functions_without_a_websocket_are_refused(void **state)
{
    const struct curl_ws_frame *meta = (const void *)"x";
    struct fetch *fetch;
    size_t len = 9;
    char byte;

    (void)state;
    only_curlpool_promises_this();
    fetch = fetch_new_url("ws://127.0.0.1/");
    assert_int_equal(curl_ws_recv(NULL, &byte, 1, &len, &meta), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_ws_send(NULL, "x", 1, &len, 0, CURLWS_TEXT), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(len, 0);
    assert_null(meta);
    assert_null(curl_ws_meta(NULL));
    assert_null(curl_ws_meta(fetch->easy));
    assert_int_equal(library()->ws_start_frame(NULL, CURLWS_TEXT, 1), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(library()->ws_start_frame(fetch->easy, CURLWS_TEXT, 1),
                     CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_ws_send(fetch->easy, "x", 1, &len, 0, CURLWS_TEXT), CURLE_SEND_ERROR);
    assert_int_equal(curl_ws_recv(fetch->easy, &byte, 1, &len, &meta), CURLE_UNSUPPORTED_PROTOCOL);
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_ONLY, 2L);
    assert_int_equal(curl_ws_recv(fetch->easy, &byte, 1, &len, &meta), CURLE_BAD_FUNCTION_ARGUMENT);
    fetch_free(fetch);
}

static void bad_arguments_are_refused_and_change_nothing(void **state)
{
    static const struct step steps[] = {AT_UPGRADE, AT_SEND("\x81\2ok"), AT_READ(7), AT_END};
    const struct curl_ws_frame *meta;
    struct server *server;
    struct fetch *fetch;
    size_t len;
    char bytes[8], large[126] = {0};

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    fetch = connected(server);
    assert_int_equal(curl_ws_recv(fetch->easy, NULL, 1, &len, &meta), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_ws_recv(fetch->easy, bytes, 1, NULL, &meta), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_ws_recv(fetch->easy, bytes, 1, &len, NULL), CURLE_BAD_FUNCTION_ARGUMENT);
    static const unsigned bad[] = {
        0,
        CURLWS_CONT,
        CURLWS_OFFSET,
        CURLWS_TEXT | CURLWS_BINARY,
        CURLWS_PING | CURLWS_PONG,
        CURLWS_PING | CURLWS_CONT,
        CURLWS_TEXT | 0x8000U,
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(curl_ws_send(fetch->easy, "x", 1, &len, 0, bad[i]),
                         CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_ws_send(fetch->easy, NULL, 1, &len, 0, CURLWS_TEXT),
                     CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_ws_send(fetch->easy, large, sizeof large, &len, 0, CURLWS_PING),
                     CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_ws_send(fetch->easy, "x", 1, &len, -1, CURLWS_TEXT | CURLWS_OFFSET),
                     CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(len, 0);
    assert_int_equal(receive(fetch, bytes, sizeof bytes, &len, &meta), CURLE_OK);
    assert_piece(meta, CURLWS_TEXT, 0, 0, 2);
    assert_int_equal(curl_ws_send(fetch->easy, "y", 1, NULL, 0, CURLWS_TEXT), CURLE_OK);
    assert_int_equal(receive(fetch, bytes, sizeof bytes, &len, &meta), CURLE_GOT_NOTHING);
    assert_null(meta);
    fetch_free(fetch);
    server_stop(server);
}

static void connection_that_was_not_upgraded_is_no_websocket(void **state)
{
    static const struct step steps[] = {AT_END};
    const struct curl_ws_frame *meta;
    struct server *server;
    struct fetch *fetch;
    size_t len;
    char byte;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    fetch = open_fetch(server);
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_ONLY, 1L);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    assert_int_equal(curl_ws_recv(fetch->easy, &byte, 1, &len, &meta), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_ws_send(fetch->easy, "x", 1, &len, 0, CURLWS_TEXT), CURLE_SEND_ERROR);
    fetch_free(fetch);
    server_stop(server);
}

/* ---- A connection of the program's own ---- */

static void meta_is_read_without_bytes(void **state)
{
    static const struct step steps[] = {AT_UPGRADE, AT_SEND("\x89\3abc\x01\4text\x80\0"),
                                        AT_READ(9), AT_END};
    const struct curl_ws_frame *meta;
    struct server *server;
    struct fetch *fetch;
    size_t len;
    char bytes[8];

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    fetch = connected(server);
    assert_int_equal(receive(fetch, NULL, 0, &len, &meta), CURLE_OK);
    assert_piece(meta, CURLWS_TEXT | CURLWS_CONT, 0, 4, 0);
    assert_int_equal(receive(fetch, bytes, 3, &len, &meta), CURLE_OK);
    assert_piece(meta, CURLWS_TEXT | CURLWS_CONT, 0, 1, 3);
    assert_int_equal(receive(fetch, bytes, 3, &len, &meta), CURLE_OK);
    assert_piece(meta, CURLWS_TEXT | CURLWS_CONT, 3, 0, 1);
    assert_int_equal(receive(fetch, NULL, 0, &len, &meta), CURLE_OK);
    assert_piece(meta, CURLWS_TEXT, 0, 0, 0);
    assert_int_equal(receive(fetch, bytes, 3, &len, &meta), CURLE_GOT_NOTHING);
    server_wait(server, server_has_received, 9); /* and a head */
    fetch_free(fetch);
    server_stop(server);
}

static void connection_of_a_transfer_in_a_multi_is_the_programs(void **state)
{
    static const struct step steps[] = {AT_UPGRADE, AT_READ(11), AT_SEND("\x82\1x"), AT_END};
    const struct curl_ws_frame *meta;
    struct server *server;
    struct fetch *fetch;
    CURLM *multi;
    size_t len;
    char bytes[8];

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    fetch = open_fetch(server);
    multi = multi_new();
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_ONLY, 2L);
    multi_add(multi, fetch);
    assert_int_equal(curl_ws_send(fetch->easy, "early", 5, &len, 0, CURLWS_TEXT), CURLE_SEND_ERROR);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OK);
    assert_int_equal(curl_ws_send(fetch->easy, "hello", 5, &len, 0, CURLWS_TEXT), CURLE_OK);
    assert_int_equal(len, 5);
    assert_int_equal(receive(fetch, bytes, sizeof bytes, &len, &meta), CURLE_OK);
    assert_piece(meta, CURLWS_BINARY, 0, 0, 1);
    multi_remove(multi, fetch);
    curl_multi_cleanup(multi);
    fetch_free(fetch);
    server_stop(server);
}

/* Whether or not the pong finds the peer. */
static void frames_before_the_end_are_read(void **state)
{
    static const struct step steps[] = {AT_UPGRADE, AT_SEND("\x89\1p\x81\2ok\x88\0"), AT_STALL(1),
                                        AT_CUT, AT_END};
    const struct curl_ws_frame *meta;
    struct server *server;
    struct fetch *fetch;
    size_t len;
    char bytes[8];

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    fetch = connected(server);
    server_release(server, 1);
    assert_int_equal(receive(fetch, bytes, sizeof bytes, &len, &meta), CURLE_OK);
    assert_piece(meta, CURLWS_TEXT, 0, 0, 2);
    assert_int_equal(receive(fetch, bytes, sizeof bytes, &len, &meta), CURLE_OK);
    assert_piece(meta, CURLWS_CLOSE, 0, 0, 0);
    fetch_free(fetch);
    server_stop(server);
}

/* Frames of the program's and pongs do not cut each other, whatever the socket takes. */
static void partly_sent_frame_is_gone_on_with(void **state)
{
    static const struct step steps[] = {AT_UPGRADE, AT_STALL(1), AT_SEND("\x88\0"), AT_HOLD};
    static const struct step *const scripts[] = {steps, NULL};
    static char bytes[12000000];
    const struct curl_ws_frame *meta;
    struct server *server;
    struct fetch *fetch;
    size_t sent = 0, len = 1;
    CURLcode result = CURLE_OK;

    (void)state;
    only_curlpool_promises_this();
    server = server_start(&(struct server_plan){.scripts = scripts, .receive_buffer = 4096});
    fetch = connected(server);
    while (sent < sizeof bytes && result == CURLE_OK) {
        result =
            curl_ws_send(fetch->easy, bytes + sent, sizeof bytes - sent, &len, 0, CURLWS_BINARY);
        assert_true(result == CURLE_OK || len == 0);
        sent += len;
    }
    assert_int_equal(result, CURLE_AGAIN);
    assert_int_equal(curl_ws_send(fetch->easy, "", 0, &len, 0, CURLWS_PING),
                     CURLE_BAD_FUNCTION_ARGUMENT); /* not in the middle of a frame */
    server_release(server, 1);
    assert_int_equal(receive(fetch, bytes, 1, &len, &meta), CURLE_OK);
    assert_piece(meta, CURLWS_CLOSE, 0, 0, 0);
    while (sent < sizeof bytes) {
        struct pollfd ready = {.events = POLLOUT};
        curl_socket_t fd;

        curl_easy_getinfo(fetch->easy, CURLINFO_ACTIVESOCKET, &fd);
        ready.fd = fd;
        assert_int_equal(poll(&ready, 1, 20000), 1);
        result =
            curl_ws_send(fetch->easy, bytes + sent, sizeof bytes - sent, &len, 0, CURLWS_BINARY);
        assert_true(result == CURLE_OK || (result == CURLE_AGAIN && len == 0));
        sent += len;
    }
    fetch_free(fetch);
    server_wait(server, server_has_received, sizeof bytes + 14);
    server_stop(server);
}

/* ---- In callbacks ---- */

struct talk {
    struct fetch *fetch;
    CURLcode code[2];
    unsigned reads, writes;
    bool pauses;
};

static size_t write_and_pause(char *bytes, size_t size, size_t count, void *user)
{
    struct talk *talk = user;
    const struct curl_ws_frame *meta = curl_ws_meta(talk->fetch->easy);
    char place[8];
    size_t len;

    assert_non_null(meta);
    assert_int_equal(meta->len, size * count);
    assert_int_equal(curl_ws_recv(talk->fetch->easy, place, 1, &len, &meta),
                     CURLE_RECURSIVE_API_CALL);
    talk->pauses = !talk->pauses;
    if (talk->pauses)
        return CURL_WRITEFUNC_PAUSE;
    talk->writes++;
    return fetch_write(bytes, size, count, talk->fetch);
}

static bool is_paused(void *with)
{
    return ((struct talk *)with)->pauses;
}

static void each_frame_may_be_paused(void **state)
{
    static const struct step steps[] = {AT_UPGRADE,
                                        AT_SEND("\x81\3one\x81\0\x82\5three\x88\2\3\xe8"), AT_END};
    struct server *server;
    struct talk talk = {0};
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    talk.fetch = open_fetch(server);
    multi = multi_new();
    curl_easy_setopt(talk.fetch->easy, CURLOPT_WRITEFUNCTION, write_and_pause);
    curl_easy_setopt(talk.fetch->easy, CURLOPT_WRITEDATA, &talk);
    multi_add(multi, talk.fetch);
    for (unsigned frame = 0; frame < 4; frame++) {
        drive_until(multi, is_paused, &talk);
        assert_int_equal(talk.writes, frame);
        assert_int_equal(curl_easy_pause(talk.fetch->easy, CURLPAUSE_CONT), CURLE_OK);
    }
    drive_to_end(multi);
    assert_int_equal(talk.fetch->result, CURLE_OK);
    assert_int_equal(talk.writes, 4);
    assert_int_equal(talk.fetch->body.len, 10);
    multi_remove(multi, talk.fetch);
    curl_multi_cleanup(multi);
    fetch_free(talk.fetch);
    server_stop(server);
}

/* Begins a frame, and has its bytes only after a pause. */
static size_t read_late(char *to, size_t size, size_t count, void *user)
{
    static const unsigned bad[] = {0, CURLWS_TEXT | CURLWS_BINARY, CURLWS_PING | CURLWS_CONT};
    struct talk *talk = user;

    (void)size;
    (void)count;
    switch (talk->reads++) {
    case 0:
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
            assert_int_equal(library()->ws_start_frame(talk->fetch->easy, bad[i], 1),
                             CURLE_BAD_FUNCTION_ARGUMENT);
        assert_int_equal(library()->ws_start_frame(talk->fetch->easy, CURLWS_PING, 126),
                         CURLE_BAD_FUNCTION_ARGUMENT);
        assert_int_equal(library()->ws_start_frame(talk->fetch->easy, CURLWS_TEXT, -1),
                         CURLE_BAD_FUNCTION_ARGUMENT);
        assert_int_equal(library()->ws_start_frame(talk->fetch->easy, CURLWS_TEXT, 5), CURLE_OK);
        talk->pauses = true;
        return CURL_READFUNC_PAUSE;
    case 1:
        memcpy(to, "abc", 3);
        return 3;
    case 2:
        assert_int_equal(library()->ws_start_frame(talk->fetch->easy, CURLWS_TEXT, 1),
                         CURLE_SEND_ERROR);
        memcpy(to, "de", 2);
        return 2;
    default:
        return 0;
    }
}

static void upload_pauses_within_a_frame(void **state)
{
    static const struct step steps[] = {AT_UPGRADE, AT_READ(11), AT_SEND("\x88\0"), AT_END};
    struct server *server;
    struct talk talk = {0};
    const char *seen;
    CURLM *multi;
    size_t len;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    talk.fetch = open_fetch(server);
    multi = multi_new();
    curl_easy_setopt(talk.fetch->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(talk.fetch->easy, CURLOPT_READFUNCTION, read_late);
    curl_easy_setopt(talk.fetch->easy, CURLOPT_READDATA, &talk);
    multi_add(multi, talk.fetch);
    drive_until(multi, is_paused, &talk);
    perform_while_ready(multi);
    assert_int_equal(talk.reads, 1);
    curl_easy_pause(talk.fetch->easy, CURLPAUSE_CONT);
    drive_to_end(multi);
    assert_int_equal(talk.fetch->result, CURLE_OK);
    seen = strstr(server_bytes(server, 0, &len), "\r\n\r\n") + 4;
    assert_int_equal((unsigned char)seen[0], 0x81);
    assert_int_equal((unsigned char)seen[1], 0x85);
    for (int i = 0; i < 5; i++)
        assert_int_equal(seen[6 + i] ^ seen[2 + i % 4], "abcde"[i]);
    multi_remove(multi, talk.fetch);
    curl_multi_cleanup(multi);
    fetch_free(talk.fetch);
    server_stop(server);
}

/* Answers the CLOSE frame. */
static size_t write_close(char *bytes, size_t size, size_t count, void *user)
{
    struct talk *talk = user;

    talk->code[0] = curl_ws_send(talk->fetch->easy, bytes, size * count, NULL, 0, CURLWS_CLOSE);
    return size * count;
}

static size_t write_two(char *bytes, size_t size, size_t count, void *user)
{
    struct talk *talk = user;

    (void)bytes;
    talk->code[0] = curl_ws_send(talk->fetch->easy, "ab", 2, NULL, 0, CURLWS_TEXT);
    return size * count;
}

static void close_is_answered_though_the_peer_says_no_more(void **state)
{
    static const struct step steps[] = {AT_UPGRADE, AT_SEND("\x88\2\3\xe8"), AT_END};
    struct server *server;
    struct talk talk = {0};
    const char *seen;
    size_t len;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    for (unsigned i = 0; i < 20; i++) {
        talk.fetch = open_fetch(server);
        curl_easy_setopt(talk.fetch->easy, CURLOPT_WRITEFUNCTION, write_close);
        curl_easy_setopt(talk.fetch->easy, CURLOPT_WRITEDATA, &talk);
        assert_int_equal(curl_easy_perform(talk.fetch->easy), CURLE_OK);
        assert_int_equal(talk.code[0], CURLE_OK);
        fetch_free(talk.fetch);
        server_wait(server, server_saw_closes, i + 1);
        seen = server_bytes(server, i, &len);
        assert_int_equal(len, strstr(seen, "\r\n\r\n") + 4 + 8 - seen);
    }
    server_stop(server);
}

/* ---- Ends ---- */

static void reset_behind_a_close_is_the_end(void **state)
{
    static const struct step steps[] = {AT_UPGRADE, AT_SEND("\x88\2\3\xe8"), AT_READ(8), AT_RESET};
    static const struct step early[] = {AT_UPGRADE, AT_SEND("\x81\1x"), AT_READ(8), AT_RESET};
    struct server *server;
    struct talk talk = {0};

    (void)state;
    only_curlpool_promises_this();
    for (int i = 0; i < 2; i++) {
        server = server_start_script(i ? early : steps);
        talk.fetch = open_fetch(server);
        curl_easy_setopt(talk.fetch->easy, CURLOPT_WRITEFUNCTION, i ? write_two : write_close);
        curl_easy_setopt(talk.fetch->easy, CURLOPT_WRITEDATA, &talk);
        assert_int_equal(curl_easy_perform(talk.fetch->easy), i ? CURLE_RECV_ERROR : CURLE_OK);
        assert_int_equal(talk.code[0], CURLE_OK);
        fetch_free(talk.fetch);
        server_stop(server);
    }
}

static void handle_may_end_in_the_middle_of_frames(void **state)
{
    static const struct step steps[] = {AT_UPGRADE,
                                        AT_SEND("\x81\x7d"
                                                "begun"),
                                        AT_HOLD};
    struct server *server;
    struct fetch *fetch, *removed;
    CURLM *multi;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    fetch = connected(server);
    curl_easy_cleanup(curl_easy_duphandle(fetch->easy));
    curl_easy_reset(fetch->easy);
    fetch_free(fetch);
    multi = multi_new();
    removed = open_fetch(server);
    curl_easy_setopt(removed->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(removed->easy, CURLOPT_READFUNCTION, read_late);
    struct talk talk = {.fetch = removed};

    curl_easy_setopt(removed->easy, CURLOPT_READDATA, &talk);
    multi_add(multi, removed);
    drive_until(multi, is_paused, &talk);
    multi_remove(multi, removed);
    assert_int_equal(curl_ws_send(removed->easy, "x", 1, NULL, 0, CURLWS_TEXT), CURLE_SEND_ERROR);
    curl_multi_cleanup(multi);
    fetch_free(removed);
    server_wait(server, server_saw_closes, 2);
    server_stop(server);
}

static void silent_peer_meets_the_timeout(void **state)
{
    static const struct step steps[] = {AT_UPGRADE,
                                        AT_SEND("\x81\x7d"
                                                "begun"),
                                        AT_HOLD};
    static const struct step refuses[] = {AT_HEAD, AT_HOLD};
    struct server *server;
    struct fetch *fetch;

    (void)state;
    only_curlpool_promises_this();
    server = server_start_script(steps);
    fetch = open_fetch(server);
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 100L);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OPERATION_TIMEDOUT);
    assert_int_equal(fetch->body.len, 5);
    fetch_free(fetch);
    server_stop(server);
    server = server_start_script(refuses);
    fetch = open_fetch(server);
    curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_ONLY, 2L);
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 100L);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OPERATION_TIMEDOUT);
    fetch_free(fetch);
    server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_without_a_websocket_are_refused),
        cmocka_unit_test(bad_arguments_are_refused_and_change_nothing),
        cmocka_unit_test(connection_that_was_not_upgraded_is_no_websocket),
        cmocka_unit_test(meta_is_read_without_bytes),
        cmocka_unit_test(connection_of_a_transfer_in_a_multi_is_the_programs),
        cmocka_unit_test(frames_before_the_end_are_read),
        cmocka_unit_test(partly_sent_frame_is_gone_on_with),
        cmocka_unit_test(each_frame_may_be_paused),
        cmocka_unit_test(upload_pauses_within_a_frame),
        cmocka_unit_test(close_is_answered_though_the_peer_says_no_more),
        cmocka_unit_test(reset_behind_a_close_is_the_end),
        cmocka_unit_test(handle_may_end_in_the_middle_of_frames),
        cmocka_unit_test(silent_peer_meets_the_timeout),
    };
    int failed;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    key = curl_slist_append(NULL, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_slist_free_all(key);
    return failed;
}
