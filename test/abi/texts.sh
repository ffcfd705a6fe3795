#!/bin/sh
# SPDX-License-Identifier: MIT
# The texts of error codes are libcurl's: texts.tsv has them (function, code, text, and the text of libcurl 7.88.1
# where that one says it otherwise). texts.sh ours PROGRAM LIBRARY compares this library with the table,
# texts.sh stock PROGRAM the system's libcurl 7.88.1: so the table is true, and both agree where it says so.
set -u
here=$(cd "$(dirname "$0")" && pwd)
mode=$1 program=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

case $mode in
ours)
    library=$3
    column=3
    ;;
stock)
    library=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | sed -n 's/^\tlibcurl\.so\.4 .*=> //p' | head -n 1)
    [ -e "$library" ] || { echo "no system libcurl here"; exit 77; }
    column=4
    ;;
esac
"$program" "$library" >"$work/all" || exit 1
case $mode,$(head -n 1 "$work/all") in
ours,*curlpool/* | stock,libcurl/7.88.1\ *) ;;
ours,*)
    echo "$library is another library"
    exit 1
    ;;
*)
    echo "the system's libcurl is not 7.88.1"
    exit 77
    ;;
esac
tail -n +2 "$work/all" >"$work/said"
# A code that the table does not have is one that nobody knows: its text is the function's for such.
awk -F '\t' -v column="$column" '
    FNR == 1 { file++ }
    file == 1 && FNR > 1 { text = column == 4 && $4 != "" ? $4 : $3; if ($2 == "*") unknown[$1] = text; else known[$1, $2] = text }
    file == 2 { print $1 "\t" $2 "\t" (($1, $2) in known ? known[$1, $2] : unknown[$1]) }
' "$here/texts.tsv" "$work/said" >"$work/wanted"
[ "$(wc -l <"$work/said")" -gt 500 ] || { echo "too few texts"; exit 1; }
diff "$work/wanted" "$work/said" && echo "$(wc -l <"$work/said") texts as wanted"
