#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public header compiles alone, and every fact of the tables holds, in strict C89 and in each C++.
# headers.sh INCLUDE STRICT.C COMPILER...: STRICT.C is what generate.py makes of the tables.
include=$1 facts=$2
shift 2
strict="-Wall -Wextra -Werror -pedantic -fsyntax-only -I$include"
failed=0

# compile COMPILER...: the text on standard input, or a file, with the checks of types and without.
compile() {
    # shellcheck disable=SC2086
    if ! "$@" $strict; then
        echo "^ $*"
        failed=1
    fi
}

for header in "$include"/curl/*.h; do
    text="#include <curl/$(basename "$header")>
int nothing(void);"
    for level in c89 c99 c11; do
        printf '%s\n' "$text" | compile "$@" -std=$level -x c - || exit 1
    done
    command -v c++ >/dev/null || continue
    for level in c++98 c++17 c++20; do
        printf '%s\n' "$text" | compile c++ -std=$level -x c++ - || exit 1
    done
done

for level in c89 gnu11; do
    compile "$@" -std=$level -DCURL_DISABLE_DEPRECATION -x c "$facts"
done
for compiler in c++ clang++; do
    command -v $compiler >/dev/null || continue
    for level in c++98 c++11 c++14 c++17 c++20; do
        compile $compiler -std=$level -DCURL_DISABLE_DEPRECATION -x c++ "$facts"
    done
done
exit $failed
