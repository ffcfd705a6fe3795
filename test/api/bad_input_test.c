/* SPDX-License-Identifier: MIT */
/* What a server can do to a program with a few bytes: bodies that grow, cookies without end,
 * replies that make no sense. The other classes of bad input are conversations (../talk), or tests
 * of the parser concerned. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

/* ---- Memory: how much the library has at most ---- */

static atomic_long in_use, most_in_use;

static void *note(void *memory)
{
    long now = atomic_fetch_add(&in_use, (long)malloc_usable_size(memory)) +
               (long)malloc_usable_size(memory);
    long most = atomic_load(&most_in_use);

    while (now > most && !atomic_compare_exchange_weak(&most_in_use, &most, now)) {
    }
    return memory;
}

static void *own_malloc(size_t size)
{
    return note(malloc(size));
}

static void own_free(void *memory)
{
    atomic_fetch_sub(&in_use, (long)malloc_usable_size(memory));
    free(memory);
}

static void *own_realloc(void *memory, size_t size)
{
    atomic_fetch_sub(&in_use, (long)malloc_usable_size(memory));
    return note(realloc(memory, size));
}

static char *own_strdup(const char *text)
{
    return note(strdup(text));
}

static void *own_calloc(size_t count, size_t size)
{
    return note(calloc(count, size));
}

/* ---- A body that grows ---- */

enum {
    MATCH = 258,                     /* bytes that 13 bits stand for */
    GROWN = 64 * 1024 * MATCH,       /* 16 MiB */
    PACKED = GROWN / MATCH * 13 / 8, /* 104 KiB */
};

struct bits {
    unsigned char *bytes;
    size_t count;
};

static void put_bit(struct bits *b, unsigned bit)
{
    b->bytes[b->count / 8] |= (unsigned char)(bit << b->count % 8);
    b->count++;
}

/* A Huffman code: from its first bit, which is its highest. */
static void put_code(struct bits *b, unsigned code, int len)
{
    while (len-- > 0) {
        put_bit(b, code >> len & 1);
    }
}

/* One block of RFC 1951 with fixed codes: a zero byte, and then 258 times the same again and again.
 */
static size_t pack_zeros(unsigned char *bytes, size_t matches)
{
    struct bits b = {.bytes = bytes};

    put_bit(&b, 1);
    put_code(&b, 2, 2);    /* fixed codes: 01, its low bit first */
    put_code(&b, 0x30, 8); /* the byte 0 */
    for (size_t i = 0; i < matches; i++) {
        put_code(&b, 0xc5, 8); /* length 258 */
        put_code(&b, 0, 5);    /* from one byte before */
    }
    put_code(&b, 0, 7); /* the end */
    return (b.count + 7) / 8;
}

static struct server *bomb_server(void)
{
    static unsigned char packed[PACKED + 64];
    static char head[128];
    static struct step steps[] = {
        AT_REQUEST, {.kind = STEP_SEND, .bytes = head},
         {.kind = STEP_SEND                },
         AT_LOOP
    };
    size_t len;

    memset(packed, 0, sizeof packed);
    len = pack_zeros(packed, GROWN / MATCH);
    snprintf(head, sizeof head,
             "HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %zu\r\n\r\n", len);
    steps[1].len = strlen(head);
    steps[2].bytes = (const char *)packed;
    steps[2].len = len;
    return server_start_script(steps);
}

static size_t count_body(char *bytes, size_t size, size_t count, void *total)
{
    (void)bytes;
    *(size_t *)total += size * count;
    return size * count;
}

static void body_that_grows_is_not_held_in_memory(void **state)
{
    struct server *server = bomb_server();
    struct fetch *fetch;
    size_t total = 0;

    (void)state;
    assert_int_equal(curl_global_init_mem(CURL_GLOBAL_DEFAULT, own_malloc, own_free, own_realloc,
                                          own_strdup, own_calloc),
                     CURLE_OK);
    fetch = fetch_new(server, "/");
    curl_easy_setopt(fetch->easy, CURLOPT_ACCEPT_ENCODING, "deflate");
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, count_body);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, &total);
    atomic_store(&most_in_use, 0);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    assert_int_equal(total, GROWN + 1);
    assert_in_range(atomic_load(&most_in_use), 1, GROWN / 4);
    fetch_free(fetch);
    curl_global_cleanup();
    server_stop(server);
}

static void body_that_grows_ends_at_the_greatest_size(void **state)
{
    struct server *server = bomb_server();
    struct fetch *fetch = fetch_new(server, "/");
    size_t total = 0;

    (void)state;
    needs_libcurl(0x081400);
    curl_easy_setopt(fetch->easy, CURLOPT_ACCEPT_ENCODING, "deflate");
    curl_easy_setopt(fetch->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)1000000);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, count_body);
    curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, &total);
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_FILESIZE_EXCEEDED);
    assert_in_range(total, 0, 1000000);
    fetch_free(fetch);
    server_stop(server);
}

/* ---- Cookies without end ---- */

