# SPDX-License-Identifier: MIT
"""The cases that are one run of the client, as a table: its arguments (with {words} of the world), and
what must come out. Each runs with the easy and with the multi interface.

    result     of every transfer            error     a pattern that its text must match
    log        fields of every line in nginx's log     requests, connections    how many it has
    stock      what differs on the other library; None if it cannot do this
    needs      "ipv6"
The rest are infos of every transfer; a value may be a function that says whether it is good.
"""
from collections import namedtuple

from world import fnv, pattern

Case = namedtuple("Case", "name arguments expect")
CASES = []

ALL = lambda *values: lambda value: value in values
OVER = lambda bound: lambda value: value >= bound
BETWEEN = lambda low, high: lambda value: low <= value <= high

HTTPS = "url=https://127.0.0.1:{https}/1k "
NAMED = "url=https://good.test:{https}/1k resolve=good.test:{https}:127.0.0.1 "
CLIENT = "url=https://127.0.0.1:{client}/1k cainfo={ca} "
HTTP = "url=http://127.0.0.1:{http}/1k "
BODY_1K = {"result": 0, "response_code": 200, "len": 1024, "sum": fnv(pattern(1024))}
BODY_1M = {"result": 0, "response_code": 200, "len": 1 << 20, "sum": fnv(pattern(1 << 20))}

TLS12_MAX, TLS13_MAX = 6 << 16, 7 << 16
TLS11, TLS12, TLS13 = 5, 6, 7


def case(name, arguments, **expect):
    CASES.append(Case(name, arguments, expect))


def liar(name, why, number, **expect):
    """A server whose certificate lies: refused, with the reason; taken if nobody asks."""
    url = f"url=https://127.0.0.1:{{{name}}}/1k cainfo={{ca}} "
    case(f"certificate_{name}_is_refused", url, result=60, error=why, ssl_verifyresult=number,
         requests=0, len=0, **expect)
    case(f"certificate_{name}_is_taken_unverified", url + "ssl_verifypeer=0 ssl_verifyhost=0",
         **BODY_1K)


# Verification.
case("chain_and_name_are_verified", NAMED + "cainfo={ca}", ssl_verifyresult=0,
     scheme=ALL("https", "HTTPS"), log={"name": "good.test", "protocol": "TLSv1.3"}, **BODY_1K)
case("address_is_verified", HTTPS + "cainfo={ca}", ssl_verifyresult=0, log={"name": ""}, **BODY_1K)
case("ipv6_address_is_verified", "url=https://[::1]:{https6}/1k cainfo={ca}", needs="ipv6",
     log={"name": "", "address": "::1"}, primary_ip="::1", **BODY_1K)
case("wildcard_covers_one_label",
     "url=https://a.wild.test:{https}/1k resolve=a.wild.test:{https}:127.0.0.1 cainfo={ca}", **BODY_1K)
case("wildcard_does_not_cover_two_labels",
     "url=https://a.b.wild.test:{https}/1k resolve=a.b.wild.test:{https}:127.0.0.1 cainfo={ca}",
     result=60, error="name")
case("wildcard_does_not_cover_its_parent",
     "url=https://wild.test:{https}/1k resolve=wild.test:{https}:127.0.0.1 cainfo={ca}", result=60,
     error="name")
case("trailing_dot_of_the_host_is_not_compared",
     "url=https://good.test.:{https}/1k resolve=good.test.:{https}:127.0.0.1 "
     "resolve=good.test:{https}:127.0.0.1 cainfo={ca}", log={"name": "good.test"}, **BODY_1K)
case("name_is_compared_without_case",
     "url=https://GOOD.Test:{https}/1k resolve=good.test:{https}:127.0.0.1 cainfo={ca}", **BODY_1K)
case("default_store_does_not_know_our_authority", HTTPS, result=60, error="issuer|self.signed",
     ssl_verifyresult=20, requests=0)
case("another_authority_is_not_enough", HTTPS + "cainfo={other_ca}", result=60,
     error="issuer|self.signed", ssl_verifyresult=20)
