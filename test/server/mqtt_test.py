#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""MQTT, over TLS too, with a scripted peer, that also does what it should not; reported as TAP.

    mqtt_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c.
"""
import os
import ssl
import subprocess
import sys
import tempfile

import daemons
from authority import Authority
from ftp_peer import Surprise
from scripted import WORLD, Run, client, environment, expect, expect_end, results
from tap import equal, parse, require, tell_all, test
from world import fnv, pattern

URL = "mqtt://127.0.0.1:{port}/topic"
CONNACK, SUBACK, PINGREQ, PINGRESP = b"\x20\2\0\0", b"\x90\3\0\1\0", b"\xc0\0", b"\xd0\0"
DISCONNECT = b"\xe0\0"
WEIRD = 8  # CURLE_WEIRD_SERVER_REPLY


def length(number):
    digits = []
    while True:
        number, digit = number >> 7, number & 127
        digits.append(digit | 128 if number else digit)
        if not number:
            return bytes(digits)


def packet(first, body):
    return bytes([first]) + length(len(body)) + body


def text(words):
    return len(words).to_bytes(2, "big") + words


def message(body, topic=b"topic"):
    return packet(0x30, text(topic) + body)


def connects(link, flags=2, more=b"", answer=CONNACK):
    """CONNECT with a random name."""
    expect(link, b"\x10" + length(24 + len(more)) + text(b"MQTT") + bytes([4, flags, 0, 60]) + b"\0\x0ccurl")
    name = link.link.recv(8)
    require(len(name) == 8 and name.isalnum(), f"name {name!r}")
    expect(link, more)
    link.send(answer)


def subscribes(link, topic=b"topic", answer=SUBACK):
    connects(link)
    expect(link, packet(0x82, b"\0\1" + text(topic) + b"\0"))
    link.send(answer)


def listens(*packets):
    def script(link):
        subscribes(link)
        for one in packets:
            link.send(one)
    return script


# Listening.

@test
def messages_are_the_body():
    for piece in (0, 1):
        run = Run(listens(message(b"one"), message(b"", b"x"), message(b"two"), DISCONNECT), url=URL, piece=piece)
        equal(run.body, "\0\5topicone\0\1x\0\5topictwo", "body")


@test
def large_messages_come_whole():
    body = pattern(1000000)
    run = Run(listens(message(body) + message(b"more") + DISCONNECT), url=URL)
    equal(run.transfer["sum"], fnv(text(b"topic") + body + text(b"topic") + b"more"), "body")


@test
def message_may_come_before_the_suback():
    def script(link):
        subscribes(link, answer=message(b"early") + SUBACK + DISCONNECT)
    equal(Run(script, url=URL).body, "\0\5topicearly", "body")


@test
def silent_connection_is_kept_by_pings():
    def script(link):
        subscribes(link)
        expect(link, PINGREQ)
        link.send(PINGRESP)
        expect(link, PINGREQ)
        link.send(PINGRESP + message(b"x") + DISCONNECT)
    equal(Run(script, "upkeep_interval_ms=100", url=URL).body, "\0\5topicx", "body")


@test
def without_an_interval_there_are_no_pings():
    def script(link):
        subscribes(link)
        expect_end(link)
    Run(script, "upkeep_interval_ms=0", "timeout_ms=300", url=URL, expected=28)


@test
def the_end_of_the_connection_is_none_of_the_messages():
    Run(listens(message(b"x")), url=URL, expected=56)
    Run(listens(message(b"x")[:-1]), url=URL, expected=18)
    Run(listens(b"\x30"), url=URL, expected=56)
    Run(listens(), url=URL, expected=56)
    Run(connects, url=URL, expected=56)


@test
def too_long_messages_are_refused():
    run = Run(listens(message(b"x" * 100)), "maxfilesize=106", url=URL, expected=63)
    equal(run.transfer["len"], 0, "length")


@test
def strange_packets_are_refused():
    for one in (b"\x30\xff\xff\xff\x80\1", b"\xd0\1x", b"\xe0\1x", b"\x40\2\0\1", b"\xf0\0", b"\0\0", CONNACK,
                SUBACK):
        Run(listens(one), url=URL, expected=WEIRD)
    for answer in (b"\x90\3\0\1\x80", b"\x90\3\0\2\0", b"\x90\4\0\1\0\0", b"\x90\0"):
        Run(lambda link: subscribes(link, answer=answer), url=URL, expected=WEIRD)


@test
def bad_greetings_are_refused():
    for answer in (b"\x20\2\0\5", b"\x20\2\1\0", b"\x20\3\0\0\0", b"\x20\0", SUBACK, DISCONNECT, PINGRESP,
                   b"\x20\xff\xff\xff\xff\1"):
        Run(lambda link: connects(link, answer=answer), url=URL, expected=WEIRD)


# Publishing.

@test
def post_is_published():
    for piece in (0, 1):
        def script(link):
            connects(link)
            expect(link, packet(0x30, text(b"topic") + b"something") + DISCONNECT)
            expect_end(link)
        Run(script, "postfields=something", url=URL, piece=piece)


@test
def large_posts_are_published():
    body = "x" * 100000

    def script(link):
        connects(link)
        expect(link, packet(0x30, text(b"topic") + body.encode()) + DISCONNECT)
    Run(script, "postfields=" + body, url=URL)


@test
def topics_are_the_paths():
    for path, topic in (("/a%20b", b"a b"), ("//a", b"/a"), ("/a%2fb?q", b"a/b"), ("/%c3%a4", b"\xc3\xa4")):
        def script(link):
            subscribes(link, topic, SUBACK + DISCONNECT)
        Run(script, url="mqtt://127.0.0.1:{port}" + path)
    for path in ("", "/", "/a%0ab", "/a%00", "/" + "a" * 65536):
        def refused(link):
            connects(link)
            expect_end(link)
        Run(refused, url="mqtt://127.0.0.1:{port}" + path, expected=3)


@test
def user_and_password_are_told():
    def script(flags, more):
        def talk(link):
            connects(link, flags, more)
            expect(link, packet(0x30, text(b"topic") + b"x") + DISCONNECT)
        return talk
    Run(script(0xc2, text(b"me") + text(b"p w")), "postfields=x", url="mqtt://me:p%20w@127.0.0.1:{port}/topic")
    Run(script(0x82, text(b"me")), "postfields=x", url="mqtt://me@127.0.0.1:{port}/topic")
    Run(expect_end, url="mqtt://" + "a" * 65536 + "@127.0.0.1:{port}/topic", expected=WEIRD)


@test
def mqtts_is_the_same_over_tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*WORLD["pair"])

    def script(link):
        link.secure(context)
        listens(message(b"secret"), DISCONNECT)(link)
    run = Run(script, "cainfo=" + WORLD["ca"], url=URL.replace("mqtt", "mqtts"))
    equal(run.body, "\0\5topicsecret", "body")

    def refused(link):
        try:
            link.secure(context)
            raise Surprise("the client takes the certificate")
        except (OSError, ssl.SSLError):
            pass
    Run(refused, url=URL.replace("mqtt", "mqtts"), expected=60)


# A real broker.

@test
def mosquitto_passes_messages_on():
    with daemons.mosquitto() as port:
        url = f"url=mqtt://127.0.0.1:{port}/a/topic"
        listener = subprocess.Popen([WORLD["client"], url, "maxfilesize=8"],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                    env=environment())
        # It ends with a message that is too long; until it listens, there is nobody to get one.
        while listener.poll() is None:
            results(client(url, "postfields=long enough"), 0)
        with listener.stdout as report:
            require(b'"result": 63' in report.read(), "the listener has not got the message")


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="mqtt-test-") as folder:
        authority = Authority(os.path.join(folder, "ca"))
        WORLD.update(client=arguments.client, ca=authority.certificate,
                     pair=authority.issue("good", "IP:127.0.0.1"))
        return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
