/* SPDX-License-Identifier: MIT */
/* A name server in the test's loop: see names.h. The messages are those of RFC 1035, section 4. */
#include "names.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "fetch.h"

enum {
    HEADER_LEN = 12,
    TYPE_A = 1,
    TYPE_AAAA = 28,
};

void names_open(struct names *names)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    memset(names, 0, sizeof *names);
    names->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(names->fd >= 0);
    assert_int_equal(bind(names->fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(names->fd, (struct sockaddr *)&address, &len), 0);
    names->port = ntohs(address.sin_port);
    snprintf(names->servers, sizeof names->servers, "127.0.0.1:%u", names->port);
}

void names_close(struct names *names)
{
    close(names->fd);
}

/* Where the question's name ends; 0 for nonsense. */
static size_t question_end(const unsigned char *bytes, size_t len)
{
    size_t at = HEADER_LEN;

    while (at < len && bytes[at] != 0) {
        at += (size_t)bytes[at] + 1;
    }
    return at + 5 <= len ? at + 5 : 0;
}

/* Makes the answer in place, after the question. Returns its length, 0 for none. */
static size_t make_answer(const struct names *names, unsigned char *bytes, size_t end, int type)
{
    static const unsigned char record[] = {0xc0, HEADER_LEN, 0, TYPE_A, 0,   1, 0, 0,
                                           0,    60,         0, 4,      127, 0, 0, 1};
    bool gives_address = type == TYPE_A && names->answers_four;

    if (!names->answers_no_name && !gives_address && !(type == TYPE_AAAA && names->answers_six)) {
        return 0;
    }
    bytes[2] = 0x81; /* a response */
    bytes[3] = names->answers_no_name ? 0x83 : 0x80;
    memset(bytes + 6, 0, 6); /* no records after the question */
    if (names->answers_no_name || !gives_address) {
        return end;
    }
    bytes[7] = 1;
    memcpy(bytes + end, record, sizeof record);
    return end + sizeof record;
}

void names_serve(struct names *names)
{
    unsigned char bytes[1024];
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    ssize_t got;

    while ((got = recvfrom(names->fd, bytes, 512, 0, (struct sockaddr *)&from, &from_len)) > 0) {
        size_t end = question_end(bytes, (size_t)got), len;
        int type = end ? bytes[end - 3] : 0;

        names->questions_four += type == TYPE_A;
        names->questions_six += type == TYPE_AAAA;
        len = end ? make_answer(names, bytes, end, type) : 0;
        if (len > 0) {
            assert_int_equal(sendto(names->fd, bytes, len, 0, (struct sockaddr *)&from, from_len),
                             len);
        }
        from_len = sizeof from;
    }
}

static int drive_turn(struct names *names, CURLM *multi, int64_t start)
{
    struct curl_waitfd question = {.fd = names->fd, .events = CURL_WAIT_POLLIN};
    int running = perform(multi);

    names_serve(names);
    if (running > 0) {
        assert_int_equal(curl_multi_poll(multi, &question, 1, 200, NULL), CURLM_OK);
        names_serve(names);
    }
    assert_true(monotonic_ms() - start < 20000);
    return running;
}

void names_drive_to_end(struct names *names, CURLM *multi)
{
    int64_t start = monotonic_ms();

    while (drive_turn(names, multi, start) > 0) {
    }
    fetch_messages(multi);
}

void names_drive_until_asked(struct names *names, CURLM *multi, unsigned questions)
{
    int64_t start = monotonic_ms();

    while (names->questions_four + names->questions_six < questions) {
        assert_true(drive_turn(names, multi, start) > 0);
    }
}
