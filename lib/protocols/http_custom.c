/* SPDX-License-Identifier: MIT */
/* The program's own headers in a request: CURLOPT_HTTPHEADER and CURLOPT_PROXYHEADER. */
#include "protocols/http_custom.h"

#include <string.h>

bool http_parse_custom(const char *line, struct http_custom *ret)
{
    const char *colon = strchr(line, ':'), *semicolon = strchr(line, ';');

    if (!colon && semicolon && semicolon > line) {
        *ret = (struct http_custom){
            .name = {line, (size_t)(semicolon - line)},
              .blank = !semicolon[1]
        };
        return ret->blank;
    }
    if (!colon || colon == line)
        return false;
    *ret = (struct http_custom){
        .name = {line, (size_t)(colon - line)},
          .value = str_trim_blanks(str_of(colon + 1))
    };
    return true;
}

static bool find_in(const struct curl_slist *l, struct str name, struct http_custom *ret)
{
    for (; l; l = l->next) {
        if (http_parse_custom(l->data, ret) && str_equal_nocase(ret->name, name))
            return true;
    }
    return false;
}

bool http_has_custom(const struct curl_slist *l, struct str name)
{
    struct http_custom c;

    return find_in(l, name, &c);
}

/* The program's entry for this header, if it has one. */
bool http_find_own(const struct settings *s, struct str name, struct http_custom *ret)
{
    return find_in(s->http_headers, name, ret);
}

bool http_has_own(const struct settings *s, struct str name)
{
    struct http_custom c;

    return http_find_own(s, name, &c);
}

bool http_own_contains(const struct settings *s, struct str name, struct str word)
{
    struct http_custom c;

    return http_find_own(s, name, &c) && str_starts_nocase(c.value, word);
}

bool http_find_custom(const struct http *h, struct str name, struct str *ret_value)
{
    struct http_custom c;

    if (!http_find_own(h->hop->settings, name, &c) || !c.value.len)
        return false;
    *ret_value = c.value;
    return true;
}

void http_add_header(struct http *h, struct str name, const char *value)
{
    if (!value || !*value || http_has_own(h->hop->settings, name))
        return;
    buf_append(&h->request, name.at, name.len);
    buf_append_text(&h->request, ": ");
    buf_append_text(&h->request, value);
    buf_append_text(&h->request, "\r\n");
}

/* What the program gave for its own server only. */
static bool is_private(struct str name)
{
    while (name.len && ascii_is_blank(name.at[name.len - 1]))
        name.len--;
    return str_equal_nocase(name, STR("Authorization")) || str_equal_nocase(name, STR("Cookie"));
}

/* "Host" has its place at the top and "Connection" at the end, "Content-Length" of a body that we
 * measure is ours. */
static bool is_left_out(const void *request, struct str name)
{
    const struct http *h = request;

    return str_equal_nocase(name, STR("Connection")) || str_equal_nocase(name, STR("Host")) ||
           (!h->hop->trusted && is_private(name)) ||
           (str_equal_nocase(name, STR("Content-Type")) && http_posts_form(h->hop)) ||
           (h->holds_body &&
            (str_equal_nocase(name, STR("Content-Length")) ||
             (!h->upload.chunked && str_equal_nocase(name, STR("Transfer-Encoding")))));
}

void http_add_custom(struct buf *head, const struct curl_slist *l,
                     bool (*skips)(const void *, struct str), const void *owner)
{
    for (; l; l = l->next) {
        struct http_custom c;
        if (!http_parse_custom(l->data, &c) || (skips && skips(owner, c.name)))
            continue;
        if (!c.value.len && !c.blank)
            continue;
        if (c.blank) {
            buf_append(head, c.name.at, c.name.len);
            buf_append_char(head, ':');
        } else {
            buf_append_text(head, l->data);
        }
        buf_append_text(head, "\r\n");
    }
}

const struct curl_slist *http_proxy_headers(const struct settings *s)
{
    return s->header_opt == CURLHEADER_SEPARATE ? s->proxy_headers : s->http_headers;
}

void http_add_customs(struct http *h)
{
    const struct settings *s = h->hop->settings;

    http_add_custom(&h->request, s->http_headers, is_left_out, h);
    if (h->hop->forwards && s->header_opt == CURLHEADER_SEPARATE)
        http_add_custom(&h->request, s->proxy_headers, is_left_out, h);
}
