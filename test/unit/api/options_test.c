/* SPDX-License-Identifier: MIT */
#include "api/options.h"

#include "base/mem.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- Memory that runs out ---- */

static long memory_left = -1; /* allocations that still work; -1: all */

static bool may_allocate(void)
{
    if (memory_left > 0)
        memory_left--;
    return memory_left != 0;
}

static void *short_malloc(size_t size)
{
    return may_allocate() ? malloc(size) : NULL;
}

static void *short_calloc(size_t count, size_t size)
{
    return may_allocate() ? calloc(count, size) : NULL;
}

static void *short_realloc(void *pointer, size_t size)
{
    return may_allocate() ? realloc(pointer, size) : NULL;
}

static char *short_strdup(const char *text)
{
    return may_allocate() ? strdup(text) : NULL;
}

/* The next `count` allocations work, then none does. */
static void limit_memory(long count)
{
    memory_left = count + 1;
}

static void unlimit_memory(void)
{
    memory_left = -1;
}

/* ---- A handle's settings ---- */

static struct settings *settings;

static CURLcode set(CURLoption option, ...)
{
    va_list arguments;
    CURLcode result;

    va_start(arguments, option);
    result = options_set(&settings, option, arguments);
    va_end(arguments);
    return result;
}

static int begin(void **state)
{
    const struct mem_functions functions = {short_malloc, free, short_realloc, short_strdup,
                                            short_calloc};

    (void)state;
    unlimit_memory();
    mem_use(&functions);
    settings = settings_new();
    return settings ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    settings_unref(settings);
    return 0;
}

#define assert_text(field, text) assert_string_equal(rstr_text(settings->field), text)

/* ---- The table ---- */

static void every_option_is_found_under_its_names(void **state)
{
    const struct curl_easyoption *o = NULL;
    int options = 0, others = 0;

    (void)state;
    while ((o = curl_easy_option_next(o))) {
        assert_ptr_equal(curl_easy_option_by_name(o->name), o);
        if (o->flags & CURLOT_FLAG_ALIAS) {
            others++;
            assert_ptr_not_equal(curl_easy_option_by_id(o->id), o);
            assert_int_equal(curl_easy_option_by_id(o->id)->type, o->type);
        } else {
            options++;
            assert_ptr_equal(curl_easy_option_by_id(o->id), o);
        }
    }
    assert_int_equal(options, 312);
    assert_int_equal(others, 15);
}

static void names_are_found_in_any_case(void **state)
{
    (void)state;
    assert_int_equal(curl_easy_option_by_name("uSerAgent")->id, CURLOPT_USERAGENT);
    assert_null(curl_easy_option_by_name("CURLOPT_URL"));
    assert_null(curl_easy_option_by_name(""));
    assert_null(curl_easy_option_by_name(NULL));
}

static void numbers_that_are_no_option_are_unknown(void **state)
{
    static const int none[] = {0, 1, 72, 9999, 10003, 10333, 20041, 30013, 49999, -1, INT_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_null(option_find((CURLoption)none[i]));
        assert_null(curl_easy_option_by_id((CURLoption)none[i]));
        assert_int_equal(set((CURLoption)none[i], 1L), CURLE_UNKNOWN_OPTION);
    }
    assert_int_equal(set(CURLOPT_CONV_FROM_UTF8_FUNCTION, NULL), CURLE_UNKNOWN_OPTION);
    assert_int_equal(set(CURLOPT_SHARE, NULL), CURLE_UNKNOWN_OPTION);
}

static CURLcode set_any(const struct option_row *row, bool nothing)
{
    const curl_off_t other = row->max == LONG_MAX ? row->min - 1 : row->max + 1;

    switch (row->public.type) {
    case CURLOT_LONG:
    case CURLOT_VALUES:
        return set(row->public.id, (long)(nothing ? row->min : other));
    case CURLOT_OFF_T:
        return set(row->public.id, nothing ? row->min : other);
    default:
        return set(row->public.id, nothing ? NULL : "x");
    }
}

