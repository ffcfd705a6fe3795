#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Negotiate (RFC 4559) with a realm of Kerberos, a server and a proxy; reported as TAP.

    negotiate_test.py [--only PATTERN] CLIENT MEMORY_CLIENT STUB_CLIENT

The clients are the programs built from server_client.c, memory_client.c, and the first with gss_stub.c. Without MIT Kerberos' programs and python3-gssapi all is skipped.
"""
import base64
import hashlib
import json
import os
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import traceback

from authority import Authority, openssl
import kerberos
from tap import Skip, equal, parse, require, tell_all, test

try:
    import h2.config
    import h2.connection
    import h2.events
except ImportError:
    h2 = None

try:
    import gssapi
    from gssapi.raw import ChannelBindings
except ImportError as absent:
    print(f"1..0 # SKIP no {absent.name}")
    sys.exit(0)

LIMIT_S = 40
NEGOTIATE, ANY = 4, 0xffffffef


class StubContext:
    """The other side of gss_stub.c: the user is known after so many tokens."""
    delegated_creds, initiator_name = None, "somebody"

    def __init__(self, tokens):
        self.tokens, self.heard = tokens, 0

    @property
    def complete(self):
        return self.heard == self.tokens

    def step(self, token):
        self.heard += 1
        equal(token.rstrip(b"\0"), b"token %d" % self.heard, "token")
        return b"answer %d" % self.heard


class Party:
    """Whom a connection's peer has proved to be, to the server or the proxy."""

    def __init__(self, server, is_proxy):
        self.server, self.field = server, b"Proxy-Authenticate" if is_proxy else b"WWW-Authenticate"
        self.given, self.status = ("proxy-authorization", b"407 Proxy") if is_proxy else ("authorization", b"401 No")
        self.context, self.who, self.token = None, None, b""

    def hear(self, fields):
        given, self.token = fields.get(self.given, ""), b""
        if given.startswith("Basic "):
            self.who = base64.b64decode(given[6:]).decode()
        elif given.startswith("Negotiate "):
            self.step(base64.b64decode(given[10:]))
        elif self.server.each_time:
            self.who = None

    def step(self, token):
        self.server.tokens.append(token)
        if not self.context or self.context.complete:
            self.context = self.server.context()
        try:
            self.token = self.context.step(token) or b""
            if self.context.complete:
                self.who = str(self.context.initiator_name)
                self.server.delegated.append(self.context.delegated_creds is not None)
        except gssapi.exceptions.GSSError:
            self.context, self.who, self.token = None, None, b""

    def word(self):
        return b" " + base64.b64encode(self.token) if self.token else b""

    def challenge(self):
        return (b"HTTP/1.1 " + self.status + b"\r\n" + self.server.offers(self.field) + self.field + b": Negotiate" +
                (self.word() if self.context else b"") + b"\r\nContent-Length: 3\r\n" +
                (b"Connection: close\r\n" if self.server.closes else b"") + b"\r\nwho")


