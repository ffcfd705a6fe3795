#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SMTP and SMTPS with a scripted peer; reported as TAP.

    smtp_test.py [--only PATTERN] CLIENT MEMORY_CLIENT

The clients are the programs built from server_client.c and memory_client.c.
"""
import base64
import os
import ssl
import subprocess
import sys
import tempfile

from authority import Authority
from ftp_peer import Peer, Surprise
from scripted import WORLD, Run, environment, expect, expect_end
from tap import equal, parse, require, tell_all, test

URL = "smtp://127.0.0.1:{port}/me"
FROM, TO = "mail_from=a@a.test", "mail_rcpt=b@b.test"
TRY, ALL = "use_ssl=1", "use_ssl=3"
BACK = "334 "


def b64(text):
    return base64.b64encode(text.encode()).decode()


def hello(link, *abilities, name="me"):
    lines = ["hello", *abilities]
    link.expect("EHLO " + name, *[f"250-{line}" for line in lines[:-1]], "250 " + lines[-1])


def greet(link, *abilities):
    link.say("220-this is a server")
    link.say("220 ready")
    hello(link, *abilities)


def message(link):
    """The message as it comes, with its end."""
    got = link.received
    while not got.endswith(b"\r\n.\r\n") and got != b".\r\n":
        more = link.link.recv(65536)
        if not more:
            raise Surprise(f"the end behind {got[-20:]!r}")
        got += more
    link.received = b""
    return got


def takes(*abilities, mail="MAIL FROM:<a@a.test>", recipients=("RCPT TO:<b@b.test>",), into=None, end=True):
    """A whole mail; the message goes into the list."""
    def script(link):
        greet(link, *abilities)
        take_mail(link, mail, recipients, into)
        if end:
            link.end()
    return script


def take_mail(link, mail="MAIL FROM:<a@a.test>", recipients=("RCPT TO:<b@b.test>",), into=None):
    link.expect(mail, "250 fine")
    for recipient in recipients:
        link.expect(recipient, "250 fine")
    link.expect("DATA", "354 go on")
    got = message(link)
    if into is not None:
        into.append(got)
    link.say("250 taken")


def answers(*pairs, abilities=()):
    def script(link):
        greet(link, *abilities)
        for command, answer in pairs:
            link.expect(command, *(answer if isinstance(answer, tuple) else (answer,)))
        link.end()
    return script


def run(script, *options, url=URL, mail=True, **more):
    if mail and not any(option.startswith(("upload", "unsized")) for option in options):
        options += ("upload=10", "text=hi\r\n")
    return Run(script, *([FROM, TO] if mail else []), *options, url=url, **more)


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*WORLD["pair"])
    return context


# Mails.

def sent(text, *options, size=None, **more):
    """What a server gets of an upload."""
    got = []
    size = len(text) if size is None else size
    told = run(takes(into=got), f"upload={size}", "text=" + text, *options, **more)
    equal(told.transfer["response_code"], 250, "code")
    return got[0]


@test
def messages_end_with_a_dot_alone():
    equal(sent("Subject: x\r\n\r\nhi\r\n"), b"Subject: x\r\n\r\nhi\r\n.\r\n", "message")
    equal(sent("no end"), b"no end\r\n.\r\n", "message")
    equal(sent("x", size=0), b".\r\n", "message")


@test
def dots_at_the_beginning_of_a_line_are_doubled():
    equal(sent(".a\r\n.\r\n..b\r\nc.\r\n\n.\r."), b"..a\r\n..\r\n...b\r\nc.\r\n\n.\r.\r\n.\r\n", "message")


@test
def large_messages_come_whole_in_any_pieces():
    text = "0123456789\r\n.dots. and more\r\n"
    size = len(text) * 10000
    for piece in (0, 1):
        equal(sent(text, size=size, piece=piece), text.replace("\n.", "\n..").encode() * 10000 + b".\r\n", "message")


@test
def bare_line_ends_can_be_made_whole():
    equal(sent("a\n.b\n", "crlf=1"), b"a\r\n..b\r\n.\r\n", "message")


@test
def size_is_told_to_servers_that_want_it():
    run(takes("SIZE 1000", mail="MAIL FROM:<a@a.test> SIZE=10"))
    run(takes("SIZE", mail="MAIL FROM:<a@a.test>"), "unsized=10")


@test
def all_recipients_are_named_with_their_parameters():
    recipients = ("RCPT TO:<b@b.test>", "RCPT TO:<c@c.test> NOTIFY=SUCCESS", "RCPT TO:<d>")
    run(takes(recipients=recipients), "mail_rcpt=<c@c.test> NOTIFY=SUCCESS", "mail_rcpt=d")


@test
def sender_may_be_nobody_or_have_parameters():
    Run(takes(mail="MAIL FROM:<>"), TO, "upload=1", url=URL)
    Run(takes(mail="MAIL FROM:<a@a.test> RET=HDRS"), "mail_from=<a@a.test> RET=HDRS", TO, "upload=1", url=URL)


@test
def addresses_outside_ascii_are_told_of():
    utf8 = "\u00e4@\u00e4.test".encode().decode("latin-1")
    mail = "MAIL FROM:<" + "\u00e4".encode().decode("latin-1") + "@xn--4ca.test>"
    Run(takes("SMTPUTF8", mail=mail + " SMTPUTF8"), b"mail_from=" + utf8.encode("latin-1"), TO, "upload=1", url=URL)
    Run(takes(mail=mail), b"mail_from=" + utf8.encode("latin-1"), TO, "upload=1", url=URL)


@test
def connection_takes_another_mail():
    def both(link):
        greet(link)
        take_mail(link)
        take_mail(link)
        link.end()
    equal(len(run(both, count=2).controls), 1, "connections")


@test
def closed_connection_is_replaced():
    run((takes(end=False), takes()), count=2)


# Refusals.

@test
def refused_recipient_ends_the_mail():
    def script(link):
        greet(link)
        link.expect("MAIL FROM:<a@a.test>", "250 fine")
        link.expect("RCPT TO:<b@b.test>", "550 nobody")
        link.end()
    told = run(script, "mail_rcpt=c@c.test", expected=55)
    equal(told.transfer["response_code"], 550, "code")
    equal(told.transfer["error"], "RCPT failed: 550", "text")


@test
def refused_recipients_may_be_left_out():
    def script(last):
        def talk(link):
            greet(link)
            link.expect("MAIL FROM:<a@a.test>", "250 fine")
            link.expect("RCPT TO:<b@b.test>", "550 nobody")
            link.expect("RCPT TO:<c@c.test>", last)
            if last.startswith("2"):
                link.expect("DATA", "354 go on")
                message(link)
                link.say("250 taken")
            link.end()
        return talk
    options = ["mail_rcpt=c@c.test", "mail_rcpt_allowfails=1"]
    run(script("250 fine"), *options)
    equal(run(script("551 elsewhere"), *options, expected=55).transfer["response_code"], 551, "code")


@test
def refused_mails_are_send_errors_and_the_connection_ends():
    for refused, expected in (("MAIL FROM:<a@a.test>", 55), ("RCPT TO:<b@b.test>", 55), ("DATA", 55)):
        def script(link, refused=refused):
            greet(link)
            for command in ("MAIL FROM:<a@a.test>", "RCPT TO:<b@b.test>", "DATA"):
                link.expect(command, "554 no" if command == refused else "250 fine")
                if command == refused:
                    break
            link.end()
        run((script, takes()), count=2, expected=None)
        equal(run(script, expected=expected).transfer["response_code"], 554, "code")


@test
def refused_message_is_told():
    def script(link):
        greet(link)
        link.expect("MAIL FROM:<a@a.test>", "250 fine")
        link.expect("RCPT TO:<b@b.test>", "250 fine")
        link.expect("DATA", "354 go on")
        message(link)
        link.say("552 too much")
        link.end()
    equal(run(script, expected=8).transfer["response_code"], 552, "code")


@test
def old_servers_are_greeted_in_the_old_way():
    def script(link):
        link.say("220 ready")
        link.expect("EHLO me", "500 what?")
        link.expect("HELO me", "250 hello")
        take_mail(link)
        link.end()
    run(script, "userpwd=u:p")

    def refuses(link):
        link.say("220 ready")
        link.expect("EHLO me", "500 what?")
        link.expect("HELO me", "550 no")
        expect_end(link)
    run(refuses, expected=9)


@test
def strange_servers_are_refused():
    run(lambda link: link.say("554 no"), expected=8)
    run(lambda link: link.say("hello"), expected=8)
    run(lambda link: link.say("2200 hello"), expected=8)
    run(lambda link: link.send(b"220 a\0b\r\n"), expected=8)
    run(lambda link: None, expected=56)

    def endless(line):
        def talk(link):
            try:
                for _ in range(3000):
                    link.send(line)
                link.drain()
            except OSError:
                pass
        return talk
    run(endless(b"220-" + b"x" * 40), expected=100)
    run(endless(b"220-x\r\n"), expected=8)


@test
def silence_ends_after_the_response_time():
    run(lambda link: link.drain(), "server_response_timeout=1", expected=28)


@test
def injected_commands_are_refused():
    def nothing_more(link):
        greet(link)
        link.end()
    Run(nothing_more, "mail_from=a@a.test>\r\nRSET", TO, "upload=1", url=URL, expected=43)
    run(expect_end, url=URL + "%0d%0aRSET", expected=3)
    run(nothing_more, "customrequest=NOOP\r\nRSET", mail=False, expected=43)

    def recipient(link):
        greet(link)
        link.expect("MAIL FROM:<a@a.test>", "250 fine")
        link.end()
    Run(recipient, FROM, "mail_rcpt=b>\r\nRSET", "upload=1", url=URL, expected=43)


# Commands.

@test
def replies_to_commands_are_the_body():
    equal(run(answers(("HELP", ("214-one", "214 two"))), mail=False).body, "214-one\r\n214 two\r\n", "body")
    equal(run(answers(("VRFY b@b.test", "252 perhaps")), TO, mail=False).body, "252 perhaps\r\n", "body")
    equal(run(answers(("VRFY b", "553 which?")), "mail_rcpt=b", mail=False).body, "553 which?\r\n", "body")
    equal(run(answers(("EXPN list", ("250-a", "250 b"))), "customrequest=EXPN", "mail_rcpt=list", mail=False).body,
          "250-a\r\n250 b\r\n", "body")
    equal(run(answers(("NOOP", "250 fine")), "customrequest=NOOP", "nobody=1", mail=False).body, "", "body")
    run(answers(("VRFY b", "550 nobody")), "mail_rcpt=b", mail=False, expected=8)


# Who we are.

def authenticates(abilities, *talk, done=True, mail="MAIL FROM:<a@a.test>"):
    def script(link):
        greet(link, *abilities)
        for said, told in talk:
            link.expect(said, told)
        if done:
            take_mail(link, mail)
            link.end()
        else:
            expect_end(link)
    return script


@test
def mechanisms_are_used():
    plain, user = b64("\0u\0p"), "userpwd=u:p"
    run(authenticates(["AUTH PLAIN"], ("AUTH PLAIN", BACK), (plain, "235 in")), user)
    run(authenticates(["AUTH PLAIN"], (f"AUTH PLAIN {plain}", "235 in")), user, "sasl_ir=1")
    run(authenticates(["AUTH LOGIN"], ("AUTH LOGIN", BACK + b64("Name")), (b64("u"), BACK + b64("Word")), (b64("p"), "235 in")), user)
    run(authenticates(["AUTH CRAM-MD5 PLAIN"], ("AUTH CRAM-MD5", BACK + "Rubbish"), ("*", "501 well"), ("AUTH PLAIN", BACK),
                      (plain, "235 in")), user)
    run(authenticates([], ), user)
    run(authenticates(["AUTH PLAIN"]))


@test
def refused_password_is_denied():
    script = authenticates(["AUTH PLAIN"], ("AUTH PLAIN", BACK), (b64("\0u\0p"), "535 no"), done=False)
    equal(run(script, "userpwd=u:p", expected=67).transfer["error"], "Login denied", "text")
    run(authenticates(["AUTH XYZ"], done=False), "userpwd=u:p", expected=67)
    run(authenticates(["AUTH PLAIN"], done=False), "userpwd=u:p", "login_options=AUTH=LOGIN", expected=67)


@test
def first_submitter_is_named_once_we_are_known():
    talk = [("AUTH PLAIN", BACK), (b64("\0u\0p"), "235 in")]
    for who, told in ("x@x.test", "x@x.test"), ("<x@x.test>", "x@x.test"), ("<>", "<>"):
        run(authenticates(["AUTH PLAIN"], *talk, mail=f"MAIL FROM:<a@a.test> AUTH={told}"), "userpwd=u:p", "mail_auth=" + who)
    run(takes(), "mail_auth=x@x.test")


# TLS.

@test
def tls_begins_after_a_word():
    def script(link):
        greet(link, "STARTTLS", "AUTH LOGIN")
        link.expect("STARTTLS", "220 begin")
        link.secure(server_context())
        hello(link, "AUTH PLAIN")
        link.expect("AUTH PLAIN", BACK)
        link.expect(b64("\0u\0p"), "235 in")
        take_mail(link)
        link.end()
    for wish in (TRY, ALL):
        run(script, wish, "userpwd=u:p", "cainfo=" + WORLD["ca"])


@test
def tls_begins_with_the_connection():
    def script(link):
        link.secure(server_context())
        takes()(link)
    run(script, "cainfo=" + WORLD["ca"], url="smtps://127.0.0.1:{port}/me")


@test
def nothing_is_sent_without_the_tls_that_is_wanted():
    def without(link):
        greet(link, "AUTH PLAIN")
        expect_end(link)
    run(without, ALL, "userpwd=u:p", expected=64)

    def refuses(link):
        greet(link, "STARTTLS")
        link.expect("STARTTLS", "454 not now")
        expect_end(link)
    run(refuses, ALL, expected=64)

    def old(link):
        link.say("220 ready")
        link.expect("EHLO me", "500 what?")
        expect_end(link)
    run(old, ALL, expected=9)


@test
def tls_that_is_only_tried_may_be_missing():
    run(takes(), TRY)


@test
def replies_injected_before_tls_are_refused():
    def script(link):
        greet(link, "STARTTLS")
        expect(link, b"STARTTLS\r\n")
        link.send(b"220 begin\r\n250 hello\r\n")
        expect_end(link)
    for wish in (TRY, ALL):
        run(script, wish, expected=8)


# Memory.

@test
def every_allocation_may_fail():
    def script(link):
        try:
            link.say("220 ready")
            while (command := link.read()) is not None:
                if command.startswith("EHLO"):
                    link.say("250-hello")
                    link.say("250-SIZE")
                    link.say("250 AUTH CRAM-MD5")
                elif command.startswith("AUTH"):
                    link.say(BACK + b64("<c>"))
                elif command == "DATA":
                    link.say("354 go on")
                    message(link)
                    link.say("250 taken")
                else:
                    link.say("250 fine")
        except (OSError, Surprise):
            pass
    peer = Peer(script)
    done = subprocess.run([WORLD["memory_client"], "0", f"url=smtp://127.0.0.1:{peer.port}/me", "userpwd=u:p",
                           "mail_from=a@\u00e4.test", "mail_rcpt=b@b.test"], check=False, capture_output=True, timeout=120,
                          env=environment())
    peer.stop()
    require(done.returncode == 0, (done.stdout + done.stderr).decode())


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="smtp-test-") as folder:
        authority = Authority(os.path.join(folder, "ca"))
        WORLD.update(client=arguments.client, memory_client=arguments.memory_client, ca=authority.certificate,
                     pair=authority.issue("good", "IP:127.0.0.1"))
        return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
