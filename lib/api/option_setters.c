/* SPDX-License-Identifier: MIT */
#include "api/option_setters.h"

#include "base/str.h"
#include "net/bind.h"
#include "protocols/decode.h"
#include "protocols/hop.h"

#include <stdint.h>
#include <string.h>

CURLcode option_put_bytes(struct rstr **field, const void *bytes, size_t len)
{
    struct rstr *copy = rstr_new(bytes, len);

    if (!copy)
        return CURLE_OUT_OF_MEMORY;
    rstr_unref(*field);
    *field = copy;
    return CURLE_OK;
}

CURLcode option_put_string(struct rstr **field, const char *text)
{
    if (text)
        return option_put_bytes(field, text, strlen(text));
    rstr_unref(*field);
    *field = NULL;
    return CURLE_OK;
}

/* ---- Methods ---- */

/* 0 has no effect: a method is chosen, not given up. */
CURLcode set_httpget(const struct option_row *row, struct settings *s, const union option_value *v)
{
    (void)row;
    if (v->number)
        s->method = METHOD_GET;
    return CURLE_OK;
}

CURLcode set_nobody(const struct option_row *row, struct settings *s, const union option_value *v)
{
    (void)row;
    if (v->number)
        s->method = METHOD_HEAD;
    else if (s->method == METHOD_HEAD)
        s->method = METHOD_GET;
    return CURLE_OK;
}

CURLcode set_post(const struct option_row *row, struct settings *s, const union option_value *v)
{
    (void)row;
    s->form = FORM_NONE;
    if (v->number)
        s->method = METHOD_POST;
    else if (s->method != METHOD_HEAD)
        s->method = METHOD_GET;
    return CURLE_OK;
}

/* CURLOPT_UPLOAD and its forerunner CURLOPT_PUT. */
CURLcode set_upload(const struct option_row *row, struct settings *s, const union option_value *v)
{
    (void)row;
    if (v->number)
        s->method = METHOD_PUT;
    else if (s->method != METHOD_HEAD)
        s->method = METHOD_GET;
    return CURLE_OK;
}

/* ---- The body of a POST ---- */

static void drop_post_copy(struct settings *s)
{
    rstr_unref(s->post_copy);
    s->post_copy = NULL;
}

/* The bytes stay the program's. */
CURLcode set_postfields(const struct option_row *row, struct settings *s,
                        const union option_value *v)
{
    (void)row;
    drop_post_copy(s);
    s->post_fields = v->pointer;
    s->form = FORM_NONE;
    s->method = METHOD_POST;
    return CURLE_OK;
}

/* Copies as many bytes as CURLOPT_POSTFIELDSIZE says by now, else up to the NUL. */
CURLcode set_copypostfields(const struct option_row *row, struct settings *s,
                            const union option_value *v)
{
    const char *bytes = v->pointer;
    CURLcode result;

    if (!bytes)
        return set_postfields(row, s, v);
    if (s->post_field_size < 0 && strnlen(bytes, OPTION_STRING_LIMIT + 1) > OPTION_STRING_LIMIT)
        result = CURLE_BAD_FUNCTION_ARGUMENT;
    else if (s->post_field_size < 0)
        result = option_put_bytes(&s->post_copy, bytes, strlen(bytes));
    else if ((uint64_t)s->post_field_size > SIZE_MAX)
        result = CURLE_OUT_OF_MEMORY;
    else
        result = option_put_bytes(&s->post_copy, bytes, (size_t)s->post_field_size);
    if (result)
        return result;
    s->post_fields = s->post_copy->bytes;
    s->form = FORM_NONE;
    s->method = METHOD_POST;
    return CURLE_OK;
}

/* A copy that was made for a smaller size is of no use for this one: it would be read beyond its
 * end. */
CURLcode set_postfieldsize(const struct option_row *row, struct settings *s,
                           const union option_value *v)
{
    (void)row;
    if (v->number < -1)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (s->post_copy && v->number > (curl_off_t)s->post_copy->len) {
        drop_post_copy(s);
        s->post_fields = NULL;
    }
    s->post_field_size = v->number;
    return CURLE_OK;
}

/* ---- The request ---- */

/* CURLOPT_RESUME_FROM and CURLOPT_RESUME_FROM_LARGE. */
CURLcode set_resume_from(const struct option_row *row, struct settings *s,
                         const union option_value *v)
{
    (void)row;
    if (v->number < -1)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    s->resume_from = v->number;
    return CURLE_OK;
}

/* ---- Protocols ---- */

enum { LONGEST_SCHEME = 7 };

/* 0 for a name that is not built. */
static long protocol_of(struct str name)
{
    char scheme[LONGEST_SCHEME + 1];
    const struct protocol *p;

    if (str_equal_nocase(name, STR("all")))
        return (long)CURLPROTO_ALL;
    if (name.len > LONGEST_SCHEME)
        return 0;
    for (size_t i = 0; i < name.len; i++)
        scheme[i] = ascii_lower(name.at[i]);
    scheme[name.len] = '\0';
    p = protocol_find(scheme);
    return p ? p->number : 0;
}

static CURLcode read_protocols(const char *text, long *ret_protocols)
{
    long protocols = 0;

    for (;;) {
        struct str name = {text, strcspn(text, ",")};
        long one = protocol_of(name);

        if (name.len && !one)
            return CURLE_UNSUPPORTED_PROTOCOL;
        protocols |= one;
        text += name.len;
        if (!*text)
            break;
        text++;
    }
    if (!protocols)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    *ret_protocols = protocols;
    return CURLE_OK;
}

