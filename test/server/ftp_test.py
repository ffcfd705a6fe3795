#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""FTP and FTPS with a scripted peer, that also does what it should not, and with pyftpdlib where it is
installed; reported as TAP.

    ftp_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c.
"""
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

from authority import Authority
from ftp_peer import Peer, listen
from tap import Skip, equal, parse, require, tell_all, test
from world import fnv, pattern

try:
    import logging
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler
    from pyftpdlib.handlers import TLS_FTPHandler
    from pyftpdlib.servers import FTPServer
    logging.disable(logging.CRITICAL)
    HAS_SERVER = True
except ImportError:
    HAS_SERVER = False

CLIENT_LIMIT_S = 60
WORLD = {}


def client(*words, text=""):
    environment = {name: value for name, value in os.environ.items()
                   if not name.lower().endswith("_proxy")}
    done = subprocess.run([WORLD["client"], *words, *text.split()], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=CLIENT_LIMIT_S, check=False, env=environment)
    require(done.returncode == 0, f"the client ended with {done.returncode}: {done.stderr.decode()}")
    transfers = json.loads(done.stdout)["transfers"]
    for transfer in transfers:
        require(not transfer["strange_thread"], "a callback ran on another thread")
    return transfers


def results(transfers, *wanted):
    equal([transfer["result"] for transfer in transfers], list(wanted),
          f"results ({[transfer['error'] for transfer in transfers]})")


class Run:
    """What came of a run with the peer: `transfers`, and the peer's `controls`."""

    def __init__(self, script, arguments="", paths=("/file",), expect=0, piece=0, scheme="ftp",
                 options=(), userinfo=("",), faults=False):
        scripts = script if isinstance(script, tuple) else (script,)
        peer = Peer(*scripts, piece=piece)
        words = [f"url={scheme}://{who}127.0.0.1:{peer.port}{path}"
                 for who in userinfo for path in paths]
        self.transfers = client(*words, *options, text=arguments)
        errors = peer.stop()
        if not faults:
            require(not errors, f"in the peer: {errors}")
        self.controls = peer.controls
        if expect is not None:
            results(self.transfers, *([expect] * len(self.transfers)))

    @property
    def transfer(self):
        return self.transfers[0]

    @property
    def lines(self):
        return [line for control in self.controls for line in control.lines]


def simple(control):
    control.login()
    control.file("file", b"twelve bytes")
    control.end()


# Downloads.

@test
def file_comes_as_it_is():
    run = Run(simple, "filetime=0")
    equal(run.transfer["body"], "twelve bytes", "body")
    equal(run.transfer["content_length"], 12, "length")
    equal(run.transfer["response_code"], 226, "code")
    equal(run.transfer["ftp_entry_path"], "/", "entry path")


