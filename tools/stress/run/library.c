/* SPDX-License-Identifier: MIT */
/* Finds and loads the library; see library.h. */
#include "run/library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef STRESS_INSTALLED_LIB
#define STRESS_INSTALLED_LIB "../lib/curlpool/libcurl.so.4"
#endif
#ifndef STRESS_SYSTEM_LIBDIR
#define STRESS_SYSTEM_LIBDIR "/usr/lib"
#endif

struct library lib;

static bool fail(char error[LIBRARY_ERROR_MAX], const char *what, const char *path)
{
    snprintf(error, LIBRARY_ERROR_MAX, "%.150s: %.350s", what, path);
    return false;
}

/* The folder that this program is in, with its final slash; false when it cannot be said. */
static bool own_folder(char *out, size_t size)
{
    ssize_t len = readlink("/proc/self/exe", out, size - 1);

    if (len <= 0) {
        return false;
    }
    out[len] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL) {
        return false;
    }
    slash[1] = '\0';
    return true;
}

/* In the tree that it was built in the library stands elsewhere than in an installed one. */
static bool own_library(char *out, size_t size)
{
    static const char *const places[] = {STRESS_INSTALLED_LIB, "../../lib/libcurl.so.4"};
    static const char built_in[] = "/tools/stress/";
    char folder[PATH_MAX];

    if (!own_folder(folder, sizeof(folder))) {
        return false;
    }
    size_t len = strlen(folder);
    bool is_built =
        len >= strlen(built_in) && strcmp(folder + len - strlen(built_in), built_in) == 0;
    int written = snprintf(out, size, "%s%s", folder, places[is_built]);
    return written > 0 && (size_t)written < size && access(out, R_OK) == 0;
}

static bool system_library(char *out, size_t size)
{
    static const char *const folders[] = {STRESS_SYSTEM_LIBDIR, "/usr/lib64", "/usr/lib"};

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        int written = snprintf(out, size, "%s/libcurl.so.4", folders[i]);
        if (written > 0 && (size_t)written < size && access(out, R_OK) == 0) {
            return true;
        }
    }
    return false;
}

/* The named function; it is copied as bytes, for ISO C has no conversion of an object's pointer. */
static bool find(const char *name, void *function, size_t size, char error[LIBRARY_ERROR_MAX])
{
    void *found = dlsym(lib.handle, name);

    if (found == NULL) {
        return fail(error, "the library has no function of the name", name);
    }
    memcpy(function, &found, size);
    return true;
}

static bool find_all(char error[LIBRARY_ERROR_MAX])
{
#define LIBRARY_FIND(name, result, parameters)                                                     \
    if (!find("curl_" #name, &lib.name, sizeof(lib.name), error)) {                                \
        return false;                                                                              \
    }
    LIBRARY_FUNCTIONS(LIBRARY_FIND)
#undef LIBRARY_FIND
    return true;
}

bool library_open(const char *path, char error[LIBRARY_ERROR_MAX])
{
    char found[PATH_MAX + 64];

    if (path == NULL) {
        if (!own_library(found, sizeof(found))) {
            return fail(error, "the library is not where it belongs", "name it with --lib");
        }
        path = found;
    } else if (strcmp(path, "system") == 0) {
        if (!system_library(found, sizeof(found))) {
            return fail(error, "the system has no libcurl in", STRESS_SYSTEM_LIBDIR);
        }
        path = found;
    }
    lib.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (lib.handle == NULL) {
        const char *why = dlerror(); /* NOLINT(concurrency-mt-unsafe): there is one thread */
        return fail(error, "the library cannot be loaded", why != NULL ? why : path);
    }
    if (!find_all(error)) {
        return false;
    }
    if (lib.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return fail(error, "the library could not be initialised", path);
    }
    return true;
}

void library_close(void)
{
    if (lib.handle != NULL) {
        lib.global_cleanup();
    }
}

void library_path(char *out, size_t size)
{
    Dl_info info;
    void *code = NULL;

    memcpy(&code, &lib.version, sizeof(code));
    bool known = dladdr(code, &info) != 0 && info.dli_fname != NULL;
    snprintf(out, size, "%s", known ? info.dli_fname : "?");
}
