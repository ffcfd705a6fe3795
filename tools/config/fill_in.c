/* SPDX-License-Identifier: MIT */
/* Fills in a template (standard input to standard output): @NAME@ becomes what the library says of
 * itself, so that curl-config and libcurl.pc cannot say anything else; or the value of an argument
 * NAME=VALUE. */
#include <ctype.h>
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 128, LINE_MAX_LEN = 4096 };

static int by_name(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;

    return strcmp(*left, *right);
}

/* A list in order, with blanks between; NULL ends it. */
static void put_list(const char *const *list, bool upper)
{
    const char *names[NAMES_MAX] = {NULL};
    size_t count = 0;

    while (count < NAMES_MAX && list[count]) {
        names[count] = list[count];
        count++;
    }
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        if (i) {
            putchar(' ');
        }
        for (const char *at = names[i]; *at; at++) {
            putchar(upper ? toupper((unsigned char)*at) : *at);
        }
    }
}

/* What the library says; false for another name. */
static bool put_fact(const char *name, size_t len)
{
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

    if (len == 7 && !strncmp(name, "VERSION", len)) {
        fputs(v->version, stdout);
    } else if (len == 6 && !strncmp(name, "VERNUM", len)) {
        printf("%06x", v->version_num);
    } else if (len == 9 && !strncmp(name, "PROTOCOLS", len)) {
        put_list(v->protocols, true);
    } else if (len == 8 && !strncmp(name, "FEATURES", len)) {
        put_list(v->feature_names, false);
    } else if (len == 12 && !strncmp(name, "SSL_BACKENDS", len)) {
        printf("%.*s", (int)strcspn(v->ssl_version, "/"), v->ssl_version);
    } else if (len == 2 && !strncmp(name, "CA", len)) {
        fputs(v->cainfo ? v->cainfo : "", stdout);
    } else {
        return false;
    }
    return true;
}

static bool put_value(const char *name, size_t len, char **arguments)
{
    for (; *arguments; arguments++) {
        if (!strncmp(*arguments, name, len) && (*arguments)[len] == '=') {
            fputs(*arguments + len + 1, stdout);
            return true;
        }
    }
    return put_fact(name, len);
}

static bool put_line(const char *line, char **arguments)
{
    while (*line) {
        const char *end = *line == '@' ? strchr(line + 1, '@') : NULL;
        size_t len = end ? (size_t)(end - line) - 1 : 0;

        if (!len || strspn(line + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != len) {
            putchar(*line++);
        } else if (put_value(line + 1, len, arguments)) {
            line = end + 1;
        } else {
            fprintf(stderr, "nobody knows %.*s\n", (int)len, line + 1);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    char line[LINE_MAX_LEN];
    bool good = argc > 0;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    while (good && fgets(line, sizeof line, stdin)) {
        good = put_line(line, argv + 1);
    }
    curl_global_cleanup();
    return good && !ferror(stdin) && !fflush(stdout) ? 0 : 1;
}
