#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SOCKS5 with GSS-API (RFC 1961): a realm of Kerberos, a scripted proxy, a server behind it; reported as TAP.

    socks_gss_test.py [--only PATTERN] CLIENT MEMORY_CLIENT STUB_CLIENT

The clients are the programs built from server_client.c, memory_client.c, and the first with gss_stub.c. Without MIT Kerberos' programs and python3-gssapi all is skipped.
"""
import http.server
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import traceback

from authority import Authority
import kerberos
from tap import equal, parse, require, tell_all, test

try:
    import gssapi
except ImportError as absent:
    print(f"1..0 # SKIP no {absent.name}")
    sys.exit(0)

LIMIT_S = 40
CONTEXT, LEVEL, DATA = 1, 2, 3
GSSAPI, PERMSG, PROTECTION, NO_AUTH, RECV_REQACK, UNKNOWN_MODE = 4, 5, 6, 12, 16, 32
ABORT, GRANTED = b"\1\xff", b"\5\0\0\1\0\0\0\0\0\0"


def message(kind, token):
    return struct.pack(">BBH", 1, kind, len(token)) + token


def pattern(count):
    return bytes(i * 7 % 251 for i in range(count))


class Origin(http.server.ThreadingHTTPServer):
    """GET /N: N bytes. PUT: how many there were."""
    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format, *args):  # pylint: disable=redefined-builtin
            pass

        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.answer(pattern(int(self.path[1:])))

        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(b"%d %s" % (len(body), b"well" if body == pattern(len(body)) else b"ill"))

    def __init__(self, tls=None):
        super().__init__(("127.0.0.1", 0), self.Handler)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    @property
    def port(self):
        return self.server_address[1]


class Proxy:
    """Has those who prove who they are connected to a server. `level`: which it chooses; `nec`: that is not protected;
    `method`: what it chooses of those offered; `small`: bytes that it sends at a time; `script`: by the moment ("token",
    "level", "granted", "data") what is done instead, a function of the proxy's side of the connection and what it had to say.
    `seen`: what the clients did."""

    def __init__(self, realm, level=0, nec=False, service="rcmd@localhost", method=1, small=None, script=None):
        os.environ.update(realm.environment)
        name = gssapi.Name(service, gssapi.NameType.hostbased_service)
        self.credentials = gssapi.Credentials(name=name, usage="accept")
        self.level, self.nec, self.method, self.small, self.script = level, nec, method, small, script or {}
        self.lock = threading.Lock()  # one call to GSS-API at a time
        self.methods, self.users, self.proposals, self.secret, self.errors = [], [], [], [], []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            link.settimeout(LIMIT_S)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        try:
            with link:
                Conversation(self, link).hold()
        except (OSError, EOFError):
            pass
        except Exception:  # pylint: disable=broad-except
            self.errors.append(traceback.format_exc())

    def stop(self):
        self.listener.close()
        require(not self.errors, f"in the proxy: {self.errors}")


class Conversation:
    def __init__(self, proxy, link):
        self.proxy, self.link, self.context = proxy, link, None
        self.plain = b""

    # Bytes.
    def send(self, what):
        step = self.proxy.small or len(what) or 1
        for at in range(0, len(what), step):
            self.link.sendall(what[at:at + step])

    def receive(self, count):
        got = b""
        while len(got) < count:
            piece = self.link.recv(count - len(got))
            if not piece:
                raise EOFError
            got += piece
        return got

    def receive_message(self, kind):
        version, of_kind, count = struct.unpack(">BBH", self.receive(4))
        equal((version, of_kind), (1, kind), "head of a message")
        return self.receive(count)

    def await_end(self):
        while self.link.recv(1000):
            pass

    # Steps.
    def say(self, moment, what):
        """`what` makes the message: each that is made counts for GSS-API."""
        if moment in self.proxy.script:
            self.proxy.script[moment](self, what)
            raise EOFError
        self.send(what())

    def hold(self):
        self.greet()
        self.prove()
        self.agree()
        origin = socket.create_connection(("127.0.0.1", self.read_request()))
        with origin:
            self.say("granted", lambda: self.wrap(GRANTED))
            upward = threading.Thread(target=self.relay_up, args=(origin,), daemon=True)
            upward.start()
            while piece := origin.recv(30000):
                self.say("data", lambda piece=piece: self.wrap(piece))
            self.link.shutdown(socket.SHUT_RDWR)
            upward.join(LIMIT_S)

    def greet(self):
        version, count = self.receive(2)
        equal(version, 5, "version")
        methods = self.receive(count)
        self.proxy.methods.append(methods)
        self.send(bytes([5, self.proxy.method]))
        if self.proxy.method != 1 or 1 not in methods:
            self.await_end()
            raise EOFError

    def prove(self):
        self.context = gssapi.SecurityContext(creds=self.proxy.credentials, usage="accept")
        try:
            while not self.context.complete:
                token = self.context.step(self.receive_message(CONTEXT))
                if token:
                    self.say("token", lambda token=token: message(CONTEXT, token))
        except gssapi.exceptions.GSSError as error:  # of the step, though it is the next line that tells
            self.send(ABORT)
            raise EOFError from error
        self.proxy.users.append(str(self.context.initiator_name))

    def agree(self):
        token = self.receive_message(LEVEL)
        self.proxy.proposals.append(token if self.proxy.nec else self.context.unwrap(token).message)
        choice = bytes([self.proxy.level])
        self.say("level", lambda: message(LEVEL, choice if self.proxy.nec else self.context.wrap(choice, False).message))

    def wrap(self, piece, secret=None):
        if not self.proxy.level:
            return piece
        secret = self.proxy.level > 1 if secret is None else secret
        with self.proxy.lock:
            return message(DATA, self.context.wrap(piece, secret).message)

    def receive_plain(self):
        """What the client says next; "" at its end."""
        if not self.proxy.level:
            return self.link.recv(10000)
        try:
            token = self.receive_message(DATA)
        except EOFError:
            return b""
        with self.proxy.lock:
            opened = self.context.unwrap(token)
        self.proxy.secret.append(opened.encrypted)
        return opened.message

    def read_request(self):
        """The port; the name is ours in any case."""
        while len(self.plain) < 5 or len(self.plain) < 7 + self.plain[4]:
            piece = self.receive_plain()
            if not piece:
                raise EOFError
            self.plain += piece
        equal(self.plain[:4], b"\5\1\0\3", "request")
        return struct.unpack(">H", self.plain[-2:])[0]

    def relay_up(self, origin):
        try:
            while piece := self.receive_plain():
                origin.sendall(piece)
            origin.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class World:
    client = None
    memory_client = None
    stub_client = None
    realm = None
    folder = None
    origin = None
    secure = None

    @classmethod
    def call(cls, *command, env=None, limit_s=LIMIT_S):
        """What a program wrote."""
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment.update(cls.realm.environment)
        environment.update(env or {})
        done = subprocess.run(command, capture_output=True, timeout=limit_s, check=False, env=environment,
                              stdin=subprocess.DEVNULL)
        require(done.returncode == 0, f"the client ended with {done.returncode}: {(done.stdout + done.stderr).decode()}")
        return done.stdout

    @classmethod
    def run(cls, *words, env=None, client=None):
        """The transfers of a run."""
        return json.loads(cls.call(client or cls.client, *words, env=env))["transfers"]


def visit(proxy, *words, path="1000", result=0, error=0, text="", origin=None, env=None, client=None):
    """Transfers through the proxy; what became of them."""
    scheme = "https" if origin and origin is World.secure else "http"
    port = (origin or World.origin).port
    transfers = World.run(f"url={scheme}://localhost:{port}/{path}", f"proxy=socks5h://localhost:{proxy.port}", *words, env=env,
                          client=client)
    proxy.stop()
    for transfer in transfers:
        equal((transfer["result"], transfer["proxy_error"]), (result, error), f"result ({transfer['error']})")
        require(text in transfer["error"], f"{transfer['error']!r}, not {text!r}")
        if not result:
            equal(transfer["response_code"], 200, "status")
            if "upload" not in "".join(words):
                equal(transfer["size_download"], int(path), "size")
    return transfers


# ---- Who we are ----

@test
def user_with_a_ticket_is_let_in():
    proxy = Proxy(World.realm)
    visit(proxy)
    equal((proxy.methods, proxy.users, proxy.proposals), ([b"\0\1"], ["me@TEST"], [b"\2"]), "what the proxy saw")


@test
def methods_are_offered_as_they_are_allowed():
    for words, methods in (((), b"\0\1"), (("proxyuserpwd=a:b",), b"\0\1\2"), (("proxyuserpwd=a:b", "socks5_auth=1"), b"\0\2"),
                           (("proxyuserpwd=a:b", "socks5_auth=4"), b"\0\1"), (("socks5_auth=1",), b"\0"),
                           (("socks5_auth=0", "proxyuserpwd=a:b"), b"\0")):
        proxy = Proxy(World.realm, method=0xff)
        visit(proxy, *words, result=97, error=NO_AUTH, text="No authentication method was acceptable.")
        equal(proxy.methods, [methods], f"methods with {words}")


@test
def method_that_was_not_offered_is_refused():
    visit(Proxy(World.realm), "socks5_auth=1", result=97, error=PERMSG)
    visit(Proxy(World.realm, method=2), "socks5_auth=4", "proxyuserpwd=a:b", result=97, error=NO_AUTH)
    visit(Proxy(World.realm, method=3), result=97, error=UNKNOWN_MODE)


@test
def both_loops_do_it():
    proxy = Proxy(World.realm)
    visit(proxy, "mode=multi", "copies=5")
    equal(set(proxy.users), {"me@TEST"}, "users")


@test
def bytes_may_come_one_by_one():
    for level in 0, 2:
        visit(Proxy(World.realm, level=level, small=1))


@test
def service_can_be_chosen():
    for words in (("proxy_service_name=web",), ("socks5_gssapi_service=web",), ("proxy_service_name=no", "socks5_gssapi_service=web"),
                  ("proxy_service_name=web/localhost",), ("proxy_service_name=web/localhost@TEST",)):
        proxy = Proxy(World.realm, service="web@localhost")
        visit(proxy, *words[::-1] if len(words) == 1 else words)
        equal(proxy.users, ["me@TEST"], "users")


@test
def unknown_service_is_an_error():
    proxy = Proxy(World.realm)
    visit(proxy, "proxy_service_name=nosuch", result=97, error=GSSAPI, text="nosuch/localhost@TEST")
    equal(proxy.users, [], "users")


@test
def key_of_another_service_is_an_error():
    visit(Proxy(World.realm), "proxy_service_name=web", result=97, error=GSSAPI)


@test
def user_without_a_ticket_is_told_so():
    visit(Proxy(World.realm), env={"KRB5CCNAME": os.path.join(World.folder, "none")}, result=97, error=GSSAPI,
          text="GSS-API error: gss_init_sec_context failed: ")


@test
def centre_that_is_silent_does_not_outlast_the_limit():
    with socket.socket(type=socket.SOCK_DGRAM) as mute, socket.create_server(("127.0.0.1", 0)) as deaf:
        mute.bind(("127.0.0.1", deaf.getsockname()[1]))
        path = os.path.join(World.folder, "mute.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(kerberos.CONFIG.format(port=deaf.getsockname()[1]))
        visit(Proxy(World.realm), "timeout_ms=400", "proxy_service_name=never-asked-for", env={"KRB5_CONFIG": path}, result=28)


# ---- Answers ----

def then_end(what):
    """Says that and waits for the client to leave."""
    def do(conversation, _):
        conversation.send(what)
        conversation.await_end()
    return do


@test
def proxy_may_refuse():
    for moment in "token", "level":
        visit(Proxy(World.realm, script={moment: then_end(ABORT)}), result=97, error=GSSAPI,
              text="User was rejected by the SOCKS5 server (1 255).")


@test
def malformed_messages_are_refused():
    for moment, what, text in (("token", message(LEVEL, b"x"), "Invalid GSS-API authentication response type (1 2)."),
                               ("token", b"\2\1\0\1x", "Invalid GSS-API authentication response type (2 1)."),
                               ("token", message(CONTEXT, b""), "Invalid zero-length GSS-API authentication token."),
                               ("token", message(CONTEXT, b"x" * 5), "gss_init_sec_context failed"),
                               ("token", message(CONTEXT, b"\x60" + b"x" * 0xfffe), "gss_init_sec_context failed"),
                               ("level", message(CONTEXT, b"x"), "Invalid GSS-API encryption response type (1 1)."),
                               ("level", message(LEVEL, b""), "Invalid zero-length GSS-API encryption token."),
                               ("level", message(LEVEL, b"\0"), "gss_unwrap failed"),
                               ("level", message(LEVEL, b"x" * 0xffff), "gss_unwrap failed")):
        visit(Proxy(World.realm, script={moment: then_end(what)}), result=97, error=GSSAPI, text=text)


@test
def end_within_a_message_is_an_error():
    for moment, text in ("token", "Failed to receive GSS-API authentication response."), ("level", "Failed to receive GSS-API encryption response."):
        for count in 0, 1, 3, 4, 20:
            script = {moment: lambda conversation, what, count=count: conversation.send(what()[:count])}
            visit(Proxy(World.realm, script=script), result=97, error=GSSAPI, text=text)


class Chatter(Proxy):
    """Has an answer to every token of gss_stub.c. `users`: their lengths."""

    def serve(self, link):
        with link:
            conversation = Conversation(self, link)
            conversation.greet()
            try:
                while True:
                    token = conversation.receive_message(CONTEXT)
                    self.users.append(len(token))
                    conversation.send(message(CONTEXT, b"answer"))
            except (OSError, EOFError):
                pass


@test
def rounds_come_to_an_end():
    proxy = Chatter(World.realm)
    visit(proxy, client=World.stub_client, env={"GSS_STUB_TOKENS": "1000000"}, result=97, error=GSSAPI)
    require(2 < len(proxy.users) < 100, f"{len(proxy.users)} tokens")


@test
def token_is_65535_bytes_at_most():
    for length, sent in (65535, True), (65536, False):
        proxy = Chatter(World.realm)
        visit(proxy, client=World.stub_client, env={"GSS_STUB_TOKENS": "20", "GSS_STUB_LENGTH": str(length)}, result=97, error=GSSAPI)
        equal(set(proxy.users), {length} if sent else set(), "lengths")


@test
def choice_of_a_level_is_one_byte():
    def twice(conversation, _):
        conversation.send(message(LEVEL, conversation.context.wrap(b"\0\0", False).message))
        conversation.await_end()
    visit(Proxy(World.realm, script={"level": twice}), result=97, error=GSSAPI, text="Invalid GSS-API encryption response length (2).")


@test
def level_that_does_not_exist_is_refused():
    for level in 4, 255:
        visit(Proxy(World.realm, level=level), result=97, error=PROTECTION)
        visit(Proxy(World.realm, level=level, nec=True), "socks5_gssapi_nec=1", result=97, error=PROTECTION)


@test
def unprotected_choice_is_taken_only_if_it_is_allowed():
    proxy = Proxy(World.realm, nec=True)
    visit(proxy, "socks5_gssapi_nec=1")
    equal(proxy.proposals, [b"\2"], "proposals")
    visit(Proxy(World.realm, script={"level": then_end(message(LEVEL, b"\0"))}), result=97, error=GSSAPI)
    visit(Proxy(World.realm, level=2, nec=True), "socks5_gssapi_nec=1")


# ---- Protected bytes ----

@test
def all_bytes_are_protected_as_the_proxy_wants_it():
    wanted = World.run(f"url=http://localhost:{World.origin.port}/300000")[0]["sum"]
    for level, secret in (1, {False}), (2, {True}), (3, {True}):
        proxy = Proxy(World.realm, level=level)
        transfers = visit(proxy, "copies=3", path="300000")
        equal({transfer["sum"] for transfer in transfers}, {wanted}, "contents")
        equal((proxy.connections, set(proxy.secret)), (1, secret), f"connections and secrecy at level {level}")


@test
def uploads_are_protected_too():
    proxy = Proxy(World.realm, level=2)
    transfer = visit(proxy, "upload=1000000")[0]
    equal((transfer["body"], set(proxy.secret)), ("1000000 well", {True}), "what arrived")
    require(len(proxy.secret) > 60, "pieces")


@test
def tls_goes_on_top():
    proxy = Proxy(World.realm, level=2)
    visit(proxy, "cainfo=" + World.authority.certificate, "copies=2", origin=World.secure, path="100000")
    equal(proxy.connections, 1, "connections")


@test
def several_transfers_share_nothing():
    proxy = Proxy(World.realm, level=1)
    visit(proxy, "mode=multi", "copies=4", path="100000")


@test
def bytes_that_are_not_protected_as_agreed_are_refused():
    def flipped(what):
        return what[:-1] + bytes([what[-1] ^ 1])

    def readable(conversation, what):
        return conversation.wrap(what, False)

    def wrong(kind, moment):
        def do(conversation, what):
            then_end({"bare": lambda: GRANTED if moment == "granted" else b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
                      "changed": lambda: flipped(what()),
                      "readable": lambda: readable(conversation, GRANTED),
                      "of another kind": lambda: message(LEVEL, what()[4:]),
                      "abort": lambda: ABORT + b"\0\0",
                      "empty": lambda: message(DATA, b"")}[kind]())(conversation, what)
        return do

    for kind in "bare", "changed", "readable", "of another kind", "abort", "empty":
        for moment, ending in ("granted", {"result": 97, "error": RECV_REQACK}), ("data", {"result": 56}):
            visit(Proxy(World.realm, level=2, script={moment: wrong(kind, moment)}), **ending)


@test
def message_that_is_repeated_or_missing_is_refused():
    def repeat(conversation, what):
        once = what()
        conversation.send(once + once)
        conversation.await_end()

    def omit(conversation, what):
        conversation.wrap(b"not sent")
        conversation.send(what())
        conversation.await_end()

    visit(Proxy(World.realm, level=1, script={"granted": repeat}), result=56)
    visit(Proxy(World.realm, level=1, script={"granted": omit}), result=97, error=RECV_REQACK)


@test
def messages_without_content_are_passed_over_but_not_for_ever():
    def some(count):
        def do(conversation, what):
            if count > 100:
                conversation.send(b"".join(conversation.wrap(b"") for _ in range(count)))
                conversation.await_end()
            for byte in GRANTED:
                conversation.send(b"".join(conversation.wrap(b"") for _ in range(count)) + conversation.wrap(bytes([byte])))
            conversation.receive_plain()
            conversation.send(conversation.wrap(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n") + conversation.wrap(b"") + conversation.wrap(b"abc"))
            conversation.await_end()
        return do

    visit(Proxy(World.realm, level=2, script={"granted": some(3)}), path="3")
    visit(Proxy(World.realm, level=2, script={"granted": some(1000)}), result=97, error=RECV_REQACK)


def end_behind(count, text):
    """An answer until the end of the connection, which comes after so many bytes of its second message."""
    def do(conversation, what):
        conversation.send(what())
        conversation.receive_plain()
        conversation.send(conversation.wrap(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + text))
        conversation.send(conversation.wrap(b"more")[:count])
    return do


@test
def end_between_messages_is_the_end_and_within_one_is_not():
    visit(Proxy(World.realm, level=2, script={"granted": end_behind(0, b"abc")}), path="3")
    visit(Proxy(World.realm, level=2, script={"granted": end_behind(None, b"abc")}), path="7")
    for count in 1, 4, 20:
        visit(Proxy(World.realm, level=2, script={"granted": end_behind(count, b"abc")}), result=56)


@test
def any_allocation_may_fail():
    for level, origin, scheme in (0, World.origin, "http"), (2, World.origin, "http"), (2, World.secure, "https"):
        proxy = Proxy(World.realm, level=level)
        told = World.call(World.memory_client, "30000", f"url={scheme}://localhost:{origin.port}/30000",
                          "cainfo=" + World.authority.certificate, f"proxy=socks5h://localhost:{proxy.port}", limit_s=4 * LIMIT_S)
        proxy.listener.close()
        require(int(told.split()[0]) > 50, f"{told}")


def main():
    arguments = parse()
    missing = [name for name in kerberos.NEEDED if not kerberos.find(name)]
    if missing:
        print(f"1..0 # SKIP no {missing[0]}")
        return 0
    World.client, World.memory_client, World.stub_client = arguments.client, arguments.memory_client, arguments.stub_client
    with tempfile.TemporaryDirectory() as folder:
        World.folder = folder
        World.authority = Authority(os.path.join(folder, "authority"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*World.authority.issue("localhost", "DNS:localhost"))
        World.origin, World.secure = Origin(), Origin(context)
        World.realm = kerberos.Realm(os.path.join(folder, "realm"))
        try:
            for service in ("rcmd/localhost", "web/localhost"):
                World.realm.service(service)
            World.realm.log_in("me")
            return tell_all(arguments.only)
        finally:
            World.realm.stop()


if __name__ == "__main__":
    sys.exit(main())
