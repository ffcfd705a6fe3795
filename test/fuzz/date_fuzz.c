/* SPDX-License-Identifier: MIT */
/* A date that was read and can be written in HTTP's form reads back as the same time. */
#include "fuzz.h"

#include "wire/date.h"

const char *const fuzz_seeds[] = {
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "20040912 15:05:58 -0700",
    "1994.Nov.6 1:1: +1400",
    "31 Dec 1583 23:59:60 MESZ",
    "06 Nov 2147483647",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const int64_t first = -12212553600, last = 253402300799; /* the years 1583 to 9999 */
    char text[DATE_TEXT_SIZE];
    int64_t seconds, again;

    if (!date_parse((struct str){(const char *)bytes, len}, &seconds))
        return 0;
    date_format(seconds, text);
    if (seconds < first || seconds > last)
        return 0;
    assert(date_parse(str_of(text), &again));
    assert(again == seconds);
    return 0;
}
