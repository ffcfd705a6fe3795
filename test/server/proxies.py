# SPDX-License-Identifier: MIT
"""Proxies on loopback for a test: squid (HTTP), stunnel in front of it (HTTPS), nghttpx too (HTTPS with
HTTP/2), Dante (SOCKS). Each is used where it is installed."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from dnsmasq import free_port

SYSTEM = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"

SQUID = """
http_port 127.0.0.1:{squid}
http_port 127.0.0.1:{squid_auth} name=auth
auth_param basic program {basic} {folder}/users
auth_param basic realm squid
acl named proxy_auth REQUIRED
acl at_auth myportname auth
http_access deny at_auth !named
http_access allow all
cache deny all
via off
forwarded_for delete
hosts_file {folder}/hosts
dns_nameservers 127.0.0.1
pid_filename none
access_log stdio:{folder}/access.log
cache_log {folder}/cache.log
coredump_dir {folder}
shutdown_lifetime 0 seconds
max_filedescriptors 1024
{user}
"""

STUNNEL = """
foreground = yes
pid =
syslog = no
output = {folder}/stunnel.log
{user}
[proxy]
accept = 127.0.0.1:{tlsproxy}
connect = 127.0.0.1:{squid}
cert = {good[0]}
key = {good[1]}
"""

NGHTTPX = """
frontend=127.0.0.1,{h2proxy}
backend=127.0.0.1,{squid}
http2-proxy=yes
workers=1
certificate-file={good[0]}
private-key-file={good[1]}
errorlog-file={folder}/nghttpx.log
no-ocsp=yes
"""

DANTE = """
logoutput: {folder}/dante.log
internal: 127.0.0.1 port = {dante}
external: lo
clientmethod: none
socksmethod: none
user.privileged: {name}
user.unprivileged: {name}
client pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}
socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 protocol: tcp }}
"""

START_LIMIT_S = 30


def program(*names):
    """Where one of them is, or None."""
    return next((found for name in names if (found := shutil.which(name, path=SYSTEM))), None)


def user_name():
    return subprocess.run(["id", "-un"], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()


class Proxies:
    """`values` has the ports of those that run: squid, squid_auth, tlsproxy, h2proxy, dante."""

    def __init__(self, good):
        self.values, self._processes = {}, []
        self.folder = tempfile.mkdtemp()
        os.chmod(self.folder, 0o777)  # squid gives up its privileges
        self._words = {"folder": self.folder, "good": good, "name": user_name(), "user": ""}
        self._start_squid()
        if program("stunnel4", "stunnel") and "squid" in self.values:
            self._start("stunnel.conf", STUNNEL, ["tlsproxy"],
                        lambda path: [program("stunnel4", "stunnel"), path])
        if program("nghttpx") and "squid" in self.values:
            self._start("nghttpx.conf", NGHTTPX, ["h2proxy"],
                        lambda path: [program("nghttpx"), "--conf", path])
        if program("danted", "sockd"):
            self._start("dante.conf", DANTE, ["dante"],
                        lambda path: [program("danted", "sockd"), "-f", path])

    def _start_squid(self):
        basic = next((path for path in ("/usr/lib/squid/basic_ncsa_auth",
                                        "/usr/lib64/squid/basic_ncsa_auth") if os.path.exists(path)), None)
        if not program("squid") or not basic:
            return
        secret = subprocess.run(["openssl", "passwd", "-apr1", "secret"], check=True,
                                stdout=subprocess.PIPE, text=True).stdout
        self._write("users", "squidder:" + secret)
        self._write("hosts", "127.0.0.1 localhost good.test\n")
        self._words["basic"] = basic
        self._start("squid.conf", SQUID, ["squid", "squid_auth"],
                    lambda path: [program("squid"), "-N", "-f", path])

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(path, 0o644)
        return path

    def _start(self, name, text, ports, command):
        for _ in range(5):  # another program may take a port in between
            numbers = {port: free_port() for port in ports}
            path = self._write(name, text.format(**self._words, **self.values, **numbers))
            process = subprocess.Popen(command(path), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                       start_new_session=True, cwd=self.folder)
            self._processes.append(process)
            if all(self._answers(process, number) for number in numbers.values()):
                self.values.update(numbers)
                return
        raise RuntimeError(f"{command('')[0]} does not start; see {self.folder}")

    @staticmethod
    def _answers(process, port):
        end = time.monotonic() + START_LIMIT_S
        while process.poll() is None and time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return True
            except OSError:
                time.sleep(0.05)
        return False

    def stop(self):
        for process in self._processes:
            try:
                os.killpg(process.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
