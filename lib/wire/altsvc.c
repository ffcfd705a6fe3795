/* SPDX-License-Identifier: MIT */
#include "wire/altsvc.h"

#include "wire/date.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>

enum {
    AGE_DEFAULT_S = 24 * 3600,
    HOST_MOST = 512,
    PORT_MOST = 65535,
};

static const struct {
    const char *name;
    long protocol;
} protocols[] = {
    {"h1",         CURLALTSVC_H1}, /* in the file; the first name of each is written */
    {"h2",         CURLALTSVC_H2},
    {"h3",         CURLALTSVC_H3},
    {"http/1.1",   CURLALTSVC_H1},
    {"http%2F1.1", CURLALTSVC_H1},
};

static long protocol_of(struct str name)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        if (str_equal_nocase(name, str_of(protocols[i].name)))
            return protocols[i].protocol;
    }
    return 0;
}

const char *altsvc_protocol_name(long protocol)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        if (protocols[i].protocol == protocol)
            return protocols[i].name;
    }
    return "?";
}

static struct str without_dot(struct str host)
{
    if (host.len && host.at[host.len - 1] == '.')
        host.len--;
    return host;
}

bool altsvc_same_host(struct str a, struct str b)
{
    return str_equal_nocase(without_dot(a), without_dot(b));
}

/* ---- Pieces of text ---- */

static void skip(struct str *text, size_t len)
{
    text->at += len;
    text->len -= len;
}

static void skip_blanks(struct str *text)
{
    while (text->len && (*text->at == ' ' || *text->at == '\t'))
        skip(text, 1);
}

static bool take_char(struct str *text, char c)
{
    if (!text->len || *text->at != c)
        return false;
    skip(text, 1);
    return true;
}

/* What stands before one of `ends` or the end. */
static struct str take_until(struct str *text, const char *ends)
{
    struct str taken = {text->at, 0};

    while (taken.len < text->len && !strchr(ends, taken.at[taken.len]))
        taken.len++;
    skip(text, taken.len);
    return taken;
}

/* Digits only, at most `most`. */
static bool read_number(struct str text, int64_t most, int64_t *ret)
{
    *ret = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9' || *ret > most / 10)
            return false;
        *ret = *ret * 10 + (text.at[i] - '0');
    }
    return text.len && *ret <= most;
}

static bool read_port(struct str text, int *ret)
{
    int64_t port;

    if (!read_number(text, PORT_MOST, &port) || !port)
        return false;
    *ret = (int)port;
    return true;
}

/* What a file of lines and fields can hold: a name, an IPv4 address, an IPv6 one in brackets. */
static bool is_host(struct str host)
{
    bool bracketed = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';

    if (host.len > HOST_MOST)
        return false;
    if (bracketed)
        host = (struct str){host.at + 1, host.len - 2};
    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];
        bool plain =
            ascii_is_alpha(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (!plain && !(bracketed && (c == ':' || c == '%')))
            return false;
    }
    return true;
}

/* ---- The field ---- */

/* "host:port" or ":port". */
static bool read_authority(struct str text, struct altsvc_offer *ret)
{
    size_t colon = text.len;

    while (colon && text.at[colon - 1] != ':')
        colon--;
    if (!colon)
        return false;
    ret->host = (struct str){text.at, colon - 1};
    return is_host(ret->host) &&
           read_port((struct str){text.at + colon, text.len - colon}, &ret->port);
}

/* name=value or name="value"; those that nobody knows are left out. */
static bool take_parameter(struct str *field, struct altsvc_offer *offer)
{
    struct str name, value;
    int64_t number;

    skip_blanks(field);
    name = str_trim_blanks(take_until(field, "=;,"));
    if (!take_char(field, '='))
        return !name.len; /* a semicolon with nothing behind it */
    skip_blanks(field);
    if (take_char(field, '"')) {
        value = take_until(field, "\"");
        if (!take_char(field, '"'))
            return false;
    } else {
        value = str_trim_blanks(take_until(field, ";,"));
    }
    if (str_equal_nocase(name, STR("ma")) && read_number(value, INT32_MAX, &number))
        offer->age_s = number;
    else if (str_equal_nocase(name, STR("persist")))
        offer->persist = str_equal(value, STR("1"));
    return true;
}

