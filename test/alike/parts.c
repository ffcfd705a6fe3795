/* SPDX-License-Identifier: MIT */
/* MIME structures and forms put together wrongly, the headers of a response asked for in all ways,
 * lists, and WebSocket functions where there is no WebSocket. */
#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "say.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* ---- MIME ---- */

static void mime_texts(void)
{
    static const char *const texts[] = {"",           "a",
                                        "a\r\nb",     "a\"b",
                                        "\x01",       "a\nb",
                                        "\xc3\xa4",   "/nonexistent/x",
                                        "/dev/null",  "base64",
                                        "7bit",       "8bit",
                                        "binary",     "quoted-printable",
                                        "BASE64",     "unknown",
                                        "text/plain", "x"};
    curl_mime *mime = curl_mime_init(NULL);
    curl_mimepart *part = curl_mime_addpart(mime);

    for (size_t i = 0; i < COUNT(texts); i++) {
        ask("MIME name '%s'", texts[i]);
        answer("%d", (int)curl_mime_name(part, texts[i]));
        ask("MIME filename '%s'", texts[i]);
        answer("%d", (int)curl_mime_filename(part, texts[i]));
        ask("MIME type '%s'", texts[i]);
        answer("%d", (int)curl_mime_type(part, texts[i]));
        ask("MIME encoder '%s'", texts[i]);
        answer("%d", (int)curl_mime_encoder(part, texts[i]));
        ask("MIME file '%s'", texts[i]);
        answer("%d", (int)curl_mime_filedata(part, texts[i]));
        ask("MIME data '%s'", texts[i]);
        answer("%d", (int)curl_mime_data(part, texts[i], CURL_ZERO_TERMINATED));
        ask("MIME data of no bytes '%s'", texts[i]);
        answer("%d", (int)curl_mime_data(part, texts[i], 0));
    }
    curl_mime_free(mime);
}

static void mime_nothings(unsigned index)
{
    curl_mime *mime = curl_mime_init(NULL);
    curl_mimepart *part = index % 2 ? curl_mime_addpart(mime) : NULL;
    const char *of = part ? "a part" : "no part";

    switch (index / 2) {
    case 0:
        ask("no name of %s", of);
        answer("%d", (int)curl_mime_name(part, NULL));
        break;
    case 1:
        ask("no filename of %s", of);
        answer("%d", (int)curl_mime_filename(part, NULL));
        break;
    case 2:
        ask("no type of %s", of);
        answer("%d", (int)curl_mime_type(part, NULL));
        break;
    case 3:
        ask("no encoder of %s", of);
        answer("%d", (int)curl_mime_encoder(part, NULL));
        break;
    case 4:
        ask("no file of %s", of);
        answer("%d", (int)curl_mime_filedata(part, NULL));
        break;
    case 5:
        ask("no data of %s", of);
        answer("%d", (int)curl_mime_data(part, NULL, 0));
        break;
    case 6:
        ask("no data of ten bytes of %s", of);
        answer("%d", (int)curl_mime_data(part, NULL, 10));
        break;
    case 7:
        ask("no callback of %s", of);
        answer("%d", (int)curl_mime_data_cb(part, 10, NULL, NULL, NULL, NULL));
        break;
    case 8:
        ask("no headers of %s", of);
        answer("%d", (int)curl_mime_headers(part, NULL, 1));
        break;
    case 9:
        ask("no subparts of %s", of);
        answer("%d", (int)curl_mime_subparts(part, NULL));
        break;
    case 10:
        ask("a part of no structure, %s", of);
        answer("%d", curl_mime_addpart(NULL) != NULL);
        break;
    default:
        ask("free of no structure, %s", of);
        curl_mime_free(NULL);
        answer("done");
    }
    curl_mime_free(mime);
}

static void mime_nesting(void)
{
    curl_mime *outer = curl_mime_init(NULL), *inner = curl_mime_init(NULL),
              *third = curl_mime_init(NULL);
    curl_mimepart *part = curl_mime_addpart(outer), *other = curl_mime_addpart(outer);
    curl_mimepart *deep = curl_mime_addpart(inner);

    ask("subparts of itself");
    answer("%d", (int)curl_mime_subparts(part, outer));
    ask("subparts");
    answer("%d", (int)curl_mime_subparts(part, inner));
    ask("the same subparts again");
    answer("%d", (int)curl_mime_subparts(part, inner));
    ask("the same subparts elsewhere");
    answer("%d", (int)curl_mime_subparts(other, inner));
    ask("a circle");
    answer("%d", (int)curl_mime_subparts(deep, outer));
    ask("other subparts of the same part");
    answer("%d", (int)curl_mime_subparts(other, third));
    ask("data of a part that had subparts");
    answer("%d", (int)curl_mime_data(other, "x", 1));
    curl_mime_free(outer);
}