static void cookies_without_end_are_bounded_in_a_request(void **state)
{
    static char head[16384];
    static const struct step next[] = {AT_REQUEST,
                                       AT_SEND("HTTP/1.1 200 OK\r\n"
                                               "Content-Length: 0\r\n\r\n"),
                                       AT_LOOP};
    static struct step steps[] = {
        AT_REQUEST, {.kind = STEP_SEND, .bytes = head},
         AT_LOOP
    };
    static const struct route routes[] = {
        {"/set", steps},
        {"",     next },
        {NULL,   NULL }
    };
    struct server *server;
    struct fetch *fetch;
    struct curl_slist *list = NULL;
    const char *request, *line;
    size_t len = 0, known = 0;

    (void)state;
    len = (size_t)snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    for (int i = 0; i < 40; i++) {
        len += (size_t)snprintf(head + len, sizeof head - len, "Set-Cookie: c%d=%0300d\r\n", i, i);
    }
    len += (size_t)snprintf(head + len, sizeof head - len, "\r\n");
    steps[1].len = len;
    server = server_start_routes(routes);
    fetch = fetch_new(server, "/set");
    curl_easy_setopt(fetch->easy, CURLOPT_COOKIEFILE, "");
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    curl_easy_setopt(fetch->easy, CURLOPT_URL, server_url(server, "/"));
    assert_int_equal(curl_easy_perform(fetch->easy), CURLE_OK);
    curl_easy_getinfo(fetch->easy, CURLINFO_COOKIELIST, &list);
    for (struct curl_slist *one = list; one; one = one->next) {
        known++;
    }
    curl_slist_free_all(list);
    assert_int_equal(known, 40);
    request = server_request(server, 1, NULL, NULL);
    line = strstr(request, "Cookie: ");
    assert_non_null(line);
    assert_in_range(strcspn(line, "\r"), 4000, 8200);
    fetch_free(fetch);
    server_stop(server);
}

/* ---- Replies that are broken at random ---- */

enum { BROKEN = 400 };

static const char *const whole_replies[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=b; path=/; max-age=5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, deflate\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 302 Found\r\nLocation: /x/../y?z#f\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\"\r\n"
    "WWW-Authenticate: NTLM TlRMTVNTUAACAAAAAAAAADAAAACGggEA\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 206 Part\r\nContent-Range: bytes 0-4/10\r\n"
    "Retry-After: 5\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\nX: a\r\n b\r\n\r\nhello",
};

static const char *const odd_pieces[] = {
    "\r\n",
    "\n",
    ":",
    ";",
    ",",
    "\"",
    "=",
    "-1",
    "\xff",
    "0\r\n",
    "\r",
    "\t",
    "gzip",
    "chunked",
    "HTTP/1.1 200 OK\r\n\r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: close\r\n",
};

/* The same course each time. */
static unsigned draw(unsigned limit)
{
    static uint32_t state = 2463534242u;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % limit;
}

static void break_once(struct text *reply)
{
    const char *piece = odd_pieces[draw(sizeof odd_pieces / sizeof *odd_pieces)];
    size_t at = draw((unsigned)reply->len), len = strlen(piece);
    struct text broken = {0};

    switch (draw(4)) {
    case 0:
        reply->bytes[at] = (char)draw(256);
        return;
    case 1: /* a piece more */
        text_add(&broken, reply->bytes, at);
        text_add(&broken, piece, len);
        text_add(&broken, reply->bytes + at, reply->len - at);
        break;
    case 2: /* some bytes less, but never all */
        text_add(&broken, reply->bytes, at + 1);
        at += 1 + draw(12);
        if (at < reply->len) {
            text_add(&broken, reply->bytes + at, reply->len - at);
        }
        break;
    default: /* cut */
        text_add(&broken, reply->bytes, at + 1);
        break;
    }
    text_release(reply);
    *reply = broken;
}

/* Whatever it is: each transfer ends, with some code. The sanitizers look on. */
static void replies_that_are_broken_at_random_end(void **state)
{
    static struct text replies[BROKEN];
    static struct step steps[BROKEN][3];
    static const struct step *scripts[BROKEN + 1];
    struct server *server;
    struct fetch *fetch;

    (void)state;
    only_curlpool_promises_this(); /* 7.88 asks on without end after some */
    for (int i = 0; i < BROKEN; i++) {
        const char *whole = whole_replies[draw(sizeof whole_replies / sizeof *whole_replies)];
        text_add(&replies[i], whole, strlen(whole));
        for (unsigned breaks = 1 + draw(4); breaks > 0; breaks--) {
            break_once(&replies[i]);
        }
        steps[i][0].kind = STEP_REQUEST;
        steps[i][1] =
            (struct step){.kind = STEP_SEND, .bytes = replies[i].bytes, .len = replies[i].len};
        steps[i][2].kind = STEP_END;
        scripts[i] = steps[i];
    }
    server = server_start(&(struct server_plan){.scripts = scripts});
    fetch = fetch_new(server, "/");
    curl_easy_setopt(fetch->easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(fetch->easy, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(fetch->easy, CURLOPT_USERPWD, "a:b");
    curl_easy_setopt(fetch->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_ANY);
    curl_easy_setopt(fetch->easy, CURLOPT_TIMEOUT_MS, 20000L);
    while (server_accepted(server) < BROKEN) {
        unsigned before = server_accepted(server);

        fetch_clear(fetch);
        assert_int_not_equal(curl_easy_perform(fetch->easy), CURLE_OPERATION_TIMEDOUT);
        assert_true(server_accepted(server) > before);
    }
    fetch_free(fetch);
    server_stop(server);
    for (int i = 0; i < BROKEN; i++) {
        text_release(&replies[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(body_that_grows_is_not_held_in_memory),
        cmocka_unit_test(body_that_grows_ends_at_the_greatest_size),
        cmocka_unit_test(cookies_without_end_are_bounded_in_a_request),
        cmocka_unit_test(replies_that_are_broken_at_random_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
