/* SPDX-License-Identifier: MIT */
/* The public helpers for strings: percent encoding, comparison, the environment. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "wire/escape.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- Percent encoding ---- */

/* The program's text: 0 is up to the NUL. False for what is none. */
static bool take_text(const char *string, int len, struct str *ret)
{
    if (!string || len < 0)
        return false;
    *ret = (struct str){string, len ? (size_t)len : strlen(string)};
    return true;
}

char *curl_easy_escape(CURL *easy, const char *string, int len)
{
    scoped(buf) escaped = {0};
    struct str text;

    (void)easy;
    if (!take_text(string, len, &text))
        return NULL;
    escape_append(&escaped, text);
    return buf_take(&escaped);
}

char *curl_easy_unescape(CURL *easy, const char *string, int len, int *ret_len)
{
    scoped(buf) plain = {0};
    struct str text;
    size_t plain_len;
    char *result;

    (void)easy;
    if (!take_text(string, len, &text))
        return NULL;
    unescape_append(&plain, text);
    plain_len = plain.len;
    if (ret_len && plain_len > INT_MAX)
        return NULL;
    result = buf_take(&plain);
    if (result && ret_len)
        *ret_len = (int)plain_len;
    return result;
}

char *curl_escape(const char *string, int len)
{
    return curl_easy_escape(NULL, string, len);
}

char *curl_unescape(const char *string, int len)
{
    return curl_easy_unescape(NULL, string, len, NULL);
}

/* ---- Memory, comparison, environment ---- */

void curl_free(void *pointer)
{
    mem_free(pointer);
}

int curl_strequal(const char *one, const char *other)
{
    if (!one || !other)
        return one == other;
    return text_equal_nocase(one, other);
}

int curl_strnequal(const char *one, const char *other, size_t len)
{
    if (!one || !other)
        return one == other && len;
    return str_equal_nocase((struct str){one, strnlen(one, len)},
                            (struct str){other, strnlen(other, len)});
}

/* A variable without a value is none. */
char *curl_getenv(const char *name)
{
    const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe): as documented */

    return value && *value ? mem_strdup(value) : NULL;
}
