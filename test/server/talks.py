# SPDX-License-Identifier: MIT
"""The tests that need more than one run of the client, or look at more than its report. Each is a
function of the runner; its name is the test's."""
import os
import re

from cases import BODY_1K, CLIENT, HTTP, HTTPS, TLS12_MAX
from world import pattern

TALKS = []


def talk(function):
    TALKS.append((function.__name__, function))
    return function


def each_result(runner, report, wanted=0):
    for transfer in report["transfers"]:
        runner.require(transfer["result"] == wanted,
                       f"{transfer['result']} ({transfer['meaning']}), \"{transfer['error']}\"")


def run(runner, arguments, wanted=0, **environment):
    """One run whose transfers must all have one result. Returns (transfers, nginx's log)."""
    report = runner.run(arguments, **environment)
    each_result(runner, report, wanted)
    return report["transfers"], runner.log()


def connections(lines):
    return len({line["connection"] for line in lines})


def equal(runner, value, wanted, what):
    runner.require(value == wanted, f"{what}: {value!r}, not {wanted!r}")


# What a callback sees.

@talk
def tls_of_the_connection_is_seen_by_a_callback(runner):
    for copies in 1, 3:
        transfers, _ = run(runner, HTTPS + f"cainfo={{ca}} mode=easy copies={copies}")
        for transfer in transfers:
            equal(runner, transfer["tls_seen"], "TLSv1.3", "TLS")


@talk
def tls_that_another_thread_uses_is_not_shown(runner):
    runner.needs_ours("it has no other threads")
    transfers, _ = run(runner, HTTPS + "cainfo={ca} mode=multi")
    equal(runner, transfers[0]["tls_seen"], None, "TLS")


# Connections that are kept.

def check_kept(runner, arguments):
    transfers, lines = run(runner, arguments)
    equal(runner, connections(lines), 1, "connections")
    equal(runner, [line["request"] for line in lines], ["1", "2", "3", "4", "5"], "requests")
    equal(runner, [transfer["num_connects"] for transfer in transfers], [1, 0, 0, 0, 0], "connects")
    equal(runner, len({transfer["local_port"] for transfer in transfers}), 1, "local ports")


@talk
def connection_is_kept_by_an_easy_handle(runner):
    check_kept(runner, HTTP + "copies=5")


@talk
def connection_is_kept_by_a_multi_handle(runner):
    check_kept(runner, HTTP + "copies=5 mode=turns")


@talk
def tls_connection_is_kept_by_an_easy_handle(runner):
    check_kept(runner, HTTPS + "cainfo={ca} copies=5")


@talk
def tls_connection_is_kept_by_a_multi_handle(runner):
    check_kept(runner, HTTPS + "cainfo={ca} copies=5 mode=turns")


@talk
def connection_is_kept_over_a_head_request_and_errors(runner):
    at = "url=http://127.0.0.1:{http}"
    _, lines = run(runner, f"{at}/none {at}/empty {HTTP}")
    equal(runner, connections(lines), 1, "connections")


@talk
def connection_that_the_server_ends_is_replaced(runner):
    for mode in "easy", "turns":
        _, lines = run(runner, f"url=http://127.0.0.1:{{http}}/three copies=10 mode={mode}")
        equal(runner, len(lines), 10, "requests")
        equal(runner, connections(lines), 4, "connections")


@talk
def hosts_do_not_share_a_connection(runner):
    _, lines = run(runner, "url=http://a.test:{http}/1k url=http://b.test:{http}/1k "
                           "resolve=a.test:{http}:127.0.0.1 resolve=b.test:{http}:127.0.0.1 "
                           "mode=turns copies=2")
    equal(runner, connections(lines), 2, "connections")
    equal(runner, [line["host"][0] for line in lines], ["a", "b", "a", "b"], "hosts")


