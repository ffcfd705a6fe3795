/* SPDX-License-Identifier: MIT */
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static struct mem_functions functions = {malloc, free, realloc, strdup, calloc};

void mem_use(const struct mem_functions *replacement)
{
    functions = *replacement;
}

void *mem_alloc(size_t size)
{
    return functions.malloc(size);
}

void *mem_calloc(size_t count, size_t size)
{
    return functions.calloc(count, size);
}

void *mem_realloc(void *pointer, size_t size)
{
    return functions.realloc(pointer, size);
}

void mem_free(const void *pointer)
{
    union {
        const void *read_only;
        void *owned;
    } p = {.read_only = pointer};

    if (pointer)
        functions.free(p.owned);
}

char *mem_strdup(const char *string)
{
    return functions.strdup(string);
}

void *mem_memdup(const void *bytes, size_t len)
{
    void *copy = mem_alloc(len ? len : 1);

    if (copy && len)
        memcpy(copy, bytes, len);
    return copy;
}

char *mem_memdup0(const void *bytes, size_t len)
{
    char *copy = mem_alloc(len + 1);

    if (!copy)
        return NULL;
    if (len)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}
