#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a file's bytes as a C array: embed.py FILE NAME HEADER"""
import sys

path, name, header = sys.argv[1:]
with open(path, "rb") as file:
    data = file.read()
with open(header, "w", encoding="ascii") as out:
    out.write(f"/* Made from {path.rsplit('/', 1)[-1]} */\nstatic const unsigned char {name}[] = {{\n")
    for at in range(0, len(data), 20):
        out.write(",".join(map(str, data[at:at + 20])) + ",\n")
    out.write("};\n")