@talk
def limit_of_connections_to_a_host_holds(runner):
    _, lines = run(runner, HTTP + "copies=20 max_host=2 mode=multi")
    equal(runner, len(lines), 20, "requests")
    runner.require(connections(lines) <= 2, f"{connections(lines)} connections")


@talk
def local_port_is_ours(runner):
    transfers, lines = run(runner, HTTP + "localport=20000 localportrange=10000")
    port = transfers[0]["local_port"]
    runner.require(20000 <= port < 30000, f"the local port is {port}")
    equal(runner, lines[0]["port"], str(port), "the port that nginx saw")


# TLS sessions.

def check_resumed(runner, arguments, wanted):
    transfers, lines = run(runner, arguments)
    equal(runner, connections(lines), len(wanted), "connections")
    equal(runner, [line["resumed"] for line in lines], wanted, "resumed")
    equal(runner, {transfer["ssl_verifyresult"] for transfer in transfers}, {0}, "verify results")


RESUMED = HTTPS + "cainfo={ca} copies=3 forbid_reuse=1 "


@talk
def session_is_resumed_by_an_easy_handle(runner):
    check_resumed(runner, RESUMED, [".", "r", "r"])


@talk
def session_is_resumed_by_an_easy_handle_with_tls_1_2(runner):
    check_resumed(runner, RESUMED + f"sslversion={TLS12_MAX}", [".", "r", "r"])


@talk
def session_is_resumed_by_the_handles_of_a_multi(runner):
    runner.needs_ours("an easy handle keeps its sessions to itself")
    check_resumed(runner, RESUMED + "mode=turns", [".", "r", "r"])


@talk
def session_is_resumed_by_the_handles_of_a_multi_with_tls_1_2(runner):
    runner.needs_ours("an easy handle keeps its sessions to itself")
    check_resumed(runner, RESUMED + f"mode=turns sslversion={TLS12_MAX}", [".", "r", "r"])


@talk
def session_is_not_resumed_where_that_is_off(runner):
    check_resumed(runner, RESUMED + "ssl_sessionid_cache=0", [".", ".", "."])


@talk
def session_of_one_host_is_not_given_to_another(runner):
    _, lines = run(runner, "url=https://good.test:{https}/1k url=https://a.wild.test:{https}/1k "
                           "mode=turns forbid_reuse=1 cainfo={ca} resolve=good.test:{https}:127.0.0.1 "
                           "resolve=a.wild.test:{https}:127.0.0.1")
    equal(runner, [line["resumed"] for line in lines], [".", "."], "resumed")


@talk
def client_certificate_is_known_in_a_resumed_session(runner):
    _, lines = run(runner, CLIENT + "sslcert={mine}.pem sslkey={mine}.key copies=3 forbid_reuse=1")
    equal(runner, {line["subject"] for line in lines}, {"CN=client"}, "subjects")
    equal(runner, [line["status"] for line in lines], ["200"] * 3, "statuses")


# What TLS tells.

@talk
def certinfo_lists_the_chain(runner):
    for mode in "easy", "multi":
        transfers, _ = run(runner, HTTPS + f"cainfo={{ca}} certinfo=1 mode={mode}")
        chain = transfers[0]["certificates"]
        equal(runner, len(chain), 1, "certificates")
        fields = dict(line.split(":", 1) for line in chain[0])
        runner.require("good.test" in fields["Subject"], fields["Subject"])
        runner.require("Test authority" in fields["Issuer"], fields["Issuer"])
        for field in "Version", "Serial Number", "Signature Algorithm", "Start date", "Expire date":
            runner.require(field in fields, f"no {field} in {sorted(fields)}")
        with open(runner.world.authority.path("good.test.pem"), encoding="ascii") as file:
            equal(runner, fields["Cert"].split(), file.read().split(), "Cert")


@talk
def certinfo_is_empty_where_nobody_asks(runner):
    transfers, _ = run(runner, HTTPS + "cainfo={ca}")
    equal(runner, transfers[0]["certificates"], [], "certificates")


