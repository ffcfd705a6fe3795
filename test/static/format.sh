#!/bin/bash
# SPDX-License-Identifier: MIT
# Every C file is as clang-format writes it.
set -eu
cd "$(dirname "$0")/../.."
git ls-files 'lib/*.[ch]' 'include/*.h' 'tools/*.[ch]' 'test/*.[ch]' 'docs/*.c' |
    xargs clang-format --dry-run --Werror
