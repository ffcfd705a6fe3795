#!/bin/bash
# SPDX-License-Identifier: MIT
# What the shared library shows: functions of the public interface under the node CURL_OPENSSL_4, and
# nothing else.
set -eu
library=$1
here=$(cd "$(dirname "$0")" && pwd)
readelf -d "$library" | grep -q 'SONAME.*\[libcurl.so.4\]'
nm -D --defined-only "$library" | awk '{print $3}' | grep -v '^CURL_OPENSSL_4$' | sort >"$library.exports"
grep -v '@@CURL_OPENSSL_4$' "$library.exports" && { echo 'under another node'; exit 1; }
sed 's/@@.*//' "$library.exports" | comm -23 - <(cut -f1 "$here/../abi/functions.tsv" | sort) |
    { ! grep . || { echo 'not of the public interface'; exit 1; }; }
test "$(wc -l <"$library.exports")" -gt 50
