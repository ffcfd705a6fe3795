# SPDX-License-Identifier: MIT
"""Runs a program that knows nothing of this library twice, on the system's libcurl and on this one, and
compares everything that can be seen of it: how it ends, what it writes, the files that it makes, the
requests that servers get, the descriptors that it leaves open.

A test is a function with one parameter, the bench, marked with @test; a file of tests ends with
main(PROGRAM...), the programs that it needs. It is started with the folder of this library and the preloaded object
(exit_report.c); it reports as TAP.

    @test
    def a_page_is_written(bench):
        bench.same("curl", "-sS", bench.web("/page"))

Where the interface's own level (8.22) makes a difference, the test names it with an entry of texts.py; for
other reasons there are replacements and names of what is not compared, each with its why.
"""
import argparse
from collections import Counter
import difflib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

sys.path.insert(1, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
# pylint: disable=wrong-import-position
import nginx  # noqa: E402
from record import BOUNDARY, Relay, Web  # noqa: E402
from world import World  # noqa: E402

LIMIT_S = 60
SKIPPED = 77

# What is never the same twice, or is the library's own name.
ALWAYS = [
    (r"libcurl(-gnutls)?/\d+\.\d+\.\d+\S*( \(?[\w.+-]+/[\w.+-]+\)?)*", "LIBCURL"),
    (r"(?i)((?:mon|tue|wed|thu|fri|sat|sun), )\d\d \w\w\w \d{4} \d\d:\d\d:\d\d gmt", "DATE"),
    (r"\b\d\d:\d\d:\d\d\.\d{6}\b", "TIME"),
    (r"\bafter \d+ ms\b", "after N ms"),
    (BOUNDARY, "BOUNDARY"),
]
TESTS = []


class Skip(Exception):
    """Says why a test does not run."""


class Failure(Exception):
    """Says what is wrong."""


def test(function):
    """Marks a test."""
    TESTS.append(function)
    return function


def require(condition, what):
    """Fails the test unless the condition holds."""
    if not condition:
        raise Failure(what)


def difference(what, stock, ours):
    """A text that shows it, of at most 60 lines."""
    lines = difflib.unified_diff(stock.splitlines(), ours.splitlines(), what + ", stock", what + ", ours",
                                 lineterm="", n=2)
    return "\n".join(line[:300] for line, _ in zip(lines, range(60)))


class Process:
    """What a process of a run left when it ended: exit_report.c."""

    def __init__(self, path):
        self.program, self.libraries, self.descriptors = "", [], []
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                word, _, value = line.rstrip("\n").partition(" ")
                if word == "program":
                    self.program = os.path.basename(value)
                elif word == "library":
                    self.libraries.append(value)
                elif word == "descriptor":
                    self.descriptors.append(re.sub(r":\[\d+\]$", "", value))

    def own(self):
        """Descriptors that only this process can have: those of loops and of wake-ups."""
        return [one for one in self.descriptors if one.startswith("anon_inode:")]


class Run:
    """How a command went: `status` (negative for a signal, None if it did not end in time), `out`, `err`,
    `files` {path: bytes}, `requests` [record.Request], `log` (nginx's facts), `processes` (those that
    loaded a libcurl)."""

    def __init__(self):
        self.status, self.out, self.err = None, b"", b""
        self.files, self.requests, self.log, self.processes = {}, [], [], []


class Bench:
    """What a test has: a working folder that is equal for both runs, servers, the comparison."""

    def __init__(self, folder, library, report):
        self.folder, self.library, self.report = folder, os.path.realpath(library), report
        self.work = os.path.join(folder, "work")
        self._world, self._web, self._relays = None, None, {}
        self._watched, self._ends = [], []
        self.routes = {}

    # Servers, each started when it is first asked for.

    @property
    def world(self):
        """test/server's: nginx with certificates, proxies, names. `world.values` has ports and files."""
        if not self._world:
            if not nginx.program():
                raise Skip("no nginx")
            self._world = World(os.path.join(self.folder, "world"))
            self.watch(self._world.nginx, self._world.values["http"], self._world.stop)
        return self._world

    @property
    def web_server(self):
        """record.Web with `routes`."""
        if not self._web:
            self._web = Web(self.routes)
        return self._web

    def web(self, path, scheme="http", host="127.0.0.1"):
        """A URL of the web server whose answers are the test's own."""
        return f"{scheme}://{host}:{self.web_server.port}{path}"

    def relay(self, port):
        """The port of a relay in front of it, which keeps the requests. For plain HTTP/1."""
        if port not in self._relays:
            self._relays[port] = Relay(port)
        return self._relays[port].port

    def nginx(self, path):
        """A URL of nginx, with a relay that keeps the requests."""
        return f"http://127.0.0.1:{self.relay(self.world.values['http'])}{path}"

    def value(self, name):
        """A port or a file of the world's."""
        value = self.world.values[name]
        if not value:
            raise Skip("no " + name)
        return value

    def watch(self, server, port, end):
        """Another Nginx, with a plain port of it: what it sees is compared. `end` ends it, and what belongs
        to it."""
        self._watched.append((server, port))
        self._ends.append(end)

    def stop(self):
        """Ends all servers."""
        for server in [self._web, *self._relays.values()]:
            if server:
                server.stop()
        for end in self._ends:
            end()

    # A run.

    def run(self, *command, ours, stdin=b"", files=None, env=None, limit_s=LIMIT_S, prepare=None):
        """Runs the command in the working folder, made anew with `files` {path: bytes}."""
        self._fresh(files or {})
        if prepare:
            prepare()  # whatever else is to be equal
        self._forget()
        reports = os.path.join(self.folder, "reports")
        shutil.rmtree(reports, ignore_errors=True)
        os.mkdir(reports)
        run = Run()
        process = subprocess.Popen(
            [str(word) for word in command], cwd=self.work, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, env=self._environment(ours, reports, env or {}))
        try:
            run.out, run.err = process.communicate(stdin, limit_s)
            run.status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            run.out, run.err = process.communicate()
        self._collect(run, reports)
        return run

    def _fresh(self, files):
        shutil.rmtree(self.work, ignore_errors=True)
        os.mkdir(self.work)
        for name, content in files.items():
            path = os.path.join(self.work, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
            os.utime(path, (1700000000, 1700000000))

    def _environment(self, ours, reports, more):
        environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.work, "LC_ALL": "C",
                       "TZ": "UTC", "LD_PRELOAD": self.report, "EXIT_REPORTS": reports, **more}
        if ours:
            environment["LD_LIBRARY_PATH"] = self.library
            # R puts its own folders in front.
            environment["R_LD_LIBRARY_PATH"] = self.library + ":/usr/lib/R/lib"
        return environment

    def _forget(self):
        """What servers have seen until now is no part of the run."""
        for server in [self._web, *self._relays.values()]:
            if server:
                server.requests()
        for server, port in self._watched:
            server.log(port)

    def _collect(self, run, reports):
        for server in [self._web, *self._relays.values()]:
            if server:
                run.requests += server.requests()
        for server, port in self._watched:
            run.log += server.log(port)
        processes = [Process(os.path.join(reports, name)) for name in os.listdir(reports)]
        run.processes = sorted((one for one in processes if one.libraries),
                               key=lambda one: (one.program, one.descriptors))
        for top, _, names in os.walk(self.work):
            for name in names:
                path = os.path.join(top, name)
                with open(path, "rb") as file:
                    run.files[os.path.relpath(path, self.work)] = file.read()

    # The comparison.

    def same(self, *command, status=None, unordered=False, replace=(), since=(), apart=(),
             pool_stays=0, **how):
        """Runs the command on both libraries and fails the test where they differ. Returns both runs,
        stock's first.

        `status` is what it must end with, if anything is said. `unordered`: requests of several
        connections, compared without their order. `replace`: (pattern, text) for all that is compared.
        `apart`: what is not compared, of out, err, files, requests, log, descriptors, or names of
        files. `pool_stays`: how many loops and wake-ups of its own the process may have at its exit,
        of a program that never calls curl_global_cleanup."""
        stock, ours = self.run(*command, ours=False, **how), self.run(*command, ours=True, **how)
        self._check_run("stock", stock, False)
        self._check_run("ours", ours, True)
        if status is not None:
            require(stock.status == status, f"stock ended with {stock.status}: {stock.err.decode()}")
        found = []
        for name, *texts in self._compared(stock, ours, unordered, apart):
            one, two = self.normal(texts[0], [*since, *replace]), self.normal(texts[1], replace)
            if one != two:
                found.append(difference(name, one, two))
        if "descriptors" not in apart:
            found += self._leaks(stock, ours, pool_stays)
        require(not found, " ".join(map(str, command)) + "\n" + "\n".join(found))
        return stock, ours

    @staticmethod
    def normal(text, replace=()):
        """The text without what is never the same twice."""
        for pattern, by in [*replace, *ALWAYS]:
            text = re.sub(pattern, by, text)
        return text

    def _check_run(self, name, run, ours):
        said = run.err.decode(errors="replace")[-2000:]
        require(run.status is not None, f"{name}: it hangs. {said}")
        require(run.status not in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGPIPE),
                f"{name}: it ended by signal {-run.status}. {said}")
        require(run.processes, f"{name}: no process has loaded libcurl and ended by itself. {said}")
        for process in run.processes:
            for library in process.libraries:
                require(library.startswith(self.library + "/") == ours,
                        f"{name}: {process.program} has loaded {library}")

    @staticmethod
    def _compared(stock, ours, unordered, apart):
        """(name, stock's text, our text)"""
        if "status" not in apart:
            yield "status", str(stock.status), str(ours.status)
        for name in ("out", "err"):
            if name not in apart:
                yield name, *(getattr(run, name).decode("latin-1") for run in (stock, ours))
        if "requests" not in apart:
            yield "requests", *(requests_text(run, unordered) for run in (stock, ours))
        if "log" not in apart:
            yield "log", *(log_text(run, unordered) for run in (stock, ours))
        if "files" not in apart:
            for name in sorted({*stock.files, *ours.files} - set(apart)):
                yield "file " + name, *(run.files[name].decode("latin-1") if name in run.files
                                        else "(there is none)" for run in (stock, ours))

    @staticmethod
    def _leaks(stock, ours, pool_stays):
        def names(run):
            return [one.program for one in run.processes]
        if names(stock) != names(ours):
            return [f"processes, stock {names(stock)}, ours {names(ours)}"]
        found = []
        for one, two in zip(stock.processes, ours.processes):
            more = Counter(two.descriptors) - Counter(one.descriptors)
            if sum(more.values()) > pool_stays or any(name not in two.own() for name in more):
                found.append(f"open at the exit of {one.program}: stock {sorted(one.descriptors)}, "
                             f"ours {sorted(two.descriptors)}")
        return found


