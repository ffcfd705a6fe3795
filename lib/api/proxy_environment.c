/* SPDX-License-Identifier: MIT */
#include "api/proxy_environment.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#include <string.h>
#include <unistd.h>

enum { SUFFIX = 6 }; /* "_proxy" */

/* Splits "NAME_proxy=VALUE"; `suffix` says in which case it counts. A variable without a value is
 * none. */
static bool read_variable(const char *text, const char *suffix, struct str *ret_name,
                          const char **ret_value)
{
    const char *equals = strchr(text, '=');
    size_t len = equals ? (size_t)(equals - text) : 0;

    if (len <= SUFFIX || !equals[1] || memcmp(equals - SUFFIX, suffix, SUFFIX) != 0)
        return false;
    *ret_name = (struct str){text, len - SUFFIX};
    *ret_value = equals + 1;
    return true;
}

static void add_all(struct buf *to, const char *suffix, bool upper)
{
    for (char **at = environ; at && *at; at++) {
        const char *value;
        struct str name;

        if (!read_variable(*at, suffix, &name, &value))
            continue;
        if (upper && str_equal_nocase(name, STR("http")))
            continue;
        for (size_t i = 0; i < name.len; i++)
            buf_append_char(to, ascii_lower(name.at[i]));
        buf_append_char(to, '=');
        buf_append(to, value, strlen(value) + 1);
    }
}

/* Most environments name no proxy; this is asked for every transfer. */
static bool names_one(void)
{
    for (char **at = environ; at && *at; at++) {
        const char *equals = strchr(*at, '=');

        if (equals && equals - *at > SUFFIX &&
            str_equal_nocase((struct str){equals - SUFFIX, SUFFIX}, STR("_proxy")))
            return true;
    }
    return false;
}

CURLcode proxy_environment_read(char **ret)
{
    scoped(buf) found = {0};

    *ret = NULL;
    if (!names_one())
        return CURLE_OK;
    add_all(&found, "_proxy", false);
    add_all(&found, "_PROXY", true);
    if (buf_failed(&found))
        return CURLE_OUT_OF_MEMORY;
    if (!found.len)
        return CURLE_OK;
    *ret = buf_take(&found); /* a NUL stands behind the last text's */
    return *ret ? CURLE_OK : CURLE_OUT_OF_MEMORY;
}
