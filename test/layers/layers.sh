#!/bin/sh
# SPDX-License-Identifier: MIT
# Includes go down: a file of lib/ may include its own room and the rooms to its right.
rooms="api transfer protocols boundary net runtime wire base"
cd "$1" && grep -rn --include='*.[ch]' '^#include "' . | awk -v order="$rooms" '
BEGIN { n = split(order, r, " "); for (i = 1; i <= n; i++) rank[r[i]] = i }
{
    split($0, at, ":"); split(at[1], path, "/"); split($0, quote, "\""); split(quote[2], inc, "/")
    if (!(inc[1] in rank)) { print at[1] ":" at[2] " includes no room: " quote[2]; bad++ }
    else if (rank[inc[1]] < rank[path[2]]) { print at[1] ":" at[2] " looks up: " quote[2]; bad++ }
    seen++
}
END { if (!seen) print "no includes found"; exit bad > 0 || !seen }'
