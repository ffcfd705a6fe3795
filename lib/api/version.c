/* SPDX-License-Identifier: MIT */
/* What this library is and what it can do. Told once, when somebody asks first; whoever builds
 * another protocol or feature says so here. */
#include "base/test_hooks.h"
#include "net/tls.h"

#include <ares.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef HAVE_BROTLI
#include <brotli/decode.h>
#endif
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#include <string.h>
#ifdef HAVE_NGHTTP2
#include <nghttp2/nghttp2.h>
#endif
#ifdef HAVE_IDN2
#include <idn2.h>
#endif
#ifdef HAVE_SSH
#include <libssh2.h>
#endif
#ifdef HAVE_PSL
#include <libpsl.h>
#endif

#if defined(__x86_64__)
#define PROCESSOR "x86_64"
#elif defined(__aarch64__)
#define PROCESSOR "aarch64"
#elif defined(__i386__)
#define PROCESSOR "i386"
#elif defined(__riscv)
#define PROCESSOR "riscv"
#elif defined(__powerpc64__)
#define PROCESSOR "powerpc64"
#elif defined(__s390x__)
#define PROCESSOR "s390x"
#elif defined(__arm__)
#define PROCESSOR "arm"
#else
#define PROCESSOR "unknown"
#endif

static const char *const protocols[] = {
    "dict",   "file",
#ifdef WITH_FTP
    "ftp",    "ftps",
#endif
    "gopher", "gophers", "http",   "https", "imap", "imaps", "mqtt", "mqtts", "pop3", "pop3s",
#ifdef HAVE_SSH
    "scp",    "sftp",
#endif
    "smtp",   "smtps",   "telnet", "tftp",  "ws",   "wss",   NULL,
};

/* Sorted without regard to case. A line each, so that adding one is one line. */
/* clang-format off */
static const char *const feature_names[] = {
    "alt-svc",
    "AsynchDNS",
#ifdef HAVE_BROTLI
    "brotli",
#endif
#ifdef TEST_HOOKS
    "Debug",
#endif
#ifdef HAVE_GSSAPI
    "GSS-API",
#endif
    "HSTS",
#ifdef HAVE_NGHTTP2
    "HTTP2",
#endif
    "HTTPS-proxy",
#ifdef HAVE_IDN2
    "IDN",
#endif
    "IPv6",
#ifdef HAVE_GSSAPI
    "Kerberos",
#endif
    "Largefile",
#ifdef HAVE_ZLIB
    "libz",
#endif
    "NTLM",
#ifdef HAVE_PSL
    "PSL",
#endif
#ifdef HAVE_GSSAPI
    "SPNEGO",
#endif
    "SSL",
    "SSLS-EXPORT",
    "threadsafe",
    "threadsafe-multi", /* several threads may use one multi handle */
    "UnixSockets",
#ifdef HAVE_ZSTD
    "zstd",
#endif
    NULL,
};
/* clang-format on */

enum {
    FEATURES = CURL_VERSION_ALTSVC | CURL_VERSION_ASYNCHDNS | CURL_VERSION_HSTS |
               CURL_VERSION_HTTPS_PROXY | CURL_VERSION_IPV6 | CURL_VERSION_LARGEFILE |
               CURL_VERSION_NTLM | CURL_VERSION_SSL | CURL_VERSION_THREADSAFE |
               CURL_VERSION_UNIX_SOCKETS
#ifdef TEST_HOOKS
               | CURL_VERSION_DEBUG
#endif
#ifdef HAVE_IDN2
               | CURL_VERSION_IDN
#endif
#ifdef HAVE_NGHTTP2
               | CURL_VERSION_HTTP2
#endif
#ifdef HAVE_GSSAPI
               | CURL_VERSION_GSSAPI | CURL_VERSION_KERBEROS5 | CURL_VERSION_SPNEGO
#endif
#ifdef HAVE_PSL
               | CURL_VERSION_PSL
#endif
#ifdef HAVE_ZLIB
               | CURL_VERSION_LIBZ
#endif
#ifdef HAVE_BROTLI
               | CURL_VERSION_BROTLI
#endif
#ifdef HAVE_ZSTD
               | CURL_VERSION_ZSTD
#endif
};

