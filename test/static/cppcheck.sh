#!/bin/bash
# SPDX-License-Identifier: MIT
set -eu
cd "$(dirname "$0")/../.."
run() {
    cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
        --suppress=missingInclude -D__GNUC__ -j 2 -Iinclude "$@"
}
run -Ilib lib
run -Itools/stress tools
