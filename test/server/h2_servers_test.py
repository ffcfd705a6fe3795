#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HTTP/2 with Debian's other servers of it, apache2 (mod_http2) and nghttpd; reported as TAP.

    h2_servers_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c. What is not installed is skipped.
"""
import contextlib
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time

from authority import Authority
from daemons import find
from dnsmasq import free_port
from tap import equal, parse, require, tell_all, test
from world import NAMES, fnv, pattern

CLIENT_LIMIT_S = 60
START_LIMIT_S = 20
ATTEMPTS = 5  # another program may take the port in between
HTTP_1_1, HTTP_2, HTTP_2_PRIOR = 2, 3, 5
SIZES = {"1k": 1 << 10, "1m": 1 << 20}
ONE = {"result": 0, "response_code": 200, "http_version": HTTP_2}

APACHE_MODULES = "/usr/lib/apache2/modules"
APACHE = """
ServerRoot {folder}
ServerName good.test
PidFile {folder}/apache.pid
ErrorLog {folder}/apache.log
{user}
{modules}
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
Listen 127.0.0.1:{port}
DocumentRoot {folder}/www
DavLockDB {folder}/locks/dav
CustomLog {folder}/access.log "%U"
LimitRequestBody 0
{protocol}
<Directory {folder}/www>
    Require all granted
    Dav On
