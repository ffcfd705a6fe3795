# SPDX-License-Identifier: MIT
"""pycurl, with the system's Python: programs in python/."""
import importlib.util
import os

from bindings import ROUTES, TEXTS
from both import main, test, Skip
from record import reply

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python")


def run(bench, program, *arguments, **how):
    if not importlib.util.find_spec("pycurl"):
        raise Skip("no pycurl")
    bench.same("/usr/bin/python3", os.path.join(FOLDER, program), *arguments, bench.web(""), status=0, replace=[(r"(Failure writing output to destination)[^']*", r"\1")], since=[*TEXTS, (r'"(Failed to connect[^"]*)"', r"'\1'")],
               files={"upload.txt": "the file that is sent\n"}, **how)


@test
def easy_handles_and_every_callback(bench):
    run(bench, "easy.py")


@test
def loop_of_fdset_and_select(bench):
    run(bench, "multi.py", "select", unordered=True)


@test
def loop_of_perform_and_select(bench):
    run(bench, "multi.py", "perform", unordered=True)


@test
def loop_of_socket_action(bench):
    run(bench, "multi.py", "socket", unordered=True)


@test
def several_threads_with_handles_and_a_share(bench):
    # Whether a cookie that a thread sets is there for another's first request is a race.
    run(bench, "multi.py", "threads", apart=["requests"])


main("/usr/bin/python3", routes={**ROUTES, "/to-count": reply(307, "", ("Location", "/count"))})
