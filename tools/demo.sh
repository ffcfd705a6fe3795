#!/bin/sh
# SPDX-License-Identifier: MIT
# The main job: installs what the build needs, builds, and runs a load of real transfers through the
# documented curl_multi_perform loop. Arguments go to curlpool-stress; without a URL it drives its own
# loopback server, over HTTP and then HTTPS.
set -eu
cd "$(dirname "$0")/.."
sh tools/packages.sh gcc libc6-dev meson ninja-build pkg-config libssl-dev libc-ares-dev \
    libidn2-dev libnghttp2-dev libpsl-dev libssh2-1-dev libkrb5-dev zlib1g-dev libbrotli-dev libzstd-dev libjansson-dev
[ -f build/demo/build.ninja ] || meson setup build/demo -Dtests=false --buildtype=release >/dev/null
ninja -C build/demo >build/demo/build.log || { cat build/demo/build.log; exit 1; }
exec build/demo/tools/stress/curlpool-stress "$@"
