# SPDX-License-Identifier: MIT
"""Runs a program of this folder on this library and on the system's libcurl 7.88, and compares the answers.

    alike.py PROGRAM LIBDIR DIFFERENCES [LIBCURL.so.4]

PROGRAM prints a line an answer (say.h). DIFFERENCES names what may differ, and why, a rule a line, fields between tabs:

    question    ours    stock    reason

The first three are regular expressions, the question's to be found, the answers' to be matched whole; an answer that
is not there at all is `-`. Instead of an expression for ours, `@escapes` means: the same but for capitals in %xx. A
difference without a rule fails, and so does a rule that nothing needs, but for those whose reason is `not built` or
depends on what this library is built with (`build`). Exits with 77 where the system's library
is another than 7.88.
"""
import os
import re
import subprocess
import sys

SHOWN = 60


def stock_library():
    where = os.environ.get("PATH", "") + ":/sbin:/usr/sbin"
    listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, env={**os.environ, "PATH": where}).stdout
    found = re.search(r"^\tlibcurl\.so\.4 .*=> (.*)$", listed, re.M)
    return found.group(1) if found else None


def start(program, **environment):
    return subprocess.Popen(
        [program], stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C.UTF-8", **environment})


def answers(run):
    """Question -> answer; one that is asked again has a number behind it."""
    output, _ = run.communicate()
    if run.returncode != 0:
        sys.exit(f"{run.args} ends with {run.returncode}")
    result = {}
    for line in output.decode("latin1").split("\n"):
        question, tab, answer = line.partition("\t")
        if line in ("", "crash", "exit"):  # without a question in front of it
            continue
        times, key = 1, question
        while key in result:
            times += 1
            key = f"{question} #{times}"
        result[key] = answer if tab else "cut off"
    return result


def upper(text):
    return re.sub("%[0-9a-fA-F]{2}", lambda escape: escape.group().upper(), text)


def lines(text):
    return sorted(line for line in text.split(r"\x0d\x0a") if line != "Expect: 100-continue")


SAME_BUT = {"@escapes": upper, "@lines": lines}


class Rule:
    def __init__(self, line, number):
        fields = line.split("\t")
        if len(fields) != 4 or not fields[3].strip():
            sys.exit(f"line {number} of the differences has no four fields")
        self.line, self.number, self.used = line, number, 0
        self.question, self.stock = re.compile(fields[0]), re.compile(fields[2])
        self.optional = fields[3].startswith(("not built", "build:"))
        self.same_but = SAME_BUT.get(fields[1])
        self.ours = re.compile(fields[1])

    def covers(self, question, ours, stock):
        if not self.question.search(question) or not self.stock.fullmatch(stock):
            return False
        if self.same_but:
            return self.same_but(ours) == self.same_but(stock)
        return bool(self.ours.fullmatch(ours))


def read_rules(path):
    with open(path, encoding="utf-8") as lines:
        return [Rule(line.rstrip("\n"), number) for number, line in enumerate(lines, 1)
                if line.strip() and not line.startswith("#")]


def compare(ours, stock, rules):
    """The differences that no rule covers."""
    left = []
    for question in [*ours, *(question for question in stock if question not in ours)]:
        pair = ours.get(question, "-"), stock.get(question, "-")
        if pair[0] == pair[1]:
            continue
        rule = next((rule for rule in rules if rule.covers(question, *pair)), None)
        if rule:
            rule.used += 1
        else:
            left.append((question, *pair))
    return left


def main(program, libdir, differences, stock_path=None):
    stock_path = stock_path or stock_library()
    if not stock_path:
        print("there is no system libcurl")
        return 77
    runs = start(program, LD_PRELOAD=stock_path), start(program, LD_LIBRARY_PATH=libdir)
    stock, ours = answers(runs[0]), answers(runs[1])
    if not stock.get("version", "").startswith("libcurl/7.88"):
        print(f"the system's library is {stock.get('version')}")
        return 77
    if "curlpool" not in ours.pop("version") or not stock.pop("version"):
        sys.exit("this is not this library")
    rules = read_rules(differences)
    left = compare(ours, stock, rules)
    unused = [rule for rule in rules if not rule.used and not rule.optional]
    for question, mine, theirs in left[:SHOWN]:
        print(f"{question}\n    ours  {mine}\n    stock {theirs}")
    for rule in unused:
        print(f"line {rule.number} of the differences is needed by nothing: {rule.line}")
    print(f"{len(ours)} answers, {sum(rule.used for rule in rules)} differ by {len(rules)} rules, {len(left)} otherwise")
    return 1 if left or unused else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
