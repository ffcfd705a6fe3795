#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""SFTP and SCP with Debian's OpenSSH server, and with a peer that is none; reported as TAP.

    ssh_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c.
"""
import base64
import contextlib
import getpass
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import threading

import daemons
from scripted import WORLD, client, results
from tap import equal, parse, require, tell_all, test
from world import fnv, pattern

FINE_ADD, FINE, REJECT, DEFER, REPLACE = range(5)
MATCH, MISMATCH, MISSING = range(3)
NOT_VERIFIED, DENIED, NO_FILE, QUOTE_FAILED = 60, 67, 78, 21
SIZES = (0, 1, 32767, 100000, 3000001)


def place(name):
    return os.path.join(WORLD["folder"], name)


def url(name, scheme="sftp"):
    return f"url={scheme}://127.0.0.1:{WORLD['port']}{place(name)}"


def login():
    return (f"userpwd={getpass.getuser()}:", "ssh_private_keyfile=" + place("client_key"),
            "ssh_public_keyfile=" + place("client_key.pub"))


def run(*words, expected=0):
    """The one transfer of a client that is logged in."""
    transfers = client(*words, *login())
    results(transfers, expected)
    return transfers[0]


def write(name, content):
    with open(place(name), "wb") as file:
        file.write(content)


def read(name):
    with open(place(name), "rb") as file:
        return file.read()


def host_key():
    """As known_hosts has it: its kind and its bytes in Base64."""
    return read("host_key.pub").decode().split()[:2]


def know(name, key, port=None):
    """A file that knows our server by this key."""
    write(name, f"[127.0.0.1]:{port or WORLD['port']} {' '.join(key)}\n".encode())
    return "ssh_knownhosts=" + place(name)


# Files.

@test
def files_of_many_sizes_come_and_go():
    for scheme in ("sftp", "scp"):
        for mode in ("mode=easy", "mode=multi"):
            for size in SIZES:
                run(url("there", scheme), f"upload={size}", mode)
                equal(fnv(read("there")), fnv(pattern(size)), f"{scheme}: what was sent")
                got = run(url("there", scheme), mode)
                equal((got["len"], got["sum"]), (size, fnv(pattern(size))), f"{scheme}: what came")


@test
def connection_is_kept():
    """With SCP only if the server says no more of the file's channel when it is closed."""
    write("kept", b"kept")
    transfers = client(*[url("kept")] * 3, *login())
    results(transfers, 0, 0, 0)
    equal([t["num_connects"] for t in transfers], [1, 0, 0], "connections")
    results(client(*[url("kept", "scp")] * 3, *login()), 0, 0, 0)


@test
def connection_of_another_user_is_not_taken():
    write("kept", b"kept")
    mine = url("kept").replace("127.0.0.1", f"{getpass.getuser()}@127.0.0.1")
    others = url("kept").replace("127.0.0.1", "nobody-at-all@127.0.0.1")
    results(client(mine, others, mine, *login()[1:]), 0, DENIED, 0)


@test
def many_at_once():
    write("many", pattern(200000))
    transfers = client(url("many"), "copies=20", "mode=multi", *login())
    results(transfers, *[0] * 20)
    equal({t["sum"] for t in transfers}, {fnv(pattern(200000))}, "sums")


@test
def file_that_is_not_there():
    equal(run(url("none"), expected=NO_FILE)["error"],
          "Could not open remote file for reading: No such file or directory", "error")
    results(client(url("none", "scp"), url("client_key.pub", "scp"), *login()), NO_FILE, 0)


@test
def file_is_put_into_a_folder_that_is_not_there():
    run(url("new/folder/file"), "upload=10", expected=NO_FILE)
    run(url("new/folder/file"), "upload=10", "ftp_create_missing_dirs=1", "new_directory_perms=448",
        "new_file_perms=384")
    equal(read("new/folder/file"), pattern(10), "content")
    equal(oct(os.stat(place("new/folder")).st_mode), "0o40700", "mode of the folder")
    equal(oct(os.stat(place("new/folder/file")).st_mode), "0o100600", "mode of the file")


