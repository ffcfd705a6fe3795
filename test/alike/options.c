/* SPDX-License-Identifier: MIT */
/* Options and infos: each option of each interface set to values that it was not made for, unknown
 * numbers, each info under each type, on a new handle and after transfers. */
#include <curl/curl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* What the library's own headers check is what is done here on purpose. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt
#undef curl_share_setopt

enum { TOO_LONG = 8000001, LONG_ENOUGH = 7999999 };

static char *too_long, *long_enough;

/* ---- Easy options ---- */

static void set_longs(CURL *easy, const struct curl_easyoption *option)
{
    static const long values[] = {0,     1,       2,       3,       4,        5,        6,
                                  7,     8,       9,       16,      31,       64,       100,
                                  255,   256,     1000,    1023,    1024,     16384,    65535,
                                  65536, 1 << 20, INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, 4294967295L,
                                  -1,    -2,      -3,      -1000,   1L << 31, 1L << 40};

    for (size_t i = 0; i < COUNT(values); i++) {
        ask("%s to %ld", option->name, values[i]);
        answer("%d", (int)curl_easy_setopt(easy, option->id, values[i]));
    }
}

static void set_offsets(CURL *easy, const struct curl_easyoption *option)
{
    static const curl_off_t values[] = {
        0, 1, -1, -2, 1000, INT32_MAX, (curl_off_t)1 << 40, INT64_MAX, INT64_MIN};

    for (size_t i = 0; i < COUNT(values); i++) {
        ask("%s to %lld", option->name, (long long)values[i]);
        answer("%d", (int)curl_easy_setopt(easy, option->id, values[i]));
    }
}

static void set_strings(CURL *easy, const struct curl_easyoption *option)
{
    static const char *const values[] = {"",
                                         " ",
                                         "a",
                                         "\r\n",
                                         "a\r\nb: c",
                                         "http",
                                         "HTTP,https",
                                         "http,foo",
                                         "foo",
                                         "all",
                                         ",",
                                         "http,",
                                         "1.2.3.4",
                                         "::1",
                                         "http://x/",
                                         "0",
                                         "-1",
                                         "identity",
                                         "gzip",
                                         "SRP",
                                         "srp",
                                         "a:b",
                                         "ALL",
                                         "RELOAD",
                                         "SESS",
                                         "FLUSH",
                                         "SYNC",
                                         "eth0",
                                         "if!",
                                         "host!",
                                         "ifhost!",
                                         "if!lo",
                                         "ifhost!lo!127.0.0.1",
                                         "aws:amz:us-east-1:s3",
                                         "\xc3\xa4",
                                         "a b",
                                         "1-",
                                         "Set-Cookie: a=b",
                                         "/nonexistent/x"};

    ask("%s to NULL", option->name);
    answer("%d", (int)curl_easy_setopt(easy, option->id, NULL));
    for (size_t i = 0; i < COUNT(values); i++) {
        ask("%s to '%s'", option->name, values[i]);
        answer("%d", (int)curl_easy_setopt(easy, option->id, values[i]));
    }
    ask("%s to %d bytes", option->name, LONG_ENOUGH);
    answer("%d", (int)curl_easy_setopt(easy, option->id, long_enough));
    ask("%s to %d bytes", option->name, TOO_LONG);
    answer("%d", (int)curl_easy_setopt(easy, option->id, too_long));
    ask("%s to NULL at last", option->name);
    answer("%d", (int)curl_easy_setopt(easy, option->id, NULL));
}

static void set_lists(CURL *easy, const struct curl_easyoption *option)
{
    static const char *const items[] = {"a: b", "a;b", "", "\r\n", "a\r\nb", "host:80:127.0.0.1",
                                        "::::"};

    ask("%s to NULL", option->name);
    answer("%d", (int)curl_easy_setopt(easy, option->id, NULL));
    for (size_t i = 0; i < COUNT(items); i++) {
        struct curl_slist *list = curl_slist_append(NULL, items[i]);

        ask("%s to '%s'", option->name, items[i]);
        answer("%d", (int)curl_easy_setopt(easy, option->id, list));
        curl_easy_setopt(easy, option->id, NULL);
        curl_slist_free_all(list);
    }
}

