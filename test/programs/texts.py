# SPDX-License-Identifier: MIT
"""Where libcurl 8.22, whose interface this library has, behaves otherwise than the system's 7.88.

(pattern, text) for what is seen of the program on the system's library; what it becomes is what must be
seen of it on this one. A test names those that it meets (`bench.same(..., since=[...])`)."""

# Contractions are written out, in texts of errors.
CONNECT = (r"Couldn't connect to server", "Could not connect to server")
RANGES = (r"doesn't seem to support byte ranges", "does not seem to support byte ranges")
# A URL that is refused says why.
MALFORMED = (r"URL using bad/illegal format or missing URL",
             "URL rejected: Malformed input to a URL function")
# A scheme says whether it is unknown or switched off, and where.
UNKNOWN_SCHEME = (r'(Protocol "\w+" not supported) or disabled in libcurl', r"\1")
DISABLED = (r'(Protocol "\w+") not supported or disabled in libcurl', r"\1 disabled")
DISABLED_IN_REDIRECT = (DISABLED[0], DISABLED[1] + " in redirect")
# A folded header is unfolded before a program sees it (8.18).
FOLDED = (r"\r?\n (?=two)", " ")
# TE comes before Connection.
TE = (r"Connection: TE\r\nTE: gzip\r\n", "TE: gzip\r\nConnection: TE\r\n")
# A PUT of a known size expects a "100 Continue" above 1 MB only, as a POST always did.
EXPECT = (r"(Content-Length: \d{1,6}\r\n(?:[\w-]+: [^\r\n]*\r\n)*)Expect: 100-continue\r\n", r"\1")
EXPECT_IN_CHUNKS = (r"(Transfer-Encoding: chunked\r\n)Expect: 100-continue\r\n", r"\1")
CONTINUE = (r"HTTP/1.1 100 Continue\r?\n\r?\n", "")
