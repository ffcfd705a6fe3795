#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""POP3 and POP3S with a scripted peer; reported as TAP.

    pop3_test.py [--only PATTERN] CLIENT MEMORY_CLIENT

The clients are the programs built from server_client.c and memory_client.c.
"""
import base64
import hashlib
import hmac
import os
import ssl
import subprocess
import sys
import tempfile

from authority import Authority
from ftp_peer import Peer, Surprise
from scripted import WORLD, Run, environment, expect, expect_end
from tap import equal, parse, require, tell_all, test
from world import fnv, pattern

URL = "pop3://127.0.0.1:{port}"
MESSAGE = "Subject: hi\r\n\r\n.one dot\r\nend\r\n"
STUFFED = MESSAGE.replace("\r\n.", "\r\n..") + "."
TRY, ALL = "use_ssl=1", "use_ssl=3"


def able(link, *abilities):
    link.expect("CAPA", "+OK here they are", *abilities, ".")


def greet(link, *abilities, welcome="+OK ready"):
    link.say(welcome)
    able(link, *abilities)


def log_in(link, user="u", password="p"):
    greet(link, "USER")
    link.expect("USER " + user, "+OK")
    link.expect("PASS " + password, "+OK welcome")


def answers(*pairs, end=True):
    """A log-in, then these commands with their answers."""
    def script(link):
        log_in(link)
        for command, answer in pairs:
            link.expect(command, *(answer if isinstance(answer, tuple) else (answer,)))
        if end:
            link.end()
    return script


def run(script, *options, path="/1", login="userpwd=u:p", **more):
    return Run(script, *options, *([login] if login else []), url=URL + path, **more)


def b64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*WORLD["pair"])
    return context


# What is asked for.

@test
def messages_come_without_their_stuffing():
    for piece in (0, 1, 7):
        equal(run(answers(("RETR 1", ("+OK", STUFFED))), piece=piece).body, MESSAGE, "body")


@test
def large_messages_come_whole():
    size = 1000000
    body = pattern(size).replace(b"\r", b"x")  # no line begins with a dot
    told = run(answers(("RETR 1", ("+OK", body.decode("latin-1"), "."))), piece=4001).transfer
    equal((told["len"], told["sum"]), (size + 2, fnv(body + b"\r\n")), "body")


@test
def lists_come_with_and_without_a_number():
    equal(run(answers(("LIST", ("+OK", "1 2", "2 3", "."))), path="/").body, "1 2\r\n2 3\r\n", "body")
    equal(run(answers(("LIST", ("+OK", "."))), path="/").body, "", "body")
    equal(run(answers(("LIST 2", "+OK 2 3")), "dirlistonly=1", path="/2").body, "", "body")


@test
def own_commands_have_one_line_or_several():
    equal(run(answers(("TOP 1 0", ("+OK", "a: b", "."))), "customrequest=TOP 1 0", path="/").body, "a: b\r\n", "body")
    equal(run(answers(("UIDL", ("+OK", "1 x", "."))), "customrequest=UIDL", path="/").body, "1 x\r\n", "body")
    equal(run(answers(("STAT", "+OK 1 2")), "customrequest=STAT", path="/").body, "", "body")
    equal(run(answers(("DELE 1", "+OK")), "customrequest=DELE", "nobody=1").body, "", "body")


@test
def refused_command_is_an_error_and_the_connection_stays():
    script = answers(("RETR 9", "-ERR none"), ("RETR 9", ("+OK", "x", ".")))
    transfers = run(script, path="/9", count=2, expected=None).transfers
    equal([transfer["result"] for transfer in transfers], [8, 0], "results")


@test
def connection_serves_the_same_user_only():
    def both(link):
        answers(("RETR 1", ("+OK", STUFFED)), ("RETR 1", ("+OK", STUFFED)))(link)
    equal(len(run(both, count=2).controls), 1, "connections")
    peer = Peer(lambda link: answers(("RETR 1", ("+OK", "a", ".")))(link),
                lambda link: (log_in(link, "v", "q"), link.expect("RETR 1", "+OK", "b", "."), link.end()))
    host = f"127.0.0.1:{peer.port}/1"
    done = subprocess.run([WORLD["client"], f"url=pop3://u:p@{host}", f"url=pop3://v:q@{host}"], check=False,
                          capture_output=True, timeout=60, env=environment())
    equal(done.returncode, 0, "status")
    equal(peer.stop(), [], "in the peer")


@test
def closed_connection_is_replaced():
    script = answers(("RETR 1", ("+OK", STUFFED)), end=False)
    told = run((script, answers(("RETR 1", ("+OK", STUFFED)))), count=2)
    equal([transfer["body"] for transfer in told.transfers], [MESSAGE, MESSAGE], "bodies")


@test
def end_inside_a_message_is_an_error():
    equal(run(answers(("RETR 1", ("+OK", "a")), end=False), expected=18).body, "a\r\n", "body")


# What is refused.

@test
def injected_commands_are_refused():
    def nothing_more(link):
        log_in(link)
        link.end()
    run(nothing_more, path="/1%0d%0aDELE%201", expected=3)
    run(nothing_more, path="/1%00", expected=3)
    run(nothing_more, "customrequest=STAT\r\nDELE 1", expected=43)
    run(expect_end, path="/1", login="userpwd=u\r\nDELE 1:p", expected=43)


@test
def strange_servers_are_refused():
    run(lambda link: link.say("-ERR busy"), expected=8)
    run(lambda link: link.send(b"+OK a\0b\r\n"), expected=8)
    run(lambda link: None, expected=56)

    def endless(link):
        try:
            link.send(b"+OK " + b"x" * 100000)
            link.drain()
        except OSError:
            pass
    run(endless, expected=100)

    def abilities_without_end(link):
        try:
            link.say("+OK")
            link.expect("CAPA", "+OK", *(["X"] * 2000))
            link.drain()
        except OSError:
            pass
    run(abilities_without_end, expected=8)


@test
def silence_ends_after_the_response_time():
    run(lambda link: link.drain(), "server_response_timeout=1", expected=28)


@test
def refused_password_is_denied():
    def script(link):
        greet(link, "USER")
        link.expect("USER u", "+OK")
        link.expect("PASS p", "-ERR no")
        expect_end(link)
    run(script, expected=67)


# Who we are.

@test
def nobody_logs_in_without_a_name():
    def script(link):
        greet(link, "USER", "SASL PLAIN")
        link.expect("RETR 1", "+OK", STUFFED)
        link.end()
    equal(run(script, login=None).body, MESSAGE, "body")


@test
def servers_without_capabilities_have_user_and_pass():
    def script(link):
        link.say("+OK")
        link.expect("CAPA", "-ERR what?")
        link.expect("USER u", "+OK")
        link.expect("PASS p", "+OK")
        link.expect("RETR 1", "+OK", STUFFED)
        link.end()
    run(script)


def authenticates(abilities, *talk, welcome="+OK ready", done=True):
    """Pairs of what the client says and what it is told."""
    def script(link):
        greet(link, *abilities, welcome=welcome)
        for said, told in talk:
            link.expect(said, told)
        if done:
            link.expect("RETR 1", "+OK", STUFFED)
            link.end()
        else:
            expect_end(link)
    return script


@test
def time_stamp_is_for_apop():
    sum_ = hashlib.md5(b"<1.2@h>p").hexdigest()
    script = authenticates(["USER"], (f"APOP u {sum_}", "+OK"), welcome="+OK <1.2@h>")
    for piece in (0, 1):
        run(script, piece=piece)


@test
def mechanisms_are_used():
    sum_ = hmac.new(b"p", b"<c>", "md5").hexdigest()
    plain = b64("\0u\0p")
    run(authenticates(["SASL PLAIN"], ("AUTH PLAIN", "+ "), (plain, "+OK")))
    run(authenticates(["SASL PLAIN"], (f"AUTH PLAIN {plain}", "+OK")), "sasl_ir=1")
    run(authenticates(["SASL PLAIN"], ("AUTH PLAIN", "+"), (b64("z\0u\0p"), "+OK")), "sasl_authzid=z")
    run(authenticates(["SASL LOGIN"], ("AUTH LOGIN", "+ " + b64("Name")), (b64("u"), "+ " + b64("Word")), (b64("p"), "+OK")))
    run(authenticates(["SASL PLAIN CRAM-MD5"], ("AUTH CRAM-MD5", "+ " + b64("<c>")), (b64(f"u {sum_}"), "+OK")))
    run(authenticates(["SASL XOAUTH2 PLAIN"], ("AUTH XOAUTH2", "+"), (b64("user=u\1auth=Bearer t\1\1"), "+OK")),
        "xoauth2_bearer=t")
    run(authenticates(["SASL EXTERNAL PLAIN"], ("AUTH EXTERNAL", "+"), (b64("u"), "+OK")),
        "login_options=AUTH=EXTERNAL", login="username=u")


@test
def digest_md5_is_answered():
    def script(link):
        greet(link, "SASL DIGEST-MD5 PLAIN")
        link.expect("AUTH DIGEST-MD5", "+ " + b64('realm="r",nonce="n",algorithm=md5-sess,qop="auth"'))
        fields = dict(part.split("=", 1) for part in base64.b64decode(link.read()).decode().split(","))
        fields = {name: value.strip('"') for name, value in fields.items()}
        secret = hashlib.md5(hashlib.md5(b"u:r:p").digest() + f":n:{fields['cnonce']}".encode()).hexdigest()
        what = hashlib.md5(b"AUTHENTICATE:pop/127.0.0.1").hexdigest()
        wanted = hashlib.md5(f"{secret}:n:00000001:{fields['cnonce']}:auth:{what}".encode()).hexdigest()
        if fields["response"] != wanted:
            raise Surprise(str(fields))
        link.say("+ " + b64("rspauth=x"))
        link.expect("", "+OK")
        link.expect("RETR 1", "+OK", STUFFED)
        link.end()
    for piece in (0, 1):
        run(script, piece=piece)


@test
def failed_mechanism_is_cancelled_and_the_next_one_tried():
    run(authenticates(["SASL CRAM-MD5 PLAIN"], ("AUTH CRAM-MD5", "+ Rubbish"), ("*", "-ERR"), ("AUTH PLAIN", "+ "),
                      (b64("\0u\0p"), "+OK")))
    run(authenticates(["SASL CRAM-MD5"], ("AUTH CRAM-MD5", "+ Rubbish"), ("*", "-ERR"), done=False), expected=67)


@test
def refused_mechanism_is_denied_without_another_try():
    run(authenticates(["SASL CRAM-MD5 PLAIN", "USER"], ("AUTH CRAM-MD5", "-ERR"), done=False), expected=67)


@test
def endless_challenges_are_cancelled():
    for name in ("PLAIN", "LOGIN"):
        def script(link, name=name):
            greet(link, "SASL " + name)
            link.expect("AUTH " + name, "+ ")
            while True:
                line = link.read()
                if line == "*":
                    break
                link.say("+ ")
            link.say("-ERR")
            expect_end(link)
        run(script, expected=67)


@test
def login_options_choose():
    everything = ["USER", "SASL PLAIN CRAM-MD5"]
    run(authenticates(everything, ("AUTH PLAIN", "+"), (b64("\0u\0p"), "+OK")), "login_options=AUTH=PLAIN")
    run(authenticates(everything, done=False), "login_options=AUTH=NTLM", expected=67)
    run(authenticates(everything, done=False), "login_options=AUTH=+APOP", expected=67)
    run(authenticates(everything, done=False), "login_options=AUTH=NONE-SUCH", expected=3)
    run(authenticates(everything, done=False), "login_options=AUTH=+APOP;AUTH=WHAT", expected=3)
    run(authenticates(everything, done=False), "login_options=WHAT", expected=3)


# TLS.

def starts_tls(link):
    greet(link, "STLS", "USER")
    link.expect("STLS", "+OK begin")
    link.secure(server_context())
    able(link, "USER")
    link.expect("USER u", "+OK")
    link.expect("PASS p", "+OK")
    link.expect("RETR 1", "+OK", STUFFED)
    link.end()


@test
def tls_begins_after_a_word():
    for wish in (TRY, ALL):
        equal(run(starts_tls, wish, "cainfo=" + WORLD["ca"]).body, MESSAGE, "body")


@test
def tls_begins_with_the_connection():
    def script(link):
        link.secure(server_context())
        answers(("RETR 1", ("+OK", STUFFED)))(link)
    equal(Run(script, "cainfo=" + WORLD["ca"], "userpwd=u:p", url="pop3s://127.0.0.1:{port}/1").body, MESSAGE, "body")


@test
def passwords_stay_here_without_the_tls_that_is_wanted():
    def without_stls(link):
        greet(link, "USER", "SASL PLAIN")
        expect_end(link)
    run(without_stls, ALL, expected=64)

    def refuses(link):
        greet(link, "STLS", "USER")
        link.expect("STLS", "-ERR not now")
        expect_end(link)
    run(refuses, ALL, expected=64)

    def no_list(link):
        link.say("+OK")
        link.expect("CAPA", "-ERR")
        expect_end(link)
    run(no_list, ALL, expected=64)


@test
def tls_that_is_only_tried_may_be_missing():
    run(answers(("RETR 1", ("+OK", STUFFED))), TRY)


@test
def answers_injected_before_tls_are_refused():
    for answer in (b"+OK\r\n+OK\r\n", b"-ERR\r\n+OK\r\n+OK\r\n"):
        def script(link, answer=answer):
            greet(link, "STLS", "USER")
            expect(link, b"STLS\r\n")
            link.send(answer)
            expect_end(link)
        for wish in (TRY, ALL):
            run(script, wish, expected=8)


# Memory.

@test
def every_allocation_may_fail():
    body = pattern(3000).replace(b"\r", b"x")
    line = body.decode("latin-1")

    def script(link):
        try:
            link.say("+OK <1@h>")
            while (command := link.read()) is not None:
                if command == "CAPA":
                    for said in ("+OK", "SASL CRAM-MD5", "USER", "."):
                        link.say(said)
                elif command.startswith("AUTH"):
                    link.say("+ " + b64("<c>"))
                elif command.startswith("RETR"):
                    link.say("+OK")
                    link.say(line)
                    link.say(".")
                else:
                    link.say("+OK")
        except OSError:
            pass
    peer = Peer(script)
    done = subprocess.run([WORLD["memory_client"], str(len(body) + 2), f"url=pop3://127.0.0.1:{peer.port}/1",
                           "userpwd=u:p"], check=False, capture_output=True, timeout=120, env=environment())
    peer.stop()
    require(done.returncode == 0, (done.stdout + done.stderr).decode())


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="pop3-test-") as folder:
        authority = Authority(os.path.join(folder, "ca"))
        WORLD.update(client=arguments.client, memory_client=arguments.memory_client, ca=authority.certificate,
                     pair=authority.issue("good", "IP:127.0.0.1"))
        return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
