# SPDX-License-Identifier: MIT
"""Bindings of other languages, a program each: cmake/, r/, perl/, lua/, tcl/, ruby/."""
import os
import shutil
import subprocess

from bindings import ROUTES, TEXTS
from both import Skip, main, test

FOLDER = os.path.dirname(os.path.abspath(__file__))
FILES = {"upload.txt": "the file that is sent\n"}


def run(bench, *command, needs, **how):
    """Compares a program; `needs` is a command that succeeds where all is installed for it."""
    if not shutil.which(needs[0]) or subprocess.run(needs, capture_output=True, check=False).returncode:
        raise Skip(f"no {' '.join(needs)}")
    how = {"files": FILES, "since": TEXTS, **how}
    bench.same(*command, **how)


def program(*names):
    return os.path.join(FOLDER, *names)


@test
def cmake_downloads_and_uploads(bench):
    run(bench, "cmake", "-DWEB=" + bench.web(""), "-P", program("cmake", "transfers.cmake"), needs=["cmake", "--version"],
        status=0)


@test
def r_curl(bench):
    run(bench, "Rscript", "--vanilla", program("r", "transfers.R"), bench.web(""), needs=["Rscript", "-e", "library(curl)"],
        unordered=True, status=0, replace=[(r"Using libcurl .*", "Using libcurl")],
        apart=["descriptors"])  # it never cleans its handles up


@test
def perl_www_curl(bench):
    run(bench, "perl", program("perl", "transfers.pl"), bench.web(""), needs=["perl", "-e", "use WWW::Curl::Easy"],
        unordered=True, status=0)


@test
def lua_curl(bench):
    run(bench, "lua5.1", program("lua", "transfers.lua"), bench.web(""), needs=["lua5.1", "-e", "require 'curl'"], status=0,
        apart=["descriptors"])  # it ends with its handles open


@test
def tcl_curl(bench):
    run(bench, "tclsh", program("tcl", "transfers.tcl"), bench.web(""), needs=["sh", "-c", "echo 'package require TclCurl' | tclsh"],
        unordered=True, status=0)


@test
def ruby_curb_and_ethon(bench):
    run(bench, "ruby", program("ruby", "transfers.rb"), bench.web(""), needs=["ruby", "-e", "require 'curb'; require 'ethon'"],
        unordered=True, status=0)


main(routes=ROUTES)
