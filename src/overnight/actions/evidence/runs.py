"""What the output of a test run says: which tests passed, which failed and for what, and how many there were.

Pure. Read are pytest, unittest, Node's runner, jest, Go and cargo. Everything was printed by foreign code, which can print what
it likes: this finds mistakes and laziness, not a runner that lies.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from overnight.words.failure import read_failure
from overnight.words.foreign import printable

WINDOW = 1_000_000  # characters at the end of an output that are read
REASON = 200  # characters
NAME = 200
MOST = 20_000  # tests of a run
COUNTED = 2_000  # lines at the end, in which runners say how many tests there were
LINE = 500  # characters of a line that is read: some patterns look through it more than once


class Fate(StrEnum):
    """What became of a test."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Failure(StrEnum):
    """How a test failed."""

    ASSERTS = "asserts"  # something that it asserts
    RAISES = "raises"  # an error while the code ran, or nothing that is known
    LOADS = "loads"  # something cannot be imported, found or called


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One test of a run."""

    path: str  # empty: the output does not say
    name: str  # `Class::test`, without parameters; empty: the whole file
    fate: Fate
    reason: str = ""
    module: str = ""  # last part of its name, where the output names modules in place of files


@dataclass(frozen=True, slots=True, kw_only=True)
class RunText:
    """What an output says of its tests."""

    tests: Sequence[Ran]
    count: int | None  # that ran and were not skipped; None: it does not say
    skipped: int | None
    failure: Failure | None  # None: nothing looks like one
    headline: str  # of a failure

    @property
    def by_name(self) -> bool:
        """Whether the tests that passed are named too."""
        return any(test.fate is Fate.PASSED for test in self.tests) or any(test.path for test in self.tests)


_PYTEST = re.compile(r"(PASSED|FAILED|ERROR|XFAIL|XPASS) (\S+\.py)(?:::(.+?))?(?: - (.*))?$")
_PYTEST_SKIP = re.compile(r"SKIPPED \[(\d+)\] (\S+\.py)")
_UNITTEST = re.compile(r"(FAIL|ERROR): ([\w.]+) \(([\w.]+)\)")
_VERBOSE = re.compile(r"(\w+) \(([\w.]+)\)(?: \.\.\.|.* \.\.\.) (ok|skipped)\b")
_RAISED = re.compile(r"(?:[\w.]+\.)?\w*(?:Error|Exception|Failed|Exit|Interrupt|Warning)\b(?:: .*)?$")
_COUNTS = (
    re.compile(r"=+ (?P<words>.*\b(?:passed|failed|skipped|error|errors|no tests ran|deselected)\b.*) in [\d.]+ ?s"),
    re.compile(r"(?P<words>\d+ (?:passed|failed|skipped|errors?|deselected)\b.*) in [\d.]+ ?s"),
    re.compile(r"Tests: +(?P<words>.*\d+ total)"),
    re.compile(r"test result: \w+\. (?P<words>.*)"),
)
_WORD = re.compile(r"(\d+) (passed|failed|skipped|errors?|ignored|xfailed|xpassed|todo)")
_RAN = re.compile(r"Ran (\d+) tests? in ")
_OK = re.compile(r"(?:OK|FAILED) \(.*?skipped=(\d+)")
_NODE = re.compile(r"[#\u2139] (tests|skipped|todo) (\d+)$")
_TAP = re.compile(r"\s*(not ok|ok) \d+ - (.+?)(?: # (SKIP|TODO).*)?$")
_TAP_ERROR = re.compile(r"\s*(?:error|name|code): (.+)$")
_GO = re.compile(r"\s*--- (PASS|FAIL|SKIP): (\S+)")
_ASSERTS = re.compile(
    r"(?:\w+\.)*AssertionError\b|assert\b|Failed: DID NOT (?:RAISE|WARN)|Failed: |.*\bERR_ASSERTION\b"
    r"|E +(?:assert |\w*AssertionError|Failed: )|.*\bassertion .*failed|.*panicked at |\s*--- FAIL|.*\bexpect\(received\)"
)
_LOADS = re.compile(
    r".*\b(?:ImportError|ModuleNotFoundError|NameError|AttributeError|SyntaxError|IndentationError|ReferenceError)\b"
    r"|.*\bTypeError: .*(?:keyword argument|positional argument|required argument|is not callable|is not a function"
    r"|is not a constructor|no arguments|at most \d+ argument)"
    r"|.*(?:\bis not a (?:function|constructor)\b|\bis not defined\b|Cannot find module)"
    r"|.*(?:does not provide an export|No module named|fixture '.*' not found|: (?:command )?not found$"
    r"|can't open file|No such file or directory|unrecognized arguments|invalid choice|No such (?:option|command)"
    r"|error\[E0\d+\]|: undefined: |undefined reference|\[build failed\]|\[setup failed\]|error: cannot find )"
)


def read_run(output: bytes) -> RunText:
    """What an output says, however long or hostile it is."""
    text = output[-WINDOW:].decode(errors="replace")
    lines = [line.rstrip()[:LINE] for line in text.splitlines()]
    tests = list(_tests(lines))[:MOST]
    count, skipped = _counted(lines)
    return RunText(
        tests=tests, count=count, skipped=skipped, failure=_failure(lines, tests), headline=read_failure(output).headline
    )


def failure_of(reason: str) -> Failure:
    """How a test failed, by the line that says why."""
    if _ASSERTS.match(reason):
        return Failure.ASSERTS
    return Failure.LOADS if _LOADS.match(reason) else Failure.RAISES


def _failure(lines: Sequence[str], tests: Sequence[Ran]) -> Failure | None:
    found = {failure_of(line.strip()) for line in lines if _ASSERTS.match(line.strip()) or _LOADS.match(line)}
    found |= {failure_of(test.reason) for test in tests if test.fate is Fate.FAILED and test.reason}
    return next((kind for kind in (Failure.ASSERTS, Failure.RAISES, Failure.LOADS) if kind in found), None)


def _tests(lines: Sequence[str]) -> Iterator[Ran]:
    for at, line in enumerate(lines):
        if found := _PYTEST.match(line):
            fate = Fate.FAILED if found[1] in {"FAILED", "ERROR"} else Fate.SKIPPED if found[1] == "XFAIL" else Fate.PASSED
            name = (found[3] or "").partition("[")[0]
            yield Ran(path=found[2], name=printable(name, NAME), fate=fate, reason=_reason(found[1], found[4] or ""))
        elif found := _UNITTEST.match(line):
            module, name = _dotted(found[2], found[3])
            yield Ran(path="", name=name, module=module, fate=Fate.FAILED, reason=_raised(found[1], lines[at + 1 : at + 400]))
        elif found := _VERBOSE.match(line):
            module, name = _dotted(found[1], found[2])
            yield Ran(path="", name=name, module=module, fate=Fate.PASSED if found[3] == "ok" else Fate.SKIPPED)
        elif found := _TAP.match(line):
            fate = Fate.SKIPPED if found[3] else Fate.FAILED if found[1] == "not ok" else Fate.PASSED
            reason = _tap_reason(lines[at + 1 : at + 40]) if fate is Fate.FAILED else ""
            yield Ran(path="", name=printable(found[2], NAME), fate=fate, reason=reason)
        elif found := _GO.match(line):
            fate = {"PASS": Fate.PASSED, "FAIL": Fate.FAILED}.get(found[1], Fate.SKIPPED)
            yield Ran(path="", name=printable(found[2], NAME), fate=fate, reason="assert" * (fate is Fate.FAILED))


def _reason(word: str, reason: str) -> str:
    """Why a test failed; what fails outside it, such as its import, is an error to load."""
    said = printable(reason, REASON)
    return f"ImportError: {said}" if word == "ERROR" and said and failure_of(said) is not Failure.LOADS else said


def _raised(word: str, lines: Sequence[str]) -> str:
    """The line of the exception in a block of unittest."""
    for line in lines:
        if line.startswith(("=====", "FAIL: ", "ERROR: ")):
            break
        if _RAISED.match(line):
            return printable(line, REASON)
    return "AssertionError" if word == "FAIL" else ""


def _tap_reason(lines: Sequence[str]) -> str:
    """What a block below a `not ok` says."""
    said = []
    for at, line in enumerate(lines):
        if line.strip() == "..." or _TAP.match(line):
            break
        if found := _TAP_ERROR.match(line):
            text = " ".join(" ".join(lines[at + 1 : at + 4]).split()) if found[1] == "|-" else found[1]
            said.append(text.strip("'\""))
    reason = " ".join(said)
    return printable(f"AssertionError: {reason}" if "ERR_ASSERTION" in said else reason, REASON)


def _dotted(method: str, where: str) -> tuple[str, str]:
    """The module and `Class::test` of `test (tests.test_a.Class.test)`; no name for a module that could not be loaded."""
    names = where.split(".")
    if "_FailedTest" in names:
        return printable(method.rpartition(".")[2], NAME), ""
    names = names[:-1] if names[-1] == method else names
    return printable(names[-2] if len(names) > 1 else "", NAME), printable(f"{names[-1]}::{method}", NAME)


def _counted(lines: Sequence[str]) -> tuple[int | None, int | None]:
    """Tests that ran, and tests that were skipped, over all runs in an output."""
    ran, skipped, known = 0, 0, False
    for line in lines[-COUNTED:]:
        if words := next((found["words"] for form in _COUNTS if (found := form.match(line))), None):
            known = True
            for number, word in _WORD.findall(words):
                if word in {"skipped", "ignored", "todo", "xfailed"}:
                    skipped += int(number)
                else:
                    ran += int(number)
        elif found := _RAN.match(line):
            known, ran = True, ran + int(found[1])
        elif found := _OK.match(line):
            ran, skipped = ran - int(found[1]), skipped + int(found[1])
        elif found := _NODE.match(line):
            known = True
            many = int(found[2])
            ran, skipped = (ran + many, skipped) if found[1] == "tests" else (ran - many, skipped + many)
    return (ran, skipped) if known else (None, None)
