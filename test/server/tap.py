# SPDX-License-Identifier: MIT
"""Tests that are functions, told as TAP lines. A file marks them with @test and ends with its own main, which calls
parse() and tell_all()."""
import argparse
import re
import traceback

TESTS = []


class Failure(Exception):
    """Says what is wrong."""


class Skip(Exception):
    """Says why a test does not run."""


def require(condition, what):
    """Fails the test unless the condition holds."""
    if not condition:
        raise Failure(what)


def equal(value, wanted, what):
    """Fails the test unless both are the same."""
    require(value == wanted, f"{what}: {value!r}, not {wanted!r}")


def test(function):
    """Marks a test."""
    TESTS.append(function)
    return function


def tell(number, function):
    """Runs a test and prints its lines; returns whether it is well."""
    try:
        function()
    except Skip as why:
        print(f"ok {number} {function.__name__} # SKIP {why}", flush=True)
        return True
    except Exception as error:  # pylint: disable=broad-except
        print(f"not ok {number} {function.__name__}")
        text = str(error) if isinstance(error, Failure) else traceback.format_exc()
        print("\n".join("# " + line for line in text.splitlines()), flush=True)
        return False
    print(f"ok {number} {function.__name__}", flush=True)
    return True


def parse():
    """The arguments: `client`, the program that is tried, `memory_client` and `stub_client`, others for when memory is short
    and for another GSS-API, and `only`, a pattern of names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", metavar="PATTERN", help="of names")
    parser.add_argument("client")
    parser.add_argument("memory_client", nargs="?")
    parser.add_argument("stub_client", nargs="?")
    return parser.parse_args()


def tell_all(only=""):
    """Runs the tests whose names have the pattern; returns the status for sys.exit."""
    tests = [function for function in TESTS if re.search(only, function.__name__)]
    print(f"1..{len(tests)}", flush=True)
    good = [tell(number, function) for number, function in enumerate(tests, 1)]
    return 0 if all(good) else 1
