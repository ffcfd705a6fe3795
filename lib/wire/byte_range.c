/* SPDX-License-Identifier: MIT */
#include "wire/byte_range.h"

static void skip_blanks(struct str *text)
{
    while (text->len && (*text->at == ' ' || *text->at == '\t')) {
        text->at++;
        text->len--;
    }
}

/* False when there is none; one too large counts as the largest. */
static bool take_number(struct str *text, int64_t *ret)
{
    bool any = false;

    *ret = 0;
    skip_blanks(text);
    while (text->len && *text->at >= '0' && *text->at <= '9') {
        int digit = *text->at - '0';
        *ret = *ret > (INT64_MAX - digit) / 10 ? INT64_MAX : *ret * 10 + digit;
        any = true;
        text->at++;
        text->len--;
    }
    skip_blanks(text);
    return any;
}

bool byte_range_parse(struct str text, struct byte_range *ret)
{
    int64_t first, last;
    bool has_first = take_number(&text, &first), has_last;

    if (!text.len || *text.at != '-')
        return false;
    text.at++;
    text.len--;
    has_last = take_number(&text, &last);
    if (text.len && *text.at != ',')
        return false;
    if (!has_first) {
        *ret = (struct byte_range){.first = -last, .count = last};
        return has_last && last > 0;
    }
    *ret = (struct byte_range){.first = first, .count = -1};
    if (has_last) {
        if (last < first)
            return false;
        ret->count = last - first == INT64_MAX ? INT64_MAX : last - first + 1;
    }
    return true;
}