case("authority_in_a_blob", HTTPS + "cainfo_blob={ca}", ssl_verifyresult=0, **BODY_1K)
case("blob_replaces_the_file", HTTPS + "cainfo={other_ca} cainfo_blob={ca}", **BODY_1K)
case("authority_in_a_folder", HTTPS + "cainfo= capath={capath}", ssl_verifyresult=0, **BODY_1K)
case("folder_without_it", HTTPS + "cainfo= capath={empty_capath}", result=60, error="issuer")
case("no_store_at_all", HTTPS + "cainfo= capath=", result=60, error="issuer|self.signed")
case("authority_file_is_missing", HTTPS + "cainfo={missing} capath=", result=77, error="missing")
case("authority_file_is_garbage", HTTPS + "cainfo={garbage} capath=", result=77, error="garbage")
case("authority_blob_is_garbage", HTTPS + "cainfo_blob={garbage}", result=77, error=".")
case("unverified_peer_needs_no_store", HTTPS + "cainfo={missing} capath= ssl_verifypeer=0", result=0)
case("ssl_ctx_function_adds_an_authority", HTTPS + "cainfo={other_ca} ssl_ctx_ca={ca}", **BODY_1K)
case("verification_that_is_put_off_goes_on_when_the_transfer_resumes",
     HTTPS + "cainfo={ca} ssl_ctx_later=1", ssl_verifyresult=0, stock=None, **BODY_1K)
case("verification_that_is_put_off_fails_afterwards", HTTPS + "cainfo={other_ca} ssl_ctx_later=1",
     result=60, stock=None, error="issuer|self.signed", requests=0)
case("verification_that_is_put_off_counts_for_the_time_limit",
     HTTPS + "cainfo={ca} ssl_ctx_never=1 timeout_ms=300", result=28, stock=None, requests=0)
case("callbacks_of_openssl_run_on_the_programs_thread", HTTPS + "cainfo={ca} ssl_ctx_watch=1", **BODY_1K)
case("callbacks_of_openssl_over_http2_run_there_too",
     "url=https://127.0.0.1:{h2}/1m cainfo={ca} copies=3 ssl_ctx_watch=1", http_version=3, **BODY_1M)
case("callbacks_of_openssl_of_a_chain_that_is_not_trusted",
     HTTPS + "cainfo={other_ca} ssl_ctx_watch=1", result=60, error="issuer|self.signed", requests=0)
case("ssl_ctx_function_refuses", HTTPS + "cainfo={ca} ssl_ctx_fail=83", result=83, requests=0)
liar("expired", "expired", 10)
liar("early", "not yet valid", 9)
liar("selfsigned", "self.signed", 18)
liar("unknown", "issuer", 20)
liar("usage", "purpose", 26)
case("certificate_of_another_name_is_refused",
     "url=https://good.test:{wrongname}/1k resolve=good.test:{wrongname}:127.0.0.1 cainfo={ca}",
     result=60, error="good.test", requests=0)
case("certificate_of_another_address_is_refused", "url=https://127.0.0.1:{wrongname}/1k cainfo={ca}",
     result=60, error="127.0.0.1", requests=0)
case("name_alone_is_still_verified",
     "url=https://127.0.0.1:{wrongname}/1k ssl_verifypeer=0 ssl_verifyhost=2", result=60,
     error="127.0.0.1")
case("name_need_not_be_verified", "url=https://127.0.0.1:{wrongname}/1k cainfo={ca} ssl_verifyhost=0",
     **BODY_1K)
case("revoked_is_refused", "url=https://127.0.0.1:{revoked}/1k cainfo={ca} crlfile={crl}", result=60,
     error="revoked", ssl_verifyresult=23, requests=0)
case("revoked_is_unknown_without_the_list", "url=https://127.0.0.1:{revoked}/1k cainfo={ca}", **BODY_1K)
case("list_leaves_the_others", HTTPS + "cainfo={ca} crlfile={crl}", **BODY_1K)
case("list_is_missing", HTTPS + "cainfo={ca} crlfile={missing}", result=82, error="missing")
case("list_is_garbage", HTTPS + "cainfo={ca} crlfile={garbage}", result=82)

