# SPDX-License-Identifier: MIT
"""Debian's curl: downloads, and what it makes of responses."""
import gzip
import time
import zlib

from both import main, require, test
from record import reply
from texts import DISABLED_IN_REDIRECT, END_OF_FILE, EXPECT, FOLDED, MALFORMED, OPEN, RANGES, TE

LONG = bytes(n * 7 % 251 for n in range(20000))
TEXT = b"".join(b"line %d of a text that can be made smaller\n" % n for n in range(500))
FIRST = {}


def again_later(request):
    """503 the first time that a target is asked for, over a connection that stays."""
    if FIRST.pop(request.target, None) is None:
        FIRST[request.target] = True
        return reply(503, "later\n", ("Retry-After", "0"))
    return reply(200, "now\n")


def slowly(request):
    """A body in pieces, with chunks of all sizes and a trailer."""
    request.connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n")
    for size in (1, 16, 4096, 3):
        request.connection.sendall(b"%x;why=not\r\n%s\r\n" % (size, LONG[:size]))
    request.connection.sendall(b"0\r\nX-End: yes\r\n\r\n")


def early_hints(request):
    request.connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n")
    return reply(200, "hinted\n")


def range_of(request):
    """The bytes that are asked for, of LONG."""
    asked = request.field("Range")
    if not asked:
        return reply(200, LONG, ("Accept-Ranges", "bytes"))
    first, _, last = asked.partition("=")[2].partition("-")
    first = int(first) if first else len(LONG) - int(last)
    if first >= len(LONG):
        return reply(416, "no such range\n", ("Content-Range", f"bytes */{len(LONG)}"))
    last = int(last) if last and asked[6] != "-" else len(LONG) - 1
    return reply(206, LONG[first:last + 1], ("Content-Range", f"bytes {first}-{last}/{len(LONG)}"))


def sized(request):
    """Ten bytes of more."""
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %s\r\n\r\n0123456789" % (
        request.path.rpartition("/")[2].encode())


ROUTES = {
    "/sized/": sized,
    "/page": reply(200, "a page\n", ("Content-Type", "text/plain"), ("X-Twice", "1"), ("X-Twice", "2")),
    "/long": range_of,
    "/empty": reply(200),
    "/none": reply(204),
    "/missing": reply(404, "there is none\n"),
    "/many/": lambda request: reply(200, request.target + "\n"),
    "/close": reply(200, "until the end\n", close=True, length=False),
    "/old": b"HTTP/1.0 200 OK\r\n\r\nan old answer\n",
    "/chunked": slowly,
    "/hints": early_hints,
    "/later": again_later,
    "/folded": b"HTTP/1.1 200 OK\r\nX-Folded: one\r\n two\r\nContent-Length: 2\r\n\r\nok",
    "/bare": b"HTTP/1.1 200\nX-Bare: line ends\nContent-Length: 2\n\nok",
    "/gzip": reply(200, gzip.compress(TEXT, mtime=0), ("Content-Encoding", "gzip")),
    "/deflate": reply(200, zlib.compress(TEXT), ("Content-Encoding", "deflate")),
    "/strange": reply(200, "as it is", ("Content-Encoding", "strange")),
    "/named": reply(200, "named\n", ("Content-Disposition", 'attachment; filename="its name.txt"')),
    "/elsewhere": reply(200, "named\n", ("Content-Disposition", "attachment; filename=/etc/elsewhere")),
    "/301": reply(301, "moved\n", ("Location", "/302?x=1#part")),
    "/302": reply(302, "", ("Location", "303")),
    "/303": reply(303, "other", ("Location", "./a/../307")),
    "/307": reply(307, "", ("Location", "/page")),
    "/308": reply(308, "", ("Location", "/many/308")),
    "/loop": reply(302, "", ("Location", "/loop")),
    "/nowhere": reply(302, "", ("Location", "nosuch://127.0.0.1/")),
    "/dated": reply(200, "dated\n", ("Last-Modified", "Tue, 15 Nov 1994 12:45:26 GMT"), ("ETag", '"tag-1"')),
    "/304": reply(304, "", ("ETag", '"tag-1"')),
}


