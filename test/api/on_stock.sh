#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs the test programs of a build folder on the system's libcurl instead of ours: what passes there is what
# libcurl promises, too. Tests of what only this library promises are skipped by themselves.
#
#     test/api/on_stock.sh BUILDDIR [LIBCURL.so.4]
set -u
build=${1:?usage: on_stock.sh BUILDDIR [LIBCURL.so.4]}
here=$(cd "$(dirname "$0")" && pwd)
stock=${2:-$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | sed -n 's/^\tlibcurl\.so\.4 .*=> //p' | head -n 1)}
if [ ! -e "$stock" ]; then
    echo "there is no system libcurl" >&2
    exit 77
fi
echo "on $stock"
failed=0
run()
{
    # The library's soname is that of the one the program is linked with, so this one takes its place.
    LD_PRELOAD=$stock "$@" >"$out" 2>&1
    status=$?
    sed -n 's/^\[  FAILED  \] \([a-z].*\)/failed: \1/p; s/^\[==========\] \(.*test(s) run.*\)/\1/p' "$out"
    if [ $status -ne 0 ]; then
        failed=$((failed + 1))
        grep -v -e '\[ RUN ' -e '\[       OK' "$out" | head -n 60
        echo "^ $1 exits with $status"
    fi
}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
ran=0
for program in "$build"/test/api/*_test; do
    if [ -x "$program" ]; then
        ran=$((ran + 1))
        run "$program"
    fi
done
if [ -x "$build/test/talk/talk" ]; then
    ran=$((ran + 1))
    run "$build/test/talk/talk" "$here/../talk/cases"
fi
echo "$ran programs, $failed failed"
[ $ran -gt 0 ] && [ $failed -eq 0 ]