@test
def times_go_on_behind_a_redirect_from_http():
    seen = {}

    def script(control):
        control.login()
        data = control.passive()
        control.expect("TYPE I", "200 fine")
        seen["file"] = time.monotonic()
        control.retrieve(data, "file", b"twelve bytes")
        control.end()
    peer = Peer(script)
    listener = listen()

    def lead_on():
        with listener, listener.accept()[0] as link:
            link.recv(65536)
            seen["request"] = time.monotonic()
            link.sendall(f"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1:{peer.port}/file\r\n"
                         "Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
    thread = threading.Thread(target=lead_on, daemon=True)
    thread.start()
    transfers = client(f"url=http://127.0.0.1:{listener.getsockname()[1]}/", "followlocation=1")
    thread.join(CLIENT_LIMIT_S)
    equal(peer.stop(), [], "in the peer")
    results(transfers, 0)
    equal(transfers[0]["body"], "twelve bytes", "body")
    times = [transfers[0][name] for name in ("connect_us", "pretransfer_us", "starttransfer_us", "total_us")]
    equal(times, sorted(times), "times from phase to phase")
    least_us = (seen["file"] - seen["request"]) * 1e6
    require(times[2] > least_us, f"{times[2]} us to the first byte, in less than {least_us:.0f}")


@test
def replies_byte_by_byte_are_understood():
    equal(Run(simple, piece=1).transfer["body"], "twelve bytes", "body")


@test
def transfers_share_a_connection_and_its_directory():
    def script(control):
        control.login()
        control.expect("CWD a", "250 fine")
        control.file("file", b"1")
        control.retrieve(control.passive(), "file", b"2")
        control.expect("CWD /", "250 fine")
        control.retrieve(control.passive(), "other", b"3")
        control.end()
    run = Run(script, paths=("/a/file", "/a/file", "/other"))
    equal([transfer["body"] for transfer in run.transfers], ["1", "2", "3"], "bodies")


@test
def users_do_not_share_a_connection():
    def script(user):
        def talk(control):
            control.login(user, "secret-" + user)
            control.file("file", user.encode())
            control.end()
        return talk
    run = Run((script("one"), script("two")), userinfo=("one:secret-one@", "two:secret-two@"))
    equal([transfer["body"] for transfer in run.transfers], ["one", "two"], "bodies")


@test
def kept_connection_that_ended_is_replaced():
    def first(control):
        control.login()
        control.file("file", b"1")
        control.link.shutdown(socket.SHUT_RDWR)

    def second(control):
        control.login()
        control.file("file", b"2")
        control.end()
    run = Run((first, second), paths=("/file", "/file"))
    equal([transfer["body"] for transfer in run.transfers], ["1", "2"], "bodies")


@test
def password_without_a_name_is_the_anonymous_users():
    def script(control):
        control.login("anonymous", "me@home.test")
        control.file("file", b"1")
        control.end()
    equal(Run(script, "password=me@home.test").transfer["body"], "1", "body")


@test
def missing_file_leaves_the_connection_of_use():
    def script(control):
        control.login()
        with control.passive():
            control.expect("TYPE I", "200 fine")
            control.expect("SIZE none", "550 no such file")
        control.retrieve(control.passive(), "file", b"here")
        control.end()
    run = Run(script, paths=("/none", "/file"), expect=None)
    results(run.transfers, 78, 0)


@test
def address_in_227_is_not_believed():
    def script(control):
        control.login()
        control.expect("EPSV", "500 what?")
        listener = listen()
        port = listener.getsockname()[1]
        control.expect("PASV", f"227 Entering (10,255,255,1,{port // 256},{port % 256})")
        control.expect("TYPE I", "200 fine")
        control.retrieve(listener, "file", b"from here")
        control.end()
    equal(Run(script).transfer["body"], "from here", "body")


@test
def port_that_nobody_listens_at_is_tried_with_pasv():
    def script(control):
        control.login()
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            control.expect("EPSV", f"229 Entering (|||{closed.getsockname()[1]}|)")
            listener = listen()
            port = listener.getsockname()[1]
            control.expect("PASV", f"227 Entering (127,0,0,1,{port // 256},{port % 256})")
        control.expect("TYPE I", "200 fine")
        control.retrieve(listener, "file", b"second try")
        control.end()
    equal(Run(script).transfer["body"], "second try", "body")


@test
def resumed_download_asks_for_the_rest():
    def script(control):
        control.login()
        listener = control.passive()
        control.expect("TYPE I", "200 fine")
        control.expect("SIZE file", "213 12")
        control.expect("REST 7", "350 go on")
        control.expect("RETR file", "150 here")
        control.give(listener, b"bytes")
        control.say("226 done")
        control.end()
    equal(Run(script, "resume_from=7").transfer["body"], "bytes", "body")


@test
def range_ends_where_it_says():
    def script(control):
        control.login()
        listener = control.passive()
        control.expect("TYPE I", "200 fine")
        control.expect("SIZE file", "213 12")
        control.expect("REST 2", "350 go on")
        control.expect("RETR file", "150 here")
        control.give(listener, b"elve bytes")
        control.expect("ABOR")
        control.end()
    equal(Run(script, "range=2-4").transfer["body"], "elv", "body")


@test
def command_behind_a_range_waits_for_the_end_of_abor():
    def script(control):
        control.login()
        listener = control.passive()
        control.expect("TYPE I", "200 fine")
        control.expect("SIZE file", "213 12")
        control.expect("RETR file", "150 here")
        control.give(listener, b"twelve bytes")
        control.expect("ABOR", "426 cut", "226 as you wish")
        control.expect("DELE other", "250 gone")
        control.end()
    equal(Run(script, options=["range=0-2", "postquote=DELE other"]).transfer["body"], "twe", "body")


# What the program does meanwhile.

@test
def removed_transfer_lets_go_of_both_connections():
    def script(control):
        control.login()
        listener = control.passive()
        control.expect("TYPE I", "200 fine")
        control.expect("SIZE file", "213 1000000")
        control.expect("RETR file", "150 here")
        link, _ = listener.accept()
        link.settimeout(20)
        with link, listener:
            link.sendall(b"first bytes")
            try:
                equal(link.recv(1), b"", "what came of the data connection")
            except ConnectionResetError:
                pass
        equal(control.read(), None, "the next command")
    Run(script, "mode=multi remove=1", expect=None)


@test
def paused_transfer_gets_all_of_it_later():
    with Server() as server:
        body = pattern(3000000)
        server.write("big", body)
        transfers = client(server.url("/big"), server.url("/big"), "mode=multi", "pause=1")
        results(transfers, 0, 0)
        for transfer in transfers:
            equal(transfer["sum"], fnv(body), "sum")


@test
def transfers_wait_for_the_one_connection_that_is_allowed():
    with Server() as server:
        fetches(server, "mode=multi", "copies=5", "max_host=1", count=5)


# Data that end early or late.

@test
def file_cut_short_is_partial():
    def script(control):
        control.login()
        control.file("file", b"half", announced=8)
        control.drain()
    equal(Run(script, expect=18).transfer["body"], "half", "body")


@test
def bytes_beyond_the_size_are_not_taken():
    def script(control):
        control.login()
        control.file("file", b"more than that", announced=4)
        control.drain()
    equal(Run(script).transfer["body"], "more", "body")


@test
def failure_behind_the_data_is_told():
    def script(control):
        control.login()
        listener = control.passive()
        control.expect("TYPE I", "200 fine")
        control.expect("SIZE file", "500 what?")
        control.expect("RETR file", "150 here")
        control.give(listener, b"half")
        control.say("426 something broke")
        control.drain()
    Run(script, expect=8)


@test
def end_of_the_control_connection_is_noticed_everywhere():
    """Cut after each of the server's replies, before the next one."""
    def cut_after(count):
        def script(control):
            said = 0
            real = control.say

            def say(text):
                nonlocal said
                if said == count:
                    control.link.shutdown(socket.SHUT_RDWR)
                    raise OSError("cut")
                said += 1
                real(text)
            control.say = say
            simple(control)
        return script
    for count in range(9):
        run = Run(cut_after(count), "timeout_ms=20000", expect=None, faults=True)
        require(run.transfer["result"] in (55, 56), f"after {count}: {run.transfer['result']}")


# What no server should say.

def refused(talk, result, **more):
    def script(control):
        try:
            talk(control)
            control.drain()
        except OSError:
            pass
    return Run(script, expect=result, **more)


@test
def nul_in_a_reply_is_refused():
    refused(lambda control: control.send(b"220 re\0ady\r\n"), 8)


@test
def welcome_without_an_end_is_refused():
    def flood(control):
        for _ in range(20000):
            control.send(b"220-" + b"x" * 60 + b"\r\n")
    refused(flood, 100)


@test
def line_without_an_end_is_refused():
    def flood(control):
        for _ in range(1000):
            control.send(b"2" * 1000)
    refused(flood, 100)


@test
def server_that_speaks_something_else_is_refused():
    refused(lambda control: control.say("500 go away"), 8)


@test
def path_with_a_control_byte_is_refused():
    def talk(control):
        control.say("220 ready")
        control.expect("USER anonymous", "230 fine")
        control.expect("PWD", '257 "/\x03"')
    refused(talk, 8)


@test
def port_out_of_range_is_refused():
    def talk(control):
        control.login()
        control.expect("EPSV", "229 (|||70000|)")
    refused(talk, 13)


@test
def numbers_out_of_range_are_refused():
    def talk(control):
        control.login()
        control.expect("PASV", "227 (127,0,0,256,1,1)")
    refused(talk, 14, arguments="ftp_use_epsv=0")


@test
def password_asked_for_twice_is_refused():
    def talk(control):
        control.say("220 ready")
        control.expect("USER anonymous", "331 who?")
        control.expect("PASS ftp@example.com", "331 who?")
    refused(talk, 67)


@test
def silent_server_is_given_up():
    def script(control):
        control.say("220 ready")
        control.drain()
    equal(Run(script, "server_response_timeout=1", expect=28).lines, ["USER anonymous"], "commands")


# What no program should say.

def never_said(words, result, script=None, **more):
    run = Run(script or (lambda control: (control.login(), control.drain())), expect=result,
              options=words, **more)
    require(not any("DELE" in line for line in run.lines), f"commands: {run.lines}")


@test
def line_end_in_a_quote_is_refused():
    never_said(["quote=NOOP\r\nDELE x"], 43)


@test
def line_end_in_a_path_is_refused():
    never_said([], 3, paths=("/x%0d%0aDELE%20x",))


@test
def line_end_in_an_account_is_refused():
    def script(control):
        control.say("220 ready")
        control.expect("USER anonymous", "331 who?")
        control.expect("PASS ftp@example.com", "332 account?")
        control.drain()
    never_said(["ftp_account=a\r\nDELE x"], 43, script)


@test
def line_end_in_a_password_is_refused():
    transfers = client("url=ftp://127.0.0.1:1/", "userpwd=a:b\r\nDELE x")
    results(transfers, 43)


# Uploads.

def upload(control, body, command="STOR file", last="226 thanks"):
    control.login()
    listener = control.passive()
    control.expect("TYPE I", "200 fine")
    control.expect(command, "150 give")
    equal(control.take(listener), body, "the upload")
    control.say(last)


@test
def upload_arrives_whole():
    run = Run(lambda control: (upload(control, pattern(300000)), control.end()), "upload=300000")
    equal(run.transfer["size_upload"], 300000, "size")


@test
def upload_to_a_full_disk_says_so():
    Run(lambda control: (upload(control, pattern(10), last="552 full"), control.end()), "upload=10",
        expect=70)


@test
def appended_upload_says_appe():
    Run(lambda control: (upload(control, pattern(10), "APPE file"), control.end()),
        "upload=10 append=1")


@test
def resumed_upload_sends_the_rest():
    def script(control):
        control.login()
        listener = control.passive()
        control.expect("TYPE I", "200 fine")
        control.expect("SIZE file", "213 60000")
        control.expect("APPE file", "150 give")
        equal(control.take(listener), pattern(100000)[60000:], "the upload")
        control.say("226 thanks")
        control.end()
    Run(script, "upload=100000 resume_from=-1")


# Active mode.

def connect_back(line):
    parts = line.split("|")
    return socket.create_connection((parts[2], int(parts[3])), 20)


@test
def active_mode_takes_the_servers_connection():
    def script(control):
        control.login()
        line = control.read()
        control.say("200 fine")
        control.expect("TYPE I", "200 fine")
        control.expect("SIZE file", "213 6")
        control.expect("RETR file", "150 here")
        with connect_back(line) as link:
            link.sendall(b"active")
        control.say("226 done")
        control.end()
    equal(Run(script, "ftpport=-").transfer["body"], "active", "body")


@test
def active_mode_falls_back_to_port():
    def script(control):
        control.login()
        control.read()
        control.say("500 what?")
        numbers = [int(number) for number in control.read().split(" ")[1].split(",")]
        control.say("200 fine")
        control.expect("TYPE I", "200 fine")
        control.expect("SIZE file", "213 4")
        control.expect("RETR file", "150 here")
        with socket.create_connection(("127.0.0.1", numbers[4] * 256 + numbers[5]), 20) as link:
            link.sendall(b"port")
        control.say("226 done")
        control.end()
    equal(Run(script, "ftpport=127.0.0.1").transfer["body"], "port", "body")


def begin_active(control, answer):
    control.login()
    control.read()
    control.say("200 fine")
    control.expect("TYPE I", "200 fine")
    control.expect("SIZE file", "213 4")
    control.expect("RETR file", *answer)


@test
def server_that_cannot_connect_back_is_believed():
    Run(lambda control: (begin_active(control, ["150 here", "425 cannot"]), control.end()),
        "ftpport=-", expect=10)


@test
def server_that_does_not_connect_back_is_given_up():
    Run(lambda control: (begin_active(control, ["150 here"]), control.drain()),
        "ftpport=- accepttimeout_ms=300", expect=12)


# TLS.

def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*WORLD["pair"])
    return context


