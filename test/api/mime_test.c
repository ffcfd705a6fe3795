/* SPDX-License-Identifier: MIT */
/* MIME structures and forms: the bytes that they become, whoever reads them, and what is refused.
 */
#define CURL_DISABLE_DEPRECATION
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ctype.h>
#include <unistd.h>

#include "support/fetch.h"
#include "support/library.h"

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *put(const char *name, const char *bytes)
{
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    assert_true(fputs(bytes, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path_of(name);
}

/* ---- What was sent ---- */

/* Each boundary becomes "BOUNDARY": 24 dashes, which nothing else here has, and what follows. */
static char *without_boundaries(const char *from)
{
    char *text = calloc(1, strlen(from) + 1), *at = text;

    assert_non_null(text);
    while (*from) {
        bool delimits = !strncmp(from, "--------------------------", 26);

        if (strncmp(from, "------------------------", 24) != 0) {
            *at++ = *from++;
            continue;
        }
        at += sprintf(at, delimits ? "--BOUNDARY" : "BOUNDARY");
        for (from += delimits ? 26 : 24; isalnum((unsigned char)*from); from++)
            ;
    }
    return text;
}

/* The last request's head has `fields`, and its body is `body`. */
static void assert_sent(struct server *server, const char *fields, const char *body)
{
    unsigned count = server_requests(server);
    const char *request, *got;
    char *text;
    size_t len;

    assert_true(count > 0);
    request = server_request(server, count - 1, &len, NULL);
    got = strstr(request, "\r\n\r\n");
    assert_non_null(got);
    if (strstr(request, "Content-Length: "))
        assert_int_equal(strtol(strstr(request, "Content-Length: ") + 16, NULL, 10),
                         len - (size_t)(got + 4 - request));
    text = without_boundaries(request);
    assert_non_null(strstr(text, fields));
    assert_string_equal(strstr(text, "\r\n\r\n") + 4, body);
    free(text);
}

#define FORM "Content-Type: multipart/form-data; boundary=BOUNDARY\r\n"
#define NEXT "\r\n--BOUNDARY\r\n"
#define LAST "\r\n--BOUNDARY--\r\n"

struct world {
    struct server *server;
    struct fetch *fetch;
    curl_mime *mime;
};

static const struct step answers[] = {
    AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), AT_LOOP};

static struct world begin_with(struct server *server)
{
    struct world w = {.server = server};

    w.fetch = fetch_new(w.server, "/");
    w.mime = curl_mime_init(w.fetch->easy);
    assert_non_null(w.mime);
    return w;
}

static struct world begin(void)
{
    return begin_with(server_start_script(answers));
}

static CURLcode post(struct world *w)
{
    assert_int_equal(curl_easy_setopt(w->fetch->easy, CURLOPT_MIMEPOST, w->mime), CURLE_OK);
    return curl_easy_perform(w->fetch->easy);
}

static void end(struct world *w)
{
    fetch_free(w->fetch);
    curl_mime_free(w->mime);
    server_stop(w->server);
}

static curl_mimepart *add(curl_mime *mime, const char *name, const char *bytes)
{
    curl_mimepart *part = curl_mime_addpart(mime);

    assert_non_null(part);
    assert_int_equal(curl_mime_name(part, name), CURLE_OK);
    if (bytes)
        assert_int_equal(curl_mime_data(part, bytes, CURL_ZERO_TERMINATED), CURLE_OK);
    return part;
}

/* ---- Parts ---- */

static void parts_go_out_in_their_order(void **state)
{
    struct world w = begin();
    curl_mimepart *part;

    (void)state;
    add(w.mime, "a\"b\r\n", "one");
    part = add(w.mime, "f", NULL);
    curl_mime_filedata(part, put("x.html", "two"));
    part = add(w.mime, "g", "three");
    curl_mime_filename(part, "g.none");
    curl_mime_type(part, "x/y");
    add(w.mime, NULL, NULL);
    assert_int_equal(post(&w), CURLE_OK);
    assert_sent(w.server, FORM,
                "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a%22b%0D%0A\"\r\n\r\n"
                "one" NEXT "Content-Disposition: form-data; name=\"f\"; filename=\"x.html\"\r\n"
                "Content-Type: text/html\r\n\r\n"
                "two" NEXT "Content-Disposition: form-data; name=\"g\"; filename=\"g.none\"\r\n"
                "Content-Type: x/y\r\n\r\n"
                "three" NEXT "Content-Disposition: form-data\r\n\r\n" LAST);
    end(&w);
}

static void formescape_quotes_by_backslashes(void **state)
{
    struct world w = begin();

    (void)state;
    add(w.mime, "a\"b\\", "one");
    curl_easy_setopt(w.fetch->easy, CURLOPT_MIME_OPTIONS, CURLMIMEOPT_FORMESCAPE);
    assert_int_equal(post(&w), CURLE_OK);
    assert_sent(
        w.server, FORM,
        "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\\\"b\\\\\"\r\n\r\none" LAST);
    end(&w);
}

static void structures_stand_in_parts(void **state)
{
    struct world w = begin();
    curl_mime *inner = curl_mime_init(w.fetch->easy);
    curl_mimepart *part;

    (void)state;
    add(inner, "i", "one");
    part = add(inner, NULL, "two");
    curl_mime_type(part, "text/plain");
    assert_int_equal(curl_mime_subparts(add(w.mime, "o", NULL), inner), CURLE_OK);
    assert_int_equal(post(&w), CURLE_OK);
    assert_sent(w.server, FORM,
                "--BOUNDARY\r\nContent-Disposition: form-data; name=\"o\"\r\n"
                "Content-Type: multipart/mixed; boundary=BOUNDARY\r\n\r\n"
                "--BOUNDARY\r\nContent-Disposition: attachment; name=\"i\"\r\n\r\n"
                "one" NEXT "Content-Type: text/plain\r\n\r\n"
                "two" LAST LAST);
    end(&w);
}

static void encoded_content_has_its_length_ahead(void **state)
{
    struct world w = begin();

    (void)state;
    curl_mime_encoder(add(w.mime, "a", "hello"), "Base64");
    curl_mime_encoder(add(w.mime, "b", "8"), "8bit");
    assert_int_equal(post(&w), CURLE_OK);
    assert_sent(w.server, "Content-Length: ",
                "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\"\r\n"
                "Content-Transfer-Encoding: base64\r\n\r\n"
                "aGVsbG8=" NEXT "Content-Disposition: form-data; name=\"b\"\r\n"
                "Content-Transfer-Encoding: 8bit\r\n\r\n"
                "8" LAST);
    end(&w);
}

static void own_fields_replace_and_add(void **state)
{
    struct world w = begin();
    struct curl_slist *fields = curl_slist_append(NULL, "X-One: 1"), *head;

    (void)state;
    fields = curl_slist_append(fields, "Content-Type: own/type");
    head = curl_slist_append(NULL, "Content-Type: multipart/related; charset=x");
    curl_mime_headers(add(w.mime, "a", "one"), fields, 1);
    curl_easy_setopt(w.fetch->easy, CURLOPT_HTTPHEADER, head);
    assert_int_equal(post(&w), CURLE_OK);
    assert_sent(w.server, "Content-Type: multipart/related; charset=x; boundary=BOUNDARY\r\n",
                "--BOUNDARY\r\nContent-Disposition: attachment; name=\"a\"\r\n"
                "Content-Type: own/type\r\nX-One: 1\r\n\r\none" LAST);
    end(&w);
    curl_slist_free_all(head);
}

static void bad_arguments_are_refused(void **state)
{
    struct world w = begin(), other = begin();
    curl_mime *inner = curl_mime_init(NULL);
    curl_mimepart *part = curl_mime_addpart(w.mime), *below = curl_mime_addpart(inner);

    (void)state;
    assert_int_equal(curl_mime_name(NULL, "x"), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_null(curl_mime_addpart(NULL));
    assert_int_equal(curl_mime_encoder(part, "rot13"), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_mime_filedata(part, path_of("is-not-there")), CURLE_READ_ERROR);
    assert_int_equal(curl_mime_subparts(part, w.mime), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_mime_subparts(part, inner), CURLE_OK);
    assert_int_equal(curl_mime_subparts(part, inner), CURLE_OK);
    assert_int_equal(curl_mime_subparts(below, w.mime), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_mime_subparts(curl_mime_addpart(other.mime), inner),
                     CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(curl_easy_setopt(w.fetch->easy, CURLOPT_MIMEPOST, w.mime), CURLE_OK);
    assert_int_equal(curl_easy_setopt(other.fetch->easy, CURLOPT_MIMEPOST, w.mime),
                     CURLE_BAD_FUNCTION_ARGUMENT);
    end(&w);
    end(&other);
}

static void structures_nest_up_to_a_depth(void **state)
{
    curl_mime *top = curl_mime_init(NULL), *at = top;
    CURLcode result = CURLE_OK;
    int depth = 1;

    (void)state;
    if (!library()->is_curlpool)
        skip();
    while (!result && depth < 100) {
        curl_mime *inner = curl_mime_init(NULL);
        result = curl_mime_subparts(curl_mime_addpart(at), inner);
        if (result)
            curl_mime_free(inner);
        else
            depth++;
        at = inner;
    }
    assert_int_equal(result, CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(depth, 40);
    curl_mime_free(top);
}

/* ---- Callbacks ---- */

struct source {
    const char *bytes;
    size_t at, step;
    size_t instead; /* returned once, behind the first piece; 0: nothing */
    unsigned seeks, frees;
    pthread_t thread;
};

static size_t on_read(char *to, size_t size, size_t count, void *user)
{
    struct source *s = user;
    size_t left = strlen(s->bytes) - s->at, len = left < s->step ? left : s->step;

    s->thread = pthread_self();
    if (s->at && s->instead) {
        size_t instead = s->instead;
        s->instead = 0;
        return instead;
    }
    if (len > size * count)
        len = size * count;
    memcpy(to, s->bytes + s->at, len);
    s->at += len;
    return len;
}

static int on_seek(void *user, curl_off_t offset, int origin)
{
    struct source *s = user;

    assert_int_equal(origin, SEEK_SET);
    s->at = (size_t)offset;
    s->seeks++;
    return CURL_SEEKFUNC_OK;
}

static void on_free(void *user)
{
    ((struct source *)user)->frees++;
}

#define FROM_CALLBACK                                                                              \
    "--BOUNDARY\r\nContent-Disposition: form-data; name=\"c\"\r\n\r\nhello world" LAST

static void callbacks_run_on_the_callers_thread_and_are_freed_once(void **state)
{
    struct world w = begin();
    struct source s = {.bytes = "hello world", .step = 4};

    (void)state;
    curl_mime_data_cb(add(w.mime, "c", NULL), 11, on_read, on_seek, on_free, &s);
    assert_int_equal(post(&w), CURLE_OK);
    assert_sent(w.server, "Content-Length: ", FROM_CALLBACK);
    assert_true(pthread_equal(s.thread, pthread_self()));
    assert_int_equal(s.frees, 0);
    assert_int_equal(post(&w), CURLE_OK);
    assert_sent(w.server, "Content-Length: ", FROM_CALLBACK);
    assert_int_equal(s.seeks, 1);
    end(&w);
    assert_int_equal(s.frees, 1);
}

static void unknown_length_is_sent_in_chunks(void **state)
{
    struct world w = begin();
    struct source s = {.bytes = "hello world", .step = 11};
    const char *request;
    size_t len;

    (void)state;
    curl_mime_data_cb(add(w.mime, "c", NULL), -1, on_read, on_seek, NULL, &s);
    curl_easy_setopt(w.fetch->easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    assert_int_equal(post(&w), CURLE_OK);
    request = server_request(w.server, 0, &len, NULL);
    assert_non_null(strstr(request, "Transfer-Encoding: chunked\r\n"));
    assert_null(strstr(request, "Content-Length"));
    assert_non_null(strstr(request, "hello world\r\n"));
    end(&w);
}

static void unknown_length_is_not_for_http_1_0(void **state)
{
    struct world w = begin();
    struct source s = {.bytes = "hello world", .step = 11};

    (void)state;
    curl_mime_data_cb(add(w.mime, "c", NULL), -1, on_read, on_seek, NULL, &s);
    curl_easy_setopt(w.fetch->easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_0);
    assert_int_equal(post(&w), CURLE_UPLOAD_FAILED);
    end(&w);
}

static void an_abort_ends_the_transfer(void **state)
{
    struct world w = begin();
    struct source s = {.bytes = "hello world", .step = 4, .instead = CURL_READFUNC_ABORT};

    (void)state;
    curl_mime_data_cb(add(w.mime, "c", NULL), 11, on_read, on_seek, NULL, &s);
    assert_int_equal(post(&w), CURLE_ABORTED_BY_CALLBACK);
    end(&w);
}

static bool has_paused(void *user)
{
    struct source *s = user;

    return s->at && !s->instead;
}

static void a_pause_lasts_until_the_transfer_is_unpaused(void **state)
{
    struct world w = begin();
    struct source s = {.bytes = "hello world", .step = 4, .instead = CURL_READFUNC_PAUSE};
    CURLM *multi = multi_new();

    (void)state;
    curl_mime_data_cb(add(w.mime, "c", NULL), 11, on_read, on_seek, NULL, &s);
    curl_easy_setopt(w.fetch->easy, CURLOPT_MIMEPOST, w.mime);
    multi_add(multi, w.fetch);
    drive_until(multi, has_paused, &s);
    perform_while_ready(multi);
    assert_int_equal(s.at, 4);
    assert_int_equal(curl_easy_pause(w.fetch->easy, CURLPAUSE_CONT), CURLE_OK);
    drive_to_end(multi);
    assert_int_equal(w.fetch->result, CURLE_OK);
    assert_sent(w.server, "Content-Length: ", FROM_CALLBACK);
    multi_remove(multi, w.fetch);
    curl_multi_cleanup(multi);
    end(&w);
}

static const struct step redirects[] = {
    AT_REQUEST, AT_SEND("HTTP/1.1 307 X\r\nLocation: /2\r\nContent-Length: 0\r\n\r\n"),
    AT_REQUEST, AT_SEND("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    AT_END,
};

static void redirects_send_it_again_from_the_start(void **state)
{
    struct world w = begin_with(server_start_script(redirects));
    struct source s = {.bytes = "hello world", .step = 4};

    (void)state;
    curl_mime_data_cb(add(w.mime, "c", NULL), 11, on_read, on_seek, NULL, &s);
    curl_easy_setopt(w.fetch->easy, CURLOPT_FOLLOWLOCATION, 1L);
    assert_int_equal(post(&w), CURLE_OK);
    assert_int_equal(server_requests(w.server), 2);
    assert_int_equal(s.seeks, 1);
    assert_sent(w.server, "POST /2 ", FROM_CALLBACK);
    end(&w);
}

static void what_cannot_go_back_is_not_sent_twice(void **state)
{
    struct world w = begin_with(server_start_script(redirects));
    struct source s = {.bytes = "hello world", .step = 4};

    (void)state;
    curl_mime_data_cb(add(w.mime, "c", NULL), 11, on_read, NULL, NULL, &s);
    curl_easy_setopt(w.fetch->easy, CURLOPT_FOLLOWLOCATION, 1L);
    assert_int_equal(post(&w), CURLE_SEND_FAIL_REWIND);
    end(&w);
}

/* ---- The handle ---- */

static void a_copy_of_the_handle_has_a_copy_of_the_structure(void **state)
{
    struct world w = begin();
    CURL *copy;

    (void)state;
    add(w.mime, "a", "one");
    curl_easy_setopt(w.fetch->easy, CURLOPT_MIMEPOST, w.mime);
    copy = curl_easy_duphandle(w.fetch->easy);
    assert_non_null(copy);
    curl_mime_free(w.mime);
    w.mime = NULL;
    assert_int_equal(curl_easy_perform(copy), CURLE_OK);
    assert_sent(w.server, FORM,
                "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none" LAST);
    curl_easy_cleanup(copy);
    assert_int_equal(curl_easy_perform(w.fetch->easy), CURLE_OK);
    assert_sent(w.server, "Content-Length: 0\r\n", "");
    end(&w);
}

static void methods_chosen_later_count(void **state)
{
    struct world w = begin();

    (void)state;
    add(w.mime, "a", "one");
    curl_easy_setopt(w.fetch->easy, CURLOPT_MIMEPOST, w.mime);
    curl_easy_setopt(w.fetch->easy, CURLOPT_POSTFIELDS, "xyz");
    assert_int_equal(curl_easy_perform(w.fetch->easy), CURLE_OK);
    assert_sent(w.server, "Content-Type: application/x-www-form-urlencoded\r\n", "xyz");
    curl_easy_setopt(w.fetch->easy, CURLOPT_CUSTOMREQUEST, "PATCH");
    assert_int_equal(post(&w), CURLE_OK);
    assert_sent(w.server, "PATCH / ",
                "--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none" LAST);
    curl_easy_setopt(w.fetch->easy, CURLOPT_CUSTOMREQUEST, NULL);
    curl_easy_setopt(w.fetch->easy, CURLOPT_HTTPGET, 1L);
    assert_int_equal(curl_easy_perform(w.fetch->easy), CURLE_OK);
    assert_sent(w.server, "GET / ", "");
    end(&w);
}

static void line_ends_become_crlf_where_the_program_asks_for_it(void **state)
{
    struct world w = begin();
    struct source s = {.bytes = "a\nb\r\n\nc", .step = 100};
    const char *request;
    size_t len;

    (void)state;
    if (!library()->is_curlpool) {
        end(&w);
        skip();
    }
    curl_easy_setopt(w.fetch->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(w.fetch->easy, CURLOPT_CRLF, 1L);
    curl_easy_setopt(w.fetch->easy, CURLOPT_INFILESIZE, 7L);
    curl_easy_setopt(w.fetch->easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(w.fetch->easy, CURLOPT_READDATA, &s);
    curl_easy_setopt(w.fetch->easy, CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    assert_int_equal(curl_easy_perform(w.fetch->easy), CURLE_OK);
    request = server_request(w.server, 0, &len, NULL);
    assert_non_null(strstr(request, "\r\n\r\n9\r\na\r\nb\r\n\r\nc\r\n0\r\n"));
    end(&w);
}

/* ---- Forms ---- */

static void the_older_forms_send_the_same(void **state)
{
    struct world w = begin();
    struct curl_httppost *form = NULL, *last = NULL;
    struct curl_forms array[] = {
        {CURLFORM_COPYNAME,     "arr"},
        {CURLFORM_COPYCONTENTS, "val"},
        {CURLFORM_END,          NULL },
    };
    char html[128];

    (void)state;
    snprintf(html, sizeof html, "%s", put("x.html", "html"));
    put("y.unknown", "y");
    assert_int_equal(curl_formadd(&form, &last, CURLFORM_PTRNAME, "name-", CURLFORM_NAMELENGTH, 4L,
                                  CURLFORM_PTRCONTENTS, "contents", CURLFORM_CONTENTSLENGTH, 3L,
                                  CURLFORM_END),
                     CURL_FORMADD_OK);
    assert_int_equal(curl_formadd(&form, &last, CURLFORM_COPYNAME, "f", CURLFORM_FILE, html,
                                  CURLFORM_FILE, path_of("y.unknown"), CURLFORM_END),
                     CURL_FORMADD_OK);
    assert_int_equal(curl_formadd(&form, &last, CURLFORM_COPYNAME, "b", CURLFORM_BUFFER, "b.png",
                                  CURLFORM_BUFFERPTR, "buffer", CURLFORM_BUFFERLENGTH, 4L,
                                  CURLFORM_END),
                     CURL_FORMADD_OK);
    assert_int_equal(curl_formadd(&form, &last, CURLFORM_ARRAY, array, CURLFORM_END),
                     CURL_FORMADD_OK);
    curl_easy_setopt(w.fetch->easy, CURLOPT_HTTPPOST, form);
    assert_int_equal(curl_easy_perform(w.fetch->easy), CURLE_OK);
    assert_sent(w.server, FORM,
                "--BOUNDARY\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\ncon" NEXT
                "Content-Disposition: form-data; name=\"f\"\r\n"
                "Content-Type: multipart/mixed; boundary=BOUNDARY\r\n\r\n"
                "--BOUNDARY\r\nContent-Disposition: attachment; filename=\"x.html\"\r\n"
                "Content-Type: text/html\r\n\r\nhtml" NEXT
                "Content-Disposition: attachment; filename=\"y.unknown\"\r\n"
                "Content-Type: text/html\r\n\r\ny" LAST NEXT
                "Content-Disposition: form-data; name=\"b\"; filename=\"b.png\"\r\n"
                "Content-Type: image/png\r\n\r\nbuff" NEXT
                "Content-Disposition: form-data; name=\"arr\"\r\n\r\nval" LAST);
    end(&w);
    curl_formfree(form);
}

static void form_streams_come_from_the_read_callback(void **state)
{
    struct world w = begin();
    struct curl_httppost *form = NULL, *last = NULL;
    struct source s = {.bytes = "hello world", .step = 4};

    (void)state;
    assert_int_equal(curl_formadd(&form, &last, CURLFORM_COPYNAME, "c", CURLFORM_STREAM, &s,
                                  CURLFORM_CONTENTLEN, (curl_off_t)11, CURLFORM_END),
                     CURL_FORMADD_OK);
    curl_easy_setopt(w.fetch->easy, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(w.fetch->easy, CURLOPT_HTTPPOST, form);
    assert_int_equal(curl_easy_perform(w.fetch->easy), CURLE_OK);
    assert_sent(w.server, "Content-Length: ", FROM_CALLBACK);
    end(&w);
    curl_formfree(form);
}

static void wrong_forms_are_refused_and_add_nothing(void **state)
{
    struct curl_httppost *form = NULL, *last = NULL;
    struct curl_forms array[] = {
        {CURLFORM_ARRAY, "x" },
        {CURLFORM_END,   NULL},
    };

    (void)state;
#define REFUSED(code, ...)                                                                         \
    assert_int_equal(curl_formadd(&form, &last, __VA_ARGS__, CURLFORM_END), CURL_FORMADD_##code)
    REFUSED(INCOMPLETE, CURLFORM_COPYNAME, "a");
    REFUSED(INCOMPLETE, CURLFORM_COPYCONTENTS, "a");
    REFUSED(INCOMPLETE, CURLFORM_COPYNAME, "a", CURLFORM_FILE, "x", CURLFORM_CONTENTSLENGTH, 2L);
    REFUSED(OPTION_TWICE, CURLFORM_COPYNAME, "a", CURLFORM_PTRNAME, "b");
    REFUSED(OPTION_TWICE, CURLFORM_COPYNAME, "a", CURLFORM_COPYCONTENTS, "b", CURLFORM_FILE, "c");
    REFUSED(OPTION_TWICE, CURLFORM_COPYNAME, "a", CURLFORM_FILECONTENT, "b", CURLFORM_FILE, "c");
    REFUSED(NULL, CURLFORM_COPYNAME, (char *)NULL);
    REFUSED(NULL, CURLFORM_COPYNAME, "a", CURLFORM_FILE, (char *)NULL);
    REFUSED(NULL, CURLFORM_ARRAY, (struct curl_forms *)NULL);
    REFUSED(ILLEGAL_ARRAY, CURLFORM_ARRAY, array);
    REFUSED(UNKNOWN_OPTION, 999, "x");
#undef REFUSED
    assert_null(form);
    assert_null(last);
}

static size_t on_append(void *user, const char *bytes, size_t len)
{
    return text_add(user, bytes, len) ? len : 0;
}

static void formget_prints_the_form(void **state)
{
    struct curl_httppost *form = NULL, *last = NULL;
    struct text out = {0};
    char *text;

    (void)state;
    curl_formadd(&form, &last, CURLFORM_COPYNAME, "a", CURLFORM_COPYCONTENTS, "b", CURLFORM_END);
    assert_int_equal(curl_formget(form, &out, on_append), 0);
    text = without_boundaries(out.bytes);
    assert_string_equal(text,
                        FORM "\r\n--BOUNDARY\r\nContent-Disposition: form-data; name=\"a\"\r\n"
                             "\r\nb" LAST);
    free(text);
    text_release(&out);
    curl_formfree(form);
    curl_formfree(NULL);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/mime-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path_of("x.html"));
    unlink(path_of("y.unknown"));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_go_out_in_their_order),
        cmocka_unit_test(formescape_quotes_by_backslashes),
        cmocka_unit_test(structures_stand_in_parts),
        cmocka_unit_test(encoded_content_has_its_length_ahead),
        cmocka_unit_test(own_fields_replace_and_add),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(structures_nest_up_to_a_depth),
        cmocka_unit_test(callbacks_run_on_the_callers_thread_and_are_freed_once),
        cmocka_unit_test(unknown_length_is_sent_in_chunks),
        cmocka_unit_test(unknown_length_is_not_for_http_1_0),
        cmocka_unit_test(an_abort_ends_the_transfer),
        cmocka_unit_test(a_pause_lasts_until_the_transfer_is_unpaused),
        cmocka_unit_test(redirects_send_it_again_from_the_start),
        cmocka_unit_test(what_cannot_go_back_is_not_sent_twice),
        cmocka_unit_test(a_copy_of_the_handle_has_a_copy_of_the_structure),
        cmocka_unit_test(methods_chosen_later_count),
        cmocka_unit_test(line_ends_become_crlf_where_the_program_asks_for_it),
        cmocka_unit_test(the_older_forms_send_the_same),
        cmocka_unit_test(form_streams_come_from_the_read_callback),
        cmocka_unit_test(wrong_forms_are_refused_and_add_nothing),
        cmocka_unit_test(formget_prints_the_form),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
