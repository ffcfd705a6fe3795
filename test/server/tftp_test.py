#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""TFTP with a scripted peer, that also does what it should not; reported as TAP.

    tftp_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c.
"""
import os
import socket
import sys
import tempfile
import threading

import daemons
from scripted import WORLD, client, results
from tap import equal, parse, require, tell_all, test
from world import fnv, pattern

LIMIT_S = 20
RRQ, WRQ, DATA, ACK, ERROR, OACK = range(1, 7)


def packet(opcode, number, rest=b""):
    return opcode.to_bytes(2, "big") + (number & 0xffff).to_bytes(2, "big") + rest


def data(number, body):
    return packet(DATA, number, body)


def ack(number):
    return packet(ACK, number)


def oack(**options):
    return OACK.to_bytes(2, "big") + b"".join(
        name.encode() + b"\0" + str(value).encode() + b"\0" for name, value in options.items())


class Surprise(Exception):
    """The client did what the script did not expect."""


class Conversation:
    """What the script has: the request came; the answers go from a port of their own."""

    def __init__(self, request, peer):
        self.request, self.peer = request, peer
        self.socket = new_socket()

    def say(self, *packets):
        for one in packets:
            self.socket.sendto(one, self.peer)

    def hear(self):
        got, source = self.socket.recvfrom(70000)
        if source != self.peer:
            raise Surprise(f"from {source}")
        return got

    def expect(self, wanted, *answers):
        got = self.hear()
        if got != wanted:
            raise Surprise(f"{got[:60]!r} of {len(got)}, not {wanted[:60]!r} of {len(wanted)}")
        self.say(*answers)

    def expect_nothing(self):
        self.socket.settimeout(0.1)
        try:
            raise Surprise(f"{self.hear()!r}, not nothing")
        except TimeoutError:
            self.socket.settimeout(LIMIT_S)


def new_socket():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(LIMIT_S)
    return made


class Run:
    """A run with the peer: one script a request."""

    def __init__(self, *scripts, options=(), path="/file", expected=0, count=1, requests=None):
        self.socket = new_socket()
        self.requests, self.errors = [], []
        thread = threading.Thread(target=self._serve, args=(scripts,), daemon=True)
        thread.start()
        port = self.socket.getsockname()[1]
        self.transfers = client(*[f"url=tftp://127.0.0.1:{port}{path}"] * count, *options)
        if len(scripts) > len(self.requests):
            new_socket().sendto(b"", ("127.0.0.1", port))
        thread.join(LIMIT_S)
        require(not self.errors, f"in the peer: {self.errors}")
        results(self.transfers, *([expected] * count))
        if requests is not None:
            equal(self.requests, requests, "requests")

    def _serve(self, scripts):
        try:
            for script in scripts:
                request, peer = self.socket.recvfrom(70000)
                if not request:
                    return
                self.requests.append(request)
                script(Conversation(request, peer))
        except (OSError, Surprise) as error:
            self.errors.append(f"{type(error).__name__}: {error}")

    @property
    def transfer(self):
        return self.transfers[0]


def request(opcode=RRQ, name=b"file", mode=b"octet", size=0, block=512):
    return (opcode.to_bytes(2, "big") + name + b"\0" + mode + b"\0tsize\0" + str(size).encode() +
            b"\0blksize\0" + str(block).encode() + b"\0timeout\x005\0")


def serve(body, block=512, options=True):
    """A script that gives a file as it should."""
    def script(talk):
        number = 0
        if options:
            talk.say(oack(tsize=len(body), blksize=block))
            talk.expect(ack(0))
        for start in range(0, len(body) + 1, block):
            number += 1
            talk.say(data(number, body[start:start + block]))
            talk.expect(ack(number))
    return script


def take(into, block=512, options=True):
    """A script that takes a file as it should."""
    def script(talk):
        number, part = 0, b"x" * block
        talk.say(oack(blksize=block) if options else ack(0))
        while len(part) == block:
            number += 1
            got = talk.hear()
            if got[:4] != data(number, b""):
                raise Surprise(f"{got[:8]!r}, not block {number}")
            part = got[4:]
            into.append(part)
            talk.say(ack(number))
    return script


# Downloads.

@test
def file_comes_in_blocks():
    for size in (0, 1, 511, 512, 513, 5120):
        run = Run(serve(pattern(size)), requests=[request()])
        equal((run.transfer["len"], run.transfer["sum"]), (size, fnv(pattern(size))), "body")
        equal(run.transfer["content_length"], size, "length")


@test
def server_without_options_is_understood():
    run = Run(serve(pattern(1000), options=False), options=["tftp_blksize=1024"],
              requests=[request(block=1024)])
    equal(run.transfer["sum"], fnv(pattern(1000)), "body")


@test
def blocks_have_the_size_that_the_server_agrees_to():
    for asked, agreed in ((8, 8), (1024, 1024), (1024, 600), (65464, 65464)):
        size = agreed * 3 + 5
        run = Run(serve(pattern(size), agreed), options=[f"tftp_blksize={asked}"],
                  requests=[request(block=asked)])
        equal(run.transfer["sum"], fnv(pattern(size)), "body")


@test
def numbers_of_blocks_begin_again():
    size = 8 * 65600 + 3
    run = Run(serve(pattern(size), 8), options=["tftp_blksize=8"])
    equal((run.transfer["len"], run.transfer["sum"]), (size, fnv(pattern(size))), "body")


@test
def options_are_left_out_when_told():
    run = Run(serve(b"body", options=False), options=["tftp_no_options=1", "tftp_blksize=1024"],
              requests=[b"\0\1file\0octet\0"])
    equal(run.transfer["body"], "body", "body")


@test
def modes_and_names_are_the_urls():
    def script(talk):
        talk.say(data(1, b"a\r\nb"))
        talk.expect(ack(1))
    Run(script, path="//a%20b;mode=netascii", requests=[request(name=b"/a b", mode=b"netascii")])
    Run(script, path="/a;mode=octet", options=["transfertext=1"], requests=[request(name=b"a")])
    Run(script, path="/a", options=["transfertext=1"], requests=[request(name=b"a", mode=b"netascii")])


@test
def doubled_blocks_are_acknowledged_and_taken_once():
    def script(talk):
        talk.say(data(1, b"a" * 512), data(1, b"a" * 512))
        talk.expect(ack(1))
        talk.expect(ack(1))
        talk.say(data(5, b"future"), data(2, b"end"))
        talk.expect(ack(2))
        talk.expect_nothing()
    equal(Run(script).transfer["body"], "a" * 512 + "end", "body")


@test
def lost_packets_are_sent_again():
    def script(talk):
        talk.say(data(1, b"a" * 512))
        talk.expect(ack(1))
        talk.expect(ack(1), data(2, b"end"))
        talk.expect(ack(2))
    equal(Run(lambda talk: None, script, options=["connecttimeout_ms=3000"]).transfer["len"], 515, "length")


@test
def packets_of_others_are_passed_over():
    def script(talk):
        stranger = new_socket()
        talk.say(data(1, b"a" * 512))
        talk.expect(ack(1))
        stranger.sendto(data(2, b"evil"), talk.peer)
        stranger.sendto(packet(ERROR, 1, b"evil\0"), talk.peer)
        talk.expect_nothing()
        talk.say(data(2, b"good"))
        talk.expect(ack(2))
    equal(Run(script).transfer["body"], "a" * 512 + "good", "body")


@test
def junk_is_passed_over():
    def script(talk):
        talk.say(b"", b"\0", b"\0\3\0", b"\0\x09\0\1", b"\1\3\0\1x", b"\0\1file\0octet\0")
        talk.say(data(1, b"good"))
        talk.expect(ack(1))
    equal(Run(script).transfer["body"], "good", "body")


@test
def silence_ends_in_time():
    Run(*[lambda talk: None] * 3, options=["connecttimeout_ms=1000"], expected=7)
    Run(lambda talk: None, options=["timeout_ms=300"], expected=28)


@test
def noise_does_not_keep_it_alive():
    def script(talk):
        talk.socket.settimeout(0.001)
        while True:
            talk.say(data(7, b"noise"))
            try:
                if talk.hear()[:2] == b"\0\5":
                    return
            except TimeoutError:
                pass
    Run(script, options=["timeout_ms=400"], expected=28)


@test
def errors_of_the_server_have_their_codes():
    for number, code in ((0, 71), (1, 68), (2, 69), (3, 70), (4, 71), (5, 72), (6, 73), (7, 74), (8, 71), (99, 71)):
        def script(talk):
            talk.say(packet(ERROR, number, b"why\n\0"))
            talk.expect_nothing()
        Run(script, expected=code)


def refused(answer, options=()):
    def script(talk):
        talk.say(answer)
        talk.expect(packet(ERROR, 0, b"\0"))
    Run(script, options=options, expected=71)


@test
def bad_answers_are_refused():
    for answer in (oack(blksize=1024), oack(blksize=7), oack(blksize="x"), oack(tsize=""), oack(tsize=-1),
                   b"\0\6blksize", b"\0\6blksize\x00512", ack(0), data(1, b"x" * 513)):
        refused(answer)
    refused(oack(blksize=512), options=["tftp_no_options=1"])
    refused(data(1, b"x"), options=["upload=10"])
    refused(oack(blksize=513), options=["upload=10"])


@test
def bad_names_are_refused():
    for path, code in (("/", 71), ("/;mode=octet", 71), ("/a%00b", 3), ("/" + "a" * 504, 71)):
        results(client(f"url=tftp://127.0.0.1:1{path}"), code)


@test
def size_is_told_without_a_body():
    def script(talk):
        talk.say(oack(tsize=12345, blksize=512))
        talk.expect(packet(ERROR, 0, b"\0"))
    run = Run(script, options=["nobody=1"])
    equal((run.transfer["content_length"], run.transfer["len"]), (12345, 0), "length")


@test
def too_much_is_refused():
    def script(talk):
        talk.say(oack(tsize=5000))
        talk.expect(ack(0), data(1, b"x" * 512))
        talk.expect(ack(1), data(2, b"x" * 512))
        talk.expect(packet(ERROR, 0, b"\0"))
    equal(Run(script, options=["maxfilesize=1000"], expected=63).transfer["len"], 1000, "length")


@test
def the_proxy_is_not_passed_by():
    results(client("url=tftp://127.0.0.1:1/a", "proxy=http://127.0.0.1:1"), 7)


@test
def this_end_is_the_programs_to_choose():
    taken = new_socket()
    port = taken.getsockname()[1]
    taken.close()
    peers = []

    def script(talk):
        peers.append(talk.peer)
        serve(b"body")(talk)
    Run(script, options=[f"localport={port}", "localportrange=20", "interface=127.0.0.1"])
    require(port <= peers[0][1] < port + 20, f"port {peers[0][1]}, not from {port} on")


@test
def several_transfers_have_their_own_sockets():
    run = Run(*[serve(pattern(3000))] * 3, count=3)
    equal({transfer["sum"] for transfer in run.transfers}, {fnv(pattern(3000))}, "bodies")


# Uploads.

@test
def uploads_come_in_blocks():
    for size, block in ((0, 512), (1, 512), (512, 512), (1024, 512), (1025, 512), (70000, 512), (70000, 4096)):
        for options in (True, block != 512):
            taken = []
            Run(take(taken, block, options), options=[f"upload={size}", f"tftp_blksize={block}"],
                requests=[request(WRQ, size=size, block=block)])
            equal(fnv(b"".join(taken)), fnv(pattern(size)), f"body of {size}")


@test
def doubled_acknowledgements_send_nothing_twice():
    def script(talk):
        body = pattern(1100)
        talk.say(ack(0), ack(0))
        talk.expect(data(1, body[:512]), ack(1), ack(1), ack(0))
        talk.expect(data(2, body[512:1024]), ack(1), ack(2))
        talk.expect(data(3, body[1024:]))
        talk.expect_nothing()
        talk.say(ack(3))
    Run(script, options=["upload=1100"])


@test
def lost_blocks_are_sent_again():
    def script(talk):
        talk.say(ack(0))
        talk.expect(data(1, pattern(3)))
        talk.expect(data(1, pattern(3)), ack(1))
    Run(script, options=["upload=3", "connecttimeout_ms=3000"])


@test
def error_in_the_middle_of_an_upload_is_told():
    def script(talk):
        talk.say(ack(0))
        talk.expect(data(1, pattern(512)), packet(ERROR, 3, b"full\0"))
    Run(script, options=["upload=5000"], expected=70)


# A real server.

@test
def atftpd_gives_and_takes_files():
    with tempfile.TemporaryDirectory(prefix="tftp-test-") as folder, daemons.atftpd(folder) as port:
        for block, size in ((512, 0), (512, 5120), (1428, 100000), (65464, 1000000)):
            url = f"url=tftp://127.0.0.1:{port}//{block}-{size}"
            words = [f"tftp_blksize={block}", "connecttimeout_ms=5000"]
            path = os.path.join(folder, f"{block}-{size}")
            with open(path, "wb"):
                os.chmod(path, 0o666)  # what is not there is not written
            results(client(url, f"upload={size}", *words), 0)
            with open(path, "rb") as file:
                equal(fnv(file.read()), fnv(pattern(size)), "what was sent")
            transfers = client(url, *words)
            results(transfers, 0)
            equal(transfers[0]["sum"], fnv(pattern(size)), "what came")
        results(client(f"url=tftp://127.0.0.1:{port}/none", "connecttimeout_ms=5000"), 68)


def main():
    arguments = parse()
    WORLD.update(client=arguments.client)
    return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
