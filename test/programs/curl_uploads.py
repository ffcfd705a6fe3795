# SPDX-License-Identifier: MIT
"""Debian's curl: uploads, posts, forms."""
from both import main, require, test
from record import reply
from texts import CONTINUE, EXPECT, EXPECT_IN_CHUNKS

CONTENT = bytes(n * 7 % 251 for n in range(70000))
FILES = {"small": "small content\n", "large": CONTENT, "empty": b"", "lines": "one\ntwo\r\nthree",
         "picture.png": b"\x89PNG\r\n", "page.html": "<p>", 'odd "name\\': "odd",
         "heads": "X-File: 1\n# no\nX-More: 2\n"}


def seen(request):
    """Says what came."""
    return reply(200, f"{request.method} {request.field('Content-Type')[:20]}\n")


ROUTES = {
    "/seen/": seen,
    "/refused": reply(417, "no\n"),
    "/once": reply(307, "", ("Location", "/seen/again")),
    "/early": reply(403, "no\n", close=True),
}


@test
def puts(bench):
    url = bench.web("/seen/")
    for name in ("small", "large", "empty"):
        bench.same("curl", "-sS", "-T", name, url, files=FILES, status=0, since=[EXPECT])
    bench.same("curl", "-sS", "-T", "{small,empty}", url, files=FILES, status=0, since=[EXPECT])
    bench.same("curl", "-sS", "-T", "small", "-T", "large", url + "one", url + "two", files=FILES, status=0,
               since=[EXPECT])
    bench.same("curl", "-sS", "-T", "-", url + "input", stdin=CONTENT, status=0, since=[EXPECT])
    bench.same("curl", "-sS", "--no-progress-meter", "-T", ".", url + "input", stdin=b"from the input",
               status=0, since=[EXPECT])
    bench.same("curl", "-sS", "-T", "-", "--http1.0", url + "input", stdin=b"from the input", since=[EXPECT])
    bench.same("curl", "-sS", "-T", "-", "-H", "Content-Length: 5", url + "input", stdin=b"12345", status=0)
    bench.same("curl", "-sS", "-T", "small", "-H", "Transfer-Encoding: chunked", url, files=FILES, status=0,
               since=[EXPECT_IN_CHUNKS])
    bench.same("curl", "-sS", "-C", "6", "-T", "small", url, files=FILES, since=[EXPECT])
    bench.same("curl", "-sS", "-T", "nothing", url, files=FILES, since=[EXPECT])


@test
def puts_into_nginx(bench):
    stock, _ = bench.same("curl", "-sS", "-i", "-T", "large", bench.nginx("/up/file"), bench.nginx("/up/file"),
                          files=FILES, since=[EXPECT, CONTINUE], replace=[(r"201 Created|204 No Content", "STATUS"),
                                                (r"'status': '20[14]'", ""), (r"(?m)^(Location|ETag).*\n", ""),
                                                (r"Content-Length: 0\r\n", "")])
    require(stock.status == 0, "it fails")
    # Without a word before it the body is sent, and nginx lets it come.
    bench.same("curl", "-sS", "-i", "-T", "large", bench.nginx("/small/file"), files=FILES, since=[EXPECT, CONTINUE],
               apart=["requests"])


@test
def a_large_upload(bench):
    more = {"file": CONTENT * 30}
    bench.same("curl", "-sS", "-T", "file", bench.web("/seen/file"), files=more, status=0)
    bench.same("curl", "-sS", "--data-binary", "@file", bench.web("/seen/file"), files=more, status=0)
    bench.same("curl", "-sS", "-F", "a=@file", bench.web("/seen/file"), files=more, status=0)


