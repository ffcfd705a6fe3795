# SPDX-License-Identifier: MIT
"""The servers that the tests talk to: nginx with certificates that are good and certificates that lie,
dnsmasq, and the few things that neither of them does."""
import base64
import hashlib
import os
import shutil
import socket
import ssl
import threading

import dnsmasq
from authority import Authority, openssl
from doh import Doh
from nginx import Nginx, listen_tcp, listen_unix
from proxies import Proxies

NAMES = "DNS:localhost,DNS:good.test,DNS:*.wild.test,IP:127.0.0.1,IP:::1"

# What all plain and TLS servers serve.
PATHS = """
    root {www};
    location = /sync {{ return 204; }}
    location = /drop {{ return 444; }}
    location = /three {{ keepalive_requests 3; try_files /1k =404; }}
    location = /slow {{ limit_rate 2k; try_files /1m =404; }}
    location = /noranges {{ max_ranges 0; try_files /1k =404; }}
    location = /chunked {{
        sub_filter_types *;
        sub_filter_once off;
        sub_filter x y;
        try_files /text =404;
    }}
    location = /echo {{
        return 200 "$request_method|$host|$http_x_one|$http_x_two|$http_expect|$http_user_agent";
    }}
    location = /dns {{ error_page 405 =200 /dns.bin; try_files /dns.bin =404; }}
    location = /altused {{ return 200 "$http_alt_used"; }}
    location = /altsvc {{
        add_header Alt-Svc 'h1="other.test:8443"; ma=3600; persist=1, xx=":1", h3=":443"';
        add_header Alt-Svc 'h1="bad.test:70000"';
        return 200 "said";
    }}
    location = /altport {{ add_header Alt-Svc 'h1=":$arg_port"'; return 200 "said"; }}
    location = /sts {{ add_header Strict-Transport-Security "max-age=$arg_age$arg_more"; return 200 "said"; }}
    location = /altclear {{ add_header Alt-Svc clear; return 200 "cleared"; }}
    location /up/ {{ dav_methods PUT DELETE; create_full_put_path on; client_max_body_size 100m; }}
    location /small/ {{ dav_methods PUT; client_max_body_size 1k; }}
    location = /private {{
        auth_basic "private"; auth_basic_user_file {folder}/users; try_files /1k =404;
    }}
"""

HTTP = """
    access_log {folder}/nginx/access.log facts;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tests:1m;
    ssl_certificate {good[0]};
    ssl_certificate_key {good[1]};
    server {{ listen @http; listen @six; listen @unix; listen @happy; include {folder}/paths; }}
    server {{ listen @https ssl; listen @https6 ssl; include {folder}/paths; }}
    server {{ listen @h2 ssl http2; listen @h2c http2; include {folder}/paths; }}
    server {{ listen @tls12 ssl; ssl_protocols TLSv1.2; include {folder}/paths; }}
    server {{ listen @tls13 ssl; ssl_protocols TLSv1.3; include {folder}/paths; }}
    server {{
        listen @tls11 ssl;
        ssl_protocols TLSv1 TLSv1.1;
        ssl_ciphers DEFAULT@SECLEVEL=0;
        include {folder}/paths;
    }}
    server {{
        listen @haproxy proxy_protocol;
        location / {{ return 200 "$proxy_protocol_addr|$proxy_protocol_server_addr|"; }}
    }}
    server {{
        listen @client ssl;
        ssl_client_certificate {ca};
        ssl_verify_client on;
        include {folder}/paths;
    }}
"""

LIAR = """
    server {{ listen @{name} ssl; ssl_certificate {pair[0]}; ssl_certificate_key {pair[1]};
        include {folder}/paths; }}
"""

# Whatever is asked for has the address 127.0.0.1, for a minute.
DNS_ANSWER = b"\0\0\x81\x80\0\0\0\1\0\0\0\0\1x\0\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"

LABEL = "x" * 55
DNS = [
    "--host-record=both.pool.test,127.0.0.1,::1",
    "--host-record=four.pool.test,127.0.0.1",
    "--host-record=six.pool.test,::1",
    "--host-record=good.test,127.0.0.1",
    "--cname=alias.pool.test,four.pool.test",
    "--cname=alias2.pool.test,alias.pool.test",
    # Longer than 512 bytes, which is all that goes out by UDP: the answer comes by TCP.
    "--edns-packet-max=512",
] + [f"--cname={'.'.join([LABEL[:-1] + str(n)] * 4)}.test,"
     + ("four.pool.test" if n == 3 else f"{'.'.join([LABEL[:-1] + str(n + 1)] * 4)}.test")
     for n in range(4)]