@test
def scp_needs_the_size_and_the_folder():
    run(url("unsized", "scp"), "unsized=100", expected=25)
    run(url("no-folder/file", "scp"), "upload=100", expected=25)
    run(url("unsized"), "unsized=100")
    equal(read("unsized"), pattern(100), "content")


# Parts of files.

@test
def parts_are_what_was_asked_for():
    write("part", pattern(1000))
    whole = pattern(1000)
    for words, wanted in ((("range=10-19",), whole[10:20]), (("range=990-",), whole[990:]), (("range=-7",), whole[-7:]),
                          (("range=900-2000",), whole[900:]), (("resume_from=995",), whole[995:]),
                          (("resume_from=1000",), b"")):
        got = run(url("part"), *words)
        equal((got["len"], got["sum"]), (len(wanted), fnv(wanted)), words[0])
    run(url("part"), "resume_from=1001", expected=36)
    run(url("part"), "range=2000-", expected=33)
    run(url("part"), "maxfilesize=999", expected=63)


@test
def uploads_go_on_where_they_stopped():
    for words, there, wanted in ((("append=1",), b"abc", b"abc" + pattern(20)),
                                 (("resume_from=5",), pattern(5), pattern(20)),
                                 (("resume_from=-1",), pattern(7), pattern(20)),
                                 ((), pattern(30), pattern(20))):
        write("rest", there)
        run(url("rest"), "upload=20", *words)
        equal(read("rest"), wanted, f"content with {words}")


# Folders.

@test
def folder_is_listed():
    os.makedirs(place("list/sub"))
    write("list/one", b"12345")
    os.symlink("one", place("list/two"))
    names = run(url("list/"), "dirlistonly=1")["body"]
    equal(sorted(names.splitlines()), [".", "..", "one", "sub", "two"], "names")
    lines = {line.split()[8]: line for line in run(url("list/"))["body"].splitlines()}
    equal(sorted(lines), sorted([".", "..", "one", "sub", "two"]), "names of lines")
    require(lines["one"].startswith("-rw") and lines["one"].split()[4] == "5", lines["one"])
    require(lines["two"].startswith("l") and lines["two"].endswith("two -> one"), lines["two"])
    run(url("no-list/"), expected=NO_FILE)


@test
def home_is_where_the_server_says():
    home = os.path.realpath(os.path.expanduser(f"~{getpass.getuser()}"))
    got = run(f"url=sftp://127.0.0.1:{WORLD['port']}/~/", "dirlistonly=1")
    equal(sorted(got["body"].splitlines())[:2], [".", ".."], "names")
    equal(got["ftp_entry_path"], home, "entry path")


# Commands.

@test
def commands_do_what_they_say():
    """libssh2 1.10 takes the answer to a link for an error."""
    write("quoted", b"quoted")
    here = place("")
    run(url("quoted"), f"quote=mkdir {here}made", f"quote=rename {here}quoted \"{here}a name\"",
        f"quote=chmod 640 '{here}a name'", f"quote=*symlink \"{here}a name\" {here}link",
        f"quote=mtime \"Sun, 06 Nov 1994 08:49:37 GMT\" {here}link",
        f"quote=rename \"{here}a name\" {here}quoted", f"postquote=rmdir {here}made", f"postquote=rm {here}link",
        "quote=pwd", f"quote=statvfs {here}")
    status = os.stat(place("quoted"))
    equal((oct(status.st_mode), int(status.st_mtime)), ("0o100640", 784111777), "mode and time")
    require(not os.path.exists(place("made")) and not os.path.lexists(place("link")), "both are gone")
    equal(run(url("quoted"), "filetime=1", "nobody=1")["filetime"], 784111777, "filetime")


