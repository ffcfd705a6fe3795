/* SPDX-License-Identifier: MIT */
/* What a structure reads as: messages, rooms of any size, pauses, and what is freed meanwhile. */
#include "api/mime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct mime_style form = {.escape = MIME_BY_PERCENT};
static const struct mime_style mail = {.mail = true, .escape = MIME_BY_BACKSLASH};

/* Boundaries are made "B", so texts and lengths are easy to say. */
static struct curl_mime *mime_named(const char *boundary)
{
    struct curl_mime *mime = curl_mime_init(NULL);

    assert_non_null(mime);
    snprintf(mime->boundary, sizeof(mime->boundary), "%s", boundary);
    return mime;
}

static struct curl_mimepart *root_of(struct curl_mime *mime)
{
    struct curl_mimepart *root = mime_root_new();

    assert_non_null(root);
    assert_int_equal(mime_set_parts(root, mime, true), CURLE_OK);
    return root;
}

static struct curl_mimepart *add(struct curl_mime *mime, const char *bytes)
{
    struct curl_mimepart *part = curl_mime_addpart(mime);

    assert_int_equal(curl_mime_data(part, bytes, CURL_ZERO_TERMINATED), CURLE_OK);
    return part;
}

static void assert_reads(const struct curl_mimepart *root, const struct mime_style *style,
                         const struct curl_slist *fields, const char *head, const char *expected)
{
    for (size_t room = 1; room < 400; room += 57) {
        struct mime_reader *r;
        scoped(buf) got = {0}, got_head = {0};
        char bytes[400];
        size_t len;

        assert_int_equal(mime_reader_new(root, style, fields, &got_head, &r), CURLE_OK);
        assert_string_equal(buf_text(&got_head), head);
        do {
            assert_int_equal(mime_reader_read(r, bytes, room, &len), CURLE_OK);
            assert_true(len <= room);
            buf_append(&got, bytes, len);
        } while (len);
        assert_string_equal(buf_text(&got), expected);
        if (mime_reader_length(r) >= 0)
            assert_int_equal(mime_reader_length(r), got.len);
        mime_reader_free(r);
    }
}

#define FORM_HEAD "Content-Type: multipart/form-data; boundary=B\r\n"

static void a_form_reads_the_same_in_rooms_of_any_size(void **state)
{
    struct curl_mime *mime = mime_named("B"), *inner = mime_named("C");
    struct curl_mimepart *root = root_of(mime);

    (void)state;
    curl_mime_encoder(add(mime, "a=b"), "quoted-printable");
    curl_mime_encoder(add(mime, "hello"), "base64");
    add(inner, "x");
    curl_mime_subparts(curl_mime_addpart(mime), inner);
    assert_reads(root, &form, NULL, FORM_HEAD,
                 "--B\r\nContent-Disposition: form-data\r\n"
                 "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db\r\n"
                 "--B\r\nContent-Disposition: form-data\r\n"
                 "Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"
                 "--B\r\nContent-Disposition: form-data\r\n"
                 "Content-Type: multipart/mixed; boundary=C\r\n\r\n"
                 "--C\r\n\r\nx\r\n--C--\r\n\r\n--B--\r\n");
    mime_root_free(root);
}

static void an_encoded_structure_is_one_content(void **state)
{
    struct curl_mime *mime = mime_named("B"), *inner = mime_named("C");
    struct curl_mimepart *root = root_of(mime), *part = curl_mime_addpart(mime);

    (void)state;
    add(inner, "x");
    curl_mime_subparts(part, inner);
    curl_mime_encoder(part, "base64");
    assert_reads(root, &form, NULL, FORM_HEAD,
                 "--B\r\nContent-Disposition: form-data\r\n"
                 "Content-Type: multipart/mixed; boundary=C\r\n"
                 "Content-Transfer-Encoding: base64\r\n\r\n"
                 "LS1DDQoNCngNCi0tQy0tDQo=\r\n--B--\r\n");
    mime_root_free(root);
}

