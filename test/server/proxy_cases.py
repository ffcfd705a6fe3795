# SPDX-License-Identifier: MIT
"""Cases and talks through real proxies. Those that are not installed are left out."""
from cases import ALL, BETWEEN, BODY_1K, BODY_1M, HTTP, HTTPS, case
from talks import each_result, equal, run, talk

SQUID = "proxy=http://127.0.0.1:{squid} "
WITH_LOGIN = "proxy=http://127.0.0.1:{squid_auth} "
SECURE = "proxy=https://127.0.0.1:{tlsproxy} "
TRUSTED = SECURE + "proxy_cainfo={ca} "
OURS = HTTPS + "cainfo={ca} "
H2 = "url=https://127.0.0.1:{h2}/1m cainfo={ca} http_version=4 "
CLOSED = "url=http://127.0.0.1:{closed}/ "

# HTTP.
case("http_proxy_passes_a_request_on", HTTP + SQUID, needs="squid", requests=1, **BODY_1K)
case("http_proxy_tunnels_http", HTTP + SQUID + "httpproxytunnel=1", needs="squid",
     http_connectcode=200, **BODY_1K)
case("http_proxy_tunnels_https", OURS + SQUID, needs="squid", http_connectcode=200,
     ssl_verifyresult=0, **BODY_1K)
case("http_proxy_tunnels_http_2", H2 + SQUID, needs="squid", http_version=3, **BODY_1M)
case("http_proxy_by_name_and_type", HTTP + "proxy=localhost proxyport={squid} proxytype=1",
     needs="squid", **BODY_1K)
case("http_proxy_carries_an_upload",
     "url=http://127.0.0.1:{http}/up/proxied upload=300000 " + SQUID, needs="squid", result=0,
     response_code=ALL(201, 204))
case("tunnel_carries_an_upload",
     "url=https://127.0.0.1:{https}/up/tunnelled cainfo={ca} upload=300000 " + SQUID, needs="squid",
     result=0, response_code=ALL(201, 204))
case("many_tunnels_at_once", OURS + SQUID + "copies=20", needs="squid", requests=20, **BODY_1K)
case("http_proxy_with_credentials", HTTP + WITH_LOGIN + "proxyuserpwd=squidder:secret",
     needs="squid", **BODY_1K)
case("tunnel_with_credentials", OURS + WITH_LOGIN + "proxyuserpwd=squidder:secret", needs="squid",
     **BODY_1K)
case("tunnel_with_probed_credentials",
     OURS + WITH_LOGIN + "proxyuserpwd=squidder:secret proxyauth=-17", needs="squid", **BODY_1K)
case("http_proxy_refuses_other_credentials", HTTP + WITH_LOGIN + "proxyuserpwd=squidder:other",
     needs="squid", result=0, response_code=407, requests=0)
case("tunnel_is_refused_without_credentials", OURS + WITH_LOGIN, needs="squid", result=7,
     error="CONNECT tunnel failed, response 407", http_connectcode=407, requests=0,
     stock={"result": 56})
case("tunnel_to_nobody_is_refused", CLOSED + SQUID + "httpproxytunnel=1", needs="squid", result=7,
     error="CONNECT tunnel failed, response 503", http_connectcode=503, stock={"result": 56})
case("noproxy_network_goes_past_the_proxy",
     HTTP + "proxy=http://127.0.0.1:{closed} noproxy=10.0.0.0/8,127.0.0.0/8", **BODY_1K)
case("http_proxy_that_is_not_there", HTTP + "proxy=http://127.0.0.1:{closed}", result=7)
case("http_proxy_of_no_name", HTTP + "proxy=http://nobody.invalid:1", result=5,
     error="Could not resolve proxy: nobody.invalid")

case("tunnel_of_a_mute_proxy_times_out",
     HTTP + "proxy=http://127.0.0.1:{mute} httpproxytunnel=1 connecttimeout_ms=300", result=28,
     error="timed out|timeout|Timeout", total_us=BETWEEN(290000, 10000000))
case("whole_time_runs_out_in_a_tunnels_making",
     HTTP + "proxy=http://127.0.0.1:{mute} httpproxytunnel=1 timeout_ms=300", result=28,
     error="(Connection|Proxy CONNECT|Operation) timed out|Proxy CONNECT aborted due to timeout")
case("socks_of_a_mute_proxy_times_out",
     HTTP + "proxy=socks5h://127.0.0.1:{mute} connecttimeout_ms=300", result=28,
     error="timed out|timeout", total_us=BETWEEN(290000, 10000000))