# Pinned keys.
case("pinned_key", HTTPS + "cainfo={ca} pinnedpublickey={pin}", **BODY_1K)
case("one_of_two_pinned_keys", HTTPS + "cainfo={ca} pinnedpublickey={wrong_pin};{pin}", **BODY_1K)
case("pinned_key_in_der", HTTPS + "cainfo={ca} pinnedpublickey={pin_der}", **BODY_1K)
case("pinned_key_in_pem", HTTPS + "cainfo={ca} pinnedpublickey={pin_pem}", **BODY_1K)
case("another_pinned_key", HTTPS + "cainfo={ca} pinnedpublickey={wrong_pin}", result=90,
     error="public key", requests=0)
case("pinned_key_file_is_missing", HTTPS + "cainfo={ca} pinnedpublickey={missing}", result=90)
case("pinned_key_counts_without_verification", HTTPS + "ssl_verifypeer=0 pinnedpublickey={wrong_pin}",
     result=90, requests=0)

# Versions, ciphers, ALPN.
case("tls_1_2_and_up_by_default", "url=https://127.0.0.1:{tls11}/1k cainfo={ca}", result=35,
     error="version|protocol|alert", stock={"error": "."})
case("server_has_tls_1_2_only", "url=https://127.0.0.1:{tls12}/1k cainfo={ca}",
     log={"protocol": "TLSv1.2"}, **BODY_1K)
case("server_has_tls_1_3_only", "url=https://127.0.0.1:{tls13}/1k cainfo={ca}",
     log={"protocol": "TLSv1.3"}, **BODY_1K)
case("client_wants_tls_1_3", f"url=https://127.0.0.1:{{tls12}}/1k cainfo={{ca}} sslversion={TLS13}",
     result=35, error="version|protocol|alert")
case("client_stops_at_tls_1_2",
     f"url=https://127.0.0.1:{{tls13}}/1k cainfo={{ca}} sslversion={TLS12 | TLS12_MAX}", result=35,
     error="version|protocol|alert")
case("client_chooses_tls_1_2", HTTPS + f"cainfo={{ca}} sslversion={TLS12_MAX}",
     log={"protocol": "TLSv1.2"}, **BODY_1K)
case("client_chooses_tls_1_3", HTTPS + f"cainfo={{ca}} sslversion={TLS13 | TLS13_MAX}",
     log={"protocol": "TLSv1.3"}, **BODY_1K)
case("cipher_list", HTTPS + f"cainfo={{ca}} sslversion={TLS12_MAX} "
     "ssl_cipher_list=ECDHE-ECDSA-AES256-GCM-SHA384",
     log={"cipher": "ECDHE-ECDSA-AES256-GCM-SHA384"}, **BODY_1K)
case("tls_1_3_ciphers", HTTPS + "cainfo={ca} tls13_ciphers=TLS_CHACHA20_POLY1305_SHA256",
     log={"cipher": "TLS_CHACHA20_POLY1305_SHA256"}, **BODY_1K)
case("cipher_list_of_none", HTTPS + "cainfo={ca} ssl_cipher_list=NO-SUCH-CIPHER", result=59,
     error="NO-SUCH-CIPHER")
case("tls_1_3_ciphers_of_none", HTTPS + "cainfo={ca} tls13_ciphers=NO-SUCH-CIPHER", result=59,
     error="NO-SUCH-CIPHER")
case("no_common_cipher", HTTPS + f"cainfo={{ca}} sslversion={TLS12_MAX} "
     "ssl_cipher_list=ECDHE-RSA-AES256-GCM-SHA384", result=35, error="handshake|cipher|alert")
case("curves", HTTPS + "cainfo={ca} ssl_ec_curves=P-384", **BODY_1K)
case("curves_of_none", HTTPS + "cainfo={ca} ssl_ec_curves=no-such-curve", result=59,
     error="no-such-curve")
case("alpn_chooses_http_1_1", HTTPS + "cainfo={ca}", log={"alpn": "http/1.1"}, http_version=2,
     **BODY_1K)
case("alpn_can_be_turned_off", HTTPS + "cainfo={ca} ssl_enable_alpn=0", log={"alpn": ""}, **BODY_1K)

