#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""IMAP and IMAPS with a scripted peer; reported as TAP.

    imap_test.py [--only PATTERN] CLIENT MEMORY_CLIENT

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
from scripted import WORLD, Run, environment, expect_end
from tap import equal, parse, require, tell_all, test
from world import fnv, pattern

URL = "imap://127.0.0.1:{port}"
MESSAGE = "Subject: hi\r\n\r\nA9 OK not the end\r\n"
TRY, ALL = "use_ssl=1", "use_ssl=3"


def b64(text):
    return base64.b64encode(text.encode()).decode()


class Talk:
    """Counts the tags of a link."""

    def __init__(self, link, greeting="* OK ready"):
        self.link, self.tag, self.count = link, "", 0
        if greeting:
            link.say(greeting)

    def command(self, wanted, *untagged, status="OK done"):
        self.count += 1
        got = self.link.read()
        self.tag, _, command = (got or "").partition(" ")
        if command != wanted or self.tag[1:] != f"{self.count:03}":
            raise Surprise(f"{got!r}, not {wanted!r} {self.count}")
        for line in untagged:
            self.link.say(line)
        if status:
            self.link.say(f"{self.tag} {status}")

    def able(self, *abilities):
        self.command("CAPABILITY", "* CAPABILITY " + " ".join(("IMAP4rev1", *abilities)))

    def log_in(self, *abilities):
        self.able(*abilities)
        self.command("LOGIN u p")

    def select(self, mailbox="box", validity=7):
        self.command("SELECT " + mailbox, "* 3 EXISTS", f"* OK [UIDVALIDITY {validity}] yes")

    def end(self):
        self.command("LOGOUT", status=None)


def literal(text, before="* 1 FETCH (BODY[] ", behind=")"):
    return f"{before}{{{len(text)}}}\r\n{text}{behind}"


def answers(*pairs, mailbox=None, end=True):
    """A log-in, then these commands with their untagged responses."""
    def script(link):
        talk = Talk(link)
        talk.log_in()
        if mailbox:
            talk.select(mailbox)
        for command, *untagged in pairs:
            talk.command(command, *untagged)
        if end:
            talk.end()
    return script


def run(script, *options, path="/box/;MAILINDEX=1", login="userpwd=u:p", **more):
    return Run(script, *options, *([login] if login else []), url=URL + path, **more)


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*WORLD["pair"])
    return context


# What is asked for.

@test
def messages_are_the_body():
    for piece in (0, 1, 7):
        script = answers(("FETCH 1 BODY[]", literal(MESSAGE)), mailbox="box")
        equal(run(script, piece=piece).body, MESSAGE, "body")


@test
def large_messages_come_whole():
    body = pattern(1000000)
    script = answers(("FETCH 1 BODY[]", literal(body.decode("latin-1"))), mailbox="box")
    told = run(script, piece=4001).transfer
    equal((told["len"], told["sum"], told["content_length"]), (len(body), fnv(body), len(body)), "body")


@test
def parts_are_named_by_the_url():
    script = answers(("UID FETCH 3 BODY[1.2]<0.5>", literal("12345")), mailbox='"a box"')
    equal(run(script, path="/a%20box;UIDVALIDITY=7/;UID=3/;SECTION=1.2/;PARTIAL=0.5").body, "12345", "body")


@test
def without_a_body_nothing_is_given():
    run(answers(("FETCH 1 BODY[]", literal(MESSAGE)), mailbox="box"), "nobody=1")


@test
def mailbox_is_selected_once():
    def script(link):
        talk = Talk(link)
        talk.log_in()
        talk.select()
        talk.command("FETCH 1 BODY[]", literal("one"))
        talk.command("FETCH 1 BODY[]", literal("two"))
        talk.end()
    told = run(script, count=2)
    equal([transfer["body"] for transfer in told.transfers], ["one", "two"], "bodies")


