# SPDX-License-Identifier: MIT
"""Debian's servers of the smaller protocols, where they are installed: atftpd and mosquitto, as this user, on
loopback."""
import contextlib
import grp
import os
import pwd
import shutil
import subprocess

from dnsmasq import free_port
from tap import Skip

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