# Client certificates.
SUBJECT = {"subject": "CN=client"}
case("client_certificate_is_missing", CLIENT, result=0, response_code=400, log={"subject": ""})
case("client_certificate_pem", CLIENT + "sslcert={mine}.pem sslkey={mine}.key", log=SUBJECT, **BODY_1K)
case("client_certificate_and_key_in_one", CLIENT + "sslcert={mine}.both", log=SUBJECT, **BODY_1K)
case("client_certificate_der", CLIENT + "sslcert={mine}.crt.der sslcerttype=DER "
     "sslkey={mine}.key.der sslkeytype=DER", log=SUBJECT, **BODY_1K)
case("client_certificate_p12", CLIENT + "sslcert={mine}.p12 sslcerttype=P12 keypasswd=secret",
     log=SUBJECT, **BODY_1K)
case("client_certificate_p12_without_password", CLIENT + "sslcert={mine}.open.p12 sslcerttype=P12",
     log=SUBJECT, **BODY_1K)
case("client_key_with_password", CLIENT + "sslcert={mine}.pem sslkey={mine}.locked keypasswd=secret",
     log=SUBJECT, **BODY_1K)
case("client_certificate_blobs", CLIENT + "sslcert_blob={mine}.pem sslkey_blob={mine}.key",
     log=SUBJECT, **BODY_1K)
case("client_certificate_blob_of_both", CLIENT + "sslcert_blob={mine}.both", log=SUBJECT, **BODY_1K)
case("client_certificate_blobs_der", CLIENT + "sslcert_blob={mine}.crt.der sslcerttype=DER "
     "sslkey_blob={mine}.key.der sslkeytype=DER", log=SUBJECT, **BODY_1K)
case("client_certificate_blob_p12",
     CLIENT + "sslcert_blob={mine}.p12 sslcerttype=P12 keypasswd=secret", log=SUBJECT, **BODY_1K)
case("client_key_wrong_password", CLIENT + "sslcert={mine}.pem sslkey={mine}.locked keypasswd=other",
     result=58, error=".", requests=0)
case("client_key_without_its_password", CLIENT + "sslcert={mine}.pem sslkey={mine}.locked", result=58,
     requests=0, stock=None)
case("client_p12_wrong_password", CLIENT + "sslcert={mine}.p12 sslcerttype=P12 keypasswd=other",
     result=58, error="P(FX|KCS)", requests=0)
case("client_certificate_file_is_missing", CLIENT + "sslcert={missing} sslkey={mine}.key", result=58,
     error="missing", requests=0)
case("client_certificate_file_is_garbage", CLIENT + "sslcert={garbage} sslkey={mine}.key", result=58,
     error="garbage", requests=0)
case("client_key_file_is_missing", CLIENT + "sslcert={mine}.pem sslkey={missing}", result=58,
     error="missing", requests=0)
case("client_key_of_another", CLIENT + "sslcert={mine}.pem sslkey={stranger}.key", result=58,
     error=".", requests=0)
case("client_certificate_type_unknown", CLIENT + "sslcert={mine}.pem sslcerttype=XYZ", result=58,
     error="XYZ", requests=0)

# The TLS connection fails or is cut.
case("plain_server_is_no_tls_server", "url=https://127.0.0.1:{http}/1k cainfo={ca}", result=35,
     error="version|packet")
case("handshake_is_cut", "url=https://127.0.0.1:{goodbye}/ cainfo={ca}", result=35, error=".")
case("handshake_never_answered", "url=https://127.0.0.1:{mute}/ connecttimeout_ms=200", result=28,
     error="[Tt]imed? ?out", total_us=BETWEEN(190000, 10000000))
case("body_cut_without_end_of_tls", "url=https://127.0.0.1:{ragged}/length cainfo={ca}",
     result=ALL(18, 56), len=10, response_code=200)
case("open_ended_body_cut_without_end_of_tls", "url=https://127.0.0.1:{ragged}/close cainfo={ca}",
     result=ALL(18, 56), len=10, response_code=200, stock={"result": 0})

# Where the connection goes.
case("ipv6", "url=http://[::1]:{six}/1k", needs="ipv6", primary_ip="::1", local_ip="::1",
     log={"address": "::1"}, **BODY_1K)
case("addresses_and_ports", HTTP, primary_ip="127.0.0.1", local_ip="127.0.0.1", num_connects=1,
     local_port=OVER(1), **BODY_1K)
