/* SPDX-License-Identifier: MIT */
/* Texts: escaping, dates, comparisons, the printf family. Generated: each piece with each other. */
#include <curl/curl.h>
#include <curl/mprintf.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Numbers that only look random: the same on both libraries. */
static uint32_t dice;

static uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
}

/* ---- Escapes ---- */

static void escape(const char *bytes, int len, const char *shown)
{
    CURL *easy = curl_easy_init();
    char *text;

    ask("escape %s, %d", shown, len);
    text = curl_easy_escape(easy, bytes, len);
    answer_text(text);
    curl_free(text);
    ask("escape without a handle %s, %d", shown, len);
    text = curl_escape(bytes, len);
    answer_text(text);
    curl_free(text);
    curl_easy_cleanup(easy);
}

static void unescape(const char *text, int len)
{
    CURL *easy = curl_easy_init();
    int got = -7;
    char *bytes;

    ask("unescape '%s', %d", text, len);
    bytes = curl_easy_unescape(easy, text, len, &got);
    answer_bytes(bytes, bytes ? (size_t)got : 0);
    curl_free(bytes);
    ask("unescape '%s', %d, no length wanted", text, len);
    bytes = curl_unescape(text, len);
    answer_text(bytes);
    curl_free(bytes);
    curl_easy_cleanup(easy);
}

static void escapes(void)
{
    static const char *const texts[] = {"",          "a",   "%41",   "%4",      "%",      "%%",
                                        "%4g",       "%zz", "%00",   "a%00b",   "%c3%A4", "a+b",
                                        "%2B",       "%25", "%2541", "a%20b c", "%fF",    "%0a%0d",
                                        "%7f%80%ff", "%+1", "% 1",   "%-1",     "%0x41",  "%u0041"};
    static const int lengths[] = {0, 1, 2, 3, 4, 5};
    char byte, shown[8];

    for (int i = 0; i < 256; i++) {
        byte = (char)i;
        snprintf(shown, sizeof shown, "byte %02x", i);
        escape(&byte, 1, shown);
    }
    escape("", 0, "nothing");
    escape("abc\0def", 7, "with a zero byte");
    escape("abc", -1, "negative");
    escape("abc", INT_MIN, "negative");
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t l = 0; l < COUNT(lengths); l++) {
            if ((size_t)lengths[l] <= strlen(texts[i])) {
                unescape(texts[i], lengths[l]);
            }
        }
        unescape(texts[i], -1);
    }
    unescape("abc", INT_MIN);
    ask("free NULL");
    curl_free(NULL);
    answer("done");
}

/* ---- Dates ---- */

static void date(const char *text)
{
    ask("date '%s'", text);
    answer("%lld", (long long)curl_getdate(text, NULL));
}

static const char *const days[] = {"Sun", "Monday",   "tue", "Wednesday", "Thursday",
                                   "FRI", "Saturday", "Xyz", ""};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",     "Aug",
                                     "Sep", "Oct", "Nov", "Dec", "jan", "DEC", "January", "Foo"};
static const char *const zones[] = {
    "GMT",   "UTC",   "WET",   "BST",   "EST",   "EDT",   "PST",   "CET", "MEST", "IDLE",
    "JST",   "NZT",   "Z",     "A",     "M",     "J",     "N",     "gmt", "XXX",  "+0000",
    "-0000", "+0130", "-1200", "+1400", "+1401", "-2359", "+9999", "+1",  "-100", ""};
static const char *const formats[] = {
    "%A, %D %M %Y %T %Z",
    "%A, %D-%M-%y %T %Z",
    "%A %M %D %T %Y",
    "%D %M %Y %T %Z",
    "%T %D %M %Y",
    "%M %D %Y",
    "%D %M %Y %S",
    "%N",
    "%N %T",
    "%A, %D %M %Y",
    "%Y %M %D",
    "%y-%M-%D %T %Z",
    "%D/%M/%Y %T",
    "%Y%L%D",
    "%Y-%L-%D %T",
    "%M %D, %Y %T",
    "%Z %T %D %M %Y",
    "%D%M%Y %T",
};