@talk
def keys_are_logged(runner):
    path = runner.world.path("keys.log")
    for extra, label in (("", "CLIENT_HANDSHAKE_TRAFFIC_SECRET "),
                         (f"sslversion={TLS12_MAX}", "CLIENT_RANDOM ")):
        run(runner, HTTPS + "cainfo={ca} " + extra, SSLKEYLOGFILE=path)
        with open(path, encoding="ascii") as file:
            runner.require(any(line.startswith(label) for line in file), f"no {label}")
        os.unlink(path)


@talk
def phases_of_time_are_in_order(runner):
    for mode in "easy", "multi":
        transfers, _ = run(runner, f"url=https://localhost:{{https}}/1m cainfo={{ca}} mode={mode}")
        times = [transfers[0][phase + "_us"] for phase in (
            "namelookup", "connect", "appconnect", "pretransfer", "starttransfer", "total")]
        equal(runner, times, sorted(times), "times")
        runner.require(times[2] > times[1] > 0, f"no time of the handshake: {times}")


# Uploads.

def check_upload(runner, key, size, url="http://127.0.0.1:{http}", **environment):
    path = os.path.join(runner.world.www, "up", "file")
    for mode in "easy", "multi":
        transfers, lines = run(runner, f"url={url}/up/file {key}={size} mode={mode} cainfo={{ca}}",
                               **environment)
        equal(runner, (lines[0]["method"], lines[0]["status"]), ("PUT", "201"), "method and status")
        sent = transfers[0]["size_upload"]  # a chunked one may count the chunks' heads
        runner.require(sent == size or key == "unsized" and sent > size, f"{sent} bytes were sent")
        with open(path, "rb") as file:
            runner.require(file.read() == pattern(size), f"{size} bytes came out as something else")
        os.unlink(path)


@talk
def upload_of_many_sizes(runner):
    for size in 0, 1, 16383, 65536, 65537, 5000000:
        check_upload(runner, "upload", size)


@talk
def upload_of_unknown_size(runner):
    for size in 0, 1, 65536, 5000000:
        check_upload(runner, "unsized", size)


@talk
def upload_over_tls(runner):
    for key in "upload", "unsized":
        check_upload(runner, key, 3000000, "https://127.0.0.1:{https}")


@talk
def upload_that_is_refused_ends_early(runner):
    for mode in "easy", "multi":
        report = runner.run(f"url=http://127.0.0.1:{{http}}/small/file upload=50000000 mode={mode}")
        runner.log()
        transfer = report["transfers"][0]
        runner.require(transfer["result"] in (0, 55), f"the result is {transfer['result']}")
        equal(runner, transfer["response_code"], 413, "status")
        runner.require(transfer["given"] < 50000000, "everything was sent")


# Names, by dnsmasq.

DNS = "dns_servers=127.0.0.1:{dns} "


def look_up(runner, host, extra="", wanted=0, port="http"):
    """Returns (transfers, queries)."""
    runner.needs_dns()
    runner.queries()
    transfers, _ = run(runner, f"url=http://{host}:{{{port}}}/1k " + DNS + extra, wanted)
    for transfer in transfers if wanted == 0 else []:
        for field, value in BODY_1K.items():
            equal(runner, transfer[field], value, field)
    return transfers, runner.queries()


@talk
def name_with_an_address(runner):
    for mode in "easy", "multi":
        transfers, queries = look_up(runner, "four.pool.test", f"mode={mode}")
        equal(runner, transfers[0]["primary_ip"], "127.0.0.1", "address")
        equal(runner, sorted(queries), [("A", "four.pool.test"), ("AAAA", "four.pool.test")], "queries")


@talk
def name_with_an_ipv6_address_only(runner):
    runner.needs_ipv6()
    transfers, _ = look_up(runner, "six.pool.test", port="six")
    equal(runner, transfers[0]["primary_ip"], "::1", "address")


