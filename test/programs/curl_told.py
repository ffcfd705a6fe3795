# SPDX-License-Identifier: MIT
"""Debian's curl: what it tells of a transfer: -w, -v, --trace."""
import gzip
import re

from both import main, require, test
from record import reply
from texts import (CLOSING, CONNECT, CONNECTED, END_OF_100, FAILED, INTACT, IN_CACHE, LOWER_SCHEME,
                   NEVER_OPEN, NEXT_HEADER, OFFERS, REQUEST_SIZE, REUSED, UPLOADED, USING)

ROUTES = {
    "/gzip": reply(200, gzip.compress(b"text " * 1000, mtime=0), ("Content-Encoding", "gzip")),
    "/page": reply(200, "a page\n", ("Content-Type", "text/plain; charset=utf-8"), ("X-Twice", "1"),
                   ("X-Twice", "2"), ("Set-Cookie", "a=b")),
    "/moved": reply(302, "", ("Location", "/page?x=1")),
    "/missing": reply(404, "none\n"),
    "/echo": lambda request: reply(200, request.body),
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\nX-Trailer: t\r\n\r\n",
    "/close": reply(200, "the end", close=True),
}
# All of 7.88, in the order of its manual, without those that are times and speeds.
VARIABLES = """certs content_type errormsg exitcode filename_effective ftp_entry_path header{x-twice} header_json
http_code http_connect http_version local_ip method num_certs num_connects num_headers num_redirects onerror
proxy_ssl_verify_result redirect_url referer remote_ip remote_port response_code scheme size_download
size_header size_request size_upload ssl_verify_result stderr stdout url url_effective urlnum""".split()
TIMES = """speed_download speed_upload time_appconnect time_connect time_namelookup time_pretransfer
time_redirect time_starttransfer time_total""".split()
FORMAT = "".join("%{onerror}" if name == "onerror" else f"{name}=%{{{name}}}\\n" for name in VARIABLES
                 if name not in ("stderr", "stdout", "onerror"))
# In %{json}.
JSON = [(r'"(time_\w+|speed_\w+|local_port)":[\d.]+', r'"\1":0'), (r'"curl_version":"[^"]*"', "")]
# Of -v.
VERBOSE = [NEVER_OPEN, CLOSING, CONNECTED, CONNECT, END_OF_100, FAILED, IN_CACHE, INTACT, REUSED, UPLOADED]
# Two stamps on a line of stock's, where it has said something that we do not.
LOCAL = [(r"\d\d:\d\d:\d\d\.\d{6} ", ""), (r"(== Info:|\*)? ?We are completely uploaded and fine\n", ""),
         # The size of the first piece of a large body.
         (r"[{}] \[\d{5} bytes data\]", "[PIECE]"),
         # This library shows trailers as header lines, too.
         (r"< X-Trailer: t\r?\n|<= Recv header, 14 bytes \(0xe\)\n0000: .*X-Trailer: t.*\n", ""),
         (r"from 127.0.0.1 port \d+", "from 127.0.0.1 port LOCAL"),
         (r"(Connection #\d+ to host [^\s:]+):\d+ left", r"\1:PORT left")]


def told(bench, *arguments, **how):
    """With all variables."""
    since = [LOWER_SCHEME, NEXT_HEADER, *how.pop("since", [])]
    return bench.same("curl", "-sS", "-o", "file", "-w", FORMAT, *arguments, since=since, **how)


@test
def all_variables(bench):
    told(bench, bench.web("/page"), status=0)
    told(bench, "-L", "-e", "http://from.test/", bench.web("/moved"), status=0)
    told(bench, bench.web("/moved"), status=0)
    told(bench, "-d", "some content", bench.web("/echo"), bench.web("/echo"), status=0, since=[REQUEST_SIZE],
         replace=[(r"(size_request)=\d+", r"\1=(head)")])
    told(bench, "-T", "up", bench.web("/echo"), files={"up": "x" * 2000000}, status=0)
    told(bench, "-I", bench.web("/page"), status=0)
    told(bench, "-F", "a=b", bench.web("/page"), status=0,
         replace=[(r"size_(upload|request)=\d+", "")])  # by the length of the boundary
    told(bench, "-f", bench.web("/missing"))
    told(bench, bench.web("/chunked"), status=0)
    told(bench, "--http1.0", bench.web("/close"), status=0)


@test
def all_variables_of_a_failure(bench):
    told(bench, f"http://127.0.0.1:{bench.value('closed')}/", since=[CONNECT])
    told(bench, bench.web("/page"), f"http://127.0.0.1:{bench.value('closed')}/", since=[CONNECT])