static void mime_depth(void)
{
    curl_mime *mime = curl_mime_init(NULL);
    int depth = 0;
    CURLcode code = CURLE_OK;

    curl_mime_addpart(mime);
    for (; depth < 60 && code == CURLE_OK; depth++) {
        curl_mime *outer = curl_mime_init(NULL);

        code = curl_mime_subparts(curl_mime_addpart(outer), mime);
        mime = outer;
    }
    ask("sixty levels");
    answer("%d", (int)code);
    ask("a handle that uses them");
    {
        CURL *easy = curl_easy_init();

        answer("%d", (int)curl_easy_setopt(easy, CURLOPT_MIMEPOST, mime));
        curl_easy_cleanup(easy);
    }
}

/* ---- Forms ---- */

static struct {
    char bytes[4000];
    size_t len;
} form;

static size_t take_form(void *data, const char *bytes, size_t len)
{
    (void)data;
    if (len > sizeof form.bytes - form.len) {
        len = sizeof form.bytes - form.len;
    }
    memcpy(form.bytes + form.len, bytes, len);
    form.len += len;
    return len;
}

/* Boundaries are different each time: written as "(boundary)", with the dashes in front of it. */
static void answer_form(void)
{
    char text[sizeof form.bytes * 2];
    size_t len = 0;

    for (size_t i = 0; i < form.len;) {
        size_t dashes = 0;

        while (i + dashes < form.len && form.bytes[i + dashes] == '-') {
            dashes++;
        }
        if (dashes < 24) {
            text[len++] = form.bytes[i++];
            continue;
        }
        len += (size_t)snprintf(text + len, sizeof text - len, "%.*s(boundary)", (int)dashes - 24,
                                "--");
        for (i += dashes; i < form.len && isalnum((unsigned char)form.bytes[i]);) {
            i++;
        }
    }
    answer_bytes(text, len);
}

static void form_answers(const char *what, CURLFORMcode code, struct curl_httppost *first)
{
    ask("form with %s", what);
    answer("%d", (int)code);
    form.len = 0;
    ask("form with %s, as it is sent", what);
    printf("%d ", curl_formget(first, NULL, take_form));
    answer_form();
    curl_formfree(first);
}

#define FORM(...)                                                                                  \
    do {                                                                                           \
        struct curl_httppost *form_first = NULL, *form_last = NULL;                                \
        CURLFORMcode form_code = curl_formadd(&form_first, &form_last, __VA_ARGS__, CURLFORM_END); \
        form_answers(#__VA_ARGS__, form_code, form_first);                                         \
    } while (0)

static void forms(void)
{
    static const struct curl_forms array[] = {
        {CURLFORM_COPYNAME,     "n" },
        {CURLFORM_COPYCONTENTS, "c" },
        {CURLFORM_END,          NULL}
    };
    static const struct curl_forms nested[] = {
        {CURLFORM_ARRAY, (const char *)array},
        {CURLFORM_END,   NULL               }
    };
    static const struct curl_forms unknown[] = {
        {(CURLformoption)99, "n" },
        {CURLFORM_END,       NULL}
    };
    struct curl_slist *headers = curl_slist_append(NULL, "X: y");

    FORM(CURLFORM_COPYNAME, "n", CURLFORM_COPYCONTENTS, "c");
    FORM(CURLFORM_PTRNAME, "n", CURLFORM_PTRCONTENTS, "c");
    FORM(CURLFORM_PTRNAME, "name", CURLFORM_NAMELENGTH, 2L, CURLFORM_PTRCONTENTS, "contents",
         CURLFORM_CONTENTSLENGTH, 3L);
    FORM(CURLFORM_COPYNAME, "n");
    FORM(CURLFORM_COPYCONTENTS, "c");
    FORM(CURLFORM_COPYNAME, "");
    FORM(CURLFORM_COPYNAME, "", CURLFORM_COPYCONTENTS, "");
    FORM(CURLFORM_COPYNAME, NULL, CURLFORM_COPYCONTENTS, "c");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_COPYNAME, "m");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_COPYCONTENTS, "c", CURLFORM_COPYCONTENTS, "d");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_COPYCONTENTS, NULL);
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_COPYCONTENTS, "c", CURLFORM_CONTENTTYPE, "a/b");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_COPYCONTENTS, "c", CURLFORM_CONTENTTYPE, NULL);
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_COPYCONTENTS, "c", CURLFORM_CONTENTHEADER, headers);
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_COPYCONTENTS, "c", CURLFORM_CONTENTHEADER, headers,
         CURLFORM_CONTENTHEADER, headers);
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILE, "/dev/null");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILE, NULL);
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILE, "/nonexistent/x");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILE, "/dev/null", CURLFORM_FILE, "/dev/null");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILE, "/dev/null", CURLFORM_FILENAME, "f.html");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILE, "/dev/null", CURLFORM_COPYCONTENTS, "c");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILECONTENT, "/dev/null");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILECONTENT, NULL);
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILECONTENT, "/nonexistent/x");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_BUFFER, "f.txt", CURLFORM_BUFFERPTR, "bytes",
         CURLFORM_BUFFERLENGTH, 3L);
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_BUFFER, "f.txt", CURLFORM_BUFFERPTR, "bytes");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_BUFFER, "f.txt");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_BUFFER, "f.txt", CURLFORM_BUFFERPTR, NULL);
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_BUFFERPTR, "bytes", CURLFORM_BUFFERLENGTH, 3L);
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILENAME, "f");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_STREAM, NULL);
    FORM(CURLFORM_ARRAY, array);
    FORM(CURLFORM_ARRAY, NULL);
    FORM(CURLFORM_ARRAY, nested);
    FORM(CURLFORM_ARRAY, unknown);
    FORM(CURLFORM_ARRAY, array, CURLFORM_ARRAY, array);
    FORM((CURLformoption)99, "n");
    FORM((CURLformoption)-1, "n");
    FORM(CURLFORM_NOTHING);
    FORM(CURLFORM_COPYNAME, "a\"b\r\nc\\d", CURLFORM_COPYCONTENTS, "c");
    FORM(CURLFORM_COPYNAME, "n", CURLFORM_FILE, "/dev/null", CURLFORM_FILENAME, "a\"b\r\nc\\d");
    curl_slist_free_all(headers);
}