@test
def words_in_front_of_tls_are_refused():
    def script(control):
        control.say("220 ready")
        control.expect("AUTH SSL", "234 begin\r\n230 you are in")
        control.drain()
    Run(script, "use_ssl=3 ssl_verifypeer=0 ssl_verifyhost=0", expect=8)


@test
def tls_that_is_required_and_refused_ends_it():
    def script(control):
        control.say("220 ready")
        control.expect("AUTH TLS", "500 no")
        control.expect("AUTH SSL", "500 no")
        equal(control.read(), None, "the next command")
    Run(script, "use_ssl=2 ftpsslauth=2", expect=64)


@test
def tls_that_is_tried_and_refused_goes_on_without():
    def script(control):
        control.say("220 ready")
        control.expect("AUTH SSL", "500 no")
        control.expect("AUTH TLS", "500 no")
        control.expect("USER anonymous", "230 fine")
        control.expect("PWD", '257 "/"')
        control.file("file", b"plain")
        control.end()
    equal(Run(script, "use_ssl=1").transfer["body"], "plain", "body")


def begin_tls(control, protection):
    control.say("220 ready")
    control.expect("AUTH SSL", "234 begin")
    control.secure(server_context())
    control.expect("USER anonymous", "230 fine")
    control.expect("PBSZ 0", "200 fine")
    control.expect("PROT " + protection, "200 fine")


