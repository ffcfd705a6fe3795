# SPDX-License-Identifier: MIT
"""dnsmasq on loopback for a test: names of its own, and a count of the queries."""
import grp
import os
import pwd
import re
import shutil
import socket
import subprocess

QUERY = re.compile(r"query\[(\w+)\] (\S+) from")


def program():
    """Where dnsmasq is, or None."""
    return shutil.which("dnsmasq") or shutil.which("dnsmasq", path="/usr/sbin:/usr/local/sbin")


def free_port():
    """A port that is free for UDP and TCP just now."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


class Dnsmasq:
    """`arguments` are dnsmasq's, as the records of its names. It knows all names in .test; of others
    it refuses to speak."""

    def __init__(self, *arguments):
        user, group = pwd.getpwuid(os.getuid())[0], grp.getgrgid(os.getgid())[0]
        for _ in range(20):  # another program may take the port in between
            self.port = free_port()
            self.process = subprocess.Popen(
                [program(), "--keep-in-foreground", "--user=" + user, "--group=" + group,
                 "--pid-file=", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                 "--bind-interfaces", "--listen-address=127.0.0.1", f"--port={self.port}",
                 "--local=/test/", "--local-ttl=60", "--log-queries", "--log-facility=-",
                 *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            said = self._wait_started()
            if said is None:
                break
            self.process.wait()
            self.process.stderr.close()
        else:
            raise RuntimeError("dnsmasq does not start:\n" + said)
        os.set_blocking(self.process.stderr.fileno(), False)

    def _wait_started(self):
        """None once it serves, or what it said before it ended."""
        said = ""
        for line in self.process.stderr:
            text = line.decode(errors="replace")
            if "started, version" in text:
                return None
            said += text
        return said

    def queries(self):
        """Those since the last call, as (type, name). A query is written down before its answer."""
        text = b""
        while chunk := self.process.stderr.read(65536):
            text += chunk
        return QUERY.findall(text.decode(errors="replace"))

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()