case("localhost_is_known", "url=http://localhost:{http}/1k", primary_ip="127.0.0.1", **BODY_1K)
case("localhost_below_is_known", "url=http://any.localhost:{http}/1k", primary_ip="127.0.0.1",
     log={"host": lambda host: host.startswith("any.localhost:")}, **BODY_1K)
case("connection_is_refused", "url=http://127.0.0.1:{closed}/", result=7, error="connect|refused",
     os_errno=111)
case("server_never_answers", "url=http://127.0.0.1:{mute}/ timeout_ms=200", result=28,
     error="timed out", total_us=BETWEEN(190000, 10000000))
case("server_closes_without_answer", "url=http://127.0.0.1:{http}/drop", result=52, error="[Ee]mpty")
case("interface_by_address", HTTP + "interface=127.0.0.2", local_ip="127.0.0.2",
     log={"address": "127.0.0.2"}, **BODY_1K)
case("interface_by_name", HTTP + "interface=lo", local_ip="127.0.0.1", **BODY_1K)
case("interface_by_name_only", HTTP + "interface=if!lo", **BODY_1K)
case("interface_by_host", HTTP + "interface=host!127.0.0.3", local_ip="127.0.0.3",
     log={"address": "127.0.0.3"}, **BODY_1K)
case("interface_unknown", HTTP + "interface=if!nosuchif0", result=45, error="nosuchif0", requests=0)
case("address_that_is_not_ours", HTTP + "interface=host!192.0.2.1", result=45, error="bind",
     requests=0)
case("local_port_is_taken", HTTP + "localport={taken}", result=45, error="bind|port", requests=0)
case("local_port_range_goes_on", HTTP + "localport={taken} localportrange=50", result=0,
     local_port=OVER(1024))
case("unix_socket", "url=http://name.test/1k unix_socket_path={unix}",
     log={"address": "unix:", "host": "name.test"}, **BODY_1K)
case("unix_socket_is_missing", "url=http://name.test/1k unix_socket_path={missing}", result=7)
case("abstract_unix_socket", "url=http://name.test/ abstract_unix_socket={abstract}", result=0,
     body="abstract")
case("abstract_unix_socket_is_missing", "url=http://name.test/ abstract_unix_socket=nobody-has-this",
     result=7)
case("resolve_gives_the_address", "url=http://a.test:{http}/1k resolve=a.test:{http}:127.0.0.1",
     primary_ip="127.0.0.1", log={"host": lambda host: host.startswith("a.test:")}, **BODY_1K)
case("resolve_that_ages", "url=http://a.test:{http}/1k resolve=+a.test:{http}:127.0.0.1", **BODY_1K)
case("resolve_for_every_host", "url=http://a.test:{http}/1k resolve=*:{http}:127.0.0.1", **BODY_1K)
case("resolve_takes_addresses_in_turn",
     "url=http://a.test:{http}/1k resolve=a.test:{http}:127.7.7.7,127.0.0.1", primary_ip="127.0.0.1",
     **BODY_1K)
case("resolve_malformed", "url=http://a.test:{http}/1k resolve=a.test:{http}", result=49)
case("connect_to_another_port", "url=http://127.0.0.1:1/1k connect_to=:::{http}",
     primary_ip="127.0.0.1", log={"host": "127.0.0.1:1"}, **BODY_1K)
case("connect_to_another_host", "url=http://a.test/1k connect_to=a.test:80:127.0.0.1:{http}",
     log={"host": "a.test"}, **BODY_1K)
case("connect_to_concerns_others", HTTP + "connect_to=a.test:80:127.0.0.1:{closed}", **BODY_1K)
case("connect_to_keeps_the_name_of_tls",
     "url=https://good.test/1k connect_to=good.test:443:127.0.0.1:{https} cainfo={ca}",
     log={"name": "good.test", "host": "good.test"}, **BODY_1K)
BOTH = "url=http://a.test:{six}/1k resolve=a.test:{six}:127.0.0.1,[::1] "
case("ipresolve_6", BOTH + "ipresolve=2", needs="ipv6", primary_ip="::1", **BODY_1K)
case("ipresolve_4", BOTH + "ipresolve=1 connecttimeout_ms=2000", needs="ipv6", result=7, requests=0)
case("connect_falls_to_the_other_family", BOTH, needs="ipv6", primary_ip="::1", **BODY_1K)
HAPPY = "url=http://a.test:{happy}/1k resolve=a.test:{happy}:[::1],127.0.0.1 "
case("happy_eyeballs_pass_a_dead_address", HAPPY, needs="ipv6", primary_ip="127.0.0.1",
     connect_us=BETWEEN(0, 5000000), **BODY_1K)
