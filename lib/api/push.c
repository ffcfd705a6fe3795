/* SPDX-License-Identifier: MIT */
/* What servers push (RFC 9113 8.4): CURLMOPT_PUSHFUNCTION decides, a handle that it wants joins its
 * multi handle, and starts in the same driving call. */
#include "api/handle.h"
#include "base/mem.h"

#include <string.h>

struct curl_pushheaders {
    struct push *push;
};

static char *writable(const char *text)
{
    return (char *)(uintptr_t)text;
}

char *curl_pushheader_bynum(struct curl_pushheaders *headers, size_t index)
{
    return headers ? writable(push_field(headers->push, index)) : NULL;
}

char *curl_pushheader_byname(struct curl_pushheaders *headers, const char *name)
{
    /* A name may begin with a colon, and has no other. */
    if (!headers || !name || !*name || !name[1] || strchr(name + 1, ':'))
        return NULL;
    return writable(push_value(headers->push, name));
}

/* ---- The handle for it ---- */

static bool set_url(CURL *handle, const struct push *p)
{
    scoped(buf) url = {0};

    return buf_printf(&url, "%s://%s%s", push_value(p, ":scheme"), push_value(p, ":authority"),
                      push_value(p, ":path")) &&
           !curl_easy_setopt(handle, CURLOPT_URL, buf_text(&url)) &&
           !curl_easy_setopt(handle, CURLOPT_CURLU, (CURLU *)NULL);
}

/* The parent's options, but for those that say what it asks for: that is fixed already. */
static struct easy *make_handle(struct easy *parent, const struct push *p)
{
    CURL *handle = curl_easy_duphandle(easy_public(parent));
    bool head = !strcmp(push_value(p, ":method"), "HEAD");

    if (!handle)
        return NULL;
    if (set_url(handle, p) && !curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L) &&
        !curl_easy_setopt(handle, CURLOPT_NOBODY, (long)head) &&
        !curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, (char *)NULL) &&
        !curl_easy_setopt(handle, CURLOPT_RANGE, (char *)NULL) &&
        !curl_easy_setopt(handle, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)0))
        return easy_of(handle);
    curl_easy_cleanup(handle);
    return NULL;
}

static int call_push(struct multi *m, struct easy *parent, struct easy *e, struct push *p)
{
    struct curl_pushheaders headers = {p};
    curl_push_callback function;
    void *data;

    lock_take(&m->lock);
    function = m->push_function;
    data = m->push_data;
    lock_drop(&m->lock);
    return function ? function(easy_public(parent), easy_public(e), p->count, &headers, data)
                    : CURL_PUSH_DENY;
}

static void take_in(struct multi *m, struct easy *e, struct push *p)
{
    e->pushed = p;
    lock_take(&m->lock);
    multi_add_locked(m, e);
    lock_drop(&m->lock);
}

void deliver_push(struct multi *m, struct easy *parent, struct push *p)
{
    struct easy *e = parent->override ? NULL : make_handle(parent, p);
    int answer = e ? call_push(m, parent, e, p) : CURL_PUSH_DENY;

    if (e && answer == CURL_PUSH_OK) {
        take_in(m, e, p);
        return;
    }
    if (e)
        curl_easy_cleanup(easy_public(e));
    push_end(p);
    if (answer == CURL_PUSH_ERROROUT)
        deliver_override(parent, CURLE_ABORTED_BY_CALLBACK, "The push callback ended the transfer");
}
