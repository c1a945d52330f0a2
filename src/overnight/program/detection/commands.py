"""Pure: commands that measure by the customs of a language, where nothing says so more clearly."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from overnight.program.detection.pytest_benchmark import pytest_benchmarks
from overnight.program.detection.readme import README, benchmark_lines
from overnight.program.front_matter import Value
from overnight.program.judge.targets import MOST_TARGETS, package_scripts, read_targets
from overnight.program.judge.tree import Tree

WANTED = re.compile(
    rf"package\.json|{README.pattern}|(?:.+/)?[^/]+_test\.go|(?:.+/)?(?:micro)?(?:bench|perf)[^/]*(?:/[^/]+)?\.(?:py|[cm]?js)"
)

_SCRIPT = re.compile(r"(?:micro)?(?:bench|perf)[\w:.-]*")
_JAVASCRIPT = re.compile(r"(?:[^/]+/){0,2}(?:bench(?:mark)?s?|perf)(?:/index|/bench(?:mark)?|[^/]*)\.[cm]?js")
_IN_FOLDER = re.compile(r"(?:[^/]+/){0,2}(?:micro)?bench(?:mark)?s?/[^/]+\.[cm]?js")
_EXPORTS = re.compile(r"^[ \t]*(?:module\.)?exports\b[ \t]*[.=\[]|^export\b", re.MULTILINE)
_CALLED_BY_OTHERS = ("__init__.py", "conftest.py", "setup.py")
_PYTHON = re.compile(r"(?:[^/]+/){0,3}(?:(?:micro)?bench|perf)[^/]*\.py|(?:[^/]+/){0,2}bench(?:mark)?s?/[^/]+\.py")
_RUST = re.compile(r"benches/([\w-]+)\.rs")
_TARGET = re.compile(r"[\w-]*bench[\w-]*")
_MANY = 8  # Go benchmarks; more would take minutes at a second or two each
_GO_CASE = re.compile(r"^func Benchmark\w*\(|\bb\.Run\(", re.MULTILINE)
_GO_BENCHMARK = re.compile(r"^func Benchmark\w*\(", re.MULTILINE)
_ASV = re.compile(r"(?:time|track|mem|peakmem|timeraw)_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that may measure, and why it is thought so."""

    text: str
    leaf: str | None  # the committed file that it runs in the end
    reason: str
    metric: Mapping[str, Value] | None = None  # that the command prints, if that is known beforehand


def measuring_commands(files: Mapping[str, str | None]) -> Iterator[Command]:
    """The likeliest first.

    Args:
        files: every path with its text, or None if the text was not read.
    """
    texts = {path: text for path, text in files.items() if text is not None}
    yield from _from_package(texts.get("package.json", ""))
    by_depth = sorted(files, key=lambda path: (path.count("/"), path))
    for path in by_depth:
        if _JAVASCRIPT.fullmatch(path) or (_IN_FOLDER.fullmatch(path) and not _EXPORTS.search(texts.get(path, ""))):
            yield Command(text=f"node {path}", leaf=path, reason=f"{path} is a benchmark")
    for path in by_depth:
        if _PYTHON.fullmatch(path) and path.rpartition("/")[2] not in _CALLED_BY_OTHERS:
            yield from _python(path, texts.get(path, ""))
    for line in benchmark_lines(files):
        yield Command(text=line, leaf=None, reason="the README says how to run the benchmark")
    yield from _go(texts)
    for path in by_depth:
        if hit := _RUST.fullmatch(path):
            yield Command(text=f"cargo bench --bench {hit[1]}", leaf=path, reason=f"{path} is a benchmark of cargo")


def bench_target(files: Mapping[str, str | None]) -> tuple[Command, str] | None:
    """The command for a target of the Makefile that measures, with its recipe; one that only compiles is run as well."""
    recipes = read_targets("Makefile", Tree.of(list(files), files.get)).recipes
    names = islice(filter(_TARGET.fullmatch, recipes), MOST_TARGETS)
    for name in sorted(names, key=lambda name: not name.startswith("bench")):
        recipe = "\n".join(recipes[name])
        if re.search(rf"-o[ \t]*(?:\$@|{re.escape(name)}(?![\w-]))", recipe) and f"./{name}" not in recipe:
            return Command(text=f"make -s {name} && ./{name}", leaf=None, reason=f"the Makefile compiles {name}"), recipe
        if name.startswith("bench"):
            return Command(text=f"make {name}", leaf=None, reason=f"the Makefile has a target {name}"), recipe
    return None


def only_defines(text: str) -> bool:
    """Whether a Python file run as a script does nothing: it imports, defines and assigns."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    inert = (*definitions, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    defines = any(isinstance(one, definitions) for one in body)
    return defines and all(
        isinstance(one, inert) or (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)) for one in body
    )


def run_by_pytest(text: str) -> bool:
    """Whether a Python file that only defines functions has some that pytest calls."""
    return re.search(r"^(?:class Test|\s*def test_)", text, re.MULTILINE) is not None


def _from_package(text: str) -> Iterator[Command]:
    for name in sorted(filter(_SCRIPT.fullmatch, package_scripts(text)), key=len):
        yield Command(text=f"npm run --silent {name}", leaf=None, reason=f"package.json has a script {name}")


def _python(path: str, text: str) -> Iterator[Command]:
    if not only_defines(text):
        yield Command(text=f"python {path}", leaf=path, reason=f"{path} is a benchmark")
    elif timed := pytest_benchmarks(path, text):
        for each in timed:
            reason = f"{path} is a benchmark of pytest-benchmark, whose table prints the time"
            yield Command(text=each.command, leaf=path, reason=reason, metric=each.metric)
    elif run_by_pytest(text):
        reason = f"{path} is a benchmark that only defines functions, which pytest calls"
        yield Command(text=f"python -m pytest -q {path}", leaf=path, reason=reason)


def _go(texts: Mapping[str, str]) -> Iterator[Command]:
    """The benchmarks of the package at the top, else those of all packages; briefly each if they are many."""
    tests = {path: text for path, text in texts.items() if path.endswith("_test.go") and _GO_BENCHMARK.search(text)}
    counts = {path: len(_GO_CASE.findall(text)) for path, text in tests.items()}
    top = sum(count for path, count in counts.items() if "/" not in path)
    if not counts:
        return
    brief = " -benchtime 100ms" if (top or sum(counts.values())) > _MANY else ""
    where = "." if top else "./..."
    reason = "Go benchmarks, which `go test` runs" + ", a tenth of a second each since they are many" * bool(brief)
    yield Command(text=f"go test -run '^$' -bench .{brief} {where}", leaf=None, reason=reason)


def is_of_asv(path: str, text: str) -> bool:
    """Whether a Python file defines benchmarks that only asv runs."""
    return path.endswith(".py") and only_defines(text) and _ASV.search(text) is not None
