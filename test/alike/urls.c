/* SPDX-License-Identifier: MIT */
/* The URL interface: many URLs, taken in with many flags, each part of them asked for with many
 * flags; references to bases; parts set to odd values. */
#include <curl/curl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const parts[] = {"url",  "scheme", "user",  "password", "options", "host",
                                    "port", "path",   "query", "fragment", "zoneid"};

/* ---- A table of wholes, and wholes put together from odd pieces ---- */

static const char *const wholes[] = {
#include "urls_wholes.inc"
};

static const char *const hosts[] = {
#include "urls_hosts.inc"
};

static const char *const paths[] = {
#include "urls_paths.inc"
};

static const unsigned set_flags[] = {
    0,
    CURLU_GUESS_SCHEME,
    CURLU_DEFAULT_SCHEME,
    CURLU_NON_SUPPORT_SCHEME,
    CURLU_NON_SUPPORT_SCHEME | CURLU_NO_AUTHORITY,
    CURLU_GUESS_SCHEME | CURLU_ALLOW_SPACE,
    CURLU_PATH_AS_IS,
    CURLU_URLENCODE,
    CURLU_URLENCODE | CURLU_ALLOW_SPACE | CURLU_GUESS_SCHEME,
    CURLU_DISALLOW_USER,
};

static const unsigned get_flags[] = {
    0,
    CURLU_URLDECODE,
    CURLU_URLENCODE,
    CURLU_DEFAULT_PORT | CURLU_DEFAULT_SCHEME,
    CURLU_NO_DEFAULT_PORT,
    CURLU_PUNYCODE,
};

static void get_all(const CURLU *url, const char *what)
{
    for (size_t f = 0; f < COUNT(get_flags); f++) {
        for (size_t part = 0; part < COUNT(parts); part++) {
            char *text = NULL;
            CURLUcode code;

            ask("%s, get %s flags %x", what, parts[part], get_flags[f]);
            code = curl_url_get(url, (CURLUPart)part, &text, get_flags[f]);
            answer_code_text((int)code, text);
            curl_free(text);
        }
    }
}

static void take_in(const char *whole, unsigned flags, bool all)
{
    CURLU *url = curl_url();
    CURLUcode code;
    char what[400];

    ask("set '%s' flags %x", whole, flags);
    code = curl_url_set(url, CURLUPART_URL, whole, flags);
    answer("%d", (int)code);
    if (code == CURLUE_OK) {
        snprintf(what, sizeof what, "'%.350s' %x", whole, flags);
        if (all) {
            get_all(url, what);
        } else {
            char *text = NULL;

            ask("%s, get url", what);
            code = curl_url_get(url, CURLUPART_URL, &text, 0);
            answer_code_text((int)code, text);
            curl_free(text);
        }
    }
    curl_url_cleanup(url);
}

static void table_of_wholes(void)
{
    for (size_t i = 0; i < COUNT(wholes); i++) {
        for (size_t f = 0; f < COUNT(set_flags); f++) {
            take_in(wholes[i], set_flags[f], true);
        }
    }
}

static void table_of_hosts(void)
{
    static const char *const around[][2] = {
        {"http://",      ""      },
        {"http://",      "/"     },
        {"https://u:p@", ":8080/"},
        {"",             ""      },
        {"ftp://",       "?q"    },
        {"http://",      ":/#f"  },
    };
    char whole[600];

    for (size_t i = 0; i < COUNT(hosts); i++) {
        for (size_t a = 0; a < COUNT(around); a++) {
            snprintf(whole, sizeof whole, "%s%s%s", around[a][0], hosts[i], around[a][1]);
            take_in(whole, 0, a == 0);
            take_in(whole, CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME, a == 3);
            take_in(whole, CURLU_URLENCODE | CURLU_ALLOW_SPACE | CURLU_DEFAULT_SCHEME, false);
        }
    }
}

static void table_of_paths(void)
{
    char whole[600];

    for (size_t i = 0; i < COUNT(paths); i++) {
        snprintf(whole, sizeof whole, "https://a.example%s", paths[i]);
        take_in(whole, 0, true);
        take_in(whole, CURLU_PATH_AS_IS, false);
        take_in(whole, CURLU_URLENCODE | CURLU_ALLOW_SPACE, false);
        snprintf(whole, sizeof whole, "file://%s", paths[i]);
        take_in(whole, 0, false);
    }
}

/* ---- References ---- */

static void table_of_references(void)
{
    static const char *const bases[] = {
        "http://a/b/c/d;p?q",
        "https://u:p@h.example:8443/x/y/?a=b#f",
        "http://h",
        "http://h/?q",
        "http://h/../a/./b/../c",
        "file:///tmp/dir/file",
        "ftp://h/a/b;type=i",
        "http://[fe80::1%25eth0]/x",
    };
    static const unsigned flags[] = {0, CURLU_URLENCODE | CURLU_ALLOW_SPACE, CURLU_PATH_AS_IS,
                                     CURLU_NON_SUPPORT_SCHEME, CURLU_GUESS_SCHEME};
    static const char *const references[] = {
#include "urls_references.inc"
    };

    for (size_t b = 0; b < COUNT(bases); b++) {
        for (size_t r = 0; r < COUNT(references) + COUNT(paths); r++) {
            const char *reference =
                r < COUNT(references) ? references[r] : paths[r - COUNT(references)];

            for (size_t f = 0; f < COUNT(flags); f++) {
                CURLU *url = curl_url();
                char *text = NULL;
                CURLUcode code;

                curl_url_set(url, CURLUPART_URL, bases[b], 0);
                ask("at %s go to '%s' flags %x", bases[b], reference, flags[f]);
                code = curl_url_set(url, CURLUPART_URL, reference, flags[f]);
                if (code == CURLUE_OK) {
                    code = curl_url_get(url, CURLUPART_URL, &text, 0);
                }
                answer_code_text((int)code, text);
                curl_free(text);
                curl_url_cleanup(url);
            }
        }
    }
}

