# SPDX-License-Identifier: MIT
"""A server of DNS over HTTPS on loopback for a test: a few names, and what was asked."""
import http.server
import socket
import ssl
import struct
import threading

A, AAAA, CNAME = 1, 28, 5

NAMES = {
    "both.doh.test": {A: ["127.0.0.1"], AAAA: ["::1"]},
    "four.doh.test": {A: ["127.0.0.1"]},
    "six.doh.test": {AAAA: ["::1"]},
    "short.doh.test": {A: ["127.0.0.1"]},
    "good.test": {A: ["127.0.0.1"]},
    "none.doh.test": {},
}
SECONDS = {"short.doh.test": 0}


def read_question(message):
    """(name, type)"""
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels), struct.unpack("!H", message[at + 1:at + 3])[0]


def record(kind, seconds, content):
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, seconds, len(content)) + content


def answer(message):
    """The response to a query, or None for no name that is known."""
    name, kind = read_question(message)
    if name == "garbage.doh.test":
        return b"this is no message of DNS"
    known = NAMES.get(name)
    family = socket.AF_INET if kind == A else socket.AF_INET6
    records = [record(CNAME, 300, b"\5alias\xc0\x0c")] if known else []
    records += [record(kind, SECONDS.get(name, 60), socket.inet_pton(family, address))
                for address in (known or {}).get(kind, [])]
    flags = 0x8180 if known is not None else 0x8183
    return struct.pack("!HHHHHH", 0, flags, 1, len(records), 0, 0) + message[12:] + b"".join(records)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers on the connection as long as it lasts."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        message = self.rfile.read(int(self.headers["Content-Length"]))
        name, kind = read_question(message)
        self.server.note(name, kind, dict(self.headers.items()), self.path, self.client_address)
        if name == "silent.doh.test":
            self.server.wait()
        content = answer(message)
        self.send_response(500 if name == "broken.doh.test" else 200)
        self.send_header("Content-Type", "application/dns-message")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class Doh(http.server.ThreadingHTTPServer):
    """`pair` is its certificate and the key."""
    daemon_threads = True

    def __init__(self, pair):
        super().__init__(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        self.socket = context.wrap_socket(self.socket, server_side=True,
                                          do_handshake_on_connect=False)
        self.port = self.socket.getsockname()[1]
        self.lock = threading.Lock()
        self.seen = []
        self.ending = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass

    def note(self, name, kind, headers, path, client):
        with self.lock:
            self.seen.append({"name": name, "type": {A: "A", AAAA: "AAAA"}.get(kind, kind),
                              "headers": headers, "path": path, "client": client})

    def wait(self):
        self.ending.wait()

    def queries(self):
        """Those since the last call."""
        with self.lock:
            seen, self.seen = self.seen, []
        return seen

    def stop(self):
        self.ending.set()
        self.shutdown()
        self.server_close()
