/* SPDX-License-Identifier: MIT */
/* Prints the version of a library and the texts of all error codes: texts LIBRARY. A line each: the
 * function, the code, the text, with tabs between. Codes outside of libcurl's are among them. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { CODE_FIRST = -2, CODE_LAST = 130 };

typedef const char *text_of(int code);

static int print(void *library, const char *name)
{
    void *symbol = dlsym(library, name);
    text_of *function;
    const char *text;

    if (!symbol)
        return printf("%s: not there\n", name), 1;
    memcpy(&function, &symbol, sizeof(function));
    for (int code = CODE_FIRST; code <= CODE_LAST; code++) {
        text = function(code);
        printf("%s\t%d\t%s\n", name, code, text ? text : "(NULL)");
    }
    return 0;
}

static int print_version(void *library)
{
    void *symbol = dlsym(library, "curl_version");
    const char *(*version)(void);

    if (!symbol)
        return printf("curl_version: not there\n"), 1;
    memcpy(&version, &symbol, sizeof(version));
    printf("%s\n", version());
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"curl_easy_strerror", "curl_multi_strerror",
                                        "curl_share_strerror", "curl_url_strerror"};
    void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    int missing;

    if (!library)
        return fprintf(stderr, "texts LIBRARY: %s\n", argc == 2 ? dlerror() : "no library"), 2;
    missing = print_version(library);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        missing |= print(library, names[i]);
    return missing;
}
