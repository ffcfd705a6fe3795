/* SPDX-License-Identifier: MIT */
/* One process with both flavours of the library, as a program of GnuTLS's flavour gets that loads a
 * module of OpenSSL's: each symbol is found in the library that was meant, and both work, side by
 * side. Started once for each order of loading. flavours FIRST SECOND */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct flavour {
    void *library;
    CURL *easy;
    CURLM *multi;
    size_t got;
};

/* A function of the library, which stands behind a pointer of its own type. */
static void find(const struct flavour *f, const char *name, void *ret_function)
{
    void *symbol = dlsym(f->library, name);

    if (!symbol) {
        fprintf(stderr, "%s: %s\n", name, dlerror());
        exit(1);
    }
    memcpy(ret_function, &symbol, sizeof(symbol));
}

#define USE(f, name)                                                                               \
    __typeof__(&name) p_##name;                                                                    \
    find(f, #name, &p_##name)

static size_t count(char *bytes, size_t size, size_t n, void *user)
{
    (void)bytes;
    *(size_t *)user += size * n;
    return size * n;
}

static void open_flavour(struct flavour *f, const char *path, const char *url)
{
    f->library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!f->library) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    USE(f, curl_global_init);
    USE(f, curl_easy_init);
    USE(f, curl_easy_setopt);
    USE(f, curl_multi_init);
    USE(f, curl_multi_add_handle);
    p_curl_global_init(CURL_GLOBAL_ALL);
    f->easy = p_curl_easy_init();
    f->multi = p_curl_multi_init();
    p_curl_easy_setopt(f->easy, CURLOPT_URL, url);
    p_curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, count);
    p_curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, &f->got);
    p_curl_multi_add_handle(f->multi, f->easy);
}

static int drive(struct flavour *f)
{
    int running = 0;

    USE(f, curl_multi_perform);
    USE(f, curl_multi_poll);
    p_curl_multi_perform(f->multi, &running);
    if (running)
        p_curl_multi_poll(f->multi, NULL, 0, 20, NULL);
    return running;
}

static void close_flavour(struct flavour *f)
{
    USE(f, curl_multi_cleanup);
    USE(f, curl_easy_cleanup);
    USE(f, curl_global_cleanup);
    p_curl_multi_cleanup(f->multi);
    p_curl_easy_cleanup(f->easy);
    p_curl_global_cleanup();
}

int main(int argc, char **argv)
{
    static struct flavour one, other;
    char url[PATH_MAX + 8], path[PATH_MAX];
    Dl_info info_one = {0}, info_other = {0};

    if (argc != 3 || !realpath(argv[1], path))
        return 2;
    snprintf(url, sizeof(url), "file://%s", path);
    open_flavour(&one, argv[1], url);
    open_flavour(&other, argv[2], url);
    while (drive(&one) + drive(&other)) {
    }
    dladdr(dlsym(one.library, "curl_easy_init"), &info_one);
    dladdr(dlsym(other.library, "curl_easy_init"), &info_other);
    close_flavour(&other);
    close_flavour(&one);
    if (!one.got || one.got != other.got || info_one.dli_fbase == info_other.dli_fbase) {
        fprintf(stderr, "%zu and %zu bytes\n", one.got, other.got);
        return 1;
    }
    return 0;
}