@talk
def name_with_both(runner):
    runner.needs_ipv6()
    for port, address in (("six", "::1"), ("http", "127.0.0.1")):
        transfers, _ = look_up(runner, "both.pool.test", port=port)
        equal(runner, transfers[0]["primary_ip"], address, "address")


@talk
def one_family_is_asked_for_if_told_so(runner):
    for family, kind in ((1, "A"), (2, "AAAA")):
        port = "http" if family == 1 else "six"
        if family == 2:
            runner.needs_ipv6()
        _, queries = look_up(runner, "both.pool.test", f"ipresolve={family}", port=port)
        equal(runner, queries, [(kind, "both.pool.test")], "queries")


@talk
def family_that_a_name_lacks(runner):
    for family, host in ((1, "six.pool.test"), (2, "four.pool.test")):
        transfers, _ = look_up(runner, host, f"ipresolve={family}", 6)
        runner.require(host in transfers[0]["error"], transfers[0]["error"])


@talk
def alias_is_followed(runner):
    look_up(runner, "alias.pool.test")
    look_up(runner, "alias2.pool.test")


@talk
def answer_that_is_too_long_comes_by_tcp(runner):
    for mode in "easy", "multi":
        _, queries = look_up(runner, "{long}", f"mode={mode} ipresolve=1")
        equal(runner, queries, [("A", runner.world.values["long"])] * 2, "queries")


@talk
def name_that_is_not_there(runner):
    for mode in "easy", "multi":
        transfers, _ = look_up(runner, "none.pool.test", f"mode={mode}", 6)
        runner.require("none.pool.test" in transfers[0]["error"], transfers[0]["error"])
        runner.require("not found" in transfers[0]["error"].lower()
                       or "resolve" in transfers[0]["error"], transfers[0]["error"])


@talk
def server_that_refuses(runner):
    look_up(runner, "elsewhere.example", "", 6)


@talk
def server_that_is_not_there(runner):
    runner.needs_dns()
    transfers, _ = run(runner, "url=http://four.pool.test:{http}/1k dns_servers=127.0.0.1:{closed}", 6)
    runner.require("four.pool.test" in transfers[0]["error"], transfers[0]["error"])


@talk
def second_server_helps(runner):
    runner.needs_dns()
    run(runner, "url=http://four.pool.test:{http}/1k dns_servers=127.0.0.1:{closed},127.0.0.1:{dns}")


@talk
def servers_that_are_no_addresses_are_refused(runner):
    runner.needs_dns()
    report = runner.run("url=http://four.pool.test:{http}/1k dns_servers=no-address")
    equal(runner, report["transfers"][0]["result"], 43, "result")


@talk
def one_query_for_many_at_once(runner):
    transfers, queries = look_up(runner, "four.pool.test", "copies=50 mode=multi")
    equal(runner, len(transfers), 50, "transfers")
    equal(runner, sorted(queries), [("A", "four.pool.test"), ("AAAA", "four.pool.test")], "queries")


@talk
def answer_is_kept(runner):
    for mode in "easy", "turns":
        _, queries = look_up(runner, "four.pool.test",
                             f"copies=5 forbid_reuse=1 mode={mode} ipresolve=1")
        equal(runner, queries, [("A", "four.pool.test")], "queries")


@talk
def answer_is_not_kept_if_told_so(runner):
    _, queries = look_up(runner, "four.pool.test",
                         "copies=3 forbid_reuse=1 mode=turns ipresolve=1 dns_cache_timeout=0")
    equal(runner, queries, [("A", "four.pool.test")] * 3, "queries")


@talk
def negative_answer_is_kept(runner):
    _, queries = look_up(runner, "none.pool.test", "copies=3 mode=turns ipresolve=1", 6)
    equal(runner, queries, [("A", "none.pool.test")], "queries")


@talk
def resolve_goes_before_a_query(runner):
    _, queries = look_up(runner, "four.pool.test", "resolve=four.pool.test:{http}:127.0.0.1")
    equal(runner, queries, [], "queries")


