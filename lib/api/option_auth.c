/* SPDX-License-Identifier: MIT */
/* Setters of names, passwords and methods of authentication. */
#include "api/option_setters.h"

#include "protocols/http_auth.h"

#include <string.h>

CURLcode option_put_userpwd(struct rstr **name, struct rstr **password, const char *text)
{
    const char *colon = text ? strchr(text, ':') : NULL;
    struct rstr *first = NULL, *second = NULL;

    if (text)
        first = rstr_new(text, colon ? (size_t)(colon - text) : strlen(text));
    if (colon)
        second = rstr_new(colon + 1, strlen(colon + 1));
    if ((text && !first) || (colon && !second)) {
        rstr_unref(first);
        rstr_unref(second);
        return CURLE_OUT_OF_MEMORY;
    }
    rstr_unref(*name);
    rstr_unref(*password);
    *name = first;
    *password = second;
    return CURLE_OK;
}

CURLcode option_put_auth(long *field, curl_off_t mask)
{
    unsigned long wanted = (unsigned long)mask, built;

    if (wanted & CURLAUTH_DIGEST_IE)
        wanted = (wanted & ~CURLAUTH_DIGEST_IE) | CURLAUTH_DIGEST;
    built = wanted & (http_auth_built() | CURLAUTH_ONLY);
    if (wanted && !(built & ~CURLAUTH_ONLY))
        return CURLE_NOT_BUILT_IN;
    *field = (long)built;
    return CURLE_OK;
}

CURLcode set_userpwd(const struct option_row *row, struct settings *s, const union option_value *v)
{
    (void)row;
    return option_put_userpwd(&s->username, &s->password, v->pointer);
}

CURLcode set_httpauth(const struct option_row *row, struct settings *s, const union option_value *v)
{
    (void)row;
    return option_put_auth(&s->http_auth, v->number);
}

/* Asks for the method too. */
CURLcode set_aws_sigv4(const struct option_row *row, struct settings *s,
                       const union option_value *v)
{
    CURLcode result = option_put_string(&s->aws_sigv4, v->pointer);

    (void)row;
    if (!result && v->pointer)
        s->http_auth = (long)CURLAUTH_AWS_SIGV4;
    return result;
}

CURLcode set_proxyauth(const struct option_row *row, struct settings *s,
                       const union option_value *v)
{
    (void)row;
    return option_put_auth(&s->proxy_auth, v->number);
}
