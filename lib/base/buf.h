/* SPDX-License-Identifier: MIT */
/* A growable run of bytes. A zeroed `struct buf` is an empty one. When memory is short an append
 * returns false and the buffer stays failed: `buf_failed` tells at the end of a chain of appends.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/scope.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *bytes;     /* owned unless lent; NUL behind the last byte once anything was appended */
    size_t len;      /* bytes in use */
    size_t capacity; /* bytes allocated */
    bool failed;     /* an append found no memory */
    bool lent;       /* `bytes` is the caller's array */
};

/* An empty buffer that begins in an array of the caller's, which must outlive it, and allocates
 * only what does not fit there. */
#define BUF_IN(array)                                                                              \
    {                                                                                              \
        .bytes = (array), .capacity = sizeof(array), .lent = true                                  \
    }

void buf_release(struct buf *);
DEFINE_SCOPED(buf)

/* Forgets the bytes, keeps the memory; a failed buffer works again. */
void buf_clear(struct buf *);

bool buf_append(struct buf *, const void *bytes, size_t len);
bool buf_append_text(struct buf *, const char *text);
bool buf_append_char_slowly(struct buf *, char c);
bool buf_append_number(struct buf *, long long number);
bool buf_printf(struct buf *, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool buf_vprintf(struct buf *, const char *format, va_list) __attribute__((format(printf, 2, 0)));

/* Room for `len` more bytes. */
bool buf_reserve(struct buf *, size_t len);

static inline bool buf_append_char(struct buf *b, char c)
{
    if (b->len + 1 >= b->capacity || b->failed)
        return buf_append_char_slowly(b, c);
    b->bytes[b->len++] = c;
    b->bytes[b->len] = '\0';
    return true;
}

/* Drops the first `len` bytes; the rest moves to the front. */
void buf_consume(struct buf *, size_t len);

static inline bool buf_failed(const struct buf *b)
{
    return b->failed;
}

/* The bytes as a string: never NULL. */
static inline const char *buf_text(const struct buf *b)
{
    return b->len ? b->bytes : "";
}

/* Gives the memory away (mem_free it); NULL when the buffer failed or memory is short. */
char *buf_take(struct buf *);

#endif