@test
def command_that_fails_ends_it_unless_it_may():
    write("quoted", b"quoted")
    for command in ("rm /none/of/it", "rmdir /none", "rename /none /nowhere", "chmod 644 /none", "mtime nonsense /tmp",
                    "chmod rw /tmp", "nonsense", "nonsense /tmp", "rename /one", "rm \"/no end", "mkdir /proc/none"):
        equal(run(url("quoted"), "quote=" + command, expected=QUOTE_FAILED)["len"], 0, command)
        run(url("quoted"), "postquote=" + command, expected=QUOTE_FAILED)
    for command in ("*rm /none/of/it", "*rmdir /none", "*chmod 644 /none", "*mkdir /proc/none"):
        equal(run(url("quoted"), "quote=" + command)["len"], 6, command)


# Who the server is.

@test
def host_is_known_by_its_key():
    write("small", b"small")
    kind, key = host_key()
    other = base64.b64encode(base64.b64decode(key)[:-1] + b"x").decode()
    run(url("small"), know("known", (kind, key)))
    run(url("small"), know("known", (kind, other)), expected=NOT_VERIFIED)
    run(url("small"), know("known", (kind, key), port=1), expected=NOT_VERIFIED)
    run(url("small"), "ssh_knownhosts=" + place("no-such-file"), expected=NOT_VERIFIED)


@test
def program_judges_the_key():
    write("small", b"small")
    kind, key = host_key()
    other = base64.b64encode(base64.b64decode(key)[:-1] + b"x").decode()
    for mode in ("mode=easy", "mode=multi"):
        for file, match, known in ((know("known", (kind, key)), MATCH, 1), (know("bad", (kind, other)), MISMATCH, 1),
                                   ("ssh_knownhosts=" + place("no-such-file"), MISSING, 0)):
            run(url("small"), file, f"ssh_key={match}:{known}:{FINE}", mode)
            for answer in (REJECT, DEFER):
                run(url("small"), file, f"ssh_key={match}:{known}:{answer}", mode, expected=NOT_VERIFIED)


@test
def key_is_written_where_the_program_says_so():
    write("small", b"small")
    kind, key = host_key()
    other = base64.b64encode(base64.b64decode(key)[:-1] + b"x").decode()
    line = f"[127.0.0.1]:{WORLD['port']} {kind} {key}"
    run(url("small"), "ssh_knownhosts=" + place("written"), f"ssh_key={MISSING}:0:{FINE_ADD}")
    equal(read("written").decode().strip(), line, "file")
    run(url("small"), "ssh_knownhosts=" + place("written"))
    run(url("small"), know("written", (kind, other)), f"ssh_key={MISMATCH}:1:{REPLACE}")
    equal(read("written").decode().strip(), line, "file")


@test
def host_is_known_by_a_hash():
    write("small", b"small")
    key = base64.b64decode(host_key()[1])
    sha256, md5 = base64.b64encode(hashlib.sha256(key).digest()).decode(), hashlib.md5(key).hexdigest()
    for word, good in (("sha256", sha256), ("sha256", sha256.rstrip("=")), ("md5", md5), ("md5", md5.upper())):
        run(url("small"), f"ssh_host_public_key_{word}={good}")
        for bad in (good[:-3], "0" + good[1:], good + "0"):
            if bad != good:
                run(url("small"), f"ssh_host_public_key_{word}={bad}", expected=NOT_VERIFIED)


@test
def program_gets_the_key_itself():
    write("small", b"small")
    run(url("small"), f"ssh_host_key={MATCH}")
    run(url("small"), f"ssh_host_key={MATCH}", "mode=multi")
    run(url("small"), f"ssh_host_key={MISMATCH}", expected=NOT_VERIFIED)


# Who we are.

@test
def login_needs_the_right_key():
    write("small", b"small")
    results(client(url("small"), f"userpwd={getpass.getuser()}:wrong", "ssh_private_keyfile=" + place("host_key"),
                   "ssh_public_keyfile="), DENIED)
    results(client(url("small"), f"userpwd={getpass.getuser()}:", "ssh_private_keyfile=" + place("client_key"),
                   "ssh_public_keyfile="), 0)
    run(url("small"), "ssh_auth_types=2", expected=DENIED)


