/* SPDX-License-Identifier: MIT */
/* What is sent: an HTTP request for each option that shapes it, with values that it was not made
 * for, as a server reads it; and how the transfer ends. */
#include <ctype.h>
#include <curl/curl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "say.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

#undef curl_easy_setopt

/* The request, where ports and boundaries, which are others each time, have names. */
static void answer_request(CURLcode code, long status)
{
    static char text[sizeof peer.bytes * 2];
    char port[8];
    size_t len = 0, port_len = (size_t)snprintf(port, sizeof port, "%u", peer.port);

    pthread_mutex_lock(&peer.mutex);
    for (size_t i = 0; i < peer.len;) {
        size_t dashes = 0;

        while (i + dashes < peer.len && peer.bytes[i + dashes] == '-') {
            dashes++;
        }
        if (dashes >= 24) {
            len += (size_t)snprintf(text + len, sizeof text - len, "%.*s(boundary)",
                                    (int)dashes - 24, "--");
            for (i += dashes; i < peer.len && isalnum((unsigned char)peer.bytes[i]);) {
                i++;
            }
        } else if (peer.len - i >= port_len && !memcmp(peer.bytes + i, port, port_len)) {
            len += (size_t)snprintf(text + len, sizeof text - len, "(port)");
            i += port_len;
        } else {
            text[len++] = peer.bytes[i++];
        }
    }
    printf("%d %ld ", (int)code, status);
    peer.len = 0;
    pthread_mutex_unlock(&peer.mutex);
    answer_bytes(text, len);
}

/* ---- One transfer ---- */

static size_t discard(char *bytes, size_t size, size_t count, void *data)
{
    (void)bytes;
    (void)data;
    return size * count;
}

/* Reads an upload of 20 bytes. */
static size_t upload(char *bytes, size_t size, size_t count, void *data)
{
    size_t *sent = data, len = 20 - *sent;

    len = len < size * count ? len : size * count;
    memset(bytes, 'u', len);
    *sent += len;
    return len;
}

static size_t sent;

static CURL *new_easy(void)
{
    CURL *easy = curl_easy_init();
    char url[80];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/path?query", peer.port);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 3000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, upload);
    curl_easy_setopt(easy, CURLOPT_READDATA, &sent);
    sent = 0;
    return easy;
}

/* Performs, waits until the server has seen the end of it, answers and cleans up. */
static void finish(CURL *easy)
{
    CURLcode code = curl_easy_perform(easy);
    long status = 0, connections = 0;

    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connections);
    curl_easy_cleanup(easy);
    if (connections) {
        peer_wait();
    }
    answer_request(code, status);
}

/* ---- The tables ---- */

static const struct {
    const char *name;
    CURLoption option;
} strings[] = {
    {"USERAGENT",        CURLOPT_USERAGENT       },
    {"REFERER",          CURLOPT_REFERER         },
    {"COOKIE",           CURLOPT_COOKIE          },
    {"CUSTOMREQUEST",    CURLOPT_CUSTOMREQUEST   },
    {"ACCEPT_ENCODING",  CURLOPT_ACCEPT_ENCODING },
    {"RANGE",            CURLOPT_RANGE           },
    {"USERPWD",          CURLOPT_USERPWD         },
    {"USERNAME",         CURLOPT_USERNAME        },
    {"PASSWORD",         CURLOPT_PASSWORD        },
    {"XOAUTH2_BEARER",   CURLOPT_XOAUTH2_BEARER  },
    {"REQUEST_TARGET",   CURLOPT_REQUEST_TARGET  },
    {"POSTFIELDS",       CURLOPT_POSTFIELDS      },
    {"COPYPOSTFIELDS",   CURLOPT_COPYPOSTFIELDS  },
    {"COOKIELIST",       CURLOPT_COOKIELIST      },
    {"DEFAULT_PROTOCOL", CURLOPT_DEFAULT_PROTOCOL},
};

static void table_of_strings(void)
{
    static const char *const values[] = {
        "",          "a",        " ",        "a b",          "a:b", ":",  "a:",
        ":b",        "a\"b\\",   "a\tb",     "\xc3\xa4\xff", "0-",  "-5", "5-3",
        "1-2,4-5",   "gzip, br", "identity", "GET",          "get", "*",  "/x y",
        "http://x/", "a=b; c=d", "%41%00",   "http"};

    for (size_t s = 0; s < COUNT(strings); s++) {
        for (size_t v = 0; v < COUNT(values); v++) {
            CURL *easy = new_easy();
            CURLcode code = curl_easy_setopt(easy, strings[s].option, values[v]);

            ask("%s '%s', set %d", strings[s].name, values[v], (int)code);
            finish(easy);
        }
    }
}

