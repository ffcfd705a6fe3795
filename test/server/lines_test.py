#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Gopher, over TLS too, and DICT with a scripted peer; reported as TAP.

    lines_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c.
"""
import os
import socket
import ssl
import struct
import sys
import tempfile

from authority import Authority
from ftp_peer import Surprise
from scripted import WORLD, Run, expect, expect_end
from tap import equal, parse, tell_all, test
from world import fnv, pattern

GOPHER = "gopher://127.0.0.1:{port}"
DICT = "dict://127.0.0.1:{port}"


def answers(line, body):
    def script(link):
        expect(link, line)
        link.send(body)
    return script


# Gopher.

@test
def selector_is_sent_and_all_is_the_body():
    for piece in (0, 1):
        for path, line in (("/1/sel", b"/sel\r\n"), ("", b"\r\n"), ("/7/find%09a%20word", b"/find\ta word\r\n"),
                           ("/1/a?b", b"/a?b\r\n")):
            run = Run(answers(line, b"iMenu\r\n.\r\n"), url=GOPHER + path, piece=piece)
            equal(run.body, "iMenu\r\n.\r\n", "body")


@test
def large_items_come_whole():
    body = pattern(2000000)
    equal(Run(answers(b"/b\r\n", body), url=GOPHER + "/9/b").transfer["sum"], fnv(body), "body")


@test
def injected_lines_are_refused():
    for path in ("/1/a%0d%0ab", "/1/a%0ab", "/1/a%00b", "/1/a?b%0d"):
        Run(expect_end, url=GOPHER + path, expected=3)


@test
def without_a_body_only_the_line_is_sent():
    def script(link):
        expect(link, b"/a\r\n")
        expect_end(link)
    Run(script, "nobody=1", url=GOPHER + "/1/a")


@test
def reset_is_an_error():
    def script(link):
        expect(link, b"/a\r\n")
        link.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    Run(script, url=GOPHER + "/1/a", expected=56)


@test
def silence_is_waited_for_until_the_time_is_over():
    def script(link):
        expect(link, b"/a\r\n")
        link.send(b"part")
        expect_end(link)
    equal(Run(script, "timeout_ms=300", url=GOPHER + "/1/a", expected=28).body, "part", "body")


@test
def too_much_is_refused():
    def script(link):
        expect(link, b"/a\r\n")
        try:
            link.send(b"x" * 100000)
        except OSError:
            pass
    equal(Run(script, "maxfilesize=1000", url=GOPHER + "/1/a", expected=63).transfer["len"], 1000, "length")


@test
def gophers_is_the_same_over_tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*WORLD["pair"])

    def script(link):
        link.secure(context)
        answers(b"/a\r\n", b"secret")(link)
        link.link.unwrap()
    url = GOPHER.replace("gopher", "gophers") + "/1/a"
    equal(Run(script, "cainfo=" + WORLD["ca"], url=url).body, "secret", "body")

    def refused(link):
        try:
            link.secure(context)
            expect_end(link)
        except (OSError, ssl.SSLError):
            pass
    Run(refused, url=url, expected=60)


# DICT.

def looks_up(line, body):
    """A script that wants this command, between who we are and the good-bye."""
    def script(link):
        name = link.read()
        if not name.startswith("CLIENT libcurl "):
            raise Surprise(name)
        link.expect(line)
        link.expect("QUIT")
        link.send(body)
    return script


@test
def words_are_looked_up():
    for piece in (0, 1):
        for path, line in (("/d:word", "DEFINE ! word"), ("/m:a%20b:db:re", "MATCH db re a\\ b"),
                           ("/show:db", "show db")):
            run = Run(looks_up(line, b"220 hi\r\n250 ok\r\n"), url=DICT + path, piece=piece)
            equal(run.body, "220 hi\r\n250 ok\r\n", "body")


@test
def injected_commands_are_refused():
    for path in ("/d:a%0d%0aQUIT", "/d:%00", "/show%0a:db"):
        Run(expect_end, url=DICT + path, expected=3)


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="lines-test-") as folder:
        authority = Authority(os.path.join(folder, "ca"))
        WORLD.update(client=arguments.client, ca=authority.certificate,
                     pair=authority.issue("good", "IP:127.0.0.1"))
        return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