def requests_text(run, unordered):
    """All requests as they are compared."""
    if unordered:
        return "\n".join(sorted(request.text() for request in run.requests))
    return "\n".join(f"[connection {request.over}]\n{request.text()}" for request in run.requests)


def log_text(run, unordered):
    """nginx's lines, with connections numbered in their order."""
    numbers = {}
    lines = []
    for line in run.log:
        number = numbers.setdefault(line["connection"], len(numbers) + 1)
        kept = {name: value for name, value in line.items() if name not in ("connection", "port")}
        lines.append(str(kept if unordered else {"over": number, **kept}))
    return "\n".join(sorted(lines) if unordered else lines)


def report(number, function, bench):
    """Runs a test and prints its line; returns whether it is well."""
    name, well, reason = function.__name__.replace("_", " "), True, ""
    began = time.monotonic()
    try:
        function(bench)
    except Skip as skipped:
        reason = f" # SKIP {skipped}"
    except Failure as failure:
        well, reason = False, "\n# " + str(failure).replace("\r", "\\r").replace("\n", "\n# ")
    except Exception:  # pylint: disable=broad-except
        well, reason = False, "\n# " + traceback.format_exc().replace("\n", "\n# ")
    told = reason or f" ({time.monotonic() - began:.1f} s)"
    print(f"{'ok' if well else 'not ok'} {number} - {name}{told}", flush=True)
    return well


def main(*needs, routes=None):
    """Runs the tests of the file, unless a program that it needs is not installed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("library", help="the folder of libcurl.so.4")
    parser.add_argument("report", help="the object of exit_report.c")
    parser.add_argument("--only", default="", metavar="PATTERN", help="of names")
    options = parser.parse_args()
    for program in needs:
        if not shutil.which(program):
            print(f"1..0 # SKIP no {program}")
            sys.exit(SKIPPED)
    tests = [one for one in TESTS if re.search(options.only, one.__name__)]
    print(f"1..{len(tests)}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, options.library, os.path.abspath(options.report))
        bench.routes = routes or {}
        try:
            well = [report(number, one, bench) for number, one in enumerate(tests, 1)]
        finally:
            bench.stop()
    sys.exit(not all(well))
