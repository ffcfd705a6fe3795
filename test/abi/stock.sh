#!/bin/sh
# SPDX-License-Identifier: MIT
# What our headers and those of an installed libcurl 7.88.1 both define has the same value.
# stock.sh PROGRAM SOURCE COMPILER...: PROGRAM is SOURCE compiled with our headers.
program=$1 source=$2
shift 2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

version=$(printf '#include <curl/curlver.h>\nLIBCURL_VERSION_NUM\n' |
    "$@" -E -P -x c - 2>/dev/null | tail -n 1)
if [ "$version" != 0x075801 ]; then
    echo "no headers of libcurl 7.88.1 here"
    exit 77
fi
"$@" "$source" -o "$work/stock" || exit 1
"$work/stock" >"$work/theirs" && "$program" >"$work/ours" || exit 1
diff "$work/ours" "$work/theirs"