@talk
def localhost_is_never_asked_for(runner):
    for host in "localhost", "any.localhost":
        _, queries = look_up(runner, host)
        equal(runner, queries, [], "queries")


@talk
def name_is_verified_after_the_look_up(runner):
    runner.needs_dns()
    run(runner, "url=https://good.test:{https}/1k cainfo={ca} " + DNS)
    run(runner, "url=https://four.pool.test:{https}/1k cainfo={ca} " + DNS, 60)


# ---- DNS over HTTPS ----

DOH = " doh_url=https://127.0.0.1:{doh}/dns-query cainfo={ca} "


def ask_doh(runner, host, extra="", wanted=0, port="http"):
    """Fetches from the host; returns the transfers and what the DoH server was asked."""
    runner.doh_queries()
    url = f"url=http://{host}:{{{port}}}/1k "
    transfers, _ = run(runner, url + DOH + extra, wanted)
    return transfers, runner.doh_queries()


def asked(queries):
    return sorted((query["type"], query["name"]) for query in queries)


@talk
def doh_asks_for_both_families(runner):
    transfers, queries = ask_doh(runner, "both.doh.test")
    equal(runner, asked(queries), [("A", "both.doh.test"), ("AAAA", "both.doh.test")], "queries")
    runner.require(transfers[0]["primary_ip"] in ("127.0.0.1", "::1"), transfers[0]["primary_ip"])


@talk
def doh_asks_for_one_family_if_told_so(runner):
    runner.needs_ours("it asks for both")
    transfers, queries = ask_doh(runner, "both.doh.test", "ipresolve=1")
    equal(runner, asked(queries), [("A", "both.doh.test")], "queries")
    equal(runner, transfers[0]["primary_ip"], "127.0.0.1", "address")


@talk
def doh_gives_ipv6(runner):
    runner.needs_ipv6()
    transfers, _ = ask_doh(runner, "six.doh.test", port="six")
    equal(runner, transfers[0]["primary_ip"], "::1", "address")


@talk
def doh_request_says_nothing_of_the_program(runner):
    _, queries = ask_doh(runner, "four.doh.test", "httpheader=X-Secret:1 postfields=secret")
    for query in queries:
        equal(runner, query["path"], "/dns-query", "path")
        equal(runner, sorted(name.lower() for name in query["headers"]),
              ["accept", "content-length", "content-type", "host"], "headers")
        equal(runner, query["headers"]["Content-Type"], "application/dns-message", "type")


@talk
def doh_answer_is_kept(runner):
    for mode in "easy", "turns":
        _, queries = ask_doh(runner, "four.doh.test", f"copies=4 forbid_reuse=1 mode={mode}")
        equal(runner, asked(queries), [("A", "four.doh.test"), ("AAAA", "four.doh.test")], "queries")


@talk
def doh_answer_is_kept_no_longer_than_it_lives(runner):
    runner.needs_ours("it does not look at the time to live")
    _, queries = ask_doh(runner, "short.doh.test", "copies=3 forbid_reuse=1 mode=turns ipresolve=1")
    equal(runner, asked(queries), [("A", "short.doh.test")] * 3, "queries")


@talk
def doh_is_asked_once_for_many_at_once(runner):
    runner.needs_ours("each asks for itself")
    transfers, queries = ask_doh(runner, "four.doh.test", "copies=30 mode=multi")
    equal(runner, len(transfers), 30, "transfers")
    equal(runner, asked(queries), [("A", "four.doh.test"), ("AAAA", "four.doh.test")], "queries")


@talk
def doh_server_is_asked_on_kept_connections(runner):
    _, queries = ask_doh(runner, "short.doh.test",
                         "copies=4 forbid_reuse=1 mode=turns dns_cache_timeout=0 ipresolve=1")
    runner.require(len({query["client"] for query in queries}) <= 2, str(queries))


