# SPDX-License-Identifier: MIT
"""Where libcurl 8.22, whose interface this library has, behaves otherwise than the system's 7.88.

(pattern, text) for what is seen of the program on the system's library; what it becomes is what must be
seen of it on this one. A test names those that it meets (`bench.same(..., since=[...])`)."""

# A write that fails says how much was written.
WRITE = (r"(Failure writing output to destination)", r"\1, passed 5000 returned 0")
# An unknown version of HTTP is not repeated.
HTTP_VERSION = (r"(Unsupported HTTP version) \([\d.]+\)", r"\1")
# OpenSSL's errors are introduced.
TLS_ERROR = (r"OpenSSL/\S+: error:", "TLS connect error: error:")
# A certificate is judged by what the host is.
IP_ADDRESS = (r"target host name '127", "target ipv4 address '127")
# Contractions are written out, in texts of errors.
CONNECT = (r"Couldn't connect to server", "Could not connect to server")
BIND = (r"Couldn't bind", "Could not bind")
OPEN = (r"Couldn't open file", "Could not open file")
RANGES = (r"doesn't seem to support byte ranges", "does not seem to support byte ranges")
# A URL that is refused says why.
def rejected(why):
    """The entry for a reason."""
    return r"URL using bad/illegal format or missing URL", "URL rejected: " + why


MALFORMED = rejected("Malformed input to a URL function")
BAD_PORT = rejected("Port number was not a decimal number between 0 and 65535")
NO_HOST = rejected("No host present")
# A scheme says whether it is unknown or switched off, and where.
UNKNOWN_SCHEME = (r'(Protocol "\w+" not supported) or disabled in libcurl', r"\1")
DISABLED = (r'(Protocol "\w+") not supported or disabled in libcurl', r"\1 disabled")
DISABLED_IN_REDIRECT = (DISABLED[0], DISABLED[1] + " in redirect")
# The scheme is in lower case.
LOWER_SCHEME = (r'(?m)^scheme=[A-Z]+|"scheme":"[A-Z]+"', lambda found: found[0].lower())
# A program that calls curl_easy_header between two calls of curl_easy_nextheader goes on where the second was (8.0).
# This one counts on the opposite, for headers that occur twice.
NEXT_HEADER = (r'("x-twice":\["1","2"\],\n)', r'\1"x-twice":],\n')
# CURLINFO_REQUEST_SIZE counts heads, not what of a body went out with them.
REQUEST_SIZE = (r"(?m)^size_request=\d+", "size_request=(head)")
# A cookie of the program's own goes to no other port than that of its URL.
COOKIE_ELSEWHERE = (r"(GET /1k (?:.*\r\n)*)Cookie: a=b\r\n", r"\1")
# A tunnel that the proxy refuses is a connection that was not made.
TUNNEL = (r"curl: \(56\) (CONNECT tunnel failed)", r"curl: (7) \1")
TUNNEL_STATUS = (r"\A56\Z", "7")
# Texts of -v.
FAILED = (r"connect to (\S+) port (\d+) failed", r"connect to \1 port \2 from 127.0.0.1 port LOCAL failed")
NEVER_OPEN = (r"(Couldn't connect to server\n)\* Closing connection \d+\n", r"\1")
OFFERS = (r"ALPN: offers", "ALPN: curl offers")
USING = (r"\* using HTTP/1.1\n", "")
CLOSING = (r"\* Closing connection (\d+)", r"* shutting down connection #\1")
IN_CACHE = (r"\* Hostname \S+ was found in DNS cache\n", "")
UPLOADED = (r"(== Info:|\*) We are completely uploaded and fine\n", "")
REUSED = (r"(\*|== Info:) Found bundle for host.*\n.* Can not multiplex.*\n"
          r".* Re-using existing connection #\d+ with host (\S+)",
          r"\1 Reusing existing http: connection with host \2")
# The empty line behind a response of 1xx is a header line like others.
END_OF_100 = (r"(< HTTP/1.1 100 Continue\r?\n)(?!< \r?\n)", "\\1< \r\n")
CONNECTED = (r"Connected to (\S+) \((\S+)\) port (\d+) \(#\d+\)",
             r"Established connection to \1 (\2 port \3) from 127.0.0.1 port LOCAL ")
INTACT = (r"(Connection #\d+ to host \S+) left intact", r"\1:PORT left intact")
# A folded header is unfolded before a program sees it (8.18).
FOLDED = (r"\r?\n (?=two)", " ")
# The lines about a file end with an empty one where no body follows, too.
END_OF_FILE = (r"(Last-Modified: .*\n)", "\\1\r\n")
# TE comes before Connection.
TE = (r"Connection: TE\r\nTE: gzip\r\n", "TE: gzip\r\nConnection: TE\r\n")
# A PUT of a known size expects a "100 Continue" above 1 MB only, as a POST always did.
EXPECT = (r"(Content-Length: \d{1,6}\r\n(?:[\w-]+: [^\r\n]*\r\n)*)Expect: 100-continue\r\n", r"\1")
EXPECT_IN_CHUNKS = (r"(Transfer-Encoding: chunked\r\n)Expect: 100-continue\r\n", r"\1")
CONTINUE = (r"HTTP/1.1 100 Continue\r?\n\r?\n", "")
