#!/bin/sh
# SPDX-License-Identifier: MIT
# The header's checks of argument types: quiet about good calls, loud about bad ones.
# typecheck.sh INCLUDE SOURCE COMPILER...
include=$1 source=$2
shift 2
failed=0

compile() {
    # shellcheck disable=SC2086
    $compiler -Wall -Wextra -Werror -I"$include" -c "$source" -o /dev/null "$@" 2>&1
}

compiler=$* # may be more than a word: a cache in front of it
for level in "-std=c89 -pedantic -O0" "-std=gnu11 -O2"; do
    # shellcheck disable=SC2086
    if ! compile $level; then
        echo "good calls give warnings with $level"
        failed=1
    fi
done

# Only gcc speaks up where the call is in a statement expression.
# shellcheck disable=SC2086
$compiler --version | grep -qi clang && exit $failed

while read -r call; do
    if compile "-DBAD=$call" >/dev/null; then
        echo "no warning for $call"
        failed=1
    fi
done <<'END'
curl_easy_setopt(handle, CURLOPT_URL, 1L)
curl_easy_setopt(handle, CURLOPT_URL, &user)
curl_easy_setopt(handle, CURLOPT_VERBOSE, "1")
curl_easy_setopt(handle, CURLOPT_TIMEOUT, 1.5)
curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, 1)
curl_easy_setopt(handle, CURLOPT_HTTPHEADER, "text")
curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_progress)
curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, on_bytes)
curl_easy_setopt(handle, CURLOPT_WRITEDATA, 1)
curl_easy_setopt(handle, CURLOPT_SSLCERT_BLOB, "text")
curl_easy_setopt(handle, CURLOPT_STDERR, "text")
curl_easy_setopt(handle, CURLOPT_PROGRESSFUNCTION, NULL)
curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &fd)
curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &real)
curl_easy_getinfo(handle, CURLINFO_EFFECTIVE_URL, buffer)
curl_easy_getinfo(handle, CURLINFO_CERTINFO, &list)
END
exit $failed
