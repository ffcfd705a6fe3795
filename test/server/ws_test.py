#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""WebSocket with a peer that follows scripts, and with python3-websockets where it is installed; reported as TAP.

    ws_test.py [--only PATTERN] CLIENT

CLIENT is the program built from ws_client.c.
"""
import asyncio
import base64
import hashlib
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
from http import HTTPStatus

from authority import Authority
from tap import Failure, Skip, equal, parse, require, tell_all, test

try:
    import websockets
except ImportError:
    websockets = None

LIMIT_S = 60
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FLAG = {TEXT: 1, BINARY: 2, CLOSE: 8, PING: 16, PONG: 64}
CONT = 4
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
BOTH = ("callback", "multi", "connect")


def frame(opcode, payload=b"", final=True, first=None, size=None):
    """A frame of a server: `first` and `size` replace its first byte and what is said of its size."""
    head = bytes([first if first is not None else (0x80 if final else 0) | opcode])
    length = len(payload) if size is None else size
    if length < 126:
        head += bytes([length])
    elif length < 65536:
        head += struct.pack("!BH", 126, length)
    else:
        head += struct.pack("!BQ", 127, length)
    return head + payload


class Peer:
    """A connection whose opening handshake was read."""
    def __init__(self, link, over, run):
        self.link = link
        self.run = run
        self.over = over  # the client has ended
        self.buffer = b""
        self.masks = []
        self.head = self.until(b"\r\n\r\n")
        self.fields = {name.strip().lower(): value.strip() for name, _, value in
                       (line.partition(":") for line in self.head.decode().split("\r\n")[1:])}

    def until(self, end):
        while end not in self.buffer:
            self.more()
        data, _, self.buffer = self.buffer.partition(end)
        return data

    def more(self):
        data = self.link.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def take(self, count):
        while len(self.buffer) < count:
            self.more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def accept_key(self):
        key = self.fields["sec-websocket-key"].encode()
        return base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()

    def agree(self, *fields, accept=None, status="101 Switching Protocols"):
        given = fields or ("Upgrade: websocket", "Connection: Upgrade",
                           "Sec-WebSocket-Accept: " + (accept or self.accept_key()))
        self.send("\r\n".join((f"HTTP/1.1 {status}", *given, "", "")).encode())

    def send(self, data):
        self.link.sendall(data)

    def read(self):
        """The next frame of the client: first byte and payload."""
        first, second = self.take(2)
        require(second & 0x80, "a frame is not masked")
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack("!H", self.take(2))
        elif length == 127:
            length, = struct.unpack("!Q", self.take(8))
        mask = self.take(4)
        self.masks.append(mask)
        payload = self.take(length)
        repeated = (mask * (length // 4 + 1))[:length]
        return first, (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(length, "big")

    def expect(self, opcode, payload, final=True):
        equal(self.read(), ((0x80 if final else 0) | opcode, payload), "frame from the client")


class Run:
    """What came of a run: `pieces` and `result`."""
    client = None

    def __init__(self, mode, script, *options, expect=0, connections=1, tls=None, scheme="ws"):
        self.errors = []
        self.peers = []
        self.over = threading.Event()
        self.gate = os.pipe()
        self.gate_open = False
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(LIMIT_S)
        threads = [threading.Thread(target=self.serve, args=(listener, script, tls)) for _ in range(connections)]
        for thread in threads:
            thread.start()
        host = "localhost" if tls else "127.0.0.1"
        self.port = listener.getsockname()[1]
        done = self.run(mode, f"{scheme}://{host}:{self.port}/chat", options)
        self.open_gate()
        os.close(self.gate[0])
        self.over.set()
        for thread in threads:
            thread.join(LIMIT_S)
        listener.close()
        require(not self.errors, f"in the peer: {self.errors}")
        self.understand(done, expect)

    def open_gate(self):
        if not self.gate_open:
            os.close(self.gate[1])
        self.gate_open = True

    def run(self, mode, url, options):
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        return subprocess.run([self.client, mode, url, *options], capture_output=True, timeout=LIMIT_S,
                              check=False, env=environment, stdin=self.gate[0])

    def understand(self, done, expect):
        require(done.returncode == 0, f"the client ended with {done.returncode}: {done.stderr.decode()}")
        lines = done.stdout.decode().splitlines()
        require("strange thread" not in lines, "a callback ran on another thread")
        self.lines = [line for line in lines if not line.startswith(("result ", "memory "))]
        self.memory = int(lines[-1].split()[1])
        self.results = [line.split(" ", 3)[1:] for line in lines if line.startswith("result ")]
        for result in self.results:
            equal(int(result[0]), expect, f"result ({result[2]})")
        self.pieces = []
        for line in self.lines:
            words = line.split(" ")
            if len(words) == 5:
                self.pieces.append((*map(int, words[:4]), bytes.fromhex(words[4])))

    def serve(self, listener, script, tls):
        try:
            link, _ = listener.accept()
            link.settimeout(LIMIT_S)
            if tls:
                link = tls.wrap_socket(link, server_side=True)
            with link:
                peer = Peer(link, self.over, self)
                self.peers.append(peer)
                script(peer)
        except Exception:  # pylint: disable=broad-except
            self.errors.append(traceback.format_exc())

    def frames(self):
        """The pieces, joined: flags and payload of each frame."""
        joined, payload = [], b""
        for flags, offset, left, length, data in self.pieces:
            equal(offset, len(payload), "offset of a piece")
            equal(length, len(data), "length of a piece")
            payload += data
            if not left:
                joined.append((flags, payload))
                payload = b""
        return joined


def sends(*frames, then=None):
    """A script: agrees, sends the frames, waits for the client's end of the connection or does `then`."""
    def script(peer):
        peer.agree()
        for data in frames:
            peer.send(data)
        if then:
            then(peer)
    return script


