# SPDX-License-Identifier: MIT
"""Debian's servers of the smaller protocols, where they are installed: atftpd, mosquitto and sshd, as this user, on
loopback."""
import contextlib
import grp
import os
import pwd
import shutil
import subprocess
import threading

from dnsmasq import free_port
from tap import Failure, Skip

ATTEMPTS = 20  # another program may take the port in between


def find(name):
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if not program:
        raise Skip(f"{name} is not installed")
    return program


@contextlib.contextmanager
def atftpd(folder):
    """The port of a server of a folder. It may still be starting: the client asks again."""
    user, group = pwd.getpwuid(os.getuid())[0], grp.getgrgid(os.getgid())[0]
    port = free_port()
    process = subprocess.Popen(
        [find("atftpd"), "--daemon", "--no-fork", f"--user={user}.{group}", f"--port={port}",
         "--bind-address=127.0.0.1", folder],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def _start_mosquitto(port):
    """The broker once it runs; None when it did not get its port."""
    process = subprocess.Popen([find("mosquitto"), "-p", str(port)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    for line in process.stderr:
        if line.rstrip().endswith(b" running"):
            return process
    process.wait()
    process.stderr.close()
    return None


@contextlib.contextmanager
def mosquitto():
    """The port of a broker."""
    for _ in range(ATTEMPTS):
        port = free_port()
        process = _start_mosquitto(port)
        if process:
            break
    else:
        raise RuntimeError("mosquitto does not start")
    try:
        yield port
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()

def _start_sshd(folder, port):
    """The server once it listens; None when it did not get its port."""
    if os.getuid() == 0:
        os.makedirs("/run/sshd", 0o755, exist_ok=True)
    with open(os.path.join(folder, "config"), "w", encoding="ascii") as file:
        file.write(f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\n"
                   f"AuthorizedKeysFile {folder}/client_key.pub {folder}/agent_key.pub\nStrictModes no\nUsePAM no\nPidFile none\n"
                   "PermitRootLogin yes\nLogLevel VERBOSE\nPerSourceMaxStartups none\nMaxStartups 100\n"
                   "HostKeyAlgorithms +ssh-rsa\nPubkeyAcceptedAlgorithms +ssh-rsa\nSubsystem sftp internal-sftp\n")
    process = subprocess.Popen([find("sshd"), "-D", "-e", "-f", f"{folder}/config"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    seen = b""
    for line in process.stderr:
        seen += line
        if line.startswith(b"Server listening"):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return process
    process.wait()
    if b"in use" not in seen:
        raise Failure(f"sshd ended: {seen.decode(errors='replace')}")
    return None


@contextlib.contextmanager
def sshd(folder):
    """The port of a server that knows client_key and agent_key in the folder; host_key is its own."""
    find("sshd")
    rsa = ("-t", "rsa", "-b", "2048", "-m", "PEM")
    for name, kind in ("host_key", rsa), ("client_key", rsa), ("agent_key", ("-t", "ed25519")), ("other_key", ("-t", "ecdsa")):
        subprocess.run([find("ssh-keygen"), "-q", *kind, "-N", "", "-f", os.path.join(folder, name)], check=True,
                       stdin=subprocess.DEVNULL)
    for _ in range(ATTEMPTS):
        port = free_port()
        process = _start_sshd(folder, port)
        if process:
            break
    else:
        raise Skip("there is no port for sshd")
    try:
        yield port
    finally:
        process.terminate()
        process.wait()