@test
def certificate_of_another_is_refused_before_the_password():
    def script(control):
        control.say("220 ready")
        control.expect("AUTH SSL", "234 begin")
        control.secure(server_context())
        control.drain()
    run = Run(script, "use_ssl=3", expect=60, faults=True)
    equal(run.lines, ["AUTH SSL"], "commands")


@test
def certificate_of_tls_that_begins_later_is_told():
    with Server(tls=True) as server:
        transfer = fetches(server, *tls_words(), "certinfo=1")[0]
        require(any("Subject:CN" in line.replace(" ", "") for line in transfer["certificates"][0]),
                f"certificates: {transfer['certificates']}")
        require(transfer["appconnect_us"] > 0, "time of TLS")


@test
def data_stay_in_the_clear_when_only_control_is_asked_for():
    def script(control):
        begin_tls(control, "C")
        control.expect("PWD", '257 "/"')
        control.file("file", b"clear data")
        control.end()
    run = Run(script, f"use_ssl=2 cainfo={WORLD['ca']}")
    equal(run.transfer["body"], "clear data", "body")


@test
def control_connection_goes_on_in_the_clear_behind_ccc():
    def script(control):
        begin_tls(control, "C")
        control.expect("CCC", "200 fine")
        control.link = control.link.unwrap()
        control.expect("PWD", '257 "/"')
        control.file("file", b"clear control")
        control.end()
    run = Run(script, f"use_ssl=2 ftp_ssl_ccc=2 cainfo={WORLD['ca']}")
    equal(run.transfer["body"], "clear control", "body")