@test
def a_page(bench):
    bench.same("curl", "-sS", bench.web("/page"), status=0)


@test
def a_page_with_its_head(bench):
    bench.same("curl", "-sS", "-i", bench.web("/page"), status=0)


@test
def the_head_alone(bench):
    bench.same("curl", "-sS", "-I", bench.web("/page"), bench.web("/long"), bench.nginx("/1m"), status=0)


@test
def a_head_in_a_file_of_its_own(bench):
    bench.same("curl", "-sS", "-D", "head", "-o", "body", bench.web("/page"), status=0)


@test
def several_pages_over_one_connection(bench):
    bench.same("curl", "-sS", "-i", bench.nginx("/1k"), bench.nginx("/text"), bench.nginx("/missing"))


@test
def a_megabyte(bench):
    bench.same("curl", "-sS", bench.nginx("/1m"), status=0)


@test
def bodies_of_all_shapes(bench):
    for path in ("/empty", "/none", "/close", "/old", "/chunked", "/hints", "/bare"):
        bench.same("curl", "-sS", "-i", bench.web(path), status=0)
    bench.same("curl", "-sS", "--raw", bench.web("/chunked"), status=0)
    bench.same("curl", "-sS", "-i", bench.nginx("/chunked"), status=0)


@test
def a_folded_header(bench):
    bench.same("curl", "-sS", "-i", bench.web("/folded"), status=0,
               since=[FOLDED])


@test
def compressed_bodies(bench):
    for path in ("/gzip", "/deflate"):
        stock, _ = bench.same("curl", "-sS", "--compressed", bench.web(path), status=0)
        require(stock.out == TEXT, "it is not unpacked")
        bench.same("curl", "-sS", bench.web(path), status=0)
    bench.same("curl", "-sS", "--compressed", "-i", bench.web("/page"), bench.web("/gzip"), status=0)
    bench.same("curl", "-sS", "--tr-encoding", bench.web("/page"), status=0, since=[TE])


@test
def an_unknown_coding(bench):
    bench.same("curl", "-sS", bench.web("/strange"), status=0)
    bench.same("curl", "-sS", "--compressed", bench.web("/strange"))


@test
def ranges(bench):
    for asked in ("0-9", "100-", "-20", "19999-30000", "20000-"):
        bench.same("curl", "-sS", "-i", "-r", asked, bench.web("/long"))
    for asked in ("0-9", "1-2,5-9"):
        bench.same("curl", "-sS", "-r", asked, bench.nginx("/1k"), status=0,
                   replace=[(r"\b0{10,}\d{6,}\b", "PART")])


@test
def a_download_goes_on(bench):
    for kept in (b"", LONG[:7000], LONG):
        bench.same("curl", "-sS", "-C", "-", "-o", "file", bench.web("/long"), files={"file": kept})
    bench.same("curl", "-sS", "-C", "500", "-o", "file", bench.nginx("/1k"), status=0)
    bench.same("curl", "-sS", "-C", "10", bench.web("/page"), since=[RANGES])
    bench.same("curl", "-sS", "-C", "500", bench.nginx("/noranges"), since=[RANGES])


@test
def names_of_files(bench):
    bench.same("curl", "-sS", "-O", bench.web("/page"), "-O", bench.web("/many/x?query"), status=0)
    bench.same("curl", "-sS", "-OJ", bench.web("/named"), status=0)
    bench.same("curl", "-sS", "-OJ", bench.web("/elsewhere"), status=0)
    bench.same("curl", "-sS", "-OJ", bench.web("/named"), files={"its name.txt": "mine"})
    bench.same("curl", "-sS", "--output-dir", "deep", "--create-dirs", "-o", "er/file", bench.web("/page"),
               status=0)
    bench.same("curl", "-sS", "-R", "-o", "file", bench.web("/dated"), status=0)
    bench.same("curl", "-sS", "--remove-on-error", "-f", "-o", "file", bench.web("/missing"))


