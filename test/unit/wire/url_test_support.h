/* SPDX-License-Identifier: MIT */
/* URLs in tables: what is set, with which flags, and what the whole is then. */
#ifndef TEST_URL_TEST_SUPPORT_H
#define TEST_URL_TEST_SUPPORT_H

#include "wire/url.h"

#include "base/mem.h"
#include "wire_test.h"

struct url_case {
    const char *base; /* set first with CURLU_NON_SUPPORT_SCHEME; NULL for none */
    const char *text; /* set then */
    unsigned flags;
    const char *expected; /* with CURLU_GET_EMPTY; NULL: an error */
    CURLUcode result;
};

static inline void check_url_case(const struct url_case *c)
{
    scoped(url) u = {0};
    char *text = NULL;
    CURLUcode result;

    if (c->base)
        assert_int_equal(url_set_whole(&u, c->base, CURLU_NON_SUPPORT_SCHEME), CURLUE_OK);
    result = url_set_whole(&u, c->text, c->flags);
    if (result != c->result)
        fail_msg("%s: %d instead of %d", c->text, result, c->result);
    if (!c->expected)
        return;
    assert_int_equal(url_get_part(&u, CURLUPART_URL, &text, CURLU_GET_EMPTY), CURLUE_OK);
    if (strcmp(text, c->expected))
        fail_msg("%s: %s instead of %s", c->text, text, c->expected);
    mem_free(text);
}

static inline void check_url_cases(const struct url_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_url_case(&cases[i]);
}

/* The part under flags is `expected`, or NULL and the error `result`. */
static inline void expect_part(const struct url *u, CURLUPart part, unsigned flags,
                               const char *expected, CURLUcode result)
{
    char *text = NULL;

    assert_int_equal(url_get_part(u, part, &text, flags), result);
    if (expected)
        assert_string_equal(text, expected);
    else
        assert_null(text);
    mem_free(text);
}

#endif