static void what_is_not_built_accepts_its_default_and_refuses_the_rest(void **state)
{
    const struct curl_easyoption *o = NULL;
    int count = 0;

    (void)state;
    while ((o = curl_easy_option_next(o))) {
        const struct option_row *row = option_find(o->id);
        if (row->store != STORE_UNBUILT)
            continue;
        count++;
        assert_int_equal(set_any(row, true), CURLE_OK);
        assert_int_equal(set_any(row, false), row->refusal ? row->refusal : CURLE_NOT_BUILT_IN);
    }
    assert_true(count > 20);
}

static void userpwd_is_split_at_its_first_colon(void **state)
{
    (void)state;
    assert_int_equal(set(CURLOPT_USERPWD, "name:pass:word"), CURLE_OK);
    assert_string_equal(rstr_text(settings->username), "name");
    assert_string_equal(rstr_text(settings->password), "pass:word");
    assert_int_equal(set(CURLOPT_USERPWD, "name"), CURLE_OK);
    assert_string_equal(rstr_text(settings->username), "name");
    assert_null(settings->password);
    assert_int_equal(set(CURLOPT_USERPWD, ":"), CURLE_OK);
    assert_string_equal(rstr_text(settings->username), "");
    assert_int_equal(set(CURLOPT_USERPWD, NULL), CURLE_OK);
    assert_null(settings->username);
}

