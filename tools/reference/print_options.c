/* SPDX-License-Identifier: MIT */
/* Prints docs/options.md: each option and each info with the type of its argument and whether it
 * works, from the rows that curl_easy_setopt, curl_multi_setopt, curl_share_setopt and
 * curl_easy_getinfo read themselves. */
#include "api/option_list.h"
#include "api/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Easy handles ---- */

enum { OPTIONS_MOST = 1000 };

static const char *type_text(curl_easytype type)
{
    static const char *const texts[] = {
        [CURLOT_LONG] = "long",         [CURLOT_VALUES] = "long (named values)",
        [CURLOT_OFF_T] = "curl_off_t",  [CURLOT_OBJECT] = "pointer",
        [CURLOT_STRING] = "char *",     [CURLOT_SLIST] = "struct curl_slist *",
        [CURLOT_CBPTR] = "pointer",     [CURLOT_BLOB] = "struct curl_blob *",
        [CURLOT_FUNCTION] = "function",
    };

    return texts[type];
}

static const char *refusal_text(CURLcode code)
{
    switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
        return "CURLE_UNSUPPORTED_PROTOCOL";
    case CURLE_SSL_ENGINE_NOTFOUND:
        return "CURLE_SSL_ENGINE_NOTFOUND";
    case CURLE_OK:
    case CURLE_NOT_BUILT_IN:
        return "CURLE_NOT_BUILT_IN";
    default:
        fprintf(stderr, "the refusal %d has no name here\n", code);
        exit(1);
    }
}

static bool is_number(const struct option_row *row)
{
    return row->public.type == CURLOT_LONG || row->public.type == CURLOT_VALUES ||
           row->public.type == CURLOT_OFF_T;
}

static void print_accepted(const struct option_row *row)
{
    if (!is_number(row))
        printf("NULL");
    else if (row->min == row->max)
        printf("%lld", (long long)row->min);
    else
        printf("%lld to %lld", (long long)row->min, (long long)row->max);
}

static void print_mark(const struct option_row *row)
{
    switch (row->store) {
    case STORE_NOTHING:
        printf("accepted without effect");
        break;
    case STORE_UNBUILT:
        printf("**not built**: %s, but for ", refusal_text(row->refusal));
        print_accepted(row);
        break;
    case STORE_REMOVED:
        printf("taken out of libcurl: CURLE_UNKNOWN_OPTION");
        break;
    default:
        printf("works");
        if (row->unbuilt_max > row->max)
            printf("; **not built** above %lld: %s", (long long)row->max,
                   refusal_text(row->refusal));
        break;
    }
}

static void print_easy_option(const struct curl_easyoption *o)
{
    const struct option_row *row = option_find(o->id);

    printf("| CURLOPT_%s | %s | ", o->name, type_text(o->type));
    if (o->flags & CURLOT_FLAG_ALIAS)
        printf("older name of CURLOPT_%s", row->public.name);
    else
        print_mark(row);
    printf(" |\n");
}

static int compare_names(const void *a, const void *b)
{
    const struct curl_easyoption *const *left = a, *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

static void print_easy(void)
{
    static const struct curl_easyoption *sorted[OPTIONS_MOST];
    const struct curl_easyoption *o = NULL;
    size_t count = 0;

    while ((o = curl_easy_option_next(o))) {
        if (count == OPTIONS_MOST) {
            fprintf(stderr, "too many options\n");
            exit(1);
        }
        sorted[count++] = o;
    }
    qsort(sorted, count, sizeof(*sorted), compare_names);
    for (size_t i = 0; i < count; i++)
        print_easy_option(sorted[i]);
}

/* ---- The others ---- */

static void print_heading(const char *title, const char *type)
{
    printf("\n## %s\n\n| name | %s | |\n|---|---|---|\n", title, type);
}

static void print_list(const struct option_entry *entry_at(size_t place))
{
    static const char *const marks[] = {
        [MARK_WORKS] = "works",
        [MARK_NO_EFFECT] = "accepted without effect",
        [MARK_UNBUILT] = "**not built**: 0 or NULL",
    };
    const struct option_entry *entry;

    for (size_t i = 0; (entry = entry_at(i)); i++)
        printf("| %s | %s | %s |\n", entry->name, entry->type, marks[entry->mark]);
}

int main(void)
{
    printf("# Options and infos\n\n"
           "Printed from the tables of the library (`ninja -C build options-page` writes it anew): "
           "what each takes,\nand whether it works, is accepted without effect, as documented, "
           "or needs something that is not built:\nit is refused then, but for the values that ask "
           "for nothing. A build without an optional dependency refuses more.\n");
    print_heading("curl_easy_setopt", "argument");
    print_easy();
    print_heading("curl_multi_setopt", "argument");
    print_list(multi_option_entry);
    print_heading("curl_share_setopt", "argument");
    print_list(share_option_entry);
    print_heading("curl_easy_getinfo", "variable");
    print_list(info_entry);
    printf("| CURLINFO_HTTP_CODE | long | older name of CURLINFO_RESPONSE_CODE |\n");
    return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
