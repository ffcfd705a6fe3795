# SPDX-License-Identifier: MIT
"""The web server that programs of other languages are tried on."""
import re

from record import reply


def echo(request):
    """What came, as the body."""
    return reply(200, re.sub(r"User-Agent: .*\n", "", request.text()).encode("latin-1"))


def stuck(request):
    """Answers a part and waits until the client has gone."""
    request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart")
    while request.connection.recv(65536):
        pass


ROUTES = {
    "/page": reply(200, "a page\n", ("Content-Type", "text/plain")),
    "/missing": reply(404, "there is none\n"),
    "/to-page": reply(302, "", ("Location", "/page?redirected")),
    "/large": reply(200, b"0123456789" * 30000),
    "/cookie": reply(200, "set", ("Set-Cookie", "fresh=1; path=/")),
    "/count": lambda request: reply(200, str(len(request.body))),
    "/echo": echo,
    "/stuck": stuck,
}

# Texts as the languages write them.
TEXTS = [
    (r"Couldn(\\?)'t connect to server", "Could not connect to server"),
    (r"Couldn(\\?)'t resolve host name", "Could not resolve hostname"),
    (r'(Protocol "\w+" not supported) or disabled in libcurl', r"\1"),
]