def modes(*which):
    """The test once in each mode."""
    def decorate(function):
        for mode in which:
            def run(mode=mode):
                function(mode)
            run.__name__ = f"{function.__name__}_{mode}"
            test(run)
        return function
    return decorate


# The opening handshake.

@test
def request_asks_for_the_upgrade():
    run = Run("connect", sends(frame(CLOSE)))
    peer = run.peers[0]
    require(peer.head.startswith(b"GET /chat HTTP/1.1\r\n"), "request line")
    equal(peer.fields["upgrade"], "websocket", "Upgrade")
    equal(peer.fields["connection"], "Upgrade", "Connection")
    equal(peer.fields["sec-websocket-version"], "13", "version")
    equal(len(base64.b64decode(peer.fields["sec-websocket-key"])), 16, "bytes of the key")


@test
def keys_and_masks_differ():
    def script(peer):
        peer.agree()
        for data in (b"one", b"two"):
            peer.send(frame(TEXT, data))
            peer.expect(TEXT, data)
        peer.send(frame(CLOSE))
    runs = [Run("connect", script, "echo=1") for _ in range(2)]
    keys = {run.peers[0].fields["sec-websocket-key"] for run in runs}
    equal(len(keys), 2, "keys")
    equal(len({mask for run in runs for mask in run.peers[0].masks}), 4 + 2 - 2, "masks")


def refusal(name, code, *fields, **named):
    def run():
        for mode in BOTH:
            Run(mode, lambda peer: peer.agree(*fields, **named), expect=code)
    run.__name__ = name
    test(run)


