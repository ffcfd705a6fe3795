/* SPDX-License-Identifier: MIT */
#include "wire/hsts.h"

#include "wire/cookie.h"
#include "wire/date.h"

#include <stdio.h>
#include <time.h>

struct str hsts_host(struct str host)
{
    while (host.len && host.at[host.len - 1] == '.')
        host.len--;
    if (host.len > HSTS_NAME_MAX || cookie_host_is_address(host))
        return STR("");
    for (size_t i = 0; i < host.len; i++) {
        if ((unsigned char)host.at[i] <= ' ' || host.at[i] == 0x7f || host.at[i] == '"')
            return STR("");
    }
    return host;
}

/* ---- The field (RFC 6797 6.1) ---- */

static struct str unquote(struct str value)
{
    if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
        return (struct str){value.at + 1, value.len - 2};
    return value;
}

static bool parse_max_age(struct str value, int64_t *ret)
{
    value = unquote(value);
    if (!value.len)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (!ascii_is_digit(value.at[i]))
            return false;
    }
    if (!str_take_number(&value, HSTS_FOREVER, ret))
        *ret = HSTS_FOREVER;
    return true;
}

/* Up to the next semicolon that is in no quotes. */
static struct str take_directive(struct str *rest)
{
    bool quoted = false;
    size_t len = 0;
    struct str piece;

    while (len < rest->len && (quoted || rest->at[len] != ';')) {
        quoted ^= rest->at[len] == '"';
        len++;
    }
    piece = str_trim_blanks((struct str){rest->at, len});
    len += len < rest->len ? 1 : 0;
    rest->at += len;
    rest->len -= len;
    return piece;
}

bool hsts_parse_field(struct str value, struct hsts_policy *ret)
{
    bool has_age = false;

    *ret = (struct hsts_policy){0};
    while (value.len) {
        struct str piece = take_directive(&value), name = piece, argument = {"", 0};
        const char *equals = piece.len ? memchr(piece.at, '=', piece.len) : NULL;

        if (equals) {
            name = str_trim_blanks((struct str){piece.at, (size_t)(equals - piece.at)});
            argument = str_trim_blanks(
                (struct str){equals + 1, piece.len - (size_t)(equals - piece.at) - 1});
        }
        if (str_equal_nocase(name, STR("max-age"))) {
            if (has_age || !parse_max_age(argument, &ret->max_age_s))
                return false;
            has_age = true;
        } else if (str_equal_nocase(name, STR("includesubdomains"))) {
            if (ret->subdomains)
                return false;
            ret->subdomains = true;
        }
    }
    return has_age;
}

/* ---- The file ---- */

bool hsts_parse_time(struct str text, int64_t *ret)
{
    if (!text.len || str_equal_nocase(text, STR("unlimited"))) {
        *ret = HSTS_FOREVER;
        return true;
    }
    return date_parse(text, ret);
}

void hsts_format_time(int64_t time, char text[HSTS_TIME_SIZE])
{
    char wide[64];
    time_t seconds = (time_t)time;
    struct tm parts;

    if (time != HSTS_FOREVER && gmtime_r(&seconds, &parts) && parts.tm_year <= 9999 - 1900)
        strftime(wide, sizeof(wide), "%Y%m%d %H:%M:%S", &parts);
    else
        snprintf(wide, sizeof(wide), "unlimited");
    snprintf(text, HSTS_TIME_SIZE, "%.17s", wide);
}

bool hsts_parse_line(struct str line, struct hsts_line *ret)
{
    size_t len = 0;
    struct str stamp;

    line = str_trim_blanks(line);
    if (!line.len || line.at[0] == '#')
        return false;
    while (len < line.len && !ascii_is_blank(line.at[len]))
        len++;
    stamp = str_trim_blanks((struct str){line.at + len, line.len - len});
    *ret = (struct hsts_line){
        .host = {line.at, len}
    };
    if (ret->host.at[0] == '.') {
        ret->subdomains = true;
        ret->host = (struct str){line.at + 1, len - 1};
    }
    ret->host = hsts_host(ret->host);
    if (!stamp.len || !ret->host.len || ret->host.at[0] == '.')
        return false;
    return hsts_parse_time(unquote(stamp), &ret->expires);
}

bool hsts_append_line(struct buf *b, const struct hsts_line *line)
{
    char text[HSTS_TIME_SIZE];

    hsts_format_time(line->expires, text);
    if (line->subdomains)
        buf_append_char(b, '.');
    buf_append(b, line->host.at, line->host.len);
    return buf_printf(b, " \"%s\"\n", text);
}