static size_t fill(char *to, size_t size, char what)
{
    switch (what) {
    case 'A':
        return (size_t)snprintf(to, size, "%s", days[roll(COUNT(days))]);
    case 'D':
        return (size_t)snprintf(to, size, roll(4) ? "%02u" : "%u", roll(34));
    case 'M':
        return (size_t)snprintf(to, size, "%s", months[roll(COUNT(months))]);
    case 'L':
        return (size_t)snprintf(to, size, "%02u", roll(14));
    case 'Y':
        return (size_t)snprintf(to, size, "%u", roll(6) ? 1965 + roll(140) : 1500 + roll(9000));
    case 'y':
        return (size_t)snprintf(to, size, "%02u", roll(100));
    case 'T':
        return (size_t)snprintf(to, size, "%02u:%02u:%02u", roll(26), roll(62), roll(63));
    case 'S':
        return (size_t)snprintf(to, size, "%u:%02u", roll(26), roll(62));
    case 'N':
        return (size_t)snprintf(to, size, "%08u", 10000000 + roll(90000000));
    default:
        return (size_t)snprintf(to, size, "%s", zones[roll(COUNT(zones))]);
    }
}

static void generated_dates(void)
{
    dice = 1;
    for (int i = 0; i < 6000; i++) {
        const char *format = formats[(size_t)i % COUNT(formats)];
        char text[120];
        size_t len = 0;

        for (const char *c = format; *c; c++) {
            if (*c == '%') {
                len += fill(text + len, sizeof text - len, *++c);
            } else {
                text[len++] = *c;
            }
        }
        text[len] = '\0';
        date(text);
    }
}

static void picked_dates(void)
{
    static const char *const texts[] = {
        "",
        " ",
        "0",
        "-1",
        "20040912",
        "20040912 15:05:58 -0700",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "06 Nov 1994 08:49:37",
        "06-Nov-94 08:49:37",
        "Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994",
        "06 Nov 1994",
        "06-Nov-94",
        "Nov 6",
        "1994 Nov 6 08:49:37",
        "GMT 08:49:37 06-Nov-94 Sunday",
        "94 6 Nov 08:49:37",
        "1994 Nov 6",
        "06-Nov-94",
        "Sun Nov 6 94",
        "1994.Nov.6",
        "Sun/Nov/6/94/GMT",
        "06 Nov 1994 08:49:37 CET",
        "06 Nov 1994 08:49:37 EST",
        "Sun, 06 Nov 1994 08:49:37 UT",
        "Thu, 12-Aug-31 20:49:07 GMT",
        "2038 Jan 19 03:14:07",
        "2038 Jan 19 03:14:08",
        "9999 Dec 31",
        "0000 Jan 1",
        "1 Jan 1970 00:00:00 GMT",
        "31 Dec 1969 23:59:59 GMT",
        "29 Feb 2000",
        "29 Feb 2001",
        "29 Feb 1900",
        "30 Feb 2004",
        "31 Apr 2004",
        "32 Jan 2004",
        "0 Jan 2004",
        "6 Nov 1994 24:00:00",
        "6 Nov 1994 23:60:00",
        "6 Nov 1994 23:59:60",
        "6 Nov 1994 23:59:61",
        "6 Nov 1994 8:49",
        "6 Nov 1994 8:49:7",
        "6 Nov 1994 8:4:7",
        "6 Nov 1994 08:49:37 PM",
        "6 Nov 1994 08:49:37.123",
        "6 Nov 1994 :49:37",
        "6 Nov 1994 08:49:",
        "6 Nov 1994 08",
        "Nov Nov 1994",
        "Sun Sun 6 Nov 1994",
        "6 6 Nov 1994",
        "6 Nov 1994 GMT GMT",
        "6 Nov 1994 08:49:37 08:49:37",
        "6 Nov 1994 +",
        "6 Nov 1994 08:49:37 +2",
        "6 Nov 1994 08:49:37 GMT+2",
        "6 Nov 1994 08:49:37 +02:00",
        "1994-11-06T08:49:37Z",
        "11/06/1994",
        "now",
        "yesterday",
        "Sunday",
        "November 6 1994",
        "Novembre 6 1994",
        "6 Nov 99999999999999",
        "99999999999999999999",
        "6 Nov -1994",
        "6,Nov,1994",
        "6;Nov;1994",
        "\xff",
        "6 Nov 1994 \xff",
        "Thu, 01-Jan-1970 00:59:58 GMT",
        "Thu, 01-Jan-1970 01:02:60 GMT",
        "Thu, 999999999999-Aug-2007 20:49:07 GMT",
        "6 Nov 1582",
        "6 Nov 1583",
        "15 Oct 1582",
        "Fri, 13 Dec 1901 20:45:52 GMT",
        "Fri, 13 Dec 1901 20:45:51 GMT",
        "20111323",
        "20110632",
        "2011-06-15",
        "19941106",
        "19940229",
        "1994110",
        "199411061",
        "2094 Nov 6",
        "94 Nov 6",
        "70 Jan 1",
        "69 Jan 1",
        "38 Jan 19",
        "71 Jan 1",
        "00 Jan 1",
        "Wed, 09 Nov 1994 08:49:37 -0800 (PST)",
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        date(texts[i]);
    }
}

