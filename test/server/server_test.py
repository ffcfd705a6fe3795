#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests against real servers, reported as TAP.

    server_test.py [--stock] [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c. --stock runs it on the system's libcurl and leaves out
what that cannot do.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import traceback

import nginx
from cases import CASES
import proxy_cases  # pylint: disable=unused-import
from talks import TALKS
from world import World

CLIENT_LIMIT_S = 120
NOT_FIELDS = ("error", "log", "requests", "connections", "stock", "needs")


class Skip(Exception):
    """Says why a test does not run."""


class Failure(Exception):
    """Says what is wrong."""


def require(condition, what):
    if not condition:
        raise Failure(what)


def matches(value, wanted):
    return wanted(value) if callable(wanted) else value == wanted


class Runner:
    """What a test needs: the client, and what the servers saw."""

    def __init__(self, world, client, stock):
        self.world, self.client, self.stock = world, client, stock
        self.require = require

    def run(self, arguments, **environment):
        """Runs the client; returns its report."""
        inherited = {name: value for name, value in os.environ.items()
                     if name not in ("SSLKEYLOGFILE", "SSL_CERT_FILE", "SSL_CERT_DIR")
                     and not name.lower().endswith("_proxy")}
        environment = {**inherited, **environment}
        if self.stock:
            environment["LD_LIBRARY_PATH"] = self.stock
        words = arguments.format(**self.world.values).split()
        done = subprocess.run([self.client, *words], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=CLIENT_LIMIT_S, check=False)
        require(done.returncode == 0,
                f"the client ended with {done.returncode}: {done.stderr.decode()}")
        require(not done.stderr, f"the client said {done.stderr.decode()}")
        return json.loads(done.stdout)

    def log(self):
        """nginx's log since the last call."""
        self.world.nginx.check()
        return self.world.nginx.log(self.world.nginx.ports["http"])

    def queries(self):
        """dnsmasq's queries since the last call."""
        return self.world.dns.queries()

    def doh_queries(self):
        """Those that the DoH server had since the last call."""
        return self.world.doh.queries()

    def needs_ours(self, why):
        if self.stock:
            raise Skip(f"not in the other library: {why}")

    def needs_dns(self):
        self.needs_ours("it has no c-ares")
        if not self.world.dns:
            raise Skip("no dnsmasq")

    def needs_proxy(self, name):
        if not self.world.values[name]:
            raise Skip("no " + {"tlsproxy": "stunnel"}.get(name, name))

    def needs_ipv6(self):
        if not self.world.ipv6:
            raise Skip("no IPv6")


def check_transfer(transfer, expect):
    told = f"{transfer['result']} ({transfer['meaning']}), \"{transfer['error']}\""
    if transfer["refused"]:
        told += f", from the option {transfer['refused']}"
    for field, wanted in expect.items():
        if field not in NOT_FIELDS:
            require(matches(transfer[field], wanted),
                    f"{field} is {transfer[field]!r}; the result is {told}")
    if "error" in expect:
        require(re.search(expect["error"], transfer["error"]), f"the result is {told}")
    require(not transfer["strange_thread"], "a callback ran on another thread")


def check_log(lines, expect):
    if "requests" in expect:
        require(len(lines) == expect["requests"], f"nginx has seen {len(lines)} requests")
    if "connections" in expect:
        seen = len({line["connection"] for line in lines})
        require(seen == expect["connections"], f"nginx has seen {seen} connections")
    for field, wanted in expect.get("log", {}).items():
        require(lines, "nginx has seen no request")
        for line in lines:
            require(matches(line[field], wanted), f"nginx has seen {field} {line[field]!r}")


def run_case(runner, case, mode):
    expect = dict(case.expect)
    expect.pop("modes", None)
    other = expect.pop("stock", {})
    if runner.stock:
        if other is None:
            raise Skip("not in the other library")
        expect.update(other)
    for name in expect.get("needs", "").split():
        if name == "ipv6":
            runner.needs_ipv6()
        else:
            runner.needs_proxy(name)
    report = runner.run(f"{case.arguments} mode={mode}")
    lines = runner.log()
    for transfer in report["transfers"]:
        check_transfer(transfer, expect)
        require(transfer["messages"] == (mode in ("multi", "turns", "multis") and not transfer["refused"]),
                f"{transfer['messages']} messages")
    check_log(lines, expect)


def all_tests():
    """(name, function of the runner)"""
    for case in CASES:
        for mode in case.expect.get("modes", ("easy", "multi")):
            yield (f"{case.name} ({mode})",
                   lambda runner, case=case, mode=mode: run_case(runner, case, mode))
    yield from TALKS


def report(number, name, function, runner):
    """Runs one test and prints its line; returns whether it is well."""
    reason = ""
    try:
        function(runner)
    except Skip as skipped:
        reason = f" # SKIP {skipped}"
    except Failure as failure:
        print(f"not ok {number} - {name}\n# " + str(failure).replace("\n", "\n# "))
    except Exception:
        print(f"not ok {number} - {name}\n# " + traceback.format_exc().replace("\n", "\n# "))
    else:
        reason = " "
    if reason:
        print(f"ok {number} - {name}{reason}".rstrip())
    else:
        runner.log()  # so that what it left does not count for the next one
        runner.doh_queries()
        if runner.world.dns:
            runner.queries()
    sys.stdout.flush()
    return bool(reason)


def system_folder():
    """Where the system has its libcurl, or None."""
    text = subprocess.run(["/sbin/ldconfig", "-p"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    found = re.search(r"^\s*libcurl\.so\.4 .*=> (\S+)/libcurl\.so\.4$", text, re.M)
    return found and found[1]


def skip_all(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("client")
    parser.add_argument("--stock", action="store_true", help="run on the system's libcurl")
    parser.add_argument("--only", default="", metavar="PATTERN", help="of names")
    options = parser.parse_args()
    stock = system_folder() if options.stock else None
    if options.stock and not stock:
        skip_all("the system has no libcurl")
    if not nginx.program():
        skip_all("no nginx")
    tests = [test for test in all_tests() if re.search(options.only, test[0])]
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        try:
            runner = Runner(world, os.path.abspath(options.client), stock)
            library = runner.run("url=http://127.0.0.1:{closed}/")["library"]
            print(f"1..{len(tests)}\n# {library}")
            if ("curlpool/" in library) == bool(stock):
                print("Bail out! That is the wrong library")
                sys.exit(1)
            good = [report(number, *test, runner) for number, test in enumerate(tests, 1)]
        finally:
            world.stop()
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
