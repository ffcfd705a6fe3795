# SPDX-License-Identifier: MIT
"""Debian's curl: who it says it is: passwords, netrc, cookies, proxies."""
import base64
import hashlib
import re
import time

from both import main, require, test
from record import reply
from texts import COOKIE_ELSEWHERE, EXPECT, TUNNEL, TUNNEL_STATUS

FAR = int(time.time()) + 10000000  # cookies are kept for 400 days at most
REALM, NONCE = "a realm", "0123456789abcdef"
DIGEST = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm='
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def basic(request):
    wanted = "Basic " + base64.b64encode(b"name:a word").decode()
    if request.field("Authorization") == wanted:
        return reply(200, "welcome\n")
    return reply(401, "who?\n", ("WWW-Authenticate", f'Basic realm="{REALM}"'))


def digest(request):
    """Checks the sums of RFC 7616."""
    algorithm = request.path.rpartition("/")[2]

    def total(*parts):
        return HASHES[algorithm](":".join(parts).encode()).hexdigest()

    said = dict(re.findall(r'(\w+)="?([^",]*)"?', request.field("Authorization")))
    first, second = total("name", REALM, "a word"), total(request.method, request.target)
    if said.get("response") == total(first, NONCE, said.get("nc", ""), said.get("cnonce", ""), "auth", second):
        return reply(200, "welcome\n")
    return reply(401, "who?\n", ("WWW-Authenticate", DIGEST + algorithm))


def either(request):
    if request.field("Authorization"):
        return digest(request) if request.field("Authorization").startswith("Digest") else basic(request)
    return reply(401, "who?\n", ("WWW-Authenticate", f'Basic realm="{REALM}"'),
                 ("WWW-Authenticate", DIGEST + "MD5"))


