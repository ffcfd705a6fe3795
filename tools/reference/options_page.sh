#!/bin/bash
# SPDX-License-Identifier: MIT
# The reference of options. options_page.sh write PRINT-OPTIONS PAGE writes it; options_page.sh check
# PRINT-OPTIONS PAGE ABI-FOLDER fails when the page is not what the tables say, or lacks an option or an info
# of the public interface.
set -eu
mode=$1 print=$2 page=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$print" >"$work/options.md"
if [ "$mode" = write ]; then
    cp "$work/options.md" "$page"
    exit
fi
diff -u "$page" "$work/options.md" || { echo "$page is old: ninja -C BUILD options-page"; exit 1; }
{
    sed -n '2,$s/^\([A-Z0-9_]*\)\t.*/CURLOPT_\1/p' "$4/options.tsv"
    grep -E '^(CURLMOPT|CURLSHOPT|CURLINFO)_[A-Z0-9_]+'$'\t' "$4/values.tsv" | cut -f1
} | sort -u >"$work/public"
sed -n 's/^| \(CURL[A-Z0-9_]*\) .*/\1/p' "$page" | sort >"$work/listed"
uniq -d "$work/listed" | grep . && { echo "listed twice"; exit 1; }
# No options: the masks of types, the ends and the nothings of the enumerations.
comm -23 "$work/public" "$work/listed" |
    grep -vE '^CURLINFO_(NONE|LASTONE|STRING|LONG|DOUBLE|SLIST|PTR|SOCKET|OFF_T|MASK|TYPEMASK|TEXT|HEADER_(IN|OUT)|DATA_(IN|OUT)|SSL_DATA_(IN|OUT)|END)$|^CURL(M|SH)OPT_(NONE|LAST|LASTENTRY)$' \
        >"$work/missing" || true
cat "$work/missing"
test ! -s "$work/missing"
test "$(wc -l <"$work/public")" -gt 400
