# SPDX-License-Identifier: MIT
"""nginx on loopback for a test.

The listening sockets are made here, on free ports that the system chooses, and inherited by nginx (as
in its own upgrade of a running binary): nobody can take a port in between, and a connection made
before nginx is up waits in the queue. There is one worker process, so what a finished transfer leaves
in the log is there once a later request has been answered.
"""
import json
import os
import shutil
import signal
import socket
import subprocess

MAIN = """
daemon off;
master_process on;
worker_processes 1;
worker_rlimit_nofile {descriptors};
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{
    worker_connections {connections};
    multi_accept on;
}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type application/octet-stream;
    keepalive_timeout 1h;
    keepalive_requests 1000000000;
    log_format facts escape=json '{{"server":"$server_port","connection":"$connection",'
        '"request":"$connection_requests","method":"$request_method","uri":"$uri",'
        '"status":"$status","address":"$remote_addr","port":"$remote_port","host":"$http_host",'
        '"resumed":"$ssl_session_reused","protocol":"$ssl_protocol","cipher":"$ssl_cipher",'
        '"alpn":"$ssl_alpn_protocol","name":"$ssl_server_name","subject":"$ssl_client_s_dn"}}';
{http}
}}
"""


def program():
    """Where nginx is, or None."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def listen_tcp(address="127.0.0.1", port=0, backlog=4096):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind((address, port))
    listener.listen(backlog)
    return listener


def listen_unix(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(4096)
    return listener


class Nginx:
    """`http` is the configuration inside http {}, in which @NAME stands for the `listen` value of the
    listener of that name. The listeners are closed here once nginx has them."""

    def __init__(self, folder, listeners, http, connections=15000, descriptors=20000):
        os.makedirs(folder, exist_ok=True)
        self.log_path = os.path.join(folder, "access.log")
        self.error_path = os.path.join(folder, "error.log")
        self._read = 0
        self._syncs = 0
        self.ports = {}
        for listener in listeners.values():
            listener.setblocking(False)
        for name, listener in sorted(listeners.items(), key=lambda item: -len(item[0])):
            http = http.replace("@" + name, self._listen_value(name, listener))
        limit = min(descriptors, os.sysconf("SC_OPEN_MAX"))
        with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as file:
            file.write(MAIN.format(folder=folder, http=http, descriptors=limit,
                                   connections=min(connections, limit - 100),
                                   user="user root;" if os.geteuid() == 0 else ""))
        descriptors = [listener.fileno() for listener in listeners.values()]
        self.process = subprocess.Popen(
            [program(), "-p", folder, "-c", os.path.join(folder, "nginx.conf"), "-e", self.error_path],
            pass_fds=descriptors, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=dict(os.environ, NGINX="".join(f"{descriptor};" for descriptor in descriptors)))
        for listener in listeners.values():
            listener.close()

    def _listen_value(self, name, listener):
        where = listener.getsockname()
        if listener.family == socket.AF_UNIX:
            return "unix:" + where
        self.ports[name] = where[1]
        address = f"[{where[0]}]" if listener.family == socket.AF_INET6 else where[0]
        return f"{address}:{where[1]}"

    def check(self):
        """Raises an error, with what nginx said, if it has ended."""
        if self.process.poll() is not None:
            with open(self.error_path, encoding="utf-8", errors="replace") as file:
                raise RuntimeError("nginx has ended:\n" + file.read())

    def sync(self, port):
        """One request through the worker: what came before it has been written to the log."""
        self._syncs += 1
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(b"GET /sync HTTP/1.0\r\n\r\n")
            while connection.recv(65536):
                pass

    def log(self, port):
        """The lines since the last call, as dictionaries; `port` is a plain HTTP one."""
        self.sync(port)
        with open(self.log_path, "rb") as file:
            file.seek(self._read)
            text = file.read()
            self._read += len(text)
        lines = [json.loads(line) for line in text.splitlines()]
        return [line for line in lines if line["uri"] != "/sync"]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