static void set_blobs(CURL *easy, const struct curl_easyoption *option)
{
    static char bytes[10] = "bytes";
    struct curl_blob blobs[] = {
        {bytes,    sizeof bytes, CURL_BLOB_COPY  },
        {bytes,    sizeof bytes, CURL_BLOB_NOCOPY},
        {bytes,    sizeof bytes, 77              },
        {bytes,    0,            CURL_BLOB_COPY  },
        {NULL,     0,            CURL_BLOB_COPY  },
        {too_long, TOO_LONG,     CURL_BLOB_COPY  },
        {too_long, TOO_LONG,     CURL_BLOB_NOCOPY},
    };

    ask("%s to NULL", option->name);
    answer("%d", (int)curl_easy_setopt(easy, option->id, NULL));
    for (size_t i = 0; i < COUNT(blobs); i++) {
        ask("%s to blob %zu", option->name, i);
        answer("%d", (int)curl_easy_setopt(easy, option->id, &blobs[i]));
    }
}

static void set_pointers(CURL *easy, const struct curl_easyoption *option)
{
    static char somewhere[CURL_ERROR_SIZE];

    ask("%s to NULL", option->name);
    answer("%d", (int)curl_easy_setopt(easy, option->id, NULL));
    if (option->type == CURLOT_CBPTR) {
        ask("%s to a pointer", option->name);
        answer("%d", (int)curl_easy_setopt(easy, option->id, somewhere));
    }
}

static size_t some_function(void)
{
    return 0;
}

static void set_functions(CURL *easy, const struct curl_easyoption *option)
{
    ask("%s to NULL", option->name);
    answer("%d", (int)curl_easy_setopt(easy, option->id, NULL));
    ask("%s to a function", option->name);
    answer("%d", (int)curl_easy_setopt(easy, option->id, some_function));
    ask("%s to NULL again", option->name);
    answer("%d", (int)curl_easy_setopt(easy, option->id, NULL));
}

static void set_option(CURL *easy, const struct curl_easyoption *option)
{
    ask("%s is", option->name);
    answer("number %d, type %d, flags %u", (int)option->id, (int)option->type, option->flags);
    switch (option->type) {
    case CURLOT_LONG:
    case CURLOT_VALUES:
        set_longs(easy, option);
        break;
    case CURLOT_OFF_T:
        set_offsets(easy, option);
        break;
    case CURLOT_STRING:
        set_strings(easy, option);
        break;
    case CURLOT_SLIST:
        set_lists(easy, option);
        break;
    case CURLOT_BLOB:
        set_blobs(easy, option);
        break;
    case CURLOT_FUNCTION:
        set_functions(easy, option);
        break;
    default:
        set_pointers(easy, option);
    }
}

static void each_option(void)
{
    const struct curl_easyoption *option = NULL;

    while ((option = curl_easy_option_next(option))) {
        CURL *easy = curl_easy_init();

        set_option(easy, option);
        curl_easy_cleanup(easy);
    }
}

/* The values that only mean something together with a length or another option. */
static void options_that_belong_together(void)
{
    CURL *easy = curl_easy_init();

    ask("copied post fields of a size, NULL");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 10L);
    answer("%d", (int)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, NULL));
    ask("copied post fields of a negative size");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, -1L);
    answer("%d", (int)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, "abc"));
    ask("copied post fields of size 0");
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
    answer("%d", (int)curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, "abc"));
    ask("an int of -1 as a size");
    answer("%d", (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, -1));
    ask("an int of -2 as a size");
    answer("%d", (int)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)-2));
    ask("a share that is none");
    answer("%d", (int)curl_easy_setopt(easy, CURLOPT_SHARE, NULL));
    curl_easy_cleanup(easy);
    ask("an option without a handle");
    answer("%d", (int)curl_easy_setopt(NULL, CURLOPT_VERBOSE, 1L));
}

