/* SPDX-License-Identifier: MIT */
/* A date is up to six items in any order with anything between them that is neither letter nor
 * digit: a weekday, a month, a time of day, a zone, and numbers whose meaning depends on what is
 * known already. Items behind the sixth are not looked at. This is what libcurl does, found by
 * asking it. */
#include "wire/date.h"

#include <stdio.h>

enum { UNKNOWN = -1, ITEMS_MAX = 6, ZONE_MAX = 1400, NUMBER_MAX = 99999999 };

/* First year that is believed to be Gregorian. */
enum { FIRST_YEAR = 1583 };

struct date {
    int64_t year; /* UNKNOWN, as month and day */
    int month;    /* 0 to 11 */
    int day;
    int seconds; /* of the day; UNKNOWN */
    int weekday; /* UNKNOWN, else not used */
    bool has_zone;
    int zone; /* seconds to add for UTC */
};

static const char *const weekdays[] = {
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
};

static const char *const months[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

/* Minutes to add for UTC; the letters as RFC 5322 (4.3) says they were meant. Upper case counts. */
static const struct {
    char name[5];
    short minutes;
} zones[] = {
    {"A",    -60 },
    {"ADT",  180 },
    {"AHST", 600 },
    {"AST",  240 },
    {"B",    -120},
    {"BST",  -60 },
    {"C",    -180},
    {"CAT",  600 },
    {"CCT",  -480},
    {"CDT",  300 },
    {"CEST", -120},
    {"CET",  -60 },
    {"CST",  360 },
    {"D",    -240},
    {"E",    -300},
    {"EADT", -660},
    {"EAST", -600},
    {"EDT",  240 },
    {"EET",  -120},
    {"EST",  300 },
    {"F",    -360},
    {"FST",  -120},
    {"FWT",  -60 },
    {"G",    -420},
    {"GMT",  0   },
    {"GST",  -600},
    {"H",    -480},
    {"HDT",  540 },
    {"HST",  600 },
    {"I",    -540},
    {"IDLE", -720},
    {"IDLW", 720 },
    {"JST",  -540},
    {"K",    -600},
    {"L",    -660},
    {"M",    -720},
    {"MDT",  360 },
    {"MEST", -120},
    {"MESZ", -120},
    {"MET",  -60 },
    {"MEWT", -60 },
    {"MST",  420 },
    {"N",    60  },
    {"NT",   660 },
    {"NZDT", -780},
    {"NZST", -720},
    {"NZT",  -720},
    {"O",    120 },
    {"P",    180 },
    {"PDT",  420 },
    {"PST",  480 },
    {"Q",    240 },
    {"R",    300 },
    {"S",    360 },
    {"T",    420 },
    {"U",    480 },
    {"UT",   0   },
    {"UTC",  0   },
    {"V",    540 },
    {"W",    600 },
    {"WADT", -480},
    {"WAST", -420},
    {"WAT",  60  },
    {"WET",  0   },
    {"X",    660 },
    {"Y",    720 },
    {"YDT",  480 },
    {"YST",  540 },
    {"Z",    0   },
};

static bool take_weekday(struct date *d, struct str word)
{
    if (d->weekday != UNKNOWN)
        return false;
    for (int i = 0; i < 7; i++) {
        struct str name = str_of(weekdays[i]);

        if (str_equal_nocase(word, name) || str_equal_nocase(word, (struct str){name.at, 3})) {
            d->weekday = i;
            return true;
        }
    }
    return false;
}

static bool take_month(struct date *d, struct str word)
{
    if (d->month != UNKNOWN)
        return false;
    for (int i = 0; i < 12; i++) {
        if (str_equal_nocase(word, str_of(months[i]))) {
            d->month = i;
            return true;
        }
    }
    return false;
}

static bool take_zone(struct date *d, struct str word)
{
    if (d->has_zone)
        return false;
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        if (str_equal(word, str_of(zones[i].name))) {
            d->has_zone = true;
            d->zone = zones[i].minutes * 60;
            return true;
        }
    }
    return false;
}

static bool take_word(struct date *d, struct str *rest)
{
    struct str word = {rest->at, 0};

    while (word.len < rest->len && ascii_is_alpha(rest->at[word.len]))
        word.len++;
    *rest = (struct str){rest->at + word.len, rest->len - word.len};
    return take_weekday(d, word) || take_month(d, word) || take_zone(d, word);
}

/* One or two digits up to `max`; more digits may stand behind them. */
static bool take_two(struct str *s, int max, int *ret_number)
{
    int number = 0;
    size_t n = 0;

    for (; n < 2 && n < s->len && ascii_is_digit(s->at[n]); n++)
        number = number * 10 + s->at[n] - '0';
    *s = (struct str){s->at + n, s->len - n};
    *ret_number = number;
    return n && number <= max;
}

static bool take_colon(struct str *s)
{
    if (!s->len || s->at[0] != ':')
        return false;
    *s = (struct str){s->at + 1, s->len - 1};
    return true;
}

