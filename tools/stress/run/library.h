/* SPDX-License-Identifier: MIT */
/*
 * The library that runs the transfers, loaded when the program starts: this one, the system's
 * libcurl or any other of that interface. The program is linked to none, and calls it through `lib`
 * only.
 */
#ifndef STRESS_LIBRARY_H
#define STRESS_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

enum {
    LIBRARY_ERROR_MAX = 512,
};

/* Every function that the tool calls: its name without "curl_", result, parameters. */
#define LIBRARY_FUNCTIONS(X)                                                                       \
    X(global_init, CURLcode, (long))                                                               \
    X(global_cleanup, void, (void))                                                                \
    X(version, char *, (void))                                                                     \
    X(slist_append, struct curl_slist *, (struct curl_slist *, const char *))                      \
    X(slist_free_all, void, (struct curl_slist *))                                                 \
    X(easy_init, CURL *, (void))                                                                   \
    X(easy_cleanup, void, (CURL *))                                                                \
    X(easy_reset, void, (CURL *))                                                                  \
    X(easy_setopt, CURLcode, (CURL *, CURLoption, ...))                                            \
    X(easy_getinfo, CURLcode, (CURL *, CURLINFO, ...))                                             \
    X(easy_strerror, const char *, (CURLcode))                                                     \
    X(multi_init, CURLM *, (void))                                                                 \
    X(multi_cleanup, CURLMcode, (CURLM *))                                                         \
    X(multi_setopt, CURLMcode, (CURLM *, CURLMoption, ...))                                        \
    X(multi_add_handle, CURLMcode, (CURLM *, CURL *))                                              \
    X(multi_remove_handle, CURLMcode, (CURLM *, CURL *))                                           \
    X(multi_perform, CURLMcode, (CURLM *, int *))                                                  \
    X(multi_info_read, CURLMsg *, (CURLM *, int *))                                                \
    X(multi_poll, CURLMcode, (CURLM *, struct curl_waitfd *, unsigned, int, int *))                \
    X(multi_wakeup, CURLMcode, (CURLM *))                                                          \
    X(multi_strerror, const char *, (CURLMcode))                                                   \
    X(share_init, CURLSH *, (void))                                                                \
    X(share_cleanup, CURLSHcode, (CURLSH *))                                                       \
    X(share_setopt, CURLSHcode, (CURLSH *, CURLSHoption, ...))

struct library {
    void *handle;
#define LIBRARY_FIELD(name, result, parameters) result(*name) parameters;
    LIBRARY_FUNCTIONS(LIBRARY_FIELD)
#undef LIBRARY_FIELD
};

/* Fixed after library_open; any thread reads. */
extern struct library lib;

/*
 * Loads and initialises the library: `path`; NULL is the one that belongs to this program, "system"
 * the system's libcurl. False: `error` says why. To be called once, before any thread exists.
 */
bool library_open(const char *path, char error[LIBRARY_ERROR_MAX]);

/* Ends what library_open began; the code stays loaded. */
void library_close(void);

/* Writes where the library's code was loaded from. */
void library_path(char *out, size_t size);

#endif
