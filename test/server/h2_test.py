#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HTTP/2 with a peer that does what it should not, or does it in unusual order; reported as TAP.

    h2_test.py [--only PATTERN] CLIENT

CLIENT is the program built from server_client.c. Without python3-hyperframe and python3-hpack all is
skipped.
"""
import json
import os
import socket
import subprocess
import sys

from tap import equal, parse, require, tell_all, test

try:
    from h2_peer import Gone, Peer, frames, read_head
except ImportError as missing:
    print(f"1..0 # SKIP no {missing.name}")
    sys.exit(0)

CLIENT_LIMIT_S = 60
NO_ERROR, REFUSED_STREAM, CANCEL, HTTP_1_1_REQUIRED = 0, 7, 8, 13


class Run:
    """What came of a run: `transfers`, and the peer's `connections`."""
    client = None

    def __init__(self, script, arguments, paths=("/a",), settings=None, raw=False, expect=0, workers=None):
        steps, step = os.pipe()
        peer = Peer(script, settings, raw)
        peer.step = step
        words = [f"url=http://127.0.0.1:{peer.port}{path}" for path in paths]
        words += ["http_version=5", *arguments.split()]
        environment = {name: value for name, value in os.environ.items()
                       if not name.lower().endswith("_proxy")}
        if workers:
            environment["CURLPOOL_WORKERS"] = str(workers)
        try:
            done = subprocess.run([self.client, *words], stdin=steps, capture_output=True,
                                  timeout=CLIENT_LIMIT_S, check=False, env=environment)
            errors = peer.stop()
        finally:
            os.close(steps)
            os.close(step)
        require(done.returncode == 0, f"the client ended with {done.returncode}: {done.stderr.decode()}")
        require(not errors, f"in the peer: {errors}")
        self.transfers = json.loads(done.stdout)["transfers"]
        self.connections = peer.connections
        if expect is not None:
            for transfer in self.transfers:
                equal(transfer["result"], expect, f"result ({transfer['error']})")
        for transfer in self.transfers:
            require(not transfer["strange_thread"], "a callback ran on another thread")

    @property
    def bodies(self):
        return [transfer["body"] for transfer in self.transfers]


def answer_all(connection):
    while True:
        connection.answer(connection.request())


MULTI = "mode=multi pipewait=1"
# Connections that rest between two transfers: of one handle, of handles on one thread and on many (which
# a share object joins), and on workers.
RESTS = ("mode=easy", "mode=shared", "mode=threads", "mode=turns", "mode=multis")


# One request after another, and several at once.

@test
def requests_of_one_handle_share_a_connection():
    run = Run(answer_all, "copies=4")
    equal(len(run.connections), 1, "connections")
    equal([transfer["http_version"] for transfer in run.transfers], [3] * 4, "versions")
    equal(run.bodies, ["answer"] * 4, "bodies")


@test
def requests_of_handles_in_turn_share_a_connection():
    equal(len(Run(answer_all, "copies=4 mode=turns").connections), 1, "connections")


@test
def requests_that_wait_for_the_pipe_share_a_connection():
    def script(connection):
        streams = connection.all_requests(10)
        for stream in reversed(streams):
            connection.answer(stream, connection.path(stream).encode())
        connection.drain()
    paths = [f"/{number}" for number in range(10)]
    run = Run(script, MULTI, paths)
    equal(len(run.connections), 1, "connections")
    equal(run.bodies, paths, "bodies")


@test
def limit_of_streams_is_kept_when_it_is_lowered():
    def script(connection):
        first = connection.request()
        connection.send(frames.SettingsFrame(0, settings={3: 2}))
        connection.send(frames.PingFrame(0, b"settings"))
        connection.until(lambda: connection.pongs)
        connection.answer(first)
        answered = 1
        while answered < 12:
            stream = connection.request()
            open_streams = len(connection.requests) - answered
            if open_streams > 2 + most_before[0]:
                raise AssertionError(f"{open_streams} streams")
            connection.answer(stream)
            answered += 1
        connection.drain()
    most_before = [10]
    run = Run(script, MULTI + " max_host=1 copies=12", settings={3: 10})
    equal(len(run.connections), 1, "connections")


