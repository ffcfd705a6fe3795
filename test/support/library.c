/* SPDX-License-Identifier: MIT */
/* Which library this is: see library.h. */
#include "library.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FIND(name)                                                                                 \
    do {                                                                                           \
        void *found = dlsym(RTLD_DEFAULT, "curl_" #name);                                          \
        memcpy(&filled.name, &found, sizeof found);                                                \
    } while (0)

const struct library *library(void)
{
    static struct library filled;

    if (filled.version == 0) {
        filled.is_curlpool = strstr(curl_version(), "curlpool/") != NULL;
        filled.version = curl_version_info(CURLVERSION_NOW)->version_num;
        FIND(multi_get_handles);
        FIND(multi_get_offt);
        FIND(multi_notify_disable);
        FIND(multi_notify_enable);
        FIND(multi_waitfds);
        FIND(ws_start_frame);
    }
    return &filled;
}

void only_curlpool_promises_this(void)
{
    if (!library()->is_curlpool) {
        skip();
    }
}

void needs_libcurl(unsigned version)
{
    if (library()->version < version) {
        skip();
    }
}
