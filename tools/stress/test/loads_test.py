#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Models of load, requests, checks and ends of curlpool-stress.

    loads_test.py PROGRAM SOURCE [unittest options]

Figures that depend on the machine's speed are not judged here, but counts, sums and statuses are.
"""
import hashlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from stress import LIMIT_S, PROGRAM, SANITIZED, Served, StressCase, run

# A busy machine is not what is tested: nothing here is INVALID but where that is the test.
PATIENT = ["--max-lag", "1m", "--loopback", "http"]


def figures(*arguments, status=0, **environment):
    """Runs a load and returns the runs of its JSON."""
    result = run("-q", "--json", "-", *arguments, **environment)
    assert result.returncode == status, (result.returncode, result.stdout[-2000:], result.stderr)
    return json.loads(result.stdout)["runs"]


class Peer:
    """A server of the test's own: `serve` has each connection, in a thread of its own."""

    def __init__(self, serve):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        self.serve = serve
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        try:
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread, which a close alone does not
        self.thread.join()
        self.listener.close()


def requests_of(connection):
    """The heads of a connection's requests, each answered after it is looked at."""
    with connection, connection.makefile("rwb") as stream:
        while True:
            lines = list(iter(stream.readline, b"\r\n"))
            if not lines or lines[-1] == b"":
                return
            length = [int(line.split(b":")[1]) for line in lines
                      if line.lower().startswith(b"content-length:")]
            body = stream.read(length[0]) if length else b""
            yield lines, body
            stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            stream.flush()


class OpenLoop(StressCase):
    def test_every_request_that_is_due_is_sent(self):
        one, = figures(*PATIENT, "-R", "500", "-t", "1", "-c", "50", "/bytes/10")
        self.assertEqual(one["requests"]["started"] + one["requests"]["unstarted"], 500)
        self.assertTrue(one["open_loop"] and one["valid"])
        self.assertEqual(one["times"]["lag"]["count"], one["times"]["latency"]["count"])

    def test_number_ends_it(self):
        one, = figures(*PATIENT, "-R", "1000", "-n", "77", "-c", "20", "/bytes/10")
        self.assertEqual(one["requests"]["fine"], 77)

    def test_threads_share_the_plan(self):
        one, = figures(*PATIENT, "-R", "500", "-t", "1", "-c", "40", "-T", "3", "/bytes/10")
        self.assertEqual(one["requests"]["started"] + one["requests"]["unstarted"], 500)

    def test_stages_have_their_sum(self):
        one, = figures(*PATIENT, "--stage", "100:500ms,100-500:500ms", "-c", "50", "/bytes/10")
        self.assertEqual(one["requests"]["started"] + one["requests"]["unstarted"], 200)

    def test_random_arrivals_have_about_the_rate(self):
        one, = figures(*PATIENT, "-R", "1000", "--poisson", "-t", "1", "-c", "50", "/bytes/10")
        due = one["requests"]["started"] + one["requests"]["unstarted"]
        self.assertTrue(850 < due < 1150, due)
        self.assertEqual(one["requests"]["warmup"], 0)

    def test_latency_counts_from_when_it_was_due(self):
        """One place, answers after 50 ms, due every 10 ms: the n-th waits 40 ms more than the one before."""
        one, = figures(*PATIENT, "-R", "100", "-n", "10", "-c", "1", "/delay/50")
        latency, service = one["times"]["latency"], one["times"]["service"]
        self.assertEqual(latency["count"], 10)
        self.assertGreaterEqual(latency["max_ns"], (9 * 40 + 50 - 1) * 1e6)
        self.assertGreaterEqual(latency["mean_ns"], (4.5 * 40 + 50 - 1) * 1e6)
        self.assertGreaterEqual(service["min_ns"], 49e6)
        self.assertLess(service["p50"], latency["p50"])

    def test_what_found_no_place_is_counted(self):
        one, = figures(*PATIENT, "-R", "200", "-t", "0.5", "--grace", "100ms", "-c", "3",
                       "/delay/60000", status=3)
        self.assertEqual(one["requests"]["cut_off"], 3)
        self.assertEqual(one["requests"]["unstarted"], 97)

    def test_generator_that_falls_behind_is_invalid(self):
        one, = figures("--loopback", "http", "-R", "2000", "-t", "0.3", "-c", "50", "--max-lag",
                       "1us", "/bytes/10", status=4)
        self.assertFalse(one["valid"])
        self.assertIn("fell behind", one["notes"][0])
        result = run("-q", "--loopback", "http", "-R", "2000", "-t", "0.3", "--max-lag", "1us")
        self.assertIn("  INVALID ", result.stdout)

    def test_stopped_server_shows(self):
        """The server stands still for half of the load: an open loop says so, whatever the machine."""
        with Served() as server:
            process = subprocess.Popen(
                [PROGRAM, "--json", "-", "-R", "500", "-t", "2", "-c", "10", "--max-lag", "1m",
                 "--grace", "1m", server.http + "/bytes/10"], stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True)
            while " s  " not in process.stderr.readline():  # a second is over
                pass
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(1)  # how long it stands still: the test's matter, not a synchronisation
            server.process.send_signal(signal.SIGCONT)
            output, _ = process.communicate(timeout=LIMIT_S)
        one, = json.loads(output)["runs"]
        self.assertEqual(one["requests"]["fine"], 1000)
        # At least 450 of 1000 were due while it stood still: they waited 1 s down to nothing.
        self.assertGreater(one["times"]["latency"]["p75"], 300e6)
        self.assertGreater(one["times"]["latency"]["max_ns"], 900e6)
        self.assertLess(one["times"]["service"]["p75"], one["times"]["latency"]["p75"] / 3)