static void a_mail_is_read_with_its_head(void **state)
{
    struct curl_mime *mime = mime_named("B");
    struct curl_mimepart *root = root_of(mime), *part;
    struct curl_slist *fields = curl_slist_append(NULL, "From: me");
    const char *head = "Content-Type: multipart/mixed; boundary=B\r\nMime-Version: 1.0\r\n"
                       "From: me\r\n\r\n--B\r\nContent-Type: text/html\r\n"
                       "Content-Transfer-Encoding: 8bit\r\n\r\none\r\n"
                       "--B\r\nContent-Disposition: attachment; filename=\"a\\\"b.txt\"\r\n\r\n"
                       "two\r\n--B--\r\n";
    struct mime_reader *r;
    scoped(buf) kept = {0};

    (void)state;
    curl_mime_type(add(mime, "one"), "text/html");
    part = add(mime, "two");
    curl_mime_filename(part, "a\"b.txt");
    for (size_t room = 1; room < 1000; room += 333) {
        scoped(buf) got = {0};
        char bytes[1000];
        size_t len;

        assert_int_equal(mime_reader_new(root, &mail, fields, &kept, &r), CURLE_OK);
        do {
            assert_int_equal(mime_reader_read(r, bytes, room, &len), CURLE_OK);
            buf_append(&got, bytes, len);
        } while (len);
        assert_string_equal(buf_text(&got), head);
        assert_int_equal(mime_reader_length(r), got.len);
        mime_reader_free(r);
    }
    mime_root_free(root);
    curl_slist_free_all(fields);
}

/* ---- Callbacks ---- */

static size_t on_read(char *to, size_t size, size_t count, void *user)
{
    const char **script = user, c = **script;

    assert_true(size * count > 0);
    if (!c)
        return 0;
    ++*script;
    if (c == 'P')
        return CURL_READFUNC_PAUSE;
    if (c == 'A')
        return CURL_READFUNC_ABORT;
    *to = c;
    return 1;
}

static void a_pause_comes_behind_what_was_there(void **state)
{
    struct curl_mime *mime = mime_named("B");
    struct curl_mimepart *root = root_of(mime);
    const char *script = "PxPy";
    struct mime_reader *r;
    scoped(buf) head = {0};
    char bytes[500];
    size_t len;

    (void)state;
    curl_mime_data_cb(curl_mime_addpart(mime), 2, on_read, NULL, NULL, &script);
    assert_int_equal(mime_reader_new(root, &form, NULL, &head, &r), CURLE_OK);
    assert_int_equal(mime_reader_read(r, bytes, sizeof(bytes), &len), CURLE_OK);
    assert_memory_equal(bytes + len - 4, "\r\n\r\n", 4);
    assert_int_equal(mime_reader_read(r, bytes, sizeof(bytes), &len), CURLE_AGAIN);
    assert_string_equal(script, "xPy"); /* it was not asked again */
    assert_int_equal(mime_reader_read(r, bytes, sizeof(bytes), &len), CURLE_OK);
    assert_int_equal(len, 1);
    assert_int_equal(mime_reader_read(r, bytes, sizeof(bytes), &len), CURLE_AGAIN);
    assert_int_equal(mime_reader_read(r, bytes, sizeof(bytes), &len), CURLE_OK);
    assert_memory_equal(bytes, "y\r\n--B--\r\n", 10);
    assert_int_equal(mime_reader_read(r, bytes, sizeof(bytes), &len), CURLE_OK);
    assert_int_equal(len, 0);
    assert_int_equal(mime_reader_rewind(r), CURL_SEEKFUNC_CANTSEEK);
    mime_reader_free(r);
    mime_root_free(root);
}

static void a_structure_that_is_freed_is_not_read_from(void **state)
{
    struct curl_mime *mime = mime_named("B");
    struct curl_mimepart *root = root_of(mime);
    const char *script = "xyz";
    struct mime_reader *r;
    scoped(buf) head = {0};
    char bytes[500];
    size_t len;

    (void)state;
    curl_mime_data_cb(curl_mime_addpart(mime), 3, on_read, NULL, NULL, &script);
    assert_int_equal(mime_reader_new(root, &form, NULL, &head, &r), CURLE_OK);
    mime_root_free(root);
    assert_int_equal(mime_reader_read(r, bytes, sizeof(bytes), &len), CURLE_READ_ERROR);
    assert_string_equal(script, "xyz");
    mime_reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_reads_the_same_in_rooms_of_any_size),
        cmocka_unit_test(an_encoded_structure_is_one_content),
        cmocka_unit_test(a_mail_is_read_with_its_head),
        cmocka_unit_test(a_pause_comes_behind_what_was_there),
        cmocka_unit_test(a_structure_that_is_freed_is_not_read_from),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
