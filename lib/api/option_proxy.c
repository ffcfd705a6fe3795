/* SPDX-License-Identifier: MIT */
/* Setters of proxies. */
#include "api/option_setters.h"

#include "wire/escape.h"

#include <string.h>

/* *ret is NULL for no text. */
static CURLcode decode(const struct rstr *encoded, struct rstr **ret)
{
    scoped(buf) plain = {0};

    *ret = NULL;
    if (!encoded)
        return CURLE_OK;
    if (!unescape_append(&plain, (struct str){encoded->bytes, encoded->len}))
        return CURLE_OUT_OF_MEMORY;
    if (strlen(buf_text(&plain)) != plain.len)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    *ret = rstr_new(buf_text(&plain), plain.len);
    return *ret ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}

static void swap(struct rstr **a, struct rstr **b)
{
    struct rstr *kept = *a;

    *a = *b;
    *b = kept;
}

CURLcode set_proxyuserpwd(const struct option_row *row, struct settings *s,
                          const union option_value *v)
{
    struct rstr *name = NULL, *password = NULL, *plain_name = NULL, *plain_password = NULL;
    CURLcode result = option_put_userpwd(&name, &password, v->pointer);

    (void)row;
    if (!result)
        result = decode(name, &plain_name);
    if (!result)
        result = decode(password, &plain_password);
    if (!result) {
        swap(&s->proxy_username, &plain_name);
        swap(&s->proxy_password, &plain_password);
    }
    rstr_unref(name);
    rstr_unref(password);
    rstr_unref(plain_name);
    rstr_unref(plain_password);
    return result;
}

CURLcode set_socks5_auth(const struct option_row *row, struct settings *s,
                         const union option_value *v)
{
    const curl_off_t known = CURLAUTH_BASIC | CURLAUTH_GSSAPI;
#ifdef HAVE_GSSAPI
    const bool is_built = true;
#else
    const bool is_built = v->number != (curl_off_t)CURLAUTH_GSSAPI; /* alone it leaves nothing */
#endif

    (void)row;
    if ((v->number & ~known) || !is_built)
        return CURLE_NOT_BUILT_IN;
    s->socks5_auth = (long)v->number;
    return CURLE_OK;
}

/* Other bits mean nothing. */
CURLcode set_headeropt(const struct option_row *row, struct settings *s,
                       const union option_value *v)
{
    (void)row;
    s->header_opt = (long)v->number & CURLHEADER_SEPARATE;
    return CURLE_OK;
}
