"""Pure: the commands that may measure, of all kinds in one sequence, the likeliest first."""

import re
from collections.abc import Iterator, Sequence

from overnight.program.detection.command import Command, Files
from overnight.program.detection.go_and_rust import go, rust
from overnight.program.detection.javascript import javascript
from overnight.program.detection.make import just_targets, make_targets
from overnight.program.detection.python_scripts import further_scripts, measuring_scripts, near_scripts
from overnight.program.detection.readme import README, benchmark_lines

MOST = 50  # commands

WANTED = re.compile(
    r"(?:[^/]+/){0,2}(?:package\.json|GNUmakefile|makefile|Makefile)|pyproject\.toml|Cargo\.toml|\.?[jJ]ustfile"
    rf"|{README.pattern}|(?:.+/)?[^/]+_test\.go"
    r"|(?:.+/)?(?:micro)?(?:bench|perf|speed|timing|latency|load[_-]?test|run[_-]?bench)[^/]*(?:/[^/]+)?\.(?:py|sh|[cm]?[jt]s|rs|go|c|cc|cpp)"
    r"|(?:scripts?/)?(?:measure|eval)[^/]*\.(?:py|sh)"
)


def candidates(files: Files) -> Sequence[Command]:
    """Every command that may measure, the likeliest first, each once."""
    found: dict[str, Command] = {}
    for command in _all(files):
        found.setdefault(command.text, command)
        if len(found) == MOST:
            break
    return list(found.values())


def _all(files: Files) -> Iterator[Command]:
    for line in benchmark_lines(files):
        yield Command(text=line, reason="the README says how to run the benchmark")
    yield from near_scripts(files)
    yield from make_targets(files)
    yield from just_targets(files)
    yield from measuring_scripts(files)
    yield from javascript(files)
    yield from further_scripts(files)
    yield from go(files)
    yield from rust(files)
