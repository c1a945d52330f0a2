"""Pure: benchmarks in further languages whose files an interpreter runs."""

import re
from collections.abc import Iterator, Mapping
from shlex import quote

from overnight.program.detection.command import Command, Files, called, is_beside

INTERPRETERS: Mapping[str, str] = {
    "rb": "ruby", "php": "php", "lua": "lua", "pl": "perl", "jl": "julia --project", "R": "Rscript", "exs": "mix run",
}  # fmt: skip

_FILE = re.compile(
    rf"(?:[^/]+/){{0,2}}(?:(?:micro)?bench|perf)[^/]*\.({'|'.join(INTERPRETERS)})"
    rf"|(?:[^/]+/){{0,1}}(?:bench(?:mark)?s?|perf(?:ormance)?)/[^/]+\.({'|'.join(INTERPRETERS)})"
)
_BY_RUNNER = re.compile(r"PkgBenchmark|SUITE\b|PhpBench|_spec\.rb$")  # files that only another program runs


def interpreted(files: Files) -> Iterator[Command]:
    """Files that are called as benchmarks, by the interpreter for their ending."""
    for path in called(_FILE, files):
        hit = _FILE.fullmatch(path)
        if hit and not is_beside(path) and not _BY_RUNNER.search(files.get(path) or ""):
            yield Command(text=f"{INTERPRETERS[hit[1] or hit[2]]} {quote(path)}", leaf=path, reason=f"{path} is a benchmark")