@test
def streams_that_the_peer_refused_beyond_its_limit_come_again():
    def script(connection):
        while True:
            waiting = [connection.request()]
            connection.send(frames.PingFrame(0, b"anymore?"))
            pongs = connection.pongs
            connection.until(lambda: connection.pongs > pongs)
            while connection.order:
                waiting.append(connection.request())
            for stream in waiting[3:]:
                connection.reset(stream, REFUSED_STREAM)
            for stream in waiting[:3]:
                connection.answer(stream)
    run = Run(script, MULTI + " copies=9", settings={3: 3})
    equal(run.bodies, ["answer"] * 9, "bodies")


@test
def streams_refused_once_come_again_on_the_same_connection():
    def script(connection):
        streams = connection.all_requests(5)
        for stream in streams[1:]:
            connection.reset(stream, REFUSED_STREAM)
        connection.answer(streams[0])
        answer_all(connection)
    run = Run(script, MULTI + " copies=5")
    equal(run.bodies, ["answer"] * 5, "bodies")
    equal(len(run.connections), 1, "connections")


@test
def stream_that_is_refused_again_comes_on_a_new_connection():
    numbers = []

    def script(connection):
        if not numbers:
            for _ in range(2):
                numbers.append(connection.request())
                connection.reset(numbers[-1], REFUSED_STREAM)
            connection.drain()
        answer_all(connection)
    run = Run(script, "")
    equal(run.bodies, ["answer"], "bodies")
    equal(len(run.connections), 2, "connections")


@test
def saturated_worker_is_relieved_by_a_connection_on_another():
    for workers, result in (1, 23), (2, 0):
        run = Run(answer_all, f"mode=multi toil=1 copies=2 host_workers={workers}", expect=None, workers=2)
        equal(len(run.connections), workers, "connections")
        equal([transfer["result"] for transfer in run.transfers], [result, 0], "results")


# While nobody uses the connection. The next transfer begins when the peer has let it (step).

def at_rest(what, arguments="", answers=3, connections=1):
    """After its first answer each connection does what(connection), and answers on; the client's second
    transfer waits for that."""
    def script(connection):
        connection.answer(connection.request())
        what(connection)
        connection.step()
        while True:
            connection.answer(connection.request())
            connection.step()
    for mode in RESTS:
        run = Run(script, f"copies={answers} steps=1 {mode} {arguments}")
        equal(run.bodies, ["answer"] * answers, f"bodies ({mode})")
        equal(len(run.connections), connections, f"connections ({mode})")


@test
def connection_at_rest_is_taken_by_the_next_handle():
    at_rest(lambda connection: None, answers=5)


@test
def ping_at_rest_is_answered():
    def script(connection):
        for _ in range(3):
            connection.answer(connection.request())
            connection.send(frames.PingFrame(0, b"restless"))
            connection.step()
        connection.until(lambda: connection.pongs >= 3)
        connection.drain()
    for mode in RESTS:
        equal(len(Run(script, f"copies=3 steps=1 {mode}").connections), 1, f"connections ({mode})")


@test
def ping_at_rest_is_answered_by_a_worker_at_once():
    def script(connection):
        for number in range(3):
            connection.answer(connection.request())
            connection.send(frames.PingFrame(0, b"restless"))
            connection.until(lambda: connection.pongs > number)  # pylint: disable=cell-var-from-loop
            connection.step()
        connection.drain()
    for mode in "mode=turns", "mode=multis":
        equal(len(Run(script, f"copies=3 steps=1 {mode}").connections), 1, f"connections ({mode})")


@test
def settings_at_rest_are_obeyed():
    at_rest(lambda connection: connection.send(frames.SettingsFrame(0, settings={3: 1, 4: 200})),
            "upload=100")


@test
def limit_of_no_streams_at_rest_means_another_connection():
    def script(connection):
        connection.answer(connection.request())
        connection.send(frames.SettingsFrame(0, settings={3: 0}))
        connection.step()
        connection.drain()
    for mode in RESTS:
        equal(len(Run(script, f"copies=2 steps=1 {mode}").connections), 2, f"connections ({mode})")


@test
def goaway_at_rest_means_another_connection():
    def script(connection):
        connection.answer(connection.request())
        connection.goaway(1)
        connection.step()
        connection.drain()
    for mode in RESTS:
        run = Run(script, f"copies=3 steps=1 {mode}")
        equal(run.bodies, ["answer"] * 3, "bodies")
        equal(len(run.connections), 3, f"connections ({mode})")


