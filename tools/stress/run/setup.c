/* SPDX-License-Identifier: MIT */
/* Options of easy handles; see setup.h. */
#include "run/setup.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "run/library.h"

static void note(struct setter *setter, CURLcode code, const char *what)
{
    setter->code = code;
    if (code != CURLE_OK) {
        setter->what = what;
    }
}

void set_long(struct setter *setter, CURLoption option, long value, const char *what)
{
    if (setter->code == CURLE_OK) {
        note(setter, lib.easy_setopt(setter->easy, option, value), what);
    }
}

void set_size(struct setter *setter, CURLoption option, int64_t value, const char *what)
{
    if (setter->code == CURLE_OK) {
        note(setter, lib.easy_setopt(setter->easy, option, (curl_off_t)value), what);
    }
}

void set_pointer(struct setter *setter, CURLoption option, const void *value, const char *what)
{
    if (setter->code == CURLE_OK) {
        note(setter, lib.easy_setopt(setter->easy, option, value), what);
    }
}

void set_text(struct setter *setter, CURLoption option, const char *value, const char *what)
{
    if (value != NULL) {
        set_pointer(setter, option, value, what);
    }
}

static void set_milliseconds(struct setter *setter, CURLoption option, double seconds,
                             const char *what)
{
    if (seconds > 0) {
        set_long(setter, option, lround(ceil(seconds * 1000)), what);
    }
}

static void set_http(struct setter *setter, const char *version)
{
    static const struct {
        const char *word;
        long value;
    } versions[] = {
        {"1.0",     CURL_HTTP_VERSION_1_0              },
        {"1.1",     CURL_HTTP_VERSION_1_1              },
        {"2",       CURL_HTTP_VERSION_2TLS             },
        {"2-prior", CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE},
    };

    for (size_t i = 0; version != NULL && i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (strcmp(version, versions[i].word) == 0) {
            set_long(setter, CURLOPT_HTTP_VERSION, versions[i].value, "--http");
            if (version[0] == '2') { /* streams of one connection rather than many connections */
                set_long(setter, CURLOPT_PIPEWAIT, 1, "--http");
            }
        }
    }
}

static void set_tls(struct setter *setter, const struct setup *setup)
{
    const struct options *options = setup->options;

    set_text(setter, CURLOPT_CAINFO, setup->authority, "--cacert");
    if (options->insecure) {
        set_long(setter, CURLOPT_SSL_VERIFYPEER, 0, "--insecure");
        set_long(setter, CURLOPT_SSL_VERIFYHOST, 0, "--insecure");
    }
    if (options->tls != NULL) {
        long version = strcmp(options->tls, "1.2") == 0
                           ? CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2
                           : CURL_SSLVERSION_TLSv1_3 | CURL_SSLVERSION_MAX_TLSv1_3;
        set_long(setter, CURLOPT_SSLVERSION, version, "--tls");
    }
    set_text(setter, CURLOPT_SSL_CIPHER_LIST, options->ciphers, "--ciphers");
    set_text(setter, CURLOPT_TLS13_CIPHERS, options->tls13_ciphers, "--tls13-ciphers");
    set_text(setter, CURLOPT_SSLCERT, options->certificate, "--cert");
    set_text(setter, CURLOPT_SSLKEY, options->key, "--key");
    set_text(setter, CURLOPT_KEYPASSWD, options->key_password, "--pass");
    if (options->no_tls_resume) {
        set_long(setter, CURLOPT_SSL_SESSIONID_CACHE, 0, "--no-tls-resume");
    }
}

void setup_handle(struct setter *setter, const struct setup *setup)
{
    const struct options *options = setup->options;

    set_long(setter, CURLOPT_NOSIGNAL, 1, "NOSIGNAL");
    if (setup->resolves != NULL) {
        set_pointer(setter, CURLOPT_RESOLVE, setup->resolves, "--resolve");
    }
    set_milliseconds(setter, CURLOPT_TIMEOUT_MS, options->timeout_s, "--timeout");
    set_milliseconds(setter, CURLOPT_CONNECTTIMEOUT_MS, options->connect_timeout_s,
                     "--connect-timeout");
    set_text(setter, CURLOPT_PROXY, options->proxy, "--proxy");
    set_text(setter, CURLOPT_USERPWD, options->user, "--user");
    set_text(setter, CURLOPT_USERAGENT, options->user_agent, "--user-agent");
    if (options->follow) {
        set_long(setter, CURLOPT_FOLLOWLOCATION, 1, "--follow");
    }
    if (options->compressed) {
        set_pointer(setter, CURLOPT_ACCEPT_ENCODING, "", "--compressed");
    }
    if (options->reuse.most == 1) { /* NOLINT: a whole number */
        set_long(setter, CURLOPT_FRESH_CONNECT, 1, "--reuse");
        set_long(setter, CURLOPT_FORBID_REUSE, 1, "--reuse");
    }
    set_http(setter, options->http);
    set_tls(setter, setup);
}

bool setup_init(struct setup *setup, const struct options *options, const char *authority)
{
    *setup = (struct setup){.options = options, .authority = authority};
    for (size_t i = 0; i < options->resolves.count; i++) {
        struct curl_slist *longer = lib.slist_append(setup->resolves, options->resolves.items[i]);
        if (longer == NULL) {
            setup_release(setup);
            return false;
        }
        setup->resolves = longer;
    }
    return true;
}

void setup_release(struct setup *setup)
{
    if (setup->resolves != NULL) {
        lib.slist_free_all(setup->resolves);
    }
    setup->resolves = NULL;
}

bool setup_try(const struct setup *setup, char error[SETUP_ERROR_MAX])
{
    struct setter setter = {.easy = lib.easy_init()};

    if (setter.easy == NULL) {
        snprintf(error, SETUP_ERROR_MAX, "out of memory");
        return false;
    }
    setup_handle(&setter, setup);
    if (setter.code != CURLE_OK) {
        snprintf(error, SETUP_ERROR_MAX, "the library refuses %s: %s", setter.what,
                 lib.easy_strerror(setter.code));
    }
    lib.easy_cleanup(setter.easy);
    return setter.code == CURLE_OK;
}
