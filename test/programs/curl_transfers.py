# SPDX-License-Identifier: MIT
"""Debian's curl: downloads, uploads, methods, what is said of the response."""
from both import main, test
from record import reply

ROUTES = {
    "/page": reply(200, "a page\n", ("Content-Type", "text/plain")),
}


@test
def a_page_is_written(bench):
    bench.same("curl", "-sS", bench.web("/page"), status=0)


@test
def several_pages_over_one_connection(bench):
    bench.same("curl", "-sS", "-i", bench.nginx("/1k"), bench.nginx("/text"), bench.nginx("/missing"))


if __name__ == "__main__":
    main("curl", routes=ROUTES)
