#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What curlpool-stress writes, read by others: JSON, CSV, HdrHistogram's formats, Prometheus' text, the
page in a real browser; and what is made of several runs.

    reports_test.py PROGRAM SOURCE [unittest options]
"""
import base64
import csv
import html.parser
import json
import os
import re
import shutil
import struct
import subprocess
import tempfile
import unittest
import zlib

from stress import LIMIT_S, PROGRAM, StressCase, run

SUBS = 2048  # cells of the first row; half as many in those behind


def decode_hdr(text):
    """The cells of an encoded histogram as {lowest value: count}: the format read by its description."""
    cookie, length = struct.unpack(">II", base64.b64decode(text)[:8])
    assert cookie == 0x1C849314 and length == len(base64.b64decode(text)) - 8
    plain = zlib.decompress(base64.b64decode(text)[8:])
    cookie, length, offset, digits, lowest, highest, ratio = struct.unpack(">IIIIQQd", plain[:40])
    assert (cookie, length, offset, digits, lowest, ratio) == (0x1C849313, len(plain) - 40, 0, 3, 1, 1)
    assert highest >= 10 ** 12
    cells, at, index = {}, 40, 0
    while at < len(plain):
        value = shift = 0
        while True:
            byte, at = plain[at], at + 1
            if shift == 56:
                value |= byte << shift
                break
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        value = (value >> 1) ^ -(value & 1)
        if value < 0:
            index -= value
            continue
        row = max(0, index // (SUBS // 2) - 1)
        sub = index if row == 0 else index % (SUBS // 2) + SUBS // 2
        cells[sub << row] = value
        index += 1
    return cells


def at_percentile(cells, percent):
    """The top of the cell that holds it."""
    wanted, seen = percent / 100 * sum(cells.values()) - 1e-6, 0
    for low in sorted(cells):
        seen += cells[low]
        if seen >= wanted:
            return low + (1 << max(0, low.bit_length() - 11)) - 1
    return None


def rounded(value):
    """A document whose sums of fractions may have been made in another order: counts stay exact."""
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


class WithFolder(StressCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def json(self, name):
        return json.loads(self.read(name))

    def make(self, name, *arguments):
        """The only run of a load that is left as JSON."""
        result = run("-q", "--loopback", "http", "--json", self.path(name), "-c", "4", *arguments)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        one, = self.json(name)["runs"]
        return one


class Files(WithFolder):
    def test_all_files_of_one_load_agree(self):
        names = {"json": "a.json", "csv": "a.csv", "hdr": "a.hgrm", "hdr-log": "a.hlog",
                 "prometheus": "a.prom", "html": "a.html"}
        options = [word for option, name in names.items() for word in ("--" + option, self.path(name))]
        result = run("-q", "-t", "1.4", "-c", "3", "/delay/20/100", *options)
        self.assertEqual(result.returncode, 0, result.stderr)
        runs = self.json("a.json")["runs"]
        self.assertEqual([one["title"] for one in runs], ["HTTP", "HTTPS"])
        with open(self.path("a.csv"), newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        logged = [line.split(",") for line in self.read("a.hlog").splitlines()
                  if not line.startswith(("#", '"'))]
        samples = dict(re.findall(r"^(\w+\{.*\}) (\S+)$", self.read("a.prom"), re.M))
        for place, one in enumerate(runs):
            latency = one["times"]["latency"]
            cells = decode_hdr(latency["hdr"])
            self.assertEqual(sum(cells.values()), one["requests"]["fine"])
            for name, percent in ("p50", 50), ("p90", 90), ("p99", 99), ("p99.9", 99.9):
                self.assertEqual(latency[name], min(at_percentile(cells, percent), latency["max_ns"]))
            title = one["title"]
            self.assertEqual(sum(int(row["fine"]) for row in rows if row["run"] == title),
                             one["requests"]["fine"])
            columns = one["series"]["columns"]
            self.assertEqual(sum(row[columns.index("fine")] for row in one["series"]["rows"]),
                             one["requests"]["fine"])
            joined = {}
            for fields in logged:
                if fields[0] == "Tag=" + title:
                    for low, count in decode_hdr(fields[4]).items():
                        joined[low] = joined.get(low, 0) + count
            self.assertEqual({k: v for k, v in joined.items() if v}, {k: v for k, v in cells.items() if v})
            self.assertEqual(
                int(samples[f'curlpool_stress_requests_total{{run="{title}",outcome="fine"}}']),
                one["requests"]["fine"])
            table = self.read("a.hgrm" if place == 0 else "a.hgrm.2")
            self.assertIn(f"Total count    = {latency['count']:12}]", table)
            self.assertRegex(table, r"(?m)^ +Value +Percentile +TotalCount 1/\(1-Percentile\)$")

    def test_prometheus_text_is_well_formed(self):
        run("-q", "-n", "5", "-c", "1", "--title", 'a "b" \\ c', "--prometheus", self.path("p"))
        kinds, ended, last = {}, set(), None
        for line in self.read("p").splitlines():
            if line.startswith("#"):
                _, word, name, rest = line.split(" ", 3)
                if word == "TYPE":
                    self.assertNotIn(name, kinds)
                    kinds[name] = rest
                continue
            match = re.fullmatch(r'(\w+)\{(\w+="(?:[^"\\]|\\.)*",?)+\} [0-9.e+-]+', line)
            self.assertTrue(match, line)
            family = re.sub(r"_(sum|count)$", "", match[1])
            self.assertIn(family, kinds)
            if family != last:
                self.assertNotIn(family, ended)
                ended.add(last)
                last = family

    def test_stdout_has_the_file_and_nothing_else(self):
        for option in "--json", "--csv", "--hdr-log", "--html", "--prometheus", "--hdr":
            result = run("-q", "--loopback", "http", "-n", "3", "-c", "1", option, "-")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("requests     3 started", result.stderr)
            self.assertNotIn("requests     3 started", result.stdout)
        self.assertEqual(run("-q", "-n", "1", "--json", "-", "--csv", "-").returncode, 2)

    def test_names_that_are_not_utf8_do_no_harm(self):
        result = subprocess.run([PROGRAM, "-q", "--loopback", "http", "-n", "1", "-c", "1", "--title",
                                 b"\xff\xfe<b>", "--json", self.path("a"), "--html", self.path("h")],
                                capture_output=True, timeout=LIMIT_S, check=False)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(self.json("a")["runs"][0]["title"], "??<b> HTTP")


class Merging(WithFolder):
    def test_counts_and_cells_are_added_exactly(self):
        one = self.make("1.json", "-n", "300", "/bytes/10", "/delay/5")
        two = self.make("2.json", "-n", "500", "/bytes/10")
        three = self.make("3.json", "-R", "200", "-n", "100", "--max-lag", "1m", "/delay/1")
        result = run("--json", self.path("all.json"), "--hdr", self.path("all.hgrm"), "merge",
                     *(self.path(name) for name in ("1.json", "2.json", "3.json")))
        self.assertEqual(result.returncode, 0, result.stderr)
        whole, = self.json("all.json")["runs"]
        self.assertEqual(whole["parts"], 3)
        for group, names in (("requests", ("started", "fine", "failed", "cut_off")),
                             ("bytes", ("received", "received_headers", "sent_headers"))):
            for name in names:
                self.assertEqual(whole[group][name], sum(part[group][name] for part in (one, two, three)))
        for name in "latency", "service", "connect", "first_byte":
            cells = {}
            for part in one, two, three:
                for low, count in decode_hdr(part["times"][name]["hdr"]).items():
                    cells[low] = cells.get(low, 0) + count
            got = whole["times"][name]
            self.assertEqual(decode_hdr(got["hdr"]), cells)
            self.assertEqual(got["sum_ns"], sum(part["times"][name]["sum_ns"] for part in (one, two, three)))
            self.assertEqual(got["max_ns"], max(part["times"][name]["max_ns"] for part in (one, two, three)))
            self.assertEqual(got["min_ns"], min(part["times"][name]["min_ns"] for part in (one, two, three)))
        begin = min(part["started_at"] for part in (one, two, three))
        end = max(part["started_at"] + part["elapsed_s"] for part in (one, two, three))
        self.assertAlmostEqual(whole["elapsed_s"], end - begin, 3)

    def test_merging_twice_is_merging_at_once(self):
        for name in "1", "2", "3":
            self.make(name, "-n", "50")
        run("--json", self.path("12"), "merge", self.path("1"), self.path("2"))
        run("--json", self.path("12,3"), "merge", self.path("12"), self.path("3"))
        run("--json", self.path("123"), "merge", self.path("1"), self.path("2"), self.path("3"))
        self.assertEqual(rounded(self.json("12,3")), rounded(self.json("123")))

    def test_logs_are_joined(self):
        for name in "1", "2":
            self.make(name, "-n", "70", "--hdr-log", self.path(name + ".hlog"))
        result = run("merge", self.path("1.hlog"), self.path("2.hlog"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("140 started: 140 fine", result.stdout)

    def test_objectives_hold_for_the_whole(self):
        self.make("1", "-n", "20")
        self.assertEqual(run("--slo", "p99<1us", "merge", self.path("1")).returncode, 99)
        self.assertEqual(run("--slo", "p99<1h", "merge", self.path("1")).returncode, 0)

    def test_what_is_no_result_is_refused(self):
        for text in ("", "{", "[]", "{}", '{"schema": "curlpool-stress/1"}', "#[x]\nx,y\n",
                     '{"schema": "curlpool-stress/2", "runs": [{}]}',
                     '{"schema": "curlpool-stress/1", "runs": []}',
                     '{"schema": "curlpool-stress/1", "runs": [{"times": {"latency": {"count": 3}}}]}',
                     '{"schema": "curlpool-stress/1", "runs": [{"times": {"latency": {"count": 3, '
                     '"hdr": "HISTFAAA"}}}]}'):
            with open(self.path("bad"), "w", encoding="ascii") as file:
                file.write(text)
            for command in (["merge"], ["--html", self.path("h"), "html"]):
                result = run(*command, self.path("bad"))
                self.assertEqual(result.returncode, 2, (text, result.stdout, result.stderr))
                self.assertIn("bad", result.stderr)
        self.assertEqual(run("merge", self.path("none")).returncode, 2)


class Checker(html.parser.HTMLParser):
    """Every element is closed, and nothing is fetched."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.data = ""

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            assert name not in ("src", "href", "srcset", "action"), (tag, name, value)
        if tag not in ("meta", "br", "link"):
            self.open.append(tag)
        assert tag not in ("link", "img", "iframe"), tag

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script" and data.startswith("{"):
            self.data += data


class Page(WithFolder):
    def check(self, name):
        """Reads the page; returns the data in it."""
        text = self.read(name)
        self.assertLess(len(text), 500000)
        checker = Checker()
        checker.feed(text)
        self.assertEqual(checker.open, [])
        self.assertNotRegex(text, r"@import|url\(|fetch\(|XMLHttpRequest|https?://(?!127\.0\.0\.1|www\.w3\.org)")
        return json.loads(checker.data)

    def browse(self, name):
        """What a browser makes of it: the document after its script, and a screenshot."""
        browser = shutil.which("chromium")
        if browser is None:
            self.skipTest("there is no chromium")
        shot = self.path("shot.png")
        done = subprocess.run(
            [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             f"--user-data-dir={self.path('profile')}", "--window-size=1240,1800",
             f"--screenshot={shot}", "--dump-dom", "file://" + self.path(name)],
            capture_output=True, text=True, timeout=LIMIT_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        with open(shot, "rb") as file:
            head = file.read(24)
        self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">II", head[16:24]), (1240, 1800))
        self.assertGreater(os.path.getsize(shot), 50000)  # an empty page has 10 kB
        return done.stdout

    def test_two_runs_of_one_load(self):
        result = run("-q", "-t", "1.2", "-c", "3", "--html", self.path("a.html"), "/delay/10", "/status/500",
                     "--slo", "errors<99%")
        self.assertEqual(result.returncode, 0, result.stderr)
        data = self.check("a.html")
        self.assertEqual([one["title"] for one in data["runs"]], ["HTTP", "HTTPS"])
        shown = self.browse("a.html")
        for words in ("Latency over time", "Percentiles", "Histogram", "Errors", "Failures", "HTTPS p99",
                      "objective errors", "first byte"):
            self.assertIn(words, shown)
        self.assertGreater(shown.count("<path"), 8)
        self.assertGreater(shown.count("<rect"), 2)

    def test_runs_of_files_are_drawn_over_one_another(self):
        self.make("first.json", "-n", "200", "/delay/1")
        self.make("second.json", "-n", "200", "/delay/3")
        result = run("--html", self.path("both.html"), "html", self.path("first.json"), self.path("second.json"))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.check("both.html")["runs"]), 2)

    def test_long_runs_stay_small(self):
        """A day's seconds."""
        self.make("day.json", "-n", "10")
        document = self.json("day.json")
        series = document["runs"][0]["series"]
        row = series["rows"][0]
        series["rows"] = [[float(second), 1.0] + row[2:] for second in range(86400)]
        with open(self.path("day.json"), "w", encoding="ascii") as file:
            json.dump(document, file)
        run("--html", self.path("day.html"), "html", *[self.path("day.json")] * 3)
        data = self.check("day.html")
        for one in data["runs"]:
            self.assertLessEqual(len(one["series"]["rows"]), 401)
            columns = one["series"]["columns"]
            self.assertEqual(sum(r[columns.index("fine")] for r in one["series"]["rows"]), 864000)

    def test_text_cannot_break_out_of_the_data(self):
        run("-q", "--loopback", "http", "-n", "1", "-c", "1", "--title", "</script><b>&amp;", "--html",
            self.path("a.html"))
        self.assertEqual(self.check("a.html")["runs"][0]["title"], "</script><b>&amp; HTTP")