static void proxyuserpwd_is_decoded(void **state)
{
    (void)state;
    assert_int_equal(set(CURLOPT_PROXYUSERPWD, "a%3Ab:c%20d:e"), CURLE_OK);
    assert_string_equal(rstr_text(settings->proxy_username), "a:b");
    assert_string_equal(rstr_text(settings->proxy_password), "c d:e");
    assert_int_equal(set(CURLOPT_PROXYUSERPWD, "a%00b"), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_string_equal(rstr_text(settings->proxy_username), "a:b");
    assert_int_equal(set(CURLOPT_PROXYUSERPWD, NULL), CURLE_OK);
    assert_null(settings->proxy_username);
    assert_null(settings->proxy_password);
}

static void auth_masks_keep_what_is_built(void **state)
{
    (void)state;
    assert_int_equal(set(CURLOPT_HTTPAUTH, CURLAUTH_ANY), CURLE_OK);
    assert_true(settings->http_auth & (long)CURLAUTH_BASIC);
    assert_false(settings->http_auth & (long)CURLAUTH_NTLM_WB);
    assert_int_equal(set(CURLOPT_HTTPAUTH, CURLAUTH_ANYSAFE), CURLE_OK);
    assert_false(settings->http_auth & (long)CURLAUTH_BASIC);
    assert_int_equal(set(CURLOPT_HTTPAUTH, CURLAUTH_ONLY | CURLAUTH_BASIC), CURLE_OK);
    assert_int_equal(settings->http_auth, CURLAUTH_ONLY | CURLAUTH_BASIC);
    assert_int_equal(set(CURLOPT_HTTPAUTH, 0L), CURLE_OK);
    assert_int_equal(settings->http_auth, 0);
    assert_int_equal(set(CURLOPT_HTTPAUTH, 1L << 40), CURLE_NOT_BUILT_IN);
}

static void interfaces_without_a_name_are_refused(void **state)
{
    static const char *const good[] = {"eth0", "if!x", "host!x", "ifhost!a!b", "ifhost!!b", "x!"};
    static const char *const bad[] = {"", "if!", "host!", "ifhost!", "ifhost!a", "ifhost!a!"};
    char text[514] = "";

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(set(CURLOPT_INTERFACE, good[i]), CURLE_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(set(CURLOPT_INTERFACE, bad[i]), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_string_equal(rstr_text(settings->interface), "x!");
    memset(text, 'a', sizeof(text) - 1);
    assert_int_equal(set(CURLOPT_INTERFACE, text), CURLE_BAD_FUNCTION_ARGUMENT);
    text[512] = '\0';
    assert_int_equal(set(CURLOPT_INTERFACE, text), CURLE_OK);
    assert_int_equal(set(CURLOPT_INTERFACE, NULL), CURLE_OK);
    assert_null(settings->interface);
}

static void features_that_are_not_built_are_refused(void **state)
{
    const bool has_gss = curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_GSSAPI;
    const CURLcode gss = has_gss ? CURLE_OK : CURLE_NOT_BUILT_IN;

    (void)state;
    assert_int_equal(set(CURLOPT_HTTPAUTH, CURLAUTH_NTLM_WB), CURLE_NOT_BUILT_IN);
    assert_int_equal(set(CURLOPT_HTTPAUTH, CURLAUTH_ONLY), CURLE_NOT_BUILT_IN);
    assert_int_equal(set(CURLOPT_PROXYTYPE, CURLPROXY_HTTPS3), CURLE_NOT_BUILT_IN);
    assert_int_equal(set(CURLOPT_PROXYTYPE, 9L), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(set(CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_GSSAPI), gss);
    assert_int_equal(set(CURLOPT_SOCKS5_AUTH, (long)CURLAUTH_DIGEST), CURLE_NOT_BUILT_IN);
    assert_int_equal(set(CURLOPT_SOCKS5_GSSAPI_NEC, 1L), gss);
    assert_int_equal(set(CURLOPT_SOCKS5_GSSAPI_SERVICE, "x"), gss);
    assert_int_equal(set(CURLOPT_CONNECT_ONLY, 2L), CURLE_OK);
    assert_int_equal(set(CURLOPT_CONNECT_ONLY, 3L), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(set(CURLOPT_SSL_OPTIONS, CURLSSLOPT_EARLYDATA), CURLE_NOT_BUILT_IN);
    assert_int_equal(set(CURLOPT_SSLKEYTYPE, "ENG"), CURLE_NOT_BUILT_IN);
    assert_int_equal(set(CURLOPT_SSLENGINE, "x"), CURLE_SSL_ENGINE_NOTFOUND);
}

/* ---- Numbers ---- */

static void numbers_out_of_range_are_refused(void **state)
{
    static const struct {
        CURLoption option;
        long value;
    } bad[] = {
        {CURLOPT_TIMEOUT,               -1                      },
        {CURLOPT_TIMEOUT_MS,            -1                      },
        {CURLOPT_CONNECTTIMEOUT,        -1                      },
        {CURLOPT_CONNECTTIMEOUT_MS,     LONG_MIN                },
        {CURLOPT_PORT,                  -1                      },
        {CURLOPT_PORT,                  65536                   },
        {CURLOPT_LOCALPORT,             65536                   },
        {CURLOPT_LOCALPORTRANGE,        -1                      },
        {CURLOPT_LOCALPORTRANGE,        65536                   },
        {CURLOPT_DNS_CACHE_TIMEOUT,     -2                      },
        {CURLOPT_CA_CACHE_TIMEOUT,      -2                      },
        {CURLOPT_MAXAGE_CONN,           -1                      },
        {CURLOPT_MAXLIFETIME_CONN,      -1                      },
        {CURLOPT_MAXCONNECTS,           -1                      },
        {CURLOPT_UPKEEP_INTERVAL_MS,    -1                      },
        {CURLOPT_EXPECT_100_TIMEOUT_MS, -1                      },
        {CURLOPT_TCP_KEEPIDLE,          -1                      },
        {CURLOPT_LOW_SPEED_LIMIT,       -1                      },
        {CURLOPT_LOW_SPEED_TIME,        -1                      },
        {CURLOPT_INFILESIZE,            -2                      },
        {CURLOPT_POSTFIELDSIZE,         -2                      },
        {CURLOPT_RESUME_FROM,           -2                      },
        {CURLOPT_MAXFILESIZE,           -1                      },
        {CURLOPT_ADDRESS_SCOPE,         -1                      },
        {CURLOPT_TIMECONDITION,         4                       },
        {CURLOPT_IPRESOLVE,             3                       },
        {CURLOPT_HTTP_VERSION,          -1                      },
        {CURLOPT_SSLVERSION,            CURL_SSLVERSION_SSLv3   },
        {CURLOPT_SSLVERSION,            CURL_SSLVERSION_LAST    },
        {CURLOPT_SSLVERSION,            CURL_SSLVERSION_MAX_LAST},
        {CURLOPT_SSLVERSION,            -1                      },
        {CURLOPT_SSL_OPTIONS,           1024                    },
    };
    struct settings before = *settings;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(set(bad[i].option, bad[i].value), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(set(CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)-1),
                     CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_3), CURLE_UNSUPPORTED_PROTOCOL);
    assert_memory_equal(&before, settings, sizeof(before));
}

static void times_are_kept_in_milliseconds(void **state)
{
    (void)state;
    assert_int_equal(set(CURLOPT_TIMEOUT, 7L), CURLE_OK);
    assert_int_equal(settings->timeout_ms, 7000);
    assert_int_equal(set(CURLOPT_TIMEOUT_MS, 7L), CURLE_OK);
    assert_int_equal(settings->timeout_ms, 7);
    assert_int_equal(set(CURLOPT_TIMEOUT, LONG_MAX), CURLE_OK);
    assert_int_equal(settings->timeout_ms, INT_MAX * 1000L);
    assert_int_equal(set(CURLOPT_TIMEOUT_MS, LONG_MAX), CURLE_OK);
    assert_int_equal(settings->timeout_ms, INT_MAX * 1000L);
    assert_int_equal(set(CURLOPT_CONNECTTIMEOUT, 2L), CURLE_OK);
    assert_int_equal(settings->connect_timeout_ms, 2000);
    assert_int_equal(set(CURLOPT_CONNECTTIMEOUT, 0L), CURLE_OK);
    assert_int_equal(settings->connect_timeout_ms, 300000);
    assert_int_equal(set(CURLOPT_CONNECTTIMEOUT_MS, 0L), CURLE_OK);
    assert_int_equal(settings->connect_timeout_ms, 300000);
}

static void sizes_that_are_requests_are_brought_into_their_range(void **state)
{
    static const struct {
        long asked, receive, upload;
    } sizes[] = {
        {0,        CURL_MAX_WRITE_SIZE, 65536          },
        {1,        1024,                16384          },
        {20000,    20000,               20000          },
        {LONG_MAX, CURL_MAX_READ_SIZE,  2 * 1024 * 1024},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        assert_int_equal(set(CURLOPT_BUFFERSIZE, sizes[i].asked), CURLE_OK);
        assert_int_equal(settings->buffer_size, sizes[i].receive);
        assert_int_equal(set(CURLOPT_UPLOAD_BUFFERSIZE, sizes[i].asked), CURLE_OK);
        assert_int_equal(settings->upload_buffer_size, sizes[i].upload);
    }
    assert_int_equal(set(CURLOPT_BUFFERSIZE, -7L), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(set(CURLOPT_LOCALPORTRANGE, 0L), CURLE_OK);
    assert_int_equal(settings->local_port_range, 1);
    assert_int_equal(set(CURLOPT_MAXCONNECTS, 0L), CURLE_OK);
    assert_int_equal(settings->max_connects, 5);
}

/* What arrives when a program passes an int: the upper half is zero. */
#define AS_INT(number) ((long)(unsigned)(number))

static void a_negative_int_is_taken_for_what_it_was(void **state)
{
    (void)state;
    assert_int_equal(set(CURLOPT_POSTFIELDSIZE, AS_INT(-1)), CURLE_OK);
    assert_int_equal(settings->post_field_size, -1);
    assert_int_equal(set(CURLOPT_INFILESIZE, AS_INT(-1)), CURLE_OK);
    assert_int_equal(settings->infile_size, -1);
    assert_int_equal(set(CURLOPT_DNS_CACHE_TIMEOUT, AS_INT(-1)), CURLE_OK);
    assert_int_equal(settings->dns_cache_timeout_s, -1);
    assert_int_equal(set(CURLOPT_TIMEOUT, AS_INT(-5)), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(set(CURLOPT_BUFFERSIZE, AS_INT(-5)), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_int_equal(set(CURLOPT_VERBOSE, (long)0x5500000000), CURLE_OK);
    assert_false(settings->verbose);
    assert_int_equal(set(CURLOPT_LOW_SPEED_LIMIT, 3000000000L), CURLE_OK);
    assert_int_equal(settings->low_speed_limit, 3000000000L);
}

static void large_and_long_share_a_field(void **state)
{
    (void)state;
    assert_int_equal(set(CURLOPT_INFILESIZE_LARGE, (curl_off_t)1 << 40), CURLE_OK);
    assert_int_equal(settings->infile_size, (curl_off_t)1 << 40);
    assert_int_equal(set(CURLOPT_INFILESIZE, 3L), CURLE_OK);
    assert_int_equal(settings->infile_size, 3);
    assert_int_equal(set(CURLOPT_RESUME_FROM_LARGE, (curl_off_t)1 << 40), CURLE_OK);
    assert_int_equal(settings->resume_from, (curl_off_t)1 << 40);
    assert_int_equal(set(CURLOPT_TIMEVALUE, -5L), CURLE_OK);
    assert_int_equal(settings->time_value, -5);
}

/* ---- Strings, blobs, pointers ---- */

static void strings_are_copied_and_null_resets(void **state)
{
    char text[] = "http://one/";

    (void)state;
    assert_int_equal(set(CURLOPT_URL, text), CURLE_OK);
    text[7] = 'X';
    assert_text(url, "http://one/");
    assert_int_equal(set(CURLOPT_URL, NULL), CURLE_OK);
    assert_null(settings->url);
}

static void a_string_over_the_limit_is_refused(void **state)
{
    char *text = malloc(OPTION_STRING_LIMIT + 2);

    (void)state;
    assert_non_null(text);
    memset(text, 'a', OPTION_STRING_LIMIT + 1);
    text[OPTION_STRING_LIMIT + 1] = '\0';
    assert_int_equal(set(CURLOPT_USERAGENT, text), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_null(settings->user_agent);
    text[OPTION_STRING_LIMIT] = '\0';
    assert_int_equal(set(CURLOPT_USERAGENT, text), CURLE_OK);
    assert_int_equal(settings->user_agent->len, OPTION_STRING_LIMIT);
    free(text);
}

static void blobs_are_copied_and_empty_ones_refused(void **state)
{
    char bytes[] = {'a', '\0', 'b'};
    struct curl_blob blob = {bytes, sizeof(bytes), CURL_BLOB_COPY};

    (void)state;
    assert_int_equal(set(CURLOPT_SSLCERT_BLOB, &blob), CURLE_OK);
    bytes[0] = 'X';
    assert_int_equal(settings->tls.cert_blob->len, 3);
    assert_memory_equal(settings->tls.cert_blob->bytes, "a\0b", 3);
    blob.len = 0;
    assert_int_equal(set(CURLOPT_SSLCERT_BLOB, &blob), CURLE_BAD_FUNCTION_ARGUMENT);
    blob = (struct curl_blob){NULL, 3, CURL_BLOB_COPY};
    assert_int_equal(set(CURLOPT_SSLCERT_BLOB, &blob), CURLE_BAD_FUNCTION_ARGUMENT);
    assert_non_null(settings->tls.cert_blob);
    assert_int_equal(set(CURLOPT_SSLCERT_BLOB, NULL), CURLE_OK);
    assert_null(settings->tls.cert_blob);
}

static size_t write_nothing(char *bytes, size_t size, size_t count, void *user)
{
    (void)bytes;
    (void)size;
    (void)count;
    (void)user;
    return 0;
}

static void pointers_and_functions_are_kept(void **state)
{
    struct curl_slist list = {NULL, NULL};
    char errors[CURL_ERROR_SIZE];

    (void)state;
    assert_int_equal(set(CURLOPT_WRITEFUNCTION, write_nothing), CURLE_OK);
    assert_true(settings->write_function == write_nothing);
    assert_int_equal(set(CURLOPT_WRITEFUNCTION, NULL), CURLE_OK);
    assert_true(settings->write_function == NULL);
    assert_int_equal(set(CURLOPT_HTTPHEADER, &list), CURLE_OK);
    assert_ptr_equal(settings->http_headers, &list);
    assert_int_equal(set(CURLOPT_ERRORBUFFER, errors), CURLE_OK);
    assert_ptr_equal(settings->error_buffer, errors);
    assert_int_equal(set(CURLOPT_PROGRESSDATA, &list), CURLE_OK);
    assert_ptr_equal(settings->progress_data, &list);
}

/* ---- Snapshots ---- */

static void a_snapshot_stays_as_it_was(void **state)
{
    struct settings *snapshot;

    (void)state;
    set(CURLOPT_URL, "http://one/");
    set(CURLOPT_TIMEOUT_MS, 5L);
    snapshot = settings_ref(settings);
    set(CURLOPT_URL, "http://two/");
    set(CURLOPT_TIMEOUT_MS, 6L);
    assert_ptr_not_equal(snapshot, settings);
    assert_string_equal(rstr_text(snapshot->url), "http://one/");
    assert_int_equal(snapshot->timeout_ms, 5);
    assert_text(url, "http://two/");
    settings_unref(snapshot);
    assert_text(url, "http://two/");
}

static void without_a_snapshot_nothing_is_copied(void **state)
{
    struct settings *before = settings;

    (void)state;
    set(CURLOPT_URL, "http://one/");
    settings_unref(settings_ref(settings));
    set(CURLOPT_URL, "http://two/");
    assert_ptr_equal(before, settings);
}

/* A string that settings.c does not know of would be freed twice, or never: the sanitizers tell. */
static void every_string_is_counted(void **state)
{
    const struct curl_easyoption *o = NULL;
    struct curl_blob blob = {"bytes", 5, CURL_BLOB_COPY};
    struct settings *snapshot;
    int count = 0;

    (void)state;
    while ((o = curl_easy_option_next(o))) {
        const struct option_row *row = option_find(o->id);
        struct rstr *const *field = (const void *)((const char *)settings + row->offset);

        if (row->store != STORE_STRING && row->store != STORE_BLOB)
            continue;
        count++;
        assert_int_equal(row->store == STORE_BLOB ? set(o->id, &blob) : set(o->id, "text"),
                         CURLE_OK);
        snapshot = settings_clone(settings);
        assert_non_null(snapshot);
        assert_int_equal((*field)->references, 2);
        settings_unref(snapshot);
        assert_int_equal((*field)->references, 1);
    }
    assert_true(count > 20);
    assert_int_equal(set(CURLOPT_CAINFO, "text"), CURLE_OK);
    assert_int_equal(set(CURLOPT_CAPATH, "text"), CURLE_OK);
    assert_int_equal(set(CURLOPT_SSLCERTTYPE, "PEM"), CURLE_OK);
    assert_int_equal(set(CURLOPT_SSLKEYTYPE, "PEM"), CURLE_OK);
    assert_int_equal(set(CURLOPT_UNIX_SOCKET_PATH, "text"), CURLE_OK);
    assert_int_equal(set(CURLOPT_COPYPOSTFIELDS, "text"), CURLE_OK);
    snapshot = settings_clone(settings);
    assert_int_equal(snapshot->tls.ca_file->references, 2);
    assert_int_equal(snapshot->tls.ca_path->references, 2);
    assert_int_equal(snapshot->tls.cert_type->references, 2);
    assert_int_equal(snapshot->tls.key_type->references, 2);
    assert_int_equal(snapshot->unix_socket_path->references, 2);
    assert_int_equal(snapshot->post_copy->references, 2);
    settings_unref(snapshot);
}

static void short_memory_leaves_the_settings_as_they_were(void **state)
{
    struct settings *snapshot;
    struct curl_blob blob = {"bytes", 5, CURL_BLOB_COPY};

    (void)state;
    set(CURLOPT_URL, "http://one/");
    limit_memory(0);
    assert_int_equal(set(CURLOPT_URL, "http://two/"), CURLE_OUT_OF_MEMORY);
    assert_int_equal(set(CURLOPT_SSLCERT_BLOB, &blob), CURLE_OUT_OF_MEMORY);
    assert_int_equal(set(CURLOPT_COPYPOSTFIELDS, "x"), CURLE_OUT_OF_MEMORY);
    assert_int_equal(set(CURLOPT_CAINFO, "x"), CURLE_OUT_OF_MEMORY);
    assert_false(settings->tls.ca_file_set);
    assert_int_equal(settings->method, METHOD_GET);
    assert_null(settings_new());
    snapshot = settings_ref(settings);
    assert_int_equal(set(CURLOPT_PORT, 1L), CURLE_OUT_OF_MEMORY);
    assert_ptr_equal(snapshot, settings);
    limit_memory(1);
    assert_int_equal(set(CURLOPT_URL, "http://two/"), CURLE_OUT_OF_MEMORY);
    unlimit_memory();
    assert_text(url, "http://one/");
    settings_unref(snapshot);
}

/* ---- Methods and bodies ---- */

static void the_method_asked_for_last_counts(void **state)
{
    static const struct {
        CURLoption option;
        long value;
        enum method then;
    } steps[] = {
        {CURLOPT_POST,    1, METHOD_POST},
        {CURLOPT_NOBODY,  0, METHOD_POST},
        {CURLOPT_NOBODY,  1, METHOD_HEAD},
        {CURLOPT_HTTPGET, 0, METHOD_HEAD},
        {CURLOPT_NOBODY,  0, METHOD_GET },
        {CURLOPT_UPLOAD,  1, METHOD_PUT },
        {CURLOPT_POST,    1, METHOD_POST},
        {CURLOPT_POST,    0, METHOD_GET },
        {CURLOPT_PUT,     1, METHOD_PUT },
        {CURLOPT_HTTPGET, 1, METHOD_GET },
        {CURLOPT_UPLOAD,  1, METHOD_PUT },
        {CURLOPT_UPLOAD,  0, METHOD_GET },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        assert_int_equal(set(steps[i].option, steps[i].value), CURLE_OK);
        assert_int_equal(settings->method, steps[i].then);
    }
}

static void postfields_makes_a_post_of_the_programs_bytes(void **state)
{
    static const char body[] = "a=b";

    (void)state;
    set(CURLOPT_NOBODY, 1L);
    assert_int_equal(set(CURLOPT_POSTFIELDS, body), CURLE_OK);
    assert_int_equal(settings->method, METHOD_POST);
    assert_ptr_equal(settings->post_fields, body);
    assert_int_equal(settings->post_field_size, -1);
    assert_int_equal(set(CURLOPT_POSTFIELDS, NULL), CURLE_OK);
    assert_null(settings->post_fields);
    assert_int_equal(settings->method, METHOD_POST);
}

static void copypostfields_copies_as_much_as_the_size_says(void **state)
{
    char body[] = "ab\0cd";

    (void)state;
    assert_int_equal(set(CURLOPT_COPYPOSTFIELDS, body), CURLE_OK);
    assert_int_equal(settings->post_copy->len, 2);
    set(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)5);
    assert_int_equal(set(CURLOPT_COPYPOSTFIELDS, body), CURLE_OK);
    body[0] = 'X';
    assert_int_equal(settings->post_copy->len, 5);
    assert_memory_equal(settings->post_fields, "ab\0cd", 5);
    assert_int_equal(set(CURLOPT_POSTFIELDS, body), CURLE_OK);
    assert_null(settings->post_copy);
}

static void a_copy_is_not_read_beyond_its_end(void **state)
{
    (void)state;
    set(CURLOPT_COPYPOSTFIELDS, "four");
    set(CURLOPT_POSTFIELDSIZE, 3L);
    assert_non_null(settings->post_fields);
    set(CURLOPT_POSTFIELDSIZE, 5L);
    assert_null(settings->post_fields);
    assert_null(settings->post_copy);
}

/* ---- Values with a meaning ---- */

static void protocols_are_read_by_name(void **state)
{
    static const struct {
        const char *text;
        CURLcode result;
        long protocols;
    } lists[] = {
        {"http",        CURLE_OK,                    CURLPROTO_HTTP                  },
        {"HTTPS,http",  CURLE_OK,                    CURLPROTO_HTTP | CURLPROTO_HTTPS},
        {",,https,",    CURLE_OK,                    CURLPROTO_HTTPS                 },
        {"all",         CURLE_OK,                    (long)CURLPROTO_ALL             },
        {"",            CURLE_BAD_FUNCTION_ARGUMENT, 0                               },
        {",",           CURLE_BAD_FUNCTION_ARGUMENT, 0                               },
        {"http, https", CURLE_UNSUPPORTED_PROTOCOL,  0                               },
        {"smb",         CURLE_UNSUPPORTED_PROTOCOL,  0                               },
        {"httpx",       CURLE_UNSUPPORTED_PROTOCOL,  0                               },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        long before = settings->allowed_protocols;
        long then = lists[i].result ? before : lists[i].protocols;
        assert_int_equal(set(CURLOPT_PROTOCOLS_STR, lists[i].text), lists[i].result);
        assert_int_equal(settings->allowed_protocols, then);
    }
    assert_int_equal(set(CURLOPT_PROTOCOLS_STR, NULL), CURLE_OK);
    assert_int_equal(settings->allowed_protocols, (long)CURLPROTO_ALL);
    assert_int_equal(set(CURLOPT_PROTOCOLS, CURLPROTO_HTTPS), CURLE_OK);
    assert_int_equal(settings->allowed_protocols, CURLPROTO_HTTPS);
    assert_int_equal(set(CURLOPT_REDIR_PROTOCOLS_STR, "https"), CURLE_OK);
    assert_int_equal(settings->redirect_protocols, CURLPROTO_HTTPS);
}

static void sslversion_is_two_versions(void **state)
{
    (void)state;
    assert_int_equal(set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_3),
                     CURLE_OK);
    assert_int_equal(settings->tls.version_min, CURL_SSLVERSION_TLSv1_2);
    assert_int_equal(settings->tls.version_max, CURL_SSLVERSION_MAX_TLSv1_3);
}

static void the_two_kinds_of_unix_socket_replace_each_other(void **state)
{
    (void)state;
    set(CURLOPT_ABSTRACT_UNIX_SOCKET, "one");
    assert_true(settings->abstract_unix_socket);
    set(CURLOPT_UNIX_SOCKET_PATH, "two");
    assert_text(unix_socket_path, "two");
    assert_false(settings->abstract_unix_socket);
    set(CURLOPT_ABSTRACT_UNIX_SOCKET, NULL);
    assert_null(settings->unix_socket_path);
}

static void a_ca_file_of_null_is_no_file(void **state)
{
    (void)state;
    assert_false(settings->tls.ca_file_set);
    set(CURLOPT_CAINFO, NULL);
    assert_true(settings->tls.ca_file_set);
    assert_null(settings->tls.ca_file);
}

static void options_without_effect_are_accepted(void **state)
{
    (void)state;
    assert_int_equal(set(CURLOPT_RANDOM_FILE, "x"), CURLE_OK);
    assert_int_equal(set(CURLOPT_DNS_USE_GLOBAL_CACHE, 1L), CURLE_OK);
    assert_int_equal(set(CURLOPT_NOSIGNAL, 1L), CURLE_OK);
    assert_int_equal(set(CURLOPT_QUICK_EXIT, 1L), CURLE_OK);
    assert_int_equal(set(CURLOPT_UPKEEP_INTERVAL_MS, 5000L), CURLE_OK);
    assert_int_equal(set(CURLOPT_UPKEEP_INTERVAL_MS, -1L), CURLE_BAD_FUNCTION_ARGUMENT);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_option_is_found_under_its_names),
        CASE(names_are_found_in_any_case),
        CASE(numbers_that_are_no_option_are_unknown),
        CASE(what_is_not_built_accepts_its_default_and_refuses_the_rest),
        CASE(userpwd_is_split_at_its_first_colon),
        CASE(proxyuserpwd_is_decoded),
        CASE(auth_masks_keep_what_is_built),
        CASE(interfaces_without_a_name_are_refused),
        CASE(features_that_are_not_built_are_refused),
        CASE(numbers_out_of_range_are_refused),
        CASE(times_are_kept_in_milliseconds),
        CASE(sizes_that_are_requests_are_brought_into_their_range),
        CASE(a_negative_int_is_taken_for_what_it_was),
        CASE(large_and_long_share_a_field),
        CASE(strings_are_copied_and_null_resets),
        CASE(a_string_over_the_limit_is_refused),
        CASE(blobs_are_copied_and_empty_ones_refused),
        CASE(pointers_and_functions_are_kept),
        CASE(a_snapshot_stays_as_it_was),
        CASE(without_a_snapshot_nothing_is_copied),
        CASE(every_string_is_counted),
        CASE(short_memory_leaves_the_settings_as_they_were),
        CASE(the_method_asked_for_last_counts),
        CASE(postfields_makes_a_post_of_the_programs_bytes),
        CASE(copypostfields_copies_as_much_as_the_size_says),
        CASE(a_copy_is_not_read_beyond_its_end),
        CASE(protocols_are_read_by_name),
        CASE(sslversion_is_two_versions),
        CASE(the_two_kinds_of_unix_socket_replace_each_other),
        CASE(a_ca_file_of_null_is_no_file),
        CASE(options_without_effect_are_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