static void table_of_line_ends(void)
{
    static const char *const values[] = {"a\r\nX: y",
                                         "a\nX: y",
                                         "a\rX: y",
                                         "\r\n",
                                         "a\r\n",
                                         "\x01",
                                         ("a\x7f"
                                          "b")};

    for (size_t s = 0; s < COUNT(strings); s++) {
        for (size_t v = 0; v < COUNT(values); v++) {
            CURL *easy = new_easy();
            CURLcode code = curl_easy_setopt(easy, strings[s].option, values[v]);

            ask("%s '%s', set %d", strings[s].name, values[v], (int)code);
            finish(easy);
        }
    }
}

/* The methods that a header goes with, first and last. One that announces a body needs one, or the
 * server waits for it; behind one that ends the head there must be none. */
static int first_method(const char *header)
{
    return strstr(header, "Content-Length: ") || strstr(header, "chunked") ? 1 : 0;
}

static int last_method(const char *header)
{
    return !strcmp(header, "X: y\r\n") ? 0 : 3;
}

static void table_of_headers(void)
{
    static const char *const values[] = {"X: y",
                                         "X:y",
                                         "X:",
                                         "X;",
                                         "X: ",
                                         "X",
                                         ": y",
                                         ";",
                                         "",
                                         " ",
                                         "X : y",
                                         "X y: z",
                                         "X: y\r\nZ: w",
                                         "X: y\r\n",
                                         "X: y\n",
                                         "\r\n",
                                         "Host: other",
                                         "Host:",
                                         "Host;",
                                         "host: a b",
                                         "Accept:",
                                         "Accept: x/y",
                                         "User-Agent: me",
                                         "User-Agent:",
                                         "Content-Length: 5",
                                         "Content-Type: a/b",
                                         "Transfer-Encoding: chunked",
                                         "Connection: close",
                                         "Connection:",
                                         "Cookie: a=b",
                                         "Authorization: x",
                                         "Expect:",
                                         "Expect: 100-continue",
                                         "X;  ",
                                         "X; y",
                                         "X;y",
                                         "X: y;",
                                         "X\t: y",
                                         "X:\ty",
                                         "\xc3\xa4: \xff",
                                         "Range: bytes=0-1",
                                         "Referer: x",
                                         "Upgrade: x",
                                         "TE: x",
                                         "Date: x",
                                         "If-Modified-Since: x",
                                         "X: \"quoted\"",
                                         "Accept-Encoding: gzip",

                                         "Content-Type:",
                                         "Content-Type;"};

    for (size_t v = 0; v < COUNT(values); v++) {
        for (int method = first_method(values[v]); method <= last_method(values[v]); method++) {
            struct curl_slist *list = curl_slist_append(NULL, values[v]);
            CURL *easy = new_easy();

            curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
            if (method == 1) {
                curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "field");
            } else if (method == 2) {
                curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
            } else if (method == 3) {
                curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
                curl_easy_setopt(easy, CURLOPT_INFILESIZE, 20L);
            }
            ask("header '%s', method %d", values[v], method);
            finish(easy);
            curl_slist_free_all(list);
        }
    }
}

static const struct number {
    const char *name;
    CURLoption option;
    long values[8];
} numbers[] = {
    {"NOBODY",            CURLOPT_NOBODY,            {0, 1, 2, -1}               },
    {"HTTPGET",           CURLOPT_HTTPGET,           {0, 1}                      },
    {"POST",              CURLOPT_POST,              {0, 1}                      },
    {"UPLOAD",            CURLOPT_UPLOAD,            {0, 1}                      },
    {"PUT",               CURLOPT_PUT,               {0, 1}                      },
    {"RESUME_FROM",       CURLOPT_RESUME_FROM,       {0, 1, 7, -1, LONG_MAX}     },
    {"POSTFIELDSIZE",     CURLOPT_POSTFIELDSIZE,     {0, 3, -1, 20}              },
    {"INFILESIZE",        CURLOPT_INFILESIZE,        {0, -1, 20}                 },
    {"HTTPAUTH",          CURLOPT_HTTPAUTH,          {0, 1, 2, 64, 1L << 31, -17}},
    {"HTTP_VERSION",      CURLOPT_HTTP_VERSION,      {0, 1, 2}                   },
    {"TIMECONDITION",     CURLOPT_TIMECONDITION,     {0, 1, 2, 3}                },
    {"TIMEVALUE",         CURLOPT_TIMEVALUE,         {0, 1, 1000000000, -1}      },
    {"TRANSFER_ENCODING", CURLOPT_TRANSFER_ENCODING, {0, 1}                      },
    {"AUTOREFERER",       CURLOPT_AUTOREFERER,       {0, 1}                      },
    {"COOKIESESSION",     CURLOPT_COOKIESESSION,     {0, 1}                      },
    {"CRLF",              CURLOPT_CRLF,              {0, 1}                      },
    {"PORT",              CURLOPT_PORT,              {0}                         },
    {"HEADER",            CURLOPT_HEADER,            {0, 1}                      },
};