class Comparing(WithFolder):
    def compare(self, *arguments, status=0):
        result = run("--json", self.path("c.json"), "--html", self.path("c.html"), *arguments)
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        return result

    def library(self):
        found = self.make("one", "-n", "1")["library_path"]
        return os.path.realpath(found)

    def test_a_against_a_in_pairs(self):
        library = self.library()
        result = self.compare("--compare", library, library, "-n", "300", "-c", "4", "/bytes/100")
        order = re.findall(r"^  pair (\d) of 5, ([AB])", result.stderr, re.M)
        self.assertEqual("".join(side for _, side in order), "ABBAABBAAB")
        document = self.json("c.json")
        found = document["comparison"]
        self.assertEqual(found["pairs"], 5)
        self.assertEqual([len(metric["a"]) for metric in found["metrics"]], [5] * 8)
        self.assertEqual([one["requests"]["fine"] for one in document["runs"]], [1500, 1500])
        for metric in found["metrics"]:
            self.assertLessEqual(metric["low"], metric["difference"])
            self.assertGreaterEqual(metric["high"], metric["difference"])
        with open(self.path("c.html"), encoding="utf-8") as file:
            self.assertIn('"comparison"', file.read())

    def test_other_server_than_its_own(self):
        library = self.library()
        with tempfile.TemporaryDirectory() as folder:
            result = run("--compare", library, library, "-q", "-n", "20", "-c", "2", "http://127.0.0.1:1/",
                         TMPDIR=folder)
            self.assertEqual(os.listdir(folder), [])
        self.assertEqual(result.returncode, 3)
        self.assertIn("no transfer succeeded", result.stderr)

    def test_library_that_is_none(self):
        result = run("--compare", self.library(), "/not/there.so", "-q", "-n", "1")
        self.assertEqual(result.returncode, 2)


if __name__ == "__main__":
    unittest.main()