@test
def mailbox_that_is_another_one_now_is_refused():
    def script(link):
        talk = Talk(link)
        talk.log_in()
        talk.select()
        talk.end()
    run(script, path="/box;UIDVALIDITY=8/;MAILINDEX=1", expected=78)


@test
def lists_and_searches_are_the_body():
    equal(run(answers(('LIST "" *', "* LIST () \"/\" a", "* OK by the way", "* LIST () \"/\" b")), path="/").body,
          "* LIST () \"/\" a\r\n* LIST () \"/\" b\r\n", "body")
    equal(run(answers(('LIST "a b" *',)), path="/a%20b").body, "", "body")
    equal(run(answers(("SEARCH NEW", "* SEARCH 1 2"), mailbox="box"), path="/box?NEW").body, "* SEARCH 1 2\r\n", "body")


@test
def own_commands_have_what_answers_them():
    equal(run(answers(("STATUS box (MESSAGES)", "* 3 EXISTS", "* STATUS box (MESSAGES 3)")),
              "customrequest=STATUS box (MESSAGES)", path="/").body, "* STATUS box (MESSAGES 3)\r\n", "body")
    equal(run(answers(("FETCH 1 (BODY[1] BODY[2])", literal("one", behind=" BODY[2] {3}\r\ntwo)")), mailbox="box"),
              "customrequest=FETCH 1 (BODY[1] BODY[2])", path="/box").body,
          "* 1 FETCH (BODY[] {3}\r\none BODY[2] {3}\r\ntwo", "body")
    equal(run(answers(("CHECK", literal("aside")), mailbox="box"), "customrequest=CHECK", path="/box").body, "", "body")


@test
def refused_commands_are_errors_and_the_connection_stays():
    def script(link):
        talk = Talk(link)
        talk.log_in()
        talk.select()
        talk.command("FETCH 1 BODY[]", status="NO none")
        talk.command("FETCH 1 BODY[]", literal("x"))
        talk.end()
    equal([transfer["result"] for transfer in run(script, count=2, expected=None).transfers], [78, 0], "results")

    def list_refused(link):
        talk = Talk(link)
        talk.log_in()
        talk.command('LIST "" *', status="BAD no")
        talk.end()
    run(list_refused, path="/", expected=21)

    def select_refused(link):
        talk = Talk(link)
        talk.log_in()
        talk.command("SELECT box", status="NO no")
        talk.end()
    run(select_refused, expected=67)


@test
def closed_connection_is_replaced():
    script = answers(("FETCH 1 BODY[]", literal("x")), mailbox="box", end=False)
    told = run((script, answers(("FETCH 1 BODY[]", literal("y")), mailbox="box")), count=2)
    equal([transfer["body"] for transfer in told.transfers], ["x", "y"], "bodies")


@test
def end_inside_a_message_is_an_error():
    def script(link):
        talk = Talk(link)
        talk.log_in()
        talk.select()
        talk.command("FETCH 1 BODY[]", "* 1 FETCH (BODY[] {10}\r\nabc", status=None)
    run(script, expected=18)


@test
def good_bye_is_an_error():
    def script(link):
        talk = Talk(link)
        talk.log_in()
        talk.command("SELECT box", "* BYE enough", status=None)
        expect_end(link)
    run(script, expected=56)


# Uploads.

def takes(flags="(\\Seen) ", size=9, message=b"hi there!", mailbox="box"):
    def script(link):
        talk = Talk(link)
        talk.log_in()
        talk.command(f"APPEND {mailbox} {flags}{{{size}}}", "+ go on", status=None)
        got = link.received
        while len(got) < size + 2:
            more = link.link.recv(65536)
            if not more:
                raise Surprise(f"the end behind {len(got)} bytes")
            got += more
        if got != message + b"\r\n":
            raise Surprise(f"{got[:50]!r}")
        link.received = b""
        link.say(talk.tag + " OK taken")
        talk.end()
    return script


