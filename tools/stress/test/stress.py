# SPDX-License-Identifier: MIT
"""What the tests of curlpool-stress share: running it, reading its summary, its server, and servers of
the test's own. The program and the source tree are the first two arguments of each test."""
import os
import re
import signal
import socket
import subprocess
import sys
import unittest

PROGRAM, SOURCE = sys.argv.pop(1), sys.argv.pop(1)
LIMIT_S = 120  # for a hang; nothing here takes long
with open(PROGRAM, "rb") as program:
    SANITIZED = re.search(b"__[at]san_init", program.read()) is not None

REQUESTS = re.compile(r"^  requests +(\d+) started: (\d+) fine, (\d+) failed, (\d+) cut off", re.M)
FAILED = re.compile(r"^  failed +(\d+) x (.*)$", re.M)


def run(*arguments, **environment):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=LIMIT_S,
                          env={**os.environ, **environment}, check=False)


class Summary:
    """The figures of one load, read from what was printed."""

    def __init__(self, text):
        self.text = text
        self.title = text.split(None, 1)[0]
        self.started, self.fine, self.failed, self.cut_off = map(
            int, REQUESTS.search(text).groups())
        self.kinds = {kind: int(count) for count, kind in FAILED.findall(text)}
        self.connections = int(re.search(r"^  connections +(\d+)", text, re.M).group(1))


def summaries(output):
    return [Summary(part) for part in re.split(r"\n\n(?=\S+  [a-z]+:)", output)[1:]]


class Served:
    """The server of the program, by itself."""

    def __enter__(self):
        self.process = subprocess.Popen([PROGRAM, "--serve"], stdout=subprocess.PIPE, text=True)
        self.http, self.https, self.authority = (
            self.process.stdout.readline().strip() for _ in range(3))
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.status = self.process.wait(LIMIT_S)
        self.process.stdout.close()

    def connect(self):
        host, port = self.http[len("http://"):].split(":")
        connection = socket.create_connection((host, int(port)), timeout=LIMIT_S)
        return connection


class StressCase(unittest.TestCase):
    def check_sums(self, summary):
        self.assertEqual(summary.started, summary.fine + summary.failed + summary.cut_off)
        self.assertEqual(summary.failed, sum(summary.kinds.values()), summary.text)

    def load(self, status, *arguments):
        """Runs a load, checks its status and its sums, returns the summaries."""
        result = run("-q", *arguments)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        found = summaries(result.stdout)
        for summary in found:
            self.check_sums(summary)
        return found