# Wildcards.

def wildcard(*lines, files=()):
    def script(control):
        control.login()
        control.expect("CWD dir", "250 fine")
        listener = control.passive()
        control.expect("TYPE A", "200 fine")
        control.expect("LIST", "150 here")
        control.give(listener, "".join(line + "\r\n" for line in lines).encode())
        control.say("226 done")
        for number, (name, body) in enumerate(files):
            listener = control.passive()
            if not number:
                control.expect("TYPE I", "200 fine")
            control.expect("RETR " + name, "150 here")
            control.give(listener, body)
            control.say("226 done")
        control.drain()
    return script


@test
def files_that_match_come_one_after_another():
    script = wildcard("total 3", "-rw-r--r-- 1 u g 3 Apr 27 05:12 a.txt",
                      "drwxr-xr-x 1 u g 3 Apr 27 05:12 b.txt",
                      "-rw-r--r-- 1 u g 3 Apr 27 05:12 c.dat",
                      "-rw-r--r-- 1 u g 4 Apr 27  2010 d e.txt",
                      files=[("a.txt", b"one"), ("d e.txt", b"four")])
    run = Run(script, "wildcardmatch=1", paths=("/dir/*.txt",))
    equal(run.transfer["body"], "onefour", "body")


@test
def name_that_leads_elsewhere_is_refused():
    Run(wildcard("-rw-r--r-- 1 u g 3 Apr 27 05:12 ../x"), "wildcardmatch=1", paths=("/dir/*",),
        expect=87)


