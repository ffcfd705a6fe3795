#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Logging in over SSH with passwords and answers (RFC 4252, 4256), against python3-paramiko's server;
reported as TAP.

    ssh_login_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c.
"""
import contextlib
import os
import sys
import tempfile

from ftp_peer import Peer
from scripted import WORLD, client, results
from tap import equal, parse, require, tell_all, test
from world import fnv, pattern

try:
    import paramiko
except ImportError:
    paramiko = None

DENIED = 67
PUBLICKEY, PASSWORD, KEYBOARD = 1, 2, 8
CONTENT = pattern(100000)


class Host(paramiko.ServerInterface if paramiko else object):
    """Knows one user. `asks` are the questions; what was tried is in `tried`."""

    def __init__(self, offers, user, password, asks):
        self.offers, self.user, self.password, self.asks, self.tried = offers, user, password, asks, []

    def _judge(self, user, password):
        return paramiko.AUTH_SUCCESSFUL if (user, password) == (self.user, self.password) else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return self.offers

    def check_auth_none(self, username):
        return paramiko.AUTH_SUCCESSFUL if not self.offers else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username, key):
        self.tried.append("publickey")
        return paramiko.AUTH_FAILED

    def check_auth_password(self, username, password):
        self.tried.append(("password", username, password))
        return self._judge(username, password)

    def check_auth_interactive(self, username, submethods):
        self.user_asked = username
        self.left = list(self.asks)
        return self._ask()

    def _ask(self):
        return paramiko.InteractiveQuery("", "", *self.left.pop(0))

    def check_auth_interactive_response(self, responses):
        self.tried.append(("answers", *responses))
        if self.left:
            return self._ask()
        return self._judge(self.user_asked, "".join(responses) or self.password)

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class Files(paramiko.SFTPServerInterface if paramiko else object):
    """One file, whatever its name."""

    def stat(self, path):
        attributes = paramiko.SFTPAttributes()
        attributes.st_size, attributes.st_mode = len(CONTENT), 0o100644
        return attributes

    def open(self, path, flags, attr):
        handle = paramiko.SFTPHandle(flags)
        handle.stat = lambda: self.stat(path)
        handle.read = lambda offset, length: CONTENT[offset:offset + length] or paramiko.SFTP_EOF
        return handle


@contextlib.contextmanager
def server(offers, user="me", password="secret", asks=((("Password: ", False),),)):
    """Its hosts, one a connection, are in `hosts`."""
    hosts = []

    def serve(control):
        with contextlib.closing(paramiko.Transport(control.link)) as transport:
            transport.add_server_key(WORLD["key"])
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
            hosts.append(Host(offers, user, password, asks))
            with contextlib.suppress(paramiko.SSHException, EOFError):
                transport.start_server(server=hosts[-1])
            transport.join()
    peer = Peer(serve)
    try:
        yield f"url=sftp://127.0.0.1:{peer.port}/file", hosts
    finally:
        require(not peer.stop(), f"in the peer: {peer.errors}")


def log_in(url, words, *expected):
    transfers = client(url, *words)
    results(transfers, *expected)
    for transfer in transfers:
        if not transfer["result"]:
            equal(transfer["sum"], fnv(CONTENT), "what came")
    return transfers


@test
def password_logs_in():
    for mode in ("mode=easy", "mode=multi"):
        for password, expected in (("secret", 0), ("Secret", DENIED), ("", DENIED), ("s" * 2000, DENIED)):
            with server("password") as (url, hosts):
                log_in(url, (f"userpwd=me:{password}", mode), expected)
            equal(hosts[0].tried, [("password", "me", password)], "tried")
    with server("password", user="söme one", password="p:ä@/") as (url, hosts):
        log_in(url, ("userpwd=söme one:p:ä@/",), 0)


@test
def password_is_that_of_the_url():
    with server("password", user="a b", password="c:d") as (url, hosts):
        log_in(url.replace("//", "//a%20b:c%3Ad@"), (), 0)


@test
def one_question_is_the_passwords():
    for password, expected in (("secret", 0), ("other", DENIED)):
        with server("keyboard-interactive") as (url, hosts):
            log_in(url, ("userpwd=me:" + password,), expected)
        equal(hosts[0].tried, [("answers", password)], "tried")


@test
def other_questions_get_no_password():
    """Nor does a round without a question, which only tells something."""
    for asks, answers in ((((("One: ", False), ("Two: ", True)),), [("answers", "", "")]),
                          (((), (("Password: ", False),)), [("answers",), ("answers", "secret")])):
        with server("keyboard-interactive", asks=asks) as (url, hosts):
            client(url, "userpwd=me:secret")
        equal(hosts[0].tried, answers, "tried")


@test
def only_what_may_be_is_tried():
    everything = "publickey,password,keyboard-interactive"
    for types, tried in ((PASSWORD, ["password"]), (KEYBOARD, ["answers"]), (PASSWORD | KEYBOARD, ["password", "answers"]),
                         (PUBLICKEY, [])):
        with server(everything, password="none of these") as (url, hosts):
            log_in(url, ("userpwd=me:secret", f"ssh_auth_types={types}"), DENIED)
        equal([what[0] for what in hosts[0].tried], tried, f"tried with {types}")
    with server("password") as (url, hosts):
        log_in(url, ("userpwd=me:secret", f"ssh_auth_types={KEYBOARD}"), DENIED)
    equal(hosts[0].tried, [], "tried")


@test
def password_comes_after_a_key_that_is_refused():
    with server("publickey,password") as (url, hosts):
        log_in(url, ("userpwd=me:secret", "ssh_private_keyfile=" + WORLD["key_file"]), 0)
    equal(hosts[0].tried[-1], ("password", "me", "secret"), "tried last")
    require("publickey" in hosts[0].tried, "the key was tried")


@test
def server_that_takes_everybody_gets_no_password():
    with server("") as (url, hosts):
        log_in(url, ("userpwd=me:secret",), 0)
    equal(hosts[0].tried, [], "tried")


@test
def connection_is_that_of_its_password():
    with server("password") as (url, hosts):
        mine, wrong = url.replace("//", "//me:secret@"), url.replace("//", "//me:wrong@")
        results(client(mine, mine, wrong, mine), 0, 0, DENIED, 0)
    equal([host.tried[0][2] for host in hosts[:2]], ["secret", "wrong"], "passwords")


def main():
    arguments = parse()
    if not paramiko:
        print("1..0 # SKIP there is no paramiko for this Python")
        return 0
    with tempfile.TemporaryDirectory(prefix="ssh-login-test-") as folder:
        key = paramiko.RSAKey.generate(2048)
        file = os.path.join(folder, "key")
        key.write_private_key_file(file)
        WORLD.update(client=arguments.client, key=key, key_file=file)
        return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
