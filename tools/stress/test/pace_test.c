/* SPDX-License-Identifier: MIT */
/* Due times; and, with a simulated clock, that latencies which count from them tell the truth about
 * a server that stops. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/histogram.h"
#include "run/pace.h"

static void near(double got, double wanted)
{
    assert_true(fabs(got - wanted) <= 1e-9 * fmax(1, fabs(wanted)));
}

static void constant_rate_is_due_at_equal_gaps(void **state)
{
    struct pace pace = {0};

    (void)state;
    assert_true(pace_add(&pace, 250, 250, 4));
    near(pace_total(&pace), 1000);
    near(pace_seconds(&pace), 4);
    for (int i = 0; i < 1000; i++) {
        near(pace_due(&pace, i), i / 250.0);
    }
    assert_true(isinf(pace_due(&pace, 1000)));
}

static void stages_follow_one_another(void **state)
{
    struct pace pace = {0};

    (void)state;
    assert_true(pace_read(&pace, "100:20s,1000:500ms,10:1m"));
    near(pace_seconds(&pace), 80.5);
    near(pace_total(&pace), 2000 + 500 + 600);
    near(pace_due(&pace, 1999), 19.99);
    near(pace_due(&pace, 2000), 20);
    near(pace_due(&pace, 2250), 20.25);
    near(pace_due(&pace, 2510), 21.5);
    near(pace_rate(&pace, 19.9), 100);
    near(pace_rate(&pace, 20.1), 1000);
    near(pace_rate(&pace, 99), 0);
}

static void ramp_has_as_many_arrivals_as_its_area(void **state)
{
    struct pace pace = {0};

    (void)state;
    assert_true(pace_read(&pace, "0-200:10"));
    near(pace_total(&pace), 1000);
    for (int i = 0; i < 1000; i++) { /* after t seconds 10 t^2 are due */
        near(pace_due(&pace, i), sqrt(i / 10.0));
    }
    pace = (struct pace){0};
    assert_true(pace_read(&pace, "200-0:10"));
    near(pace_due(&pace, 750), 5);
    pace = (struct pace){0};
    assert_true(pace_read(&pace, "100-100.000001:10")); /* hardly a slope */
    near(pace_due(&pace, 500), 5 - 1.25e-8);
}

static void warmup_comes_first_at_the_first_rate(void **state)
{
    struct pace pace = {0};

    (void)state;
    assert_true(pace_read(&pace, "100:1,50:1"));
    assert_true(pace_add_first(&pace, 2));
    near(pace_due(&pace, 200), 2);
    near(pace_due(&pace, 300), 3);
    near(pace_due(&pace, 325), 3.5);
}

static void nonsense_is_refused(void **state)
{
    static const char *const texts[] = {"",      "1",        "1:",    ":1",    "x:1",   "1:x",
                                        "-1:1",  "1:0",      "1:1,",  "1-:1",  "1:1;",  "0:1",
                                        "0-0:1", "nan:1",    "inf:1", "1:nan", "1:-1s", "1 2:1",
                                        "1:1x",  "1e300:1s", "1:1e99"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct pace pace = {0};
        assert_false(pace_read(&pace, texts[i]));
    }
}

static void too_many_stages_are_refused(void **state)
{
    struct pace pace = {0};

    (void)state;
    for (int i = 0; i < PACE_STAGES; i++) {
        assert_true(pace_add(&pace, 1, 1, 1));
    }
    assert_false(pace_add(&pace, 1, 1, 1));
    assert_false(pace_add_first(&pace, 1));
}

/* A server with ten places that takes a millisecond, but stands still from the second 2 to 3. */
static double answered_at(double sent)
{
    double done = sent + 0.001;

    return done > 2 && sent < 3 ? 3 + 0.001 : done;
}

static void stopped_server_shows_in_what_counts_from_due(void **state)
{
    struct pace pace = {0};
    struct histogram *corrected = calloc(1, sizeof(*corrected));
    struct histogram *uncorrected = calloc(1, sizeof(*uncorrected));
    double free_at[10] = {0};

    (void)state;
    assert_non_null(corrected);
    assert_non_null(uncorrected);
    assert_true(pace_add(&pace, 1000, 1000, 5));
    for (int i = 0; i < 5000; i++) {
        double due = pace_due(&pace, i);
        double *place = &free_at[0];
        for (int j = 1; j < 10; j++) {
            place = free_at[j] < *place ? &free_at[j] : place;
        }
        double sent = fmax(due, *place);
        *place = answered_at(sent);
        histogram_add(corrected, (uint64_t)((*place - due) * 1e9));
        histogram_add(uncorrected, (uint64_t)((*place - sent) * 1e9));
    }
    /* A fifth of all were due while it stood still, and waited from 1 s down to nothing; the queue
     * that stood then took a tenth of a second more. */
    double p90 = (double)histogram_percentile(corrected, 90) / 1e6;
    double p99 = (double)histogram_percentile(corrected, 99) / 1e6;
    assert_true(p90 >= 450 && p90 <= 550 + 10);
    assert_true(p99 >= 902 && p99 <= 998);
    assert_true(histogram_percentile(uncorrected, 99) < 2000000);
    free(corrected);
    free(uncorrected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_rate_is_due_at_equal_gaps),
        cmocka_unit_test(stages_follow_one_another),
        cmocka_unit_test(ramp_has_as_many_arrivals_as_its_area),
        cmocka_unit_test(warmup_comes_first_at_the_first_rate),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(too_many_stages_are_refused),
        cmocka_unit_test(stopped_server_shows_in_what_counts_from_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
