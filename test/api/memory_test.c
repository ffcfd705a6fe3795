/* SPDX-License-Identifier: MIT */
/* curl_global_init_mem(): the program's functions are used, and all that was taken comes back at
 * curl_global_cleanup(). They are thread-safe, as the manual wants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/fetch.h"
#include "support/library.h"

static atomic_long taken, calls;

static void *count_malloc(size_t size)
{
    void *memory = malloc(size);

    atomic_fetch_add(&calls, 1);
    atomic_fetch_add(&taken, memory != NULL);
    return memory;
}

static void count_free(void *memory)
{
    atomic_fetch_sub(&taken, memory != NULL);
    free(memory);
}

static void *count_realloc(void *memory, size_t size)
{
    void *grown = realloc(memory, size);

    atomic_fetch_add(&calls, 1);
    atomic_fetch_add(&taken, memory == NULL && grown != NULL);
    return grown;
}

static char *count_strdup(const char *text)
{
    char *copy = count_malloc(strlen(text) + 1);

    if (copy) {
        memcpy(copy, text, strlen(text) + 1);
    }
    return copy;
}

static void *count_calloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    atomic_fetch_add(&calls, 1);
    atomic_fetch_add(&taken, memory != NULL);
    return memory;
}

static void run_some(void)
{
    struct server *server = server_start_bytes(50000);
    struct fetch *fetches[10];
    CURLM *multi = multi_new();
    struct curl_slist *list = curl_slist_append(NULL, "X-One: 1");

    for (int i = 0; i < 10; i++) {
        fetches[i] = fetch_new(server, "/");
        curl_easy_setopt(fetches[i]->easy, CURLOPT_HTTPHEADER, list);
        curl_easy_setopt(fetches[i]->easy, CURLOPT_COPYPOSTFIELDS, "body");
        multi_add(multi, fetches[i]);
    }
    drive_to_end(multi);
    for (int i = 0; i < 10; i++) {
        assert_fetched(fetches[i], 200, 50000);
        multi_remove(multi, fetches[i]);
        fetch_free(fetches[i]);
    }
    curl_slist_free_all(list);
    curl_multi_cleanup(multi);
    server_stop(server);
}

static void all_memory_of_the_programs_functions_comes_back(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        atomic_store(&calls, 0);
        assert_int_equal(curl_global_init_mem(CURL_GLOBAL_DEFAULT, count_malloc, count_free,
                                              count_realloc, count_strdup, count_calloc),
                         CURLE_OK);
        run_some();
        assert_true(atomic_load(&calls) > 100);
        curl_global_cleanup();
        assert_int_equal(atomic_load(&taken), 0);
    }
}

static void memory_function_that_is_missing_is_refused(void **state)
{
    (void)state;
    assert_int_equal(curl_global_init_mem(CURL_GLOBAL_DEFAULT, count_malloc, NULL, count_realloc,
                                          count_strdup, count_calloc),
                     CURLE_FAILED_INIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_function_that_is_missing_is_refused),
        cmocka_unit_test(all_memory_of_the_programs_functions_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
