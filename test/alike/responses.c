/* SPDX-License-Identifier: MIT */
/* What is made of odd responses: how the transfer ends, its status, headers, body, cookies and
 * infos. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "say.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* ---- One transfer ---- */

struct got {
    char bytes[100000];
    size_t len;
};

static struct got head, body;

static size_t keep(char *bytes, size_t size, size_t count, void *data)
{
    struct got *got = data;
    size_t len = size * count;

    if (len <= sizeof got->bytes - got->len) {
        memcpy(got->bytes + got->len, bytes, len);
        got->len += len;
    }
    return len;
}

static void answer_infos(CURL *easy, const char *what)
{
    curl_off_t announced = 0, after = 0, changed = 0;
    char *type = NULL, *redirect = NULL;
    struct curl_slist *cookies = NULL;

    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &after);
    curl_easy_getinfo(easy, CURLINFO_FILETIME_T, &changed);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &redirect);
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &cookies);
    answer("length %lld, retry after %lld, changed %lld, type %s, redirect %s",
           (long long)announced, (long long)after, (long long)changed, type ? type : "none",
           redirect ? strrchr(redirect, '/') : "none");
    for (struct curl_slist *cookie = cookies; cookie; cookie = cookie->next) {
        ask("%s, cookie", what);
        answer_text(cookie->data);
    }
    curl_slist_free_all(cookies);
}

static void get(const char *what, const char *bytes, size_t len, long nobody)
{
    CURL *easy = curl_easy_init();
    char url[80];
    long status = -1, connections = 0;
    CURLcode code;

    peer_responds(bytes, len);
    head.len = body.len = 0;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/path", peer.port);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 3000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, keep);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &head);
    curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
    curl_easy_setopt(easy, CURLOPT_FILETIME, 1L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_NOBODY, nobody);
    code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
    ask("%s%s", nobody ? "HEAD, " : "", what);
    answer("%d %ld", (int)code, status);
    ask("%s%s, body", nobody ? "HEAD, " : "", what);
    answer_bytes(body.bytes, body.len);
    ask("%s%s, head", nobody ? "HEAD, " : "", what);
    answer_bytes(head.bytes, head.len);
    ask("%s%s, infos", nobody ? "HEAD, " : "", what);
    answer_infos(easy, what);
    curl_easy_cleanup(easy);
    if (connections) {
        peer_wait();
    }
}

/* ---- The tables ---- */

static void table_of_status_lines(void)
{
    static const char *const lines[] = {"HTTP/1.1 200 OK",  "HTTP/1.1 200",
                                        "HTTP/1.1 200 ",    "HTTP/1.1 200OK",
                                        "HTTP/1.1  200 OK", "HTTP/1.1 2000 X",
                                        "HTTP/1.1 20 X",    "HTTP/1.1 99 X",
                                        "HTTP/1.1 000 X",   "HTTP/1.1 999 X",
                                        "HTTP/1.1 -200 X",  "HTTP/1.1 0200 X",
                                        "HTTP/1.1 abc",     "HTTP/1.0 200 OK",
                                        "HTTP/1.2 200 OK",  "HTTP/1 200 OK",
                                        "HTTP/2 200",       "HTTP/3 200",
                                        "HTTP/4 200",       "HTTP/0.9 200",
                                        "http/1.1 200 OK",  "HTTP 200 OK",
                                        "HTTP/ 200",        "ICY 200 OK",
                                        "RTSP/1.0 200 OK",  "XHTTP/1.1 200 OK",
                                        " HTTP/1.1 200 OK", "",
                                        "garbage",          "H",
                                        "HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK",
                                        "HTTP/1.1 204 No",  "HTTP/1.1 304 Same",
                                        "HTTP/1.1 404 No",  "HTTP/1.1 500 \xc3\xa4"};
    char bytes[300];

    for (size_t i = 0; i < COUNT(lines); i++) {
        size_t len =
            (size_t)snprintf(bytes, sizeof bytes, "%s\r\nContent-Length: 4\r\n\r\nbody", lines[i]);

        get(lines[i], bytes, len, 0);
        get(lines[i], bytes, len, 1);
    }
}

