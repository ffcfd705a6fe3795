/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SMALLEST = 64 };

void buf_release(struct buf *b)
{
    if (!b->lent)
        mem_free(b->bytes);
    *b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->bytes)
        b->bytes[0] = '\0';
}

bool buf_reserve(struct buf *b, size_t len)
{
    size_t capacity = b->capacity ? b->capacity : SMALLEST;
    char *bytes;

    if (b->failed)
        return false;
    if (len >= SIZE_MAX / 4 - b->len) {
        b->failed = true;
        return false;
    }
    if (b->len + len < b->capacity)
        return true;
    while (capacity <= b->len + len)
        capacity *= 2;
    bytes = mem_realloc(b->lent ? NULL : b->bytes, capacity);
    if (!bytes) {
        b->failed = true;
        return false;
    }
    if (b->lent)
        memcpy(bytes, b->bytes, b->len);
    b->lent = false;
    b->bytes = bytes;
    b->capacity = capacity;
    return true;
}

bool buf_append(struct buf *b, const void *bytes, size_t len)
{
    if (!buf_reserve(b, len))
        return false;
    if (len)
        memcpy(b->bytes + b->len, bytes, len);
    b->len += len;
    b->bytes[b->len] = '\0';
    return true;
}

bool buf_append_text(struct buf *b, const char *text)
{
    return buf_append(b, text, strlen(text));
}

bool buf_append_char_slowly(struct buf *b, char c)
{
    return buf_append(b, &c, 1);
}

bool buf_append_number(struct buf *b, long long number)
{
    char digits[24], *at = digits + sizeof(digits);
    unsigned long long left =
        number < 0 ? 0ULL - (unsigned long long)number : (unsigned long long)number;

    do
        *--at = (char)('0' + left % 10);
    while (left /= 10);
    if (number < 0)
        *--at = '-';
    return buf_append(b, at, (size_t)(digits + sizeof(digits) - at));
}

bool buf_vprintf(struct buf *b, const char *format, va_list arguments)
{
    va_list again;
    int needed;

    va_copy(again, arguments);
    if (!buf_reserve(b, SMALLEST)) {
        va_end(again);
        return false;
    }
    needed = vsnprintf(b->bytes + b->len, b->capacity - b->len, format, arguments);
    if (needed >= 0 && (size_t)needed >= b->capacity - b->len) {
        if (buf_reserve(b, (size_t)needed + 1))
            needed = vsnprintf(b->bytes + b->len, b->capacity - b->len, format, again);
        else
            needed = -1;
    }
    va_end(again);
    if (needed < 0) {
        b->failed = true;
        b->bytes[b->len] = '\0';
        return false;
    }
    b->len += (size_t)needed;
    return true;
}

bool buf_printf(struct buf *b, const char *format, ...)
{
    va_list arguments;
    bool ok;

    va_start(arguments, format);
    ok = buf_vprintf(b, format, arguments);
    va_end(arguments);
    return ok;
}

void buf_consume(struct buf *b, size_t len)
{
    if (len >= b->len) {
        buf_clear(b);
        return;
    }
    memmove(b->bytes, b->bytes + len, b->len - len);
    b->len -= len;
    b->bytes[b->len] = '\0';
}

char *buf_take(struct buf *b)
{
    char *bytes;

    if (!buf_append(b, "", 0)) {
        buf_release(b);
        return NULL;
    }
    bytes = b->lent ? mem_memdup0(b->bytes, b->len) : b->bytes;
    *b = (struct buf){0};
    return bytes;
}
