/* SPDX-License-Identifier: MIT */
/* file:// URLs: reading, writing, ranges, directories, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/fetch.h"
#include "support/library.h"

enum { WRITTEN = 1577934245 }; /* Thu, 02 Jan 2020 03:04:05 GMT */

#define HEAD_FIELDS                                                                                \
    "Content-Length: 10\r\nAccept-ranges: bytes\r\nLast-Modified: Thu, 02 Jan 2020 03:04:05 GMT"   \
    "\r\n"

static char folder[64];

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *bytes)
{
    struct timespec times[2] = {{.tv_sec = WRITTEN}, {.tv_sec = WRITTEN}};
    FILE *file = fopen(path_of(name), "w");

    assert_non_null(file);
    assert_true(fputs(bytes, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(utimensat(AT_FDCWD, path_of(name), times, 0), 0);
}

static void assert_holds(const char *name, const char *bytes)
{
    char got[256];
    FILE *file = fopen(path_of(name), "r");
    size_t len;

    assert_non_null(file);
    len = fread(got, 1, sizeof got - 1, file);
    fclose(file);
    got[len] = '\0';
    assert_string_equal(got, bytes);
}

static const char *url_of(const char *name)
{
    static char url[160];

    snprintf(url, sizeof url, "file://%s/%s", folder, name);
    return url;
}

static struct fetch *fetch_file(const char *name)
{
    return fetch_new_url(url_of(name));
}

static const char *text_of(const struct text *text)
{
    return text->bytes ? text->bytes : "";
}

static void run(struct fetch *fetch, CURLcode expected, const char *body)
{
    fetch->result = curl_easy_perform(fetch->easy);
    assert_int_equal(fetch->result, expected);
    assert_string_equal(text_of(&fetch->body), body);
}

/* ---- Reading ---- */

static void file_is_read_with_its_size_and_time(void **state)
{
    struct fetch *fetch = fetch_file("ten");

    (void)state;
    run(fetch, CURLE_OK, "0123456789");
    assert_string_equal(text_of(&fetch->head), HEAD_FIELDS "\r\n");
    assert_int_equal(fetch_offset(fetch, CURLINFO_SIZE_DOWNLOAD_T), 10);
    assert_int_equal(fetch_offset(fetch, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T), 10);
    assert_int_equal(fetch_offset(fetch, CURLINFO_FILETIME_T), WRITTEN);
    assert_int_equal(fetch_long(fetch, CURLINFO_RESPONSE_CODE), 0);
    assert_int_equal(fetch_long(fetch, CURLINFO_HEADER_SIZE), 0);
    assert_int_equal(fetch_long(fetch, CURLINFO_NUM_CONNECTS), 0);
    assert_int_equal(strcasecmp(fetch_string(fetch, CURLINFO_SCHEME), "file"), 0);
    assert_string_equal(fetch_string(fetch, CURLINFO_EFFECTIVE_URL), url_of("ten"));
    assert_string_equal(fetch_string(fetch, CURLINFO_PRIMARY_IP), "");
    fetch_free(fetch);
}

static void the_lines_about_it_are_no_headers_of_a_response(void **state)
{
    struct fetch *fetch = fetch_file("ten");
    struct curl_header *header;

    (void)state;
    run(fetch, CURLE_OK, "0123456789");
    assert_int_equal(curl_easy_header(fetch->easy, "Content-Length", 0, CURLH_HEADER, -1, &header),
                     CURLHE_NOHEADERS);
    fetch_free(fetch);
}

static void the_lines_about_it_can_be_in_the_body(void **state)
{
    struct fetch *fetch;

    (void)state;
    needs_libcurl(0x080000);
    fetch = fetch_file("ten");
    curl_easy_setopt(fetch->easy, CURLOPT_HEADER, 1L);
    run(fetch, CURLE_OK, HEAD_FIELDS "\r\n0123456789");
    assert_string_equal(text_of(&fetch->head), HEAD_FIELDS "\r\n");
    assert_int_equal(fetch->head_lines, 4);
    fetch_free(fetch);
}

static void without_a_body_the_lines_come_alone(void **state)
{
    struct fetch *fetch;

    (void)state;
    needs_libcurl(0x080000); /* which ends them with a blank line */
    fetch = fetch_file("ten");
    curl_easy_setopt(fetch->easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_UPLOAD, 0L);
    run(fetch, CURLE_OK, "");
    assert_string_equal(text_of(&fetch->head), HEAD_FIELDS "\r\n");
    assert_int_equal(fetch_offset(fetch, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T), 10);
    fetch_free(fetch);
}

static void ranges_are_cut_out(void **state)
{
    static const struct {
        const char *range, *body;
        CURLcode result;
    } ranges[] = {
        {"2-4",         "234",        CURLE_OK                 },
        {"4-4",         "4",          CURLE_OK                 },
        {"7-",          "789",        CURLE_OK                 },
        {"-3",          "789",        CURLE_OK                 },
        {"-10",         "0123456789", CURLE_OK                 },
        {"8-400",       "89",         CURLE_OK                 },
        {"10-12",       "",           CURLE_OK                 },
        {"0-1,4-5",     "01",         CURLE_OK                 },
        {"11-12",       "",           CURLE_BAD_DOWNLOAD_RESUME},
        {"4294967303-", "",           CURLE_BAD_DOWNLOAD_RESUME},
        {"-20",         "",           CURLE_BAD_DOWNLOAD_RESUME},
        {"5-2",         "",           CURLE_RANGE_ERROR        },
    };

    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct fetch *fetch = fetch_file("ten");

        curl_easy_setopt(fetch->easy, CURLOPT_RANGE, ranges[i].range);
        run(fetch, ranges[i].result, ranges[i].body);
        fetch_free(fetch);
    }
}

static void resume_goes_on_where_it_is_told(void **state)
{
    static const struct {
        long from;
        const char *body;
        CURLcode result;
    } cases[] = {
        {4,  "456789", CURLE_OK                 },
        {10, "",       CURLE_OK                 },
        {11, "",       CURLE_BAD_DOWNLOAD_RESUME},
        {-1, "9",      CURLE_OK                 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fetch *fetch = fetch_file("ten");

        curl_easy_setopt(fetch->easy, CURLOPT_RESUME_FROM, cases[i].from);
        run(fetch, cases[i].result, cases[i].body);
        fetch_free(fetch);
    }
}

static void unmet_condition_gives_nothing(void **state)
{
    static const struct {
        long condition, value, unmet;
    } cases[] = {
        {CURL_TIMECOND_IFMODSINCE,   WRITTEN + 1, 1},
        {CURL_TIMECOND_IFMODSINCE,   WRITTEN,     1},
        {CURL_TIMECOND_IFMODSINCE,   WRITTEN - 1, 0},
        {CURL_TIMECOND_IFUNMODSINCE, WRITTEN + 1, 0},
        {CURL_TIMECOND_IFUNMODSINCE, WRITTEN,     1},
        {CURL_TIMECOND_NONE,         WRITTEN + 1, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fetch *fetch = fetch_file("ten");

        curl_easy_setopt(fetch->easy, CURLOPT_TIMECONDITION, cases[i].condition);
        curl_easy_setopt(fetch->easy, CURLOPT_TIMEVALUE, cases[i].value);
        run(fetch, CURLE_OK, cases[i].unmet ? "" : "0123456789");
        assert_int_equal(fetch_long(fetch, CURLINFO_CONDITION_UNMET), cases[i].unmet);
        assert_int_equal(fetch->head.len > 0, !cases[i].unmet);
        fetch_free(fetch);
    }
}

static void large_file_comes_whole_and_in_slices_of_the_buffer(void **state)
{
    enum { LARGE = 5000000 };
    struct fetch *fetch;
    char *bytes = malloc(LARGE);
    FILE *file = fopen(path_of("large"), "w");

    (void)state;
    assert_non_null(bytes);
    assert_non_null(file);
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)(i * 7 + i / 1000);
    assert_int_equal(fwrite(bytes, 1, LARGE, file), LARGE);
    assert_int_equal(fclose(file), 0);
    fetch = fetch_file("large");
    fetch->result = curl_easy_perform(fetch->easy);
    assert_int_equal(fetch->result, CURLE_OK);
    assert_int_equal(fetch->body.len, LARGE);
    assert_memory_equal(fetch->body.bytes, bytes, LARGE);
    assert_true(fetch->writes >= LARGE / CURL_MAX_WRITE_SIZE);
    free(bytes);
    fetch_free(fetch);
    unlink(path_of("large"));
}

static void directory_is_listed_without_hidden_names(void **state)
{
    struct fetch *fetch;

    (void)state;
    needs_libcurl(0x080800);
    assert_int_equal(mkdir(path_of("sub"), 0700), 0);
    put("sub/name", "");
    put("sub/.hidden", "");
    fetch = fetch_file("sub");
    run(fetch, CURLE_OK, "name\n");
    fetch_free(fetch);
    fetch = fetch_file("sub/");
    run(fetch, CURLE_OK, "name\n");
    fetch_free(fetch);
    unlink(path_of("sub/name"));
    unlink(path_of("sub/.hidden"));
    rmdir(path_of("sub"));
}

static void size_limit_holds(void **state)
{
    struct fetch *fetch;

    (void)state;
    needs_libcurl(0x080400);
    fetch = fetch_file("ten");
    curl_easy_setopt(fetch->easy, CURLOPT_MAXFILESIZE, 4L);
    fetch->result = curl_easy_perform(fetch->easy);
    assert_int_equal(fetch->result, CURLE_FILESIZE_EXCEEDED);
    assert_int_equal(fetch->body.len, 0);
    fetch_free(fetch);
}

/* ---- Names ---- */

static void path_is_decoded_and_the_query_left_out(void **state)
{
    static const char *const names[] = {"t%65n", "ten?query", "ten#fragment", "./x/../ten"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct fetch *fetch = fetch_file(names[i]);

        run(fetch, CURLE_OK, "0123456789");
        fetch_free(fetch);
    }
}

static void only_this_machine_is_a_host(void **state)
{
    static const struct {
        const char *host;
        CURLcode result;
    } hosts[] = {
        {"localhost",    CURLE_OK           },
        {"127.0.0.1",    CURLE_OK           },
        {"LocalHost",    CURLE_OK           },
        {"other",        CURLE_URL_MALFORMAT},
        {"localhost:80", CURLE_URL_MALFORMAT},
        {"u@localhost",  CURLE_URL_MALFORMAT},
    };
    char url[200];

    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        struct fetch *fetch;

        snprintf(url, sizeof url, "file://%s%s/ten", hosts[i].host, folder);
        fetch = fetch_new_url(url);
        run(fetch, hosts[i].result, hosts[i].result ? "" : "0123456789");
        fetch_free(fetch);
    }
}

static void path_with_a_nul_is_refused(void **state)
{
    struct fetch *fetch = fetch_file("ten%00.txt");

    (void)state;
    run(fetch, CURLE_URL_MALFORMAT, "");
    fetch_free(fetch);
}

static void missing_file_is_named(void **state)
{
    struct fetch *fetch;
    char text[128];

    (void)state;
    needs_libcurl(0x080000); /* for its words */
    fetch = fetch_file("n%6Fne");
    run(fetch, CURLE_FILE_COULDNT_READ_FILE, "");
    snprintf(text, sizeof text, "Could not open file %s/n%%6Fne", folder);
    assert_string_equal(fetch->error, text);
    fetch_free(fetch);
}

static int count_progress(void *count, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a;
    (void)b;
    (void)c;
    (void)d;
    ++*(int *)count;
    return 0;
}

static void what_never_began_makes_no_progress(void **state)
{
    static const char *const names[] = {"none", "ten%00", "ten"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct fetch *fetch = fetch_file(names[i]);
        int count = 0;

        curl_easy_setopt(fetch->easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(fetch->easy, CURLOPT_XFERINFOFUNCTION, count_progress);
        curl_easy_setopt(fetch->easy, CURLOPT_XFERINFODATA, &count);
        fetch->result = curl_easy_perform(fetch->easy);
        assert_int_equal(fetch->result == CURLE_OK, i == 2);
        assert_int_equal(count > 0, i == 2);
        fetch_free(fetch);
    }
}

static void file_is_no_protocol_where_it_is_not_allowed(void **state)
{
    struct fetch *fetch = fetch_file("ten");

    (void)state;
    assert_int_equal(curl_easy_setopt(fetch->easy, CURLOPT_PROTOCOLS_STR, "http,HTTPS"), CURLE_OK);
    run(fetch, CURLE_UNSUPPORTED_PROTOCOL, "");
    assert_int_equal(curl_easy_setopt(fetch->easy, CURLOPT_PROTOCOLS_STR, "file"), CURLE_OK);
    run(fetch, CURLE_OK, "0123456789");
    fetch_free(fetch);
}

/* ---- Writing ---- */

struct source {
    const char *bytes;
    size_t len, most; /* left, and a call at most */
};

static size_t give(char *to, size_t size, size_t count, void *from)
{
    struct source *source = from;
    size_t len = source->len < source->most ? source->len : source->most;

    len = len < size * count ? len : size * count;
    memcpy(to, source->bytes, len);
    source->bytes += len;
    source->len -= len;
    return len;
}

static struct fetch *upload_to(const char *name, struct source *source)
{
    struct fetch *fetch = fetch_file(name);

    curl_easy_setopt(fetch->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(fetch->easy, CURLOPT_READDATA, source);
    return fetch;
}

static void upload_makes_the_file_with_its_rights(void **state)
{
    struct source source = {"abcdefgh", 8, 3};
    struct fetch *fetch = upload_to("made", &source);
    struct stat about;
    mode_t mask = umask(0);

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_INFILESIZE, 8L);
    curl_easy_setopt(fetch->easy, CURLOPT_NEW_FILE_PERMS, 0640L);
    run(fetch, CURLE_OK, "");
    umask(mask);
    assert_int_equal(fetch_offset(fetch, CURLINFO_SIZE_UPLOAD_T), 8);
    assert_int_equal(fetch_offset(fetch, CURLINFO_CONTENT_LENGTH_UPLOAD_T), 8);
    assert_holds("made", "abcdefgh");
    assert_int_equal(stat(path_of("made"), &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    fetch_free(fetch);
    unlink(path_of("made"));
}

static void upload_takes_the_place_of_what_was_there(void **state)
{
    struct source source = {"new", 3, 100};
    struct fetch *fetch;

    (void)state;
    put("there", "what was there");
    fetch = upload_to("there", &source);
    run(fetch, CURLE_OK, "");
    assert_holds("there", "new");
    fetch_free(fetch);
    unlink(path_of("there"));
}

static void resumed_upload_puts_the_rest_behind(void **state)
{
    static const long from[] = {5, -1};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct source source = {"0123456789", 10, 3};
        struct fetch *fetch;

        put("part", "01234");
        fetch = upload_to("part", &source);
        curl_easy_setopt(fetch->easy, CURLOPT_RESUME_FROM, from[i]);
        run(fetch, CURLE_OK, "");
        assert_holds("part", "0123456789");
        assert_int_equal(fetch_offset(fetch, CURLINFO_SIZE_UPLOAD_T), 5);
        fetch_free(fetch);
        unlink(path_of("part"));
    }
}

static void upload_without_a_folder_is_a_write_error(void **state)
{
    struct source source = {"x", 1, 1};
    struct fetch *fetch;
    char text[128];

    (void)state;
    needs_libcurl(0x080000); /* for its words */
    fetch = upload_to("none/file", &source);
    run(fetch, CURLE_WRITE_ERROR, "");
    snprintf(text, sizeof text, "cannot open %s/none/file for writing", folder);
    assert_string_equal(fetch->error, text);
    fetch_free(fetch);
}

static void full_disk_is_a_send_error(void **state)
{
    struct source source = {"x", 1, 1};
    struct fetch *fetch = fetch_new_url("file:///dev/full");

    (void)state;
    curl_easy_setopt(fetch->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(fetch->easy, CURLOPT_READDATA, &source);
    run(fetch, CURLE_SEND_ERROR, "");
    fetch_free(fetch);
}

/* ---- What may block ---- */

static void pipe_without_a_writer_holds_nobody_up(void **state)
{
    CURLM *multi;
    struct fetch *stuck, *other;

    (void)state;
    only_curlpool_promises_this();
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    multi = multi_new();
    stuck = fetch_file("pipe");
    multi_add(multi, stuck);
    perform(multi);
    for (int i = 0; i < 20; i++) {
        other = fetch_file("ten");
        multi_add(multi, other);
        while (!other->messages) {
            perform(multi);
            fetch_messages(multi);
            assert_int_equal(curl_multi_poll(multi, NULL, 0, 10, NULL), CURLM_OK);
        }
        assert_int_equal(other->result, CURLE_OK);
        multi_remove(multi, other);
        fetch_free(other);
    }
    multi_remove(multi, stuck);
    assert_int_equal(stuck->messages, 0);
    fetch_free(stuck);
    curl_multi_cleanup(multi);
    unlink(path_of("pipe"));
}

static void pipe_is_read_until_its_writer_closes_it(void **state)
{
    CURLM *multi;
    struct fetch *fetch;
    int fd;

    (void)state;
    only_curlpool_promises_this();
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    multi = multi_new();
    fetch = fetch_file("pipe");
    multi_add(multi, fetch);
    perform(multi);
    fd = open(path_of("pipe"), O_WRONLY); /* waits for the reader */
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "piped", 5), 5);
    close(fd);
    drive_to_end(multi);
    assert_int_equal(fetch->result, CURLE_OK);
    assert_string_equal(text_of(&fetch->body), "piped");
    multi_remove(multi, fetch);
    fetch_free(fetch);
    curl_multi_cleanup(multi);
    unlink(path_of("pipe"));
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/curlpool_file.XXXXXX", P_tmpdir);
    if (!mkdtemp(folder))
        return -1;
    put("ten", "0123456789");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path_of("ten"));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_is_read_with_its_size_and_time),
        cmocka_unit_test(the_lines_about_it_are_no_headers_of_a_response),
        cmocka_unit_test(the_lines_about_it_can_be_in_the_body),
        cmocka_unit_test(without_a_body_the_lines_come_alone),
        cmocka_unit_test(ranges_are_cut_out),
        cmocka_unit_test(resume_goes_on_where_it_is_told),
        cmocka_unit_test(unmet_condition_gives_nothing),
        cmocka_unit_test(large_file_comes_whole_and_in_slices_of_the_buffer),
        cmocka_unit_test(directory_is_listed_without_hidden_names),
        cmocka_unit_test(size_limit_holds),
        cmocka_unit_test(path_is_decoded_and_the_query_left_out),
        cmocka_unit_test(only_this_machine_is_a_host),
        cmocka_unit_test(path_with_a_nul_is_refused),
        cmocka_unit_test(missing_file_is_named),
        cmocka_unit_test(what_never_began_makes_no_progress),
        cmocka_unit_test(file_is_no_protocol_where_it_is_not_allowed),
        cmocka_unit_test(upload_makes_the_file_with_its_rights),
        cmocka_unit_test(upload_takes_the_place_of_what_was_there),
        cmocka_unit_test(resumed_upload_puts_the_rest_behind),
        cmocka_unit_test(upload_without_a_folder_is_a_write_error),
        cmocka_unit_test(full_disk_is_a_send_error),
        cmocka_unit_test(pipe_without_a_writer_holds_nobody_up),
        cmocka_unit_test(pipe_is_read_until_its_writer_closes_it),
    };

    curl_global_init(CURL_GLOBAL_DEFAULT);
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