</Directory>
"""
APACHE_PLAIN = "Protocols h2c http/1.1"
APACHE_TLS = """
Protocols h2 http/1.1
SSLEngine on
SSLCertificateFile {certificate}
SSLCertificateKeyFile {key}
SSLSessionCache none
"""


class Ground:
    """What all servers have: files and a certificate."""
    client = folder = good = ca = None

    @classmethod
    def make(cls, folder, client):
        cls.client, cls.folder = client, folder
        authority = Authority(os.path.join(folder, "ca"))
        cls.ca, cls.good = authority.certificate, authority.issue("good.test", NAMES)
        for name in ("www", "www/up", "locks"):
            os.mkdir(cls.path(name))
            os.chmod(cls.path(name), 0o777)  # root's apache2 serves as somebody else
        for name, size in SIZES.items():
            with open(cls.path("www", name), "wb") as file:
                file.write(pattern(size))

    @classmethod
    def path(cls, *names):
        return os.path.join(cls.folder, *names)


def answers(process, port):
    """Whether it has begun to listen."""
    end = time.monotonic() + START_LIMIT_S
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


@contextlib.contextmanager
def running(command):
    """The server of command(port), as (process, port)."""
    for _ in range(ATTEMPTS):
        port = free_port()
        process = subprocess.Popen(command(port), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        if answers(process, port):
            break
        process.kill()
        process.wait()
    else:
        raise RuntimeError(f"{command(0)[0]} does not start")
    try:
        yield process, port
    finally:
        process.terminate()
        process.wait()


def apache_modules():
    names = ("mpm_event", "authz_core", "dav", "dav_fs", "http2", "ssl")
    lines = [f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so" for name in names]
    return "\n".join(lines)


def apache(tls=True, more=""):
    """apache2 with HTTP/2 and DAV."""
    program = find("apache2")
    protocol = APACHE_TLS.format(certificate=Ground.good[0], key=Ground.good[1]) if tls else APACHE_PLAIN
    me = pwd.getpwuid(os.getuid())[0]

    def command(port):
        # Of root's servers the children serve as somebody else, who has to reach the files.
        user = "User www-data\nGroup www-data" if me == "root" else ""
        with open(Ground.path("apache.conf"), "w", encoding="ascii") as file:
            file.write(APACHE.format(folder=Ground.folder, user=user, port=port, modules=apache_modules(),
                                     protocol=protocol + more))
        return [program, "-D", "FOREGROUND", "-f", Ground.path("apache.conf")]
    return running(command)


def nghttpd(*arguments, tls=True):
    program = find("nghttpd")

    def command(port):
        files = [Ground.good[1], Ground.good[0]] if tls else []
        return [program, "-a", "127.0.0.1", "-d", Ground.path("www"), *([] if tls else ["--no-tls"]),
                *arguments, str(port), *files]
    return running(command)


def start(arguments):
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.Popen([Ground.client, *arguments.split(), "cainfo=" + Ground.ca], env=environment,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def end(process):
    """The transfers of a client that was started."""
    try:
        out, err = process.communicate(timeout=CLIENT_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    require(process.returncode == 0, f"the client ended with {process.returncode}: {err.decode()}")
    transfers = json.loads(out)["transfers"]
    for transfer in transfers:
        require(not transfer["strange_thread"], "a callback ran on another thread")
    return transfers


def run(arguments):
    return end(start(arguments))


def all_are(transfers, wanted):
    for transfer in transfers:
        for name, value in wanted.items():
            equal(transfer[name], value, f"{name} ({transfer['error']})")


def is_file(name):
    return {**ONE, "len": SIZES[name], "sum": fnv(pattern(SIZES[name]))}


def connections(transfers):
    return sum(transfer["num_connects"] for transfer in transfers)


# Every server, over TLS and without.

SERVERS = {
    "apache2": (apache, {}),
    "apache2_without_tls": (apache, {"tls": False}),
    "nghttpd": (nghttpd, {}),
    "nghttpd_without_tls": (nghttpd, {"tls": False}),
}


def with_each(function):
    """A test for each of the servers, which is given the beginning of the URL."""
    for name, (server, arguments) in SERVERS.items():
        def one(server=server, arguments=arguments):
            with server(**arguments) as (_, port):
                if arguments.get("tls", True):
                    function(f"https://127.0.0.1:{port}", "")
                else:
                    function(f"http://127.0.0.1:{port}", f" http_version={HTTP_2_PRIOR}")
        one.__name__ = f"{name}_{function.__name__}"
        test(one)
    return function


@with_each
def gives_files_one_after_another_on_a_connection(base, version):
    transfers = run(f"url={base}/1m url={base}/1k copies=3" + version)
    all_are([each for each in transfers if each["url"].endswith("1m")], is_file("1m"))
    all_are([each for each in transfers if each["url"].endswith("1k")], is_file("1k"))
    equal(connections(transfers), 1, "connections")


@with_each
def gives_many_files_at_once_on_a_connection(base, version):
    transfers = run(f"url={base}/1k mode=multi pipewait=1 copies=100" + version)
    all_are(transfers, is_file("1k"))
    equal(connections(transfers), 1, "connections")


@with_each
def gives_large_files_at_once_on_a_connection(base, version):
    transfers = run(f"url={base}/1m mode=multi pipewait=1 copies=16" + version)
    all_are(transfers, is_file("1m"))
    equal(connections(transfers), 1, "connections")


@with_each
def pause_of_one_stream_holds_no_other_up(base, version):
    transfers = run(f"url={base}/1m mode=multi pipewait=1 copies=6 pause=1" + version)
    all_are(transfers, is_file("1m"))


@with_each
def removal_of_one_stream_leaves_the_others(base, version):
    transfers = run(f"url={base}/1m mode=multi pipewait=1 copies=6 remove=2" + version)
    all_are([each for number, each in enumerate(transfers, 1) if number != 2], is_file("1m"))


@with_each
def head_and_what_is_missing(base, version):
    transfers = run(f"url={base}/1k nobody=1" + version)
    all_are(transfers, {**ONE, "len": 0, "content_length": 1024})
    all_are(run(f"url={base}/none" + version), {**ONE, "response_code": 404})
    all_are(run(f"url={base}/none failonerror=1" + version), {"result": 22, "response_code": 404})


# apache2.

def upload_comes_back(size, how, count=1):
    with apache() as (_, port):
        urls = " ".join(f"url=https://127.0.0.1:{port}/up/{how}{size}-{number}" for number in range(count))
        sent = run(f"{urls} mode=multi pipewait=1 {how}={size}")
        all_are(sent, {**ONE, "response_code": 201, "size_upload": size})
        equal(connections(sent), 1, "connections")
        all_are(run(urls), {**ONE, "len": size, "sum": fnv(pattern(size))})


@test
def apache2_takes_uploads():
    upload_comes_back(300000, "upload", 4)


@test
def apache2_takes_uploads_of_no_announced_size():
    upload_comes_back(300000, "unsized", 4)


@test
def apache2_takes_an_empty_upload():
    upload_comes_back(0, "upload")


@test
def upgrade_from_http_1_1_is_agreed_on_with_apache2():
    with apache(tls=False) as (_, port):
        # Upgraded connections are not kept by this server, and one whose window is full is closed.
        all_are(run(f"url=http://127.0.0.1:{port}/1k http_version={HTTP_2} copies=3"), is_file("1k"))


@test
def upgrade_is_not_asked_for_with_1_1():
    with apache(tls=False) as (_, port):
        transfers = run(f"url=http://127.0.0.1:{port}/1k http_version={HTTP_1_1}")
        all_are(transfers, {**is_file("1k"), "http_version": HTTP_1_1})


@test
def apache2_that_takes_few_streams_gets_few_at_a_time():
    with apache(more="H2MaxSessionStreams 3\n") as (_, port):
        transfers = run(f"url=https://127.0.0.1:{port}/1k mode=multi pipewait=1 copies=60 max_host=1")
        all_are(transfers, is_file("1k"))
        equal(connections(transfers), 1, "connections")


def wait_logged(wanted):
    """Until apache2 has logged a path."""
    end_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end_s:
        with open(Ground.path("access.log"), encoding="ascii") as file:
            if wanted + "\n" in file.read():
                return
        time.sleep(0.02)
    raise RuntimeError(f"{wanted} was not asked for")


@test
def transfer_goes_on_elsewhere_when_apache2_has_said_goodbye():
    """A graceful restart ends what is idle with GOAWAY."""
    with apache() as (server, port):
        client = start(f"url=https://127.0.0.1:{port}/1k?first copies=2 steps=1")
        wait_logged("/1k")
        server.send_signal(signal.SIGUSR1)
        client.stdin.write(b"1")
        client.stdin.flush()
        transfers = end(client)
    all_are(transfers, is_file("1k"))


# nghttpd.

@test
def nghttpd_echoes_uploads():
    with nghttpd("--echo-upload") as (_, port):
        transfers = run(f"url=https://127.0.0.1:{port}/1k mode=multi pipewait=1 copies=8 upload=200000")
        all_are(transfers, {**ONE, "size_upload": 200000, "len": 200000, "sum": fnv(pattern(200000))})
        equal(connections(transfers), 1, "connections")


@test
def early_response_of_nghttpd_loses_no_upload():
    with nghttpd("--early-response") as (_, port):
        transfers = run(f"url=https://127.0.0.1:{port}/1k upload=3000000")
        all_are(transfers, {**is_file("1k"), "size_upload": 3000000})


@test
def nghttpd_that_takes_one_stream_gets_one_at_a_time():
    with nghttpd("--max-concurrent-streams=1") as (_, port):
        transfers = run(f"url=https://127.0.0.1:{port}/1k mode=multi pipewait=1 copies=40 max_host=1")
        all_are(transfers, is_file("1k"))
        equal(connections(transfers), 1, "connections")


@test
def nghttpd_with_small_windows_takes_uploads():
    with nghttpd("--echo-upload", "--window-bits=10", "--connection-window-bits=12") as (_, port):
        transfers = run(f"url=https://127.0.0.1:{port}/1k mode=multi pipewait=1 copies=4 upload=100000")
        all_are(transfers, {**ONE, "size_upload": 100000, "len": 100000})


@test
def padding_is_no_part_of_the_body():
    with nghttpd("--padding=200") as (_, port):
        all_are(run(f"url=https://127.0.0.1:{port}/1m"), is_file("1m"))


@test
def body_of_nghttpd_without_a_length_is_complete():
    with nghttpd("--no-content-length") as (_, port):
        all_are(run(f"url=https://127.0.0.1:{port}/1m"), {**is_file("1m"), "content_length": -1})


@test
def trailers_of_nghttpd_end_no_body_early():
    with nghttpd("--trailer=sum: 12345") as (_, port):
        all_are(run(f"url=https://127.0.0.1:{port}/1m copies=2"), is_file("1m"))


@test
def header_table_of_nghttpd_may_be_empty():
    with nghttpd("--header-table-size=0", "--encoder-header-table-size=0") as (_, port):
        all_are(run(f"url=https://127.0.0.1:{port}/1k copies=20"), is_file("1k"))


@test
def what_nghttpd_pushes_is_taken():
    with nghttpd("--push=/1k=/1m") as (_, port):
        transfers = run(f"url=https://127.0.0.1:{port}/1k mode=multi push=0")
        equal(len(transfers), 2, "transfers")
        all_are(transfers[:1], is_file("1k"))
        all_are(transfers[1:], is_file("1m"))


@test
def what_nghttpd_pushes_may_be_refused():
    with nghttpd("--push=/1k=/1m") as (_, port):
        transfers = run(f"url=https://127.0.0.1:{port}/1k mode=multi push=1")
        equal(len(transfers), 1, "transfers")
        all_are(transfers, is_file("1k"))


def main():
    arguments = parse()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        Ground.make(folder, arguments.client)
        return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