static void form_nothings(unsigned index)
{
    struct curl_httppost *first = NULL, *last = NULL;

    switch (index) {
    case 0:
        ask("form of nothing");
        answer("%d", (int)curl_formadd(&first, &last, CURLFORM_END));
        break;
    case 1:
        ask("get of no form");
        answer("%d", curl_formget(NULL, NULL, take_form));
        break;
    case 2:
        ask("free of no form");
        curl_formfree(NULL);
        answer("done");
        break;
    default:
        ask("form into nowhere");
        answer("%d", (int)curl_formadd(NULL, NULL, CURLFORM_COPYNAME, "n", CURLFORM_COPYCONTENTS,
                                       "c", CURLFORM_END));
    }
}

/* ---- Headers ---- */

static const char first_response[] =
    "HTTP/1.1 302 Found\r\nLocation: /next\r\nOne: first\r\nSame: 1\r\nSAME: 2\r\nEmpty:\r\n"
    "Blank:    \r\nContent-Length: 0\r\n\r\n";
static const char second_response[] =
    "HTTP/1.1 200 OK\r\none: second\r\nSame: 3\r\nMany: a\r\nMany: b\r\nMany: c\r\nFolded: a\r\n "
    "b\r\n"
    "Spaces:  a b  \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer-One: t\r\nSame: "
    "4\r\n\r\n";

/* A server in a process of its own: one response a request, on one connection. */
static unsigned short serve(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(listener, (struct sockaddr *)&address, len) || listen(listener, 5) ||
        getsockname(listener, (struct sockaddr *)&address, &len)) {
        abort();
    }
    fflush(stdout);
    if (fork() == 0) {
        int peer = accept(listener, NULL, NULL);
        char bytes[4000];

        alarm(30);
        for (int i = 0; recv(peer, bytes, sizeof bytes, 0) > 0; i++) {
            const char *response = i == 0 ? first_response : second_response;

            if (send(peer, response, strlen(response), MSG_NOSIGNAL) < 0) {
                break;
            }
        }
        _exit(0);
    }
    close(listener);
    return ntohs(address.sin_port);
}

static void answer_header(CURLHcode code, const struct curl_header *header)
{
    if (code) {
        answer("%d", (int)code);
    } else {
        answer("0 '%s' '%s' amount %zu index %zu origin %x", header->name, header->value,
               header->amount, header->index, header->origin & 0xff);
    }
}

