# SPDX-License-Identifier: MIT
"""Debian's curl: how it ends and what it says when something goes wrong."""

from both import main, require, test
from record import reply
from texts import (BAD_PORT, BIND, CONNECT, DISABLED, HTTP_VERSION, IP_ADDRESS, MALFORMED, NO_HOST, OPEN, TLS_ERROR,
                   UNKNOWN_SCHEME, WRITE)


def reset(request):
    """The connection ends without a word."""
    return None


def silence(request):
    """Waits until the client has gone."""
    while request.connection.recv(65536):
        pass


def stutter(request):
    request.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789")
    silence(request)


ROUTES = {
    "/page": reply(200, "a page\n"),
    "/missing": reply(404, "there is none\n"),
    "/broken": reply(500, "broken\n"),
    "/short": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\n\r\nshort",
    "/cut": b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
    "/chunks": b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n",
    "/large": reply(200, b"x" * 5000),
    "/loop": reply(302, "", ("Location", "/loop")),
    "/reset": reset,
    "/silence": silence,
    "/stutter": stutter,
    "/nonsense": lambda request: request.connection.sendall(b"this is no HTTP at all\r\n"),
    "/length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nConnection: close\r\n\r\nx",
    "/gzip": reply(200, "not packed", ("Content-Encoding", "gzip")),
    "/badlocation": reply(302, "", ("Location", "http://a b:x/")),
    "/version": b"HTTP/4.2 200 OK\r\nConnection: close\r\n\r\n",
}


def fails(bench, *arguments, **how):
    """Compares how it fails."""
    stock, _ = bench.same("curl", "-sS", *arguments, **how)
    require(stock.status != 0, f"{arguments} do not fail")


@test
def connections_that_are_not_made(bench):
    closed = bench.value("closed")
    fails(bench, f"http://127.0.0.1:{closed}/", since=[CONNECT])
    fails(bench, "--connect-timeout", "2", f"http://127.0.0.1:{closed}/", since=[CONNECT])
    # This library adds the reason.
    reason = [(r"(Could not resolve \w+: \S+) \([^)]*\)", r"\1")]
    fails(bench, "http://nowhere.invalid/", replace=reason)
    fails(bench, "-x", "http://nowhere.invalid:1", "http://127.0.0.1/", replace=reason)
    fails(bench, "--interface", "nosuch0", bench.web("/page"), since=[BIND])
    fails(bench, "--unix-socket", "/nowhere", "http://localhost/", since=[CONNECT])


@test
def bad_urls(bench):
    fails(bench, "http://127.0.0.1:99999/", since=[BAD_PORT])
    fails(bench, "http://", since=[NO_HOST])
    fails(bench, "http://a b/", since=[MALFORMED])
    fails(bench, "http://[::1/", "http://ok]/", since=[MALFORMED])
    fails(bench, "nosuch://127.0.0.1/", since=[UNKNOWN_SCHEME])
    fails(bench, "--proto", "=https", bench.web("/page"), since=[DISABLED])
    fails(bench, "", since=[MALFORMED])


@test
def responses_that_are_refused(bench):
    fails(bench, "-f", bench.web("/missing"))
    fails(bench, "-f", bench.web("/broken"), "-o", "file")
    fails(bench, "--fail-with-body", bench.web("/missing"))
    fails(bench, "--fail-early", "-f", bench.web("/missing"), bench.web("/page"))
    fails(bench, "-L", "--max-redirs", "2", bench.web("/loop"))
    fails(bench, "-L", bench.web("/badlocation"), since=[MALFORMED])
    fails(bench, "--compressed", bench.web("/gzip"))
    fails(bench, "--max-filesize", "100", bench.web("/large"))


@test
def responses_that_end_early(bench):
    fails(bench, bench.web("/short"))
    fails(bench, bench.web("/cut"))
    fails(bench, bench.web("/reset"))
    fails(bench, "-d", "some", bench.web("/reset"))
    fails(bench, bench.web("/chunks"))


@test
def responses_that_are_none(bench):
    fails(bench, bench.web("/nonsense"))
    fails(bench, bench.web("/length"))
    fails(bench, bench.web("/version"), since=[HTTP_VERSION])
    bench.same("curl", "-sS", "--http0.9", bench.web("/nonsense"), status=0)


@test
def time_limits(bench):
    fails(bench, "-m", "0.3", bench.web("/silence"), replace=[(r"\d+ milliseconds", "N milliseconds")])
    fails(bench, "-m", "0.3", bench.web("/stutter"), replace=[(r"\d+ milliseconds", "N milliseconds")])
    fails(bench, "-Y", "1000", "-y", "1", bench.web("/stutter"))
    fails(bench, "--connect-timeout", "0.3", f"https://127.0.0.1:{bench.value('mute')}/",
          replace=[(r"\d+ milliseconds", "N milliseconds")], apart=["err"])


@test
def what_cannot_be_written(bench):
    fails(bench, "-o", "no/folder/file", bench.web("/large"))
    fails(bench, "-o", "/dev/full", bench.web("/large"), since=[WRITE])
    bench.same("curl", "-sS", "-o", "file", "-D", "/dev/full", bench.web("/large"))
    bench.same("curl", "-sS", "-c", "no/folder/jar", "-b", "a", bench.web("/page"))
    bench.same("curl", "-sS", "--no-clobber", "-o", "file", "-f", bench.web("/missing"), files={"file": "mine"})


@test
def what_cannot_be_read(bench):
    fails(bench, "-T", "nothing", bench.web("/page"))
    fails(bench, "-K", "nothing", bench.web("/page"))
    fails(bench, "--cacert", "nothing", f"https://127.0.0.1:{bench.value('https')}/")
    fails(bench, "-E", "nothing", "-k", f"https://127.0.0.1:{bench.value('https')}/")
    fails(bench, "file:///nowhere/at/all", since=[OPEN])


@test
def certificates_that_lie(bench):
    values = bench.world.values
    for name in ("expired", "early", "wrongname", "selfsigned", "unknown"):
        fails(bench, "--cacert", values["ca"], f"https://127.0.0.1:{values[name]}/1k",
              since=[IP_ADDRESS])
        bench.same("curl", "-sS", "-k", "--http1.1", f"https://127.0.0.1:{values[name]}/1k", status=0)
    fails(bench, f"https://127.0.0.1:{values['https']}/1k")
    fails(bench, "--cacert", values["ca"], "--crlfile", values["crl"], f"https://127.0.0.1:{values['revoked']}/1k")
    fails(bench, "--cacert", values["ca"], "--pinnedpubkey", values["wrong_pin"],
          f"https://127.0.0.1:{values['https']}/1k")
    fails(bench, "--cacert", values["ca"], "--tlsv1.3", f"https://127.0.0.1:{values['tls12']}/1k", since=[TLS_ERROR])
    fails(bench, f"https://127.0.0.1:{values['http']}/1k", since=[TLS_ERROR])
    fails(bench, "--cert-status", "--cacert", values["ca"], f"https://127.0.0.1:{values['https']}/1k")


if __name__ == "__main__":
    main("curl", routes=ROUTES)
