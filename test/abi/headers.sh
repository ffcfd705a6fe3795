#!/bin/sh
# SPDX-License-Identifier: MIT
# Every public header compiles alone, as strict C89 and as C++.
# headers.sh INCLUDE COMPILER...
include=$1
shift
strict='-Wall -Wextra -Werror -pedantic -fsyntax-only'
failed=0

for header in "$include"/curl/*.h; do
    text="#include <curl/$(basename "$header")>
int nothing(void);"
    # shellcheck disable=SC2086
    if ! printf '%s\n' "$text" | "$@" -std=c89 $strict -I"$include" -x c -; then
        echo "$header: not C89"
        failed=1
    fi
    command -v c++ >/dev/null || continue
    for level in c++98 c++17; do
        # shellcheck disable=SC2086
        if ! printf '%s\n' "$text" | c++ -std=$level $strict -I"$include" -x c++ -; then
            echo "$header: not $level"
            failed=1
        fi
    done
done
exit $failed