@talk
def doh_name_that_is_not_there(runner):
    runner.needs_ours("it has no text for that")
    for name in "missing.doh.test", "none.doh.test", "garbage.doh.test", "broken.doh.test":
        transfers, _ = ask_doh(runner, name, wanted=6)
        runner.require(name in transfers[0]["error"], transfers[0]["error"])


@talk
def doh_server_is_verified_by_options_of_its_own(runner):
    url = "url=http://four.doh.test:{http}/1k doh_url=https://127.0.0.1:{doh}/ "
    run(runner, url + "cainfo={other_ca}", 6)
    run(runner, url + "cainfo={other_ca} ssl_verifypeer=0", 6)
    run(runner, url + "cainfo={other_ca} doh_ssl_verifypeer=0")
    other = "url=http://four.doh.test:{http}/1k cainfo={ca} doh_url=https://wrong.test:{doh}/ " \
            "resolve=wrong.test:{doh}:127.0.0.1 "
    run(runner, other, 6)
    run(runner, other + "ssl_verifyhost=0", 6)
    run(runner, other + "doh_ssl_verifyhost=0")


@talk
def doh_goes_over_http2(runner):
    runner.log()
    url = "url=http://any.doh.test:{http}/1k doh_url=https://127.0.0.1:{h2}/dns cainfo={ca} "
    transfers, seen = run(runner, url + "copies=20 mode=multi")
    equal(runner, len(transfers), 20, "transfers")
    asked_for = [line for line in seen if line["uri"] == "/dns.bin"]
    equal(runner, {line["alpn"] for line in asked_for}, {"h2"}, "protocol")
    if not runner.stock:
        equal(runner, len(asked_for), 2, "questions")


@talk
def doh_server_must_be_https(runner):
    runner.needs_ours("it has no text for that")
    transfers, _ = run(runner, "url=http://four.doh.test:{http}/1k doh_url=http://127.0.0.1:{http}/", 6)
    runner.require("four.doh.test" in transfers[0]["error"], transfers[0]["error"])


@talk
def doh_server_that_is_silent_times_out(runner):
    for limit in "timeout_ms=400", "connecttimeout_ms=400":
        transfers, _ = ask_doh(runner, "silent.doh.test", limit, wanted=28)
        runner.require(transfers[0]["total_us"] < 5000000, str(transfers[0]["total_us"]))


@talk
def doh_is_not_asked_for_what_is_known(runner):
    for host, extra in ("localhost", ""), ("a.test", "resolve=a.test:{http}:127.0.0.1"), \
            ("127.0.0.1", ""):
        _, queries = ask_doh(runner, host, extra)
        equal(runner, queries, [], "queries")


@talk
def doh_look_up_needs_no_place_among_the_connections(runner):
    runner.needs_ours("the look-up waits for the transfer's place")
    transfers, _ = ask_doh(runner, "both.doh.test", "copies=5 mode=multi max_host=1 forbid_reuse=1 "
                           "timeout_ms=20000")
    equal(runner, len(transfers), 5, "transfers")


@talk
def doh_lets_the_program_shape_its_tls(runner):
    run(runner, "url=http://four.doh.test:{http}/1k doh_url=https://127.0.0.1:{doh}/ ssl_ctx_ca={ca}")
    run(runner, "url=http://four.doh.test:{http}/1k doh_url=https://127.0.0.1:{doh}/ ssl_ctx_fail=58", 6)


# ---- Hosts that want TLS only ----

HSTS_HEAD = "# Your HSTS cache. https://curl.se/docs/hsts.html\n" \
            "# This file was generated by libcurl! Edit at your own risk.\n"