case("tls_with_a_mute_proxy_times_out",
     HTTP + "proxy=https://127.0.0.1:{mute} connecttimeout_ms=300", result=28,
     error="timed out|timeout", total_us=BETWEEN(290000, 10000000))

# HTTPS.
case("https_proxy_passes_a_request_on", HTTP + TRUSTED, needs="tlsproxy",
     proxy_ssl_verifyresult=0, **BODY_1K)
case("https_proxy_carries_tls_in_tls", OURS + TRUSTED, needs="tlsproxy", ssl_verifyresult=0,
     proxy_ssl_verifyresult=0, **BODY_1K)
case("https_proxy_carries_http_2", H2 + TRUSTED, needs="tlsproxy", http_version=3, **BODY_1M)
case("https_proxy_is_verified", HTTP + SECURE, needs="tlsproxy", result=60,
     proxy_ssl_verifyresult=20, requests=0)
case("https_proxy_is_not_verified_with_the_servers_authority", HTTP + SECURE + "cainfo={ca}",
     needs="tlsproxy", result=60, requests=0)
case("https_proxy_need_not_be_verified",
     HTTP + SECURE + "proxy_ssl_verifypeer=0 proxy_ssl_verifyhost=0", needs="tlsproxy", **BODY_1K)
case("https_proxy_with_another_pinned_key", HTTP + TRUSTED + "proxy_pinnedpublickey={wrong_pin}",
     needs="tlsproxy", result=90, requests=0)
case("https_proxy_with_an_authority_in_a_blob", HTTP + SECURE + "proxy_cainfo_blob={ca}",
     needs="tlsproxy", **BODY_1K)
case("server_behind_an_https_proxy_is_verified", HTTPS + TRUSTED, needs="tlsproxy", result=60,
     ssl_verifyresult=20, proxy_ssl_verifyresult=0, requests=0, stock=None)

# HTTP/2 with an HTTPS proxy, which the other library does not speak yet.
SECOND = "proxy=https://127.0.0.1:{h2proxy} proxytype=3 proxy_cainfo={ca} "
case("http_2_proxy_passes_a_request_on", HTTP + SECOND, needs="h2proxy", http_version=3,
     proxy_ssl_verifyresult=0, stock=None, **BODY_1K)
case("http_2_proxy_passes_many_requests_on", HTTP + SECOND + "mode=multi copies=20 pipewait=1",
     needs="h2proxy", http_version=3, stock=None, **BODY_1K)
case("http_2_proxy_carries_an_upload",
     "url=http://127.0.0.1:{http}/up/second upload=300000 " + SECOND, needs="h2proxy", result=0,
     response_code=ALL(201, 204), stock=None)
case("http_2_proxy_tunnels_http", HTTP + SECOND + "httpproxytunnel=1", needs="h2proxy",
     http_connectcode=200, http_version=2, stock=None, **BODY_1K)
case("http_2_proxy_tunnels_https", OURS + SECOND, needs="h2proxy", http_connectcode=200,
     ssl_verifyresult=0, proxy_ssl_verifyresult=0, stock=None, **BODY_1K)
case("http_2_proxy_tunnels_http_2", H2 + SECOND, needs="h2proxy", http_version=3, stock=None,
     **BODY_1M)
case("http_2_tunnels_at_once", H2 + SECOND + "mode=multi copies=20", needs="h2proxy",
     http_version=3, stock=None, **BODY_1M)
case("http_2_tunnel_carries_an_upload",
     "url=https://127.0.0.1:{https}/up/second_tunnelled cainfo={ca} upload=3000000 " + SECOND,
     needs="h2proxy", result=0, response_code=ALL(201, 204), stock=None)
case("http_2_tunnel_is_used_again", OURS + SECOND + "copies=4", needs="h2proxy", requests=4,
     stock=None, **BODY_1K)
case("http_2_tunnel_to_nobody_is_refused", CLOSED + SECOND + "httpproxytunnel=1", needs="h2proxy",
     result=7, error="CONNECT tunnel failed, response 503", http_connectcode=503, stock=None)
case("http_2_proxy_is_verified", OURS + SECOND.replace("proxy_cainfo={ca} ", ""), needs="h2proxy",
     result=60, proxy_ssl_verifyresult=20, requests=0, stock=None)
case("https_proxy_that_knows_no_http_2", OURS + TRUSTED + "proxytype=3", needs="tlsproxy",
     http_connectcode=200, stock=None, **BODY_1K)

