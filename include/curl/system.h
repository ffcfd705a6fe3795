/* SPDX-License-Identifier: MIT */
/* Types that depend on the system: curl_off_t is always signed and 8 bytes wide. */
#ifndef CURLINC_SYSTEM_H
#define CURLINC_SYSTEM_H

#include <limits.h>
#include <sys/socket.h>
#include <sys/types.h>

#define CURL_PULL_SYS_TYPES_H  1
#define CURL_PULL_SYS_SOCKET_H 1

#if LONG_MAX > 0x7fffffffL
#define CURL_TYPEOF_CURL_OFF_T  long
#define CURL_FORMAT_CURL_OFF_T  "ld"
#define CURL_FORMAT_CURL_OFF_TU "lu"
#define CURL_SUFFIX_CURL_OFF_T  L
#define CURL_SUFFIX_CURL_OFF_TU UL
#else
#define CURL_TYPEOF_CURL_OFF_T  long long
#define CURL_FORMAT_CURL_OFF_T  "lld"
#define CURL_FORMAT_CURL_OFF_TU "llu"
#define CURL_SUFFIX_CURL_OFF_T  LL
#define CURL_SUFFIX_CURL_OFF_TU ULL
#endif

#define CURL_TYPEOF_CURL_SOCKLEN_T socklen_t

#ifdef __GNUC__
__extension__
#endif
    typedef CURL_TYPEOF_CURL_OFF_T curl_off_t;
typedef CURL_TYPEOF_CURL_SOCKLEN_T curl_socklen_t;

#endif