/* ---- Comparisons ---- */

static void comparisons(void)
{
    static const char *const texts[] = {"",  "a", "A", "ab", "aB", "abc", "\xc3\xa4", "\xc3\x84",
                                        "i", "I", "[", "{",  "@",  "`",   "ab c"};

    for (size_t a = 0; a < COUNT(texts); a++) {
        for (size_t b = 0; b < COUNT(texts); b++) {
            ask("'%s' equals '%s'", texts[a], texts[b]);
            answer("%d", curl_strequal(texts[a], texts[b]) != 0);
            for (size_t n = 0; n < 4; n++) {
                ask("'%s' equals '%s' in %zu", texts[a], texts[b], n);
                answer("%d", curl_strnequal(texts[a], texts[b], n) != 0);
            }
        }
    }
    ask("NULL equals NULL");
    answer("%d", curl_strequal(NULL, NULL) != 0);
    ask("NULL equals a");
    answer("%d", curl_strequal(NULL, "a") != 0);
    ask("a equals NULL");
    answer("%d", curl_strequal("a", NULL) != 0);
    ask("NULL equals NULL in 0");
    answer("%d", curl_strnequal(NULL, NULL, 0) != 0);
    ask("NULL equals NULL in 3");
    answer("%d", curl_strnequal(NULL, NULL, 3) != 0);
    ask("NULL equals a in 0");
    answer("%d", curl_strnequal(NULL, "a", 0) != 0);
    ask("a equals NULL in 1");
    answer("%d", curl_strnequal("a", NULL, 1) != 0);
}

/* ---- The printf family ---- */

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"

