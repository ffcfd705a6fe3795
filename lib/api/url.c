/* SPDX-License-Identifier: MIT */
/* curl_url and what works on its handles. */
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

void curl_url_cleanup(CURLU *handle)
{
    if (!handle)
        return;
    url_release(&handle->url);
    mem_free(handle);
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

CURLUcode curl_url_get(const CURLU *handle, CURLUPart what, char **part, unsigned int flags)
{
    if (!handle)
        return CURLUE_BAD_HANDLE;
    if (!part)
        return CURLUE_BAD_PARTPOINTER;
    *part = NULL;
    return url_get_part(&handle->url, what, part, flags);
}

CURLUcode curl_url_set(CURLU *handle, CURLUPart what, const char *part, unsigned int flags)
{
    return handle ? url_set_part(&handle->url, what, part, flags) : CURLUE_BAD_HANDLE;
}
