# SPDX-License-Identifier: MIT
"""A realm of Kerberos in a folder: a key distribution centre on loopback, which runs as whoever runs the
test, with users, services and tickets."""
import os
import shutil
import socket
import subprocess
import time

REALM = "TEST"
CONFIG = """
[libdefaults]
default_realm = TEST
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
udp_preference_limit = 1
forwardable = true
[realms]
TEST = {{
  kdc = 127.0.0.1:{port}
}}
[domain_realm]
localhost = TEST
"""
CENTRE = """
[kdcdefaults]
kdc_listen = ""
kdc_tcp_listen = 127.0.0.1:{port}
[realms]
TEST = {{
  database_name = {folder}/principals
  key_stash_file = {folder}/stash
  acl_file = {folder}/acl
}}
[logging]
kdc = FILE:{folder}/kdc.log
"""
NEEDED = ("krb5kdc", "kdb5_util", "kadmin.local", "kinit")


def find(name):
    """The path of a program that may lie where only root looks."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


class Realm:
    """`environment`: what programs need to know of it. `keytab` and `tickets`: files."""

    def __init__(self, folder):
        os.makedirs(folder)
        self.folder, self.brief_until = folder, 0
        self.keytab, self.tickets = self.path("keytab"), self.path("tickets")
        self.environment = {"KRB5_CONFIG": self.path("krb5.conf"), "KRB5_KDC_PROFILE": self.path("kdc.conf"),
                            "KRB5CCNAME": self.tickets, "KRB5_KTNAME": self.keytab}
        with self._reserve_port() as reserved:
            port = reserved.getsockname()[1]
            self._write("krb5.conf", CONFIG.format(port=port))
            self._write("kdc.conf", CENTRE.format(port=port, folder=folder))
            self._run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
            self.process = subprocess.Popen([find("krb5kdc"), "-n", "-r", REALM], env={**os.environ, **self.environment},
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self._await(port)

    def path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)

    def _run(self, program, *arguments, stdin=""):
        subprocess.run([find(program), *arguments], check=True, input=stdin, text=True, capture_output=True,
                       env={**os.environ, **self.environment})

    @staticmethod
    def _reserve_port():
        """A socket on a port of its own: nobody else gets that one, but the centre, which asks for an address in use,
        too, may listen there (only with TCP)."""
        reserved = socket.socket()
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        return reserved

    def _await(self, port):
        late = time.monotonic() + 20
        while time.monotonic() < late:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if self.process.poll() is not None:
                break
        raise RuntimeError("the key distribution centre does not start")

    def service(self, name, trusted=False):
        """A service with its key in the keytab; `trusted`: tickets may be delegated to it."""
        flag = "+" if trusted else "-"
        self._run("kadmin.local", "-r", REALM, "addprinc", "-randkey", flag + "ok_as_delegate", name)
        self._run("kadmin.local", "-r", REALM, "ktadd", "-k", self.keytab, name)

    def log_in(self, user, password="secret"):
        """A user with a ticket in `tickets`."""
        self._run("kadmin.local", "-r", REALM, "addprinc", "-pw", password, user)
        self._run("kinit", "-f", user, stdin=password + "\n")

    def change_key(self, name):
        """The service's key is not the one in the keytab any more, though it bears its number."""
        self._run("kadmin.local", "-r", REALM, "delprinc", "-force", name)
        self._run("kadmin.local", "-r", REALM, "addprinc", "-randkey", name)
        self._run("kadmin.local", "-r", REALM, "cpw", "-randkey", name)

    def log_in_briefly(self, user, password="secret"):
        """A user with a ticket that soon has expired, for `expired`."""
        self._run("kinit", "-l", "1s", "-c", self.path("brief"), user, stdin=password + "\n")
        self.brief_until = int(time.time()) + 1

    def expired(self):
        """The path of those tickets. Their end is a whole second that is not over yet."""
        while time.time() < self.brief_until + 2:
            time.sleep(0.05)
        return self.path("brief")

    def stop(self):
        self.process.terminate()
        self.process.wait()
