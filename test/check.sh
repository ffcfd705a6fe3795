#!/bin/bash
# SPDX-License-Identifier: MIT
# All tests: builds with gcc and clang, plainly and under the sanitizers, and the static checks. With
# `quick`: one plain build and its tests. Ends with a line that counts all of it.
set -u
cd "$(dirname "$0")/.."
kind=${1:-all}
passed=0 failed=0 skipped=0

sh tools/packages.sh gcc libc6-dev meson ninja-build pkg-config libssl-dev libc-ares-dev libidn2-dev libnghttp2-dev libbrotli-dev libzstd-dev \
    libkrb5-dev libpsl-dev libssh2-1-dev libjansson-dev zlib1g-dev libevent-dev libcmocka-dev python3 nginx-light dnsmasq-base \
    openssl squid stunnel4 dante-server binutils man-db python3-h2 krb5-kdc krb5-admin-server krb5-user python3-gssapi python3-websockets atftpd mosquitto openssh-server \
    python3-paramiko nghttp2-proxy nghttp2-server apache2-bin curl git fcgiwrap || exit 1

# A check that is one command: check NAME COMMAND...
check() {
    local name=$1 log
    shift
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        echo "ok       $name"
        passed=$((passed + 1))
    else
        echo "FAILED   $name"
        tail -n 60 "$log"
        failed=$((failed + 1))
    fi
    rm -f "$log"
}

# The number behind a word in meson's summary.
count() {
    sed -n "s/^$1: *\([0-9]*\) *$/\1/p" "$2" | tail -n 1
}

# A build of its own and its tests: suite NAME 'setup arguments' 'test arguments' [VARIABLE=VALUE...]
suite() {
    local name=$1 setup=$2 arguments=$3 dir=build/$1 log
    shift 3
    log=build/$name.log
    mkdir -p build
    # shellcheck disable=SC2086
    if ! { [ -f "$dir/build.ninja" ] || env "$@" meson setup "$dir" --werror $setup; } >"$log" 2>&1 ||
        ! ninja -C "$dir" >>"$log" 2>&1; then
        echo "FAILED   build $name"
        grep -E 'error|warning|ERROR' "$log" | head -n 40
        failed=$((failed + 1))
        return
    fi
    # shellcheck disable=SC2086
    env "$@" meson test -C "$dir" --no-rebuild --print-errorlogs $arguments >>"$log" 2>&1
    local ok fail late skip
    ok=$(count Ok "$log") fail=$(count Fail "$log") late=$(count Timeout "$log") skip=$(count Skipped "$log")
    echo "suite    $name: ${ok:-0} ok, ${fail:-0} failed, ${late:-0} timed out, ${skip:-0} skipped"
    passed=$((passed + ${ok:-0})) skipped=$((skipped + ${skip:-0}))
    if [ $((${fail:-0} + ${late:-0})) -gt 0 ] || [ -z "${ok:-}" ]; then
        failed=$((failed + ${fail:-0} + ${late:-0} + (${#ok} == 0)))
        sed -n '/^Summary of Failures/,$p;/^――/,/^――――――/p' "$log" | tail -n 200
    fi
}

if [ "$kind" = quick ]; then
    suite gcc '' ''
else
    sh tools/packages.sh clang clang-format clang-tidy cppcheck libclang-rt-14-dev valgrind g++ libcurl4-openssl-dev chromium php-cli php-curl python3-pycurl cmake r-cran-curl libwww-curl-perl lua-curl lua5.1 tclcurl ruby-curb ruby-ethon || exit 1
    export ASAN_OPTIONS=detect_stack_use_after_return=0 UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
    export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:die_after_fork=0:suppressions=$PWD/test/static/tsan.supp
    suite gcc '' ''
    suite clang '' '--no-suite examples --no-suite tools --no-suite programs' CC=clang
    suite asan '-Db_sanitize=address,undefined -Db_lundef=false -Ddefault_library=shared' '--timeout-multiplier 3'
    suite tsan '-Db_sanitize=thread -Db_lundef=false -Ddefault_library=shared' \
        '--timeout-multiplier 4 --suite api --suite unit --suite server --suite examples' CC=clang
    check valgrind bash test/static/valgrind.sh build/gcc
    check bad-input bash test/static/bad_input.sh
    check layers sh test/layers/layers.sh lib
    check format bash test/static/format.sh
    check cppcheck bash test/static/cppcheck.sh
    check tidy bash test/static/tidy.sh
    check exports bash test/static/exports.sh build/gcc/lib/libcurl.so.4 build/gcc/lib/libcurl-gnutls.so.4
    check install bash test/static/install.sh build/gcc
fi

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