class ClosedLoop(StressCase):
    def test_warmup_is_not_counted(self):
        one, = figures("--loopback", "http", "-w", "0.3", "-n", "50", "-c", "5", "/bytes/10")
        self.assertEqual(one["requests"]["fine"], 50)
        self.assertGreater(one["requests"]["warmup"], 5)
        self.assertEqual(one["times"]["latency"]["count"], 50)
        self.assertEqual(one["connections"], 0)  # they were opened before

    def test_thinking_leaves_time_between(self):
        one, = figures("--loopback", "http", "--think", "100ms", "-t", "0.95", "-c", "4", "/bytes/1")
        self.assertTrue(4 <= one["requests"]["fine"] <= 40, one["requests"])
        one, = figures("--loopback", "http", "--think", "50ms:150ms", "-n", "8", "-c", "4", "/bytes/1")
        self.assertEqual(one["requests"]["fine"], 8)

    def test_connections_serve_as_many_requests_as_is_said(self):
        for how, least, most in ("off", 60, 60), ("1", 60, 60), ("3", 20, 24), ("2:4", 15, 34):
            one, = figures("--loopback", "http", "-n", "60", "-c", "4", "--reuse", how)
            self.assertTrue(least <= one["connections"] <= most, (how, one["connections"]))
            self.assertEqual(one["requests"]["fine"], 60)

    @unittest.skipIf(SANITIZED, "a sanitizer keeps what is freed")
    def test_memory_does_not_grow_with_the_number(self):
        few, = figures("--loopback", "http", "-n", "2000", "-c", "10", "/bytes/10")
        many, = figures("--loopback", "http", "-n", "40000", "-c", "10", "/bytes/10")
        grown = many["usage"]["memory_peak_bytes"] - few["usage"]["memory_peak_bytes"]
        self.assertLess(grown, 1500000)