@contextlib.contextmanager
def agent_at(path):
    os.environ["SSH_AUTH_SOCK"] = path
    try:
        yield
    finally:
        del os.environ["SSH_AUTH_SOCK"]


@contextlib.contextmanager
def agent(*names):
    """ssh-agent with these keys."""
    path = place("agent")
    process = subprocess.Popen([daemons.find("ssh-agent"), "-D", "-a", path], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process.stdout.readline()  # it tells where it listens
    try:
        with agent_at(path):
            for name in names:
                subprocess.run([daemons.find("ssh-add"), "-q", place(name)], check=True, stdin=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
            yield
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()
        if os.path.exists(path):
            os.unlink(path)


def by_agent(*words):
    return client(url("small"), f"userpwd={getpass.getuser()}:", "ssh_auth_types=16", *words)


@test
def agent_signs_for_a_key_that_the_server_knows():
    write("small", b"small")
    for names, expected in ((("agent_key",), 0), (("other_key", "agent_key"), 0), (("client_key",), 0),
                            (("other_key",), DENIED), ((), DENIED)):
        with agent(*names):
            for mode in ("mode=easy", "mode=multi"):
                results(by_agent(mode), expected)


@test
def agent_that_is_not_there_is_none():
    results(by_agent(), DENIED)
    for path in (place("none"), place("small"), "x" * 300):
        with agent_at(path):
            results(by_agent(), DENIED)


@test
def strange_agents_are_left():
    def serve(listener, answer):
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            with link:
                link.recv(5)
                try:
                    link.sendall(answer)
                    if not answer:
                        link.recv(1)
                except OSError:
                    pass
    number = (1).to_bytes(4, "big")
    huge = b"\xff\xff\xff\xff"
    for answer, words, expected in ((b"\0\0\0\0", (), DENIED), (huge, (), DENIED), (number + b"\5", (), DENIED),
                                    (b"\0\0\0\5\x0c" + number, (), DENIED), (b"\0\0\0\2\x0c\0", (), DENIED),
                                    (b"\0\0\0\x0d\x0c" + number + huge + number, (), DENIED),
                                    (b"\0\0\0\x0e\x0c" + number + number + b"k" + b"\0\0\0\0", (), DENIED),
                                    (b"", ("timeout_ms=300",), 28), (b"", ("server_response_timeout=1",), DENIED)):
        path = place("strange")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            thread = threading.Thread(target=serve, args=(listener, answer), daemon=True)
            thread.start()
            with agent_at(path):
                results(by_agent(*words), expected)
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
        os.unlink(path)


@test
def compression_changes_nothing():
    got = run(url("small"), "ssh_compression=1", "upload=100000")
    equal(got["given"], 100000, "bytes")
    equal(run(url("small"), "ssh_compression=1")["sum"], fnv(pattern(100000)), "what came")


# A server that is none.

@test
def server_that_says_nothing_is_left():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"url=sftp://127.0.0.1:{silent.getsockname()[1]}/file"
        for mode in ("mode=easy", "mode=multi"):
            results(client(address, "server_response_timeout=1", mode, *login()), 28)
            results(client(address, "timeout_ms=300", mode, *login()), 28)


@test
def transfer_is_removed_while_it_runs():
    write("large", pattern(3000001))
    transfers = client(url("large"), url("large"), "mode=multi", "remove=1", *login())
    equal((transfers[1]["result"], transfers[1]["sum"]), (0, fnv(pattern(3000001))), "the other one")


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory(prefix="ssh-test-") as folder:
        try:
            with daemons.sshd(folder) as port:
                WORLD.update(client=arguments.client, folder=folder, port=port)
                return tell_all(arguments.only)
        except daemons.Skip as why:
            print(f"1..0 # SKIP {why}")
            return 0


if __name__ == "__main__":
    sys.exit(main())
