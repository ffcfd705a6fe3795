# SPDX-License-Identifier: MIT
"""Servers on loopback that keep what they get: a relay in front of another server, and a small web
server whose answers are a test's own."""
import re
import socket
import threading

LIMIT_S = 20
REASONS = {200: "OK", 201: "Created", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently",
           302: "Found", 303: "See Other", 304: "Not Modified", 307: "Temporary Redirect",
           308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
           404: "Not Found", 408: "Request Timeout", 410: "Gone", 416: "Range Not Satisfiable",
           417: "Expectation Failed", 429: "Too Many Requests", 500: "Internal Server Error",
           503: "Service Unavailable"}


# Of a form: longer since 8.x than before, so the length of a form is that with this word in their place.
BOUNDARY = r"-{24}\w{16,22}\b"


class Request:
    """`head` is as it came, with the empty line; `body` is decoded, and only as much as came. `over` is
    the number of the connection, from 1."""

    def __init__(self, head, over):
        self.head, self.body, self.over, self.complete = head, b"", over, True
        words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        self.method, self.target = (words + ["", ""])[:2]
        self.path = self.target.split("?", 1)[0]
        self.fields = [line.decode("latin-1").partition(":")[::2]
                       for line in head.split(b"\r\n")[1:] if line]

    def field(self, name):
        """The value of its first field of that name, or ""."""
        return next((value.strip() for key, value in self.fields if key.lower() == name.lower()), "")

    def text(self):
        """All of it as it is compared."""
        head, body = (re.sub(BOUNDARY, "BOUNDARY", part.decode("latin-1")) for part in (self.head, self.body))
        if "multipart/" in self.field("Content-Type") and self.field("Content-Length") == str(len(self.body)):
            head = re.sub(r"(?i)(\ncontent-length: )\d+", rf"\g<1>{len(body)}", head)
        return head + body + ("" if self.complete else "(incomplete)")


class Stream:
    """The bytes of a connection, taken apart. `more()` gives further bytes, b"" at the end."""

    def __init__(self, more):
        self.more, self.kept = more, b""

    def until(self, mark):
        """The bytes up to and with the mark; None if they end before."""
        while mark not in self.kept:
            piece = self.more()
            if not piece:
                return None
            self.kept += piece
        found, _, self.kept = self.kept.partition(mark)
        return found + mark

    def request(self, over):
        """The next one, or None."""
        request = self.head(over)
        if request:
            self.body(request)
        return request

    def take(self, count):
        """So many bytes, or those that there are."""
        while len(self.kept) < count:
            piece = self.more()
            if not piece:
                break
            self.kept += piece
        taken, self.kept = self.kept[:count], self.kept[count:]
        return taken

    def chunks(self):
        """(the decoded body with its trailers, whether it is complete)"""
        body = b""
        while True:
            line = self.until(b"\r\n")
            if line is None:
                return body, False
            size = int(line.split(b";")[0], 16)
            if size == 0:
                return self._trailers(body)
            piece = self.take(size)
            body += piece
            if len(piece) < size or self.until(b"\r\n") is None:
                return body, False

    def _trailers(self, body):
        while (line := self.until(b"\r\n")) not in (None, b"\r\n"):
            body += line
        return body, line is not None

    def head(self, over):
        """The next request without its body, or None. What ends within its head is kept as it came."""
        head = self.until(b"\r\n\r\n")
        if head is None and not self.kept:
            return None
        request = Request(head or self.kept, over)
        if head is None:
            request.complete, self.kept = False, b""
        return request

    def body(self, request):
        """Adds the body."""
        if not request.complete:
            return
        if request.field("Transfer-Encoding").lower() == "chunked":
            request.body, request.complete = self.chunks()
        else:
            length = int(request.field("Content-Length") or 0)
            request.body = self.take(length)
            request.complete = len(request.body) == length