/* Heads with a field or fields, and the body "body". */
static void table_of_fields(void)
{
    static const char *const fields[] = {"Content-Length: 4",
                                         "Content-Length: 004",
                                         "Content-Length: +4",
                                         "Content-Length: -4",
                                         "Content-Length:4",
                                         "Content-Length:  4  ",
                                         "Content-Length: 4, 4",
                                         "Content-Length: 4\r\nContent-Length: 4",
                                         "Content-Length: 4\r\nContent-Length: 3",
                                         "Content-Length: 3",
                                         "Content-Length: 9",
                                         "Content-Length: 4x",
                                         "Content-Length:",
                                         "Content-Length: 0x4",
                                         "Content-Length: 99999999999999999999",
                                         "Content-Length : 4",
                                         "content-length: 4",
                                         "Transfer-Encoding: identity",
                                         "Transfer-Encoding: foo",
                                         "Transfer-Encoding:",
                                         "X: y",
                                         "X:y",
                                         "X:",
                                         "X",
                                         ": y",
                                         "X : y",
                                         "X\ty: z",
                                         "X: a\r\n b",
                                         "X: a\r\n\tb\r\n c",
                                         "X:  a  ",
                                         "X: a\tb",
                                         "X: \xc3\xa4",
                                         "Content-Type: a/b",
                                         "Content-Type:",
                                         "Content-Type:  a/b;c=d  ",
                                         "Content-Type: a\r\nContent-Type: b",
                                         "Content-Encoding: identity",
                                         "Content-Encoding: foo",
                                         "Content-Encoding: gzip",
                                         "Content-Encoding:",
                                         "Content-Encoding: deflate",
                                         "Content-Encoding: br",
                                         "Location: /next",
                                         "Location: http://x/y",
                                         "Location:",
                                         "Location: ",
                                         "Retry-After: 5",
                                         "Retry-After: x",
                                         "Retry-After: -5",
                                         "Retry-After: 99999999999",
                                         "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT",
                                         "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
                                         "Last-Modified: x",
                                         "Last-Modified: Sun, 06 Nov 1994",
                                         "Connection: close",
                                         "Connection: keep-alive",
                                         "Connection: x, close",
                                         "Keep-Alive: timeout=0",
                                         "Date: x",
                                         "Upgrade: h2c",
                                         "Trailer: X",
                                         "Server:",
                                         "Set-Cookie: a=b",
                                         "Set-Cookie: a",
                                         "Set-Cookie: =b",
                                         "Set-Cookie: a=",
                                         "Set-Cookie: =",
                                         "Set-Cookie:",
                                         "Set-Cookie: a=b=c",
                                         "Set-Cookie: a = b ",
                                         "Set-Cookie: a=\"b\"",
                                         "Set-Cookie: a=b; path=/x",
                                         "Set-Cookie: a=b; path=/",
                                         "Set-Cookie: a=b; path=",
                                         "Set-Cookie: a=b; Path=\"/\"",
                                         "Set-Cookie: a=b; domain=127.0.0.1",
                                         "Set-Cookie: a=b; domain=.127.0.0.1",
                                         "Set-Cookie: a=b; domain=0.0.1",
                                         "Set-Cookie: a=b; domain=x",
                                         "Set-Cookie: a=b; domain=",
                                         "Set-Cookie: a=b; secure",
                                         "Set-Cookie: a=b; httponly",
                                         "Set-Cookie: a=b; max-age=0",
                                         "Set-Cookie: a=b; max-age=x",
                                         "Set-Cookie: a=b; max-age=-1",
                                         "Set-Cookie: a=b; expires=Sun, 06 Nov 1994 08:49:37 GMT",
                                         "Set-Cookie: a=b; expires=x",
                                         "Set-Cookie: a=b; expires=",
                                         "Set-Cookie: __Host-a=b",
                                         "Set-Cookie: __Secure-a=b",
                                         "Set-Cookie: __Secure-a=b; secure",
                                         "Set-Cookie: a b=c",
                                         "Set-Cookie: a;b",
                                         "Set-Cookie: ;a=b",
                                         "Set-Cookie: a=b,c=d",
                                         "Set-Cookie: a=b; foo=bar; HttpOnly; Secure=x",
                                         "Set-Cookie: a=\tb",
                                         "Set-Cookie: a=b\r\nSet-Cookie: a=c\r\nSet-Cookie: A=d"};
    char bytes[600];

    for (size_t i = 0; i < COUNT(fields); i++) {
        get(fields[i], bytes,
            (size_t)snprintf(bytes, sizeof bytes, "HTTP/1.1 200 OK\r\n%s\r\n\r\nbody", fields[i]),
            0);
        get(fields[i], bytes,
            (size_t)snprintf(bytes, sizeof bytes,
                             "HTTP/1.1 302 Found\r\n%s\r\nContent-Length: 4\r\n\r\nbody",
                             fields[i]),
            0);
        get(fields[i], bytes,
            (size_t)snprintf(bytes, sizeof bytes, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", fields[i]), 1);
    }
}

static void table_of_chunks(void)
{
    static const char *const bodies[] = {"4\r\nbody\r\n0\r\n\r\n",
                                         "4\r\nbody\r\n0\r\n",
                                         "4\r\nbody\r\n0",
                                         "4\r\nbody\r\n",
                                         "4\r\nbody",
                                         "4\r\nbo",
                                         "4\r\n",
                                         "4",
                                         "",
                                         "0\r\n\r\n",
                                         "00\r\n\r\n",
                                         "04\r\nbody\r\n0\r\n\r\n",
                                         "000000000000000000004\r\nbody\r\n0\r\n\r\n",
                                         "4;x=y\r\nbody\r\n0\r\n\r\n",
                                         "4 \r\nbody\r\n0\r\n\r\n",
                                         " 4\r\nbody\r\n0\r\n\r\n",
                                         "4\nbody\n0\n\n",
                                         "4\r\nbody0\r\n\r\n",
                                         "4\r\nbodyx\r\n0\r\n\r\n",
                                         "-4\r\nbody\r\n0\r\n\r\n",
                                         "x\r\nbody\r\n0\r\n\r\n",
                                         "0x4\r\nbody\r\n0\r\n\r\n",
                                         "A\r\n0123456789\r\n0\r\n\r\n",
                                         "a\r\n0123456789\r\n0\r\n\r\n",
                                         "ffffffffffffffff\r\nbody\r\n0\r\n\r\n",
                                         "10000000000000000\r\nbody\r\n0\r\n\r\n",
                                         "7fffffffffffffff\r\nbody",
                                         "4\r\nbody\r\n0\r\nT: x\r\n\r\n",
                                         "4\r\nbody\r\n0\r\nT\r\n\r\n",
                                         "4\r\nbody\r\n0\r\n\r\nmore",
                                         "4\r\nbody\r\n0;x\r\n\r\n",
                                         "2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
                                         "4\r\r\nbody\r\n0\r\n\r\n"};
    static const char *const fields[] = {
        "Transfer-Encoding: chunked", "Transfer-Encoding: Chunked\r\nContent-Length: 2",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked, foo"};
    char bytes[600], what[300];

    for (size_t f = 0; f < COUNT(fields); f++) {
        for (size_t i = 0; i < (f < 2 ? COUNT(bodies) : 2); i++) {
            snprintf(what, sizeof what, "%s: %s", fields[f], bodies[i]);
            get(what, bytes,
                (size_t)snprintf(bytes, sizeof bytes, "HTTP/1.1 200 OK\r\n%s\r\n\r\n%s", fields[f],
                                 bodies[i]),
                0);
        }
    }
}

static void table_of_heads(void)
{
    static const char *const heads[] = {
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody",
        ("HTTP/1.1 199 X\r\nContent-Length: 4\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
         "4\r\n\r\nbody"),
        "HTTP/1.1 200 OK\nContent-Length: 4\n\nbody",
        "HTTP/1.1 200 OK\nContent-Length: 4\r\n\nbody",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\n\r\nbody",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK",
        "HTTP/1.1 20",
        "HTTP",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: y",
        "HTTP/1.1 200 OK\r\nX: y\r\n",
        "HTTP/1.1 200 OK\r\n X: y\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\nbody",
        "HTTP/1.1 200 OK\rX: y\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\nX: y\r\n\rbody",
        "HTTP/1.1 204 No\r\n\r\nbody",
        "HTTP/1.1 304 Same\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.1 205 Reset\r\n\r\nbody",
        "HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n",
        "<html>",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nbodyHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        "HTTP/1.1 416 Range\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.1 407 Proxy\r\nContent-Length: 4\r\n\r\nbody",
        "HTTP/1.1 401 Auth\r\nWWW-Authenticate: Basic\r\nContent-Length: 4\r\n\r\nbody"};
    static const char zero[] = "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 4\r\n\r\nbody";

    for (size_t i = 0; i < COUNT(heads); i++) {
        get(heads[i], heads[i], strlen(heads[i]), 0);
        get(heads[i], heads[i], strlen(heads[i]), 1);
    }
    get("a zero byte", zero, sizeof zero - 1, 0);
}

static void run(void (*table)(void))
{
    peer_open();
    table();
}

static void status_lines(void)
{
    run(table_of_status_lines);
}

static void fields(void)
{
    run(table_of_fields);
}

static void chunks(void)
{
    run(table_of_chunks);
}

static void heads(void)
{
    run(table_of_heads);
}

int main(void)
{
    say_version();
    apart("status lines", status_lines);
    apart("fields", fields);
    apart("chunks", chunks);
    apart("heads", heads);
    return 0;
}