static enum altsvc_part nothing_more(struct str *field)
{
    field->len = 0;
    return ALTSVC_END;
}

/* Past an offer: the comma before the next one. */
static bool end_offer(struct str *field)
{
    skip_blanks(field);
    return !field->len || take_char(field, ',');
}

enum altsvc_part altsvc_next(struct str *field, struct altsvc_offer *ret)
{
    struct str name, authority;

    do
        skip_blanks(field);
    while (take_char(field, ','));
    name = take_until(field, "= \t;,\"");
    if (str_equal_nocase(name, STR("clear"))) {
        field->len = 0;
        return ALTSVC_CLEAR;
    }
    *ret = (struct altsvc_offer){.protocol = protocol_of(name), .age_s = AGE_DEFAULT_S};
    if (!name.len || !take_char(field, '=') || !take_char(field, '"'))
        return nothing_more(field);
    authority = take_until(field, "\"");
    if (!take_char(field, '"') || !read_authority(authority, ret))
        return nothing_more(field);
    skip_blanks(field);
    while (take_char(field, ';')) {
        if (!take_parameter(field, ret))
            return nothing_more(field);
        skip_blanks(field);
    }
    return end_offer(field) ? ALTSVC_OFFER : nothing_more(field);
}

/* ---- The file ---- */

static struct str take_word(struct str *line)
{
    skip_blanks(line);
    return take_until(line, " \t\r\n");
}

static bool take_end_point(struct str *line, long *ret_protocol, struct str *ret_host,
                           int *ret_port)
{
    *ret_protocol = protocol_of(take_word(line));
    *ret_host = take_word(line);
    return *ret_protocol && ret_host->len && is_host(*ret_host) &&
           read_port(take_word(line), ret_port);
}

/* "YYYYMMDD HH:MM:SS" in quotes. */
static bool take_date(struct str *line, int64_t *ret)
{
    static const char shape[] = "00000000 00:00:00";
    struct str text;

    skip_blanks(line);
    if (!take_char(line, '"'))
        return false;
    text = take_until(line, "\"");
    if (!take_char(line, '"') || text.len != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_digit = text.at[i] >= '0' && text.at[i] <= '9';
        if (shape[i] == '0' ? !is_digit : text.at[i] != shape[i])
            return false;
    }
    return date_parse(text, ret);
}

bool altsvc_parse_line(struct str line, struct altsvc_entry *ret)
{
    int64_t persist, priority;

    *ret = (struct altsvc_entry){0};
    skip_blanks(&line);
    if (!line.len || *line.at == '#' ||
        !take_end_point(&line, &ret->from_protocol, &ret->from_host, &ret->from_port) ||
        !take_end_point(&line, &ret->protocol, &ret->host, &ret->port) ||
        !take_date(&line, &ret->expires) || !read_number(take_word(&line), 1, &persist) ||
        !read_number(take_word(&line), INT32_MAX, &priority))
        return false;
    ret->persist = persist;
    ret->priority = (long)priority;
    return true;
}

bool altsvc_append_line(struct buf *b, const struct altsvc_entry *e)
{
    time_t expires = (time_t)e->expires;
    struct tm at;

    if (!gmtime_r(&expires, &at))
        return false;
    return buf_printf(b, "%s %.*s %d %s %.*s %d \"%d%02d%02d %02d:%02d:%02d\" %d %ld\n",
                      altsvc_protocol_name(e->from_protocol), (int)e->from_host.len,
                      e->from_host.at, e->from_port, altsvc_protocol_name(e->protocol),
                      (int)e->host.len, e->host.at, e->port, at.tm_year + 1900, at.tm_mon + 1,
                      at.tm_mday, at.tm_hour, at.tm_min, at.tm_sec, e->persist, e->priority);
}
