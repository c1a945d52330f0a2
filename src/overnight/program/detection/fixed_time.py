"""Pure: whether a command repeats a call until a time is over: then its CPU time is the same whatever is changed."""

import re
from collections.abc import Iterable

from overnight.program.detection.clock_in_python import python_ends_by_clock
from overnight.program.detection.clock_in_text import text_ends_by_clock

_TOOLS = (
    (
        "{}",
        re.compile(
            r"""(?:\brequire\s*\(\s*|\bfrom\s+|\bimport\s+)["'](benchmark|tinybench|mitata|vitest|cronometro|bench-node|benny"""
            r"""|benchmarkify|kelonio|isomorphic-bench|tatami-ng|autocannon)["'/]"""
        ),
    ),
    ("{}", re.compile(r"""^[ \t]*(?:import|from)\s+(pyperf|perf|pytest_benchmark|asv_runner)\b""", re.MULTILINE)),
    ("{}", re.compile(r"""["'](pyperf)["']|-m\s+(?:pyperf)\b""")),
    (
        "pytest-benchmark",
        re.compile(r"^[ \t]*(?:async )?def test_\w{1,80}\([^()\n]{0,200}(?<!\w)benchmark(?!\w)", re.MULTILINE),
    ),
    ("timeit", re.compile(r"\.autorange\(|\btimeit\.main\(|[\"']-m[\"'],\s*[\"']timeit[\"'](?![^\n]{0,80}[\"']-n)|%timeit\b")),
    ("Deno.bench", re.compile(r"\bDeno\.bench\(")),
    ("Google Benchmark", re.compile(r"#\s*include\s*[<\"]benchmark/benchmark\.h")),
    ("nanobench", re.compile(r"#\s*include\s*[<\"][^>\"\n]{0,80}\bnanobench\.h")),
    ("Catch2", re.compile(r"#\s*include\s*[<\"]catch2/benchmark|\bCATCH_CONFIG_ENABLE_BENCHMARKING\b")),
    ("ubench", re.compile(r"#\s*include\s*[<\"][^>\"\n]{0,80}\bubench\.h")),
    ("Criterion", re.compile(r"\bcriterion_group!|\buse criterion(?:::|2)")),
    ("divan", re.compile(r"\bdivan::(?:main|bench|Bencher)\b")),
    ("`cargo bench`", re.compile(r"^[ \t]*#\[bench\]|\btest::Bencher\b", re.MULTILINE)),
    ("BenchmarkTools", re.compile(r"@(?:btime|benchmark|belapsed)\b|\busing BenchmarkTools\b")),
    ("benchmark-ips", re.compile(r"\bBenchmark\.ips\b")),
    ("JMH", re.compile(r"\bimport org\.openjdk\.jmh\b")),
    ("BenchmarkDotNet", re.compile(r"\busing BenchmarkDotNet\b")),
)
_COMMANDS = (
    ("`go test -bench`", re.compile(r"\bgo test\b.*\s-(?:test\.)?bench\b(?!.*-benchtime[= ]\d+x)")),
    ("timeit", re.compile(r"-m timeit\b(?!.*\s-(?:n|-number))")),
    ("pyperf", re.compile(r"-m pyperf\b")),
    ("`cargo bench`", re.compile(r"\bcargo(?: \+\w+)? bench\b")),
    ("{}", re.compile(r"\b(autocannon|wrk|bombardier)\b|\b(vitest bench|deno bench|bun bench|mitata|hyperfine)\b")),
)


def repeats_for_a_time(command: str, scripts: Iterable[str]) -> str:
    """What repeats a call until a time is over, for a sentence; empty if nothing is known to.

    Args:
        command: a shell command.
        scripts: texts of the files that measure.
    """
    for name, found in _COMMANDS:
        if hit := found.search(command):
            return _called(name, hit)
    for script in scripts if "--benchmark-disable" not in command else ():
        for name, found in _TOOLS:
            if hit := found.search(script):
                return _called(name, hit)
        in_python = python_ends_by_clock(script)
        if in_python or (in_python is None and text_ends_by_clock(script)):
            return "a loop that ends when the clock says so"
    return ""


def _called(name: str, hit: re.Match[str]) -> str:
    return name.format(f"`{next(filter(None, hit.groups()), hit[0])}`") if "{}" in name else name