class Requests(StressCase):
    def test_targets_file(self):
        seen = []

        def serve(connection):
            for lines, body in requests_of(connection):
                seen.append((lines[0].split()[0], lines[0].split()[1], body,
                             [line for line in lines if line.startswith(b"X-")]))

        with Peer(serve) as peer, tempfile.TemporaryDirectory() as folder:
            with open(folder + "/body", "wb") as body:
                body.write(b"from a file")
            with open(folder + "/targets", "w", encoding="ascii") as targets:
                targets.write(f"GET {peer.url}one weight=6\nX-One: 1\n\n"
                              f"POST {peer.url}two weight=2\n<body\n\n"
                              f"PATCH {peer.url}three\n=text\n\n"
                              f"DELETE {peer.url}four\nX-Four: 4\n\n")
            one, = figures("--targets", folder + "/targets", "-n", "100", "-c", "3", "-H", "X-All: 0")
        self.assertEqual(one["requests"]["fine"], 100)
        counts = {}
        for method, path, body, headers in seen:
            key = method, path, body, tuple(sorted(header.strip() for header in headers))
            counts[key] = counts.get(key, 0) + 1
        self.assertEqual(counts, {
            (b"GET", b"/one", b"", (b"X-All: 0", b"X-One: 1")): 60,
            (b"POST", b"/two", b"from a file", (b"X-All: 0",)): 20,
            (b"PATCH", b"/three", b"text", (b"X-All: 0",)): 10,
            (b"DELETE", b"/four", b"", (b"X-All: 0", b"X-Four: 4")): 10},
            {key: value for key, value in one.items() if key not in ("times", "series")})

    def test_bodies_from_text_and_files(self):
        seen = []

        def serve(connection):
            for lines, body in requests_of(connection):
                seen.append((lines[0].split()[0], hashlib.sha256(body).hexdigest()))

        with Peer(serve) as peer, tempfile.NamedTemporaryFile() as file:
            content = os.urandom(1234567)
            file.write(content)
            file.flush()
            figures("-n", "1", "-c", "1", "--upload", file.name, peer.url)
            figures("-n", "1", "-c", "1", "--data-file", file.name, peer.url)
            figures("-n", "1", "-c", "1", "-d", "some text", "-X", "PATCH", peer.url)
        whole = hashlib.sha256(content).hexdigest()
        self.assertEqual(seen, [(b"PUT", whole), (b"POST", whole),
                                (b"PATCH", hashlib.sha256(b"some text").hexdigest())])

    @unittest.skipIf(SANITIZED, "a sanitizer keeps what is freed")
    def test_upload_is_not_held_in_memory(self):
        small, = figures("--loopback", "http", "-n", "2", "-c", "1", "--put", "1M")
        large, = figures("--loopback", "http", "-n", "2", "-c", "1", "--put", "400M")
        self.assertEqual(large["bytes"]["sent"], 800000000)
        self.assertLess(large["usage"]["memory_peak_bytes"],
                        small["usage"]["memory_peak_bytes"] + 20000000)

    def test_file_that_is_not_there(self):
        for arguments in ["--upload", "/not/there", "http://127.0.0.1:1/"], ["--targets", "/not/there"]:
            result = run("-q", "-n", "1", *arguments)
            self.assertEqual(result.returncode, 2)
            self.assertIn("No such file", result.stderr)


