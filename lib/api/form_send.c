/* SPDX-License-Identifier: MIT */
/* The form that a handle sends: CURLOPT_MIMEPOST and CURLOPT_HTTPPOST, and the reader of a
 * transfer's upload. */
#include "api/form.h"

#include "api/handle.h"
#include "api/mime.h"
#include "base/str.h"
#include "boundary/request.h"
#include "wire/url.h"

/* Without a form (NULL) it is a POST of nothing. */
static CURLcode choose(struct easy *e, enum form_kind kind, struct curl_httppost *list)
{
    struct settings *s = settings_writable(&e->settings);

    if (!s)
        return CURLE_OUT_OF_MEMORY;
    s->form = kind;
    s->form_list = list;
    s->method = METHOD_POST;
    return CURLE_OK;
}

CURLcode form_set_mime(struct easy *e, curl_mime *mime)
{
    CURLcode result;

    if (!e->form_root && !(e->form_root = mime_root_new()))
        return CURLE_OUT_OF_MEMORY;
    result = mime_set_parts(e->form_root, mime, false);
    return result ? result : choose(e, FORM_MIME, NULL);
}

CURLcode form_set_list(struct easy *e, struct curl_httppost *list)
{
    return choose(e, FORM_LIST, list);
}

CURLcode form_copy(const struct easy *from, struct easy *to)
{
    if (!from->form_root)
        return CURLE_OK;
    to->form_root = mime_root_new();
    return to->form_root ? mime_copy_part(to->form_root, from->form_root) : CURLE_OUT_OF_MEMORY;
}

void form_forget(struct easy *e)
{
    mime_root_free(e->form_root);
    e->form_root = NULL;
}

/* The built-in read callback, as CURLFORM_STREAM has it. */
static size_t read_stream(char *bytes, size_t size, size_t count, void *file)
{
    return fread(bytes, size, count, file);
}

static CURLcode start_list(struct easy *e, const struct mime_style *style, struct buf *head)
{
    const struct settings *s = e->settings;
    struct curl_mimepart *root = mime_root_new();
    CURLcode result;

    if (!root)
        return CURLE_OUT_OF_MEMORY;
    result = form_to_parts(s->form_list, root, s->read_function ? s->read_function : read_stream);
    if (!result)
        result = mime_reader_new(root, style, s->http_headers, head, &e->form_reader);
    /* The reader has what it needs but the callbacks, which live as long as the root. */
    e->form_list_root = root;
    return result;
}

/* A structure that goes to such a server is a message. */
static bool is_mail(const struct settings *s, const char *text)
{
    static const char *const schemes[] = {"smtp", "smtps", "imap", "imaps"};
    scoped(url) url = {0};
    const char *scheme;

    if (!text || url_set_whole(&url, text, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME))
        return false;
    scheme =
        url.guessed_scheme && s->default_protocol ? rstr_text(s->default_protocol) : url.scheme;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (text_equal_nocase(scheme, schemes[i]))
            return true;
    return false;
}

CURLcode form_start(struct easy *e, struct request *r)
{
    const struct settings *s = e->settings;
    struct mime_style style = {
        .escape = s->mime_options & CURLMIMEOPT_FORMESCAPE ? MIME_BY_BACKSLASH : MIME_BY_PERCENT,
    };
    scoped(buf) head = {0};
    CURLcode result;

    form_stop(e);
    if (!s->form)
        return CURLE_OK;
    style.mail = s->form == FORM_MIME && is_mail(s, r->url);
    if (style.mail)
        style.escape = MIME_BY_BACKSLASH;
    else if (s->method != METHOD_POST)
        return CURLE_OK;
    if (s->form == FORM_MIME)
        result = mime_reader_new(e->form_root, &style, s->http_headers, &head, &e->form_reader);
    else
        result = start_list(e, &style, &head);
    if (result)
        return result;
    r->form_length = mime_reader_length(e->form_reader);
    r->form_head = rstr_new(buf_text(&head), head.len);
    return r->form_head ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

void form_stop(struct easy *e)
{
    mime_reader_free(e->form_reader);
    e->form_reader = NULL;
    mime_root_free(e->form_list_root);
    e->form_list_root = NULL;
}
