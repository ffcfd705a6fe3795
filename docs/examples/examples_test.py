#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the example programs against the loopback server of curlpool-stress and checks their lines.

    examples_test.py CURLPOOL-STRESS EXAMPLE...

The programs that are not given (libevent is optional) are not tested.
"""
import base64
import hashlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

STRESS, PROGRAMS = sys.argv[1], {os.path.basename(path): path for path in sys.argv[2:]}
LIMIT_S = 120
LINE = re.compile(r"^(\d+) (\d+) bytes (\d+\.\d) ms (\S+)$", re.M)
ERROR = re.compile(r"^error (\d+) \(.+\) (\S+)$", re.M)


def setUpModule():
    global server, http, https, authority
    server = subprocess.Popen([STRESS, "--serve"], stdout=subprocess.PIPE, text=True)
    http, https, authority = (server.stdout.readline().strip() for _ in range(3))


def tearDownModule():
    server.send_signal(signal.SIGTERM)
    assert server.wait(LIMIT_S) == 0
    server.stdout.close()


def run(name, *arguments):
    if name not in PROGRAMS:
        raise unittest.SkipTest(f"{name} was not built")
    return subprocess.run([PROGRAMS[name], *arguments], capture_output=True, timeout=LIMIT_S,
                          check=False)


def results(text):
    """What the lines say: a sorted list of (status, bytes, URL)."""
    return sorted((int(status), int(size), url)
                  for status, size, _, url in LINE.findall(text.decode()))


class Easy(unittest.TestCase):
    def test_body_and_line(self):
        done = run("easy", http + "/bytes/100000")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout), 100000)
        self.assertEqual(results(done.stderr), [(200, 100000, http + "/bytes/100000")])

    def test_https_with_its_authority(self):
        done = run("easy", https + "/bytes/5", authority)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout), 5)

    def test_https_without_it_is_refused(self):
        done = run("easy", https + "/bytes/5")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(ERROR.findall(done.stderr.decode()), [("60", https + "/bytes/5")])

    def test_usage(self):
        self.assertEqual(run("easy").returncode, 2)


class SeveralUrls:
    """Cases that hold for each program that takes URLs and prints a line for each."""
    name = ""
    leading = ()

    def urls(self, *paths):
        return [http + path for path in paths]

    def test_a_line_for_each(self):
        paths = [f"/bytes/{size}" for size in (0, 1, 1000, 300000)]
        paths += ["/chunked/5000", "/delay/20/10", "/close/7", "/status/404"]
        done = run(self.name, *self.leading, *self.urls(*paths))
        self.assertEqual(done.returncode, 0, done.stderr)
        sizes = [0, 1, 1000, 300000, 5000, 10, 7, 14]
        statuses = [200] * 7 + [404]
        self.assertEqual(results(done.stdout),
                         sorted(zip(statuses, sizes, self.urls(*paths))))

    def test_many(self):
        urls = self.urls(*(f"/bytes/{size}" for size in range(200)))
        done = run(self.name, *self.leading, *urls)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(results(done.stdout), sorted((200, i, url) for i, url in enumerate(urls)))

    def test_failure_of_one_leaves_the_others_alone(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            refused = f"http://127.0.0.1:{closed.getsockname()[1]}/"
            done = run(self.name, *self.leading, http + "/bytes/5", refused, http + "/cut/100",
                       "http://[half/", http + "/bytes/6")
        self.assertEqual(done.returncode, 1)
        self.assertEqual([size for _, size, _ in results(done.stdout)], [5, 6])
        self.assertEqual(sorted(code for code, _ in ERROR.findall(done.stdout.decode())),
                         ["18", "3", "7"])

    def test_usage(self):
        self.assertEqual(run(self.name).returncode, 2)


class MultiPerform(SeveralUrls, unittest.TestCase):
    name = "multi_perform"


class EventLoop(SeveralUrls, unittest.TestCase):
    name = "event_loop"


class EventEpoll(SeveralUrls, unittest.TestCase):
    name = "event_epoll"


class Multithreaded(SeveralUrls, unittest.TestCase):
    name = "multithreaded"
    leading = ("4",)

    def test_one_multi_handle_serves_all_threads_where_it_can(self):
        version = subprocess.run([STRESS, "--version"], capture_output=True, check=True).stdout
        done = run(self.name, "4", *self.urls("/bytes/1"))
        if b" curlpool/" in version:
            self.assertIn(b"4 threads with one multi handle\n", done.stdout)
        else:
            self.assertIn(b"4 threads with ", done.stdout)

    def test_one_thread(self):
        done = run(self.name, "1", *self.urls("/bytes/1", "/bytes/2", "/bytes/3", "/bytes/4"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(results(done.stdout)), 4)


class ParallelDownload(unittest.TestCase):
    def download(self, status, parallel, paths):
        """Runs it; returns the result lines and the sizes of the files."""
        with tempfile.TemporaryDirectory() as folder:
            done = run("parallel_download", str(parallel), folder, *(http + path for path in paths))
            self.assertEqual(done.returncode, status, done.stderr)
            sizes = {int(name): os.path.getsize(os.path.join(folder, name))
                     for name in os.listdir(folder)}
        return results(done.stdout), sizes

    def test_files_hold_the_bodies(self):
        wanted = [100, 0, 500000, 3, 70000, 8, 9]
        for parallel in 1, 2, 3, 10:
            lines, sizes = self.download(0, parallel, [f"/bytes/{size}" for size in wanted])
            self.assertEqual(len(lines), len(wanted))
            self.assertEqual(sizes, dict(enumerate(wanted, 1)))

    def test_many_more_than_at_a_time(self):
        _, sizes = self.download(0, 5, ["/bytes/10"] * 300)
        self.assertEqual(sizes, {number: 10 for number in range(1, 301)})

    def test_failed_downloads_leave_no_file(self):
        _, sizes = self.download(1, 2, ["/bytes/1", "/status/404", "/cut/1000", "/bytes/2"])
        self.assertEqual(sizes, {1: 1, 4: 2})

    def test_usage(self):
        self.assertEqual(run("parallel_download", "0", "x", "y").returncode, 2)


class Websocket(unittest.TestCase):
    """A server for one connection sends each message back, after a ping."""
    def converse(self):
        link, _ = self.listener.accept()
        link.settimeout(LIMIT_S)
        with link, link.makefile("rb") as reader:
            fields = {}
            while line := reader.readline().strip():
                name, _, value = line.partition(b": ")
                fields[name.lower()] = value
            key = fields[b"sec-websocket-key"] + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
            link.sendall(b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
                         + base64.b64encode(hashlib.sha1(key).digest()) + b"\r\n\r\n")
            while head := reader.read(2):
                length = head[1] & 127
                if length > 125:
                    length = int.from_bytes(reader.read(2 if length == 126 else 8), "big")
                mask = reader.read(4)
                payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(reader.read(length)))
                self.frames.append((head[0], payload))
                if head[0] != 0x8a:
                    link.sendall(b"\x89\1p" + head[:1] + self.length(length) + payload)
                if head[0] == 0x88:
                    link.shutdown(socket.SHUT_WR)

    @staticmethod
    def length(length):
        return bytes([length]) if length < 126 else b"\x7f" + length.to_bytes(8, "big")

    def test_messages_come_back_and_the_end_is_said(self):
        self.frames = []
        with socket.create_server(("127.0.0.1", 0)) as self.listener:
            self.listener.settimeout(LIMIT_S)
            peer = threading.Thread(target=self.converse)
            peer.start()
            messages = ["hello", "", "x" * 100000, "last"]
            done = run("websocket", f"ws://127.0.0.1:{self.listener.getsockname()[1]}/", *messages)
            peer.join(LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.decode().splitlines(), messages)
        said = [frame for frame in self.frames if frame[0] != 0x8a]
        self.assertEqual(said, [(0x81, text.encode()) for text in messages] + [(0x88, b"\x03\xe8")])

    def test_usage(self):
        self.assertEqual(run("websocket", "ws://127.0.0.1/").returncode, 2)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