class Recorder:
    """Listens on `port`. A kind of it has serve(connection, over), called on a thread for each
    connection."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        self.threads, self.count, self.last = [], 0, None
        self.seen_last = threading.Event()
        self.lock = threading.Lock()
        self.kept = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            with self.lock:
                last = peer == self.last
            if last:
                connection.close()
                self.seen_last.set()
                continue
            connection.settimeout(LIMIT_S)
            self.count += 1
            thread = threading.Thread(target=self._serve, args=(connection, self.count), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, connection, over):
        with connection:
            try:
                self.serve(connection, over)
            except OSError:
                pass

    def serve(self, connection, over):
        """A connection's life."""
        raise NotImplementedError

    def keep(self, request):
        """Remembers a request, on any thread."""
        with self.lock:
            self.kept.append(request)

    def requests(self):
        """Those since the last call, connection after connection, once all connections have ended. The
        next connection is the first again."""
        # Connections are accepted in their order: with one of our own, whoever came before it is known.
        self.seen_last.clear()
        with socket.socket() as last:
            last.bind(("127.0.0.1", 0))
            with self.lock:
                self.last = last.getsockname()
            last.connect(("127.0.0.1", self.port))
            self.seen_last.wait(LIMIT_S)
        for thread in self.threads:
            thread.join(LIMIT_S)
        kept, self.kept, self.threads, self.count = self.kept, [], [], 0
        return sorted(kept, key=lambda request: request.over)

    def stop(self):
        """Serves no more."""
        self.listener.close()


class Relay(Recorder):
    """Passes connections on to 127.0.0.1:`target` and keeps the HTTP/1 requests, as far as they came."""

    def __init__(self, target):
        self.target = target
        super().__init__()

    def serve(self, connection, over):
        with socket.create_connection(("127.0.0.1", self.target), timeout=LIMIT_S) as server:
            back = threading.Thread(target=self._copy, args=(server, connection), daemon=True)
            back.start()
            kept = self._copy(connection, server)
            back.join(LIMIT_S)
        pieces = iter([kept])
        stream = Stream(lambda: next(pieces, b""))
        while request := stream.request(over):
            self.keep(request)

    @staticmethod
    def _copy(source, sink):
        """Until the source ends; returns what it said."""
        said = []
        try:
            while piece := source.recv(65536):
                said.append(piece)
                sink.sendall(piece)
        except OSError:
            pass
        for one, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
            try:
                one.shutdown(how)
            except OSError:
                pass
        return b"".join(said)


def reply(status=200, body=b"", *fields, close=False, length=True):
    """The bytes of a response. `fields` are (name, value)."""
    body = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status} {REASONS[status]}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in fields)
    if length and status not in (204, 304):
        head += f"Content-Length: {len(body)}\r\n"
    return head.encode() + (b"Connection: close\r\n" if close else b"") + b"\r\n" + body


class Web(Recorder):
    """An HTTP/1.1 server. `routes` has, by path, the bytes of a response or a function of the request that
    returns them; a path that ends in / stands for all below it. A response that says "Connection: close"
    ends the connection. A route may also take it over: it returns None, having used
    `request.connection`, which is closed then."""

    def __init__(self, routes):
        self.routes = routes
        super().__init__()

    def serve(self, connection, over):
        stream = Stream(lambda: connection.recv(65536))
        while request := stream.head(over):
            request.connection = connection
            if request.field("Expect").lower() == "100-continue" and not request.path.startswith("/refuse"):
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            stream.body(request)
            self.keep(request)
            answer = self._route(request.path)
            answer = answer(request) if callable(answer) else answer
            if answer is None:
                return
            head, _, body = answer.partition(b"\r\n\r\n")
            connection.sendall(head + b"\r\n\r\n" if request.method == "HEAD" else head + b"\r\n\r\n" + body)
            if b"connection: close" in head.lower() or head.startswith(b"HTTP/1.0"):
                connection.shutdown(socket.SHUT_WR)
                return

    def _route(self, path):
        parts = path.split("/")
        for count in range(len(parts), 0, -1):
            for name in ("/".join(parts[:count]), "/".join(parts[:count]) + "/"):
                if name in self.routes and (name == path or name.endswith("/")):
                    return self.routes[name]
        return reply(404, "nothing here\n")