@test
def list_that_is_none_is_refused():
    Run(wildcard("hello"), "wildcardmatch=1", paths=("/dir/*",), expect=87)


@test
def pattern_that_matches_nothing_is_no_file():
    Run(wildcard("-rw-r--r-- 1 u g 3 Apr 27 05:12 a"), "wildcardmatch=1", paths=("/dir/b*",),
        expect=78)


# A real server.

class Server:
    """pyftpdlib on a thread, with a folder of its own."""

    def __init__(self, tls=False, implicit=False):
        if not HAS_SERVER:
            raise Skip("no pyftpdlib")
        self.folder = tempfile.TemporaryDirectory(prefix="ftp-")
        authorizer = DummyAuthorizer()
        authorizer.add_user("user", "secret", self.folder.name, perm="elradfmwMT")
        authorizer.add_anonymous(self.folder.name)
        base = TLS_FTPHandler if tls else FTPHandler

        class Handler(base):
            def __init__(self, *arguments, **named):
                super().__init__(*arguments, **named)
                if implicit:
                    self.secure_connection(self.ssl_context)

        Handler.authorizer = authorizer
        Handler.use_sendfile = False
        Handler.auth_failed_timeout = 0
        if tls:
            Handler.certfile, Handler.keyfile = WORLD["pair"]
            Handler.ssl_context = None
            Handler.tls_data_required = True
            Handler.ssl_context = Handler.get_ssl_context()
        self.server = FTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.address[1]
        self.stopping = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while not self.stopping:
            self.server.serve_forever(timeout=0.05, blocking=False, handle_exit=False)
        self.server.close_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, body):
        with open(self.path(name), "wb") as file:
            file.write(body)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def url(self, path, scheme="ftp"):
        return f"url={scheme}://user:secret@127.0.0.1:{self.port}{path}"