/* HH:MM or HH:MM:SS. Nothing is taken when it is none, or when there was one. */
static bool take_time(struct date *d, struct str *rest)
{
    int hours, minutes, seconds = 0;
    struct str at = *rest, more;

    if (d->seconds != UNKNOWN || !take_two(&at, 23, &hours) || !take_colon(&at) ||
        !take_two(&at, 59, &minutes))
        return false;
    more = at;
    if (take_colon(&more) && more.len && ascii_is_digit(more.at[0])) {
        if (!take_two(&more, 60, &seconds))
            return false;
        at = more;
    }
    d->seconds = hours * 3600 + minutes * 60 + seconds;
    *rest = at;
    return true;
}

static bool take_year(struct date *d, int64_t number)
{
    if (d->year != UNKNOWN)
        return false;
    if (number < 100)
        number += number > 70 ? 1900 : 2000;
    d->year = number;
    return true;
}

/* A number that is no time of day; `sign` stood in front of it, 0 for none. */
static bool take_number(struct date *d, struct str *rest, char sign)
{
    size_t before = rest->len;
    int64_t number;
    size_t digits;

    if (!str_take_number(rest, NUMBER_MAX, &number))
        return false;
    digits = before - rest->len;
    if (!d->has_zone && sign && digits == 4 && number <= ZONE_MAX) {
        int seconds = (int)(number / 100 * 60 + number % 100) * 60;

        d->has_zone = true;
        d->zone = sign == '+' ? -seconds : seconds;
        return true;
    }
    if (digits == 8 && d->year == UNKNOWN && d->month == UNKNOWN && d->day == UNKNOWN) {
        d->year = number / 10000;
        d->month = (int)(number / 100 % 100) - 1;
        d->day = (int)(number % 100);
        return true;
    }
    if (d->day == UNKNOWN && number > 0 && number <= 31) {
        d->day = (int)number;
        return true;
    }
    return take_year(d, number);
}

/* Days since 1970 of a day that may lie outside its month. */
static int64_t days_since_epoch(int64_t year, int month, int day)
{
    static const short before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    int64_t leap_year = month < 2 ? year - 1 : year; /* the last that may have added a day */
    int64_t leap_days = leap_year / 4 - leap_year / 100 + leap_year / 400;
    int64_t leap_days_1970 = 1969 / 4 - 1969 / 100 + 1969 / 400;

    return (year - 1970) * 365 + leap_days - leap_days_1970 + before[month] + day - 1;
}

static bool finish(const struct date *d, int64_t *ret_seconds)
{
    int64_t seconds = d->seconds == UNKNOWN ? 0 : d->seconds;

    if (d->year < FIRST_YEAR || d->month < 0 || d->month > 11 || d->day < 0 || d->day > 31)
        return false;
    *ret_seconds = days_since_epoch(d->year, d->month, d->day) * 86400 + seconds + d->zone;
    return true;
}

bool date_parse(struct str text, int64_t *ret_seconds)
{
    struct date d = {UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, false, 0};
    char before = '\0';

    for (int items = 0; text.len && items < ITEMS_MAX;) {
        bool good = true;

        if (ascii_is_alpha(text.at[0])) {
            good = take_word(&d, &text);
            items++;
        } else if (ascii_is_digit(text.at[0])) {
            char sign = (char)(before == '+' || before == '-' ? before : 0);

            good = take_time(&d, &text) || take_number(&d, &text, sign);
            items++;
        } else {
            before = text.at[0];
            text = (struct str){text.at + 1, text.len - 1};
            continue;
        }
        if (!good)
            return false;
        before = '\0';
    }
    return finish(&d, ret_seconds);
}

/* Splits days since 1970 into year, month (0 to 11) and day. */
static void split_days(int64_t days, int64_t *ret_year, int *ret_month, int *ret_day)
{
    int64_t year = 1970 + days / 366;
    int month = 11;

    if (days < 0)
        year--;
    while (days_since_epoch(year + 1, 0, 1) <= days)
        year++;
    while (days_since_epoch(year, 0, 1) > days)
        year--;
    while (days_since_epoch(year, month, 1) > days)
        month--;
    *ret_year = year;
    *ret_month = month;
    *ret_day = (int)(days - days_since_epoch(year, month, 1)) + 1;
}

void date_format(int64_t seconds, char text[DATE_TEXT_SIZE])
{
    /* Years 1 to 9999 have this form; times outside are cut to it. */
    const int64_t first = -62135596800, last = 253402300799;
    int64_t days, rest, year;
    int month, day;

    seconds = seconds < first ? first : seconds > last ? last : seconds;
    days = seconds / 86400;
    rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    split_days(days, &year, &month, &day);
    snprintf(text, DATE_TEXT_SIZE, "%.3s, %02d %s %04d %02d:%02d:%02d GMT",
             weekdays[(days % 7 + 7 + 4) % 7], day % 100, months[month], (int)(year % 10000),
             (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
}
