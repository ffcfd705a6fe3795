/* SPDX-License-Identifier: MIT */
/* Which level of libcurl's interface these headers describe. */
#ifndef CURLINC_CURLVER_H
#define CURLINC_CURLVER_H

#define LIBCURL_COPYRIGHT "The curlpool authors"

/* As text, as three numbers, and as one number that can be compared: 0xXXYYZZ. */
#define LIBCURL_VERSION       "8.22.0-DEV"
#define LIBCURL_VERSION_MAJOR 8
#define LIBCURL_VERSION_MINOR 22
#define LIBCURL_VERSION_PATCH 0
#define LIBCURL_VERSION_NUM   0x081600

#define LIBCURL_TIMESTAMP "[unreleased]"

/* The number of version x.y.z, and whether these headers are of that version or a later one. */
#define CURL_VERSION_BITS(x, y, z)     ((x) << 16 | (y) << 8 | (z))
#define CURL_AT_LEAST_VERSION(x, y, z) (LIBCURL_VERSION_NUM >= CURL_VERSION_BITS(x, y, z))

#endif
