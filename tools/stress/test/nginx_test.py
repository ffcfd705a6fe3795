#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""curlpool-stress against a real server: what it says is what nginx's log has.

    nginx_test.py PROGRAM SOURCE [unittest options]
"""
import json
import os
import shutil
import sys
import tempfile
import unittest

from stress import SOURCE, run

sys.path.insert(0, SOURCE + "/test/server")
import authority  # noqa: E402
import nginx  # noqa: E402

HTTP = """
    access_log {folder}/access.log facts;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:s:1m;
    client_max_body_size 0;
    server {{ listen @plain; {paths} }}
    server {{ listen @tls ssl; {paths} }}
    server {{ listen @h2 ssl http2; {paths} }}
    server {{ listen @mutual ssl; ssl_client_certificate {authority}; ssl_verify_client on; {paths} }}
"""
PATHS = """
    root {folder}/www;
    location = /upload {{ proxy_pass http://127.0.0.1:{port}/sink; proxy_request_buffering off; }}
    location = /sink {{ return 200; }}
    location = /gone {{ return 410 "gone\\n"; }}
    location = /drop {{ return 444; }}
    location = /moved {{ return 302 /1k; }}
"""


def setUpModule():
    global folder, server, trust, client, plain, tls
    if nginx.program() is None or shutil.which("openssl") is None:
        raise unittest.SkipTest("there is no nginx or no openssl")
    folder = tempfile.mkdtemp()
    os.chmod(folder, 0o755)
    os.mkdir(folder + "/www")
    with open(folder + "/www/1k", "wb") as file:
        file.write(b"x" * 1024)
    ca = authority.Authority(folder + "/ca")
    certificate, key = ca.issue("server", "DNS:stress.test,IP:127.0.0.1")
    client = ca.issue("client", usage="clientAuth")
    trust = ca.certificate
    listeners = {name: nginx.listen_tcp() for name in ("plain", "tls", "h2", "mutual")}
    paths = PATHS.format(folder=folder, port=listeners["plain"].getsockname()[1])
    server = nginx.Nginx(folder, listeners, HTTP.format(
        folder=folder, certificate=certificate, key=key, authority=trust, paths=paths))
    plain, tls = f"http://127.0.0.1:{server.ports['plain']}", f"https://127.0.0.1:{server.ports['tls']}"


def tearDownModule():
    server.stop()
    shutil.rmtree(folder)


def load(*arguments, status=0):
    """The only run of a load, and the lines that nginx wrote about it."""
    server.check()
    server.log(server.ports["plain"])
    result = run("-q", "--json", "-", *arguments)
    assert result.returncode == status, (result.returncode, result.stderr)
    one, = json.loads(result.stdout)["runs"]
    return one, server.log(server.ports["plain"])


class Nginx(unittest.TestCase):
    def test_counts_are_those_of_the_log(self):
        one, lines = load("-n", "500", "-c", "10", plain + "/1k", plain + "/gone", status=1)
        statuses = [line["status"] for line in lines]
        self.assertEqual((statuses.count("200"), statuses.count("410")), (250, 250))
        self.assertEqual(one["statuses"], {"200": 250, "410": 250})
        self.assertEqual(one["bytes"]["received"], 250 * 1024 + 250 * len("gone\n"))
        self.assertEqual(one["connections"], len({line["connection"] for line in lines}))

    def test_connections_live_as_long_as_is_said(self):
        one, lines = load("-n", "90", "-c", "3", "--reuse", "10", plain + "/1k")
        uses = [int(line["request"]) for line in lines]
        self.assertEqual(max(uses), 10)
        self.assertEqual(one["connections"], len({line["connection"] for line in lines}))
        one, lines = load("-n", "20", "-c", "3", "--reuse", "off", plain + "/1k")
        self.assertEqual(len({line["connection"] for line in lines}), 20)

    def test_tls_versions_and_resumption(self):
        for version in "1.2", "1.3":
            _, lines = load("-n", "4", "-c", "2", "--cacert", trust, "--tls", version, tls + "/1k")
            self.assertEqual({line["protocol"] for line in lines}, {"TLSv" + version})
        _, lines = load("-n", "6", "-c", "1", "--cacert", trust, "--reuse", "off", tls + "/1k")
        self.assertEqual([line["resumed"] for line in lines].count("r"), 5)
        one, lines = load("-n", "6", "-c", "1", "--cacert", trust, "--reuse", "off", "--no-tls-resume",
                          tls + "/1k")
        self.assertEqual({line["resumed"] for line in lines}, {"."})
        self.assertEqual(one["times"]["tls"]["count"], 6)

    def test_client_certificate(self):
        url = f"https://127.0.0.1:{server.ports['mutual']}/1k"
        _, lines = load("-n", "4", "-c", "2", "--cacert", trust, "--cert", client[0], "--key", client[1], url)
        self.assertEqual({line["subject"] for line in lines}, {"CN=client"})
        one, _ = load("-n", "4", "-c", "2", "--cacert", trust, url, status=3)
        self.assertEqual(one["statuses"], {"400": 4})

    def test_resolve_names_the_server(self):
        port = server.ports["tls"]
        _, lines = load("-n", "4", "-c", "2", "--cacert", trust, "--resolve", f"stress.test:{port}:127.0.0.1",
                        f"https://stress.test:{port}/1k")
        self.assertEqual({line["name"] for line in lines}, {"stress.test"})

    def test_http2_shares_a_connection(self):
        url = f"https://127.0.0.1:{server.ports['h2']}/1k"
        one, lines = load("-n", "200", "-c", "20", "--cacert", trust, "--http", "2", url)
        if lines[0]["alpn"] != "h2":
            self.skipTest("the library has no HTTP/2")
        self.assertEqual(one["requests"]["fine"], 200)
        self.assertEqual({line["alpn"] for line in lines}, {"h2"})
        self.assertLess(one["connections"], 20)

    def test_uploads_arrive(self):
        for arguments, method in (["--post", "3M"], "POST"), (["--put", "3M"], "PUT"):
            one, lines = load("-n", "6", "-c", "2", *arguments, plain + "/upload")
            self.assertEqual(one["bytes"]["sent"], 18000000)
            self.assertEqual([line["method"] for line in lines if line["uri"] == "/upload"], [method] * 6)

    def test_dropped_connections_and_redirects(self):
        one, _ = load("-n", "5", "-c", "1", plain + "/drop", status=3)
        self.assertEqual([(f["kind"], f["code"], f["phase"], f["count"]) for f in one["failures"]],
                         [("error", 52, "first byte", 5)])
        one, _ = load("-n", "5", "-c", "1", plain + "/moved")
        self.assertEqual(one["statuses"], {"302": 5})

    def test_open_loop_sends_what_is_due(self):
        one, lines = load("-R", "300", "-t", "1", "-c", "50", "--max-lag", "1m", plain + "/1k")
        self.assertEqual(len(lines), one["requests"]["started"])
        self.assertEqual(one["requests"]["started"] + one["requests"]["unstarted"], 300)


if __name__ == "__main__":
    unittest.main()
