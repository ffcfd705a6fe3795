#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Negotiate (RFC 4559) with a realm of Kerberos, a server and a proxy; reported as TAP.

    negotiate_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c. Without MIT Kerberos' programs and python3-gssapi all is skipped.
"""
import base64
import hashlib
import json
import os
import socket
import ssl
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
    from gssapi.raw import ChannelBindings
except ImportError as absent:
    print(f"1..0 # SKIP no {absent.name}")
    sys.exit(0)

LIMIT_S = 40
NEGOTIATE, ANY = 4, 0xffffffef


class Server:
    """Answers who proves to be somebody, on each connection once. `seen`: what every request was: the number
    of its connection, method, target, body, who it is from. `proxy`: asks as one. `tls`, `binding`: the certificate's
    hash that the client's tokens are to be bound to."""

    def __init__(self, realm, service="HTTP@localhost", proxy=False, tls=None, binding=None, answers_body=True,
                 each_time=False):
        os.environ.update(realm.environment)
        name = gssapi.Name(service, gssapi.NameType.hostbased_service)
        self.credentials = gssapi.Credentials(name=name, usage="accept")
        self.proxy, self.tls, self.binding, self.each_time = proxy, tls, binding, each_time
        self.answers_body = answers_body
        self.seen, self.errors, self.delegated = [], [], []
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
        context, who = None, None
        while line := lines.readline():
            method, target, _ = line.decode().split(" ")
            fields = {}
            while (line := lines.readline().decode()) not in ("\r\n", ""):
                name, _, value = line.partition(":")
                fields[name.lower()] = value.strip()
            body = lines.read(int(fields.get("content-length", 0)))
            given = fields.get("proxy-authorization" if self.proxy else "authorization", "")
            token = b""
            if given.startswith("Negotiate "):
                context = context if context and not context.complete else self.context()
                try:
                    token = context.step(base64.b64decode(given[10:])) or b""
                    who = str(context.initiator_name) if context.complete else None
                    if who:
                        self.delegated.append(context.delegated_creds is not None)
                except gssapi.exceptions.GSSError:
                    context, who = None, None
            elif self.each_time:
                who = None
            self.seen.append((number, method, target, body, who))
            link.sendall(self.answer(who, token, context))

    def context(self):
        bindings = self.binding and ChannelBindings(application_data=b"tls-server-end-point:" + self.binding)
        return gssapi.SecurityContext(creds=self.credentials, usage="accept", channel_bindings=bindings)

    def answer(self, who, token, context):
        word = b" " + base64.b64encode(token) if token else b""
        name = b"Proxy-Authenticate" if self.proxy else b"WWW-Authenticate"
        if who:
            body = who.encode()
            return (b"HTTP/1.1 200 OK\r\n" + (name + b": Negotiate" + word + b"\r\n" if word else b"") +
                    b"Content-Length: %d\r\n\r\n" % len(body) + body)
        code = b"407 Proxy" if self.proxy else b"401 No"
        goes_on = context is not None and word
        return (b"HTTP/1.1 " + code + b"\r\n" + name + b": Negotiate" + (word if goes_on else b"") +
                b"\r\nContent-Length: 3\r\n\r\nwho")

    def stop(self):
        self.listener.close()
        require(not self.errors, f"in the server: {self.errors}")


class World:
    client = None
    realm = None
    folder = None

    @classmethod
    def run(cls, *words, env=None):
        """The transfers of a run."""
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment.update(cls.realm.environment)
        environment.update(env or {})
        done = subprocess.run([cls.client, *words], capture_output=True, timeout=LIMIT_S, check=False, env=environment,
                              stdin=subprocess.DEVNULL)
        require(done.returncode == 0, f"the client ended with {done.returncode}: {done.stderr.decode()}")
        transfers = json.loads(done.stdout)["transfers"]
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


@test
def token_is_bound_to_the_certificate():
    authority = World.authority
    certificate, key = authority.issue("localhost", "DNS:localhost")
    with open(certificate, encoding="ascii") as file:
        text = file.read()
    der = ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN"):])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    words = ("cainfo=" + authority.certificate,)
    visit(Server(World.realm, tls=context, binding=hashlib.sha256(der).digest()), *words, scheme="https")
    visit(Server(World.realm, tls=context, binding=b"x" * 32), *words, scheme="https", code=401, body="who")


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


def main():
    arguments = parse()
    missing = [name for name in kerberos.NEEDED if not kerberos.find(name)]
    if missing:
        print(f"1..0 # SKIP no {missing[0]}")
        return 0
    World.client = arguments.client
    with tempfile.TemporaryDirectory() as folder:
        World.folder = folder
        World.authority = Authority(os.path.join(folder, "authority"))
        World.realm = kerberos.Realm(os.path.join(folder, "realm"))
        try:
            for service in ("HTTP/localhost", "web/localhost"):
                World.realm.service(service)
            World.realm.log_in("me")
            return tell_all(arguments.only)
        finally:
            World.realm.stop()


if __name__ == "__main__":
    sys.exit(main())
