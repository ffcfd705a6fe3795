#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An HTTPS proxy that speaks HTTP/2, and does what it should not, or does it in unusual order; reported as TAP.

    h2_proxy_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c. Without python3-hyperframe and python3-hpack all is
skipped.
"""
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile

from authority import Authority
from tap import equal, parse, require, tell_all, test

try:
    from h2_peer import Peer, frames, read_head
except ImportError as missing:
    print(f"1..0 # SKIP no {missing.name}")
    sys.exit(0)

CLIENT_LIMIT_S = 60
COULDNT_CONNECT, SEND_ERROR, RECV_ERROR = 7, 55, 56
CANCEL, HTTP_1_1_REQUIRED = 8, 13
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer"


class Run:
    """What came of a run: `transfers`, and the proxy's `connections`."""
    client = memory_client = tls = authority = None

    def __init__(self, script, arguments="", urls=("http://origin.test/a",), expect=0, alpn=("h2",), raw=False,
                 settings=None, tunnel=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.tls)
        context.set_alpn_protocols(list(alpn))
        proxy = Peer(script, settings, raw, context)
        words = [f"url={url}" for url in urls] + [
            f"proxy=https://127.0.0.1:{proxy.port}", "proxytype=3", f"proxy_cainfo={self.authority}",
            f"httpproxytunnel={int(tunnel)}", *arguments.split()]
        environment = {name: value for name, value in os.environ.items()
                       if not name.lower().endswith("_proxy")}
        done = subprocess.run([self.client, *words], capture_output=True, timeout=CLIENT_LIMIT_S,
                              check=False, env=environment)
        errors = proxy.stop()
        require(done.returncode == 0, f"the client ended with {done.returncode}: {done.stderr.decode()}")
        require(not errors, f"in the proxy: {errors}")
        self.transfers = json.loads(done.stdout)["transfers"]
        self.connections = proxy.connections
        for transfer in self.transfers:
            if expect is not None:
                equal(transfer["result"], expect, f"result ({transfer['error']})")
            require(not transfer["strange_thread"], "a callback ran on another thread")

    @property
    def bodies(self):
        return [transfer["body"] for transfer in self.transfers]


def inner_request(connection, stream, count=1):
    """Reads so many requests' heads inside a tunnel."""
    connection.until(lambda: connection.bodies.get(stream, b"").count(b"\r\n\r\n") >= count)


def open_tunnel(connection):
    """Takes the CONNECT request and lets the client through."""
    stream = connection.request(whole=False)
    connection.head(stream)
    return stream


def serve_tunnel(connection):
    """A tunnel whose other end answers each request."""
    stream = open_tunnel(connection)
    count = 0
    while True:
        count += 1
        inner_request(connection, stream, count)
        connection.data(stream, ANSWER, end=False)


# The request.

@test
def connect_names_the_destination_alone():
    run = Run(serve_tunnel)
    fields = run.connections[0].requests[1]
    equal([field for field in fields if field[0].startswith(":")],
          [(":method", "CONNECT"), (":authority", "origin.test:80")], "pseudo fields")
    require("host" not in dict(fields) and "proxy-connection" not in dict(fields), f"fields: {fields}")
    equal(run.bodies, ["answer"], "bodies")
    equal(run.transfers[0]["http_connectcode"], 200, "code")
    require(run.connections[0].bodies[1].startswith(b"GET /a HTTP/1.1\r\nHost: origin.test\r\n"),
            "what went through the tunnel")


@test
def proxy_headers_go_with_it_and_not_beyond():
    run = Run(serve_tunnel, "proxyheader=X-Mine:1 headeropt=1")
    equal(dict(run.connections[0].requests[1]).get("x-mine"), "1", "field")
    require(b"X-Mine" not in run.connections[0].bodies[1], "it went through the tunnel")


@test
def tunnel_is_used_again():
    run = Run(serve_tunnel, "copies=3")
    equal(len(run.connections), 1, "connections")
    equal(run.bodies, ["answer"] * 3, "bodies")


@test
def each_tunnel_at_once_has_a_connection():
    run = Run(serve_tunnel, "copies=5 mode=multi")
    equal(len(run.connections), 5, "connections")


@test
def signs_of_life_between_two_requests_do_no_harm():
    def script(connection):
        stream = open_tunnel(connection)
        inner_request(connection, stream)
        connection.data(stream, ANSWER, end=False)
        connection.send(frames.PingFrame(0, b"stillup?"), frames.SettingsFrame(0, settings={3: 50}))
        inner_request(connection, stream, 2)
        connection.data(stream, ANSWER, end=False)
        connection.drain()
        equal(connection.pongs, 1, "pongs")
    equal(len(Run(script, "copies=2").connections), 1, "connections")


# Answers.

@test
def refusal_is_told():
    def script(connection):
        stream = connection.request(whole=False)
        connection.head(stream, ("x-why", "no"), status="403")
        connection.data(stream, b"no!")
        connection.drain()
    run = Run(script, expect=COULDNT_CONNECT)
    equal(run.transfers[0]["http_connectcode"], 403, "code")
    equal(run.transfers[0]["error"], "CONNECT tunnel failed, response 403", "error")