/* ---- Parts ---- */

static void set_part(const char *base, unsigned part, const char *value, unsigned flags)
{
    CURLU *url = curl_url();
    CURLUcode code;
    char *text = NULL;

    if (base) {
        curl_url_set(url, CURLUPART_URL, base, 0);
    }
    ask("in %s set %s '%s' flags %x", base ? base : "nothing", parts[part],
        value ? value : "(null)", flags);
    code = curl_url_set(url, (CURLUPart)part, value, flags);
    answer("%d", (int)code);
    ask("in %s %s '%s' flags %x, url", base ? base : "nothing", parts[part],
        value ? value : "(null)", flags);
    code = curl_url_get(url, CURLUPART_URL, &text, 0);
    answer_code_text((int)code, text);
    curl_free(text);
    text = NULL;
    ask("in %s %s '%s' flags %x, part", base ? base : "nothing", parts[part],
        value ? value : "(null)", flags);
    code = curl_url_get(url, (CURLUPart)part, &text, 0);
    answer_code_text((int)code, text);
    curl_free(text);
    curl_url_cleanup(url);
}

static void table_of_parts(void)
{
    static const char *const bases[] = {NULL, "http://h.example/p?q#f",
                                        "https://u:p@[::1]:99/a/b?c=d"};
    static const unsigned flags[] = {0,
                                     CURLU_URLENCODE,
                                     CURLU_APPENDQUERY,
                                     CURLU_APPENDQUERY | CURLU_URLENCODE,
                                     CURLU_NON_SUPPORT_SCHEME,
                                     CURLU_ALLOW_SPACE};
    static const char *const values[] = {
#include "urls_values.inc"
    };

    for (size_t b = 0; b < COUNT(bases); b++) {
        for (unsigned part = CURLUPART_SCHEME; part <= CURLUPART_ZONEID; part++) {
            for (size_t f = 0; f < COUNT(flags); f++) {
                for (size_t v = 0; v < COUNT(values); v++) {
                    /* An empty text that is to be encoded crashes 7.88.1. */
                    if (values[v][0] || !(flags[f] & CURLU_URLENCODE)) {
                        set_part(bases[b], part, values[v], flags[f]);
                    }
                }
                set_part(bases[b], part, NULL, flags[f]);
            }
        }
    }
}

/* ---- Long texts, wrong arguments ---- */

static void long_parts(void)
{
    static const size_t lengths[] = {254, 255, 256, 1000, 65535, 70000, 7999990, 8000001};

    for (size_t i = 0; i < COUNT(lengths); i++) {
        char *text = long_text(lengths[i], 'a');

        for (unsigned part = CURLUPART_URL; part <= CURLUPART_ZONEID; part++) {
            CURLU *url = curl_url();

            curl_url_set(url, CURLUPART_URL, "http://h/", 0);
            ask("set %s of %zu bytes", parts[part], lengths[i]);
            answer("%d", (int)curl_url_set(url, (CURLUPart)part, text, 0));
            curl_url_cleanup(url);
        }
        free(text);
    }
}

static void wrong_arguments(void)
{
    CURLU *url = curl_url();
    char *text = NULL;

    ask("set without a handle");
    answer("%d", (int)curl_url_set(NULL, CURLUPART_URL, "http://h/", 0));
    ask("get without a handle");
    answer("%d", (int)curl_url_get(NULL, CURLUPART_URL, &text, 0));
    ask("get into nothing");
    answer("%d", (int)curl_url_get(url, CURLUPART_URL, NULL, 0));
    ask("set an unknown part");
    answer("%d", (int)curl_url_set(url, (CURLUPart)99, "x", 0));
    ask("unset an unknown part");
    answer("%d", (int)curl_url_set(url, (CURLUPart)99, NULL, 0));
    ask("get an unknown part");
    answer("%d", (int)curl_url_get(url, (CURLUPart)99, &text, 0));
    ask("set a negative part");
    answer("%d", (int)curl_url_set(url, (CURLUPart)-1, "x", 0));
    for (int part = 0; part < (int)COUNT(parts); part++) {
        ask("get %s of nothing", parts[part]);
        answer("%d", (int)curl_url_get(url, (CURLUPart)part, &text, 0));
        ask("get %s of nothing, with defaults", parts[part]);
        answer("%d", (int)curl_url_get(url, (CURLUPart)part, &text,
                                       CURLU_DEFAULT_PORT | CURLU_DEFAULT_SCHEME));
    }
    for (int code = -1; code <= CURLUE_LAST + 1; code++) {
        ask("text of code %d", code);
        answer_text(curl_url_strerror((CURLUcode)code));
    }
    curl_url_cleanup(url);
    curl_url_cleanup(NULL);
}

int main(void)
{
    setlocale(LC_ALL, "");
    say_version();
    apart("wholes", table_of_wholes);
    apart("hosts", table_of_hosts);
    apart("paths", table_of_paths);
    apart("references", table_of_references);
    apart("parts", table_of_parts);
    apart("long parts", long_parts);
    apart("wrong arguments", wrong_arguments);
    return 0;
}