@test
def globbing(bench):
    bench.same("curl", "-sS", bench.web("/many/{one,two}-[1-3]"), "-o", "#1_#2", status=0)
    bench.same("curl", "-sS", bench.web("/many/[a-e:2]/[01-10:4]"), status=0)
    bench.same("curl", "-sS", "-g", bench.web("/many/{one}[1]"))
    bench.same("curl", "-sS", bench.web("/many/[1-"))
    bench.same("curl", "-sS", "--path-as-is", bench.web("/many/../many/./x"), status=0)
    bench.same("curl", "-sS", bench.web("/many/../many/./x y"), since=[MALFORMED])


@test
def redirects(bench):
    bench.same("curl", "-sS", "-i", bench.web("/301"), status=0)
    bench.same("curl", "-sS", "-iL", bench.web("/301"), status=0)
    bench.same("curl", "-sS", "-iL", "-d", "body", bench.web("/301"), status=0)
    bench.same("curl", "-sS", "-iL", "-d", "body", bench.web("/308"), status=0)
    bench.same("curl", "-sS", "-iL", "-d", "body", "--post301", "--post302", "--post303", bench.web("/301"))
    bench.same("curl", "-sS", "-iL", "-X", "PUT", "-d", "body", bench.web("/303"), status=0)
    bench.same("curl", "-sS", "-L", "-e", "http://first.test/;auto", bench.web("/301"), status=0)
    bench.same("curl", "-sS", "-L", "-u", "user:secret", bench.web("/302"), status=0)
    bench.same("curl", "-sS", "-L", "--max-redirs", "3", bench.web("/loop"))
    bench.same("curl", "-sS", "-L", bench.web("/nowhere"))
    bench.same("curl", "-sS", "-L", "--proto-redir", "=https", bench.web("/302"), since=[DISABLED_IN_REDIRECT])


@test
def conditions(bench):
    bench.same("curl", "-sS", "-i", "-z", "2020-01-01", bench.web("/dated"))
    bench.same("curl", "-sS", "-i", "-z", "-1 January 1990", bench.web("/dated"))
    bench.same("curl", "-sS", "-i", "-z", "file", bench.web("/304"), files={"file": ""})
    bench.same("curl", "-sS", "--etag-save", "tag", "-o", "file", bench.web("/dated"), status=0)
    bench.same("curl", "-sS", "--etag-compare", "tag", "-i", bench.web("/304"), files={"tag": '"tag-1"'})


@test
def fifty_in_parallel(bench):
    for url in (bench.web("/many/[1-50]"), bench.nginx("/1k?[1-50]")):
        bench.same("curl", "-sS", "-Z", "--no-progress-meter", url, "-o", "#1", status=0, unordered=True,
                   replace=[(r"'request': '\d+'", "")])
    bench.same("curl", "-sS", "-Z", "--no-progress-meter", "--parallel-max", "3", "--parallel-immediate",
               bench.web("/many/[1-20]"), "-o", "#1", status=0, unordered=True)


@test
def several_at_once_of_which_some_fail(bench):
    # The status is that of whichever fails last.
    runs = bench.same("curl", "-sS", "-Z", "--no-progress-meter", "-f", bench.web("/many/1"), "-o", "1",
                      bench.web("/missing"), "-o", "2", f"http://127.0.0.1:{bench.value('closed')}/", "-o", "3",
                      unordered=True, apart=["err", "status"])
    for run in runs:
        require(run.status in (7, 22) and run.err.count(b"curl: (") == 2, f"it ends with {run.status}: {run.err}")


@test
def what_is_asked_for_after_next(bench):
    bench.same("curl", "-sS", "-d", "one", bench.web("/page"), "--next", "-sS", "-A", "agent", "-I",
               bench.web("/page"), "--next", "-sS", "-H", "X: y", "-H", "Accept:", "-H", "Empty;",
               bench.web("/page"), status=0)


@test
def versions_of_http(bench):
    bench.same("curl", "-sS", "-i", "--http1.0", bench.web("/page"), bench.web("/page"), status=0)
    bench.same("curl", "-sS", "-i", "--http1.1", bench.nginx("/1k"), status=0)
    values = bench.world.values
    http2 = [(r"(?m)^date: .*$", "date: DATE")]
    url = f"https://localhost:{values['h2']}"
    for arguments in (["--http2", "-i", url + "/1k", url + "/text"], ["-I", url + "/1m"],
                      ["--http2", "-d", "body", url + "/echo"], ["--http1.1", "-i", url + "/1k"]):
        bench.same("curl", "-sS", "--cacert", values["ca"], *arguments, status=0, replace=http2)
    bench.same("curl", "-sS", "-i", "--http2-prior-knowledge", f"http://127.0.0.1:{values['h2c']}/1k",
               status=0, replace=http2)