def hsts_left(runner, url, before=""):
    """Fetches with this file; returns what stands in it then, without its head and dates."""
    name = runner.world.write("hsts", before)
    run(runner, f"{url} resolve=good.test:{{https}}:127.0.0.1 resolve=good.test:{{http}}:127.0.0.1 "
                f"hsts={name} cainfo={{ca}}")
    with open(runner.world.path("hsts"), encoding="ascii") as file:
        text = file.read()
    runner.require(text.startswith(HSTS_HEAD), text)
    return re.sub('"[0-9]{8} [0-9:]{8}"', "DATE", text[len(HSTS_HEAD):])


@talk
def host_that_wants_tls_is_kept_and_dropped_as_it_says(runner):
    url = "url=https://good.test:{https}/sts?age="
    equal(runner, hsts_left(runner, url + "600"), "good.test DATE\n", "kept")
    equal(runner, hsts_left(runner, url + "600&more=;includeSubDomains"), ".good.test DATE\n", "all")
    equal(runner, hsts_left(runner, url + "0", 'good.test "20991231 00:00:00"\n'), "", "dropped")
    equal(runner, hsts_left(runner, url + "x"), "", "no age")


@talk
def host_says_nothing_of_tls_without_it(runner):
    equal(runner, hsts_left(runner, "url=http://good.test:{http}/sts?age=600"), "", "plain")
    equal(runner, hsts_left(runner, "url=https://127.0.0.1:{https}/sts?age=600"), "", "an address")


@talk
def plain_url_of_a_host_that_wants_tls_goes_over_tls(runner):
    name = runner.world.write("hsts", '.test "unlimited"\n')
    transfers, seen = run(runner, "url=http://good.test:{https}/1k cainfo={ca} "
                          f"resolve=good.test:{{https}}:127.0.0.1 hsts={name}")
    equal(runner, transfers[0]["scheme"].lower(), "https", "scheme")
    equal(runner, seen[0]["protocol"], "TLSv1.3", "protocol")


# ---- Alternative services ----

ALTSVC_HEAD = "# Your alt-svc cache. https://curl.se/docs/alt-svc.html\n" \
              "# This file was generated by libcurl! Edit at your own risk.\n"


def altsvc_file(runner, *lines):
    """Writes the file; returns its name."""
    text = "".join(line.format(**runner.world.values) + "\n" for line in lines)
    return runner.world.write("altsvc", text)


def altsvc_left(runner):
    """What stands in the file, without the dates."""
    with open(runner.world.path("altsvc"), encoding="ascii") as file:
        text = file.read()
    runner.require(text.startswith(ALTSVC_HEAD), text)
    return re.sub('"[0-9]{8} [0-9:]{8}"', "DATE", text[len(ALTSVC_HEAD):])


def served_by(runner, arguments, lines, wanted=0):
    """Runs with that file; returns the transfers and the ports that have served."""
    name = altsvc_file(runner, *lines)
    runner.log()
    transfers, seen = run(runner, f"{arguments} altsvc={name} cainfo={{ca}}", wanted)
    return transfers, [line["server"] for line in seen]


ORIGIN = "url=https://good.test:{https}/altused resolve=good.test:{https}:127.0.0.1 "
ELSEWHERE = 'h1 good.test {https} h1 127.0.0.1 {tls13} "20991231 00:00:00" 0 0'


@talk
def alternative_service_is_used(runner):
    transfers, ports = served_by(runner, ORIGIN, [ELSEWHERE])
    equal(runner, ports, [str(runner.world.values["tls13"])], "ports")
    equal(runner, transfers[0]["body"], "127.0.0.1:{tls13}".format(**runner.world.values), "Alt-Used")


@talk
def alternative_service_is_for_its_origin_only(runner):
    for line in 'h1 good.test {tls12} h1 127.0.0.1 {tls13} "20991231 00:00:00" 0 0', \
            'h1 other.test {https} h1 127.0.0.1 {tls13} "20991231 00:00:00" 0 0', \
            'h1 good.test {https} h1 127.0.0.1 {tls13} "20200101 00:00:00" 0 0', \
            'h1 good.test {https} h3 127.0.0.1 {tls13} "20991231 00:00:00" 0 0':
        transfers, ports = served_by(runner, ORIGIN, [line])
        equal(runner, ports, [str(runner.world.values["https"])], line)
        equal(runner, transfers[0]["body"], "", "Alt-Used")


