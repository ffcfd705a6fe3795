#!/bin/sh
# SPDX-License-Identifier: MIT
# curlpool-run: what it runs, what it refuses, and what it says. run_test.sh CURLPOOL-RUN LIBDIR COMPILER...
set -u
run=$1 libdir=$2
shift 2
compiler=$*
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# A library that stands in for the system's, and programs that are linked in all the ways there are.
# build SOURCE PROGRAM [FLAG]...
build() {
    source=$1 program=$2
    shift 2
    # shellcheck disable=SC2086
    $compiler -o "$work/$program" "$work/$source.c" "$@"
}
cat >"$work/user.c" <<'C'
#include <stdio.h>
char *curl_version(void);
int main(int argc, char **argv)
{
    (void)argv;
    printf("%s\n", curl_version());
    return argc + 40;
}
C
printf '#include <dlfcn.h>\nint main(void) { return !dlopen("libcurl.so.4", RTLD_NOW) * 9; }\n' >"$work/later.c"
printf '#include <stdlib.h>\nint main(void) { return system(":"); }\n' >"$work/starter.c"
printf 'int main(void) { return 0; }\n' >"$work/none.c"
printf 'char *curl_version(void) { return "another"; }\n' >"$work/other.c"

mkdir "$work/other"
build other other/libcurl.so.4 -shared -fPIC -Wl,-soname,libcurl.so.4 &&
    build user user "$libdir/libcurl.so.4" &&
    build user gnutls "$libdir/libcurl-gnutls.so.4" &&
    build user stubborn "$work/other/libcurl.so.4" -Wl,--disable-new-dtags,-rpath,"$work/other" &&
    build later later -ldl &&
    build starter starter &&
    build none none || exit 1
cp "$work/user" "$work/privileged" && chmod u+s "$work/privileged"
printf '#!%s\n' "$work/user" >"$work/script"
printf '#! /usr/bin/env -S sh\necho ran\n' >"$work/shell"
printf '#!%s/nowhere\n' "$work" >"$work/lost"
chmod +x "$work/script" "$work/shell" "$work/lost"

# expect STATUS TEXT ARGUMENT...: TEXT is a pattern of what it says.
expect() {
    status=$1 text=$2
    shift 2
    said=$(sh "$run" -L "$libdir" "$@" 2>&1)
    is=$?
    # shellcheck disable=SC2254
    case $said in
    $text) [ $is = "$status" ] && return ;;
    esac
    printf 'curlpool-run %s: %s and not %s: %s\n' "$*" "$is" "$status" "$said"
    failed=1
}

expect 41 'libcurl/*curlpool/*' "$work/user"
expect 43 'libcurl/*curlpool/*' "$work/user" 'one argument' -n
expect 41 'libcurl/*curlpool/*' "$work/gnutls"
expect 41 'libcurl/*curlpool/*' -s "$work/user"
expect 42 'libcurl/*curlpool/*' "$work/script"
expect 0 "*linked with libcurl, runs on $(cd "$libdir" && pwd)/libcurl.so.4" -n "$work/user"
expect 0 '*note: *not linked with libcurl itself*modules*' "$work/later"
expect 0 '' -q "$work/later"
expect 0 '*may load it later*modules*' -n "$work/later"
expect 126 '*not linked with libcurl*' -s "$work/later"
expect 0 '*note: *starts other programs*' "$work/starter"
expect 0 '*note: *it is a script*
ran' "$work/shell"
expect 126 '*does not load libcurl*' "$work/none"
expect 126 '*does not load libcurl*' -n "$work/none"
expect 0 '' -f "$work/none"
expect 0 '' --force "$work/none"
expect 2 '*Usage:*' --other "$work/none"
expect 126 '*true does not load libcurl*' /bin/true
expect 0 '' --force /bin/true
expect 126 '*insists on its own*' "$work/stubborn"
expect 126 "*another user's rights*" "$work/privileged"
expect 126 '*interpreter*not there*' "$work/lost"
expect 126 '*no libcurl.so.4 in*' -L "$work" "$work/user"
expect 127 '*not found' "$work/nothing"
expect 127 '*not found' no-such-program-anywhere
expect 2 '*Usage:*' -x
expect 2 '*Usage:*'

if build none static -static 2>/dev/null; then
    expect 126 '*libraries are fixed*' "$work/static"
fi
# Debian's own program, and from the build folder, where no folder has to be named.
if ldd /usr/bin/curl 2>/dev/null | grep -q 'libcurl\.so\.4'; then
    expect 0 'curl *libcurl/*curlpool/*' /usr/bin/curl --version
    case $(sh "$run" /usr/bin/curl --version 2>&1) in
    *curlpool/*) ;;
    *) echo "curlpool-run finds no library beside it"; failed=1 ;;
    esac
fi
exit $failed