refusal("answer_without_upgrade_is_refused", 22, "Connection: Upgrade", "Sec-WebSocket-Accept: x")
refusal("answer_without_connection_is_refused", 22, "Upgrade: websocket", "Sec-WebSocket-Accept: x")
refusal("answer_with_another_accept_is_refused", 22, accept="s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
refusal("answer_other_than_101_is_refused", 22, "Content-Length: 0", status="200 OK")
refusal("error_of_the_server_is_refused", 22, "Content-Length: 0", status="404 Not Found")


@test
def extension_that_was_not_asked_for_is_refused():
    def script(peer):
        peer.agree("Upgrade: websocket", "Connection: keep-alive, Upgrade",
                   "Sec-WebSocket-Accept: " + peer.accept_key(), "Sec-WebSocket-Extensions: permessage-deflate")
    for mode in BOTH:
        Run(mode, script, expect=22)


@test
def frames_in_the_packet_of_the_answer_are_read():
    def script(peer):
        answer = ("HTTP/1.1 101 x\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n"
                  f"Sec-WebSocket-Accept: {peer.accept_key()}\r\n\r\n")
        peer.send(answer.encode() + frame(TEXT, b"early") + frame(CLOSE))
    for mode in BOTH:
        equal(Run(mode, script).frames(), [(FLAG[TEXT], b"early"), (FLAG[CLOSE], b"")], mode)


# Receiving.

@modes(*BOTH)
def frames_of_all_types_arrive(mode):
    run = Run(mode, sends(frame(TEXT, b"text"), frame(BINARY, b"\0\xff"), frame(PONG, b"p"), frame(CLOSE, b"\3\xe8bye")))
    equal(run.frames(), [(FLAG[TEXT], b"text"), (FLAG[BINARY], b"\0\xff"), (FLAG[PONG], b"p"),
                         (FLAG[CLOSE], b"\3\xe8bye")], "frames")


@modes(*BOTH)
def empty_frames_arrive(mode):
    run = Run(mode, sends(frame(TEXT), frame(PONG), frame(CLOSE)))
    equal(run.frames(), [(FLAG[TEXT], b""), (FLAG[PONG], b""), (FLAG[CLOSE], b"")], "frames")


@modes(*BOTH)
def fragments_arrive_with_their_type(mode):
    run = Run(mode, sends(frame(TEXT, b"a", final=False), frame(PONG, b"between"), frame(0, b"", final=False),
                          frame(0, b"c"), frame(CLOSE)))
    equal(run.frames(), [(FLAG[TEXT] | CONT, b"a"), (FLAG[PONG], b"between"), (FLAG[TEXT] | CONT, b""),
                         (FLAG[TEXT], b"c"), (FLAG[CLOSE], b"")], "frames")


@modes(*BOTH)
def sizes_around_the_limits_of_the_coding_arrive(mode):
    sizes = (125, 126, 127, 65535, 65536, 300000)
    run = Run(mode, sends(*[frame(BINARY, bytes([size % 251]) * size) for size in sizes], frame(CLOSE)))
    equal([len(payload) for _, payload in run.frames()], [*sizes, 0], "sizes")


@modes(*BOTH)
def bytes_one_by_one_are_the_same(mode):
    def script(peer):
        peer.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.agree()
        for byte in frame(TEXT, b"slow") + frame(BINARY, b"x" * 130) + frame(CLOSE, b"\3\xe8"):
            peer.send(bytes([byte]))
    equal(Run(mode, script).frames(), [(FLAG[TEXT], b"slow"), (FLAG[BINARY], b"x" * 130), (FLAG[CLOSE], b"\3\xe8")],
          "frames")


@test
def small_buffer_gets_pieces():
    run = Run("connect", sends(frame(TEXT, b"0123456789"), frame(CLOSE)), "size=4")
    equal([piece[:4] for piece in run.pieces], [(1, 0, 6, 4), (1, 4, 2, 4), (1, 8, 0, 2), (8, 0, 0, 0)], "pieces")


@modes(*BOTH)
def violations_are_refused(mode):
    bad = {
        "reserved bit": frame(TEXT, first=0xc1), "unknown type": frame(3), "unknown control": frame(11),
        "masked": b"\x81\x81\0\0\0\0a", "fragmented ping": frame(PING, b"p", final=False),
        "large ping": frame(PING, b"p" * 126), "large close": frame(CLOSE, b"c" * 126),
        "continuation of nothing": frame(0, b"x"), "message in a message": frame(TEXT, b"a", final=False) + frame(TEXT),
        "64 bits": b"\x82\xff" + b"\xff" * 8, "negative size": b"\x82\x7f" + b"\xff" * 8,
    }
    for name, data in bad.items():
        try:
            Run(mode, sends(frame(BINARY, b"fine"), data), expect=56)
        except Failure as failure:
            raise Failure(f"{name}: {failure}") from failure


@modes("callback", "multi")
def end_without_a_frame_is_an_empty_reply(mode):
    Run(mode, sends(), expect=52)


@test
def end_of_the_connection_is_told_to_recv():
    Run("connect", sends(), expect=52)
    Run("connect", sends(frame(TEXT, b"last")), expect=52)


@modes("callback", "multi")
def end_between_frames_is_fine_and_within_one_is_not(mode):
    equal(Run(mode, sends(frame(TEXT, b"last"))).frames(), [(FLAG[TEXT], b"last")], "frames")
    Run(mode, sends(frame(TEXT, b"cut", size=9)), expect=18)


# Pings.

@modes(*BOTH)
def pings_are_answered_by_the_library(mode):
    def script(peer):
        peer.agree()
        for payload in (b"", b"ping", b"p" * 125):
            peer.send(frame(PING, payload))
            peer.expect(PONG, payload)
        peer.send(frame(TEXT, b"a", final=False) + frame(PING, b"between") + frame(0, b"b") + frame(CLOSE))
        peer.expect(PONG, b"between")
    equal(Run(mode, script).frames(), [(FLAG[TEXT] | CONT, b"a"), (FLAG[TEXT], b"b"), (FLAG[CLOSE], b"")], "frames")


@modes(*BOTH)
def pings_are_the_programs_where_it_wants_them(mode):
    def script(peer):
        peer.agree()
        peer.send(frame(PING, b"mine") + frame(CLOSE))
        try:
            peer.read()
            raise Failure("answered")
        except EOFError:
            pass
    peer_closes = sends(frame(PING, b"mine"), frame(CLOSE))
    run = Run(mode, script if mode == "connect" else peer_closes, "options=2")
    equal(run.frames(), [(FLAG[PING], b"mine"), (FLAG[CLOSE], b"")], "frames")


@modes("callback", "multi")
def flood_of_pings_needs_no_answer_to_each(mode):
    def script(peer):
        peer.agree()
        peer.send(frame(PING, b"p" * 100) * 20000 + frame(PING, b"last"))
        while peer.read()[1] != b"last":
            pass
        peer.send(frame(CLOSE))
    Run(mode, script)


# Sending.

@modes(*BOTH)
def what_is_sent_back_is_the_same(mode):
    frames = [(TEXT, b"hello", True), (BINARY, b"", True), (BINARY, bytes(range(256)) * 1000, True),
              (TEXT, b"a", False), (0, b"b", False), (0, b"", True), (PONG, b"p", True), (CLOSE, b"\3\xe8", True)]

    def script(peer):
        peer.agree()
        for opcode, payload, final in frames:
            peer.send(frame(opcode, payload, final))
            peer.expect(opcode, payload, final)
    Run(mode, script, "echo=1")


@test
def large_frame_waits_for_a_peer_that_is_slow():
    def script(peer):
        peer.agree()
        peer.expect(BINARY, b"s" * 1000000)
        peer.send(frame(PING, b"still there"))
        peer.expect(PONG, b"still there")
        peer.send(frame(CLOSE))
    Run("connect", script, "send=1000000")


@modes("callback", "multi")
def many_frames_from_one_callback_arrive(mode):
    def script(peer):
        peer.agree()
        peer.send(frame(TEXT, b"go"))
        for _ in range(500):
            peer.expect(BINARY, b"b" * 1000)
        peer.send(frame(CLOSE))
    Run(mode, script, "burst=500")


@modes("callback", "multi")
def callback_that_sends_without_end_is_stopped(mode):
    def script(peer):
        peer.agree()
        peer.send(frame(TEXT, b"go"))
        peer.over.wait(LIMIT_S)
    run = Run(mode, script, "burst=100000", expect=23)
    at = [int(line.split()[3]) for line in run.lines if line.startswith("burst 81 ")]
    require(at and 500 < at[0] < 20000, f"stopped at {at}")


@modes("callback", "multi")
def read_callback_uploads_frames(mode):
    def script(peer):
        peer.agree()
        peer.expect(TEXT, b"one")
        peer.expect(BINARY, b"two")
        peer.expect(BINARY, b"own")
        peer.expect(TEXT, b"")
        peer.expect(BINARY, b"last")
        peer.send(frame(TEXT, b"got it") + frame(CLOSE))
    run = Run(mode, script, "upload=t:one b:two w:own t: w:last")
    equal(run.frames()[0], (FLAG[TEXT], b"got it"), "frame")
    require("second frame begun" not in run.lines, "a frame was begun within another")


# Raw mode.

@modes("callback", "multi")
def raw_mode_passes_bytes_unread(mode):
    def script(peer):
        peer.agree()
        peer.send(b"\x89\x03raw\xff\xff")
        equal(peer.take(5), b"bytes", "from the client")
    run = Run(mode, script, "options=1", "upload=w:bytes")
    equal(b"".join(piece[4] for piece in run.pieces), b"\x89\x03raw\xff\xff", "bytes")
    equal({piece[0] for piece in run.pieces}, {0}, "flags")


# On the way.

@modes(*BOTH)
def over_tls(mode):
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(os.path.join(folder, "ca"))
        certificate, key = authority.issue("localhost", "DNS:localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.set_alpn_protocols(["h2", "http/1.1"])

        def script(peer):
            equal(peer.link.selected_alpn_protocol(), "http/1.1", "ALPN")
            peer.agree()
            peer.send(frame(BINARY, b"x" * 100000))
            peer.expect(BINARY, b"x" * 100000)
            peer.send(frame(CLOSE))
            peer.expect(CLOSE, b"")
        Run(mode, script, "echo=1", "cafile=" + authority.certificate, tls=context, scheme="wss")


@test
def many_at_once_in_a_multi_handle():
    def script(peer):
        peer.agree()
        for number in range(20):
            peer.send(frame(TEXT, b"%d" % number))
            peer.expect(TEXT, b"%d" % number)
        peer.send(frame(CLOSE))
        peer.expect(CLOSE, b"")
    run = Run("multi", script, "echo=1", "others=19", connections=20)
    equal(len(run.results), 20, "results")


# Hostile peers.

@modes("callback", "multi")
def peer_that_pings_and_does_not_read_is_not_remembered(mode):
    def script(peer):
        peer.agree()
        for _ in range(32):
            peer.send(frame(PING, b"p" * 125) * 8192)
        peer.send(frame(TEXT, b"end") + frame(CLOSE))
        peer.link.shutdown(socket.SHUT_WR)
        while peer.link.recv(65536):
            pass
    run = Run(mode, script)
    equal(run.frames()[0], (FLAG[TEXT], b"end"), "frame")
    require(run.memory < 10 << 20, f"{run.memory} bytes of memory")


@modes("callback", "multi")
def flood_of_empty_frames_waits_for_the_program(mode):
    def script(peer):
        peer.agree()
        peer.link.settimeout(1)
        try:
            for _ in range(32):
                peer.send(frame(TEXT) * 65536)
        except TimeoutError:
            pass
        peer.run.open_gate()
    run = Run(mode, script, "late=1", "quiet=1")
    require(run.memory < 10 << 20, f"{run.memory} bytes of memory")


# On the way.

class Relay(threading.Thread):
    """A proxy for one connection, by CONNECT or SOCKS5; both want a password. Leads to `port`, wherever the client
    wants to go."""
    def __init__(self, kind, port):
        super().__init__()
        self.port, self.asked = port, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(LIMIT_S)
        self.address = f"{kind}://us:er@127.0.0.1:{self.listener.getsockname()[1]}"
        self.answer = self.socks if kind == "socks5h" else self.connect
        self.start()

    def run(self):
        with self.listener, self.listener.accept()[0] as near:
            near.settimeout(LIMIT_S)
            with near.makefile("rb", 0) as reader:
                self.answer(near, reader)
            with socket.create_connection(("127.0.0.1", self.port)) as far:
                back = threading.Thread(target=self.pass_on, args=(far, near))
                back.start()
                self.pass_on(near, far)
                back.join()

    @staticmethod
    def pass_on(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            to.close()

    def connect(self, near, reader):
        head = b""
        while b"Proxy-Authorization: Basic dXM6ZXI=" not in head:
            if head:
                near.sendall(b"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=r\r\nContent-Length: 0\r\n\r\n")
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += reader.read(1) or b"\r\n\r\n"
            self.asked.append(head)
        near.sendall(b"HTTP/1.1 200 Yes\r\n\r\n")

    def socks(self, near, reader):
        reader.read(reader.read(2)[1])
        near.sendall(b"\5\2")
        reader.read(1)
        self.asked = [reader.read(reader.read(1)[0]) for _ in range(2)]
        near.sendall(b"\1\0")
        self.asked.append(reader.read(4)[3:])
        self.asked.append(reader.read(reader.read(1)[0] + 2)[:-2])
        near.sendall(b"\5\0\0\1\x7f\0\0\1\0\1")


class Served(Run):
    """What came of a run with python3-websockets, whose `handler` has the connection. `decide` sees the path and the
    fields of a request, and may answer it otherwise."""
    def __init__(self, mode, handler, *options, decide=None, relay=None, expect=0):
        if not websockets:
            raise Skip("no python3-websockets")
        self.errors, self.port = [], 0
        self.gate = (subprocess.DEVNULL, None)
        ready = threading.Event()
        loop = asyncio.new_event_loop()

        async def guarded(connection, *_):
            try:
                await asyncio.wait_for(handler(connection), LIMIT_S)
            except websockets.ConnectionClosedError:
                pass
            except Exception:  # pylint: disable=broad-except
                self.errors.append(traceback.format_exc())

        async def process(path, fields):
            return decide(path, fields) if decide else None

        async def main():
            self.end = asyncio.Event()
            async with websockets.serve(guarded, "127.0.0.1", 0, process_request=process, max_size=None) as server:
                self.port = server.sockets[0].getsockname()[1]
                ready.set()
                await self.end.wait()
        thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
        thread.start()
        require(ready.wait(LIMIT_S), "no server")
        host = "127.0.0.1"
        if relay:
            self.relay = Relay(relay, self.port)
            options, host = (*options, "proxy=" + self.relay.address), "peer.test"
        done = self.run(mode, f"ws://{host}:{self.port}/chat", options)
        loop.call_soon_threadsafe(self.end.set)
        thread.join(LIMIT_S)
        loop.close()
        if relay:
            self.relay.join(LIMIT_S)
        require(not self.errors, f"in the peer: {self.errors}")
        self.understand(done, expect)


async def talk_with_echo(connection):
    """Each message comes back; a ping is answered."""
    for message in ("hello", b"", bytes(range(256)) * 4096, "\u00e4\u20ac" * 50000):
        await connection.send(message)
        equal(await connection.recv(), message, "message")
    await connection.send(iter(["one ", "", "message ", "in pieces"]))
    equal(await connection.recv(), "one message in pieces", "message")
    await (await connection.ping(b"are you there"))
    await connection.close(1000, "enough")


@modes(*BOTH)
def real_peer_gets_back_what_it_sends(mode):
    run = Served(mode, talk_with_echo, "echo=1")
    equal(run.frames()[-1], (FLAG[CLOSE], b"\3\xe8enough"), "last frame")


@modes(*BOTH)
def through_proxies_that_want_a_password(mode):
    run = Served(mode, talk_with_echo, "echo=1", relay="http")
    require(run.relay.asked[-1].startswith(b"CONNECT peer.test:%d HTTP/1.1\r\n" % run.port), "asked for")
    run = Served(mode, talk_with_echo, "echo=1", relay="socks5h")
    equal(run.relay.asked, [b"us", b"er", b"\3", b"peer.test"], "asked for")


@modes(*BOTH)
def password_is_sent_where_the_peer_asks(mode):
    seen = []

    def decide(_, fields):
        seen.append(fields.get("Authorization"))
        if not seen[-1]:
            return HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", 'Basic realm="r"')], b"no"
        return None
    Served(mode, talk_with_echo, "echo=1", "user=us:er", decide=decide)
    equal(seen, [None, "Basic dXM6ZXI="], "credentials")


@modes(*BOTH)
def redirect_is_followed_with_its_cookie(mode):
    seen = []

    def decide(path, fields):
        seen.append((path, fields.get("Cookie")))
        if path == "/chat":
            return HTTPStatus.FOUND, [("Location", "/there"), ("Set-Cookie", "a=b; path=/")], b"no"
        return None
    Served(mode, talk_with_echo, "echo=1", "cookies=1", "redirects=ws,wss", decide=decide)
    equal(seen, [("/chat", None), ("/there", "a=b")], "requests")
    Served(mode, talk_with_echo, "redirects=http,https", expect=1,
           decide=lambda *_: (HTTPStatus.FOUND, [("Location", "/there")], b"no"))


def main():
    arguments = parse()
    Run.client = arguments.client
    return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