static void each_header(CURL *easy)
{
    static const char *const names[] = {"one",      "ONE",         "Same",  "Many",
                                        "Folded",   "Empty",       "Blank", "Spaces",
                                        "Location", "Trailer-One", "None",  ""};
    static const unsigned origins[] = {
        CURLH_HEADER, CURLH_TRAILER, CURLH_1XX, CURLH_CONNECT, CURLH_PSEUDO, 31, 0, 32, 0xffffffff};

    for (size_t n = 0; n < COUNT(names); n++) {
        for (size_t o = 0; o < COUNT(origins); o++) {
            for (int request = -2; request < 3; request++) {
                for (size_t index = 0; index < 4; index++) {
                    struct curl_header *header = NULL;
                    CURLHcode code;

                    ask("header '%s' %zu of %x in %d", names[n], index, origins[o], request);
                    code = curl_easy_header(easy, names[n], index, origins[o], request, &header);
                    answer_header(code, header);
                }
            }
        }
    }
    for (size_t o = 0; o < COUNT(origins); o++) {
        for (int request = -2; request < 3; request++) {
            struct curl_header *header = NULL;
            int count = 0;

            while ((header = curl_easy_nextheader(easy, origins[o], request, header)) &&
                   count < 50) {
                ask("header number %d of %x in %d", count++, origins[o], request);
                answer_header(CURLHE_OK, header);
            }
            ask("headers of %x in %d", origins[o], request);
            answer("%d", count);
        }
    }
}

static size_t discard(char *bytes, size_t size, size_t count, void *data)
{
    (void)bytes;
    (void)data;
    return size * count;
}

static void headers(void)
{
    CURL *easy = curl_easy_init();
    struct curl_header *header = NULL;
    char url[60];

    ask("header before the transfer");
    answer("%d", (int)curl_easy_header(easy, "One", 0, CURLH_HEADER, -1, &header));
    ask("no header's name");
    answer("%d", (int)curl_easy_header(easy, NULL, 0, CURLH_HEADER, -1, &header));
    ask("header into nothing");
    answer("%d", (int)curl_easy_header(easy, "One", 0, CURLH_HEADER, -1, NULL));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", serve());
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    ask("transfer with headers");
    answer("%d", (int)curl_easy_perform(easy));
    each_header(easy);
    curl_easy_cleanup(easy);
}

/* ---- Lists and WebSockets ---- */

static void lists(void)
{
    struct curl_slist *list = NULL;

    for (int i = 0; i < 5; i++) {
        list = curl_slist_append(list, i % 2 ? "" : "item");
    }
    ask("a list");
    {
        int count = 0;

        for (struct curl_slist *item = list; item; item = item->next) {
            count += 10 + (int)strlen(item->data);
        }
        answer("%d", count);
    }
    curl_slist_free_all(list);
    ask("free no list");
    curl_slist_free_all(NULL);
    answer("done");
    ask("an environment variable that there is not");
    answer_text(curl_getenv("NO_SUCH_VARIABLE_AT_ALL"));
    ask("an environment variable");
    answer_text(curl_getenv("LC_ALL"));
    ask("append nothing to no list");
    answer("%d", curl_slist_append(NULL, NULL) != NULL);
}

static void websockets(unsigned index)
{
    CURL *easy = curl_easy_init();
    const struct curl_ws_frame *frame = NULL;
    char bytes[10];
    size_t n = 0;

    switch (index) {
    case 0:
        ask("WebSocket recv of a new handle");
        answer("%d", (int)curl_ws_recv(easy, bytes, sizeof bytes, &n, &frame));
        break;
    case 1:
        ask("WebSocket send of a new handle");
        answer("%d", (int)curl_ws_send(easy, "x", 1, &n, 0, CURLWS_TEXT));
        break;
    case 2:
        ask("WebSocket meta of a new handle");
        answer("%d", curl_ws_meta(easy) != NULL);
        break;
    case 3:
        ask("WebSocket recv of no handle");
        answer("%d", (int)curl_ws_recv(NULL, bytes, sizeof bytes, &n, &frame));
        break;
    case 4:
        ask("WebSocket send of no handle");
        answer("%d", (int)curl_ws_send(NULL, "x", 1, &n, 0, CURLWS_TEXT));
        break;
    case 5:
        ask("WebSocket meta of no handle");
        answer("%d", curl_ws_meta(NULL) != NULL);
        break;
    case 6:
        ask("WebSocket send of nothing");
        answer("%d", (int)curl_ws_send(easy, NULL, 5, &n, 0, CURLWS_TEXT));
        break;
    default:
        ask("WebSocket recv into nothing");
        answer("%d", (int)curl_ws_recv(easy, NULL, 5, NULL, NULL));
    }
}

int main(void)
{
    say_version();
    apart("MIME texts", mime_texts);
    apart_each("MIME nothings", mime_nothings, 24);
    apart("MIME nesting", mime_nesting);
    apart("MIME depth", mime_depth);
    apart("forms", forms);
    apart_each("form nothings", form_nothings, 4);
    apart("headers", headers);
    apart("lists", lists);
    apart_each("WebSockets", websockets, 8);
    return 0;
}
