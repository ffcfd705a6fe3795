#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs a few test programs of a build folder under valgrind, which knows the fibers' stacks: no error, no
# leak. The sanitizers' builds run the rest.
#
#     test/static/valgrind.sh BUILDDIR
set -u
build=${1:?usage: valgrind.sh BUILDDIR}
failed=0
for test in unit/runtime/runtime_fiber_test unit/runtime/runtime_helm_test unit/net/net_connect_test \
    api/multi_perform_test api/multi_remove_test; do
    if ! valgrind -q --error-exitcode=9 --fair-sched=yes --leak-check=full --errors-for-leak-kinds=definite \
        "$build/test/$test" >"$build/valgrind.log" 2>&1; then
        echo "$test:"
        grep -v -e '\[ RUN ' -e '\[       OK' "$build/valgrind.log" | head -n 40
        failed=1
    fi
done
exit $failed
