# SPDX-License-Identifier: MIT
"""pycurl's multi handles: multi.py LOOP URL. LOOP is select, perform, socket or threads."""
import heapq
import io
import select
import selectors
import sys
import threading
import time

import pycurl

LOOP, WEB = sys.argv[1:]
COUNT = 40


def handle(number, path=None):
    curl = pycurl.Curl()
    curl.body = io.BytesIO()
    curl.number = number
    curl.thread = threading.get_ident()

    def write(piece):
        if threading.get_ident() != curl.thread:
            print("another thread")
        curl.body.write(piece)

    curl.setopt(pycurl.URL, WEB + (path or f"/echo?{number}"))
    curl.setopt(pycurl.PROXY, "")
    curl.setopt(pycurl.WRITEFUNCTION, write)
    if number % 10 == 3:
        curl.setopt(pycurl.URL, "http://127.0.0.1:1/")
    return curl


RESULTS = {}


def harvest(multi):
    while True:
        left, good, bad = multi.info_read()
        for curl in good:
            RESULTS[curl.number] = (0, curl.body.getvalue())
            multi.remove_handle(curl)
        for curl, code, text in bad:
            RESULTS[curl.number] = (code, text, curl.body.getvalue())
            multi.remove_handle(curl)
        if not left:
            return


def select_loop(multi):
    """fdset and select, as pycurl's documentation has it."""
    running = COUNT
    while running:
        while multi.perform()[0] == pycurl.E_CALL_MULTI_PERFORM:
            pass
        running = multi.perform()[1]
        harvest(multi)
        readers, writers, others = multi.fdset()
        wait = multi.timeout()
        if running:
            select.select(readers, writers, others, 1.0 if wait < 0 else min(wait / 1000, 1.0))


def perform_loop(multi):
    running = COUNT
    while running:
        running = multi.perform()[1]
        harvest(multi)
        if running:
            multi.select(1.0)


def socket_loop(multi):
    """socket_action, with a selector and a clock of its own."""
    selector = selectors.DefaultSelector()
    due = []
    main = threading.get_ident()

    def on_socket(what, fd, _multi, _data):
        if threading.get_ident() != main:
            print("another thread")
        known = fd in selector.get_map()
        if what == pycurl.POLL_REMOVE:
            if known:
                selector.unregister(fd)
            return
        events = {pycurl.POLL_IN: selectors.EVENT_READ, pycurl.POLL_OUT: selectors.EVENT_WRITE,
                  pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE}[what]
        if known:
            selector.modify(fd, events)
        else:
            selector.register(fd, events)

    def on_timer(wait_ms):
        due.clear()
        if wait_ms >= 0:
            heapq.heappush(due, time.monotonic() + wait_ms / 1000)

    multi.setopt(pycurl.M_SOCKETFUNCTION, on_socket)
    multi.setopt(pycurl.M_TIMERFUNCTION, on_timer)
    running = multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)[1]
    while running:
        wait = max(0, due[0] - time.monotonic()) if due else 1.0
        events = selector.select(wait) if selector.get_map() else time.sleep(wait) or []
        if due and due[0] <= time.monotonic():
            due.clear()
            running = multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)[1]
        for key, mask in events:
            bits = (pycurl.CSELECT_IN if mask & selectors.EVENT_READ else 0) | \
                   (pycurl.CSELECT_OUT if mask & selectors.EVENT_WRITE else 0)
            running = multi.socket_action(key.fd, bits)[1]
        harvest(multi)
    print("sockets left:", len(selector.get_map()))


def run(loop, numbers):
    multi = pycurl.CurlMulti()
    multi.handles = [handle(number) for number in numbers]
    for curl in multi.handles:
        multi.add_handle(curl)
    loop(multi)
    for curl in multi.handles:
        curl.close()
    multi.close()


def share():
    share = pycurl.CurlShare()
    share.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_COOKIE)
    share.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_DNS)
    return share


def easy_thread(number, common):
    for turn in range(5):
        curl = handle(1000 + 10 * number, "/cookie" if turn == 0 else f"/echo?{number}")
        curl.setopt(pycurl.SHARE, common)
        curl.setopt(pycurl.COOKIEFILE, "")
        curl.perform()
        RESULTS[1000 + 10 * number + turn] = curl.body.getvalue()
        curl.close()


def threads():
    """Handles of both kinds on several threads, with a share object between the easy ones."""
    common = share()
    workers = [threading.Thread(target=run, args=(perform_loop, range(100 * i, 100 * i + COUNT))) for i in range(4)]
    workers += [threading.Thread(target=easy_thread, args=(i, common)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    common.close()


if LOOP == "threads":
    threads()
else:
    run({"select": select_loop, "perform": perform_loop, "socket": socket_loop}[LOOP], range(COUNT))
for number, result in sorted(RESULTS.items()):
    print(number, result)
