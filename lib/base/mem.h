/* SPDX-License-Identifier: MIT */
/* Memory. Every allocation of the library goes through the functions that curl_global_init_mem set
 * (the C library's by default); they may be called from any thread, workers included. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

struct mem_functions {
    void *(*malloc)(size_t size);
    void (*free)(void *pointer);
    void *(*realloc)(void *pointer, size_t size);
    char *(*strdup)(const char *string);
    void *(*calloc)(size_t count, size_t size);
};

/* Replaces the functions. Only while the library owns no memory (curl_global_init_mem). */
void mem_use(const struct mem_functions *replacement);

/* All return NULL when memory is short; mem_free takes NULL. */
void *mem_alloc(size_t size);
void *mem_calloc(size_t count, size_t size);
void *mem_realloc(void *pointer, size_t size);
void mem_free(const void *pointer);
char *mem_strdup(const char *string);

/* A copy of `len` bytes with a NUL behind them. */
char *mem_memdup0(const void *bytes, size_t len);

/* A copy of `len` bytes. */
void *mem_memdup(const void *bytes, size_t len);

#endif