@talk
def alternative_service_is_nothing_for_plain_http(runner):
    line = 'h1 a.test {http} h1 127.0.0.1 {closed} "20991231 00:00:00" 0 0'
    served_by(runner, "url=http://a.test:{http}/altused resolve=a.test:{http}:127.0.0.1 ", [line])


@talk
def kept_connection_goes_before_an_alternative_service(runner):
    runner.needs_ours("it goes there at once")
    url = "url=https://good.test:{https}/altport?port={tls13} resolve=good.test:{https}:127.0.0.1 " \
          "resolve=good.test:{tls13}:127.0.0.1 copies=2 "
    first, second = str(runner.world.values["https"]), str(runner.world.values["tls13"])
    _, ports = served_by(runner, url, ["# nothing yet"])
    equal(runner, ports, [first, first], "ports")
    _, ports = served_by(runner, url + "forbid_reuse=1", ["# nothing yet"])
    equal(runner, ports, [first, second], "ports")


@talk
def connect_to_goes_before_an_alternative_service(runner):
    _, ports = served_by(runner, "url=https://good.test:{https}/altused "
                         "connect_to=good.test:{https}:127.0.0.1:{tls12} ", [ELSEWHERE])
    equal(runner, ports, [str(runner.world.values["tls12"])], "ports")


@talk
def alternative_service_must_be_the_origin_or_the_origin_serves(runner):
    runner.needs_ours("it gives up")
    for place in "closed", "wrongname":
        transfers, ports = served_by(runner, ORIGIN, [ELSEWHERE.replace("tls13", place)])
        equal(runner, ports, [str(runner.world.values["https"])], place)
        equal(runner, transfers[0]["body"], "", "Alt-Used")


@talk
def offers_of_alternative_services_are_written_to_the_file(runner):
    url = "url=https://good.test:{https}/altsvc resolve=good.test:{https}:127.0.0.1 "
    served_by(runner, url, ["# nothing yet"])
    port = runner.world.values["https"]
    equal(runner, altsvc_left(runner), f"h1 good.test {port} h1 other.test 8443 DATE 1 0\n"
          f"h1 good.test {port} h3 good.test 443 DATE 0 0\n", "file")
    served_by(runner, url, [f'h1 good.test {port} h3 old.test 1 "20991231 00:00:00" 0 0',
                            f'h1 good.test 1 h3 stays.test 1 "20991231 00:00:00" 0 0'])
    runner.require("old.test" not in altsvc_left(runner), altsvc_left(runner))
    runner.require("stays.test" in altsvc_left(runner), altsvc_left(runner))


@talk
def alternative_services_are_cleared_by_their_origin(runner):
    runner.needs_ours("it keeps the line")
    port = runner.world.values["https"]
    served_by(runner, "url=https://good.test:{https}/altclear resolve=good.test:{https}:127.0.0.1 ",
              [f'h1 good.test {port} h3 old.test 1 "20991231 00:00:00" 0 0'])
    equal(runner, altsvc_left(runner), "", "file")


@talk
def offers_over_plain_http_are_not_heeded(runner):
    served_by(runner, "url=http://127.0.0.1:{http}/altsvc ", ["# nothing yet"])
    equal(runner, altsvc_left(runner), "", "file")


@talk
def file_of_alternative_services_may_be_read_only(runner):
    served_by(runner, "url=https://good.test:{https}/altsvc resolve=good.test:{https}:127.0.0.1 "
              "altsvc_ctrl=12", ["# nothing yet"])
    with open(runner.world.path("altsvc"), encoding="ascii") as file:
        equal(runner, file.read(), "# nothing yet\n", "file")