/* What each number meets. */
static void prepare(CURL *easy, int with)
{
    switch (with) {
    case 1:
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "some fields of a post");
        break;
    case 2:
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 20L);
        break;
    case 3:
        curl_easy_setopt(easy, CURLOPT_USERPWD, "user:word");
        curl_easy_setopt(easy, CURLOPT_TIMECONDITION, (long)CURL_TIMECOND_IFMODSINCE);
        curl_easy_setopt(easy, CURLOPT_TIMEVALUE, 1234567L);
        break;
    case 4:
        curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(easy, CURLOPT_INFILESIZE, 20L);
        break;
    default:
        break;
    }
}

static void table_of_numbers(void)
{
    for (size_t n = 0; n < COUNT(numbers); n++) {
        for (size_t v = 0; v < COUNT(numbers[n].values) && (v == 0 || numbers[n].values[v]); v++) {
            for (int with = 0; with < 5; with++) {
                CURL *easy = new_easy();
                CURLcode code;

                prepare(easy, with);
                code = curl_easy_setopt(easy, numbers[n].option, numbers[n].values[v]);
                ask("%s %ld with %d, set %d", numbers[n].name, numbers[n].values[v], with,
                    (int)code);
                finish(easy);
            }
        }
    }
}

static void table_of_methods(void)
{
    static const char *const methods[] = {NULL, "PURGE", "HEAD", "GET", "POST", "a b", ""};

    for (size_t m = 0; m < COUNT(methods); m++) {
        for (int with = 0; with < 5; with++) {
            for (int nobody = 0; nobody < 2; nobody++) {
                CURL *easy = new_easy();

                prepare(easy, with);
                curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, methods[m]);
                if (nobody) {
                    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
                }
                ask("method '%s' with %d, nobody %d", methods[m] ? methods[m] : "none", with,
                    nobody);
                finish(easy);
            }
        }
    }
}

static void table_of_urls(void)
{
    static const char *const rests[] = {
        "",       "/",         "?q",      "#f",     "/a b",          "/a%20b",
        "/a\"b",  "/\xc3\xa4", "/a/../b", "/a/./b", "/%2e%2e/x",     "//x",
        "/?",     "/?#",       "/#?",     "/?a b",  "/{a}[b]|c^d`e", "/a\\b",
        "/a;b=c", "/<x>",      "/%zz",    "/%",     "/?\xff",        "/'"};
    static const char *const fronts[] = {"http://127.0.0.1:%u",
                                         "127.0.0.1:%u",
                                         "http://u:p@127.0.0.1:%u",
                                         "http://127.1:%u",
                                         "http://u%%20v:p%%40w@127.0.0.1:%u",
                                         "HTTP://127.0.0.1:%u",
                                         "http:/127.0.0.1:%u",
                                         "http://localhost:%u",
                                         "http://LOCALHOST.:%u"};

    for (size_t f = 0; f < COUNT(fronts); f++) {
        for (size_t r = 0; r < COUNT(rests); r++) {
            CURL *easy = new_easy();
            char url[200];
            size_t len = (size_t)snprintf(url, sizeof url, fronts[f], peer.port);

            snprintf(url + len, sizeof url - len, "%s", rests[r]);
            curl_easy_setopt(easy, CURLOPT_URL, url);
            curl_easy_setopt(easy, CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_V4);
            ask("URL '%s%s'", fronts[f], rests[r]);
            finish(easy);
        }
    }
}

static void run(void (*table)(void))
{
    peer_open();
    table();
}

static void strings_apart(void)
{
    run(table_of_strings);
}

static void line_ends_apart(void)
{
    run(table_of_line_ends);
}

static void headers_apart(void)
{
    run(table_of_headers);
}

static void numbers_apart(void)
{
    run(table_of_numbers);
}

static void methods_apart(void)
{
    run(table_of_methods);
}

static void urls_apart(void)
{
    run(table_of_urls);
}

int main(void)
{
    say_version();
    apart("strings", strings_apart);
    apart("line ends", line_ends_apart);
    apart("headers", headers_apart);
    apart("numbers", numbers_apart);
    apart("methods", methods_apart);
    apart("URLs", urls_apart);
    return 0;
}
