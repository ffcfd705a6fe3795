/* SPDX-License-Identifier: MIT */
/* The program's own headers: they add to those of a request, replace them and take them away. */
#ifndef PROTOCOLS_HTTP_CUSTOM_H
#define PROTOCOLS_HTTP_CUSTOM_H

#include "protocols/http.h"

/* An entry of CURLOPT_HTTPHEADER: "Name: value", "Name:" (remove), or "Name;" (send without a
 * value). */
struct http_custom {
    struct str name, value;
    bool blank; /* ends in ';' */
};

/* False for a text that is none. The values point into it. */
bool http_parse_custom(const char *line, struct http_custom *ret);

/* Whether a list has an entry of that name. */
bool http_has_custom(const struct curl_slist *, struct str name);

/* The entry of CURLOPT_HTTPHEADER of that name, if there is one; whether its value begins with
 * `word`. */
bool http_find_own(const struct settings *, struct str name, struct http_custom *ret);
bool http_has_own(const struct settings *, struct str name);
bool http_own_contains(const struct settings *, struct str name, struct str word);

/* Its value, if that is not empty. */
bool http_find_custom(const struct http *, struct str name, struct str *ret_value);

/* Appends a header of ours to the request, unless the value is empty or the program has its own or
 * took it away. */
void http_add_header(struct http *, struct str name, const char *value);

/* Appends the list's headers; of names that `skips` (or NULL) knows none. */
void http_add_custom(struct buf *head, const struct curl_slist *,
                     bool (*skips)(const void *owner, struct str name), const void *owner);

/* Appends all that go with the request, but for those that have another place in it. */
void http_add_customs(struct http *);

/* The list that goes to a proxy. */
const struct curl_slist *http_proxy_headers(const struct settings *);

#endif
