# SPDX-License-Identifier: MIT
"""An FTP server that says what a script tells it to, in whatever order and pieces."""
import socket
import ssl
import threading

LIMIT_S = 20


def listen():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    listener.settimeout(LIMIT_S)
    return listener


class Surprise(Exception):
    """The client did what the script did not expect."""


class Control:
    """One control connection. `lines` are the commands that came."""

    def __init__(self, link, piece):
        link.settimeout(LIMIT_S)
        self.link, self.piece, self.lines, self.received = link, piece, [], b""

    def send(self, data):
        step = self.piece or len(data) or 1
        for start in range(0, len(data), step):
            self.link.sendall(data[start:start + step])

    def say(self, text):
        self.send(text.encode("latin-1") + b"\r\n")

    def read(self):
        """The next command; None at the end."""
        while b"\r\n" not in self.received:
            got = self.link.recv(4096)
            if not got:
                return None
            self.received += got
        line, self.received = self.received.split(b"\r\n", 1)
        self.lines.append(line.decode("latin-1"))
        return self.lines[-1]

    def expect(self, wanted, *answers):
        got = self.read()
        if got != wanted:
            raise Surprise(f"{got!r}, not {wanted!r}")
        for answer in answers:
            self.say(answer)

    def login(self, user="anonymous", password="ftp@example.com", path="/"):
        self.say("220 ready")
        self.expect("USER " + user, "331 who?")
        self.expect("PASS " + password, "230 fine")
        self.expect("PWD", f'257 "{path}" is where we are')

    def passive(self):
        """Answers EPSV; the listener for the data."""
        listener = listen()
        self.expect("EPSV", f"229 Entering (|||{listener.getsockname()[1]}|)")
        return listener

    def file(self, name, body, announced=None):
        """A whole download behind the directory."""
        listener = self.passive()
        self.expect("TYPE I", "200 fine")
        self.retrieve(listener, name, body, announced)

    def retrieve(self, listener, name, body, announced=None):
        self.expect("SIZE " + name, f"213 {len(body) if announced is None else announced}")
        self.expect("RETR " + name, "150 here it comes")
        self.give(listener, body)
        self.say("226 done")

    @staticmethod
    def give(listener, body):
        link, _ = listener.accept()
        listener.close()
        try:
            link.sendall(body)
        except OSError:
            pass  # the client had enough
        link.close()

    @staticmethod
    def take(listener):
        link, _ = listener.accept()
        listener.close()
        body = b""
        while True:
            got = link.recv(65536)
            if not got:
                link.close()
                return body
            body += got

    def secure(self, context):
        self.link = context.wrap_socket(self.link, server_side=True)

    def end(self):
        self.expect("QUIT")
        try:
            self.say("221 bye")
        except OSError:
            pass  # the client does not wait for it

    def drain(self):
        while self.read() is not None:
            pass


class Peer:
    """Serves each connection with script(control) on a thread of its own. Several scripts: one a
    connection, the last one for all others."""

    def __init__(self, *scripts, piece=0):
        self.scripts, self.piece, self.controls, self.errors = scripts, piece, [], []
        self.listener = listen()
        self.listener.settimeout(None)
        self.port = self.listener.getsockname()[1]
        self.threads = [threading.Thread(target=self._accept, daemon=True)]
        self.threads[0].start()

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            control = Control(link, self.piece)
            script = self.scripts[min(len(self.controls), len(self.scripts) - 1)]
            self.controls.append(control)
            thread = threading.Thread(target=self._serve, args=(control, script), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, control, script):
        try:
            script(control)
        except (OSError, ssl.SSLError, Surprise) as error:
            self.errors.append(f"{type(error).__name__}: {error}; commands: {control.lines}")
        finally:
            control.link.close()

    def stop(self):
        """Waits for the scripts; what went wrong in them."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in list(self.threads):
            thread.join(LIMIT_S)
        return self.errors