@test
def names_that_are_told(bench):
    port = bench.web_server.port
    bench.same("curl", "-sS", "--resolve", f"some.test:{port}:127.0.0.1", bench.web("/page", host="some.test"),
               status=0)
    bench.same("curl", "-sS", "--resolve", f"*:{port}:127.0.0.1", bench.web("/page", host="any.test"),
               status=0)
    bench.same("curl", "-sS", "--connect-to", f"some.test:80:127.0.0.1:{port}", "http://some.test/page",
               status=0)
    bench.same("curl", "-sS", "--connect-to", f"::127.0.0.1:{port}", "http://other.test/page", status=0)
    bench.same("curl", "-sS", bench.web("/page", host="localhost"), status=0)
    bench.same("curl", "-sS", "--unix-socket", bench.value("unix"), "http://unix.test/1k", status=0)


@test
def files_as_urls(bench):
    files = {"a file": LONG, "empty": b""}
    here = f"file://{bench.work}"
    bench.same("curl", "-sS", here + "/a%20file", status=0, files=files)
    bench.same("curl", "-sS", "-I", here + "/a%20file", here + "/empty", status=0, files=files,
               since=[END_OF_FILE])
    bench.same("curl", "-sS", "-r", "10-99", here + "/a%20file", status=0, files=files)
    bench.same("curl", "-sS", "-r", "-50", here + "/a%20file", status=0, files=files)
    bench.same("curl", "-sS", "-C", "19000", here + "/a%20file", status=0, files=files)
    bench.same("curl", "-sS", "-T", "a file", here + "/copy", status=0, files=files)
    bench.same("curl", "-sS", "-a", "-T", "a file", here + "/a%20file", files=files)
    bench.same("curl", "-sS", here + "/none", files=files, since=[OPEN])


@test
def a_config_file(bench):
    config = f'''# a comment
url = "{bench.web('/page')}"
output = "one file"
-H "X-From: config"
user-agent: "an agent"
next
url={bench.web('/many/two')}
silent
data = "a=b"
data-urlencode = "text=\\"quoted\\" & more"
'''
    bench.same("curl", "-sS", "-K", "config", files={"config": config}, status=0)
    bench.same("curl", "-K", "-", stdin=config.encode() + b"show-error\n", status=0)
    bench.same("curl", "-sS", bench.web("/page"), files={".curlrc": "header = X-From: home\n"}, status=0)


@test
def tries_again(bench):
    FIRST.clear()
    bench.same("curl", "-sS", "--retry", "2", bench.web("/later"), status=0, prepare=FIRST.clear)
    bench.same("curl", "-sS", "-f", "--retry", "1", "--retry-delay", "1", "--retry-all-errors",
               bench.web("/missing"))


@test
def the_meter(bench):
    # Of the last line, the sizes; what follows are speeds and times.
    last = [(r"\r[^\r\n]*(?=\r)", ""), (r"(\r[^\r\n]{31}).*", r"\1")]
    for length in (99999, 100000, 10239999, 10485760, 99999999, 10737418240, 10 ** 13, 10 ** 16, 20):
        bench.same("curl", "-o", "file", bench.web(f"/sized/{length}"), replace=last)
    for arguments in ([bench.web("/chunked")], ["-d", "12345", bench.web("/chunked")], ["-I", bench.web("/long")],
                      ["-T", "page", bench.web("/page")], ["-T", "-", bench.web("/chunked")]):
        bench.same("curl", "-o", "file", *arguments, files={"page": "content"}, stdin=b"input", replace=last,
                   since=[EXPECT])


@test
def a_rate_is_kept(bench):
    began = time.monotonic()
    bench.same("curl", "-sS", "--limit-rate", "20000", bench.web("/long"), "-o", "file", status=0)
    require(time.monotonic() - began < 10, "it takes too long")


if __name__ == "__main__":
    main("curl", routes=ROUTES)