def fetches(server, *words, scheme="ftp", count=1, body=None):
    body = pattern(500000) if body is None else body
    server.write("big", body)
    transfers = client(server.url("/big", scheme), *words)
    results(transfers, *([0] * count))
    for transfer in transfers:
        equal(transfer["len"], len(body), "length")
        equal(transfer["sum"], fnv(body), "sum")
    return transfers


@test
def real_server_gives_a_file():
    with Server() as server:
        transfer = fetches(server, "filetime=1")[0]
        equal(transfer["filetime"], int(os.stat(server.path("big")).st_mtime), "time")


@test
def real_server_gives_many_files_at_once():
    with Server() as server:
        fetches(server, "mode=multi", "copies=30", count=30)


@test
def real_server_gives_a_file_in_active_mode():
    with Server() as server:
        fetches(server, "ftpport=-", "copies=3", count=3)


@test
def real_server_takes_a_file():
    with Server() as server:
        results(client(server.url("/new"), "upload=400000"), 0)
        equal(server.read("new"), pattern(400000), "the file")


@test
def real_server_takes_the_rest_of_a_file():
    with Server() as server:
        server.write("part", pattern(1000))
        results(client(server.url("/part"), "upload=5000", "resume_from=-1"), 0)
        equal(server.read("part"), pattern(5000), "the file")


@test
def real_server_gets_new_directories():
    with Server() as server:
        results(client(server.url("/a/b/c/new"), "upload=10", "ftp_create_missing_dirs=1"), 0)
        equal(server.read("a/b/c/new"), pattern(10), "the file")


@test
def real_server_lists_a_directory():
    with Server() as server:
        server.write("one", b"")
        server.write("two", b"")
        transfers = client(server.url("/"), "dirlistonly=1")
        results(transfers, 0)
        equal(sorted(transfers[0]["body"].split()), ["one", "two"], "names")


@test
def real_server_gives_what_matches():
    with Server() as server:
        for name in ("a.txt", "b.txt", "c.dat"):
            server.write(name, name.encode())
        transfers = client(server.url("/*.txt"), "wildcardmatch=1")
        results(transfers, 0)
        require(transfers[0]["body"] in ("a.txtb.txt", "b.txta.txt"), transfers[0]["body"])


@test
def real_server_renames_behind_an_upload():
    with Server() as server:
        results(client(server.url("/new"), "upload=10", "postquote=RNFR new", "postquote=RNTO newer"), 0)
        equal(server.read("newer"), pattern(10), "the file")


@test
def real_server_refuses_a_wrong_password():
    with Server() as server:
        results(client(f"url=ftp://user:wrong@127.0.0.1:{server.port}/x"), 67)


def tls_words():
    return ["use_ssl=3", f"cainfo={WORLD['ca']}"]


@test
def real_server_gives_a_file_over_tls():
    with Server(tls=True) as server:
        fetches(server, *tls_words(), "copies=3", count=3)


@test
def real_server_gives_a_file_over_tls_1_2():
    with Server(tls=True) as server:
        fetches(server, *tls_words(), f"sslversion={6 | 6 << 16}")


@test
def real_server_gives_a_file_over_tls_in_active_mode():
    with Server(tls=True) as server:
        fetches(server, *tls_words(), "ftpport=-")


@test
def real_server_takes_a_file_over_tls():
    with Server(tls=True) as server:
        results(client(server.url("/new"), "upload=3000000", *tls_words()), 0)
        equal(server.read("new"), pattern(3000000), "the file")


@test
def real_server_gives_a_file_over_implicit_tls():
    with Server(tls=True, implicit=True) as server:
        fetches(server, f"cainfo={WORLD['ca']}", scheme="ftps")


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="ftp-test-") as folder:
        authority = Authority(os.path.join(folder, "ca"))
        WORLD.update(client=arguments.client, ca=authority.certificate,
                     pair=authority.issue("good", "IP:127.0.0.1"))
        return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
