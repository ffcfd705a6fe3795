#!/bin/bash
# SPDX-License-Identifier: MIT
# clang-tidy over the library, with the compile commands of the clang build.
set -eu
cd "$(dirname "$0")/../.."
git ls-files 'lib/*.c' | xargs -n 8 -P 2 clang-tidy --quiet -p build/clang 2>/dev/null