@test
def end_at_rest_means_another_connection():
    def script(connection):
        connection.answer(connection.request())
        connection.link.shutdown(socket.SHUT_WR)
        connection.step()
        connection.drain()
    for mode in RESTS:
        equal(len(Run(script, f"copies=3 steps=1 {mode}").connections), 3, f"connections ({mode})")


@test
def garbage_at_rest_means_another_connection():
    def script(connection):
        connection.answer(connection.request())
        connection.send(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        connection.step()
        connection.drain()
    for mode in RESTS:
        equal(len(Run(script, f"copies=2 steps=1 {mode}").connections), 2, f"connections ({mode})")


@test
def child_of_fork_has_a_connection_of_its_own():
    run = Run(answer_all, "copies=4 fork=3")
    equal([len(connection.requests) for connection in run.connections], [3, 1], "requests")
    equal([transfer["len"] for transfer in run.transfers], [6, 6, 0, 6], "lengths")


@test
def good_bye_is_said_to_a_connection_at_rest():
    goodbyes = []

    def script(connection):
        connection.answer(connection.request())
        try:
            while True:
                frame = connection.next()
                if isinstance(frame, frames.GoAwayFrame):
                    goodbyes.append(frame.error_code)
        except Gone:
            pass
    for mode in RESTS:
        Run(script, mode)
    equal(goodbyes, [NO_ERROR] * len(RESTS), "good-byes")


@test
def body_of_a_removed_transfer_is_taken_in_at_rest():
    def script(connection):
        stream = connection.request()
        connection.head(stream)
        connection.data(stream, b"x" * 40000, end=False)
        if connection.path(stream) == "/a":
            connection.until(lambda: stream in connection.resets)
            connection.data(stream, b"x" * 20000)
            connection.step()
        answer_all(connection)
    run = Run(script, "mode=shared steps=1 maxfilesize=3", ("/a", "/b"), expect=None)
    equal([transfer["result"] for transfer in run.transfers][0], 63, "result of the first")


@test
def upkeep_pings_what_rests_longer_than_its_interval():
    def script(connection):
        for number in range(3):
            connection.answer(connection.request())
            connection.step()
            if number < 2:
                connection.until(lambda: connection.order)
        if connection.pings != pings:
            raise AssertionError(f"{connection.pings} pings, not {pings}")
        connection.drain()
    for mode in RESTS:
        for interval, pings in ("upkeep_interval_ms=0", 2), ("", 0):
            run = Run(script, f"copies=3 steps=1 upkeep=1 {mode} {interval}")
            equal(len(run.connections), 1, f"connections ({mode})")


# GOAWAY.

@test
def goaway_before_the_first_answer_sends_all_elsewhere():
    def script(connection):
        if connection.number == 0:
            connection.all_requests(5)
            connection.goaway(0)
            connection.drain()
        else:
            answer_all(connection)
    run = Run(script, MULTI + " copies=5")
    equal(run.bodies, ["answer"] * 5, "bodies")
    equal(len(run.connections[0].requests), 5, "requests on the first connection")


@test
def goaway_leaves_earlier_streams_and_moves_later_ones():
    def script(connection):
        if connection.number == 0:
            streams = sorted(connection.all_requests(6))
            connection.goaway(streams[2])
            for stream in streams[:3]:
                connection.answer(stream, b"first connection")
            connection.drain()
        else:
            while True:
                connection.answer(connection.request(), b"another one")
    run = Run(script, MULTI + " copies=6")
    equal(sorted(run.bodies), ["another one"] * 3 + ["first connection"] * 3, "bodies")


@test
def goaway_in_the_middle_of_a_body_lets_it_end():
    def script(connection):
        stream = connection.request()
        if connection.number == 0:
            connection.head(stream)
            connection.data(stream, b"one ", end=False)
            connection.goaway(stream)
            connection.data(stream, b"two")
            connection.drain()
        else:
            connection.answer(stream)
            answer_all(connection)
    run = Run(script, "copies=2")
    equal(run.bodies, ["one two", "answer"], "bodies")
    equal(len(run.connections), 2, "connections")


@test
def goaway_on_an_idle_connection_is_no_error():
    def script(connection):
        connection.answer(connection.request())
        connection.goaway(1)
        connection.drain()
    for mode in "easy", "turns":
        run = Run(script, f"copies=3 mode={mode}")
        equal(run.bodies, ["answer"] * 3, "bodies")


# RST_STREAM.

@test
def refused_stream_is_tried_again():
    refused = []

    def script(connection):
        while True:
            stream = connection.request()
            if connection.path(stream) not in refused:
                refused.append(connection.path(stream))
                connection.reset(stream, REFUSED_STREAM)
            else:
                connection.answer(stream, connection.path(stream).encode())
    paths = [f"/{number}" for number in range(4)]
    run = Run(script, MULTI, paths)
    equal(run.bodies, paths, "bodies")


@test
def refused_upload_is_sent_again_from_its_start():
    refused = []

    def script(connection):
        stream = connection.request(whole=False)
        if not refused:
            refused.append(stream)
            connection.reset(stream, REFUSED_STREAM)
        else:
            connection.until(lambda: stream in connection.ended)
            connection.answer(stream, str(len(connection.bodies[stream])).encode())
        script(connection)
    run = Run(script, "upload=30000")
    equal(run.bodies, ["30000"], "bodies")


@test
def stream_that_is_always_refused_fails_in_the_end():
    def script(connection):
        while True:
            connection.reset(connection.request(), REFUSED_STREAM)
    run = Run(script, "", expect=92)
    require("REFUSED_STREAM" in run.transfers[0]["error"], run.transfers[0]["error"])


@test
def cancelled_stream_is_an_error_and_its_connection_stays():
    def script(connection):
        first = connection.request()
        connection.head(first)
        connection.data(first, b"some", end=False)
        connection.reset(first, CANCEL)
        answer_all(connection)
    run = Run(script, "copies=2", expect=None)
    equal([transfer["result"] for transfer in run.transfers], [92, 0], "results")
    require("CANCEL" in run.transfers[0]["error"], run.transfers[0]["error"])
    equal(len(run.connections), 1, "connections")


def http1_behind(preface_first):
    """A peer that wants HTTP/1.1; `preface_first` says it with RST_STREAM or GOAWAY."""
    def script(connection):
        connection.pending = read_head(connection.link)
        if not connection.pending.startswith(b"PRI "):
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\none")
            return
        connection.expect(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        connection.send(frames.SettingsFrame(0))
        preface_first(connection, connection.request())
        connection.drain()
    return script


@test
def http_1_1_is_used_when_a_stream_says_it_is_required():
    script = http1_behind(lambda connection, stream: connection.reset(stream, HTTP_1_1_REQUIRED))
    run = Run(script, "", raw=True)
    equal(run.bodies, ["one"], "bodies")
    equal(run.transfers[0]["http_version"], 2, "version")


@test
def http_1_1_is_used_when_the_connection_says_it_is_required():
    script = http1_behind(lambda connection, _: connection.goaway(0, HTTP_1_1_REQUIRED))
    run = Run(script, "", raw=True)
    equal(run.bodies, ["one"], "bodies")


# The connection is lost.

@test
def connection_that_is_cut_fails_its_streams_only():
    def script(connection):
        if connection.number == 0:
            for stream in connection.all_requests(5):
                connection.head(stream)
                connection.data(stream, b"some", end=False)
        else:
            answer_all(connection)
    run = Run(script, MULTI + " copies=5", expect=None)
    for transfer in run.transfers:
        require(transfer["result"] in (56, 16, 92, 18), f"result {transfer['result']}")


@test
def connection_that_was_cut_while_idle_is_replaced():
    def script(connection):
        connection.answer(connection.request())
    for mode in "easy", "turns":
        run = Run(script, f"copies=3 mode={mode}")
        equal(len(run.connections), 3, "connections")


@test
def connection_that_is_cut_under_the_second_request_is_replaced():
    def script(connection):
        connection.answer(connection.request())
        if connection.number == 0:
            connection.request()
        else:
            answer_all(connection)
    run = Run(script, "copies=2")
    equal(run.bodies, ["answer", "answer"], "bodies")


# Pushes.

def pushing(fate, promise=lambda connection, stream: connection.promise(stream, 2, "/pushed"), between=None):
    """Pushes one answer in the middle of another; `fate` says whether the client takes it."""
    def script(connection):
        stream = connection.request()
        promise(connection, stream)
        connection.head(stream)
        connection.data(stream, b"an", end=False)
        if fate == "taken":
            connection.answer(2, b"pushed", ("x-pushed", "1"))
        if between:
            between(connection)
        if fate == "refused":
            connection.until(lambda: 2 in connection.resets)
        connection.data(stream, b"swer")
        connection.drain()
        if fate == "taken":
            equal(connection.resets, {}, "resets")
    return script


@test
def pushed_stream_is_a_transfer_of_its_own():
    run = Run(pushing("taken"), "mode=multi push=0")
    equal(run.bodies, ["answer", "pushed"], "bodies")
    pushed = run.transfers[1]
    require(pushed["effective_url"].endswith("/pushed"), pushed["effective_url"])
    require(":method:GET\n" in pushed["pushed"] and ":path:/pushed\n" in pushed["pushed"], pushed["pushed"])
    equal([transfer["messages"] for transfer in run.transfers], [1, 1], "messages")
    equal(pushed["response_code"], 200, "status")
    equal(pushed["http_version"], 3, "version")
    equal(pushed["pseudo_status"], "200", "status among the headers")


@test
def pushed_stream_goes_on_when_the_other_has_ended():
    def script(connection):
        stream = connection.request()
        for number in 2, 4, 6:
            connection.promise(stream, number, f"/{number}")
        connection.answer(stream)
        connection.send(frames.PingFrame(0, b"anything"))
        connection.until(lambda: connection.pongs)
        for number in 6, 2, 4:
            connection.answer(number, b"x" * 100000 + str(number).encode())
        connection.drain()
    run = Run(script, "mode=multi push=0")
    equal([transfer["len"] for transfer in run.transfers], [6] + [100001] * 3, "lengths")
    equal(len(run.connections), 1, "connections")


@test
def pushed_stream_that_is_cut_fails_alone():
    def between(connection):
        connection.head(2)
        connection.reset(2, CANCEL)
    def script(connection):
        stream = connection.request()
        connection.promise(stream, 2, "/pushed")
        between(connection)
        connection.answer(stream)
        connection.drain()
    run = Run(script, "mode=multi push=0", expect=None)
    equal([transfer["result"] for transfer in run.transfers], [0, 92], "results")


@test
def denied_push_is_reset():
    equal(Run(pushing("refused"), "mode=multi push=1").bodies, ["answer"], "bodies")


@test
def push_with_an_error_ends_its_parent():
    def script(connection):
        stream = connection.request()
        connection.promise(stream, 2, "/pushed")
        connection.drain()
    run = Run(script, "mode=multi push=2", expect=None)
    equal(len(run.transfers), 1, "transfers")
    require(run.transfers[0]["result"] != 0, "result 0")


@test
def push_for_another_server_is_reset():
    run = Run(pushing("refused", lambda connection, stream: connection.promise(
        stream, 2, "/pushed", authority="elsewhere.example")), "mode=multi push=0")
    equal(run.bodies, ["answer"], "bodies")


@test
def push_of_a_request_with_effects_is_reset():
    run = Run(pushing("refused", lambda connection, stream: connection.promise(
        stream, 2, "/pushed", method="POST")), "mode=multi push=0")
    equal(run.bodies, ["answer"], "bodies")


@test
def push_with_a_huge_head_is_reset():
    def promise(connection, stream):
        connection.promise(stream, 2, "/pushed", *[("x-bomb", "v" * 3900)] * 100)
    Run(pushing("refused", promise), "mode=multi push=0")


@test
def pushes_are_told_to_be_unwanted_without_a_callback():
    def script(connection):
        connection.answer(connection.request())
        connection.drain()
    for arguments, pushes in ("mode=multi", 0), ("mode=multi push=0", 1):
        equal(Run(script, arguments).connections[0].settings[0].get(2), pushes, "SETTINGS_ENABLE_PUSH")


@test
def pushed_stream_of_a_removed_transfer_goes_with_it_or_stays():
    def script(connection):
        streams = connection.all_requests(2)
        removed = next(stream for stream in streams if connection.path(stream) == "/2")
        other = next(stream for stream in streams if stream != removed)
        connection.promise(removed, 2, "/pushed")
        connection.head(removed)
        connection.data(removed, b"first", end=False)
        connection.until(lambda: removed in connection.resets)
        connection.answer(2, b"pushed")
        connection.answer(other)
        connection.drain()
    run = Run(script, MULTI + " max_host=1 remove=2 push=0", ["/1", "/2"])
    equal([body for body in run.bodies if body], ["answer", "pushed"], "bodies")


# Flow control.

@test
def upload_keeps_within_tiny_windows():
    def script(connection):
        first = connection.request(whole=False)
        connection.window(first, 60000)
        connection.window(0, 60000)
        connection.until(lambda: first in connection.ended)
        connection.answer(first, b"first")  # it knows our settings from now on
        stream = connection.request(whole=False)
        allowed = 100
        while stream not in connection.ended:
            frame = connection.next()
            if not isinstance(frame, frames.DataFrame):
                continue
            got = len(connection.bodies.get(stream, b""))
            if got > allowed:
                raise AssertionError(f"{got} bytes, {allowed} allowed")
            if got == allowed and stream not in connection.ended:
                connection.window(stream, 700)
                connection.window(0, 700)
                allowed += 700
        want = bytes(at * 7 % 251 for at in range(50000))
        connection.answer(stream, b"same" if connection.bodies[stream] == want else b"other")
        connection.drain()
    run = Run(script, "upload=50000 copies=2", settings={4: 100})
    equal(run.bodies, ["first", "same"], "bodies")


@test
def uploads_share_the_connections_window():
    def script(connection):
        streams = [connection.request(whole=False) for _ in range(3)]
        while not connection.ended.issuperset(streams):
            frame = connection.next()
            if isinstance(frame, frames.DataFrame) and frame.data:
                connection.window(0, len(frame.data))
                if frame.stream_id not in connection.ended:
                    connection.window(frame.stream_id, len(frame.data))
        for stream in streams:
            connection.answer(stream, str(len(connection.bodies[stream])).encode())
        connection.drain()
    run = Run(script, MULTI + " max_host=1 copies=3 upload=300000")
    equal(run.bodies, ["300000"] * 3, "bodies")


@test
def answer_before_the_upload_ends_it():
    def script(connection):
        stream = connection.request(whole=False)
        connection.head(stream, status="413")
        connection.data(stream, b"too much")
        connection.reset(stream, NO_ERROR)
        connection.drain()
    run = Run(script, "upload=5000000")
    equal(run.bodies, ["too much"], "bodies")
    equal(run.transfers[0]["response_code"], 413, "status")


@test
def large_download_opens_the_windows():
    def script(connection):
        stream = connection.request()
        connection.head(stream)
        sent, whole, first = 0, 4 << 20, connection.settings[0].get(4, 65535)
        while sent < whole:
            room = min(connection.windows[0], first + connection.windows.get(stream, 0)) - sent
            size = min(16384, room, whole - sent)
            if not size:
                connection.next()
                continue
            sent += size
            connection.data(stream, b"x" * size, end=sent == whole)
        connection.drain()
    equal(Run(script, "").transfers[0]["len"], 4 << 20, "length")


@test
def paused_transfer_stalls_its_stream_only():
    def script(connection):
        streams = connection.all_requests(4)
        for stream in streams:
            connection.head(stream)
            connection.data(stream, b"first ", end=False)
        for stream in streams:
            connection.data(stream, b"second")
        connection.drain()
    run = Run(script, MULTI + " copies=4 max_host=1 pause=2")
    equal(run.bodies, ["first second"] * 4, "bodies")


@test
def removed_transfer_resets_its_stream_only():
    def script(connection):
        streams = connection.all_requests(4)
        removed = next(stream for stream in streams if connection.path(stream) == "/2")
        connection.head(removed)
        connection.data(removed, b"first ", end=False)
        connection.until(lambda: removed in connection.resets)
        for stream in streams:
            if stream != removed:
                connection.answer(stream)
        connection.drain()
        equal(connection.resets, {removed: CANCEL}, "resets")
    run = Run(script, MULTI + " max_host=1 remove=2", ["/1", "/2", "/3", "/4"])
    equal([run.bodies[index] for index in (0, 2, 3)], ["answer"] * 3, "bodies")
    equal(len(run.connections), 1, "connections")


# Heads and trailers.

@test
def informational_heads_come_before_the_final_one():
    def script(connection):
        stream = connection.request()
        connection.head(stream, ("link", "</x>"), status="103")
        connection.head(stream, status="100")
        connection.answer(stream, b"answer", ("x-last", "1"))
        connection.drain()
    run = Run(script, "header=1")
    equal(run.bodies, ["HTTP/2 103 \r\nlink: </x>\r\n\r\nHTTP/2 100 \r\n\r\n"
                       "HTTP/2 200 \r\nx-last: 1\r\n\r\nanswer"], "bodies")


@test
def trailers_come_after_the_body():
    def script(connection):
        stream = connection.request()
        connection.head(stream)
        connection.data(stream, b"body", end=False)
        connection.head(stream, ("x-sum", "7"), status=None, flags=("END_HEADERS", "END_STREAM"))
        connection.drain()
    run = Run(script, "")
    equal(run.bodies, ["body"], "bodies")


@test
def head_in_many_pieces_is_read():
    def script(connection):
        stream = connection.request()
        block = connection.encoder.encode([(":status", "200"), ("x-long", "v" * 40000)])
        connection.send(frames.HeadersFrame(stream, block[:1]))
        for at in range(1, len(block), 8000):
            last = at + 8000 >= len(block)
            connection.send(frames.ContinuationFrame(stream, block[at:at + 8000],
                                                     flags=["END_HEADERS"] if last else []))
        connection.data(stream, b"answer")
        connection.drain()
    equal(Run(script, "").bodies, ["answer"], "bodies")


def refused(script, results=(92, 16, 56, 8), others_live=False):
    """The transfer must fail with one of the results; on a connection that lives, the next is good."""
    def whole(connection):
        stream = connection.request()
        if connection.path(stream) == "/good":
            connection.answer(stream)
        else:
            script(connection, stream)
        if others_live:
            answer_all(connection)
        connection.drain()
    run = Run(whole, "", ("/bad", "/good") if others_live else ("/bad",), expect=None)
    require(run.transfers[0]["result"] in results,
            f"result {run.transfers[0]['result']}, {run.transfers[0]['error']!r}")
    if others_live:
        equal(run.transfers[1]["result"], 0, "result of the next")
        equal(len(run.connections), 1, "connections")


@test
def huge_head_is_refused():
    def script(connection, stream):
        for piece in range(8):
            connection.encoder.header_table_size = 0
            fields = [(f"x-{piece}-{number}", "v" * 8000) for number in range(8)]
            block = connection.encoder.encode(([(":status", "200")] if not piece else []) + fields)
            if not piece:
                connection.send(frames.HeadersFrame(stream, b""))
            for at in range(0, len(block), 16000):
                connection.send(frames.ContinuationFrame(stream, block[at:at + 16000]))
        connection.send(frames.ContinuationFrame(stream, b"", flags=["END_HEADERS"]))
    refused(script)


@test
def head_of_few_bytes_that_becomes_huge_is_refused():
    refused(lambda connection, stream: connection.head(stream, *[("x-bomb", "v" * 3900)] * 100), others_live=True)


@test
def pseudo_field_behind_others_is_refused():
    refused(lambda connection, stream: connection.head(
        stream, ("x-a", "1"), (":status", "200"), status=None, flags=("END_HEADERS", "END_STREAM")),
        others_live=True)


@test
def upper_case_field_name_is_refused():
    refused(lambda connection, stream: connection.head(
        stream, ("X-Upper", "1"), flags=("END_HEADERS", "END_STREAM")), others_live=True)


@test
def head_without_status_is_refused():
    refused(lambda connection, stream: connection.head(
        stream, ("x-a", "1"), status=None, flags=("END_HEADERS", "END_STREAM")), others_live=True)


@test
def line_break_in_a_value_is_refused():
    refused(lambda connection, stream: connection.head(
        stream, ("x-a", "1\r\nset-cookie: b=c"), flags=("END_HEADERS", "END_STREAM")), others_live=True)


@test
def body_without_a_head_is_refused():
    refused(lambda connection, stream: connection.data(stream, b"body"))


@test
def body_that_is_shorter_than_announced_is_refused():
    def script(connection, stream):
        connection.head(stream, ("content-length", "10"))
        connection.data(stream, b"short")
    refused(script, (92, 18), others_live=True)


@test
def body_that_is_longer_than_announced_is_refused():
    def script(connection, stream):
        connection.head(stream, ("content-length", "3"))
        connection.data(stream, b"longer")
    refused(script, (92, 18, 16))


# Floods, and what is no HTTP/2.

def flooded(piece, settings=None, arguments="", results=(16,)):
    """The transfer ends, soon, when its answer drowns in frames that bring nothing."""
    def script(connection):
        stream = connection.request()
        told = []
        connection.link.settimeout(60)
        try:
            for number in range(10000):
                connection.send(*[piece(connection, stream, number * 100 + at) for at in range(100)])
            told.append("10^6 frames were borne")
        except Gone:
            pass
        if told:
            raise AssertionError(told[0])
    run = Run(script, arguments, settings=settings, expect=None)
    require(run.transfers[0]["result"] in results,
            f"result {run.transfers[0]['result']}, {run.transfers[0]['error']!r}")
    return run


@test
def ping_flood_is_refused():
    flooded(lambda *_: frames.PingFrame(0, b"flooding"), results=(16, 55, 56))


@test
def settings_flood_is_refused():
    flooded(lambda *_: frames.SettingsFrame(0, settings={4: 65535}), results=(16, 55, 56))


@test
def empty_data_flood_is_refused():
    def piece(connection, stream, number):
        if not number:
            connection.head(stream)
        return frames.DataFrame(stream, b"")
    run = flooded(piece)
    require("flood" in run.transfers[0]["error"], run.transfers[0]["error"])


@test
def flood_of_padding_is_refused():
    def piece(connection, stream, number):
        if not number:
            connection.head(stream)
        return frames.DataFrame(stream, b"", pad_length=10, flags=["PADDED"])
    flooded(piece)


@test
def reset_flood_is_refused():
    flooded(lambda connection, stream, _: frames.RstStreamFrame(stream - 2 if stream > 1 else 0xffff, CANCEL))


@test
def priority_flood_is_refused():
    flooded(lambda connection, stream, _: frames.PriorityFrame(stream, depends_on=0, stream_weight=3))


@test
def push_flood_is_refused():
    def piece(connection, stream, number):
        fields = [(":method", "GET"), (":scheme", "http"), (":authority", "elsewhere"), (":path", "/")]
        return frames.PushPromiseFrame(stream, promised_stream_id=2 * number + 2,
                                       data=connection.encoder.encode(fields), flags=["END_HEADERS"])
    flooded(piece, arguments="mode=multi push=0")


@test
def push_that_was_told_to_be_unwanted_is_refused():
    refused(lambda connection, stream: connection.promise(stream, 2, "/pushed"), (16, 92))


@test
def window_that_overflows_is_refused():
    refused(lambda connection, stream: connection.window(stream, 0x7fffffff), (92, 16), others_live=True)
    refused(lambda connection, stream: connection.window(0, 0x7fffffff), (16, 92))


@test
def more_than_the_window_is_refused():
    def script(connection, stream):
        connection.head(stream)
        connection.data(stream, b"x" * (80 << 20), end=False)
    refused(script, (16, 92))


@test
def few_pings_among_answers_are_borne():
    def script(connection):
        stream = connection.request()
        connection.head(stream)
        for _ in range(1000):
            connection.send(frames.PingFrame(0, b"friendly"))
            connection.data(stream, b"x", end=False)
        connection.data(stream, b"")
        connection.drain()
    equal(Run(script, "").transfers[0]["len"], 1000, "length")


@test
def continuation_flood_is_refused():
    def script(connection, stream):
        connection.send(frames.HeadersFrame(stream, b""))
        for _ in range(100000):
            connection.send(frames.ContinuationFrame(stream, b"\x00\x01a" + b"\x7f\x00" + b"v" * 127))
    refused(script, (16, 92, 56, 55))


@test
def frame_that_is_too_long_is_refused():
    refused(lambda connection, stream: connection.send(
        b"\x10\x00\x00\x00\x00" + stream.to_bytes(4, "big") + bytes(4096)), (16, 56))


@test
def garbage_instead_of_frames_is_refused():
    def script(connection):
        read_head(connection.link)
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.link.settimeout(20)
        try:
            connection.drain()
        except Exception:  # pylint: disable=broad-except
            pass
    Run(script, "", raw=True, expect=16)


def main():
    arguments = parse()
    Run.client = arguments.client
    return tell_all(arguments.only)


if __name__ == "__main__":
    sys.exit(main())