@test
def informational_heads_come_before_the_answer():
    def script(connection):
        stream = connection.request(whole=False)
        connection.head(stream, ("x-hint", "soon"), status="103")
        connection.head(stream)
        inner_request(connection, stream)
        connection.data(stream, ANSWER, end=False)
        connection.drain()
    equal(Run(script).transfers[0]["http_connectcode"], 200, "code")


def asks_for_login(connection, challenge, rounds, goaway=False):
    for _ in range(rounds):
        stream = connection.request(whole=False)
        connection.head(stream, ("proxy-authenticate", challenge), status="407")
        if goaway:
            connection.goaway(stream)
        connection.data(stream, b"who are you?")
        if goaway:
            connection.drain()
            return


@test
def credentials_come_on_the_next_stream():
    def script(connection):
        asks_for_login(connection, 'Digest realm="r", nonce="n", qop="auth"', 1)
        serve_tunnel(connection)
    run = Run(script, "proxyuserpwd=user:secret proxyauth=2")
    equal(len(run.connections), 1, "connections")
    requests = run.connections[0].requests
    require("proxy-authorization" not in dict(requests[1]), "the first has credentials")
    require(dict(requests[3])["proxy-authorization"].startswith('Digest username="user"'), "credentials")
    require(b"secret" not in run.connections[0].bodies[3] and
            b"uthorization" not in run.connections[0].bodies[3], "credentials went through the tunnel")


@test
def proxy_that_leaves_is_asked_on_a_new_connection():
    def script(connection):
        if connection.number == 0:
            asks_for_login(connection, 'Digest realm="r", nonce="n", qop="auth"', 1, goaway=True)
        else:
            serve_tunnel(connection)
    run = Run(script, "proxyuserpwd=user:secret proxyauth=2")
    equal(len(run.connections), 2, "connections")
    require("proxy-authorization" in dict(run.connections[1].requests[1]), "no credentials")


@test
def reset_request_is_an_error():
    def script(connection):
        connection.reset(connection.request(whole=False), CANCEL)
        connection.drain()
    Run(script, expect=RECV_ERROR)


@test
def proxy_that_closes_is_an_error():
    def script(connection):
        connection.request(whole=False)
    Run(script, expect=RECV_ERROR)


@test
def head_without_end_is_refused():
    def script(connection):
        stream = connection.request(whole=False)
        block = connection.encoder.encode([(":status", "200")])
        connection.send(frames.HeadersFrame(stream, block))
        for number in range(1000):
            block = connection.encoder.encode([(f"x-{number}", "v" * 4000)], huffman=False)
            connection.send(frames.ContinuationFrame(stream, block))
        connection.drain()
    Run(script, expect=RECV_ERROR)


@test
def flood_of_pings_is_refused():
    def script(connection):
        connection.request(whole=False)
        for _ in range(50000):
            connection.send(frames.PingFrame(0, b"floodily"))
        connection.drain()
    Run(script, expect=RECV_ERROR)


@test
def flood_of_window_updates_is_refused():
    def script(connection):
        open_tunnel(connection)
        for _ in range(20000):
            connection.window(0, 1)
        connection.drain()
    run = Run(script, expect=None)
    require(run.transfers[0]["result"] in (SEND_ERROR, RECV_ERROR), "result")
    equal(run.transfers[0]["error"], "The proxy floods the HTTP/2 connection", "error")


# What goes through.

@test
def end_of_the_tunnel_ends_a_body():
    def script(connection):
        stream = open_tunnel(connection)
        inner_request(connection, stream)
        connection.data(stream, b"HTTP/1.0 200 OK\r\n\r\nto the end")
        connection.drain()
    equal(Run(script).bodies, ["to the end"], "bodies")


