/* SPDX-License-Identifier: MIT */
/* HdrHistogram's encoding: there and back, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "out/hdr.h"

struct pair {
    struct histogram from;
    struct histogram to;
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct pair));
    return *state == NULL;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void there_and_back(struct pair *pair)
{
    char *text = hdr_encode(&pair->from);

    assert_non_null(text);
    assert_memory_equal(text, "HISTFAAA", 8);
    assert_true(hdr_decode(&pair->to, text));
    assert_memory_equal(pair->from.cells, pair->to.cells, sizeof(pair->to.cells));
    assert_int_equal(pair->from.count, pair->to.count);
    free(text);
}

static void cells_come_back_as_they_were(void **state)
{
    struct pair *pair = *state;
    uint64_t seed = 1;

    there_and_back(pair); /* an empty one */
    for (int i = 0; i < 50000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        histogram_add(&pair->from, (seed >> 22) >> (seed % 41));
    }
    memset(&pair->to, 0, sizeof(pair->to));
    there_and_back(pair);
}

static void large_counts_come_back(void **state)
{
    struct pair *pair = *state;

    for (int bit = 0; bit < 62; bit++) { /* the lengths of its numbers */
        histogram_add_cell(&pair->from, (size_t)bit * 37, UINT64_C(1) << bit);
    }
    histogram_add_cell(&pair->from, HISTOGRAM_CELLS - 1, 1);
    there_and_back(pair);
}

static void what_is_cut_or_changed_is_refused_or_read_without_harm(void **state)
{
    struct pair *pair = *state;

    for (uint64_t value = 1; value < 100000; value += 77) {
        histogram_add(&pair->from, value);
    }
    char *text = hdr_encode(&pair->from);
    assert_non_null(text);
    size_t len = strlen(text);
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    for (size_t i = 0; i < len; i++) {
        memcpy(copy, text, len + 1);
        copy[i] = '\0';
        assert_false(hdr_decode(&pair->to, copy));
        memcpy(copy, text, len + 1);
        copy[i] = copy[i] == 'x' ? 'y' : 'x';
        hdr_decode(&pair->to, copy); /* mostly refused: a checksum is in it */
    }
    assert_false(hdr_decode(&pair->to, ""));
    assert_false(hdr_decode(&pair->to, "===="));
    assert_false(hdr_decode(&pair->to, "AAAA"));
    free(copy);
    free(text);
}

static void log_is_read_back_whole(void **state)
{
    struct pair *pair = *state;
    char *text = NULL;
    size_t len = 0;
    long line = 0;

    FILE *file = open_memstream(&text, &len);
    assert_non_null(file);
    hdr_log_begin(file, 1000000000.25);
    for (int second = 0; second < 3; second++) {
        memset(&pair->from, 0, sizeof(pair->from));
        for (uint64_t i = 1; i <= 100; i++) {
            histogram_add(&pair->from, i * 1000000 * (uint64_t)(second + 1));
        }
        assert_true(hdr_log_add(file, second == 1 ? "a tag" : NULL, second, 1, &pair->from));
    }
    fclose(file);
    assert_non_null(strstr(text, "Tag=a_tag,1.000,1.000,200.000,HISTFAAA"));
    file = fmemopen(text, len, "r");
    assert_non_null(file);
    assert_true(hdr_log_read(file, &pair->to, &line));
    fclose(file);
    assert_int_equal(pair->to.count, 300);
    assert_int_equal(line, 7);
    assert_in_range(histogram_percentile(&pair->to, 100), 300000000, 300300000);
    free(text);
}

static void table_of_percentiles_ends_with_the_maximum(void **state)
{
    struct pair *pair = *state;
    char *text = NULL;
    size_t len = 0;

    for (uint64_t i = 1; i <= 1000; i++) {
        histogram_add(&pair->from, i * 1000000);
    }
    FILE *file = open_memstream(&text, &len);
    assert_non_null(file);
    hdr_percentiles(file, &pair->from);
    fclose(file);
    assert_non_null(strstr(text, "1000.000 1.000000000000       1000\n#[Mean"));
    assert_non_null(strstr(text, "500.171 0.500000000000        500           2.00\n"));
    assert_non_null(strstr(text, "Total count    =         1000]"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cells_come_back_as_they_were, setup, teardown),
        cmocka_unit_test_setup_teardown(large_counts_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_cut_or_changed_is_refused_or_read_without_harm,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(log_is_read_back_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(table_of_percentiles_ends_with_the_maximum, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
