/* SPDX-License-Identifier: MIT */
/* curl_url and part works on its handles. */
#include "wire/url.h"

#include "base/mem.h"

#include <curl/curl.h>

struct Curl_URL {
    struct url url;
};

CURLU *curl_url(void)
{
    return mem_calloc(1, sizeof(CURLU));
}

void curl_url_cleanup(CURLU *url)
{
    if (!url)
        return;
    url_release(&url->url);
    mem_free(url);
}

CURLU *curl_url_dup(const CURLU *in)
{
    CURLU *copy;

    if (!in)
        return NULL;
    copy = curl_url();
    if (copy && url_copy(&in->url, &copy->url)) {
        curl_url_cleanup(copy);
        return NULL;
    }
    return copy;
}

CURLUcode curl_url_get(const CURLU *url, CURLUPart part, char **text, unsigned int flags)
{
    if (!url)
        return CURLUE_BAD_HANDLE;
    if (!text)
        return CURLUE_BAD_PARTPOINTER;
    *text = NULL;
    return url_get_part(&url->url, part, text, flags);
}

CURLUcode curl_url_set(CURLU *url, CURLUPart part, const char *text, unsigned int flags)
{
    return url ? url_set_part(&url->url, part, text, flags) : CURLUE_BAD_HANDLE;
}
