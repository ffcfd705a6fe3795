/* SPDX-License-Identifier: MIT */
/* curl_getdate. */
#include "wire/date.h"

#include <curl/curl.h>

time_t curl_getdate(const char *datestring, const time_t *now)
{
    int64_t seconds;

    (void)now; /* never used, as documented */
    if (!datestring || !date_parse(str_of(datestring), &seconds))
        return -1;
    return seconds == -1 ? 0 : (time_t)seconds; /* -1 says that there is no date */
}