class Server:
    """Answers who proves to be somebody, on each connection once. `seen`: what every request was: the number
    of its connection, method, target, body, who it is from. `proxy`: asks as one; `both`: as one, and as the server behind.
    `tls`, `binding`: the certificate's hash that the client's tokens are to be bound to. `rounds`: knows a user after so many tokens of gss_stub.c.
    `basic`: offers that, too. `closes`: the connection behind a challenge. A tunnel ends at this machine."""

    def __init__(self, realm, service="HTTP@localhost", proxy=False, both=False, tls=None, binding=None, each_time=False,
                 rounds=0, basic=False, closes=False):
        os.environ.update(realm.environment)
        name = gssapi.Name(service, gssapi.NameType.hostbased_service)
        self.credentials = gssapi.Credentials(name=name, usage="accept")
        self.parties = [True, False] if both else [proxy]
        self.tls, self.binding, self.each_time, self.rounds = tls, binding, each_time, rounds
        self.basic, self.closes = basic, closes
        self.seen, self.fields, self.tokens, self.errors, self.delegated = [], [], [], [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.count = 0
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            self.count += 1
            threading.Thread(target=self.serve, args=(link, self.count), daemon=True).start()

    def serve(self, link, number):
        try:
            link.settimeout(LIMIT_S)
            if self.tls:
                link = self.tls.wrap_socket(link, server_side=True)
            with link, link.makefile("rb") as lines:
                self.converse(link, lines, number)
        except OSError:
            pass
        except Exception:  # pylint: disable=broad-except
            self.errors.append(traceback.format_exc())

    def converse(self, link, lines, number):
        parties = [Party(self, is_proxy) for is_proxy in self.parties]
        while line := lines.readline():
            method, target, _ = line.decode().split(" ")
            fields = {}
            while (line := lines.readline().decode()) not in ("\r\n", ""):
                name, _, value = line.partition(":")
                fields[name.lower()] = value.strip()
            body = lines.read(int(fields.get("content-length", 0)))
            unknown = None
            for party in parties:  # one behind the other
                if not unknown:
                    party.hear(fields)
                    unknown = None if party.who else party
            self.seen.append((number, method, target, body, None if unknown else parties[-1].who))
            self.fields.append(fields)
            if unknown:
                link.sendall(unknown.challenge())
                if self.closes:
                    return
            elif method == "CONNECT":
                link.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                self.tunnel(link, int(target.rpartition(":")[2]))
                return
            else:
                link.sendall(self.answer(parties[-1]))

    def tunnel(self, link, port):
        with socket.create_connection(("127.0.0.1", port)) as far:
            other = {link: far, far: link}
            while True:
                ready = [link] if self.tls and link.pending() else select.select([link, far], [], [], LIMIT_S)[0]
                for one in ready:
                    piece = one.recv(16384)
                    if not piece:
                        return
                    other[one].sendall(piece)

    def context(self):
        if self.rounds:
            return StubContext(self.rounds)
        bindings = self.binding and ChannelBindings(application_data=b"tls-server-end-point:" + self.binding)
        return gssapi.SecurityContext(creds=self.credentials, usage="accept", channel_bindings=bindings)

    def offers(self, field):
        return field + b": Basic realm=here\r\n" if self.basic else b""

    @staticmethod
    def answer(party):
        body, word = party.who.encode(), party.word()
        return (b"HTTP/1.1 200 OK\r\n" + (party.field + b": Negotiate" + word + b"\r\n" if word else b"") +
                b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def stop(self):
        self.listener.close()
        require(not self.errors, f"in the server: {self.errors}")


class World:
    client = None
    memory_client = None
    stub_client = None
    realm = None
    folder = None

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
        transfers = json.loads(cls.call(client or cls.client, *words, env=env))["transfers"]
        for transfer in transfers:
            require(not transfer["strange_thread"], "a callback ran on another thread")
        return transfers


def visit(server, *words, host="localhost", scheme="http", env=None, result=0, code=200, body="me@TEST"):
    """One URL; who the server took it for."""
    transfers = World.run(f"url={scheme}://{host}:{server.port}/page", f"httpauth={NEGOTIATE}", "userpwd=:", *words, env=env)
    server.stop()
    for transfer in transfers:
        equal(transfer["result"], result, f"result ({transfer['error']})")
        equal(transfer["response_code"], code, "status")
        if body is not None:
            equal(transfer["body"], body, "body")
    return transfers


@test
def user_with_a_ticket_is_let_in():
    server = Server(World.realm)
    visit(server)
    equal([one[4] for one in server.seen], ["me@TEST"], "who")


@test
def both_loops_do_it():
    server = Server(World.realm)
    visit(server, "mode=multi", "copies=5")
    equal({one[4] for one in server.seen}, {"me@TEST"}, "who")


@test
def any_begins_without_and_then_proves_it():
    server = Server(World.realm)
    visit(server, f"httpauth={ANY}")
    equal([one[4] for one in server.seen], [None, "me@TEST"], "who")


@test
def connection_that_is_proven_is_used_again_without_a_token():
    server = Server(World.realm)
    visit(server, "copies=3")
    equal({one[0] for one in server.seen}, {1}, "connections")


@test
def body_of_a_post_arrives_once_it_is_proven():
    server = Server(World.realm)
    visit(server, "postfields=the content")
    equal(server.seen[-1][1:4:2], ("POST", b"the content"), "last request")
    server = Server(World.realm)
    visit(server, "upload=100000", f"httpauth={ANY}")
    equal((server.seen[-1][1], len(server.seen[-1][3])), ("PUT", 100000), "last request")


@test
def user_without_a_ticket_is_not():
    server = Server(World.realm)
    visit(server, env={"KRB5CCNAME": os.path.join(World.folder, "none")}, code=401, body="who")
    equal({one[4] for one in server.seen}, {None}, "who")


@test
def server_of_an_unknown_service_gets_no_token():
    server = Server(World.realm)
    visit(server, "service_name=NOSUCH", code=401, body="who")
    equal({one[4] for one in server.seen}, {None}, "who")


@test
def name_of_the_service_can_be_chosen():
    server = Server(World.realm, service="web@localhost")
    visit(server, "service_name=web")


def new_certificate():
    """What a server needs for TLS, and the certificate's hash."""
    certificate, key = World.authority.issue("localhost", "DNS:localhost")
    with open(certificate, encoding="ascii") as file:
        text = file.read()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN"):])).digest()


@test
def token_is_bound_to_the_certificate():
    context, binding = new_certificate()
    words = ("cainfo=" + World.authority.certificate,)
    visit(Server(World.realm, tls=context, binding=binding), *words, scheme="https")
    visit(Server(World.realm, tls=context, binding=b"x" * 32), *words, scheme="https", code=401, body="who")


@test
def hash_of_the_binding_is_that_of_the_certificate():
    def rsa(*options):
        return ["rsa:2048", *options]

    for name, arguments, hashed in (("pss", rsa("-sha384", "-sigopt", "rsa_padding_mode:pss"), hashlib.sha384),
                                    ("sha1", rsa("-sha1"), hashlib.sha256), ("sha512", rsa("-sha512"), hashlib.sha512)):
        certificate, key = os.path.join(World.folder, name + ".pem"), os.path.join(World.folder, name + ".key")
        openssl("req", "-x509", "-newkey", *arguments, "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                "-keyout", key, "-out", certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(certificate, key)
        with open(certificate, encoding="ascii") as file:
            binding = hashed(ssl.PEM_cert_to_DER_cert(file.read())).digest()
        visit(Server(World.realm, tls=context, binding=binding), "ssl_verifypeer=0", scheme="https")
        # A token that is bound to nothing would do.
        visit(Server(World.realm, tls=context, binding=b"x" * 32), "ssl_verifypeer=0", scheme="https", code=401, body="who")


@test
def token_for_a_proxy_is_bound_to_its_certificate():
    context, binding = new_certificate()
    words = (f"proxyauth={NEGOTIATE}", "proxyuserpwd=:", "proxy_cainfo=" + World.authority.certificate,
             "cainfo=" + World.authority.certificate)
    for hashed, code in (binding, 200), (b"x" * 32, 407):
        proxy = Server(World.realm, proxy=True, tls=context, binding=hashed)
        transfer = World.run("url=http://elsewhere.test/page", f"proxy=https://localhost:{proxy.port}", *words)[0]
        proxy.stop()
        equal(transfer["response_code"], code, f"status ({transfer['error']})")
    for plain in True, False:
        inner, inner_binding = new_certificate()
        origin = Server(World.realm, tls=None if plain else inner, binding=None if plain else inner_binding)
        proxy = Server(World.realm, proxy=True, tls=context, binding=binding)
        visit(origin, "httpproxytunnel=1", f"proxy=https://localhost:{proxy.port}", *words, scheme="http" if plain else "https")
        proxy.stop()
        equal(proxy.seen, [(1, "CONNECT", f"localhost:{origin.port}", b"", "me@TEST")], "tunnels")


@test
def token_for_a_server_behind_an_https_proxy_is_not_bound_to_that():
    context, _ = new_certificate()
    server = Server(World.realm, tls=context, binding=None)
    transfer = World.run("url=http://localhost/page", f"httpauth={NEGOTIATE}", "userpwd=:", f"proxy=https://localhost:{server.port}",
                         "proxy_cainfo=" + World.authority.certificate)[0]
    server.stop()
    equal((transfer["response_code"], transfer["body"]), (200, "me@TEST"), "answer")


@test
def proxy_is_told_too():
    proxy = Server(World.realm, proxy=True)
    transfers = World.run("url=http://elsewhere.test/page", f"proxy=http://localhost:{proxy.port}",
                          f"proxyauth={NEGOTIATE}", "proxyuserpwd=:")
    proxy.stop()
    equal((transfers[0]["response_code"], transfers[0]["body"]), (200, "me@TEST"), "answer")
    equal(proxy.seen[-1][1:3], ("GET", "http://elsewhere.test/page"), "request")
    equal([one[4] for one in proxy.seen], ["me@TEST"], "who")


@test
def proxys_service_can_be_chosen_and_is_not_the_servers():
    proxy = Server(World.realm, proxy=True, service="web@localhost")
    transfers = World.run("url=http://elsewhere.test/page", f"proxy=http://localhost:{proxy.port}",
                          f"proxyauth={NEGOTIATE}", "proxyuserpwd=:", "proxy_service_name=web", "service_name=NOSUCH")
    proxy.stop()
    equal(transfers[0]["response_code"], 200, "status")


@test
def ticket_is_delegated_only_where_it_is_allowed():
    for allowed, given in (("0", False), ("2", True)):
        server = Server(World.realm)
        visit(server, "gssapi_delegation=" + allowed)
        equal(server.delegated, [given], f"delegated with {allowed}")


@test
def policy_decides_on_delegation():
    for service, allowed, given in (("HTTP", "1", False), ("trusted", "0", False), ("trusted", "1", True), ("trusted", "3", True)):
        server = Server(World.realm, service=f"{service}@localhost")
        visit(server, "service_name=" + service, "gssapi_delegation=" + allowed)
        equal(server.delegated, [given], f"delegated to {service} with {allowed}")


# ---- Tunnels ----

def through(proxy, *words):
    return (f"proxy=http://localhost:{proxy.port}", "httpproxytunnel=1", f"proxyauth={NEGOTIATE}", "proxyuserpwd=:", *words)


@test
def tunnel_is_opened_for_a_user_with_a_ticket():
    for auth, tunnels in (NEGOTIATE, ["me@TEST"]), (ANY, [None, "me@TEST"]):
        proxy, origin = Server(World.realm, proxy=True), Server(World.realm)
        visit(origin, *through(proxy), f"proxyauth={auth}", "copies=3")
        proxy.stop()
        equal([one[4] for one in proxy.seen], tunnels, "who asked for tunnels")
        equal({one[:3] for one in proxy.seen}, {(1, "CONNECT", f"localhost:{origin.port}")}, "tunnels")
        require(not any("proxy-authorization" in fields for fields in origin.fields), "a token for the proxy in the tunnel")
        require("authorization" not in proxy.fields[0], "a token for the server to the proxy")


@test
def tunnel_is_refused_without_a_ticket():
    proxy, origin = Server(World.realm, proxy=True), Server(World.realm)
    transfer = World.run(f"url=http://localhost:{origin.port}/", *through(proxy), env={"KRB5CCNAME": os.path.join(World.folder, "none")})[0]
    proxy.stop()
    origin.stop()
    equal((transfer["result"], transfer["http_connectcode"], origin.seen), (7, 407, []), transfer["error"])


@test
def proxy_that_closes_at_each_challenge_gets_the_token_on_the_next_connection():
    proxy, origin = Server(World.realm, proxy=True, closes=True), Server(World.realm)
    visit(origin, *through(proxy), f"proxyauth={ANY}")
    proxy.stop()
    equal([one[::4] for one in proxy.seen], [(1, None), (2, "me@TEST")], "tunnels")


@test
def proxy_and_server_may_both_ask_on_one_connection():
    for auth in NEGOTIATE, ANY:
        server = Server(World.realm, both=True)
        transfers = World.run("url=http://localhost/page", f"proxy=http://localhost:{server.port}", f"proxyauth={auth}", "proxyuserpwd=:",
                              f"httpauth={auth}", "userpwd=:", "copies=2")
        server.stop()
        equal([(one["response_code"], one["body"]) for one in transfers], [(200, "me@TEST")] * 2, "answers")
        equal({one[0] for one in server.seen}, {1}, "connections")


# ---- Rounds ----

def stub_visit(server, tokens, *words, code=200, host="localhost", result=0, **more):
    transfers = World.run(f"url=http://{host}:{server.port}/page", f"httpauth={NEGOTIATE}", "userpwd=:", *words,
                          client=World.stub_client, env={"GSS_STUB_TOKENS": str(tokens), **more})
    for transfer in transfers:
        equal((transfer["result"], transfer["response_code"]), (result, code), f"result ({transfer['error']})")
    server.stop()


@test
def server_may_take_several_rounds():
    for tokens in 2, 3, 5:
        for listens in {}, {"GSS_STUB_LISTENS": "1"}:
            server = Server(World.realm, rounds=tokens)
            stub_visit(server, tokens, "copies=2", **listens)
            equal([one[::4] for one in server.seen], [(1, None)] * (tokens - 1) + [(1, "somebody")] * 2, "requests")
            server = Server(World.realm, rounds=tokens)
            stub_visit(server, tokens, "postfields=the content", **listens)
            bodies = [one[3] for one in server.seen]
            equal((bodies[-1], set(bodies[:-1])), (b"the content", {b""}), "bodies")


@test
def proxy_may_take_several_rounds():
    for tokens in 2, 4:
        proxy, origin = Server(World.realm, proxy=True, rounds=tokens), Server(World.realm, rounds=2)
        stub_visit(origin, 2, f"proxy=http://localhost:{proxy.port}", "httpproxytunnel=1", f"proxyauth={NEGOTIATE}", "proxyuserpwd=:",
                   code=200 if tokens == 2 else 0, result=0 if tokens == 2 else 7)
        proxy.stop()
        equal([one[::4] for one in proxy.seen][:2], [(1, None), (1, "somebody" if tokens == 2 else None)], "tunnels")


@test
def server_and_proxy_may_both_take_rounds_on_one_connection():
    server = Server(World.realm, both=True, rounds=3)
    World.run("url=http://localhost/page", f"proxy=http://localhost:{server.port}", f"proxyauth={NEGOTIATE}", "proxyuserpwd=:",
              f"httpauth={NEGOTIATE}", "userpwd=:", client=World.stub_client, env={"GSS_STUB_TOKENS": "3"})
    server.stop()
    equal((server.seen[-1][4], {one[0] for one in server.seen}), ("somebody", {1}), "last request, connections")


@test
def server_that_closes_in_the_middle_of_the_rounds_comes_to_an_end():
    server = Server(World.realm, rounds=3, closes=True)
    World.run(f"url=http://localhost:{server.port}/page", f"httpauth={NEGOTIATE}", "userpwd=:", client=World.stub_client,
              env={"GSS_STUB_TOKENS": "3"})
    server.stop()
    require(len(server.seen) < 100, f"{len(server.seen)} requests")


@test
def server_that_goes_on_for_ever_comes_to_an_end():
    server = Server(World.realm, rounds=1000000)
    World.run(f"url=http://localhost:{server.port}/page", f"httpauth={NEGOTIATE}", "userpwd=:", client=World.stub_client,
              env={"GSS_STUB_TOKENS": "1000000"})
    server.stop()
    require(len(server.seen) < 100, f"{len(server.seen)} requests")


@test
def tokens_may_be_long():
    server = Server(World.realm, rounds=2)
    stub_visit(server, 2, GSS_STUB_LENGTH="40000")


# ---- What does not work ----

@test
def server_that_cannot_read_the_ticket_is_asked_once():
    server = Server(World.realm, service="changed@localhost")
    visit(server, "service_name=changed", code=401, body="who")
    equal([len(server.seen), len(server.tokens)], [1, 1], "requests and tokens")


@test
def proxy_that_cannot_read_the_ticket_opens_no_tunnel():
    proxy, origin = Server(World.realm, proxy=True, service="changed@localhost"), Server(World.realm)
    transfer = World.run(f"url=http://localhost:{origin.port}/", *through(proxy), "proxy_service_name=changed")[0]
    proxy.stop()
    origin.stop()
    equal((transfer["result"], transfer["http_connectcode"], len(proxy.tokens)), (7, 407, 1), transfer["error"])


@test
def user_without_a_ticket_falls_back_to_the_next_method():
    for env in {"KRB5CCNAME": os.path.join(World.folder, "none")}, {"KRB5CCNAME": World.realm.expired()}:
        server = Server(World.realm, basic=True)
        visit(server, f"httpauth={ANY}", "userpwd=me:secret", env=env, body="me:secret")
        equal([one[4] for one in server.seen], [None, "me:secret"], "who")
        require(not server.tokens, "tokens")


@test
def user_whose_ticket_has_expired_is_not_let_in():
    server = Server(World.realm)
    visit(server, env={"KRB5CCNAME": World.realm.expired()}, code=401, body="who")
    require(not server.tokens, "tokens")


@test
def challenge_that_is_no_base64_or_no_token_ends_it():
    for word in b"%%%", base64.b64encode(b"x" * 5), base64.b64encode(b"\xa1" + b"x" * 20000):
        server = Server(World.realm)
        server.context = lambda word=word: Liar(word)
        visit(server, code=401, body="who")
        require(len(server.seen) <= 2, f"{len(server.seen)} requests")


class Liar:
    """Answers every token with the same word."""
    complete = False

    def __init__(self, word):
        self.word = word

    def step(self, _):
        try:
            return base64.b64decode(self.word, validate=True)
        except ValueError:
            return b"%"


# ---- Whose connection it is ----

@test
def connection_of_a_user_is_nobody_elses():
    for others in (("http://:@localhost", "http://you:secret@localhost"), ("http://localhost", "http://you:secret@localhost"),
                   ("http://you:@localhost", "http://:@localhost")):
        server = Server(World.realm, basic=True)
        words = [f"url={other}:{server.port}/{at}" for at, other in enumerate(others)]
        for mode in "easy", "turns", "shared":
            server.seen.clear()
            server.fields.clear()
            World.run(*words, f"httpauth={NEGOTIATE}", "mode=" + mode)
            for one, fields in zip(server.seen, server.fields):
                require(one[4] is None or "authorization" in fields, f"{one[1:3]} of {others} as {one[4]} in {mode}")
        server.stop()


@test
def tunnel_of_a_user_is_nobody_elses():
    proxy, origin = Server(World.realm, proxy=True), Server(World.realm)
    at = f"localhost:{proxy.port}"
    transfers = World.run(f"url=http://localhost:{origin.port}/", "httpproxytunnel=1", f"proxyauth={NEGOTIATE}", f"proxy=http://:@{at}",
                          f"httpauth={NEGOTIATE}", "userpwd=:")
    proxy.stop()
    origin.stop()
    equal(transfers[0]["response_code"], 200, "status")


class Sender(Server):
    """Sends everybody elsewhere."""
    to = None

    def converse(self, link, lines, number):
        while lines.readline():
            while lines.readline() not in (b"\r\n", b""):
                pass
            link.sendall(b"HTTP/1.1 302 There\r\nLocation: " + self.to.encode() + b"\r\nContent-Length: 0\r\n\r\n")


@test
def server_that_only_a_redirect_names_gets_no_ticket():
    for who in "", "you:secret@":
        for auth in NEGOTIATE, ANY:
            first, other = Sender(World.realm), Server(World.realm, service="HTTP@127.0.0.1")
            first.to = f"http://{who}127.0.0.1:{other.port}/"
            transfer = World.run(f"url=http://localhost:{first.port}/", "followlocation=1", f"httpauth={auth}", "userpwd=:")[0]
            first.stop()
            other.stop()
            equal((transfer["response_code"], other.tokens), (401, []), f"status, tokens for {first.to}")


class Both(Server):
    """HTTP/2 as well, where it asks for NTLM, too (`basic`: for Basic instead). `streams`: how many there were."""
    streams = 0

    def serve(self, link, number):
        preface = b"PRI * HTTP/2.0"
        try:
            if link.recv(len(preface), socket.MSG_PEEK | socket.MSG_WAITALL) != preface:
                super().serve(link, number)
                return
            with link:
                self.converse_2(link)
        except OSError:
            pass

    def converse_2(self, link):
        talk = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        talk.initiate_connection()
        link.sendall(talk.data_to_send())
        while piece := link.recv(65536):
            for event in talk.receive_data(piece):
                if isinstance(event, h2.events.RequestReceived):
                    self.streams += 1
                    basic = dict(event.headers).get("authorization", "").startswith("Basic ")
                    asks = [("www-authenticate", "Negotiate"), ("www-authenticate", "Basic realm=x" if self.basic else "NTLM")]
                    talk.send_headers(event.stream_id, [(":status", "200")] if basic else [(":status", "401"), *asks], end_stream=True)
            link.sendall(talk.data_to_send())


@test
def transfers_on_one_connection_of_http2_do_not_disturb_each_other():
    if not h2:
        raise Skip("no h2")
    server = Both(World.realm, rounds=2)
    transfers = World.run(f"url=http://localhost:{server.port}/page", "copies=4", "mode=multi", f"httpauth={ANY}", "userpwd=:",
                          "http_version=5", "pipewait=1", client=World.stub_client, env={"GSS_STUB_TOKENS": "2", "GSS_STUB_MEETS": "2"})
    server.stop()
    equal([(one["result"], one["response_code"], one["body"]) for one in transfers], [(0, 200, "somebody")] * 4, "answers")
    equal(server.streams, 4, "streams of HTTP/2")


@test
def user_without_a_ticket_stays_on_http2_with_the_next_method():
    if not h2:
        raise Skip("no h2")
    server = Both(World.realm, basic=True)
    visit(server, f"httpauth={ANY}", "userpwd=me:secret", "http_version=5", env={"KRB5CCNAME": os.path.join(World.folder, "none")}, body="")
    equal((server.count, server.streams), (1, 2), "connections and streams")


@test
def any_allocation_may_fail():
    for words in ((), ("httpauth=" + str(ANY),)):
        server = Server(World.realm)
        told = World.call(World.memory_client, "7", f"url=http://localhost:{server.port}/", f"httpauth={NEGOTIATE}", "userpwd=:", *words,
                          limit_s=4 * LIMIT_S)
        server.stop()
        require(int(told.split()[0]) > 50, f"{told}")
    proxy, origin = Server(World.realm, proxy=True), Server(World.realm)
    World.call(World.memory_client, "7", f"url=http://localhost:{origin.port}/", f"httpauth={NEGOTIATE}", "userpwd=:", *through(proxy),
               limit_s=4 * LIMIT_S)
    proxy.stop()
    origin.stop()


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
        World.realm = kerberos.Realm(os.path.join(folder, "realm"))
        try:
            for service in ("HTTP/localhost", "HTTP/127.0.0.1", "web/localhost", "changed/localhost"):
                World.realm.service(service)
            World.realm.service("trusted/localhost", trusted=True)
            World.realm.change_key("changed/localhost")
            World.realm.log_in("me")
            World.realm.log_in_briefly("me")
            return tell_all(arguments.only)
        finally:
            World.realm.stop()


if __name__ == "__main__":
    sys.exit(main())
