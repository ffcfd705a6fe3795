#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Telnet with a scripted peer; reported as TAP.

    telnet_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c.
"""
import socket
import struct
import subprocess
import sys

from ftp_peer import Peer, Surprise
from scripted import WORLD, Run, environment, expect, expect_end
from tap import equal, parse, require, tell_all, test
from world import fnv, pattern

IAC, DONT, DO, WONT, WILL, SB, SE = (bytes([number]) for number in (255, 254, 253, 252, 251, 250, 240))
BINARY, ECHO, SGA, TTYPE, NAWS, XDISPLOC, ENVIRON = (bytes([number]) for number in (0, 1, 3, 24, 31, 35, 39))
WISHES = IAC + WILL + BINARY + IAC + DO + BINARY + IAC + WILL + SGA + IAC + DO + SGA


def says(data):
    def script(link):
        link.send(data)
    return script


# Data.

@test
def text_comes_as_it_is():
    for piece in (0, 1):
        equal(Run(says(b"one\r\ntwo\r\n"), piece=piece).body, "one\r\ntwo\r\n", "body")


@test
def return_with_nul_is_a_return():
    for piece in (0, 1):
        equal(Run(says(b"a\r\0b\r\nc"), piece=piece).body, "a\rb\r\nc", "body")


@test
def input_is_sent_though_nothing_is_uploaded():
    def script(link):
        expect(link, b"from the input\r\n")
        link.send(b"thanks")
    equal(Run(script, given=b"from the input\r\n").body, "thanks", "body")


@test
def input_is_escaped():
    def script(link):
        expect(link, b"a\xff\xffb\xff\xff")
    Run(script, given=b"a\xffb\xff")


@test
def large_uploads_and_answers_cross():
    """Both at once, more than any buffer holds."""
    size = 3000000
    body = pattern(size).replace(IAC, IAC + IAC)

    def script(link):
        received = b""
        while len(received) < len(body):
            got = link.link.recv(65536)
            if not got:
                raise Surprise(f"the end after {len(received)} bytes")
            received += got
            link.link.sendall(got)
        if received != body:
            raise Surprise("another body")
    transfer = Run(script, f"upload={size}").transfer
    equal(transfer["len"], size, "length")
    equal(transfer["sum"], fnv(pattern(size)), "body")


@test
def conversation_goes_on_while_the_input_is_open():
    """Each line of the input is sent as it comes, though there is more room and more to come."""
    def script(link):
        for number in range(20):
            link.send(f"{number}?".encode())
            expect(link, f"{number}\n".encode())
        link.send(b"bye")
    peer = Peer(script)
    process = subprocess.Popen([WORLD["client"], f"url=telnet://127.0.0.1:{peer.port}/"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    for number in range(20):
        process.stdin.write(f"{number}\n".encode())
        process.stdin.flush()
    # The input stays open: the peer's end is the end.
    require(b'"result": 0' in process.stdout.readline(), "result")
    equal(process.wait(20), 0, "status")
    process.stdin.close()
    process.stdout.close()
    equal(peer.stop(), [], "in the peer")


@test
def silence_is_waited_for_until_the_time_is_over():
    def script(link):
        expect_end(link)
    Run(script, "timeout_ms=300", expected=28)


@test
def too_much_is_refused():
    def script(link):
        try:
            link.send(b"x" * 100000)
            expect_end(link)
        except OSError:
            pass
    equal(Run(script, "maxfilesize=1000", expected=63).transfer["len"], 1000, "length")


@test
def reset_is_an_error():
    def script(link):
        expect(link, b"x")
        link.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    Run(script, given=b"x", expected=56)


# Options.

@test
def nothing_is_negotiated_before_the_server_begins():
    def script(link):
        link.send(b"hello")
        link.link.settimeout(0.2)
        try:
            raise Surprise(repr(link.link.recv(100)))
        except TimeoutError:
            pass
    Run(script, "telnetoptions=TTYPE=vt100")


@test
def unknown_options_are_refused():
    for piece in (0, 1):
        def script(link):
            link.send(IAC + DO + ECHO)
            expect(link, IAC + WONT + ECHO + WISHES)
            link.send(IAC + WILL + TTYPE + IAC + DO + b"\xc8" + IAC + WILL + IAC)
            expect(link, IAC + DONT + TTYPE + IAC + WONT + b"\xc8" + IAC + DONT + IAC)
        equal(Run(script, piece=piece).body, "", "body")


@test
def all_options_are_told():
    words = [f"telnetoptions={option}"
             for option in ("TTYPE=vt100", "XDISPLOC=here:0", "NEW_ENV=USER,me", "NEW_ENV=B,c", "WS=80x24")]
    for piece in (0, 1):
        def script(link):
            link.send(IAC + DO + TTYPE)
            asked = (WISHES + b"".join(IAC + WILL + option for option in (NAWS, XDISPLOC, ENVIRON)))
            expect(link, IAC + WILL + TTYPE + asked)
            link.send(b"a" + IAC + DO + NAWS)
            expect(link, IAC + SB + NAWS + bytes([0, 80, 0, 24]) + IAC + SE)
            link.send(IAC + SB + TTYPE + b"\1" + IAC + SE)
            expect(link, IAC + SB + TTYPE + b"\0vt100" + IAC + SE)
            link.send(IAC + DO + XDISPLOC + IAC + SB + XDISPLOC + b"\1" + IAC + SE + b"b")
            expect(link, IAC + SB + XDISPLOC + b"\0here:0" + IAC + SE)
            link.send(IAC + DO + ENVIRON + IAC + SB + ENVIRON + b"\1" + IAC + SE)
            expect(link, IAC + SB + ENVIRON + b"\0\0USER\1me\0B\1c" + IAC + SE)
            link.send(b"c")
        equal(Run(script, *words, piece=piece).body, "abc", "body")


@test
def the_urls_user_is_told():
    def script(link):
        link.send(IAC + DO + ENVIRON)
        expect(link, IAC + WILL + ENVIRON + WISHES)
        link.send(IAC + SB + ENVIRON + b"\1" + IAC + SE)
        expect(link, IAC + SB + ENVIRON + b"\0\0USER\1me" + IAC + SE)
    Run(script, url="telnet://me:secret@127.0.0.1:{port}/")


@test
def endless_subnegotiation_is_passed_over():
    def script(link):
        link.send(IAC + SB + TTYPE + b"\1" + b"x" * 300000 + IAC + SE + b"done")
    equal(Run(script).body, "done", "body")


@test
def endless_commands_meet_a_bound():
    """A server that only asks and never reads: we stop to read, and the time ends."""
    def script(link):
        try:
            for _ in range(2000):
                link.send((IAC + DO + ECHO) * 5000)
        except OSError:
            pass
    Run(script, "timeout_ms=1500", expected=28)


@test
def bad_options_are_refused_with_their_text():
    for option, code, text in (("TTYPE", 49, "Syntax error in telnet option: TTYPE"),
                               ("FOO=1", 48, "Unknown telnet option FOO=1"),
                               ("WS=80", 49, "Syntax error in telnet option: WS=80"),
                               ("TTYPE=a\r\nb", 49, "Syntax error in telnet option: TTYPE=a\r\nb")):
        run = Run(expect_end, "telnetoptions=" + option, expected=code)
        equal(run.transfer["error"], text, "text")


def main():
    arguments = parse()
    WORLD.update(client=arguments.client)
    return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