@test
def uploads_become_messages():
    text = ("upload=9", "text=hi there!")
    run(takes(), *text, path="/box")
    run(takes(flags=""), *text, "upload_flags=0", path="/box")
    run(takes(flags="(\\Answered \\Seen) "), *text, "upload_flags=17", path="/box")
    run(takes(mailbox='"my box"'), *text, path="/my%20box")
    run(takes(size=300000, message=pattern(300000)), "upload=300000", path="/box")


@test
def uploads_without_a_size_or_a_mailbox_are_refused():
    def nothing(link):
        talk = Talk(link)
        talk.log_in()
        talk.link.drain()
    run(nothing, "unsized=9", path="/box", expected=25)
    run(nothing, "upload=9", path="/", expected=3)


@test
def refused_upload_is_told():
    def script(link):
        talk = Talk(link)
        talk.log_in()
        talk.command("APPEND box (\\Seen) {9}", status="NO [TRYCREATE]")
        talk.end()
    run(script, "upload=9", path="/box", expected=25)


# What is refused.

@test
def injected_commands_are_refused():
    run(expect_end, path="/a%0d%0ab", expected=3)
    run(expect_end, path="/a;UID=1%0d%0ab", expected=3)

    def nothing_more(link):
        talk = Talk(link)
        talk.log_in()
        link.drain()
    run(nothing_more, "customrequest=NOOP\r\nA9 DELETE box", path="/", expected=43)

    def before_login(link):
        Talk(link).able()
        link.drain()
    run(before_login, login="userpwd=u\r\nA9 DELETE box:p", expected=43)


@test
def strange_servers_are_refused():
    run(lambda link: link.say("* BYE busy"), expected=8)
    run(lambda link: link.say("+ what"), expected=8)
    run(lambda link: link.send(b"* OK a\0b\r\n"), expected=8)
    run(lambda link: None, expected=56)

    def endless(line):
        def script(link):
            try:
                for _ in range(3000):
                    link.send(line)
                link.drain()
            except OSError:
                pass
        return script
    run(endless(b"* OK " + b"x" * 40), expected=100)
    run(endless(b"banner\r\n"), expected=8)


@test
def silence_ends_after_the_response_time():
    run(lambda link: link.drain(), "server_response_timeout=1", expected=28)


# Who we are.

def authenticates(abilities, *talk_of, done=True):
    """Pairs of what the client says and what it is told: a command first, then lines."""
    def script(link):
        talk = Talk(link)
        talk.able(*abilities)
        for said, told in talk_of:
            if said.startswith("AUTHENTICATE") or said.startswith("LOGIN"):
                talk.command(said, status=None)
            elif (got := link.read()) != said:
                raise Surprise(f"{got!r}, not {said!r}")
            link.say(told if told.startswith("+") else f"{talk.tag} {told}")
        if done:
            talk.command('LIST "" *')
            talk.end()
        else:
            expect_end(link)
    return script


@test
def mechanisms_are_used():
    plain = b64("\0u\0p")
    run(authenticates(["AUTH=PLAIN"], ("AUTHENTICATE PLAIN", "+ "), (plain, "OK in")), path="/")
    run(authenticates(["AUTH=PLAIN", "SASL-IR"], (f"AUTHENTICATE PLAIN {plain}", "OK in")), path="/")
    run(authenticates(["AUTH=CRAM-MD5", "AUTH=PLAIN"], ("AUTHENTICATE CRAM-MD5", "+ Rubbish"), ("*", "BAD well"),
                      ("AUTHENTICATE PLAIN", "+ "), (plain, "OK in")), path="/")
    run(authenticates(["AUTH=PLAIN"], ("LOGIN u p", "OK in")), "login_options=AUTH=+LOGIN", path="/")
    run(authenticates(["AUTH=XYZ"], ("LOGIN u p", "OK in")), path="/")
    run(authenticates(["AUTH=PLAIN"]), path="/", login=None)


