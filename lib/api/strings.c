/* SPDX-License-Identifier: MIT */
/* The public helpers for strings: percent encoding, comparison, the environment, printf. */
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "wire/escape.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
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

/* ---- printf: the count is of what was written ---- */

int curl_mvsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
    int len = vsnprintf(buffer, size, format, arguments);

    if (len < 0 || (size_t)len < size)
        return len;
    return size ? (int)(size - 1) : 0;
}

/* The program vouches for the room, as it does to vsprintf. */
int curl_mvsprintf(char *buffer, const char *format, va_list arguments)
{
    return vsnprintf(buffer, INT_MAX, format, arguments);
}

int curl_mvfprintf(FILE *out, const char *format, va_list arguments)
{
    return vfprintf(out, format, arguments);
}

int curl_mvprintf(const char *format, va_list arguments)
{
    return vfprintf(stdout, format, arguments);
}

char *curl_mvaprintf(const char *format, va_list arguments)
{
    scoped(buf) text = {0};

    buf_vprintf(&text, format, arguments);
    return buf_take(&text);
}

int curl_msnprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = curl_mvsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return len;
}

int curl_msprintf(char *buffer, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = curl_mvsprintf(buffer, format, arguments);
    va_end(arguments);
    return len;
}

int curl_mfprintf(FILE *out, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = curl_mvfprintf(out, format, arguments);
    va_end(arguments);
    return len;
}

int curl_mprintf(const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = curl_mvprintf(format, arguments);
    va_end(arguments);
    return len;
}

char *curl_maprintf(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = curl_mvaprintf(format, arguments);
    va_end(arguments);
    return text;
}
