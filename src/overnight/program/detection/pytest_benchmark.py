"""Pure: benchmarks of pytest-benchmark: it repeats a call until a time is over, so that only its table shows a gain."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from overnight.program.front_matter import Value
from overnight.program.program import Direction

MOST = 20  # benchmarks of a file

# The arguments are read up to the first bracket, which is where a fixture's name can stand.
_TIMED = re.compile(r"^(?:async[ \t]+)?def (test_\w{1,48})\(([^()]{0,400})", re.MULTILINE)
_FIXTURE = re.compile(r"(?<!\w)benchmark(?!\w)")
_ARGUMENTS = "--benchmark-columns=min --benchmark-time-unit=ms"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedTest:
    """A test that is timed, how it is run alone, and the metric that it prints then."""

    command: str
    metric: dict[str, Value] | None  # None: the CPU time of one call


def pytest_benchmarks(path: str, text: str) -> Sequence[TimedTest]:
    """The tests of a file that use the fixture, in its order."""
    names = [name for name, arguments in _TIMED.findall(text) if _FIXTURE.search(arguments)][:MOST]
    if names and "parametrize" in text:  # several rows of one test: each is called once, and the time is the file's
        return [TimedTest(command=f"python -m pytest -q {path} --benchmark-disable", metric=None)]
    return [TimedTest(command=f"python -m pytest -q {path}::{name} {_ARGUMENTS}", metric=_metric(name)) for name in names]


def _metric(name: str) -> dict[str, Value]:
    pattern = rf"^{re.escape(name)}\s+([0-9][0-9,.]*)"
    return {"name": f"{name}_ms", "direction": Direction.MINIMIZE.value, "pattern": pattern}