LONG_NAME = ".".join([LABEL[:-1] + "0"] * 4) + ".test"


def pattern(size):
    """The bytes that the client uploads."""
    period = bytes(n * 7 % 251 for n in range(251))
    return (period * (size // 251 + 1))[:size]


def fnv(content):
    """The sum of a body, as the client prints it."""
    value = 0xcbf29ce484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001b3 & (1 << 64) - 1
    return f"{value:016x}"


def dead_port(port=0):
    """Listeners whose queue is full: connection attempts to [::1]:port are never answered."""
    listener = listen_tcp("::1", port, 0)
    fillers = []
    for _ in range(4):
        filler = socket.socket(socket.AF_INET6)
        filler.setblocking(False)
        filler.connect_ex(listener.getsockname())
        fillers.append(filler)
    return [listener, *fillers]


def listen_six(keep):
    """A listener on [::1]; nobody listens at its port on 127.0.0.1, which `keep` gets a socket for."""
    while True:
        listener, other = listen_tcp("::1"), socket.socket()
        try:
            other.bind(("127.0.0.1", listener.getsockname()[1]))
        except OSError:  # somebody has it: another one
            listener.close()
            other.close()
            continue
        keep.append(other)
        return listener


def has_ipv6():
    try:
        listen_tcp("::1").close()
    except OSError:
        return False
    return True


def serve(listener, answer):
    """Calls answer(connection) for each, on a thread."""
    def loop():
        while True:
            connection, _ = listener.accept()
            try:
                answer(connection)
            except OSError:
                pass
            connection.close()
    threading.Thread(target=loop, daemon=True).start()


def answer_abstract(connection):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabstract")


class World:
    """Everything that runs. `values` are the words for the options of a case."""

    def __init__(self, folder):
        self.folder = folder
        self.ipv6 = has_ipv6()
        self.www = self._make_www()
        self.authority = Authority(os.path.join(folder, "ca"))
        other = Authority(os.path.join(folder, "other"), "Another authority")
        good = self.authority.issue("good.test", NAMES)
        self._make_client_files()
        liars = self._make_liars(other)
        self.values = self._certificate_values(good, other)
        self.nginx = self._start_nginx(good, liars)
        self.values.update(self.nginx.ports)
        self._start_others(good)
        self.doh = Doh(good)
        self.values["doh"] = self.doh.port
        self.proxies = Proxies(good)
        self.values.update({name: 0 for name in ("squid", "squid_auth", "tlsproxy", "dante")})
        self.values.update(self.proxies.values)
        self.dns = dnsmasq.Dnsmasq(*DNS) if dnsmasq.program() else None
        self.values.update(long=LONG_NAME, dns=self.dns.port if self.dns else 0)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def _make_www(self):
        www = self.path("www")
        os.makedirs(os.path.join(www, "up"))
        os.makedirs(os.path.join(www, "small"))
        for name, content in {"1k": pattern(1024), "1m": pattern(1 << 20), "empty": b"", "dns.bin": DNS_ANSWER,
                              "text": b"x" * 5000}.items():
            self.write("www/" + name, content)
        self.write("users", "user:{PLAIN}pass word\n")
        self.write("paths", PATHS.format(www=www, folder=self.folder))
        self.write("netrc", "machine 127.0.0.1 login user password \"pass word\"\n")
        return www

    def _make_liars(self, other):
        """name -> (certificate, key)"""
        authority = self.authority
        revoked = authority.issue("revoked", NAMES)
        authority.revoke("revoked")
        return {
            "expired": authority.issue("expired", NAMES, start="20200101000000Z",
                                       end="20200201000000Z"),
            "early": authority.issue("early", NAMES, start="20990101000000Z", end="20990201000000Z"),
            "wrongname": authority.issue("wrongname", "DNS:wrong.test,IP:127.9.9.9"),
            "selfsigned": authority.self_signed("selfsigned", NAMES),
            "unknown": other.issue("unknown", NAMES),
            "usage": authority.issue("usage", NAMES, usage="clientAuth"),
            "revoked": revoked,
        }

    def _make_client_files(self):
        """The client's certificate in all forms, as files client.* of the authority."""
        certificate, key = self.authority.issue("client", usage="clientAuth")
        at = self.authority.path
        openssl("x509", "-in", certificate, "-outform", "DER", "-out", at("client.crt.der"))
        openssl("pkey", "-in", key, "-outform", "DER", "-out", at("client.key.der"))
        openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", at("client.locked"))
        for name, password in (("client.p12", "secret"), ("client.open.p12", "")):
            openssl("pkcs12", "-export", "-in", certificate, "-inkey", key, "-passout",
                    "pass:" + password, "-out", at(name))
        self.authority.issue("stranger", usage="clientAuth")
        with open(certificate, "rb") as one, open(key, "rb") as two:
            self.write("ca/client.both", one.read() + two.read())

    def _certificate_values(self, good, other):
        capath = self.path("capath")
        os.mkdir(capath)
        shutil.copy(self.authority.certificate, capath)
        openssl("rehash", capath)
        os.mkdir(self.path("nothing"))
        public = openssl("pkey", "-in", good[1], "-pubout", "-outform", "DER")
        return {
            "folder": self.folder,
            "ca": self.authority.certificate,
            "netrc": self.path("netrc"),
            "other_ca": other.certificate,
            "capath": capath,
            "empty_capath": self.path("nothing"),
            "crl": self.authority.revocation_list(),
            "mine": self.authority.path("client"),
            "stranger": self.authority.path("stranger"),
            "garbage": self.write("garbage", "this is no certificate\n"),
            "missing": self.path("missing"),
            "pin": "sha256//" + base64.b64encode(hashlib.sha256(public).digest()).decode(),
            "wrong_pin": "sha256//" + base64.b64encode(hashlib.sha256(b"").digest()).decode(),
            "pin_der": self.write("pin.der", public),
            "pin_pem": self.write("pin.pem", openssl("pkey", "-in", good[1], "-pubout")),
            "unix": self.path("http.sock"),
            "abstract": f"curlpool-test-{os.getpid()}",
        }

    def _start_nginx(self, good, liars):
        names = ["http", "https", "h2", "h2c", "tls11", "tls12", "tls13", "client", "haproxy", *liars]
        listeners = {name: listen_tcp() for name in names}
        listeners["unix"] = listen_unix(self.values["unix"])
        listeners["happy"] = listen_tcp()
        http = HTTP.format(folder=self.folder, good=good, ca=self.authority.certificate)
        http += "".join(LIAR.format(name=name, pair=pair, folder=self.folder)
                        for name, pair in liars.items())
        self.keep = []
        if self.ipv6:
            listeners.update(six=listen_six(self.keep), https6=listen_tcp("::1"))
            while True:  # one port: it answers on 127.0.0.1 and is dead on ::1
                try:
                    self.keep += dead_port(listeners["happy"].getsockname()[1])
                    break
                except OSError:
                    listeners["happy"].close()
                    listeners["happy"] = listen_tcp()
        else:
            http = http.replace("listen @six;", "").replace("listen @https6 ssl;", "")
        return Nginx(self.path("nginx"), listeners, http, connections=2000, descriptors=4000)

    def _start_others(self, good):
        abstract = socket.socket(socket.AF_UNIX)
        abstract.bind("\0" + self.values["abstract"])
        abstract.listen()
        serve(abstract, answer_abstract)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*good)

        def answer_ragged(connection):
            """Ends the TCP connection without an end of the TLS one."""
            with context.wrap_socket(connection, server_side=True) as secure:
                length = b"Content-Length: 100\r\n" if b"/length" in secure.recv(65536) else b""
                secure.sendall(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n0123456789")
                secure.shutdown(socket.SHUT_RDWR)

        def answer_goodbye(connection):
            connection.recv(1)

        for name, answer in (("ragged", answer_ragged), ("goodbye", answer_goodbye)):
            listener = listen_tcp()
            self.values[name] = listener.getsockname()[1]
            serve(listener, answer)
        mute, closed, taken = listen_tcp(), socket.socket(), socket.socket()
        closed.bind(("127.0.0.1", 0))
        taken.bind(("0.0.0.0", 0))
        self.keep += [mute, closed, taken]
        self.values.update(mute=mute.getsockname()[1], closed=closed.getsockname()[1],
                           taken=taken.getsockname()[1])

    def stop(self):
        self.nginx.stop()
        self.doh.stop()
        self.proxies.stop()
        if self.dns:
            self.dns.stop()
        for one in self.keep:
            one.close()
