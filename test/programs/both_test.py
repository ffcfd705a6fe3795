# SPDX-License-Identifier: MIT
"""That the comparison (both.py) sees what differs: curl, started by a shell that behaves otherwise where it
finds this library."""
from both import Failure, main, require, test
from record import reply


def is_seen(bench, otherwise, what, command="", **how):
    """Fails unless a run in which the shell does `otherwise` for one of the libraries is refused."""
    command = command or f"curl -sS {bench.web('/page')}"
    script = f'if [ -n "$LD_LIBRARY_PATH" ]; then {otherwise}; fi; {command}'
    try:
        bench.same("sh", "-c", script, **how)
    except Failure as failure:
        require(what in str(failure), f"another reason: {failure}")
        return
    raise Failure("it was not seen")


@test
def what_is_equal_is_fine(bench):
    bench.same("sh", "-c", f"curl -sS -o page {bench.web('/page')}", status=0)


@test
def another_status_is_seen(bench):
    is_seen(bench, "trap 'exit 9' EXIT", "+9")


@test
def other_output_is_seen(bench):
    is_seen(bench, "echo more", "+more")
    is_seen(bench, "echo more >&2", "+++ err, ours")


@test
def another_file_is_seen(bench):
    is_seen(bench, "echo more >file", "file file, ours")
    is_seen(bench, "echo more >>kept", "+more", files={"kept": "text\n"})


@test
def another_request_is_seen(bench):
    is_seen(bench, "more=-HX:1", "+X:1", f"curl -sS $more {bench.web('/page')}")
    is_seen(bench, "more=-HX:1", "+X:1", f"curl -sS $more {bench.web('/page')}", unordered=True)
    is_seen(bench, "more=-HHost:x", "'host': 'x'", f"curl -sS $more {bench.nginx('/1k')}")


@test
def another_connection_is_seen(bench):
    url = bench.web("/page")
    is_seen(bench, f"curl -sS {url}; curl -sS {url}; exit", "+[connection 2]", f"curl -sS {url} {url}")


@test
def an_open_descriptor_is_seen(bench):
    is_seen(bench, "exec 9</dev/null", "ours ['/dev/null']")


@test
def another_library_is_seen(bench):
    is_seen(bench, "unset LD_LIBRARY_PATH", "has loaded")


@test
def a_program_without_libcurl_is_seen(bench):
    is_seen(bench, ":", "no process has loaded libcurl", "true")


@test
def a_crash_is_seen(bench):
    is_seen(bench, "curl() { kill -SEGV $$; }", "by signal")


@test
def a_hang_is_seen(bench):
    is_seen(bench, "curl() { sleep 60; }", "it hangs", limit_s=2)


if __name__ == "__main__":
    main("curl", routes={"/page": reply(200, "a page\n")})