case("happy_eyeballs_wait_as_told", HAPPY + "happy_eyeballs_timeout_ms=500", needs="ipv6",
     primary_ip="127.0.0.1", connect_us=BETWEEN(490000, 5000000), **BODY_1K)
case("dead_address_alone", "url=http://[::1]:{happy}/ connecttimeout_ms=200", needs="ipv6",
     result=28, error="[Tt]imed? ?out", total_us=BETWEEN(190000, 10000000))
case("socket_options", HTTP + "tcp_nodelay=0 tcp_keepalive=1", **BODY_1K)

# Many, and again.
case("many_at_once", HTTP + "copies=100", requests=100, **BODY_1K)
case("eight_at_once_over_tls", "url=https://127.0.0.1:{https}/1m cainfo={ca} copies=8", requests=8,
     **BODY_1M)
case("new_connection_each", HTTP + "copies=5 forbid_reuse=1", requests=5, connections=5,
     num_connects=1, **BODY_1K)
case("fresh_connection_each", HTTP + "copies=5 fresh_connect=1", requests=5, connections=5,
     num_connects=1, **BODY_1K)

# Requests and responses.
case("empty_body", "url=http://127.0.0.1:{http}/empty", result=0, len=0, response_code=200)
case("chunked_body", "url=http://127.0.0.1:{http}/chunked", result=0, response_code=200, len=5000,
     sum=fnv(b"y" * 5000), content_length=-1)
case("chunked_body_over_tls", "url=https://127.0.0.1:{https}/chunked cainfo={ca}", result=0, len=5000,
     sum=fnv(b"y" * 5000))
case("head", HTTP + "nobody=1", result=0, response_code=200, len=0, content_length=1024,
     log={"method": "HEAD"})
case("custom_request", "url=http://127.0.0.1:{http}/echo customrequest=OPTIONS", result=0,
     body=lambda body: body.startswith("OPTIONS|"))
case("headers_are_added_and_removed",
     "url=http://127.0.0.1:{http}/echo httpheader=X-One:1 httpheader=X-Two; httpheader=Host:h.test",
     result=0, body="GET|h.test|1|||")
case("post_of_fields", "url=http://127.0.0.1:{http}/echo postfields=abc", result=0,
     body=lambda body: body.startswith("POST|"))
case("not_found_is_a_response", "url=http://127.0.0.1:{http}/none", result=0, response_code=404)
case("not_found_can_fail", "url=http://127.0.0.1:{http}/none failonerror=1", result=22, error="404",
     response_code=404)
case("range", HTTP + "range=10-19", result=0, response_code=206, len=10,
     sum=fnv(pattern(1024)[10:20]))
case("range_from_the_end", HTTP + "range=-5", result=0, response_code=206, len=5,
     sum=fnv(pattern(1024)[-5:]))
case("ranges", HTTP + "range=0-1,4-5", result=0, response_code=206,
     content_type=lambda kind: kind.startswith("multipart/byteranges"))
case("range_beyond", HTTP + "range=2000-2001", result=0, response_code=416)
case("resume", HTTP + "resume_from=1000", result=0, response_code=206, len=24,
     sum=fnv(pattern(1024)[1000:]))
case("resume_of_no_ranges", "url=http://127.0.0.1:{http}/noranges resume_from=10", result=33, len=0)
case("file_too_large", "url=http://127.0.0.1:{http}/1m maxfilesize=1000", result=63, len=0)
case("slow_response_times_out", "url=http://127.0.0.1:{http}/slow timeout_ms=1000", result=28,
     error="bytes received", response_code=200, len=OVER(1))
case("slow_response_is_too_slow",
     "url=http://127.0.0.1:{http}/slow low_speed_limit=100000 low_speed_time=1", result=28,
     error="too slow", total_us=OVER(900000))
