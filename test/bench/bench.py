#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares this library with the system's libcurl, side by side in one run.

    bench.py CLIENT [--ours FOLDER] [--stock FOLDER] [--only LOAD,...] [--rounds N] [--json FILE]

CLIENT is the program built from bench.c; a folder holds the libcurl.so.4 that it is run with. nginx
(one worker) and a server that never answers run on loopback. The rounds alternate (stock, ours, ours,
stock, ...); medians are printed, and what the project wants of them: at least, and as the aim. LOAD is
a row of the table in bench.c. --side runs one library only; --small divides every load, to test the
bench itself.
"""
import argparse
import json
import os
import pathlib
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "server"))
from authority import Authority
from nginx import Nginx, listen_tcp

CLIENT_LIMIT_S = 300

HTTP = """
    access_log off;
    sendfile on;
    tcp_nopush on;
    client_max_body_size 1g;
    client_body_buffer_size 1m;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    server {{
        listen @http backlog=4096;
        listen @https ssl backlog=4096;
        root {root};
        location /up/ {{ dav_methods PUT; create_full_put_path on; }}
    }}
    server {{
        listen @h2 ssl http2 backlog=4096;
        http2_max_concurrent_streams 4000;
        root {root};
        location /hold {{ proxy_pass http://127.0.0.1:{hold}; proxy_read_timeout 600s; proxy_buffering off; }}
    }}
"""
FILES = {"1k": 1 << 10, "1m": 1 << 20, "64m": 64 << 20}


def cpu_s(run):
    return run["user_s"] + run["sys_s"]


def cpu_us(run):
    return cpu_s(run) * 1e6 / run["transfers"]


def cpu_ms(run):
    return cpu_us(run) / 1e3


def cpu_s_gb(run):
    return cpu_s(run) / run["bytes"] * 1e9


def mb_s(run):
    return run["bytes"] / run["wall_s"] / 1e6


def rate(run):
    return run["transfers"] / run["wall_s"]


def switches(run):
    return run["switches"] / run["transfers"]


def kb_each(run):
    return run["bytes_each"] / 1024


def kb_with_handle(run):
    return run["bytes_with_handle"] / 1024


def field(name):
    return lambda run: run[name]


LESS, MORE = "less", "more"  # is better
RATIO, VALUE = "ratio", "value"  # what the wants are about: ours / stock, or ours alone

# load, what, unit, value of a run, better, wants about, at least, aim
ROWS = [
    ("c1", "CPU a request", "us", cpu_us, LESS, RATIO, None, None),
    ("c1", "requests", "1/s", rate, MORE, RATIO, None, None),
    ("c10", "CPU a request", "us", cpu_us, LESS, RATIO, None, None),
    ("c10", "requests", "1/s", rate, MORE, RATIO, None, None),
    ("c100", "CPU a request", "us", cpu_us, LESS, RATIO, 0.60, 0.40),
    ("c100", "requests", "1/s", rate, MORE, RATIO, None, None),
    ("c100", "context switches a request", "", switches, LESS, RATIO, None, None),
    ("c100", "threads", "", field("threads"), LESS, RATIO, None, None),
    ("c1000", "CPU a request", "us", cpu_us, LESS, RATIO, 0.40, 0.25),
    ("c1000", "requests", "1/s", rate, MORE, RATIO, None, None),
    ("c1000", "context switches a request", "", switches, LESS, RATIO, None, None),
    ("c1000", "a busy perform, p50", "us", field("perform_p50_us"), LESS, RATIO, None, None),
    ("c1000", "a busy perform, p99", "us", field("perform_p99_us"), LESS, RATIO, None, None),
    ("c10000", "CPU a request", "us", cpu_us, LESS, RATIO, 0.15, 0.08),
    ("c10000", "requests", "1/s", rate, MORE, RATIO, None, None),
    ("c10000", "a busy perform, p50", "us", field("perform_p50_us"), LESS, RATIO, None, None),
    ("c10000", "a busy perform, p99", "us", field("perform_p99_us"), LESS, RATIO, None, None),
    ("c10000", "threads", "", field("threads"), LESS, RATIO, None, None),
    ("c10000", "clean-up with all in flight", "ms", field("clean_up_ms"), LESS, RATIO, None, None),
    ("https_c100", "CPU a request", "us", cpu_us, LESS, RATIO, 0.65, 0.50),
    ("https_c100", "requests", "1/s", rate, MORE, RATIO, None, None),
    ("https_c1000", "CPU a request", "us", cpu_us, LESS, RATIO, 0.65, 0.50),
    ("https_c1000", "requests", "1/s", rate, MORE, RATIO, None, None),
    ("https_new", "CPU a connection", "ms", cpu_ms, LESS, RATIO, 0.70, 0.55),
    ("https_new", "connections", "1/s", rate, MORE, RATIO, None, None),
    ("https_new", "threads", "", field("threads"), LESS, RATIO, None, None),
    ("https_bulk", "CPU", "s/GB", cpu_s_gb, LESS, RATIO, 1.15, 1.0),
    ("https_bulk", "bytes", "MB/s", mb_s, MORE, RATIO, None, None),
    ("https_direct", "CPU, callbacks on workers", "s/GB", cpu_s_gb, LESS, RATIO, None, 0.85),
    ("https_direct", "bytes", "MB/s", mb_s, MORE, RATIO, None, None),
    ("plain_direct", "CPU, callbacks on workers", "s/GB", cpu_s_gb, LESS, RATIO, None, None),
    ("plain_direct", "bytes", "MB/s", mb_s, MORE, RATIO, None, None),
    ("https_bulk", "threads", "", field("threads"), LESS, RATIO, None, None),
    ("plain_bulk", "bytes", "MB/s", mb_s, MORE, RATIO, 1.2, 1.7),
    ("plain_bulk", "CPU", "s/GB", cpu_s_gb, LESS, RATIO, None, None),
    ("away", "bytes, 20 ms away", "MB/s", mb_s, MORE, RATIO, 3, 10),
    ("https_away", "bytes, 20 ms away", "MB/s", mb_s, MORE, RATIO, 3, 10),
    ("https_new_away", "bytes, 20 ms away", "MB/s", mb_s, MORE, RATIO, None, None),
    ("upload", "bytes", "MB/s", mb_s, MORE, RATIO, None, None),
    ("upload", "CPU", "s/GB", cpu_s_gb, LESS, RATIO, None, None),
    ("memory", "memory a waiting transfer", "KB", kb_each, LESS, VALUE, 24, 12),
    ("memory", "and its handle", "KB", kb_with_handle, LESS, RATIO, None, None),
    ("memory", "clean-up with all in flight", "ms", field("clean_up_ms"), LESS, RATIO, None, None),
    ("h2_c100", "CPU a request, one connection", "us", cpu_us, LESS, RATIO, 0.60, 0.60),
    ("h2_c100", "requests", "1/s", rate, MORE, RATIO, None, None),
    ("h2_bulk", "CPU, one connection", "s/GB", cpu_s_gb, LESS, RATIO, 1.0, 1.0),
    ("h2_bulk", "bytes", "MB/s", mb_s, MORE, RATIO, None, None),
    ("h2_memory", "memory a waiting stream", "KB", kb_each, LESS, RATIO, 1.0, 1.0),
    ("h2_memory", "and its handle", "KB", kb_with_handle, LESS, RATIO, 1.0, 1.0),
    ("idle", "an idle perform, p50", "us", field("perform_p50_us"), LESS, VALUE, 20, 2),
    ("idle", "an idle perform, p99", "us", field("perform_p99_us"), LESS, RATIO, None, None),
    ("idle", "threads", "", field("threads"), LESS, RATIO, None, None),
]
LOADS = list(dict.fromkeys(row[0] for row in ROWS))
HELD = ("memory", "idle", "h2_memory")


class Holder(threading.Thread):
    """Accepts connections and reads requests, and never answers."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = listen_tcp()
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.changed = threading.Condition()
        self.requests = set()  # connections whose request has come
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.start()

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.listener:
                    self.accept()
                else:
                    self.read(key.fileobj)

    def accept(self):
        try:
            while True:
                connection, _ = self.listener.accept()
                connection.setblocking(False)
                self.selector.register(connection, selectors.EVENT_READ)
        except BlockingIOError:
            pass

    def read(self, connection):
        try:
            received = connection.recv(65536)
        except ConnectionError:
            received = b""
        if not received:
            self.selector.unregister(connection)
            connection.close()
        with self.changed:
            if received:
                self.requests.add(connection)
            else:
                self.requests.discard(connection)
            self.changed.notify_all()

    def wait_requests(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.requests) >= count, CLIENT_LIMIT_S):
                raise RuntimeError(f"{len(self.requests)} of {count} requests have come")

    def wait_empty(self):
        with self.changed:
            self.changed.wait_for(lambda: not self.requests, CLIENT_LIMIT_S)


class Bench:
    def __init__(self, folder, client, small):
        self.client, self.small = client, small
        self.holder = Holder()
        self.authority = Authority(os.path.join(folder, "ca"))
        certificate, key = self.authority.issue("localhost", "DNS:localhost,IP:127.0.0.1")
        root = os.path.join(folder, "www")
        os.mkdir(root)
        for name, size in FILES.items():
            with open(os.path.join(root, name), "wb") as file:
                for _ in range(max(size >> 20, 1)):
                    file.write(os.urandom(min(size, 1 << 20)))
        self.nginx = Nginx(os.path.join(folder, "nginx"),
                           {"https": listen_tcp(), "http": listen_tcp(), "h2": listen_tcp()},
                           HTTP.format(certificate=certificate, key=key, root=root,
                                       hold=self.holder.port))

    def run(self, load, library):
        """One run of the client; returns what it measured."""
        self.holder.wait_empty()
        ports = self.nginx.ports
        process = subprocess.Popen(
            [self.client, load, f"http://127.0.0.1:{ports['http']}",
             f"https://127.0.0.1:{ports['https']}", f"http://127.0.0.1:{self.holder.port}",
             f"https://127.0.0.1:{ports['h2']}", self.authority.certificate, str(self.small)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=dict(os.environ, LD_LIBRARY_PATH=library))
        try:
            if load in HELD and (line := process.stdout.readline()):
                self.holder.wait_requests(int(line))
            text, _ = process.communicate("go\n" if load in HELD else "", CLIENT_LIMIT_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        self.nginx.check()
        if process.returncode != 0:
            raise RuntimeError(f"{load} has failed with the library in {library}")
        return json.loads(text)


def system_folder():
    """Where the system has its libcurl, or None."""
    text = subprocess.run(["ldconfig", "-p"], stdout=subprocess.PIPE, text=True, check=True,
                          env=dict(os.environ, PATH=os.environ["PATH"] + ":/sbin:/usr/sbin")).stdout
    for line in text.splitlines():
        name, _, path = line.strip().partition(" => ")
        if name.startswith("libcurl.so.4 "):
            return os.path.dirname(path)
    return None


def is_ours(run):
    return "curlpool/" in run["library"]


def measure(bench, loads, sides, rounds):
    """All runs: results[load][side] is a list of what the client printed."""
    results = {load: {side: [] for side in sides} for load in loads}
    for load in loads:
        for number in range(rounds):
            for side in (list(sides), list(reversed(sides)))[number % 2]:
                run = bench.run(load, sides[side])
                if (side == "ours") != is_ours(run):
                    raise RuntimeError(f"the library of --{side} is {run['library']}")
                results[load][side].append(run)
        print(f"# {load} done", file=sys.stderr)
    return results


def judge(value, better, least, aim):
    """What has been reached."""
    if value is None or least is None:
        return ""
    good = (lambda want: value <= want) if better == LESS else (lambda want: value >= want)
    return "aim" if good(aim) else "yes" if good(least) else "NO"


def compare(results):
    """A dictionary for each row of the table that has been measured."""
    table = []
    for load, what, unit, value_of, better, about, least, aim in ROWS:
        if load not in results:
            continue
        medians = {side: statistics.median(map(value_of, runs))
                   for side, runs in results[load].items()}
        ours, stock = medians.get("ours"), medians.get("stock")
        ratio = ours / stock if ours is not None and stock else None
        table.append({"load": load, "what": what, "unit": unit, "stock": stock, "ours": ours,
                      "ratio": ratio, "about": about, "at_least": least, "aim": aim,
                      "reached": judge(ratio if about == RATIO else ours, better, least, aim)})
    return table


def number(value):
    return "-" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def print_table(table):
    print(f"{'load':<16}{'what':<30}{'unit':<6}{'stock':>9}{'ours':>9}{'ratio':>8}{'at least':>10}"
          f"{'aim':>8}  reached")
    for row in table:
        mark = "" if row["about"] == RATIO or row["at_least"] is None else " " + row["unit"]
        wants = [number(row[want]) + mark for want in ("at_least", "aim")]
        print(f"{row['load']:<16}{row['what']:<30}{row['unit']:<6}{number(row['stock']):>9}"
              f"{number(row['ours']):>9}{number(row['ratio']):>8}{wants[0]:>10}{wants[1]:>8}"
              f"  {row['reached']}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("client", help="the program built from bench.c")
    parser.add_argument("--ours", metavar="FOLDER", help="with our libcurl.so.4")
    parser.add_argument("--stock", metavar="FOLDER", help="with the other (the system's)")
    parser.add_argument("--side", choices=["ours", "stock"], help="run one library only")
    parser.add_argument("--only", metavar="LOAD,...", help=", ".join(LOADS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", type=int, default=1, metavar="DIVISOR", help="of every load")
    parser.add_argument("--json", metavar="FILE", help="write table and single runs there")
    options = parser.parse_args()
    loads = options.only.split(",") if options.only else LOADS
    for load in loads:
        if load not in LOADS:
            parser.error(f"no load is called {load}")
    sides = {"stock": options.stock or system_folder(), "ours": options.ours}
    if options.side:
        sides = {options.side: sides[options.side]}
    for side, folder in sides.items():
        if folder is None:
            parser.error(f"where is the library of --{side}?")
    return options, loads, sides


def main():
    options, loads, sides = arguments()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, os.path.abspath(options.client), options.small)
        try:
            results = measure(bench, loads, sides, options.rounds)
        finally:
            bench.nginx.stop()
    table = compare(results)
    print_table(table)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump({"table": table, "runs": results}, file, indent=1)


if __name__ == "__main__":
    main()
