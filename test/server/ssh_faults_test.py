#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SFTP and SCP over a bad line to Debian's OpenSSH server, and with memory that runs out; reported
as TAP.

    ssh_faults_test.py [--only PATTERN] CLIENT MEMORY_CLIENT

The clients are the programs built from server_client.c and memory_client.c.
"""
import getpass
import os
import select
import socket
import subprocess
import sys
import tempfile

import daemons
from ftp_peer import Peer
from scripted import WORLD, client, environment, results
from tap import parse, require, tell_all, test
from world import fnv, pattern

PIECE, STEPS = 65536, 10
CONTENT = pattern(20000)
TIMED_OUT = 28


class Line:
    """Carries bytes between a client and the server until `fault` says otherwise. `fault(from_server,
    at, bytes)` gives the bytes to carry, or None where the line is cut."""

    def __init__(self, fault):
        self.fault, self.carried = fault, [0, 0]
        self.peer = Peer(self.carry)

    def carry(self, control):
        with socket.create_connection(("127.0.0.1", WORLD["port"])) as server:
            ends = [control.link, server]
            while True:
                for source in select.select(ends, [], [])[0]:
                    from_server = source is server
                    try:
                        got = source.recv(PIECE)
                        if got:
                            at = self.carried[from_server]
                            self.carried[from_server] += len(got)
                            got = self.fault(from_server, at, got)
                        if not got:
                            return
                        ends[not from_server].sendall(got)
                    except ConnectionError:
                        return

    def stop(self):
        require(not self.peer.stop(), f"in the line: {self.peer.errors}")


def cut_at(direction, place):
    def fault(from_server, at, got):
        if from_server == direction and at + len(got) > place:
            return None
        return got
    return fault


def flip_at(direction, place):
    def fault(from_server, at, got):
        if from_server == direction and at <= place < at + len(got):
            got = bytearray(got)
            got[place - at] ^= 0x10
        return got
    return fault


def whole(from_server, at, got):
    return got


def transfer(scheme, words, fault):
    """What a transfer over such a line comes to, and how many bytes it took each way."""
    line = Line(fault)
    try:
        done = client(f"url={scheme}://127.0.0.1:{line.peer.port}{WORLD['file']}", *words,
                      f"userpwd={getpass.getuser()}:", "ssh_private_keyfile=" + os.path.join(WORLD["folder"], "client_key"))
    finally:
        line.stop()
    return done[0], line.carried


def each_fault(scheme, words, make_fault, check):
    """Faults at places spread over all the bytes of a transfer, each way."""
    fine, carried = transfer(scheme, words, whole)
    results([fine], 0)
    for direction in (False, True):
        for step in range(STEPS):
            place = carried[direction] * step // STEPS
            done, _ = transfer(scheme, words, make_fault(direction, place))
            check(done, f"{scheme} {words}: {'from' if direction else 'to'} the server at {place}: {done['result']}")


def ended(done, where):
    """Only the goodbye may be lost; a transfer that is well has all its bytes."""
    if done["result"]:
        require(done["error"], where + ": no words for the error")
    else:
        require(done["sum"] == fnv(CONTENT) or done["given"] == len(CONTENT), where + ": part of it")


@test
def line_that_is_cut():
    for scheme in ("sftp", "scp"):
        for words in ((), (f"upload={len(CONTENT)}",)):
            each_fault(scheme, words, cut_at, ended)


@test
def line_that_changes_a_bit():
    for scheme in ("sftp", "scp"):
        each_fault(scheme, ("timeout_ms=3000",), flip_at, ended)


@test
def memory_runs_out():
    for scheme in ("sftp", "scp"):
        done = subprocess.run([WORLD["memory_client"], str(len(CONTENT)), f"url={scheme}://127.0.0.1:{WORLD['port']}{WORLD['file']}",
                               f"userpwd={getpass.getuser()}:",
                               "ssh_private_keyfile=" + os.path.join(WORLD["folder"], "client_key")],
                              check=False, capture_output=True, timeout=170, env=environment())
        require(done.returncode == 0, f"{scheme}: {done.returncode}: {(done.stdout + done.stderr).decode()}")


def overlook_libssh2():
    """What it loses itself is no fault of ours; a sanitizer has to unwind its frames to see whose it is."""
    listed = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "static", "lsan.supp")
    for name, option in (("ASAN_OPTIONS", "fast_unwind_on_malloc=0"), ("LSAN_OPTIONS", f"suppressions={listed}")):
        os.environ[name] = ":".join(filter(None, (os.environ.get(name), option)))


def main():
    arguments = parse()
    overlook_libssh2()
    with tempfile.TemporaryDirectory(prefix="ssh-faults-test-") as folder:
        try:
            with daemons.sshd(folder) as port:
                file = os.path.join(folder, "file")
                with open(file, "wb") as out:
                    out.write(CONTENT)
                WORLD.update(client=arguments.client, memory_client=arguments.memory_client, folder=folder, port=port, file=file)
                return tell_all(arguments.only)
        except daemons.Skip as why:
            print(f"1..0 # SKIP {why}")
            return 0


if __name__ == "__main__":
    sys.exit(main())
