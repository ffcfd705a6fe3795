/* SPDX-License-Identifier: MIT */
/* A program that loads the library, uses it and closes it again, several times, as one does that
 * has it behind a module of its own: behind curl_global_cleanup no thread of the library is left
 * that could run in what is closed. unload LIBRARY */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 3, TRANSFERS = 8 };

static void *find(void *library, const char *name)
{
    void *symbol = dlsym(library, name);

    if (!symbol) {
        fprintf(stderr, "%s: %s\n", name, dlerror());
        exit(1);
    }
    return symbol;
}

#define USE(library, name) __typeof__(&name) p_##name = (__typeof__(&name))find(library, #name)

static int threads(void)
{
    FILE *status = fopen("/proc/self/status", "re");
    char line[200];
    int count = -1;

    while (status && fgets(line, sizeof(line), status)) {
        if (sscanf(line, "Threads: %d", &count) == 1)
            break;
    }
    if (status)
        fclose(status);
    return count;
}

static size_t ignore(char *bytes, size_t size, size_t n, void *user)
{
    (void)bytes;
    (void)user;
    return size * n;
}

/* Transfers of which the even ones read a file and the odd ones find nobody; the last is left as it
 * is. Returns how many threads there were meanwhile. */
static int transfer(void *library, const char *url)
{
    USE(library, curl_easy_init);
    USE(library, curl_easy_setopt);
    USE(library, curl_easy_cleanup);
    USE(library, curl_multi_init);
    USE(library, curl_multi_add_handle);
    USE(library, curl_multi_remove_handle);
    USE(library, curl_multi_perform);
    USE(library, curl_multi_poll);
    USE(library, curl_multi_cleanup);
    CURLM *multi = p_curl_multi_init();
    CURL *easies[TRANSFERS];
    int running = 0, most = 0;

    for (int i = 0; i < TRANSFERS; i++) {
        easies[i] = p_curl_easy_init();
        p_curl_easy_setopt(easies[i], CURLOPT_URL, i % 2 ? "http://127.0.0.1:1/" : url);
        p_curl_easy_setopt(easies[i], CURLOPT_PROXY, "");
        p_curl_easy_setopt(easies[i], CURLOPT_NOSIGNAL, 1L);
        p_curl_easy_setopt(easies[i], CURLOPT_WRITEFUNCTION, ignore);
        p_curl_multi_add_handle(multi, easies[i]);
    }
    do {
        p_curl_multi_perform(multi, &running);
        p_curl_multi_poll(multi, NULL, 0, 10, NULL);
        most = threads() > most ? threads() : most;
    } while (running > 1);
    for (int i = 0; i < TRANSFERS; i++) {
        p_curl_multi_remove_handle(multi, easies[i]);
        p_curl_easy_cleanup(easies[i]);
    }
    p_curl_multi_cleanup(multi);
    return most;
}

int main(int argc, char **argv)
{
    char url[PATH_MAX + 8], path[PATH_MAX];

    if (argc != 2 || !realpath(argv[0], path))
        return 2;
    snprintf(url, sizeof(url), "file://%s", path);
    for (int i = 0; i < ROUNDS; i++) {
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        int meanwhile, left;

        if (!library) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
        USE(library, curl_global_init);
        USE(library, curl_global_cleanup);
        p_curl_global_init(CURL_GLOBAL_ALL);
        meanwhile = transfer(library, url);
        p_curl_global_cleanup();
        left = threads();
        if (meanwhile < 2 || left != 1) {
            fprintf(stderr, "%d threads, %d of them are left\n", meanwhile, left);
            return 1;
        }
        if (dlclose(library)) {
            fprintf(stderr, "%s\n", dlerror());
            return 1;
        }
    }
    return 0;
}