def bakes(_request):
    far = time.strftime("expires=%a, %d %b %Y %H:%M:%S GMT", time.gmtime(FAR))
    return reply(200, "cookies\n", *[("Set-Cookie", value) for value in (
        "session=1", f"kept=2; path=/; {far}", f"deep=3; path=/deep; {far}; HttpOnly",
        f"safe=4; secure; {far}", f"other=5; domain=elsewhere.test; {far}",
        "old=6; expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "aged=7; max-age=0", '"quoted"="8; 9"', "none", f"kept=10; path=/; {far}")])


def echo_cookies(request):
    return reply(200, request.field("Cookie") + "\n")


ROUTES = {
    "/basic": basic,
    "/digest/": digest,
    "/either/MD5": either,
    "/refused": reply(401, "who?\n", ("WWW-Authenticate", "Basic"), close=True),
    "/bakes": bakes,
    "/deep/": echo_cookies,
    "/eats": echo_cookies,
    "/away": lambda request: reply(302, "", ("Location", request.target.partition("?")[2])),
    "/page": reply(200, "a page\n"),
    "/closed": reply(200, "a page\n", close=True),  # a proxy keeps no connection, which would be waited for
}
# The client's own nonce and what follows from it.
OWN = [(r'(cnonce|response)="[^"]*"', r'\1="OWN"')]
COOKIES = """# Netscape HTTP Cookie File

127.0.0.1\tFALSE\t/\tFALSE\t4102444800\tfrom\tfile
127.0.0.1\tFALSE\t/deep\tFALSE\t0\tsession\tyes
#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t4102444800\tonly\thttp
127.0.0.1\tFALSE\t/\tTRUE\t4102444800\tsafe\tyes
other.test\tTRUE\t/\tFALSE\t4102444800\tother\tyes
127.0.0.1\tFALSE\t/\tFALSE\t1\told\tyes
broken line
"""


@test
def basic_passwords(bench):
    url = bench.web("/basic")
    bench.same("curl", "-sS", "-u", "name:a word", url, status=0)
    bench.same("curl", "-sS", "-i", "-u", "name:wrong", url)
    bench.same("curl", "-sS", "-i", url)
    bench.same("curl", "-sS", url.replace("//", "//name:a%20word@"), status=0)
    bench.same("curl", "-sS", "--anyauth", "-u", "name:a word", url, status=0)
    bench.same("curl", "-sS", "--basic", "-u", "name:a word", "-d", "some", url, url, status=0)
    bench.same("curl", "-sS", "--oauth2-bearer", "token", "-i", url)
    bench.same("curl", "-sS", "-u", "user:pass word", bench.nginx("/private"), status=0)


@test
def digest_passwords(bench):
    for algorithm in HASHES:
        url = bench.web("/digest/" + algorithm)
        for arguments in (["--digest"], ["--anyauth"], ["--digest", "-d", "some"], ["--digest", "-I"]):
            bench.same("curl", "-sS", *arguments, "-u", "name:a word", url, status=0, replace=OWN)
        bench.same("curl", "-sS", "--digest", "-u", "name:a word", url, url + "?again", status=0, replace=OWN)
        bench.same("curl", "-sS", "-i", "--digest", "-u", "name:wrong", url, replace=OWN)
    bench.same("curl", "-sS", "--anyauth", "-u", "name:a word", bench.web("/either/MD5"), status=0, replace=OWN)
    bench.same("curl", "-sS", "--anyauth", "-u", "name:a word", "-T", "file", bench.web("/either/MD5"), status=0,
               replace=OWN, files={"file": "content"}, since=[EXPECT])


@test
def a_netrc_file(bench):
    netrc = {".netrc": "machine 127.0.0.1 login name password \"a word\"\ndefault login other password no\n"}
    bench.same("curl", "-sS", "-n", bench.web("/basic"), files=netrc, status=0)
    bench.same("curl", "-sS", "-i", "--netrc-file", "mine", bench.web("/basic"),
               files={"mine": "machine elsewhere login x password y\n"})
    bench.same("curl", "-sS", "--netrc-optional", "-u", "name:a word", bench.web("/basic"), files=netrc, status=0)
    bench.same("curl", "-sS", "-i", "-n", "-L", bench.web("/away?/basic"), files=netrc, status=0)


@test
def passwords_stay_with_their_server(bench):
    other = bench.nginx("/1k")
    bench.same("curl", "-sS", "-L", "-u", "name:a word", "-H", "Authorization: own", "-b", "a=b",
               bench.web("/away?" + other), status=0, apart=["out"], since=[COOKIE_ELSEWHERE])
    bench.same("curl", "-sS", "-L", "-u", "name:a word", bench.web("/away?" + other), status=0, apart=["out"])
    bench.same("curl", "-sS", "--location-trusted", "-u", "name:a word", bench.web("/away?" + other), status=0,
               apart=["out"])


@test
def cookies(bench):
    bakes_, eats, deep = bench.web("/bakes"), bench.web("/eats"), bench.web("/deep/x")
    bench.same("curl", "-sS", "-b", "a=b; c=d", eats, status=0)
    bench.same("curl", "-sS", "-c", "jar", bakes_, eats, deep, status=0)
    bench.same("curl", "-sS", "-c", "-", bakes_, status=0)
    bench.same("curl", "-sS", "-b", "none", bakes_, eats, deep, "-b", "x=y", status=0)
    bench.same("curl", "-sS", "-b", "file", eats, deep, files={"file": COOKIES}, status=0)
    bench.same("curl", "-sS", "-j", "-b", "file", "-c", "file", deep, files={"file": COOKIES}, status=0)
    bench.same("curl", "-sS", "-b", "heads", eats, status=0,
               files={"heads": "HTTP/1.1 200 OK\nSet-Cookie: from=head; path=/\n\n"})
    bench.same("curl", "-sS", "-L", "-b", "", bench.web("/away?/bakes"), "--next", "-sS", eats, status=0)


@test
def an_http_proxy(bench):
    proxy = f"http://127.0.0.1:{bench.relay(bench.value('squid'))}"
    replace = [(r"(?m)^(Date|X-Squid-Error|Via|X-Cache.*|Cache-Status|Content-Length): .*$", r"\1:"),
               (r"(?s)<!DOCTYPE.*</html>", "PAGE")]
    url = bench.web("/closed")
    bench.same("curl", "-sS", "-i", "-x", proxy, url, url, status=0, replace=replace)
    bench.same("curl", "-sS", "-i", "-p", "-x", proxy, url, status=0, replace=replace)
    bench.same("curl", "-sS", "-i", "-x", proxy, "-d", "some", bench.web("/refused"), replace=replace)
    bench.same("curl", "-sS", url, env={"http_proxy": proxy}, status=0)
    bench.same("curl", "-sS", url, env={"http_proxy": proxy, "no_proxy": "x,127.0.0.1"}, status=0)
    bench.same("curl", "-sS", "--noproxy", "*", "-x", proxy, url, status=0)
    bench.same("curl", "-sS", "-x", proxy, "-p", "--proxy-header", "X: y", "-H", "Z: z", url, status=0)


@test
def a_proxy_with_a_password(bench):
    proxy = f"http://127.0.0.1:{bench.relay(bench.value('squid_auth'))}"
    page = [(r"(?m)^(Date|X-Squid-Error|Via|X-Cache.*|Cache-Status|Content-Length): .*$", r"\1:"),
            (r"(?s)<!DOCTYPE.*</html>\s*", "PAGE")]
    for arguments in (["-U", "squidder:secret"], ["-U", "squidder:wrong"], [], ["-p", "-U", "squidder:secret"],
                      ["-p", "-U", "squidder:wrong"], ["--proxy-anyauth", "-U", "squidder:secret"],
                      ["-p", "--proxy-anyauth", "-U", "squidder:secret"]):
        bench.same("curl", "-sS", "-i", "-x", proxy, *arguments, bench.web("/closed"), replace=page,
                   since=[TUNNEL, TUNNEL_STATUS])


@test
def https_through_proxies(bench):
    values = bench.world.values
    url = f"https://localhost:{values['https']}/1k"
    bench.same("curl", "-sS", "--http1.1", "--cacert", values["ca"], "-x", f"http://127.0.0.1:{bench.value('squid')}",
               url, url, status=0)
    bench.same("curl", "-sS", "--http1.1", "--cacert", values["ca"], "--proxy-cacert", values["ca"],
               "-x", f"https://localhost:{bench.value('tlsproxy')}", url, status=0)


@test
def socks_proxies(bench):
    port = bench.value("dante")
    for option in ("socks5", "socks5-hostname", "socks4"):
        # A name goes to the proxy that resolves it. (It gets a numeric address from libcurl as a name.)
        url = bench.web("/page", host="localhost" if option == "socks5-hostname" else "127.0.0.1")
        bench.same("curl", "-sS", "--" + option, f"127.0.0.1:{port}", url)
        bench.same("curl", "-sS", "-x", f"{option.replace('-hostname', 'h')}://127.0.0.1:{port}", url, url)
    bench.same("curl", "-sS", "--socks5", f"127.0.0.1:{port}", bench.web("/page"), status=0)


@test
def a_proxy_that_is_not_there(bench):
    closed = bench.value("closed")
    for option in ("-x", "--socks5"):
        stock, _ = bench.same("curl", "-s", option, f"127.0.0.1:{closed}", bench.web("/page"))
        require(stock.status in (7, 97), "it ends otherwise")


if __name__ == "__main__":
    main("curl", routes=ROUTES)