case("speed_is_limited", "url=http://127.0.0.1:{http}/1m max_recv_speed=700000", total_us=OVER(500000),
     stock={"total_us": OVER(0)}, **BODY_1M)
case("delete", "url=http://127.0.0.1:{http}/up/none customrequest=DELETE", result=0, response_code=404)


# HTTP/2.
H2 = "url=https://127.0.0.1:{h2}/1k cainfo={ca} "
H2C = "url=http://127.0.0.1:{h2c}/1k http_version=5 "
case("http2_is_agreed_on_by_alpn", H2, http_version=3, requests=1, pseudo_status="200", **BODY_1K)
case("http2_is_not_offered_with_1_1", H2 + "http_version=2", http_version=2, pseudo_status="", **BODY_1K)
case("http2_is_not_offered_without_alpn", H2 + "ssl_enable_alpn=0", http_version=2, **BODY_1K)
case("http2_server_that_has_only_1_1_gets_it", HTTPS + "cainfo={ca} http_version=4", http_version=2, **BODY_1K)
case("http2_by_prior_knowledge", H2C, http_version=3, stock=None, **BODY_1K)
case("http2_connection_is_kept", H2 + "copies=5", requests=5, http_version=3, **BODY_1K)
case("http2_connection_goes_from_handle_to_handle", H2 + "copies=5", requests=5, connections=1, http_version=3,
     modes=("shared", "threads", "turns", "multis"), **BODY_1K)
case("http2_large_bodies_go_from_handle_to_handle", "url=https://127.0.0.1:{h2}/1m cainfo={ca} copies=3",
     requests=3, connections=1, http_version=3, modes=("shared", "threads", "turns", "multis"), **BODY_1M)
case("http2_large_body", "url=https://127.0.0.1:{h2}/1m cainfo={ca} copies=8", requests=8, http_version=3,
     **BODY_1M)
case("http2_streams_share_a_connection", H2 + "copies=100 pipewait=1", requests=100, connections=1,
     http_version=3, **BODY_1K)
case("http2_shared_bodies_all_arrive", "url=https://127.0.0.1:{h2}/1m cainfo={ca} copies=20 pipewait=1",
     requests=20, connections=1, http_version=3, **BODY_1M)
case("http2_head_has_no_body", H2 + "nobody=1", http_version=3, result=0, response_code=200, len=0,
     content_length=1024)
case("http2_post_is_sent", "url=https://127.0.0.1:{h2}/echo cainfo={ca} postfields=abc", http_version=3,
     result=0, size_upload=3)
case("http2_range", H2 + "range=10-19", http_version=3, result=0, response_code=206, len=10)
case("http2_error_with_failonerror", "url=https://127.0.0.1:{h2}/none cainfo={ca} failonerror=1",
     result=22, response_code=404)
case("http2_limit_of_one_connection_and_many_transfers", H2 + "copies=50 max_host=1", requests=50,
     connections=1, http_version=3, **BODY_1K)
case("http2_connection_closed_after_each", H2 + "copies=3 forbid_reuse=1", requests=3,
     http_version=3, **BODY_1K)

# Authentication.
PRIVATE = "url=http://127.0.0.1:{http}/private "
KNOWN = "url=http://user:pass%20word@127.0.0.1:{http}/private "
case("basic_in_the_url_is_believed", KNOWN, requests=1, **BODY_1K)
case("basic_is_found_by_a_probe", KNOWN + "httpauth=3", requests=2, connections=1, httpauth_avail=1,
     **BODY_1K)
case("basic_is_found_in_netrc", PRIVATE + "netrc=2 netrc_file={netrc}", requests=1, **BODY_1K)
case("basic_over_http2", KNOWN.replace("http:", "https:", 1).replace("{http}", "{h2}") + "cainfo={ca}", http_version=3,
     requests=1, **BODY_1K)
case("nobody_is_refused", PRIVATE, response_code=401, result=0, httpauth_avail=1)
case("wrong_password_is_an_error_with_failonerror",
     "url=http://user:wrong@127.0.0.1:{http}/private httpauth=3 failonerror=1", result=22,
     response_code=401, requests=2)
case("credentials_go_with_many_transfers_on_kept_connections", KNOWN + "copies=20 max_host=2",
     requests=20, **BODY_1K)
