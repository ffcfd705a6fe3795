# SPDX-License-Identifier: MIT
"""An HTTP/2 peer on loopback that does what a test's script says, frame by frame: also what no honest
server does. Each connection is a thread that runs the script with the connection's number."""
import os
import socket
import ssl
import threading

import hpack
from hyperframe import frame as frames

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PATIENCE_S = 20


class Gone(Exception):
    """The client has closed the connection."""


class Connection:
    """Frames in, frames out. What comes on streams is kept in `requests`, `bodies` and `resets`."""

    def __init__(self, link, number, preface=None, settings=None):
        self.link, self.number, self.peer = link, number, None
        self.pending = b""
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.requests, self.bodies, self.resets, self.ended = {}, {}, {}, set()
        self.order, self.pongs, self.pings, self.settings = [], 0, 0, []
        self.fragments, self.windows = {}, {0: 65535}
        if preface is None:
            self.expect(PREFACE)
            self.send(frames.SettingsFrame(0, settings=settings or {}))

    def expect(self, wanted):
        while len(self.pending) < len(wanted):
            self.pending += self._recv()
        if not self.pending.startswith(wanted):
            raise AssertionError(f"{self.pending[:len(wanted)]!r}, not {wanted!r}")
        self.pending = self.pending[len(wanted):]

    def _recv(self):
        try:
            got = self.link.recv(65536)
        except (ConnectionError, ssl.SSLError) as error:
            raise Gone() from error
        if not got:
            raise Gone()
        return got

    def send(self, *which):
        try:
            self.link.sendall(b"".join(one if isinstance(one, bytes) else one.serialize() for one in which))
        except (ConnectionError, ssl.SSLError) as error:
            raise Gone() from error

    def next(self):
        """The next frame, which is noted and answered where the protocol wants that."""
        while len(self.pending) < 9:
            self.pending += self._recv()
        frame, length = frames.Frame.parse_frame_header(memoryview(self.pending[:9]))
        while len(self.pending) < 9 + length:
            self.pending += self._recv()
        frame.parse_body(memoryview(self.pending[9:9 + length]))
        self.pending = self.pending[9 + length:]
        self._note(frame)
        return frame

    def _note(self, frame):
        stream = frame.stream_id
        if isinstance(frame, frames.SettingsFrame):
            if "ACK" in frame.flags:
                return
            self.settings.append(frame.settings)
            self.send(frames.SettingsFrame(0, flags=["ACK"]))
        elif isinstance(frame, frames.PingFrame):
            if "ACK" in frame.flags:
                self.pongs += 1
            else:
                self.pings += 1
                self.send(frames.PingFrame(0, frame.opaque_data, flags=["ACK"]))
        elif isinstance(frame, (frames.HeadersFrame, frames.ContinuationFrame)):
            self.fragments[stream] = self.fragments.get(stream, b"") + frame.data
            if "END_STREAM" in frame.flags:
                self.ended.add(stream)
            if "END_HEADERS" in frame.flags:
                fields = self.decoder.decode(self.fragments.pop(stream))
                self.requests[stream] = [(str(name), str(value)) for name, value in fields]
                self.order.append(stream)
        elif isinstance(frame, frames.DataFrame):
            self.bodies[stream] = self.bodies.get(stream, b"") + frame.data
            if "END_STREAM" in frame.flags:
                self.ended.add(stream)
        elif isinstance(frame, frames.WindowUpdateFrame):
            self.windows[stream] = self.windows.get(stream, 0) + frame.window_increment
        elif isinstance(frame, frames.RstStreamFrame):
            self.resets[stream] = frame.error_code

    # Waits.

    def until(self, condition):
        while not condition():
            self.next()

    def step(self):
        """Lets the client go on: what was sent before is in its socket."""
        os.write(self.peer.step, b".")

    def request(self, whole=True):
        """The next request that no call has returned: its stream. With its body, if `whole`."""
        self.until(lambda: self.order)
        stream = self.order.pop(0)
        if whole:
            self.until(lambda: stream in self.ended or stream in self.resets)
        return stream

    def all_requests(self, count):
        return [self.request() for _ in range(count)]

    def path(self, stream):
        return dict(self.requests[stream])[":path"]

    def drain(self):
        """Reads until the client closes."""
        try:
            while True:
                self.next()
        except Gone:
            pass

    # What is sent.

    def head(self, stream, *fields, flags=("END_HEADERS",), status="200"):
        fields = ([(":status", status)] if status else []) + list(fields)
        self.send(frames.HeadersFrame(stream, self.encoder.encode(fields), flags=list(flags)))

    def data(self, stream, content, end=True):
        for at in range(0, len(content) or 1, 16384):
            last = at + 16384 >= len(content)
            self.send(frames.DataFrame(stream, content[at:at + 16384],
                                       flags=["END_STREAM"] if end and last else []))

    def answer(self, stream, content=b"answer", *fields):
        self.head(stream, *fields)
        self.data(stream, content)

    def promise(self, stream, promised, path, *fields, method="GET", authority=None):
        """PUSH_PROMISE, for a request like that of `stream`."""
        request = dict(self.requests[stream])
        fields = [(":method", method), (":scheme", request[":scheme"]),
                  (":authority", authority or request[":authority"]), (":path", path), *fields]
        self.send(frames.PushPromiseFrame(stream, promised_stream_id=promised,
                                          data=self.encoder.encode(fields), flags=["END_HEADERS"]))

    def reset(self, stream, code):
        self.send(frames.RstStreamFrame(stream, code))

    def goaway(self, last, code=0):
        self.send(frames.GoAwayFrame(0, last_stream_id=last, error_code=code))

    def window(self, stream, increment):
        self.send(frames.WindowUpdateFrame(stream, increment))


class Peer:
    """Listens on a port of the system's choice. `script(connection)` is run for each connection; with
    `tls`, an ssl.SSLContext, behind a handshake."""

    def __init__(self, script, settings=None, raw=False, tls=None):
        self.script, self.first_settings, self.raw, self.tls = script, settings, raw, tls
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.connections, self.errors, self.threads = [], [], []
        self.step = None
        self.lock = threading.Lock()
        self.acceptor = threading.Thread(target=self._accept, daemon=True)
        self.acceptor.start()

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            link.settimeout(PATIENCE_S)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._serve, args=(link,), daemon=True)
            with self.lock:
                self.threads.append(thread)
            thread.start()

    def _serve(self, link):
        with self.lock:
            number = len(self.connections)
            self.connections.append(None)
        try:
            with self._secured(link) as channel:
                connection = Connection(channel, number, b"" if self.raw else None, self.first_settings)
                self.connections[number] = connection
                connection.peer = self
                self.script(connection)
        except Gone:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.errors.append(f"connection: {type(error).__name__}: {error}")

    def _secured(self, link):
        try:
            return self.tls.wrap_socket(link, server_side=True) if self.tls else link
        except (OSError, ssl.SSLError) as error:
            link.close()
            raise Gone() from error

    def stop(self):
        """Ends; returns what went wrong in the scripts."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.acceptor.join(PATIENCE_S)
        for thread in self.threads:
            thread.join(PATIENCE_S)
            if thread.is_alive():
                self.errors.append("a connection is still open")
        return self.errors


def read_head(link, pending=b""):
    """An HTTP/1 request's head."""
    while b"\r\n\r\n" not in pending:
        got = link.recv(65536)
        if not got:
            raise Gone()
        pending += got
    return pending


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
