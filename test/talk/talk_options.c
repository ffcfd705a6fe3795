/* SPDX-License-Identifier: MIT */
/* Options and infos by name. Options are asked of the library itself, so that none has to be listed
 * here. */
#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "talk.h"

bool talk_set_option(CURL *easy, const struct talk_setting *setting, struct curl_slist **lists,
                     unsigned index)
{
    const struct curl_easyoption *option = curl_easy_option_by_name(setting->name);
    const char *value = setting->value.bytes;
    CURLcode code = CURLE_UNKNOWN_OPTION;

    if (!option) {
        return false;
    }
    if (setting->unset) {
        return curl_easy_setopt(easy, option->id, NULL) == CURLE_OK;
    }
    switch (option->type) {
    case CURLOT_LONG:
    case CURLOT_VALUES:
        code = curl_easy_setopt(easy, option->id, strtol(value, NULL, 10));
        break;
    case CURLOT_OFF_T:
        code = curl_easy_setopt(easy, option->id, (curl_off_t)strtoll(value, NULL, 10));
        break;
    case CURLOT_STRING:
    case CURLOT_OBJECT:
        code = curl_easy_setopt(easy, option->id, value);
        break;
    case CURLOT_SLIST:
        lists[index] = curl_slist_append(lists[index], value);
        code = curl_easy_setopt(easy, option->id, lists[index]);
        break;
    default:
        break;
    }
    if (code == CURLE_NOT_BUILT_IN || code == CURLE_UNKNOWN_OPTION) {
        return false; /* the library has not got it */
    }
    if (code != CURLE_OK) {
        fail_msg("CURLOPT_%s is not accepted: %d", setting->name, (int)code);
    }
    return true;
}

static const struct {
    const char *name;
    CURLINFO info;
} infos[] = {
    {"CONTENT_LENGTH_DOWNLOAD_T", CURLINFO_CONTENT_LENGTH_DOWNLOAD_T},
    {"CONTENT_LENGTH_UPLOAD_T",   CURLINFO_CONTENT_LENGTH_UPLOAD_T  },
    {"CONTENT_TYPE",              CURLINFO_CONTENT_TYPE             },
    {"CONDITION_UNMET",           CURLINFO_CONDITION_UNMET          },
    {"EFFECTIVE_METHOD",          CURLINFO_EFFECTIVE_METHOD         },
    {"FILETIME_T",                CURLINFO_FILETIME_T               },
    {"HEADER_SIZE",               CURLINFO_HEADER_SIZE              },
    {"HTTPAUTH_AVAIL",            CURLINFO_HTTPAUTH_AVAIL           },
    {"HTTPAUTH_USED",             CURLINFO_HTTPAUTH_USED            },
    {"HTTP_VERSION",              CURLINFO_HTTP_VERSION             },
    {"HTTP_CONNECTCODE",          CURLINFO_HTTP_CONNECTCODE         },
    {"NUM_CONNECTS",              CURLINFO_NUM_CONNECTS             },
    {"PROXYAUTH_AVAIL",           CURLINFO_PROXYAUTH_AVAIL          },
    {"PROXY_ERROR",               CURLINFO_PROXY_ERROR              },
    {"REDIRECT_COUNT",            CURLINFO_REDIRECT_COUNT           },
    {"REQUEST_SIZE",              CURLINFO_REQUEST_SIZE             },
    {"RETRY_AFTER",               CURLINFO_RETRY_AFTER              },
    {"SIZE_DOWNLOAD_T",           CURLINFO_SIZE_DOWNLOAD_T          },
    {"SIZE_UPLOAD_T",             CURLINFO_SIZE_UPLOAD_T            },
};

bool talk_check_info(const struct fetch *fetch, const struct talk_info *info)
{
    CURLINFO number = CURLINFO_NONE;
    char have[256];
    int type;

    for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++) {
        if (strcmp(infos[i].name, info->name) == 0) {
            number = infos[i].info;
        }
    }
    type = (int)number & CURLINFO_TYPEMASK;
    if (type == CURLINFO_STRING) {
        const char *text = fetch_string(fetch, number);

        snprintf(have, sizeof have, "%s", text ? text : "(null)");
    } else if (type == CURLINFO_LONG) {
        snprintf(have, sizeof have, "%ld", fetch_long(fetch, number));
    } else if (type == CURLINFO_OFF_T) {
        snprintf(have, sizeof have, "%lld", (long long)fetch_offset(fetch, number));
    } else {
        fail_msg("the runner does not know CURLINFO_%s", info->name);
    }
    if (strcmp(have, info->value) != 0) {
        print_error("CURLINFO_%s is %s, expected %s\n", info->name, have, info->value);
        return false;
    }
    return true;
}