# SOCKS.
for scheme in "socks4", "socks4a", "socks5", "socks5h":
    # The other library sends 4a the text of an address as a name.
    stock = None if scheme == "socks4a" else {}
    case(f"{scheme}_proxy_carries_http", HTTP + f"proxy={scheme}://127.0.0.1:{{dante}}",
         needs="dante", stock=stock, **BODY_1K)
    case(f"{scheme}_proxy_carries_https", OURS + f"proxy={scheme}://127.0.0.1:{{dante}}",
         needs="dante", stock=stock, **BODY_1K)
    case(f"{scheme}_proxy_cannot_reach_nobody", CLOSED + f"proxy={scheme}://127.0.0.1:{{dante}}",
         needs="dante", result=97, proxy_error=lambda code: code > 0)
case("socks5h_proxy_resolves_the_name",
     "url=http://localhost:{http}/1k proxy=socks5h://127.0.0.1:{dante}", needs="dante", **BODY_1K)
case("socks4_proxy_gets_the_address_of_a_name",
     "url=http://localhost:{http}/1k ipresolve=1 proxy=socks4://127.0.0.1:{dante}", needs="dante",
     **BODY_1K)
case("pre_proxy_leads_to_an_http_proxy", HTTP + SQUID + "pre_proxy=socks5://127.0.0.1:{dante}",
     needs="squid dante", **BODY_1K)
case("pre_proxy_leads_to_an_https_proxy_and_a_tunnel",
     OURS + TRUSTED + "pre_proxy=socks5h://127.0.0.1:{dante}", needs="tlsproxy dante", **BODY_1K)

# HAProxy.
case("haproxy_line_names_the_client", "url=http://127.0.0.1:{haproxy}/ haproxyprotocol=1", result=0,
     body=lambda body: body.startswith("127.0.0.1|127.0.0.1|"))


@talk
def haproxy_line_names_another_client(runner):
    runner.needs_ours("it has no such option")
    for client in "192.0.2.7", "2001:db8::7":
        report = runner.run("url=http://127.0.0.1:{haproxy}/ haproxy_client_ip=" + client)
        each_result(runner, report)
        body = report["transfers"][0]["body"].split("|")
        equal(runner, body[0], client, "client")


def needs(runner, *names):
    for name in names:
        runner.needs_proxy(name)


@talk
def environment_names_the_proxy_of_a_scheme(runner):
    needs(runner, "squid")
    squid = runner.world.values["squid"]
    good, dead = f"http://127.0.0.1:{squid}", "http://127.0.0.1:1"
    through = "url=https://127.0.0.1:{https}/1k cainfo={ca} proxy= "
    for environment in ({"https_proxy": good, "http_proxy": dead}, {"HTTPS_PROXY": good},
                        {"https_proxy": good, "HTTPS_PROXY": dead}, {"all_proxy": good},
                        {"ALL_PROXY": good, "https_proxy": ""}):
        transfers, _ = run(runner, through, **environment)
        equal(runner, transfers[0]["http_connectcode"], 200, f"response of {environment}")


@talk
def environment_is_not_read_where_a_header_could_have_set_it(runner):
    transfers, _ = run(runner, HTTP + "proxy= ", HTTP_PROXY="http://127.0.0.1:1")
    equal(runner, transfers[0]["response_code"], 200, "response")


@talk
def environment_names_what_needs_no_proxy(runner):
    dead = "http://127.0.0.1:1"
    for environment in ({"no_proxy": "127.0.0.1"}, {"NO_PROXY": "example.com,127.0.0.0/8"},
                        {"no_proxy": "*"}):
        run(runner, HTTP + "proxy= ", http_proxy=dead, **environment)
        run(runner, HTTP + "proxy=" + dead, **environment)


@talk
def proxy_connection_is_kept_for_all_servers(runner):
    needs(runner, "squid")
    for mode in "easy", "turns":
        transfers, _ = run(runner, f"url=http://127.0.0.1:{{http}}/1k url=http://127.0.0.1:{{h2c}}/1k "
                           f"url=http://localhost:{{http}}/empty {SQUID} mode={mode}")
        equal(runner, [one["num_connects"] for one in transfers[::2]], [1, 0], "connects")


@talk
def tunnel_is_kept_for_its_server_and_credentials(runner):
    needs(runner, "squid")
    transfers, _ = run(runner, OURS + SQUID + "copies=3 mode=turns")
    equal(runner, [one["num_connects"] for one in transfers], [1, 0, 0], "connects")


@talk
def socks_connection_is_kept_for_its_server(runner):
    needs(runner, "dante")
    transfers, _ = run(runner, f"{HTTP}url=http://localhost:{{http}}/1k {HTTP}"
                       "proxy=socks5h://127.0.0.1:{dante} mode=turns")
    equal(runner, [one["num_connects"] for one in transfers], [1, 1, 0], "connects")
