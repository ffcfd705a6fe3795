#!/bin/bash
# SPDX-License-Identifier: MIT
# Each test that test/README.md names is there.
set -eu
cd "$(dirname "$0")/.."
missing=0
# shellcheck disable=SC2016
for name in $(sed -n '/^## Bad input/,$p' README.md | grep '^|' | grep -o '`[a-z0-9_]*`' | tr -d '`' | sort -u); do
    if [ ! -e "talk/cases/$name.talk" ] && ! grep -rqw --include='*.c' --include='*.py' "$name" .; then
        echo "there is no test $name"
        missing=1
    fi
done
exit $missing
