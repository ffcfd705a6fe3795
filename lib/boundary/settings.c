/* SPDX-License-Identifier: MIT */
#include "boundary/settings.h"

#include "base/mem.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
#define TLS_DEFAULTS                                                                               \
    {                                                                                              \
        .verify_peer = true, .verify_host = true, .session_cache = true, .alpn = true,             \
        .ca_cache_timeout_s = 86400                                                                \
    }
/* clang-format on */

/* The defaults that are not zero, as the manual has them. */
static const struct settings defaults = {
    .allowed_protocols = SETTINGS_PROTOCOLS,
    .redirect_protocols = SETTINGS_REDIRECT_PROTOCOLS,

    .method = METHOD_GET,
    .http_version = CURL_HTTP_VERSION_NONE,
    .max_redirects = 30,
    .stream_weight = 16,

    .http_auth = CURLAUTH_BASIC,
    .proxy_auth = CURLAUTH_BASIC,

    .post_field_size = -1,
    .infile_size = -1,
    .upload_buffer_size = 65536,
    .expect_100_timeout_ms = 1000,
    .upkeep_interval_ms = 60000,
    .new_file_perms = 0644,
    .new_directory_perms = 0755,
    .ssh_auth = (long)CURLSSH_AUTH_DEFAULT,
    .doh_verify_peer = true,
    .doh_verify_host = true,

    .buffer_size = CURL_MAX_WRITE_SIZE,
    .http_transfer_decoding = true,
    .http_content_decoding = true,

    .ftp_use_epsv = true,
    .ftp_use_eprt = true,
    .ftp_skip_pasv_ip = true,
    .accept_timeout_ms = 60000,
    .response_timeout_ms = 60000,

    .connect_timeout_ms = 300000,
    .tftp_block_size = 512,
    .upload_flags = CURLULFLAG_SEEN,

    .max_connects = 5,
    .maxage_conn_s = 118,
    .maxlifetime_conn_s = 86400,

    .local_port_range = 1,
    .tcp_nodelay = true,
    .tcp_keepidle_s = 60,
    .tcp_keepintvl_s = 60,
    .tcp_keepcnt = 9,

    .dns_cache_timeout_s = 60,
    .happy_eyeballs_timeout_ms = CURL_HET_DEFAULT,

    .tls = TLS_DEFAULTS,

    .socks5_auth = CURLAUTH_BASIC | CURLAUTH_GSSAPI,
    .header_opt = CURLHEADER_SEPARATE,
    .proxy_tls = TLS_DEFAULTS,

    .no_progress = true,
};

/* Every counted string in a struct settings. */
#define STRING(member) offsetof(struct settings, member)
/* NOLINTBEGIN(bugprone-macro-parentheses): names of members */
#define TLS_STRINGS(of)                                                                            \
    STRING(of.ca_file), STRING(of.ca_path), STRING(of.ca_blob), STRING(of.crl_file),               \
        STRING(of.issuer_file), STRING(of.issuer_blob), STRING(of.cert), STRING(of.cert_type),     \
        STRING(of.cert_blob), STRING(of.key), STRING(of.key_type), STRING(of.key_blob),            \
        STRING(of.key_password), STRING(of.ciphers), STRING(of.ciphers13), STRING(of.curves),      \
        STRING(of.signature_algorithms), STRING(of.pinned_key)
/* NOLINTEND(bugprone-macro-parentheses) */
static const size_t strings[] = {
    STRING(url),
    STRING(default_protocol),
    STRING(custom_request),
    STRING(request_target),
    STRING(user_agent),
    STRING(accept_encoding),
    STRING(referer),
    STRING(cookie),
    STRING(cookie_jar),
    STRING(hsts_file),
    STRING(range),
    STRING(username),
    STRING(password),
    STRING(bearer),
    STRING(login_options),
    STRING(mail_auth),
    STRING(mail_from),
    STRING(sasl_authzid),
    STRING(aws_sigv4),
    STRING(service_name),
    STRING(netrc_file),
    STRING(post_copy),
    STRING(interface),
    STRING(unix_socket_path),
    STRING(altsvc_file),
    STRING(doh_url),
    STRING(dns_servers),
    STRING(dns_interface),
    STRING(dns_local_ip4),
    STRING(dns_local_ip6),
    STRING(proxy),
    STRING(pre_proxy),
    STRING(noproxy),
    STRING(proxy_username),
    STRING(proxy_password),
    STRING(proxy_service_name),
    STRING(haproxy_client_ip),
    STRING(ssh_public_key_file),
    STRING(ssh_private_key_file),
    STRING(ssh_known_hosts),
    STRING(ssh_md5),
    STRING(ssh_sha256),
    STRING(ftp_port),
    STRING(ftp_account),
    STRING(ftp_alternative),
    TLS_STRINGS(tls),
    TLS_STRINGS(proxy_tls),
};
#undef TLS_STRINGS
#undef STRING

enum { STRING_COUNT = sizeof(strings) / sizeof(strings[0]) };

static struct rstr *string_at(const struct settings *s, size_t offset)
{
    return *(struct rstr *const *)(const void *)((const char *)s + offset);
}

/* The count is left out: other threads change it meanwhile. */
struct settings *settings_clone(const struct settings *from)
{
    const size_t start = offsetof(struct settings, url);
    struct settings *s = mem_alloc(sizeof(*s));

    if (!s)
        return NULL;
    atomic_init(&s->references, 1);
    memcpy((char *)s + start, (const char *)from + start, sizeof(*s) - start);
    for (size_t i = 0; i < STRING_COUNT; i++)
        rstr_ref(string_at(s, strings[i]));
    return s;
}

/* Programs that give fwrite as their callback count on the streams. */
struct settings *settings_new(void)
{
    struct settings *s = settings_clone(&defaults);

    if (s) {
        s->write_data = stdout;
        s->read_data = stdin;
    }
    return s;
}

struct settings *settings_ref(struct settings *s)
{
    if (s)
        atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

void settings_unref(struct settings *s)
{
    if (!s || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) > 1)
        return;
    for (size_t i = 0; i < STRING_COUNT; i++)
        rstr_unref(string_at(s, strings[i]));
    mem_free(s);
}

/* Acquires what the last other owner released: its reads come before the writes that follow. */
struct settings *settings_writable(struct settings **s)
{
    struct settings *own;

    if (atomic_load_explicit(&(*s)->references, memory_order_acquire) == 1)
        return *s;
    own = settings_clone(*s);
    if (!own)
        return NULL;
    settings_unref(*s);
    *s = own;
    return own;
}