#define PRINT(format, ...)                                                                         \
    do {                                                                                           \
        char print_text[80] = "untouched";                                                         \
        char *print_grown = curl_maprintf(format, __VA_ARGS__);                                    \
        int print_len = curl_msnprintf(print_text, sizeof print_text, format, __VA_ARGS__);        \
        ask("print '%s' of " #__VA_ARGS__, format);                                                \
        printf("%d ", print_len);                                                                  \
        answer_text(print_grown);                                                                  \
        ask("print '%s' of " #__VA_ARGS__ ", in 80 bytes", format);                                \
        answer_text(print_text);                                                                   \
        curl_free(print_grown);                                                                    \
    } while (0)

static const char *const flags[] = {"", "-", "+", " ", "#", "0", "-0", "+ ", "#0"};
static const char *const widths[] = {"", "1", "5", "20", "100"};
static const char *const precisions[] = {"", ".", ".0", ".1", ".3", ".12"};

static const char *make(char *to, size_t size, const int pick[3], const char *conversion)
{
    snprintf(to, size, "<%%%s%s%s%s>", flags[pick[0]], widths[pick[1]], precisions[pick[2]],
             conversion);
    return to;
}

static void print_numbers(const int pick[3])
{
    static const char *const ints[] = {"d", "i", "u", "x", "X", "o", "hd", "c"};
    static const char *const longs[] = {"ld", "lu", "lx", "lX", "lo"};
    static const char *const longer[] = {"lld", "llu", "llx", "zd", "zu", "qd"};
    char format[40];

    for (size_t i = 0; i < COUNT(ints); i++) {
        make(format, sizeof format, pick, ints[i]);
        PRINT(format, 65);
        PRINT(format, -7);
        PRINT(format, 0);
        PRINT(format, INT_MIN);
    }
    for (size_t i = 0; i < COUNT(longs); i++) {
        make(format, sizeof format, pick, longs[i]);
        PRINT(format, 123456789L);
        PRINT(format, LONG_MIN);
    }
    for (size_t i = 0; i < COUNT(longer); i++) {
        make(format, sizeof format, pick, longer[i]);
        PRINT(format, 1234567890123LL);
        PRINT(format, -1LL);
    }
}

static void print_others(const int pick[3])
{
    static const char *const doubles[] = {"f", "e", "g", "E", "G"};
    char format[40];

    for (size_t i = 0; i < COUNT(doubles); i++) {
        make(format, sizeof format, pick, doubles[i]);
        PRINT(format, 3.14159);
        PRINT(format, -0.5);
        PRINT(format, 0.0);
        PRINT(format, 1e100);
    }
    make(format, sizeof format, pick, "s");
    PRINT(format, "text");
    PRINT(format, "");
    PRINT(format, (char *)0);
    make(format, sizeof format, pick, "S");
    PRINT(format, "text");
    make(format, sizeof format, pick, "p");
    PRINT(format, (void *)0x1234);
    PRINT(format, (void *)0);
    make(format, sizeof format, pick, "%");
    PRINT(format, 1);
}

static void prints(void)
{
    int pick[3];

    for (pick[0] = 0; pick[0] < (int)COUNT(flags); pick[0]++) {
        for (pick[1] = 0; pick[1] < (int)COUNT(widths); pick[1]++) {
            for (pick[2] = 0; pick[2] < (int)COUNT(precisions); pick[2]++) {
                print_numbers(pick);
                print_others(pick);
            }
        }
    }
}

static void odd_prints(void)
{
    char small[5] = "????";
    int written = -1;

    PRINT("%*d|%-*d|%.*s", 5, 7, 5, 7, 2, "text");
    PRINT("%*d", -5, 7);
    PRINT("%.*s", -1, "text");
    PRINT("%.*d", -3, 5);
    PRINT("%2$s %1$s", "a", "b");
    PRINT("%1$s %1$s", "a");
    PRINT("%2$*1$d", 5, 7);
    PRINT("%3$s %1$s %2$s", "a", "b", "c");
    PRINT("%s%", "a");
    PRINT("%", 1);
    PRINT("%%", 1);
    PRINT("%5%", 1);
    PRINT("a%zb", 1);
    PRINT("%y", 1);
    PRINT("%lls", "a");
    PRINT("%hhd", 300);
    PRINT("%hu", 70000);
    PRINT("%ls", "a");
    PRINT("%s", "a long text that does not end before it has gone past the eighty bytes that there "
                "are for it");
    ask("print in 5 bytes");
    answer("%d '%s'", curl_msnprintf(small, sizeof small, "%s", "longer"), small);
    ask("print in 1 byte");
    answer("%d '%s'", curl_msnprintf(small, 1, "%s", "longer"), small);
    ask("print in no bytes");
    answer("%d", curl_msnprintf(small, 0, "%s", "longer"));
    ask("print into a count");
    curl_msnprintf(small, sizeof small, "abc%n", &written);
    answer("%d", written);
    ask("print without limit");
    answer("%d '%s'", curl_msprintf(small, "%d%c", 12, 'x'), small);
    ask("print nothing");
    answer_text(curl_maprintf("%s", ""));
}

int main(void)
{
    say_version();
    apart("escapes", escapes);
    apart("picked dates", picked_dates);
    apart("generated dates", generated_dates);
    apart("comparisons", comparisons);
    apart("prints", prints);
    apart("odd prints", odd_prints);
    return 0;
}