static void unknown_options(void)
{
    static const int numbers[] = {0,     -1,    -2,    1,     2,       9,      998,
                                  999,   4711,  9998,  10000, 10998,   10999,  11000,
                                  20000, 20001, 20998, 30000, 30001,   30998,  40000,
                                  40001, 40998, 50000, 60001, INT_MAX, INT_MIN};
    CURL *easy = curl_easy_init();

    for (size_t i = 0; i < COUNT(numbers); i++) {
        ask("option number %d", numbers[i]);
        answer("%d", (int)curl_easy_setopt(easy, (CURLoption)numbers[i], 0L));
        ask("option by number %d", numbers[i]);
        answer("%d", curl_easy_option_by_id((CURLoption)numbers[i]) != NULL);
    }
    for (int i = 0; i < 420; i++) {
        for (int base = 0; base <= 40000; base += 10000) {
            const struct curl_easyoption *option = curl_easy_option_by_id((CURLoption)(base + i));

            ask("option %d by number", base + i);
            answer_text(option ? option->name : NULL);
        }
    }
    curl_easy_cleanup(easy);
}

static void options_by_name(void)
{
    static const char *const names[] = {"",     "URL", "url",  "Url",       "CURLOPT_URL",
                                        "URL ", "UR",  "FILE", "WRITEDATA", "no such"};

    for (size_t i = 0; i < COUNT(names); i++) {
        const struct curl_easyoption *option = curl_easy_option_by_name(names[i]);

        ask("option named '%s'", names[i]);
        answer_text(option ? option->name : NULL);
    }
}

/* ---- Multi and share options ---- */

static void multi_options(void)
{
    static const long values[] = {0, 1, 2, 3, 4, -1, -2, 100, INT_MAX, INT_MIN, LONG_MAX, LONG_MIN};
    static const int numbers[] = {
        3,     6, 7, 8, 13, 16, 20001, 10002, 20004, 10005, 30009, 30010, 10011, 10012, 20014,
        10015, 0, 1, 2, 4,  5,  9,     99,    9999,  10000, 20000, 30000, 40001, -1,    INT_MAX};
    CURLM *multi = curl_multi_init();

    for (size_t n = 0; n < COUNT(numbers); n++) {
        bool pointer = numbers[n] >= 10000 && numbers[n] < 30000;

        for (size_t v = 0; v < (pointer ? 1 : COUNT(values)); v++) {
            ask("multi option %d to %ld", numbers[n], values[v]);
            answer("%d", (int)curl_multi_setopt(multi, (CURLMoption)numbers[n], values[v]));
        }
    }
    ask("multi option without a handle");
    answer("%d", (int)curl_multi_setopt(NULL, CURLMOPT_PIPELINING, 0L));
    curl_multi_cleanup(multi);
}

static void share_options(void)
{
    static const int values[] = {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 100, INT_MAX, INT_MIN};
    CURLSH *share = curl_share_init();

    for (int number = -1; number < 10; number++) {
        bool lock = number == CURLSHOPT_SHARE || number == CURLSHOPT_UNSHARE;

        for (size_t v = 0; v < (lock ? COUNT(values) : 1); v++) {
            ask("share option %d to %d", number, lock ? values[v] : 0);
            if (lock) {
                answer("%d", (int)curl_share_setopt(share, (CURLSHoption)number, values[v]));
            } else {
                answer("%d", (int)curl_share_setopt(share, (CURLSHoption)number, NULL));
            }
        }
    }
    ask("share option without a handle");
    answer("%d", (int)curl_share_setopt(NULL, CURLSHOPT_SHARE, 2));
    curl_share_cleanup(share);
}

/* ---- Infos ---- */

