#!/bin/bash
# SPDX-License-Identifier: MIT
# What a shared library shows: every function of the public interface under its version node, and nothing
# else. exports.sh LIBCURL.so.4 LIBCURL-GNUTLS.so.4
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cut -f1,2 "$here/../abi/functions.tsv" | sed -n 's/\tfunction$//p' | sort >"$work/wanted"
test "$(wc -l <"$work/wanted")" = 100

# exports_of FILE SONAME NODE
exports_of() {
    readelf -d "$1" | grep -q "SONAME.*\[$2\]" || { echo "$1: the soname is not $2"; exit 1; }
    nm -D --defined-only "$1" | awk '{print $3}' | grep -v "^$3\$" | sort >"$work/exports"
    grep -v "@@$3\$" "$work/exports" && { echo "$1: not under $3"; exit 1; }
    sed "s/@@.*//" "$work/exports" | diff "$work/wanted" - ||
        { echo "$1: < is missing, > is not of the public interface"; exit 1; }
}

exports_of "$1" libcurl.so.4 CURL_OPENSSL_4
exports_of "$2" libcurl-gnutls.so.4 CURL_GNUTLS_3