@test
def all_variables_over_tls(bench):
    values = bench.world.values
    told(bench, "--cacert", values["ca"], "--http1.1", f"https://127.0.0.1:{values['https']}/1k", status=0)
    told(bench, "-k", "--http1.1", f"https://127.0.0.1:{values['selfsigned']}/1k", status=0)
    told(bench, "--cacert", values["ca"], "--http2", f"https://127.0.0.1:{values['h2']}/1k", status=0,
         replace=[(r"size_(request|header)=\d+", "")])


@test
def as_json(bench):
    bench.same("curl", "-sS", "-o", "file", "-w", "%{json}\n%{header_json}", "-L", bench.web("/moved"), status=0,
               replace=JSON, since=[LOWER_SCHEME, NEXT_HEADER])


@test
def times_are_plausible(bench):
    """They are no longer than the run, and in their order."""
    form = " ".join(f"%{{{name}}}" for name in ("time_namelookup", "time_connect", "time_pretransfer",
                                                "time_starttransfer", "time_total"))
    for run in bench.same("curl", "-sS", "-o", "file", "-w", form, "-L", bench.web("/moved"), status=0,
                          apart=["out"]):
        times = [float(one) for one in run.out.split()]
        require(times == sorted(times) and times[0] > 0 and times[-1] < 10, f"the times are {times}")
    for name in TIMES:
        _, ours = bench.same("curl", "-sS", "-o", "file", "-w", f"%{{{name}}}", bench.web("/page"), apart=["out"])
        require(re.fullmatch(r"\d+(\.\d{6})?", ours.out.decode()), f"{name} is {ours.out}")


@test
def verbose(bench):
    for arguments in ([bench.web("/page")], [bench.web("/page"), bench.web("/missing")],
                      ["-L", bench.web("/moved")], ["-d", "some", bench.web("/echo")],
                      [bench.web("/close"), bench.web("/page")], ["-I", bench.web("/page")],
                      ["-H", "Expect:", "-T", "up", bench.web("/echo")], [bench.web("/chunked")],
                      ["-u", "name:word", bench.web("/page")], ["-b", "c=d", bench.web("/page")],
                      ["-d", "@big", bench.web("/echo")],
                      ["--resolve", f"a.test:{bench.web_server.port}:127.0.0.1", bench.web("/page", host="a.test")],
                      [f"http://127.0.0.1:{bench.value('closed')}/"],
                      ["-r", "1-2", bench.web("/page")]):
        bench.same("curl", "-sv", "-o", "file", *arguments, files={"up": "content", "big": "x" * 1100000},
                   since=VERBOSE, replace=LOCAL)


@test
def handshakes(bench):
    """Its messages. Of what comes later (tickets, heads of records, the end) this library says nothing."""
    values = bench.world.values
    trust = r"\* +CA(file|path): .*\n"  # another place in the order
    later = (r"\* TLSv1.\d \(IN\), TLS handshake, Newsession Ticket \(4\):\n|"
             r"\* old SSL session ID is stale, removing\n|"
             r"\* TLSv1.\d \(\w+\), TLS alert, close notify \(256\):\n")
    dated = r"\* +(start|expire) date: .*\n"
    end = r"\* (Closing|shutting down) connection #?0\n"  # only of one that was open
    plain = [(f"{trust}|{later}|{dated}|{end}|" + r"[{}] \[\d+ bytes data\]\n", "")]
    for name, *arguments in (["https"], ["tls12"], ["expired"], ["unknown"], ["client"],
                             ["client", "-E", values["mine"] + ".pem", "--key", values["mine"] + ".key"]):
        bench.same("curl", "-sv", "-o", "file", "--http1.1", "--cacert", values["ca"], *arguments,
                   f"https://127.0.0.1:{values[name]}/1k", replace=[*plain, *LOCAL],
                   since=[OFFERS, USING, *VERBOSE])
    for run in bench.same("curl", "-sS", "--trace-ascii", "-", "-o", "file", "--cacert", values["ca"],
                          f"https://127.0.0.1:{values['https']}/1k", apart=["out"]):
        hello = re.search(rb"TLS handshake, Client hello \(1\):\n=> Send SSL data, (\d+) bytes", run.out)
        require(hello and int(hello[1]) > 100, "the first message is not shown")


@test
def traces(bench):
    for arguments in ([bench.web("/page")], ["-d", "some", bench.web("/echo")],
                      ["-H", "Expect:", "-T", "up", bench.web("/echo")],
                      [bench.web("/chunked")], ["--compressed", bench.web("/gzip")],
                      ["-L", bench.web("/moved")]):
        bench.same("curl", "-sS", "--trace-ascii", "trace", "-o", "file", *arguments, files={"up": "content"},
                   since=VERBOSE, replace=LOCAL)
        bench.same("curl", "-sS", "--trace", "-", "--trace-time", "-o", "file", *arguments,
                   files={"up": "content"}, since=VERBOSE, replace=LOCAL)


if __name__ == "__main__":
    main("curl", routes=ROUTES)
