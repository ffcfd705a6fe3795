#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What curlpool-stress does, seen from outside.

    stress_test.py PROGRAM SOURCE [unittest options]

Loopback only, ports of the system's choice; nothing waits for a time to pass but for an event.
"""
import os
import pty
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

from stress import LIMIT_S, PROGRAM, SOURCE, Served, StressCase, run, summaries

FUNCTIONS = SOURCE + "/test/abi/functions.tsv"
LIBRARY_H = SOURCE + "/tools/stress/run/library.h"


class OwnServer(StressCase):
    def test_loads_http_then_verified_https(self):
        found = self.load(0, "-n", "500", "-c", "20")
        self.assertEqual([one.title for one in found], ["HTTP", "HTTPS"])
        for one in found:
            self.assertEqual((one.started, one.fine), (500, 500))
            self.assertIn("512 kB of bodies", one.text)
            self.assertRegex(one.text, r"p50 .* p90 .* p99 .* p99\.9 .* max\n")
            self.assertTrue(1 <= one.connections <= 20, one.text)

    def test_leaves_no_folder_behind(self):
        with tempfile.TemporaryDirectory() as folder:
            result = run("-q", "-n", "10", "-c", "2", TMPDIR=folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(os.listdir(folder), [])

    def test_time_limit_ends_the_load(self):
        for one in self.load(0, "-t", "0.3", "-c", "10"):
            self.assertGreater(one.fine, 10)

    def test_what_outlives_the_time_is_cut_off(self):
        for one in self.load(3, "-t", "0.1", "-c", "3", "/delay/60000"):
            self.assertEqual((one.started, one.cut_off), (3, 3))

    def test_transfers_get_time_to_end(self):
        for one in self.load(0, "-t", "0.1", "-c", "3", "/delay/300"):
            self.assertEqual((one.started, one.fine), (3, 3))

    def test_threads_share_the_work(self):
        for one in self.load(0, "-n", "301", "-c", "10", "--threads", "3", "/bytes/1", "/delay/1"):
            self.assertEqual(one.fine, 301)
            self.assertIn("on 3 threads", one.text)

    def test_no_reuse_opens_a_connection_each(self):
        for one in self.load(0, "-n", "60", "-c", "5", "--no-reuse"):
            self.assertEqual(one.connections, 60)

    def test_uploads_arrive_whole(self):
        for method in "--post", "--body", "--put":
            for size in "0", "1", "70k", "1.2M":
                for one in self.load(0, "-n", "6", "-c", "3", method, size):
                    self.assertEqual(one.fine, 6)

    def test_chunked_uploads_arrive_whole(self):
        found = self.load(0, "-n", "6", "-c", "3", "--put", "70k", "-H",
                          "Transfer-Encoding: chunked")
        self.assertEqual([one.fine for one in found], [6, 6])

    def test_upload_of_another_size_is_refused(self):
        for one in self.load(3, "-n", "6", "-c", "3", "--post", "10", "/upload/11"):
            self.assertEqual(one.kinds, {"status, at check, status 400": 6})

    def test_every_size_around_a_chunk(self):
        paths = [f"/chunked/{size}" for size in (0, 1, 2047, 2048, 2049, 100000)]
        for one in self.load(0, "-n", "60", "-c", "6", *paths):
            self.assertEqual(one.fine, 60)


class Failures(StressCase):
    def test_kinds_add_up(self):
        paths = ["/bytes/10", "/cut/1000", "/wrong/55", "/status/503", "/status/404"]
        for one in self.load(1, "-n", "100", "-c", "10", *paths):
            self.assertEqual((one.fine, one.failed), (20, 80))
            self.assertEqual(one.kinds["status, at check, status 503"], 20)
            self.assertEqual(one.kinds["status, at check, status 404"], 20)
            self.assertEqual(one.kinds["bytes, at check, status 200"], 20)
            self.assertEqual(sum(count for kind, count in one.kinds.items()
                                 if kind.startswith("error 18,")), 20)

    def test_wrong_size(self):
        for one in self.load(3, "-n", "7", "-c", "2", "--expect-size", "5", "/bytes/6"):
            self.assertEqual(one.kinds, {"size, at check, status 200": 7})

    def test_only_errors_from_the_server(self):
        for one in self.load(3, "-n", "7", "-c", "2", "/status/503"):
            self.assertEqual(one.kinds, {"status, at check, status 503": 7})

    def test_timeout(self):
        for one in self.load(3, "-n", "4", "-c", "2", "--timeout", "0.05", "/delay/60000"):
            self.assertTrue(all(kind.startswith("error 28,") for kind in one.kinds))

    def test_refused_connection(self):
        with socket.socket() as closed:  # bound, so that nobody else gets the port; not listening
            closed.bind(("127.0.0.1", 0))
            one, = self.load(3, "-n", "5", "-c", "2",
                             f"http://127.0.0.1:{closed.getsockname()[1]}/")
        self.assertEqual(one.failed, 5)
        self.assertTrue(all(kind.startswith("error 7,") for kind in one.kinds))

    def test_not_a_url(self):
        one, = self.load(3, "-n", "5", "-c", "2", "http://[half/")
        self.assertTrue(all(kind.startswith("error 3,") for kind in one.kinds))


class Usage(StressCase):
    def test_wrong_usage(self):
        for arguments in (["--no-such-option"], ["-c", "0"], ["-c", "x"], ["-n", "-1"],
                          ["-t", "0"], ["-R", "0"], ["-R", "x"], ["--stage", "1"],
                          ["-R", "5", "--stage", "1:1"], ["--stage", "1:1", "-t", "1"],
                          ["-R", "5", "--think", "1"], ["--poisson"], ["--reuse", "0"],
                          ["--reuse", "3:2"], ["--slo", "p99"], ["--expect-status", "20"],
                          ["--expect-sha256", "12"], ["--http", "3"], ["--tls", "1.1"],
                          ["--post", "1", "--data", "x"], ["--key", "x"], ["merge"],
                          ["html", "x"], ["--compare", "a"], ["--compare", "a", "b", "--pairs", "4"], ["-t", "nan"], ["--post", "1x"], ["--post", "-1"],
                          ["--threads", "5", "-c", "4"], ["/bytes/1", "http://127.0.0.1/"],
                          [""], ["-c"], ["--timeout", "1e99"]):
            result = run(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertEqual(result.stdout, "")
            self.assertIn("help", result.stderr)

    def test_help(self):
        result = run("--help")
        self.assertEqual(result.returncode, 0)
        self.assertTrue(all(len(line) <= 92 for line in result.stdout.splitlines()))
        for option in ("-c", "-n", "-t", "-R", "--stage", "--think", "--warmup", "--post", "--put",
                       "-H", "--cacert", "-k", "--resolve", "--timeout", "--reuse", "--threads",
                       "--targets", "--json", "--html", "--slo", "--compare", "--lib", "--serve"):
            self.assertRegex(result.stdout, rf"(^|\s){option}\b")

    def test_manual_page_has_every_option_and_no_warnings(self):
        page = run("--print-manual").stdout
        options = re.findall(r"^.{6}(--[a-z0-9-]+)", run("--help").stdout, re.M)
        self.assertGreater(len(options), 50)
        for option in options:
            self.assertIn(option.replace("-", "\\-"), page)
        if shutil.which("man"):
            with tempfile.NamedTemporaryFile("w", suffix=".1") as file:
                file.write(page)
                file.flush()
                shown = subprocess.run(["man", "--warnings", "-l", file.name], text=True,
                                       capture_output=True, check=True,
                                       env={**os.environ, "MANWIDTH": "80", "MAN_KEEP_STDERR": "1"})
            self.assertEqual(shown.stderr, "")
            self.assertIn("EXIT STATUS", shown.stdout)

    def test_completion(self):
        script = run("--print-completion").stdout + """
            complete_it() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _curlpool_stress 2>/dev/null
                            echo "${COMPREPLY[*]}"; }
            complete_it curlpool-stress --conc
            complete_it curlpool-stress --http 2
            complete_it curlpool-stress mer
        """
        result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        self.assertEqual(result.stdout.splitlines(), ["--concurrency", "2 2-prior", "merge"])

    def test_calls_the_library_through_its_public_names_only(self):
        with open(FUNCTIONS, encoding="ascii") as functions, \
                open(LIBRARY_H, encoding="ascii") as header:
            public = {line.split("\t")[0] for line in functions}
            names = set(re.findall(r"X\((\w+),", header.read()))
        symbols = subprocess.run(["nm", "-D", PROGRAM], capture_output=True, text=True, check=True)
        self.assertNotIn("curl_", symbols.stdout.replace("curlpool_", ""))
        strings = subprocess.run(["strings", "-a", PROGRAM], capture_output=True, text=True,
                                 check=True).stdout.splitlines()
        called = {name for name in strings if re.fullmatch(r"curl_[a-z_]+", name)}
        self.assertEqual(len(names), 24)
        self.assertLessEqual({"curl_" + name for name in names}, public)
        self.assertLessEqual({"curl_" + name for name in names}, called)

    def test_version(self):
        result = run("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^curlpool-stress on \S+/\d")


class Urls(StressCase):
    def test_several_urls_take_turns(self):
        with Served() as server:
            one, = self.load(1, "-n", "10", "-c", "2", server.http + "/bytes/5",
                             server.http + "/status/503")
        self.assertEqual((one.fine, one.failed), (5, 5))
        self.assertEqual(server.status, 0)

    def test_certificates_are_verified(self):
        with Served() as server:
            url = server.https + "/bytes/5"
            one, = self.load(3, "-n", "3", "-c", "1", url)
            self.assertTrue(all(kind.startswith("error 60,") for kind in one.kinds))
            self.load(0, "-n", "3", "-c", "1", "--cacert", server.authority, url)
            self.load(0, "-n", "3", "-c", "1", "-k", url)

    def test_resolve_and_names_in_certificates(self):
        with Served() as server:
            port = server.https.rsplit(":", 1)[1]
            trust = ["-n", "3", "-c", "1", "--cacert", server.authority]
            self.load(0, *trust, "--resolve", f"localhost:{port}:127.0.0.1",
                      f"https://localhost:{port}/bytes/5")
            one, = self.load(3, *trust, "--resolve", f"other.test:{port}:127.0.0.1",
                             f"https://other.test:{port}/bytes/5")
            self.assertTrue(all(kind.startswith("error 60,") for kind in one.kinds))

    def test_headers_are_sent(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            process = subprocess.Popen(
                [PROGRAM, "-q", "-n", "1", "-c", "1", "-H", "X-One: 1", "-H", "Accept: text/x",
                 f"http://127.0.0.1:{listener.getsockname()[1]}/"], stdout=subprocess.PIPE)
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as stream:
                lines = list(iter(stream.readline, b"\r\n"))
                stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"X-One: 1\r\n", lines)
        self.assertIn(b"Accept: text/x\r\n", lines)

    def test_connect_timeout(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:  # never answers the handshake
            one, = self.load(3, "-n", "2", "-c", "2", "--connect-timeout", "0.1",
                             f"https://127.0.0.1:{listener.getsockname()[1]}/")
        self.assertTrue(all(kind.startswith("error 28,") for kind in one.kinds))


class Progress(StressCase):
    def test_a_line_a_second_elsewhere(self):
        result = run("-t", "1.2", "-c", "2", "/delay/5")
        lines = [line for line in result.stderr.splitlines() if "running" in line]
        self.assertTrue(2 <= len(lines) <= 6, result.stderr)
        self.assertNotIn("\r", result.stderr)

    def test_a_changing_line_on_a_terminal(self):
        ours, theirs = pty.openpty()
        with subprocess.Popen([PROGRAM, "-t", "0.5", "-c", "2", "/delay/5"], stderr=theirs,
                              stdout=subprocess.PIPE, text=True) as process:
            os.close(theirs)
            shown = b""
            try:
                while part := os.read(ours, 4096):
                    shown += part
            except OSError:  # how a terminal ends
                pass
            process.communicate(timeout=LIMIT_S)
        os.close(ours)
        self.assertEqual(process.returncode, 0)
        self.assertRegex(shown, rb"  \[[#.]+\] +\d+ %  0\.\d s of 0\.5 s\x1b\[K")
        self.assertRegex(shown, rb"done .* running .* errors 0")
        self.assertTrue(shown.endswith(b"\r\x1b[J"), shown[-80:])


class Ends(StressCase):
    def start(self, *arguments, **environment):
        """A load that runs: its first line of progress has been seen."""
        process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, **environment})
        self.assertIn("running", process.stderr.readline())
        return process

    def test_interrupt_gives_the_summary_at_once(self):
        for number in signal.SIGINT, signal.SIGTERM:
            process = self.start("-t", "600", "-c", "4", "/delay/60000", "/bytes/100")
            process.send_signal(number)
            output, _ = process.communicate(timeout=LIMIT_S)
            one, = summaries(output)
            self.check_sums(one)
            self.assertEqual(one.cut_off, 4)

    def test_server_goes_when_the_program_is_killed(self):
        with tempfile.TemporaryDirectory() as folder:
            process = self.start("-t", "600", "-c", "4", TMPDIR=folder)
            self.assertEqual(len(os.listdir(folder)), 1)
            process.kill()
            process.communicate(timeout=LIMIT_S)  # ends when the server has closed its stdout too
            self.assertEqual(os.listdir(folder), [])


class Server(unittest.TestCase):
    """The server by itself, against clients that libcurl is not."""

    def talk(self, server, request):
        with server.connect() as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as stream:
                return stream.read()

    def test_pipelined_requests_are_answered_in_order(self):
        with Served() as server:
            answer = self.talk(server, b"GET /status/204 HTTP/1.1\r\nHost: x\r\n\r\n"
                               b"HEAD /bytes/7 HTTP/1.1\r\n\r\n"
                               b"POST /upload/0 HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
                               b"GET /status/404 HTTP/1.0\r\n\r\n")
        statuses = re.findall(rb"^HTTP/1.1 (\d+)", answer, re.M)
        self.assertEqual(statuses, [b"204", b"200", b"200", b"404"])

    def test_a_byte_at_a_time(self):
        request = (b"POST /upload/3 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                   b"1;x=y\r\n!\r\n2\r\n@_\r\n0\r\nTrailer: x\r\n\r\n")
        with Served() as server, server.connect() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in request:
                connection.send(bytes([byte]))
            with connection.makefile("rb") as stream:
                self.assertEqual(stream.readline(), b"HTTP/1.1 200 OK\r\n")

    def test_what_is_no_request_is_refused(self):
        bad = [b"\0\0\0\0\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/2.0\r\n\r\n",
               b"GET x HTTP/1.1\r\n\r\n", b"GET /" + b"x" * 300 + b" HTTP/1.1\r\n\r\n",
               b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"A" * 20000,
               b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
               b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
               b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
               b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
               b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
               b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
               b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
               b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 20 + b"\r\n",
               b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"x" * 20000]
        with Served() as server:
            for request in bad:
                answer = self.talk(server, request)
                self.assertTrue(answer.startswith(b"HTTP/1.1 400"), (request[:60], answer))
            self.assertIn(b"200 OK", self.talk(server, b"GET /bytes/1 HTTP/1.1\r\n\r\n"))

    def test_cut_handshakes_and_requests_leave_it_standing(self):
        with Served() as server:
            port = int(server.https.rsplit(":", 1)[1])
            for garbage in b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello":
                with socket.create_connection(("127.0.0.1", port)) as connection:
                    connection.sendall(garbage)
            context = ssl.create_default_context(cafile=server.authority)
            with socket.create_connection(("127.0.0.1", port)) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost") as connection:
                connection.sendall(b"GET /close/3 HTTP/1.1\r\n\r\n")
                received = b"".join(iter(lambda: connection.recv(4096), b""))
            self.assertTrue(received.startswith(b"HTTP/1.1 200 OK\r\n"))

    def test_delays_end_in_the_order_of_their_times(self):
        order = []
        with Served() as server:
            waiting = {}
            for ms in 90, 30, 60, 10:
                connection = server.connect()
                connection.sendall(b"GET /delay/%d HTTP/1.0\r\n\r\n" % ms)
                waiting[connection] = ms
            while waiting:
                ready, _, _ = select.select(list(waiting), [], [], LIMIT_S)
                for connection in sorted(ready, key=waiting.get):
                    order.append(waiting.pop(connection))
                    connection.close()
        self.assertEqual(order, [10, 30, 60, 90])


if __name__ == "__main__":
    unittest.main()
