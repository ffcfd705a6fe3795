/* SPDX-License-Identifier: MIT */
/* curl_pushheader_*: the fields of a pushed request, for the push callback. Servers are told not to
 * push (SETTINGS_ENABLE_PUSH 0), so the callback never runs and no such thing ever exists. */
#include <curl/curl.h>

char *curl_pushheader_bynum(struct curl_pushheaders *headers, size_t index)
{
    (void)headers;
    (void)index;
    return NULL;
}

char *curl_pushheader_byname(struct curl_pushheaders *headers, const char *name)
{
    (void)headers;
    (void)name;
    return NULL;
}
