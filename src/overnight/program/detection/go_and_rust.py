"""Pure: benchmarks by the customs of Go and of cargo."""

import re
from collections.abc import Collection, Iterator, Mapping
from shlex import quote

from overnight.program.detection.command import Command, Files, by_depth, likeliness, project_names
from overnight.program.judge.tree import folder_of

_MANY = 8  # Go benchmarks; more would take minutes at a second or two each
_GO_CASE = re.compile(r"^func Benchmark\w*\(|\bb\.Run\(", re.MULTILINE)
_GO_BENCHMARK = re.compile(r"^func Benchmark\w*\(", re.MULTILINE)
_GO_PROGRAM = re.compile(r"((?:cmd/|internal/)?[\w-]*bench[\w-]*)/[^/]+(?<!_test)\.go")
_RUST = re.compile(r"((?:[\w.-]+/){0,2})benches/([\w-]+)(?:\.rs|/main\.rs)")
_RUST_PROGRAM = re.compile(r"(src/bin|examples)/([\w-]*bench[\w-]*)(?:\.rs|/main\.rs)")
_NIGHTLY = re.compile(r"^#!\[feature\(", re.MULTILINE)


def go(files: Files) -> Iterator[Command]:
    """The benchmarks of the package at the top, else those of all packages, of each module; briefly each if they are many."""
    tests = {path: text for path, text in files.items() if text and path.endswith("_test.go") and _GO_BENCHMARK.search(text)}
    modules = {folder_of(path) for path in files if path.rpartition("/")[2] == "go.mod"} or {""}
    counts: dict[str, dict[str, int]] = {}
    for path, text in tests.items():
        counts.setdefault(_module_of(path, modules), {})[path] = len(_GO_CASE.findall(text))
    for module in sorted(counts, key=lambda module: (module.count("/") + bool(module), module)):
        yield _go_test(module, counts[module])
    for folder in dict.fromkeys(hit[1] for path in by_depth(files) if (hit := _GO_PROGRAM.fullmatch(path))):
        if any(path.startswith(f"{folder}/") and "package main" in (text or "package main") for path, text in files.items()):
            yield Command(text=f"go run ./{quote(folder)}", reason=f"{folder} is a program that measures, by its name")


def rust(files: Files) -> Iterator[Command]:
    """The benchmarks of cargo, those that a stable compiler takes first; then programs that are called so."""
    projects = project_names(files)
    for path in sorted(by_depth(files), key=lambda path: (_is_nightly(files, path), likeliness(path, projects))):
        if hit := _RUST.fullmatch(path):
            inside = f"cd {quote(hit[1].removesuffix('/'))} && " if hit[1] else ""
            yield Command(text=f"{inside}cargo bench --bench {hit[2]}", leaf=path, reason=f"{path} is a benchmark of cargo")
    for path in by_depth(files):
        if hit := _RUST_PROGRAM.fullmatch(path):
            kind = "--bin" if hit[1] == "src/bin" else "--example"
            yield Command(text=f"cargo run --release --quiet {kind} {hit[2]}", leaf=path, reason=f"{path} is a benchmark")


def _module_of(path: str, modules: Collection[str]) -> str:
    folder = folder_of(path)
    while folder not in modules and folder:
        folder = folder_of(folder)
    return folder


def _go_test(module: str, counts: Mapping[str, int]) -> Command:
    top = sum(count for path, count in counts.items() if folder_of(path) == module)
    brief = " -benchtime 100ms" if (top or sum(counts.values())) > _MANY else ""
    where = "." if top else "./..."
    reason = "Go benchmarks, which `go test` runs" + ", a tenth of a second each since they are many" * bool(brief)
    inside = f"cd {quote(module)} && " if module else ""
    return Command(text=f"{inside}go test -run '^$' -bench .{brief} {where}", reason=reason)


def _is_nightly(files: Files, path: str) -> bool:
    return path.endswith(".rs") and _NIGHTLY.search(files.get(path) or "") is not None
