/* SPDX-License-Identifier: MIT */
/* curl_mprintf and its family: where the text goes. The count is of what was written. */
#include "api/mprintf.h"
#include "base/buf.h"

#include <curl/curl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Allocated text is shorter than this, in bytes. */
enum { ALLOCATED_LIMIT = 8000000 };

/* ---- Into the program's buffer ---- */

struct room {
    struct mprintf_sink sink;
    char *at;
    size_t left; /* without the NUL's place */
};

static bool put_into_room(struct mprintf_sink *sink, const char *text, size_t len)
{
    struct room *room = (struct room *)sink;
    size_t n = len < room->left ? len : room->left;

    memcpy(room->at, text, n);
    room->at += n;
    room->left -= n;
    sink->count += (int)n;
    return n == len;
}

static int write_into(char *buffer, size_t most, const char *format, va_list arguments)
{
    struct room room = {.sink.put = put_into_room, .at = buffer, .left = most};

    if (most > INT_MAX)
        room.left = INT_MAX;
    mprintf_write(&room.sink, format, arguments);
    *room.at = '\0';
    return room.sink.count;
}

int curl_mvsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
    return size ? write_into(buffer, size - 1, format, arguments) : 0;
}

/* The program vouches for the room, as it does to vsprintf. */
int curl_mvsprintf(char *buffer, const char *format, va_list arguments)
{
    return write_into(buffer, INT_MAX, format, arguments);
}

/* ---- Into a stream ---- */

struct stream {
    struct mprintf_sink sink;
    FILE *out;
};

static bool put_into_stream(struct mprintf_sink *sink, const char *text, size_t len)
{
    size_t n = fwrite(text, 1, len, ((struct stream *)sink)->out);

    sink->count = n > (size_t)(INT_MAX - sink->count) ? INT_MAX : sink->count + (int)n;
    return n == len;
}

int curl_mvfprintf(FILE *out, const char *format, va_list arguments)
{
    struct stream stream = {.sink.put = put_into_stream, .out = out};

    return mprintf_write(&stream.sink, format, arguments);
}

int curl_mvprintf(const char *format, va_list arguments)
{
    return curl_mvfprintf(stdout, format, arguments);
}

/* ---- Into memory ---- */

struct growing {
    struct mprintf_sink sink;
    struct buf text;
};

static bool put_into_buf(struct mprintf_sink *sink, const char *text, size_t len)
{
    struct growing *growing = (struct growing *)sink;

    if (len >= ALLOCATED_LIMIT - growing->text.len || !buf_append(&growing->text, text, len)) {
        growing->text.failed = true;
        return false;
    }
    sink->count += (int)len;
    return true;
}

char *curl_mvaprintf(const char *format, va_list arguments)
{
    struct growing growing = {.sink.put = put_into_buf};
    char *result;

    mprintf_write(&growing.sink, format, arguments);
    result = buf_take(&growing.text);
    buf_release(&growing.text);
    return result;
}

/* ---- The same with the arguments themselves ---- */

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
