#!/bin/bash
# SPDX-License-Identifier: MIT
# A program is built from an installed tree through curlpool.pc alone, and runs on the library there.
set -eu
build=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root meson install -C "$build" --no-rebuild --quiet
pc=$(find "$root" -name curlpool.pc)
prefix=$(pkg-config --variable=prefix "$pc")
cat >"$root/version.c" <<'C'
#include <curl/curl.h>
#include <stdio.h>
int main(void)
{
    return puts(curl_version()) < 0;
}
C
export PKG_CONFIG_PATH=${pc%/*}
# shellcheck disable=SC2046
cc -o "$root/version" "$root/version.c" $(pkg-config --define-variable=prefix="$root$prefix" --cflags --libs curlpool)
"$root/version" | grep -q 'curlpool/'

# The same as builds do it that look for libcurl: in the library's own folder, here in a moved tree.
folder=$(find "$root" -name libcurl-gnutls.so.4 -printf %h)
PATH=$folder/bin:$PATH
# shellcheck disable=SC2046
$(curl-config --cc --cflags) -o "$root/version2" "$root/version.c" $(curl-config --libs)
"$root/version2" | grep -q 'curlpool/'
# shellcheck disable=SC2046
cc -o "$root/version3" "$root/version.c" $(curl-config --cflags --static-libs)
"$root/version3" | grep -q 'curlpool/'
export PKG_CONFIG_PATH=$folder/pkgconfig
# shellcheck disable=SC2046
cc -o "$root/version4" "$root/version.c" $(pkg-config --define-variable=prefix="$root$prefix" --cflags --libs libcurl)
"$root/version4" | grep -q 'curlpool/'
pkg-config --atleast-version=8.20 libcurl
test "$(pkg-config --modversion libcurl)" = "$(curl-config --version | sed 's/libcurl //')"

run=$(find "$root" -name curlpool-run)
"$run" -s -L "$(find "$root" -name libcurl-gnutls.so.4 -printf %h)" "$root/version" | grep -q 'curlpool/'
"$run" -V | grep -q '^curlpool-run [0-9]'
test -n "$(find "$root" -name 'curlpool-run.1*')"