/* What is the same at each run: numbers that are small, and of times whether they are none. */
static void answer_info(CURLINFO info, CURLcode code, const char *before, void *got)
{
    long number = (long)(intptr_t)got;
    double real;

    if (code) {
        answer("%d", (int)code);
    } else if ((info & CURLINFO_TYPEMASK) == CURLINFO_STRING) {
        printf("0 ");
        answer_text(got == before ? "untouched" : got);
    } else if ((info & CURLINFO_TYPEMASK) == CURLINFO_DOUBLE) {
        memcpy(&real, &got, sizeof real);
        answer("0 %s", real < 0 ? "negative" : real > 0 ? "positive" : "none");
    } else if ((info & CURLINFO_TYPEMASK) == CURLINFO_SLIST) {
        answer("0 %s", got ? "a pointer" : "NULL");
    } else {
        answer("0 %s", number > 1000  ? "large"
                       : number == -1 ? "-1"
                       : number < 0   ? "negative"
                       : number       ? "positive"
                                      : "none");
    }
}

static void each_info(CURL *easy, const char *when)
{
    static const int types[] = {CURLINFO_STRING,
                                CURLINFO_LONG,
                                CURLINFO_DOUBLE,
                                CURLINFO_SLIST,
                                CURLINFO_SOCKET,
                                CURLINFO_OFF_T,
                                0,
                                0x700000,
                                0xf00000};
    static char before[] = "before";

    for (int number = 0; number < 80; number++) {
        for (size_t t = 0; t < COUNT(types); t++) {
            CURLINFO info = (CURLINFO)(types[t] + number);
            /* Larger than any type of a result. */
            void *got[2] = {types[t] == CURLINFO_STRING ? before : NULL, NULL};
            CURLcode code;

            ask("%s, info %x", when, (unsigned)info);
            code = curl_easy_getinfo(easy, info, got);
            answer_info(info, code, before, got[0]);
            if (types[t] == CURLINFO_SLIST && number != 34 && number != 43 && number != 45) {
                curl_slist_free_all(code ? NULL : got[0]);
            }
        }
    }
}

static void infos(void)
{
    CURL *easy = curl_easy_init();

    each_info(easy, "new");
    curl_easy_setopt(easy, CURLOPT_URL, "file:///dev/null");
    curl_easy_setopt(easy, CURLOPT_FILETIME, 1L);
    ask("transfer of a file");
    answer("%d", (int)curl_easy_perform(easy));
    each_info(easy, "after a file");
    curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1:1/");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    ask("transfer that is refused");
    answer("%d", (int)curl_easy_perform(easy));
    each_info(easy, "after a failure");
    curl_easy_reset(easy);
    each_info(easy, "after a reset");
    curl_easy_cleanup(easy);
}

static void infos_into_nothing(void)
{
    static const int types[] = {CURLINFO_STRING, CURLINFO_LONG,   CURLINFO_DOUBLE,
                                CURLINFO_SLIST,  CURLINFO_SOCKET, CURLINFO_OFF_T};
    CURL *easy = curl_easy_init();
    long number = 0;

    for (size_t t = 0; t < COUNT(types); t++) {
        for (int i = 0; i < 70; i++) {
            ask("info %x into nothing", (unsigned)(types[t] + i));
            answer("%d", (int)curl_easy_getinfo(easy, (CURLINFO)(types[t] + i), NULL));
        }
    }
    ask("info without a handle");
    answer("%d", (int)curl_easy_getinfo(NULL, CURLINFO_RESPONSE_CODE, &number));
    curl_easy_cleanup(easy);
}

int main(void)
{
    too_long = long_text(TOO_LONG, 'a');
    long_enough = long_text(LONG_ENOUGH, 'a');
    say_version();
    apart("each option", each_option);
    apart("options that belong together", options_that_belong_together);
    apart("unknown options", unknown_options);
    apart("options by name", options_by_name);
    apart("multi options", multi_options);
    apart("share options", share_options);
    apart("infos", infos);
    apart("infos into nothing", infos_into_nothing);
    free(too_long);
    free(long_enough);
    return 0;
}