class Checks(StressCase):
    def test_status(self):
        one, = figures("--loopback", "http", "-n", "20", "-c", "2", "--expect-status", "404,5xx",
                       "/status/404", "/status/503", "/status/200", "/status/403", status=1)
        self.assertEqual(one["requests"]["fine"], 10)
        self.assertEqual({(f["kind"], f["status"]): f["count"] for f in one["failures"]},
                         {("status", 200): 5, ("status", 403): 5})
        self.assertEqual(one["statuses"], {"200": 5, "403": 5, "404": 5, "503": 5})

    def test_hash(self):
        right = hashlib.sha256(b"200 OK\n").hexdigest()
        figures("--loopback", "http", "-n", "4", "-c", "2", "--expect-sha256", right, "/status/200")
        one, = figures("--loopback", "http", "-n", "4", "-c", "2", "--expect-sha256", right[::-1],
                       "/status/200", status=3)
        self.assertEqual([(f["kind"], f["phase"], f["count"]) for f in one["failures"]],
                         [("hash", "check", 4)])

    def test_phases_of_failures_add_up(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:  # never answers
            port = silent.getsockname()[1]
            with socket.socket() as closed:
                closed.bind(("127.0.0.1", 0))
                urls = [f"http://127.0.0.1:{closed.getsockname()[1]}/", "http://[half/",
                        f"https://127.0.0.1:{port}/", f"http://127.0.0.1:{port}/",
                        "http://name.invalid/"]
                one, = figures("-n", "25", "-c", "5", "--timeout", "0.3", "--connect-timeout", "0.3",
                               "--resolve", "other.test:1:127.0.0.1", *urls, status=3)
        phases = {}
        for failure in one["failures"]:
            phases[failure["phase"]] = phases.get(failure["phase"], 0) + failure["count"]
        self.assertEqual(phases, {"connect": 5, "setup": 5, "tls": 5, "first byte": 5, "name": 5})
        self.assertEqual(one["requests"]["failed"], 25)

    def test_scripted_failures_have_their_kinds(self):
        one, = figures("--loopback", "http", "-n", "30", "-c", "5", "--timeout", "0.3", "/cut/100",
                       "/reset/100", "/stall/100", "/wrong/9", "/status/500", "/slow/20/1", status=1)
        found = {(f["kind"], f["code"], f["phase"], f["status"]): f["count"] for f in one["failures"]}
        self.assertEqual(found, {("error", 18, "body", 200): 5, ("error", 56, "body", 200): 5,
                                 ("error", 28, "body", 200): 5, ("bytes", 0, "check", 200): 5,
                                 ("status", 0, "check", 500): 5})
        self.assertEqual(one["requests"]["fine"], 5)


class Statuses(StressCase):
    def test_objectives(self):
        load = ["--loopback", "http", "-n", "20", "-c", "2"]
        self.load(0, *load, "--slo", "p99<1m,errors<0.1%,rate>0.1,throughput>1,max<1m,mean<1m")
        self.load(99, *load, "--slo", "p99<1us")
        self.load(99, *load, "--slo", "errors<50%", "/status/500", "/bytes/1")
        self.load(0, *load, "--slo", "errors<=50%", "/status/500", "/bytes/1")
        self.load(1, *load, "--slo", "p99<1m", "/status/500", "/bytes/1")
        self.load(3, *load, "--slo", "errors<=100%", "/status/500")
        one, = figures(*load, "--slo", "rate>1,p50<1us", status=99)
        self.assertEqual([objective["met"] for objective in one["slo"]], [True, False])
        self.assertFalse(one["slo_met"])

    def test_file_that_cannot_be_written(self):
        for option in "--json", "--csv", "--hdr", "--hdr-log", "--prometheus", "--html":
            result = run("-q", "--loopback", "http", "-n", "2", "-c", "1", option, "/not/there/file")
            self.assertIn(result.returncode, (1, 2), option)
            self.assertIn("/not/there/file: No such file", result.stderr)

    def test_full_disk_is_said(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("there is no /dev/full")
        for option in "--json", "--csv", "--html":
            result = run("-q", "--loopback", "http", "-n", "2", "-c", "1", option, "/dev/full")
            self.assertEqual(result.returncode, 1, option)

    def test_library_that_is_none(self):
        result = run("-q", "-n", "1", "--lib", "/not/there.so", "http://127.0.0.1:1/")
        self.assertIn("cannot be loaded", result.stderr)
        self.assertEqual(result.returncode, 2)


class Interrupts(StressCase):
    def interrupt(self, *arguments):
        """Interrupts a load after a second of it; returns its JSON and how long the end took."""
        with tempfile.TemporaryDirectory() as folder:
            path = folder + "/out.json"
            process = subprocess.Popen([PROGRAM, "--json", path, *arguments],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertIn(" running", process.stderr.readline())
            began = time.monotonic()
            process.send_signal(signal.SIGINT)
            output, _ = process.communicate(timeout=LIMIT_S)
            took = time.monotonic() - began
            self.assertIn("requests", output)
            with open(path, encoding="utf-8") as file:
                return json.load(file)["runs"], took

    def test_summary_and_json_come_at_once(self):
        for arguments in (["-t", "600", "-c", "20", "/bytes/100", "/delay/60000"],
                          ["-R", "100", "-t", "600", "-c", "20", "/delay/60000"]):
            (one,), took = self.interrupt(*arguments)
            counts = one["requests"]
            self.assertTrue(one["interrupted"])
            self.assertEqual(counts["started"], counts["fine"] + counts["failed"] + counts["cut_off"])
            self.assertLess(took, 20)  # it is a tenth of a second where nothing else runs

    def test_second_one_quits(self):
        """The first one's files cannot be finished: nobody reads from the pipe that is one of them."""
        with tempfile.TemporaryDirectory() as folder:
            os.mkfifo(folder + "/pipe")
            process = subprocess.Popen([PROGRAM, "--json", folder + "/pipe", "-t", "600", "-c", "2",
                                        "--loopback", "http"], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            self.assertIn(" running", process.stderr.readline())
            process.send_signal(signal.SIGINT)
            while "up to" not in process.stdout.readline():  # the summary's histogram
                pass
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=LIMIT_S)
        self.assertEqual(process.returncode, -signal.SIGINT)

    def test_in_the_warmup(self):
        process = subprocess.Popen([PROGRAM, "-w", "600", "-t", "1", "--json", "-", "-c", "2"],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn("curlpool-stress on", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=LIMIT_S)
        self.assertEqual(json.loads(output)["runs"][0]["requests"]["started"], 0)
        self.assertEqual(process.returncode, 3)


if __name__ == "__main__":
    unittest.main()