CURLcode set_protocols_str(const struct option_row *row, struct settings *s,
                           const union option_value *v)
{
    (void)row;
    if (v->pointer)
        return read_protocols(v->pointer, &s->allowed_protocols);
    s->allowed_protocols = SETTINGS_PROTOCOLS;
    return CURLE_OK;
}

CURLcode set_redir_protocols_str(const struct option_row *row, struct settings *s,
                                 const union option_value *v)
{
    (void)row;
    if (v->pointer)
        return read_protocols(v->pointer, &s->redirect_protocols);
    s->redirect_protocols = SETTINGS_REDIRECT_PROTOCOLS;
    return CURLE_OK;
}

/* ---- Sockets ---- */

static CURLcode put_unix_socket(struct settings *s, const char *path, bool is_abstract)
{
    CURLcode result = option_put_string(&s->unix_socket_path, path);

    if (!result)
        s->abstract_unix_socket = path && is_abstract;
    return result;
}

CURLcode set_unix_socket_path(const struct option_row *row, struct settings *s,
                              const union option_value *v)
{
    (void)row;
    return put_unix_socket(s, v->pointer, false);
}

CURLcode set_abstract_unix_socket(const struct option_row *row, struct settings *s,
                                  const union option_value *v)
{
    (void)row;
    return put_unix_socket(s, v->pointer, true);
}

/* ---- TLS ---- */

/* The least version in the lower 16 bits, the greatest one above. */
static CURLcode put_versions(struct tls_settings *tls, curl_off_t number)
{
    curl_off_t least = number & 0xffff, greatest = number - least;

    if (least >= CURL_SSLVERSION_LAST || least == CURL_SSLVERSION_SSLv2 ||
        least == CURL_SSLVERSION_SSLv3)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    if (greatest < CURL_SSLVERSION_MAX_NONE || greatest >= CURL_SSLVERSION_MAX_LAST)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    tls->version_min = (long)least;
    tls->version_max = (long)greatest;
    return CURLE_OK;
}

static CURLcode put_ssl_options(struct tls_settings *tls, curl_off_t bits)
{
    const curl_off_t known = CURLSSLOPT_ALLOW_BEAST | CURLSSLOPT_NO_REVOKE |
                             CURLSSLOPT_NO_PARTIALCHAIN | CURLSSLOPT_REVOKE_BEST_EFFORT |
                             CURLSSLOPT_NATIVE_CA | CURLSSLOPT_AUTO_CLIENT_CERT;

    if (bits & CURLSSLOPT_EARLYDATA)
        return CURLE_NOT_BUILT_IN;
    if (bits & ~known)
        return CURLE_BAD_FUNCTION_ARGUMENT;
    tls->options = (long)bits;
    return CURLE_OK;
}

static CURLcode put_ca_file(struct tls_settings *tls, const char *file)
{
    CURLcode result = option_put_string(&tls->ca_file, file);

    if (!result)
        tls->ca_file_set = true;
    return result;
}

static CURLcode put_ca_path(struct tls_settings *tls, const char *path)
{
    CURLcode result = option_put_string(&tls->ca_path, path);

    if (!result)
        tls->ca_path_set = true;
    return result;
}

/* Engines and providers are not built; a type that nobody knows is refused by the handshake. */
static CURLcode put_file_type(struct rstr **field, const char *type)
{
    if (text_equal_nocase(type, "ENG") || text_equal_nocase(type, "PROV"))
        return CURLE_NOT_BUILT_IN;
    return option_put_string(field, type);
}

/* One option for the server, and one for a proxy. */
#define TLS_SETTER(name, proxy_name, put, field, argument)                                         \
    CURLcode name(const struct option_row *row, struct settings *s, const union option_value *v)   \
    {                                                                                              \
        (void)row;                                                                                 \
        return put(&s->tls field, v->argument);                                                    \
    }                                                                                              \
    CURLcode proxy_name(const struct option_row *row, struct settings *s,                          \
                        const union option_value *v)                                               \
    {                                                                                              \
        (void)row;                                                                                 \
        return put(&s->proxy_tls field, v->argument);                                              \
    }

TLS_SETTER(set_sslversion, set_proxy_sslversion, put_versions, , number)
TLS_SETTER(set_ssl_options, set_proxy_ssl_options, put_ssl_options, , number)
TLS_SETTER(set_ca_file, set_proxy_ca_file, put_ca_file, , pointer)
TLS_SETTER(set_ca_path, set_proxy_ca_path, put_ca_path, , pointer)
TLS_SETTER(set_cert_type, set_proxy_cert_type, put_file_type, .cert_type, pointer)
TLS_SETTER(set_key_type, set_proxy_key_type, put_file_type, .key_type, pointer)

enum { INTERFACE_MAX = 512 }; /* bytes */

CURLcode set_interface(const struct option_row *row, struct settings *s,
                       const union option_value *v)
{
    const char *text = v->pointer;
    struct local_end end = local_end_parse(text ? text : "");
    bool both = text && str_starts_nocase(str_of(text), STR("ifhost!"));

    (void)row;
    if (text && (strlen(text) > INTERFACE_MAX || (both && !end.host.len) ||
                 (!end.device.len && !end.host.len && !end.unknown.len)))
        return CURLE_BAD_FUNCTION_ARGUMENT;
    return option_put_string(&s->interface, text);
}

CURLcode set_accept_encoding(const struct option_row *row, struct settings *s,
                             const union option_value *v)
{
    const char *text = v->pointer;

    (void)row;
    if (text && !*text)
        text = decode_names();
    return option_put_string(&s->accept_encoding, text);
}
