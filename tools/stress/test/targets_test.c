/* SPDX-License-Identifier: MIT */
/* The file of requests. The library's lists are the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/library.h"
#include "run/targets_file.h"

static struct curl_slist *append(struct curl_slist *list, const char *text)
{
    struct curl_slist *item = calloc(1, sizeof(*item));
    struct curl_slist **end = &list;

    assert_non_null(item);
    item->data = strdup(text);
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = item;
    return list;
}

static void free_all(struct curl_slist *list)
{
    while (list != NULL) {
        struct curl_slist *next = list->next;
        free(list->data);
        free(list);
        list = next;
    }
}

static int setup(void **state)
{
    (void)state;
    lib.slist_append = append;
    lib.slist_free_all = free_all;
    return 0;
}

static bool parse(struct target_list *list, const char *text, char error[TARGET_ERROR_MAX])
{
    char *copy = strdup(text);

    assert_non_null(copy);
    *list = (struct target_list){0};
    bool works = targets_file_parse(list, "some/file", copy, error);
    free(copy);
    return works;
}

static void blocks_are_requests(void **state)
{
    char error[TARGET_ERROR_MAX];
    struct target_list list;

    (void)state;
    assert_true(parse(&list,
                      "# two of them\n\n"
                      "POST http://x/a weight=3 size=1k\r\n"
                      "# inside\n"
                      "Content-Type: text/plain\n"
                      "X-Empty;\n"
                      "=hello world\n"
                      "\n   \n"
                      "GET http://x/b\n"
                      "\n"
                      "PUT http://x/c\n"
                      "*70k",
                      error));
    assert_int_equal(list.count, 3);
    assert_string_equal(list.items[0].url, "http://x/a");
    assert_string_equal(list.items[0].method, "POST");
    assert_int_equal(list.items[0].weight, 3);
    assert_int_equal(list.items[0].expected_bytes, 1000);
    assert_string_equal(list.items[0].text, "hello world");
    assert_int_equal(list.items[0].body_bytes, 11);
    assert_string_equal(list.items[0].headers->data, "Content-Type: text/plain");
    assert_string_equal(list.items[0].headers->next->data, "X-Empty;");
    assert_int_equal(list.items[1].weight, 1);
    assert_int_equal(list.items[1].body, BODY_NONE);
    assert_int_equal(list.items[2].body, BODY_PATTERN);
    assert_int_equal(list.items[2].body_bytes, 70000);
    assert_true(list.items[2].put);
    target_list_release(&list);
}

static void what_is_wrong_is_said_with_its_line(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"",                               "line 0: there is no request"},
        {"# only\n\n",                     "line 2: there is no request"},
        {"get http://x/\n",                "line 1: a request begins"   },
        {"GET\n",                          "line 1: a request begins"   },
        {"GET http://x/ weight=0\n",       "line 1: a weight"           },
        {"GET http://x/ weight=9999999\n", "line 1: a weight"           },
        {"GET http://x/ size=x\n",         "line 1: size="              },
        {"GET http://x/ what=1\n",         "line 1: after the URL"      },
        {"GET http://x/\nno header\n",     "line 2: neither a header"   },
        {"GET http://x/\n: x\n",           "line 2: neither a header"   },
        {"POST http://x/\n=a\n=b\n",       "line 3: a request has one"  },
        {"POST http://x/\n*x\n",           "line 2: '*'"                },
        {"POST http://x/\n<not/there\n",   "line 2: No such file"       },
        {"HEAD http://x/\n=a\n",           "line 2: a HEAD"             },
    };
    char error[TARGET_ERROR_MAX];
    struct target_list list;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_false(parse(&list, cases[i].text, error));
        assert_non_null(strstr(error, cases[i].says));
        target_list_release(&list);
    }
}

static void turns_follow_the_weights_evenly(void **state)
{
    char path[] = "/tmp/curlpool-stress-targets-XXXXXX";
    struct options options = {.body_bytes = -1, .expected_bytes = -1, .targets_file = path};
    char error[TARGET_ERROR_MAX];
    struct target_list list = {0};
    int seen[3] = {0};
    size_t last = 0;

    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *file = fdopen(fd, "w");
    assert_non_null(file);
    fputs("GET a: weight=1\n\nGET b: weight=6\n\nGET c: weight=3\n", file);
    fclose(file);
    assert_true(target_list_of_urls(&list, &options, error));
    remove(path);
    assert_int_equal(list.order_len, 10);
    for (uint64_t i = 0; i < 1000; i++) {
        size_t index = (size_t)(target_list_at(&list, i) - list.items);
        seen[index]++;
        assert_false(index != 1 && index == last); /* only the one with six of ten comes twice */
        last = index;
    }
    assert_int_equal(seen[0], 100);
    assert_int_equal(seen[1], 600);
    assert_int_equal(seen[2], 300);
    target_list_release(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_requests),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(turns_follow_the_weights_evenly),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
