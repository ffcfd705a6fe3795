#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The bench itself works: every row comes out of a tiny run on the library in FOLDER.

    bench_test.py CLIENT FOLDER
"""
import json
import math
import os
import subprocess
import sys
import tempfile

import bench


def main():
    client, library = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.json")
        subprocess.run([sys.executable, bench.__file__, client, "--side", "ours", "--ours", library,
                        "--small", "200", "--rounds", "1", "--json", report], check=True)
        with open(report, encoding="utf-8") as file:
            table = json.load(file)["table"]
    assert [(row["load"], row["what"]) for row in table] == [row[:2] for row in bench.ROWS]
    for row in table:
        assert row["ours"] is not None and math.isfinite(row["ours"]), row
        assert (row["reached"] == "") == (row["about"] == bench.RATIO or row["at_least"] is None), row


if __name__ == "__main__":
    main()
