# SPDX-License-Identifier: MIT
"""Runs of the client against a scripted peer on TCP, for the tests of the smaller protocols."""
import json
import os
import subprocess

from ftp_peer import Peer, Surprise
from tap import equal, require

CLIENT_LIMIT_S = 60
WORLD = {}


def environment():
    return {name: value for name, value in os.environ.items()
            if not name.lower().endswith("_proxy")}


def client(*words, given=b""):
    """What the transfers of a client with these arguments came to; `given` is its input."""
    done = subprocess.run([WORLD["client"], *words], input=given, capture_output=True,
                          timeout=CLIENT_LIMIT_S, check=False, env=environment())
    require(done.returncode == 0, f"the client ended with {done.returncode}: {done.stderr.decode()}")
    transfers = json.loads(done.stdout)["transfers"]
    for transfer in transfers:
        require(not transfer["strange_thread"], "a callback ran on another thread")
    return transfers


def results(transfers, *wanted):
    equal([transfer["result"] for transfer in transfers], list(wanted),
          f"results ({[transfer['error'] for transfer in transfers]})")


def expect(link, wanted):
    """Takes exactly these bytes from a link of ftp_peer's."""
    got = b""
    while len(got) < len(wanted) and wanted.startswith(got):
        more = link.link.recv(len(wanted) - len(got))
        if not more:
            break
        got += more
    if got != wanted:
        raise Surprise(f"{got!r}, not {wanted!r}")


def expect_end(link):
    got = link.link.recv(1)
    if got:
        raise Surprise(f"{got!r}, not the end")


class Run:
    """What came of a run with the peer: `transfers`, and what the peer's scripts complained of."""

    def __init__(self, script, *options, url="telnet://127.0.0.1:{port}/", count=1, given=b"", expected=0,
                 piece=0, faults=False):
        scripts = script if isinstance(script, tuple) else (script,)
        peer = Peer(*scripts, piece=piece)
        words = ["url=" + url.format(port=peer.port)] * count
        self.transfers = client(*words, *options, given=given)
        self.errors = peer.stop()
        self.controls = peer.controls
        if not faults:
            require(not self.errors, f"in the peer: {self.errors}")
        if expected is not None:
            results(self.transfers, *([expected] * count))

    @property
    def transfer(self):
        return self.transfers[0]

    @property
    def body(self):
        return self.transfers[0]["body"]