@test
def names_are_quoted_where_they_must():
    run(authenticates([], ('LOGIN "a b" "\\"q\\\\"', "OK in")), path="/", login='userpwd=a b:"q\\')


@test
def refused_passwords_are_denied():
    run(authenticates([], ("LOGIN u p", "NO"), done=False), path="/", expected=67)
    run(authenticates(["AUTH=PLAIN"], ("AUTHENTICATE PLAIN", "+ "), (b64("\0u\0p"), "NO"), done=False), path="/", expected=67)
    run(authenticates(["LOGINDISABLED"], done=False), path="/", expected=67)
    run(expect_end, "login_options=AUTH=WHAT", path="/", expected=3)


@test
def servers_that_know_us_already_are_not_told():
    def script(link):
        talk = Talk(link, "* PREAUTH welcome")
        talk.able("LOGINDISABLED")
        talk.command('LIST "" *')
        talk.end()
    run(script, path="/")


# TLS.

@test
def tls_begins_after_a_word():
    def script(link):
        talk = Talk(link)
        talk.able("STARTTLS", "LOGINDISABLED")
        talk.command("STARTTLS")
        link.secure(server_context())
        talk.log_in()
        talk.command('LIST "" *')
        talk.end()
    for wish in (TRY, ALL):
        run(script, wish, "cainfo=" + WORLD["ca"], path="/")


@test
def tls_begins_with_the_connection():
    def script(link):
        link.secure(server_context())
        answers(('LIST "" *',))(link)
    Run(script, "userpwd=u:p", "cainfo=" + WORLD["ca"], url="imaps://127.0.0.1:{port}/")


@test
def passwords_stay_here_without_the_tls_that_is_wanted():
    def without(link):
        Talk(link).able("AUTH=PLAIN")
        expect_end(link)
    run(without, ALL, path="/", expected=64)

    def refuses(link):
        talk = Talk(link)
        talk.able("STARTTLS")
        talk.command("STARTTLS", status="NO not now")
        expect_end(link)
    run(refuses, ALL, path="/", expected=64)

    def knows_us(link):
        Talk(link, "* PREAUTH welcome").able("STARTTLS")
        expect_end(link)
    run(knows_us, ALL, path="/", expected=64)


@test
def responses_injected_before_tls_are_refused():
    def script(link):
        talk = Talk(link)
        talk.able("STARTTLS")
        talk.count += 1
        tag = link.read().split()[0]
        link.send(f"{tag} OK begin\r\nA003 OK in\r\n".encode())
        expect_end(link)
    for wish in (TRY, ALL):
        run(script, wish, path="/", expected=8)


# Memory.

@test
def every_allocation_may_fail():
    body = pattern(3000).decode("latin-1")

    def script(link):
        try:
            link.say("* OK ready")
            while (line := link.read()) is not None:
                tag, _, command = line.partition(" ")
                if command == "CAPABILITY":
                    link.say("* CAPABILITY IMAP4rev1 AUTH=CRAM-MD5")
                elif command.startswith("AUTH"):
                    link.say("+ " + b64("<c>"))
                    if link.read() is None:
                        break
                elif command.startswith("FETCH"):
                    link.say(literal(body))
                elif command.startswith("SELECT"):
                    link.say("* OK [UIDVALIDITY 7] yes")
                link.say(tag + " OK done")
        except OSError:
            pass
    peer = Peer(script)
    done = subprocess.run([WORLD["memory_client"], str(len(body)), f"url=imap://127.0.0.1:{peer.port}/box/;MAILINDEX=1",
                           "userpwd=u:p"], check=False, capture_output=True, timeout=120, env=environment())
    peer.stop()
    require(done.returncode == 0, (done.stdout + done.stderr).decode())


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="imap-test-") as folder:
        authority = Authority(os.path.join(folder, "ca"))
        WORLD.update(client=arguments.client, memory_client=arguments.memory_client, ca=authority.certificate,
                     pair=authority.issue("good", "IP:127.0.0.1"))
        return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
