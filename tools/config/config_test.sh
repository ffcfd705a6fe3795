#!/bin/sh
# SPDX-License-Identifier: MIT
# curl-config: what it says from where it lies. config_test.sh CURL-CONFIG FILL-IN
set -u
script=$1 fill_in=$2
work=$(mktemp -d) || exit 1
work=$(cd "$work" && pwd -P)
trap 'rm -rf "$work"' EXIT
failed=0

# check WHAT IS WANTED
check() {
    if [ "$2" != "$3" ]; then
        echo "$1: '$2', not '$3'"
        failed=1
    fi
}

tail=$(sed -n 's/^prefix=${libdir%\/\(.*\)}$/\1/p' "$script")
mkdir -p "$work/$tail/bin"
cp "$script" "$work/$tail/bin/curl-config" && chmod +x "$work/$tail/bin/curl-config"
ln -s "$work/$tail/bin/curl-config" "$work/link"
moved=$work/$tail/bin/curl-config

check "the prefix of a moved tree" "$("$moved" --prefix)" "$work"
check "the prefix through a link" "$("$work/link" --prefix)" "$work"
check "where the library is" "$("$moved" --libs)" "-L$work/$tail -Wl,-rpath,$work/$tail -lcurl"
check "several questions" "$("$moved" --vernum --built-shared | tail -1)" yes

version=$(echo @VERSION@ | "$fill_in") vernum=$(echo @VERNUM@ | "$fill_in")
check "the version" "$("$moved" --version)" "libcurl $version"
check "its number" "$("$moved" --vernum)" "$vernum"
for feature in SSL HTTPS-proxy threadsafe; do
    check "feature $feature" "$("$moved" --features | grep -cx -- "$feature")" 1
done
for protocol in HTTP HTTPS FILE; do
    check "protocol $protocol" "$("$moved" --protocols | grep -cx -- "$protocol")" 1
done
check "blank lines" "$("$moved" --features --protocols --ssl-backends --ca | grep -c '^$')" 0

for old in 7.1 7.88.1 8.0.9 "${version%-*}"; do
    "$moved" --checkfor "$old" >/dev/null
    check "new enough for $old" $? 0
done
for new in 8.99.0 9.0 9.0.0 10.1.1 nonsense ""; do
    "$moved" --checkfor "$new" >/dev/null 2>&1
    check "new enough for '$new'" $? 1
done
"$moved" --nothing >/dev/null 2>&1
check "an unknown option" $? 1
"$moved" >/dev/null 2>&1
check "no option" $? 1
"$moved" --help >/dev/null
check "help" $? 0
echo "@NOBODY_KNOWS@" | "$fill_in" >/dev/null 2>&1
check "a name that nobody knows" $? 1
exit $failed