@test
def posts(bench):
    url = bench.web("/seen/")
    for arguments in (["-d", "a=b"], ["-d", "a=b", "-d", "c=d"], ["-d", ""], ["-d", "@lines"],
                      ["--data-binary", "@lines"], ["--data-raw", "@lines"], ["--data-urlencode", "x=a b&c/ü"],
                      ["--data-urlencode", "x@lines"], ["--data-urlencode", "=a=b"], ["--json", '{"a": 1}'],
                      ["-G", "-d", "a=b", "--data-urlencode", "c=d e"], ["-d", "a", "-X", "PATCH"],
                      ["--url-query", "a=b c", "-d", "x"], ["-d", "a", "-H", "Content-Type:"],
                      ["-d", "a", "-H", "Content-Type: text/x", "-H", "Host: other.test", "-A", "", "-e", "from"],
                      ["-d", "a", "-H", "@heads"], ["-X", "DELETE"], ["-I", "-X", "OPTIONS"],
                      ["-d", "a", "--request-target", "*", "-X", "OPTIONS"]):
        bench.same("curl", "-sS", *arguments, url, files=FILES, status=0)
    bench.same("curl", "-sS", "--data-binary", "@-", url, stdin=CONTENT, status=0)


@test
def posts_that_are_expected(bench):
    large = {"large": CONTENT * 20}
    bench.same("curl", "-sS", "--data-binary", "@large", bench.web("/seen/x"), files=large, status=0)
    bench.same("curl", "-sS", "-H", "Expect:", "--data-binary", "@large", bench.web("/seen/x"), files=large)
    bench.same("curl", "-sS", "-H", "Expect: 100-continue", "-d", "a", bench.web("/seen/x"), status=0)
    bench.same("curl", "-sS", "-i", "--expect100-timeout", "5", "-L", "-d", "a", bench.web("/once"), status=0)


@test
def forms(bench):
    url = bench.web("/seen/")
    for arguments in (["-F", "a=b"], ["-F", "a=b", "-F", "c= d e "], ["-F", "file=@small"],
                      ["-F", "file=@small;type=text/x-own;filename=other name"], ["-F", "text=<lines"],
                      ["-F", "text=<lines;type=text/html"], ["-F", "two=@small,large"],
                      ["-F", "file=@picture.png", "-F", "file=@page.html"],
                      ["-F", "file=@\"odd \\\"name\\\\\""], ["-F", "a=b;headers=\"X-Part: 1\""],
                      ["-F", "a=b;headers=@heads"], ["-F", "a=text with \u00fc\r\n;encoder=quoted-printable"],
                      ["-F", "file=@large;encoder=base64"], ["-F", "file=@lines;encoder=7bit"],
                      ["-F", "=(;type=multipart/alternative", "-F", "=plain", "-F", "=<page.html;type=text/html",
                       "-F", "=)", "-F", "x=@small"],
                      ["--form-string", "a=@b;type=c"], ["-F", "a\"b=c", "--form-escape"], ["-F", "a\"b=c"],
                      ["-F", "empty=@empty"], ["-F", "a=b", "-X", "PUT"]):
        bench.same("curl", "-sS", *arguments, url, files=FILES, status=0)
    bench.same("curl", "-sS", "-F", "file=@-", url, stdin=b"from the input", status=0)
    bench.same("curl", "-sS", "-F", "file=@-;filename=name", "-F", "a=b", url, stdin=b"from the input", status=0)
    bench.same("curl", "-sS", "-F", "file=@nothing", url)


@test
def a_form_that_is_sent_again(bench):
    bench.same("curl", "-sS", "-L", "-F", "file=@small", "-F", "a=b", bench.web("/once"), files=FILES, status=0)
    bench.same("curl", "-sS", "-L", "-T", "small", bench.web("/once"), files=FILES, status=0, since=[EXPECT])
    bench.same("curl", "-sS", "-L", "-T", "-", bench.web("/once"), stdin=b"from the input")


@test
def what_the_server_refuses(bench):
    large = {"large": CONTENT * 20}
    bench.same("curl", "-sS", "-i", "-T", "large", bench.web("/early"), files=large, apart=["requests"])
    bench.same("curl", "-sS", "-i", "-H", "Expect: 100-continue", "-d", "some", bench.web("/refused"))


@test
def many_uploads_in_parallel(bench):
    bench.same("curl", "-sS", "-Z", "--no-progress-meter", "-T", "large", bench.web("/seen/[1-20]"), "-o", "#1",
               files=FILES, status=0, unordered=True, since=[EXPECT])


if __name__ == "__main__":
    main("curl", routes=ROUTES)