static curl_version_info_data info = {
    .age = CURLVERSION_NOW,
    .version = LIBCURL_VERSION,
    .version_num = LIBCURL_VERSION_NUM,
    .host = PROCESSOR "-linux-gnu",
    .features = FEATURES,
    .protocols = protocols,
    .cainfo = CURLPOOL_CA_BUNDLE,
    .capath = CURLPOOL_CA_PATH,
    .feature_names = feature_names,
};

/* "libcurl/8.22.0-DEV curlpool/0.1.0 OpenSSL/3.0.x c-ares/1.18.1" */
static char text[400];

static pthread_once_t told = PTHREAD_ONCE_INIT;

/* A library that is used, behind those before. */
static void add_part(const char *name, const char *version)
{
    size_t len = strlen(text);

    snprintf(text + len, sizeof(text) - len, " %s/%s", name, version);
}

#ifdef HAVE_BROTLI
static char brotli_text[24];
#endif

#ifdef HAVE_SSH
static char ssh_text[40];
#endif

#ifdef HAVE_ZSTD
/* 10504 is 1.5.4; libcurl has it as (MAJOR << 24) | (MINOR << 12) | PATCH. */
static unsigned zstd_number(unsigned number)
{
    return number / 10000 << 24 | number / 100 % 100 << 12 | number % 100;
}
#endif

static void tell(void)
{
    info.ssl_version = tls_version_text();
#ifdef HAVE_BROTLI
    info.brotli_ver_num = BrotliDecoderVersion();
    snprintf(brotli_text, sizeof(brotli_text), "%u.%u.%u", info.brotli_ver_num >> 24,
             info.brotli_ver_num >> 12 & 0xfff, info.brotli_ver_num & 0xfff);
    info.brotli_version = brotli_text;
#endif
    info.ares = ares_version(&info.ares_num);
    snprintf(text, sizeof(text), "libcurl/%s curlpool/%s %s", LIBCURL_VERSION, CURLPOOL_VERSION,
             info.ssl_version);
#ifdef HAVE_ZLIB
    info.libz_version = zlibVersion();
    add_part("zlib", info.libz_version);
#endif
#ifdef HAVE_BROTLI
    add_part("brotli", info.brotli_version);
#endif
#ifdef HAVE_ZSTD
    info.zstd_ver_num = zstd_number(ZSTD_versionNumber());
    info.zstd_version = ZSTD_versionString();
    add_part("zstd", info.zstd_version);
#endif
    add_part("c-ares", info.ares);
#ifdef HAVE_IDN2
    info.libidn = idn2_check_version(NULL);
    add_part("libidn2", info.libidn);
#endif
#ifdef HAVE_PSL
    add_part("libpsl", psl_get_version());
#endif
#ifdef HAVE_SSH
    snprintf(ssh_text, sizeof(ssh_text), "libssh2/%s", libssh2_version(0));
    info.libssh_version = ssh_text;
    add_part("libssh2", libssh2_version(0));
#endif
#ifdef HAVE_NGHTTP2
    info.nghttp2_ver_num = (unsigned)nghttp2_version(0)->version_num;
    info.nghttp2_version = nghttp2_version(0)->version_str;
    add_part("nghttp2", info.nghttp2_version);
#endif
}

char *curl_version(void)
{
    const char *fixed = test_hook("CURL_VERSION");

    pthread_once(&told, tell);
    return fixed ? (char *)(uintptr_t)fixed : text;
}

curl_version_info_data *curl_version_info(CURLversion age)
{
    (void)age;
    pthread_once(&told, tell);
    return &info;
}
