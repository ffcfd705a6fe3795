/* SPDX-License-Identifier: MIT */
/* The runner of conversations: each case file is two tests, with the server's bytes sent at once
 * and one at a time.
 *
 *     talk FOLDER [NAME...]     all case files of the folder, or those named */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/library.h"
#include "talk.h"

struct talk_test {
    struct talk *talk;
    enum talk_mode mode;
};

static void run_one(void **state)
{
    const struct talk_test *test = *state;

    if (test->talk->stock_differs) {
        only_curlpool_promises_this();
    }
    if (test->talk->cut_everywhere) {
        talk_run_cut_everywhere(test->talk);
    } else {
        talk_run(test->talk, test->mode);
    }
}

static int is_case(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return len > 5 && strcmp(entry->d_name + len - 5, ".talk") == 0;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(name, argv[i]) == 0) {
            return true;
        }
    }
    return argc <= 2;
}

static char *test_name(const struct talk_test *test)
{
    char name[256];

    snprintf(name, sizeof name, "%s%s", test->talk->name,
             test->mode == TALK_BYTE_BY_BYTE ? "_byte_by_byte" : "");
    return strdup(name);
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = argc > 1 ? scandir(argv[1], &entries, is_case, alphasort) : -1;
    struct talk_test *talk_tests = count > 0 ? calloc((size_t)count * 2, sizeof *talk_tests) : NULL;
    struct CMUnitTest *tests = count > 0 ? calloc((size_t)count * 2, sizeof *tests) : NULL;
    size_t total = 0;
    int failures;

    if (!tests || !talk_tests) {
        fprintf(stderr, "usage: talk FOLDER [NAME...]\n");
        return 2;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (int i = 0; i < count; i++) {
        struct talk *talk = talk_read(argv[1], entries[i]->d_name);
        int modes;

        free(entries[i]);
        if (!talk) {
            return 2;
        }
        modes = talk->cut_everywhere || talk->at_once_only ? 1 : 2;
        if (!is_wanted(talk->name, argc, argv)) {
            talk_free(talk);
            continue;
        }
        for (int mode = 0; mode < modes; mode++) {
            talk_tests[total] = (struct talk_test){.talk = talk, .mode = (enum talk_mode)mode};
            tests[total] = (struct CMUnitTest){.name = test_name(&talk_tests[total]),
                                               .test_func = run_one,
                                               .initial_state = &talk_tests[total]};
            total++;
        }
    }
    free(entries);
    failures = _cmocka_run_group_tests("talk", tests, total, NULL, NULL);
    for (size_t i = 0; i < total; i++) {
        free((char *)(uintptr_t)tests[i].name);
        if (talk_tests[i].mode == TALK_AT_ONCE) {
            talk_free(talk_tests[i].talk);
        }
    }
    free(tests);
    free(talk_tests);
    curl_global_cleanup();
    return failures;
}
