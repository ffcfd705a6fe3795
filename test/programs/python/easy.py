# SPDX-License-Identifier: MIT
"""pycurl's easy handles: easy.py URL. Every callback, the thread that it runs on, what it may return; but for
CLOSESOCKETFUNCTION, with which pycurl 7.45 crashes in any case."""
import io
import sys
import threading

import pycurl

WEB = sys.argv[1]
MAIN = threading.get_ident()


def show(what, value):
    print("==", what, "\n" + repr(value))


def on_this_thread(function):
    """The callback, which tells if it runs anywhere else."""
    def call(*arguments):
        if threading.get_ident() != MAIN:
            print("another thread:", function.__name__)
        return function(*arguments)
    return call


def handle(path, **options):
    curl = pycurl.Curl()
    curl.setopt(pycurl.URL, path if "://" in path else WEB + path)
    curl.setopt(pycurl.PROXY, "")
    for name, value in options.items():
        curl.setopt(getattr(pycurl, name), value)
    return curl


def transfer(what, curl, reads=True):
    body = io.BytesIO()
    if reads:
        curl.setopt(pycurl.WRITEDATA, body)
    try:
        curl.perform()
        show(what, (curl.getinfo(pycurl.RESPONSE_CODE), body.getvalue()))
    except pycurl.error as error:
        show(what + " fails", (error.args, body.getvalue()))


transfer("get", handle("/page"))
transfer("post", handle("/echo", POSTFIELDS="a=1&b=2"))
transfer("form", handle("/echo", HTTPPOST=[("field", "value"), ("file", (pycurl.FORM_FILE, "upload.txt",
                                                                         pycurl.FORM_CONTENTTYPE, "text/x-own"))]))
transfer("headers", handle("/echo", HTTPHEADER=["X-Own: 1", "Accept:"], CUSTOMREQUEST="REPORT"))
transfer("missing", handle("/missing", FAILONERROR=True))
transfer("refused", handle("http://127.0.0.1:1/"))
transfer("nowhere", handle("nowhere://x/"))

# Each callback.
told = []
lines = []
pieces = []
source = io.BytesIO(b"to be sent " * 10000)


@on_this_thread
def progress(*numbers):
    told.append(numbers)


@on_this_thread
def debug(kind, text):
    if kind in (pycurl.INFOTYPE_HEADER_IN, pycurl.INFOTYPE_HEADER_OUT):
        lines.append(text)


@on_this_thread
def open_socket(purpose, address):
    import socket
    show("address", (purpose, address[0], address[1]))
    return socket.socket(address[0], address[1], address[2])


@on_this_thread
def socket_options(fd, purpose):
    show("purpose", purpose)
    return 0


@on_this_thread
def write(piece):
    pieces.append(piece)


curl = handle("/count", UPLOAD=True, INFILESIZE=110000, READFUNCTION=on_this_thread(source.read), WRITEFUNCTION=write,
              HEADERFUNCTION=on_this_thread(lambda line: None), NOPROGRESS=False, XFERINFOFUNCTION=progress, VERBOSE=True,
              DEBUGFUNCTION=debug, OPENSOCKETFUNCTION=open_socket, SOCKOPTFUNCTION=socket_options,
              HTTPHEADER=["Expect:"])
transfer("all callbacks", curl, reads=False)
show("answer", b"".join(pieces))
show("heads", b"".join(lines).replace(pycurl.version.encode(), b""))
show("last progress", told[-1])
curl.close()

# A request that is answered by a redirect: the source goes back to its start.
source.seek(0)


@on_this_thread
def seek(offset, origin):
    source.seek(offset, origin)
    return pycurl.SEEKFUNC_OK


transfer("rewound", handle("/to-count", UPLOAD=True, INFILESIZE=110000, READFUNCTION=source.read, SEEKFUNCTION=seek,
                           FOLLOWLOCATION=True, HTTPHEADER=["Expect:"]))


# Callbacks that fail.
def raises(*_):
    raise RuntimeError("from a callback")


for name in ("WRITEFUNCTION", "HEADERFUNCTION"):
    transfer(name + " raises", handle("/page", **{name: raises}), reads=False)
transfer("READFUNCTION raises", handle("/count", UPLOAD=True, READFUNCTION=raises, HTTPHEADER=["Expect:"]))
transfer("progress ends it", handle("/page", NOPROGRESS=False, XFERINFOFUNCTION=lambda size, now, *_: now > 0))
transfer("write takes less", handle("/page", WRITEFUNCTION=lambda piece: 1), reads=False)

# A pause from within, and the end of it.
paused = []


@on_this_thread
def pause_once(piece):
    if not paused:
        paused.append(True)
        return pycurl.WRITEFUNC_PAUSE
    pieces.append(piece)
    return None


pieces.clear()


@on_this_thread
def resume(*_):
    if paused and len(paused) == 1:
        paused.append(True)
        curl.pause(pycurl.PAUSE_CONT)


curl = handle("/large", WRITEFUNCTION=pause_once, NOPROGRESS=False, XFERINFOFUNCTION=resume)
transfer("paused", curl, reads=False)
show("bytes", len(b"".join(pieces)))

# Getinfo, reuse, reset, cookies, errors of the interface.
curl = handle("/page?info", HTTPHEADER=["X-One: 1"])
transfer("info", curl)
show("getinfo", [curl.getinfo(number) for number in (
    pycurl.EFFECTIVE_URL, pycurl.CONTENT_TYPE, pycurl.SIZE_DOWNLOAD, pycurl.REDIRECT_COUNT, pycurl.PRIMARY_IP,
    pycurl.NUM_CONNECTS, pycurl.CONTENT_LENGTH_DOWNLOAD)])
transfer("again", curl)
show("connections", curl.getinfo(pycurl.NUM_CONNECTS))
curl.reset()
try:
    curl.perform()
except pycurl.error as error:
    show("without a URL", error.args[0])
curl = handle("/cookie", COOKIEFILE="")
transfer("cookie", curl)
curl.setopt(pycurl.COOKIELIST, "Set-Cookie: own=1; domain=127.0.0.1; path=/")
curl.setopt(pycurl.URL, WEB + "/echo")
transfer("cookies", curl)
show("list", curl.getinfo(pycurl.INFO_COOKIELIST))
for option, value in ((pycurl.URL, 5), (pycurl.TIMEOUT, "x"), (999999, 1)):
    try:
        curl.setopt(option, value)
    except (TypeError, pycurl.error) as error:
        show("setopt", (type(error).__name__, error.args))
