#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Figures that depend on the machine: run them on an idle one, with `meson test --benchmark`, or

    figures.py PROGRAM SOURCE [LIBRARY]

They are printed beside what they should be; the exit status says nothing.
"""
import json
import os
import signal
import subprocess
import sys
import time

from stress import LIMIT_S, PROGRAM, Served

LIBRARY = ["--lib", sys.argv[1]] if len(sys.argv) > 1 else []


def start(*arguments):
    return subprocess.Popen([PROGRAM, "-q", "--json", "-", *LIBRARY, *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True)


def end(process):
    output, _ = process.communicate(timeout=LIMIT_S * 5)
    return json.loads(output)["runs"][0]


def show(what, value, wanted):
    print(f"{what:58} {value:>14}   {wanted}", flush=True)


def stopped_server():
    with Served() as server:
        process = start("-R", "1000", "-t", "5", "-c", "10", server.http + "/bytes/1024")
        time.sleep(2)
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(1)
        server.process.send_signal(signal.SIGCONT)
        latency = end(process)["times"]["latency"]
    show("server stopped for 1 s of 5 s, 1,000/s: p90", f"{latency['p90'] / 1e6:.1f} ms", "450 to 550 ms")
    show("                                        p99", f"{latency['p99'] / 1e6:.1f} ms", "902 to 998 ms")


def schedule():
    one = end(start("--loopback", "http", "-R", "5000", "-t", "5", "-c", "50", "/bytes/100"))
    show("schedule error at 5,000/s, p99", f"{one['times']['lag']['p99'] / 1e3:.1f} us", "at most 100 us")


def cost():
    one = end(start("--loopback", "http", "-c", "100", "-t", "3", "-w", "0.5", "/bytes/1024"))
    show("CPU a request, 100 at a time, 1 kB", f"{one['usage']['cpu_us_a_request']:.1f} us", "at most 20 us")


def memory():
    peaks = [end(start("--loopback", "http", "-c", "100", "-n", number, "/bytes/100"))["usage"]
             ["memory_peak_bytes"] for number in ("100000", "10000000")]
    show("memory from 10^5 to 10^7 requests", f"{(peaks[1] - peaks[0]) / 1e6:+.2f} MB", "within 1 MB")


if __name__ == "__main__":
    print("load of this machine:", *(f"{load:.1f}" for load in os.getloadavg()))
    for measure in stopped_server, schedule, cost, memory:
        measure()