@test
def reset_in_a_body_is_an_error():
    def script(connection):
        stream = open_tunnel(connection)
        inner_request(connection, stream)
        connection.data(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome", end=False)
        connection.reset(stream, CANCEL)
        connection.drain()
    run = Run(script, expect=RECV_ERROR)
    equal(run.bodies, ["some"], "bodies")


@test
def goaway_lets_the_tunnel_come_to_its_end():
    def script(connection):
        stream = open_tunnel(connection)
        inner_request(connection, stream)
        connection.goaway(stream)
        connection.data(stream, ANSWER, end=False)
        connection.drain()
    equal(Run(script).bodies, ["answer"], "bodies")


@test
def bytes_come_one_by_one():
    def script(connection):
        stream = open_tunnel(connection)
        inner_request(connection, stream)
        for byte in ANSWER:
            connection.send(frames.DataFrame(stream, bytes([byte])))
        connection.drain()
    equal(Run(script).bodies, ["answer"], "bodies")


@test
def download_stays_within_the_window():
    size = 6 << 20
    def script(connection):
        stream = open_tunnel(connection)
        inner_request(connection, stream)
        window = connection.settings[0].get(4, 65535)
        sent, left = 0, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
        while left:
            room = min(window + connection.windows.get(stream, 0), connection.windows[0]) - sent
            if not room:
                connection.next()
                continue
            piece, left = left[:min(room, 16384)], left[min(room, 16384):]
            connection.send(frames.DataFrame(stream, piece))
            sent += len(piece)
        connection.drain()
    equal(Run(script).transfers[0]["len"], size, "bytes")


@test
def upload_waits_for_the_window():
    size = 1 << 20
    def script(connection):
        stream = open_tunnel(connection)
        inner_request(connection, stream)
        seen = 0
        while size > len(connection.bodies[stream].partition(b"\r\n\r\n")[2]):
            connection.next()
            got = len(connection.bodies[stream])
            if got > seen:
                connection.window(0, got - seen)
                connection.window(stream, got - seen)
                seen = got
        connection.data(stream, ANSWER, end=False)
        connection.drain()
    run = Run(script, f"upload={size}", settings={4: 10000})
    equal(run.bodies, ["answer"], "bodies")


@test
def answer_comes_while_the_window_is_shut():
    def script(connection):
        stream = open_tunnel(connection)
        inner_request(connection, stream)
        connection.data(stream, b"HTTP/1.1 413 Enough\r\nConnection: close\r\nContent-Length: 6\r\n\r\nanswer")
        connection.drain()
    run = Run(script, "upload=1000000", settings={4: 20000})
    equal(run.transfers[0]["response_code"], 413, "code")
    equal(run.bodies, ["answer"], "bodies")


@test
def paused_transfer_stalls_its_tunnel():
    def script(connection):
        stream = open_tunnel(connection)
        inner_request(connection, stream)
        connection.data(stream, ANSWER, end=False)
        connection.drain()
    run = Run(script, "copies=3 mode=multi pause=2")
    equal(run.bodies, ["answer"] * 3, "bodies")


@test
def any_allocation_may_fail():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*Run.tls)
    context.set_alpn_protocols(["h2"])
    def script(connection):
        asks_for_login(connection, 'Digest realm="r", nonce="n", qop="auth"', 1)
        serve_tunnel(connection)
    proxy = Peer(script, tls=context)
    done = subprocess.run(
        [Run.memory_client, "6", "url=http://origin.test/a", f"proxy=https://127.0.0.1:{proxy.port}", "proxytype=3",
         f"proxy_cainfo={Run.authority}", "httpproxytunnel=1", "proxyuserpwd=user:secret", "proxyauth=2"],
        capture_output=True, timeout=4 * CLIENT_LIMIT_S, check=False, text=True)
    proxy.stop()
    equal(done.returncode, 0, f"the client says {done.stdout} {done.stderr}")
    require(int(done.stdout.split()[0]) > 50, done.stdout)


# Without a tunnel, and without HTTP/2.

@test
def requests_are_passed_on_in_streams():
    def script(connection):
        while True:
            connection.answer(connection.request())
    run = Run(script, "copies=3", urls=("http://origin.test/a?b",), tunnel=False)
    equal(len(run.connections), 1, "connections")
    equal([field for field in run.connections[0].requests[1] if field[0].startswith(":")],
          [(":method", "GET"), (":scheme", "http"), (":authority", "origin.test"), (":path", "/a?b")],
          "pseudo fields")
    equal([transfer["http_version"] for transfer in run.transfers], [3] * 3, "versions")


@test
def proxy_that_wants_http_1_gets_it():
    def script(connection):
        if connection.number == 0:
            connection.reset(connection.request(), HTTP_1_1_REQUIRED)
            connection.drain()
            return
    def either(connection):
        if connection.link.selected_alpn_protocol() == "h2":
            connection.expect(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            connection.send(frames.SettingsFrame(0))
            script(connection)
        else:
            read_head(connection.link)
            connection.link.sendall(ANSWER)
    run = Run(either, tunnel=False, alpn=("h2", "http/1.1"), raw=True)
    equal(run.bodies, ["answer"], "bodies")
    equal(run.transfers[0]["http_version"], 2, "version")


@test
def proxy_without_http_2_tunnels_in_http_1():
    def script(connection):
        require(read_head(connection.link).startswith(b"CONNECT origin.test:80 HTTP/1.1\r\n"), "request")
        connection.link.sendall(b"HTTP/1.1 200 Go\r\n\r\n")
        read_head(connection.link)
        connection.link.sendall(ANSWER)
    equal(Run(script, alpn=("http/1.1",), raw=True).bodies, ["answer"], "bodies")


def main():
    arguments = parse()
    folder = tempfile.mkdtemp()
    try:
        authority = Authority(os.path.join(folder, "ca"))
        Run.client, Run.memory_client = arguments.client, arguments.memory_client
        Run.authority = authority.certificate
        Run.tls = authority.issue("localhost", "DNS:localhost,IP:127.0.0.1")
        return tell_all(arguments.only)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
